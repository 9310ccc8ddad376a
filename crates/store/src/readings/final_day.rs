//! What validation decided, as bytes.

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::{Direction, ExceptionSeverity, FinalDay, FinalValue, RuleFailure};
use model::quality::Status;

use super::wire::{Input, Malformed, Put};

/// Version of this layout; the first byte.
const VERSION: u8 = 2;
/// The layout before plans had names and failures had severity, direction and a queue. It is read for ever.
const WITHOUT_DIRECTION: u8 = 1;

/// Everything but channel and date, which lie beside it.
pub(super) fn encode(day: &FinalDay) -> Vec<u8> {
    let mut out = vec![VERSION];
    out.put_varint(day.run);
    out.put_signed(day.decided_at.as_second());
    out.put_signed(i64::from(day.decided_at.subsec_nanosecond()));
    out.put_bytes(day.plan_name.as_bytes());
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
        out.push(marks(failure));
        out.put_bytes(failure.evidence.as_bytes());
    }
    out
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(channel: ChannelNumber, date: Date, bytes: &[u8]) -> Result<FinalDay, Malformed> {
    let mut input = Input::new(bytes);
    let version = input.byte()?;
    if version != VERSION && version != WITHOUT_DIRECTION {
        return Err(Malformed);
    }
    let run = input.varint()?;
    let second = input.signed()?;
    let nanosecond = i32::try_from(input.signed()?).map_err(|_| Malformed)?;
    let decided_at = Timestamp::new(second, nanosecond).map_err(|_| Malformed)?;
    let plan_name = if version == VERSION { input.text()?.into() } else { Default::default() };
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
        failures.push(failure(version, &mut input)?);
    }
    Ok(FinalDay { channel, date, run, decided_at, plan_name, plan_version, status, values, failures })
}

/// Of an older failure only what it did is known: what blocks waited for a person then.
fn failure(version: u8, input: &mut Input<'_>) -> Result<RuleFailure, Malformed> {
    let (rule, from, to) = (input.text()?.into(), input.number()?, input.number()?);
    let marks = usize::from(input.byte()?);
    let marks = if version == VERSION { marks } else { OLD_MARKS[usize::from(marks != 0)] };
    if 1 << 6 <= marks {
        return Err(Malformed);
    }
    Ok(RuleFailure {
        rule,
        from,
        to,
        blocks: marks & 1 != 0,
        routed: marks & 2 != 0,
        severity: *ExceptionSeverity::ALL.get(marks >> 2 & 3).ok_or(Malformed)?,
        direction: *Direction::ALL.get(marks >> 4).ok_or(Malformed)?,
        evidence: input.text()?.into(),
    })
}

/// What older records say of a failure that warns and of one that blocks: medium, of no known direction.
const OLD_MARKS: [usize; 2] = [0b10_01_00, 0b10_01_11];

/// Bit 0 blocks, bit 1 routed, bits 2 and 3 the severity, bits 4 and 5 the direction.
fn marks(failure: &RuleFailure) -> u8 {
    let severity = failure.severity as u8;
    let direction = failure.direction as u8;
    u8::from(failure.blocks) | u8::from(failure.routed) << 1 | severity << 2 | direction << 4
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
            plan_name: "residential".into(),
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
                routed: true,
                severity: ExceptionSeverity::High,
                direction: Direction::TooHigh,
                evidence: "1201 Wh, limit 1200 Wh".into(),
            }],
        }
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

    #[test]
    fn every_severity_and_direction_has_its_bits() {
        for (severity, direction) in ExceptionSeverity::ALL.into_iter().zip(Direction::ALL) {
            for (blocks, routed) in [(false, false), (false, true), (true, false)] {
                let mut day = day();
                let failure = RuleFailure { severity, direction, blocks, routed, ..day.failures.remove(0) };
                day.failures.push(failure);
                assert_eq!(decode(day.channel, day.date, &encode(&day)), Ok(day));
            }
        }
    }

    #[test]
    fn marks_of_no_writer_are_refused() {
        let bytes = encode(&day());
        let at = bytes.len() - 1 - "1201 Wh, limit 1200 Wh".len() - 1;
        assert_eq!(bytes[at], 0b00_10_11);
        for marks in [0b00_11_00, 0b11_00_00, 0b0100_0000] {
            let mut bytes = bytes.clone();
            bytes[at] = marks;
            assert_eq!(decode(day().channel, day().date, &bytes), Err(Malformed), "{marks:b}");
        }
    }

    /// What version 1 wrote for the day above, for ever: varints of run, second, nanosecond, plan version and status; one
    /// value; one failure.
    const VERSION_1: &str = "01 0c c0 95 cc e0 0c aa b4 de 75 03 01 01 5b 0a c0 01 03 45 30 34 ff ff ff ff ff ff ff ff \
                             01 03 56 33 31 03 05 01 16 31 32 30 31 20 57 68 2c 20 6c 69 6d 69 74 20 31 32 30 30 20 57 68";

    #[test]
    fn records_of_version_1_are_read() {
        let bytes: Vec<u8> = VERSION_1.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
        let new = day();
        let failure =
            RuleFailure { severity: ExceptionSeverity::Medium, direction: Direction::Other, ..new.failures[0].clone() };
        let old = FinalDay { plan_name: "".into(), failures: vec![failure], ..new };
        assert_eq!(decode(old.channel, old.date, &bytes), Ok(old));
    }
}
