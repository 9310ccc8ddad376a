//! What validation decided about the register reads of a UTC day, as bytes.
//!
//! One record holds every read of the day, and the record of the latest run counts; it lies where a final day would, told
//! apart by its first byte.

use jiff::Timestamp;
use model::id::ChannelNumber;
use model::lineage::{ExceptionSeverity, FinalRead, ReadFailure};
use model::quality::Status;
use model::quantity::Decimal;

use super::wire::{Input, Malformed, Put};

/// Version of this layout; the first byte. Versions of final days are below 128, those of final reads from there on.
const VERSION: u8 = 128;

/// Whether bytes are what [`encode`] wrote, in any version of it, and no final day.
pub(super) fn is_of_reads(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|version| VERSION <= *version)
}

/// Everything but the channel, which lies beside it.
pub(super) fn encode(reads: &[FinalRead]) -> Vec<u8> {
    let mut out = vec![VERSION];
    out.put_varint(reads.len() as u64);
    for read in reads {
        out.put_signed(read.at.as_second());
        out.put_optional(read.period_start.map(Timestamp::as_second));
        out.put_varint(read.run);
        out.put_signed(read.decided_at.as_second());
        out.put_signed(i64::from(read.decided_at.subsec_nanosecond()));
        out.put_bytes(read.plan_name.as_bytes());
        out.put_varint(u64::from(read.plan_version));
        put_decimal(&mut out, read.raw);
        put_decimal(&mut out, read.value);
        out.put_varint(read.status.0);
        out.put_bytes(read.method.as_bytes());
        out.extend_from_slice(&read.inputs_hash.to_le_bytes());
        out.put_varint(read.failures.len() as u64);
        for failure in &read.failures {
            out.put_bytes(failure.rule.as_bytes());
            out.push(marks(failure));
            out.put_bytes(failure.evidence.as_bytes());
        }
    }
    out
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(channel: ChannelNumber, bytes: &[u8]) -> Result<Vec<FinalRead>, Malformed> {
    let mut input = Input::new(bytes);
    if input.byte()? != VERSION {
        return Err(Malformed);
    }
    let mut reads = Vec::new();
    for _ in 0..input.varint()? {
        reads.push(read(channel, &mut input)?);
    }
    Ok(reads)
}

fn read(channel: ChannelNumber, input: &mut Input<'_>) -> Result<FinalRead, Malformed> {
    let at = instant(input.signed()?)?;
    let period_start = input.optional()?.map(instant).transpose()?;
    let run = input.varint()?;
    let second = input.signed()?;
    let nanosecond = i32::try_from(input.signed()?).map_err(|_| Malformed)?;
    let decided_at = Timestamp::new(second, nanosecond).map_err(|_| Malformed)?;
    let plan_name = input.text()?.into();
    let plan_version = input.number()?;
    let (raw, value) = (decimal(input)?, decimal(input)?);
    let status = Status(input.varint()?);
    let method = input.text()?.into();
    let inputs_hash = input.u64()?;
    let mut failures = Vec::new();
    for _ in 0..input.varint()? {
        failures.push(failure(input)?);
    }
    Ok(FinalRead {
        channel,
        at,
        period_start,
        run,
        decided_at,
        plan_name,
        plan_version,
        raw,
        value,
        status,
        method,
        inputs_hash,
        failures,
    })
}

/// Bit 0 blocks, bit 1 routed, bits 2 and 3 the severity.
fn marks(failure: &ReadFailure) -> u8 {
    u8::from(failure.blocks) | u8::from(failure.routed) << 1 | (failure.severity as u8) << 2
}

fn failure(input: &mut Input<'_>) -> Result<ReadFailure, Malformed> {
    let rule = input.text()?.into();
    let marks = usize::from(input.byte()?);
    Ok(ReadFailure {
        rule,
        blocks: marks & 1 != 0,
        routed: marks & 2 != 0,
        severity: *ExceptionSeverity::ALL.get(marks >> 2).ok_or(Malformed)?,
        evidence: input.text()?.into(),
    })
}

fn instant(second: i64) -> Result<Timestamp, Malformed> {
    Timestamp::from_second(second).map_err(|_| Malformed)
}

fn put_decimal(out: &mut Vec<u8>, value: Option<Decimal>) {
    out.put_optional(value.map(|value| value.digits));
    if let Some(value) = value {
        out.push(value.exponent.cast_unsigned());
    }
}

fn decimal(input: &mut Input<'_>) -> Result<Option<Decimal>, Malformed> {
    let Some(digits) = input.optional()? else { return Ok(None) };
    Ok(Some(Decimal::new(digits, input.byte()?.cast_signed())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn final_reads_survive_the_disk() {
        let measured = FinalRead {
            channel: ChannelNumber(7),
            at: Timestamp::from_second(1_711_900_000).unwrap(),
            period_start: None,
            run: 12,
            decided_at: Timestamp::new(1_711_900_100, 123_456_789).unwrap(),
            plan_name: "residential".into(),
            plan_version: 3,
            raw: Some(Decimal::new(99_998, -1)),
            value: Some(Decimal::new(99_998, -1)),
            status: Status::QUESTIONABLE,
            method: "".into(),
            inputs_hash: 0,
            failures: vec![ReadFailure {
                rule: "V55".into(),
                blocks: true,
                routed: false,
                severity: ExceptionSeverity::High,
                evidence: "it fell".into(),
            }],
        };
        let made = FinalRead {
            period_start: Some(Timestamp::from_second(-5).unwrap()),
            raw: None,
            value: Some(Decimal::new(-5, 3)),
            method: "R01".into(),
            inputs_hash: u64::MAX,
            failures: Vec::new(),
            ..measured.clone()
        };
        let reads = vec![measured, made];
        let bytes = encode(&reads);
        assert_eq!(decode(ChannelNumber(7), &bytes), Ok(reads));
        for end in 0..bytes.len() {
            assert_eq!(decode(ChannelNumber(7), &bytes[..end]), Err(Malformed));
        }
    }
}
