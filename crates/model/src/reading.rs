//! What a message says about a channel: runs of intervals and register reads.
//!
//! Readers in `formats` fill these; `ingest` resolves the [`ChannelKey`] to a channel of the
//! registry, checks and places them.

use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use smol_str::SmolStr;

use crate::id::Name;
use crate::quality::Quality;
use crate::quantity::Decimal;
use crate::reading_type::ReadingType;

/// How a message names a channel.
///
/// At least one of `usage_point` and `meter` is present. `suffix` tells channels of the same
/// reading type apart (NEM12 NMISuffix, a register or logical channel number).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChannelKey {
    /// Usage point, as the message names it.
    pub usage_point: Option<Name>,
    /// Meter, as the message names it.
    pub meter: Option<Name>,
    /// Channel or register label of the format; empty where the reading type alone decides.
    pub suffix: SmolStr,
    /// What is measured.
    pub reading_type: ReadingType,
}

impl ChannelKey {
    /// The name people type: `<usage point, else meter>/<suffix, else reading type>`.
    pub fn label(&self) -> String {
        let owner = self.usage_point.as_ref().or(self.meter.as_ref()).map_or("?", |name| &name.value);
        if self.suffix.is_empty() {
            format!("{owner}/{}", self.reading_type)
        } else {
            format!("{owner}/{}", self.suffix)
        }
    }
}

/// Quality of the positions `[from, to)` of a run; positions without a span carry the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualitySpan {
    /// First position.
    pub from: u32,
    /// One past the last position.
    pub to: u32,
    /// What the source says of these values.
    pub quality: Quality,
}

/// Consecutive intervals of one length: `values[i]` covers `[start + i*length, start + (i+1)*length)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntervalRun {
    /// Start of the first interval.
    pub start: Timestamp,
    /// Length of every interval in seconds, more than zero.
    pub length_seconds: u32,
    /// Value digits; [`IntervalRun::MISSING`] where the source gives no value.
    pub values: Vec<i64>,
    /// Power of ten of every value, in the unit of the source.
    pub exponent: i8,
    /// Ordered, non-overlapping spans.
    pub qualities: Vec<QualitySpan>,
}

impl IntervalRun {
    /// Marks a position without a value.
    pub const MISSING: i64 = i64::MIN;

    /// The run of some positions; `None` where they are not all there, or begin beyond the years that can be stored.
    pub fn part(&self, positions: Range<usize>) -> Option<Self> {
        let values = self.values.get(positions.clone())?.to_vec();
        let seconds = i64::try_from(positions.start).ok()?.checked_mul(self.length_seconds.into())?;
        let [first, end] = [positions.start, positions.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        let inside = |span: &QualitySpan| {
            let (from, to) = (span.from.max(first), span.to.min(end));
            (from < to).then(|| QualitySpan { from: from - first, to: to - first, quality: span.quality.clone() })
        };
        Some(Self {
            start: self.start.checked_add(SignedDuration::from_secs(seconds)).ok()?,
            values,
            qualities: self.qualities.iter().filter_map(inside).collect(),
            ..*self
        })
    }
}

/// A register read at an instant, or the amount of a stated period that is not a fixed interval
/// (a day, a billing period, a demand peak).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterRead {
    /// Moment of the read; end of the period where one is stated.
    pub at: Timestamp,
    /// Start of the period; `None` for a cumulative register.
    pub period_start: Option<Timestamp>,
    /// The value in the unit of the source; `None` where the source reports a missing read.
    pub value: Option<Decimal>,
    /// What the source says of it.
    pub quality: Quality,
}

/// Values of one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// Intervals of a constant length.
    Intervals(IntervalRun),
    /// Register reads or period amounts in the order of the source.
    Registers(Vec<RegisterRead>),
}

/// One piece of a message: values of one channel. A long message yields many pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelReadings {
    /// Which channel, in the words of the source.
    pub channel: ChannelKey,
    /// The unit in the words of the source (`kWh`), for people.
    pub unit: SmolStr,
    /// The values.
    pub values: Values,
    /// When the source made this version; a later one replaces an earlier one.
    pub revision: Option<Timestamp>,
    /// One-based line of the input where this piece begins.
    pub line: u64,
}

/// The envelope of a message (IEC 61968-100 header, NEM12 100 record ...).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageHeader {
    /// `created`, `changed`, `reply`, `get` ...; empty where the format has none.
    pub verb: SmolStr,
    /// `MeterReadings`, `EndDeviceEvents`, `NEM12` ...
    pub noun: SmolStr,
    /// Message id, file id.
    pub id: SmolStr,
    /// Sending system.
    pub source: SmolStr,
    /// Creation time.
    pub timestamp: Option<Timestamp>,
}
