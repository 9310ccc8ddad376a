//! What validation decided, as bytes.

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::{FinalDay, FinalValue, RuleFailure};
use model::quality::Status;

use super::wire::{Input, Malformed, Put};

/// Version of this layout; the first byte. Version 1 did not keep the name of the plan.
const VERSION: u8 = 2;

/// Everything but channel and date, which lie beside it.
pub(super) fn encode(day: &FinalDay) -> Vec<u8> {
    let mut out = vec![VERSION];
    out.put_varint(day.run);
    out.put_signed(day.decided_at.as_second());
    out.put_signed(i64::from(day.decided_at.subsec_nanosecond()));
    out.put_bytes(day.plan.as_bytes());
    out.put_varint(u64::from(day.plan_version));
    out.put_varint(day.status.0);
    out.put_varint(day.values.len() as u64);
    for value in &day.values {
        out.put_varint(u64::from(value.slot));
        out.put_optional(value.value);
        out.put_varint(value.status.0);
        out.put_bytes(value.method.as_bytes());
        out.extend_from_slice(&value.inputs_hash.to_le_bytes());
    }
    out.put_varint(day.failures.len() as u64);
    for failure in &day.failures {
        out.put_bytes(failure.rule.as_bytes());
        out.put_varint(u64::from(failure.from));
        out.put_varint(u64::from(failure.to));
        out.push(u8::from(failure.blocks));
        out.put_bytes(failure.evidence.as_bytes());
    }
    out
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(channel: ChannelNumber, date: Date, bytes: &[u8]) -> Result<FinalDay, Malformed> {
    let mut input = Input::new(bytes);
    let version = input.byte()?;
    if !(1..=VERSION).contains(&version) {
        return Err(Malformed);
    }
    let run = input.varint()?;
    let second = input.signed()?;
    let nanosecond = i32::try_from(input.signed()?).map_err(|_| Malformed)?;
    let decided_at = Timestamp::new(second, nanosecond).map_err(|_| Malformed)?;
    let plan = if version == 1 { "".into() } else { input.text()?.into() };
    let plan_version = input.number()?;
    let status = Status(input.varint()?);
    let mut values = Vec::new();
    for _ in 0..input.varint()? {
        values.push(FinalValue {
            slot: input.number()?,
            value: input.optional()?,
            status: Status(input.varint()?),
            method: input.text()?.into(),
            inputs_hash: input.u64()?,
        });
    }
    let mut failures = Vec::new();
    for _ in 0..input.varint()? {
        failures.push(RuleFailure {
            rule: input.text()?.into(),
            from: input.number()?,
            to: input.number()?,
            blocks: input.byte()? != 0,
            evidence: input.text()?.into(),
        });
    }
    Ok(FinalDay { channel, date, run, decided_at, plan, plan_version, status, values, failures })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> FinalDay {
        FinalDay {
            channel: ChannelNumber(7),
            date: jiff::civil::date(2024, 3, 31),
            run: 12,
            decided_at: Timestamp::new(1_711_900_000, 123_456_789).unwrap(),
            plan: "industry".into(),
            plan_version: 3,
            status: Status::VALIDATED,
            values: vec![FinalValue {
                slot: 91,
                value: Some(-5),
                status: Status::ESTIMATED | Status::INTERPOLATED,
                method: "E04".into(),
                inputs_hash: u64::MAX,
            }],
            failures: vec![RuleFailure {
                rule: "V31".into(),
                from: 3,
                to: 5,
                blocks: true,
                evidence: "1201 Wh, limit 1200 Wh".into(),
            }],
        }
    }

    /// [`day`] as version 1 wrote it.
    const VERSION_1: &str = "010cc095cce00caab4de750301015b0ac00103453034ffffffffffffffff0103563331030501163132303120\
        57682c206c696d69742031323030205768";

    #[test]
    fn days_of_version_1_are_read_without_the_name_of_their_plan() {
        let digits: Vec<_> = VERSION_1.bytes().map(|digit| (digit as char).to_digit(16).unwrap() as u8).collect();
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        let day = day();
        assert_eq!(decode(day.channel, day.date, &bytes), Ok(FinalDay { plan: "".into(), ..day }));
    }

    #[test]
    fn final_days_survive_the_disk() {
        let day = day();
        let bytes = encode(&day);
        assert_eq!(decode(day.channel, day.date, &bytes), Ok(day.clone()));
        for end in 0..bytes.len() {
            assert_eq!(decode(day.channel, day.date, &bytes[..end]), Err(Malformed));
        }
    }
}
