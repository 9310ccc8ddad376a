//! Register billing: differences of reads times the multiplier, over exchanges of meter and multiplier.
//!
//! - A read below the one before is a roll-over where the register was in its last tenth before and is in its first
//!   tenth after (as catalogue V55 decides); anything else is a finding.
//! - A new meter or multiplier begins a register of its own; its first read is taken when the last of the one before is.
//! - What was used between two reads is shared by seconds where the period or a part of it begins between them, if the
//!   set allows it.

use jiff::Timestamp;
use model::finding::Finding;
use model::quality::Status;
use model::quantity::{Decimal, Sum};
use model::register::{AdvanceError, advance, no_roll_over};
use serde::{Deserialize, Serialize};

use crate::inputs_hash::InputsHash;
use crate::meter::too_large;
use crate::prorate::share;
use crate::quality::{Counts, Flags};
use crate::series::Channel;
use crate::tally::Cell;

/// The reads of one meter with one multiplier.
#[derive(Clone, Copy, Debug)]
pub struct Register<'a> {
    /// Which meter, for people.
    pub meter: &'a str,
    /// Current times voltage transformer ratio, applied to differences.
    pub multiplier: Decimal,
    /// Digits before the point; the register starts again at 10^dials.
    pub dials: u8,
    /// Reads in order of time.
    pub reads: &'a [Read],
}

/// What happens where the period, or a part of it, begins between two reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BetweenReads {
    /// There is no determinant; the finding names the instant at which a read is needed.
    #[default]
    Refuse,
    /// What was used between both reads is shared by seconds.
    Prorate,
}

/// The standing of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// When it was read.
    pub at: Timestamp,
    /// What it showed; `None` where a read was expected and is missing.
    pub value: Option<Decimal>,
    /// Its quality.
    pub status: Status,
}

/// What a register advanced between two reads, multiplied, in `10^exponent`.
struct Advance {
    start: i64,
    end: i64,
    amount: Decimal128,
    flags: Flags,
    missing_reads: usize,
}

/// An exact amount of up to 38 digits.
#[derive(Clone, Copy)]
struct Decimal128 {
    digits: i128,
    exponent: i8,
}

/// The register usage of each part, in order, and its exponent; `parts` touch each other.
pub(crate) fn register_usage(
    channel: &Channel<'_>,
    parts: &[(i64, i64)],
    between_reads: BetweenReads,
) -> Result<(Vec<Cell>, i8), Finding> {
    let advances = advances(channel)?;
    let exponent = advances.iter().map(|advance| advance.amount.exponent).min().unwrap_or_default();
    let cells = parts.iter().map(|part| usage_of(channel.name, &advances, *part, (exponent, between_reads)));
    Ok((cells.collect::<Result<_, _>>()?, exponent))
}

fn usage_of(
    channel: &str,
    advances: &[Advance],
    (from, to): (i64, i64),
    (exponent, between_reads): (i8, BetweenReads),
) -> Result<Cell, Finding> {
    let mut sum = 0_i128;
    let mut counts = Counts::default();
    let mut hash = InputsHash::default();
    let mut at = from;
    for advance in advances.iter().filter(|advance| advance.start < to && from < advance.end) {
        let (start, end) = (advance.start.max(from), advance.end.min(to));
        if start != at {
            return Err(no_reads(channel, at, start));
        }
        if (start, end) != (advance.start, advance.end) && between_reads == BetweenReads::Refuse {
            let message = format!(
                "no read at {}; ask for one, move the period, or set between_reads to `prorate`",
                shown(if start == advance.start { to } else { from })
            );
            return Err(Finding::new(0, channel, "usage.no_read", message));
        }
        let digits = lifted(advance.amount, exponent).ok_or_else(|| too_large(channel))?;
        let length = advance.end - advance.start;
        let used = share(digits, length, start - advance.start, end - advance.start);
        sum = used.and_then(|used| sum.checked_add(used)).ok_or_else(|| too_large(channel))?;
        advance.flags.count(&mut counts, 1, 0);
        Flags::default().count(&mut counts, advance.missing_reads, advance.missing_reads);
        let low = i64::from_le_bytes(std::array::from_fn(|at| digits.to_le_bytes()[at]));
        let high = i64::from_le_bytes(std::array::from_fn(|at| digits.to_le_bytes()[at + 8]));
        hash.numbers(&[start, end, length, low, high, exponent.into(), advance.flags.number()]);
        at = end;
    }
    if at != to {
        return Err(no_reads(channel, at, to));
    }
    Ok(Cell { sum, counts, inputs_hash: hash.finish() })
}

fn advances(channel: &Channel<'_>) -> Result<Vec<Advance>, Finding> {
    let mut advances: Vec<Advance> = Vec::new();
    for register in channel.registers {
        let mut before: Option<(&Read, Decimal)> = None;
        let mut missing_reads = 0;
        for read in register.reads {
            let Some(value) = read.value else {
                missing_reads += 1;
                continue;
            };
            if let Some((earlier, start)) = before {
                let advance = Advance {
                    start: earlier.at.as_second(),
                    end: read.at.as_second(),
                    amount: advanced(channel.name, register, start, value)?,
                    flags: Flags::of(earlier.status).joined(Flags::of(read.status)),
                    missing_reads,
                };
                let last = advances.last().map_or(i64::MIN, |last| last.end);
                if advance.end <= advance.start || advance.start < last {
                    let message = format!("reads around {} are out of order or overlap; correct their dates", read.at);
                    return Err(Finding::new(0, channel.name, "usage.overlap", message));
                }
                advances.push(advance);
            }
            before = Some((read, value));
            missing_reads = 0;
        }
    }
    Ok(advances)
}

/// `multiplier * (end - start)`, with `10^dials` more where the register started again.
fn advanced(channel: &str, register: &Register<'_>, start: Decimal, end: Decimal) -> Result<Decimal128, Finding> {
    let counted = advance(start, end, register.dials).map_err(|error| match error {
        AdvanceError::TooLarge => too_large(channel),
        AdvanceError::Fell => {
            let of = if register.meter.is_empty() { channel.into() } else { format!("meter {}", register.meter) };
            let message = format!(
                "the register of {of} fell from {start} to {end}, {}; check the reads or enter the exchange of the meter",
                no_roll_over(register.dials)
            );
            Finding::new(0, channel, "usage.register_fell", message)
        }
    })?;
    let multiplied = counted.digits.checked_mul(register.multiplier.digits.into());
    let exponent = counted.exponent.checked_add(register.multiplier.exponent);
    match (multiplied, exponent) {
        (Some(digits), Some(exponent)) => Ok(Decimal128 { digits, exponent }),
        _ => Err(too_large(channel)),
    }
}

impl From<Decimal> for Decimal128 {
    fn from(decimal: Decimal) -> Self {
        Self { digits: decimal.digits.into(), exponent: decimal.exponent }
    }
}

fn lifted(amount: Decimal128, exponent: i8) -> Option<i128> {
    let mut sum = Sum::default();
    sum.add(amount.digits, amount.exponent).ok()?;
    sum.in_units(exponent)
}

fn no_reads(channel: &str, from: i64, to: i64) -> Finding {
    let message = format!(
        "no pair of reads holds {} to {}; deliver the reads, also those of the exchange of a meter or multiplier",
        shown(from),
        shown(to)
    );
    Finding::new(0, channel, "usage.no_read", message)
}

fn shown(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| second.to_string(), |at| at.to_string())
}
