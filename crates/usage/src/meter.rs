//! Virtual meters: sums and differences of channels, with losses and netting, interval by interval.
//!
//! - An interval of a term is multiplied with the product of its losses, which is exact as far as a billionth of the unit, or
//!   the finer quantum of the channel, holds it; what is finer is rounded, ties to even, before terms are added. So everything
//!   that is added up later adds up exactly.
//! - An interval that one term misses is missing in the result; nothing is taken for zero.
//! - Netting over intervals keeps of each interval's net only what flowed in one direction; netting over the period
//!   keeps it of each bucket's sum.

use std::borrow::Cow;

use model::finding::Finding;
use model::quality::assumed_time::AssumedTime;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::quality::Flags;
use crate::ratio::Ratio;
use crate::series::{Account, Channel, MISSING, Mark, Piece, laid, push_mark};

/// The quantum that losses may ask for, a power of ten of the unit: sums of 9 thousand million units can be held in it.
const FINEST: i8 = -9;

/// A virtual meter as it is written; one term makes it a plain channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VirtualMeter {
    /// What determinants call it.
    pub name: SmolStr,
    /// Unit of its channels and its result (`kWh`).
    pub unit: SmolStr,
    /// What is added and subtracted.
    pub terms: Vec<Term>,
    /// Which direction of the net counts; both, with their sign, where it is not given.
    #[serde(default)]
    pub netting: Option<Netting>,
}

/// A channel in a sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The channel's name.
    pub channel: SmolStr,
    /// Whether it is added or subtracted.
    pub sign: Sign,
    /// Factors of transformer and line losses, each `1.015` or `203/200`; their product holds.
    #[serde(default)]
    pub losses: Vec<SmolStr>,
}

/// Added or subtracted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// Added.
    Plus,
    /// Subtracted.
    Minus,
}

/// Which direction of a net counts, and over which span it is netted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Netting {
    /// The span within which both directions offset each other.
    pub over: NettingSpan,
    /// What is kept, as an amount of zero or more.
    pub keep: Direction,
}

/// The span within which directions offset each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NettingSpan {
    /// One interval.
    Interval,
    /// The period, or the part of it that a determinant is for; each bucket for itself.
    Period,
}

/// The direction of energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the grid to the customer: a net of more than zero.
    Delivered,
    /// From the customer to the grid: a net of less than zero, without its sign.
    Received,
}

impl Direction {
    /// The part of a net that flowed in this direction, zero or more.
    pub(crate) fn of(self, net: i128) -> Option<i128> {
        let forward = match self {
            Self::Delivered => Some(net),
            Self::Received => net.checked_neg(),
        };
        forward.map(|amount| amount.max(0))
    }
}

/// A virtual meter whose factors are known to be right.
#[derive(Clone, Debug)]
pub(crate) struct CheckedMeter {
    pub unit: SmolStr,
    pub netting: Option<Netting>,
    pub terms: Vec<CheckedTerm>,
}

#[derive(Clone, Debug)]
pub(crate) struct CheckedTerm {
    pub channel: SmolStr,
    /// The product of the losses, below zero where the term is subtracted.
    pub factor: Ratio,
}

/// The combined intervals of a virtual meter.
pub(crate) struct Combined<'a> {
    pub pieces: Vec<Piece<'a>>,
    pub exponent: i8,
    /// The finest power of ten of its channels, before losses.
    pub quantum: i8,
}

impl CheckedMeter {
    /// The channel of an account that a term names, in the unit of this meter.
    pub(crate) fn channel<'a>(&self, account: &Account<'a>, term: &CheckedTerm) -> Result<Channel<'a>, Finding> {
        let Some(channel) = account.channels.iter().find(|channel| *channel.name == *term.channel) else {
            let message = format!("the account has no channel `{}`; assign one or use another set", term.channel);
            return Err(Finding::new(0, term.channel.clone(), "usage.no_channel", message));
        };
        if *channel.unit != *self.unit {
            let message = format!("the channel is in {}, expected {}; correct the definition", channel.unit, self.unit);
            return Err(Finding::new(0, term.channel.clone(), "usage.unit", message));
        }
        Ok(*channel)
    }

    /// The intervals of the meter over `[start, end)`, in the quantum that holds what its channels and their losses make.
    pub(crate) fn combined<'a>(
        &self,
        account: &Account<'a>,
        range: (i64, i64),
        assumed_time: AssumedTime,
    ) -> Result<Combined<'a>, Finding> {
        let channels = self.terms.iter().map(|term| self.channel(account, term)).collect::<Result<Vec<_>, _>>()?;
        let quanta = self.terms.iter().zip(&channels).map(|(term, channel)| term.quantum(channel.exponent));
        let exponent = quanta.min().unwrap_or_default();
        let mut sum: Option<Vec<Piece<'a>>> = None;
        for (term, channel) in self.terms.iter().zip(&channels) {
            let mut pieces = laid(channel, range, assumed_time)?;
            let power = i16::from(channel.exponent) - i16::from(exponent);
            let factor = term.factor.shifted(power).ok_or_else(|| too_large(channel.name))?;
            if factor != Ratio::ONE {
                change(&mut pieces, channel.name, |value| factor.of(value))?;
            }
            sum = Some(match sum {
                None => pieces,
                Some(before) => added(&before, &pieces).map_err(|fault| fault.finding(channel.name))?,
            });
        }
        let mut pieces = sum.unwrap_or_default();
        if let Some(Netting { over: NettingSpan::Interval, keep }) = self.netting {
            change(&mut pieces, "netting", |value| keep.of(value))?;
        }
        let quantum = channels.iter().map(|channel| channel.exponent).min().unwrap_or_default();
        Ok(Combined { pieces, exponent, quantum })
    }
}

impl CheckedTerm {
    /// The power of ten in which what the factor makes of values in `quantum` is exact, as far as [`FINEST`] allows.
    fn quantum(&self, quantum: i8) -> i8 {
        let exact = self.factor.decimals().map_or(i8::MIN, |decimals| quantum.saturating_sub(decimals));
        exact.max(FINEST.min(quantum))
    }

    /// An amount of the term's channel with its losses and sign, and the power of ten of what comes out.
    pub(crate) fn of(&self, amount: i128, quantum: i8) -> Option<(i128, i8)> {
        let finer = self.quantum(quantum);
        let factor = self.factor.shifted(i16::from(quantum) - i16::from(finer))?;
        Some((factor.of(amount)?, finer))
    }
}

fn change(pieces: &mut [Piece<'_>], place: &str, new: impl Fn(i128) -> Option<i128>) -> Result<(), Finding> {
    let values = pieces.iter_mut().flat_map(|piece| piece.values.to_mut());
    for value in values.filter(|value| **value != MISSING) {
        *value = new((*value).into()).and_then(in_quanta).ok_or_else(|| too_large(place))?;
    }
    Ok(())
}

/// A value that an interval can hold.
fn in_quanta(value: i128) -> Option<i64> {
    i64::try_from(value).ok().filter(|value| *value != MISSING)
}

pub(crate) fn too_large(place: &str) -> Finding {
    Finding::new(0, place, "usage.too_large", "a result needs more digits than can be held exactly; check the readings")
}

/// Why two series cannot be added.
enum Unlike {
    Lengths(i64, i64),
    TooLarge,
}

impl Unlike {
    fn finding(&self, channel: &str) -> Finding {
        let Self::Lengths(left, right) = self else { return too_large(channel) };
        let message = format!(
            "intervals of {right} s cannot be added to intervals of {left} s; deliver both in one length or bill apart"
        );
        Finding::new(0, channel, "usage.interval_length", message)
    }
}

/// The sum of two series over the same range, interval by interval.
fn added<'a>(left: &[Piece<'_>], right: &[Piece<'_>]) -> Result<Vec<Piece<'a>>, Unlike> {
    let mut sum: Vec<Piece<'a>> = Vec::new();
    let (mut lefts, mut rights) = (left.iter().peekable(), right.iter().peekable());
    let mut at = left.first().map_or(0, |piece| piece.start);
    while let (Some(left), Some(right)) = (lefts.peek(), rights.peek()) {
        let length = if left.is_gap { right.length } else { left.length };
        let end = left.end().min(right.end());
        if (!right.is_gap && right.length != length) || (end - at) % length != 0 {
            return Err(Unlike::Lengths(left.length, right.length));
        }
        sum.push(overlap(left, right, (at, end), length).ok_or(Unlike::TooLarge)?);
        at = end;
        lefts.next_if(|piece| piece.end() == end);
        rights.next_if(|piece| piece.end() == end);
    }
    Ok(sum)
}

fn overlap<'a>(left: &Piece<'_>, right: &Piece<'_>, (start, end): (i64, i64), length: i64) -> Option<Piece<'a>> {
    let count = usize::try_from((end - start) / length).ok()?;
    if left.is_gap || right.is_gap {
        let marks = vec![Mark { to: count, flags: Flags::default() }];
        let is_gap = left.is_gap && right.is_gap;
        return Some(Piece { start, length, values: vec![MISSING; count].into(), marks, is_gap });
    }
    let skip = |piece: &Piece<'_>| usize::try_from((start - piece.start) / length).ok();
    let (from_left, from_right) = (skip(left)?, skip(right)?);
    let pairs = left.values[from_left..].iter().zip(&right.values[from_right..]).take(count);
    let values = pairs.map(|(left, right)| match (*left, *right) {
        (MISSING, _) | (_, MISSING) => Some(MISSING),
        (left, right) => left.checked_add(right).filter(|sum| *sum != MISSING),
    });
    let values: Cow<'a, [i64]> = values.collect::<Option<Vec<i64>>>()?.into();
    let marks = joined_marks((&left.marks, from_left), (&right.marks, from_right), count);
    Some(Piece { start, length, values, marks, is_gap: false })
}

/// The flags of both, for the first `count` intervals after what each skips.
fn joined_marks(left: (&[Mark], usize), right: (&[Mark], usize), count: usize) -> Vec<Mark> {
    let edges = |(marks, skipped): (&[Mark], usize)| -> Vec<Mark> {
        let later = marks.iter().filter(|mark| skipped < mark.to);
        later.map(|mark| Mark { to: (mark.to - skipped).min(count), ..*mark }).collect()
    };
    let (left, right) = (edges(left), edges(right));
    let (mut lefts, mut rights) = (left.iter().peekable(), right.iter().peekable());
    let mut joined: Vec<Mark> = Vec::new();
    while let (Some(left), Some(right)) = (lefts.peek(), rights.peek()) {
        let to = left.to.min(right.to);
        push_mark(&mut joined, Mark { to, flags: left.flags.joined(right.flags) });
        lefts.next_if(|mark| mark.to == to);
        rights.next_if(|mark| mark.to == to);
        if to == count {
            break;
        }
    }
    joined
}
