//! What validation decided about the register reads of a UTC day, as bytes.
//!
//! One record holds every read of the day, and the record of the latest run counts; it lies where a final day would, told
//! apart by its first byte.

use jiff::Timestamp;
use model::id::ChannelNumber;
use model::lineage::{Direction, ExceptionSeverity, FinalRead, ReadFailure};
use model::quality::Status;
use model::quantity::Decimal;

use super::wire::{Input, Malformed, Put};

/// Version of this layout; the first byte. Versions of final days are below 128, those of final reads from there on.
const VERSION: u8 = 128;

/// Whether bytes are what [`encode`] wrote, in any version of it, and no final day.
pub(super) fn is_of_reads(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|version| VERSION <= *version)
}

/// Everything but the channel, which lies beside it. Which run decided, and when, is said once, by the first read.
pub(super) fn encode(reads: &[FinalRead]) -> Vec<u8> {
    let mut out = vec![VERSION];
    let (run, decided_at) = reads.first().map_or((0, Timestamp::UNIX_EPOCH), |read| (read.run, read.decided_at));
    out.put_varint(run);
    out.put_signed(decided_at.as_second());
    out.put_signed(i64::from(decided_at.subsec_nanosecond()));
    out.put_varint(reads.len() as u64);
    for read in reads {
        out.put_signed(read.at.as_second());
        out.put_optional(read.period_start.map(Timestamp::as_second));
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
    let run = input.varint()?;
    let second = input.signed()?;
    let nanosecond = i32::try_from(input.signed()?).map_err(|_| Malformed)?;
    let decided_at = Timestamp::new(second, nanosecond).map_err(|_| Malformed)?;
    let mut reads = Vec::new();
    for _ in 0..input.varint()? {
        reads.push(read(channel, (run, decided_at), &mut input)?);
    }
    Ok(reads)
}

/// Which run decided.
pub(super) fn run_of(bytes: &[u8]) -> Option<u64> {
    let mut input = Input::new(bytes);
    (input.byte() == Ok(VERSION)).then(|| input.varint().ok()).flatten()
}

fn read(
    channel: ChannelNumber,
    (run, decided_at): (u64, Timestamp),
    input: &mut Input<'_>,
) -> Result<FinalRead, Malformed> {
    let at = instant(input.signed()?)?;
    let period_start = input.optional()?.map(instant).transpose()?;
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

/// Bit 0 blocks, bit 1 routed, bits 2 and 3 the severity, bits 4 and 5 the direction; 0 is none, as in records that are older than
/// directions.
fn marks(failure: &ReadFailure) -> u8 {
    let direction = match failure.direction {
        Direction::Other => 0,
        Direction::TooHigh => 1,
        Direction::TooLow => 2,
    };
    u8::from(failure.blocks) | u8::from(failure.routed) << 1 | (failure.severity as u8) << 2 | direction << 4
}

fn failure(input: &mut Input<'_>) -> Result<ReadFailure, Malformed> {
    let rule = input.text()?.into();
    let marks = usize::from(input.byte()?);
    Ok(ReadFailure {
        rule,
        blocks: marks & 1 != 0,
        routed: marks & 2 != 0,
        severity: *ExceptionSeverity::ALL.get(marks >> 2 & 3).ok_or(Malformed)?,
        direction: match marks >> 4 {
            0 => Direction::Other,
            1 => Direction::TooHigh,
            2 => Direction::TooLow,
            _ => return Err(Malformed),
        },
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
                direction: Direction::TooLow,
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

    /// What version 128 writes for one read, for ever: run, second, nanosecond, count; moment, no period, plan, raw value,
    /// no final one, status, no method, hash, one failure.
    const VERSION_128: &str = "80 0c c0 95 cc e0 0c aa b4 de 75 01 c0 95 cc e0 0c 00 04 68 6f 6d 65 03 c9 01 ff 00 05 00 \
                               00 00 00 00 00 00 00 00 01 03 56 35 35 09 04 66 65 6c 6c";

    #[test]
    fn records_of_version_128_are_read() {
        let bytes: Vec<u8> = VERSION_128.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
        let read = FinalRead {
            channel: ChannelNumber(7),
            at: Timestamp::from_second(1_711_900_000).unwrap(),
            period_start: None,
            run: 12,
            decided_at: Timestamp::new(1_711_900_000, 123_456_789).unwrap(),
            plan_name: "home".into(),
            plan_version: 3,
            raw: Some(Decimal::new(100, -1)),
            value: None,
            status: Status(5),
            method: "".into(),
            inputs_hash: 0,
            failures: vec![ReadFailure {
                rule: "V55".into(),
                blocks: true,
                routed: false,
                severity: ExceptionSeverity::High,
                direction: Direction::Other,
                evidence: "fell".into(),
            }],
        };
        assert_eq!(decode(ChannelNumber(7), &bytes), Ok(vec![read]));
        assert_eq!(run_of(&bytes), Some(12));
    }
}
