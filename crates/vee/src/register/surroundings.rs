//! What a rule or method may look at beside the read itself.
//!
//! Everything is given by the caller, as for a channel-day; the order of the lists never matters.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::id::ChannelNumber;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;

use crate::amount::Amount;
use crate::context::DayTemperature;

/// A register read, or the amount of a stated period.
///
/// A read without a value asks for an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Moment of the read; end of the period where one is stated.
    pub at: Timestamp,
    /// Start of the period; `None` for a register that stands at an instant.
    pub period_start: Option<Timestamp>,
    /// What the register shows, before the multiplier; the amount of a period in the channel's unit.
    pub value: Option<Decimal>,
    /// What is known of it.
    pub status: Status,
}

/// What the values of a channel mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The standing of a counter; reads with a period are passed over.
    #[default]
    Counter,
    /// The amount of the stated period; reads without a period are passed over.
    Amount,
    /// The highest demand since the last reset.
    Demand,
}

/// How the register is set up from an instant on.
///
/// A read at that very instant is of this setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The first instant.
    pub from: Timestamp,
    /// What a register count is worth in the channel's unit (CT x PT x scale).
    pub multiplier: Decimal,
    /// Digits before the decimal point; the register starts again at `10^dials`.
    pub dials: u8,
    /// Digits after the decimal point.
    pub decimals: u8,
    /// What the register before this setup showed last, where that is known.
    pub closing: Option<Decimal>,
    /// What the register showed first in this setup, where that is known.
    pub opening: Option<Decimal>,
    /// What the change means for reads before it.
    pub change: Change,
}

/// What a new setup means for the reads before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The register counts on.
    Minor,
    /// Another meter or another program: nothing before it says what the register shows after it.
    Critical,
}

/// The sum of the final values of a span: a day, or the part of a day up to a read.
#[derive(Clone, Copy, Debug)]
pub struct SpanSum {
    /// The span, from interval edge to interval edge.
    pub range: TimeRange,
    /// The sum in the channel's unit.
    pub sum: Amount,
    /// How many intervals have no value.
    pub missing: u32,
    /// How many are estimates.
    pub estimated: u32,
}

/// A time-of-use register of the same meter.
#[derive(Clone, Copy, Debug)]
pub struct TouRead<'a> {
    /// How people know it (`T1`).
    pub label: &'a str,
    /// What it showed at the moment of the read.
    pub now: Option<Decimal>,
    /// What it showed at the moment of the last good read before.
    pub before: Option<Decimal>,
}

/// The surroundings of a read.
#[derive(Clone, Debug)]
pub struct Surroundings<'a> {
    /// The channel.
    pub channel: ChannelNumber,
    /// The unit after the multiplier (`kWh`).
    pub unit: &'a str,
    /// The zone of the usage point.
    pub zone: &'a TimeZone,
    /// What the values mean.
    pub kind: Kind,
    /// How the register is and was set up; without one nothing can be said of it.
    pub setups: &'a [Setup],
    /// Other reads of the channel with their final values. The read itself may be among them; it is
    /// passed over. At most one of each moment.
    pub reads: &'a [Read],
    /// Final interval sums of the same quantity. Spans must not overlap.
    pub interval_sums: &'a [SpanSum],
    /// Sums of the load profile of the class. Spans must not overlap.
    pub profile_sums: &'a [SpanSum],
    /// The time-of-use registers that the register is the total of.
    pub time_of_use: &'a [TouRead<'a>],
    /// The multiplier that the message stated.
    pub stated_multiplier: Option<Decimal>,
    /// The demand reset counter of the meter now and at the last demand read, where a reset was due
    /// between them.
    pub demand_resets: Option<(u32, u32)>,
    /// What customers of the area use each day on average, in the channel's unit.
    pub daily_trend: Option<Decimal>,
    /// Mean temperatures of local days, at most one for each date.
    pub temperatures: &'a [DayTemperature],
}

impl<'a> Surroundings<'a> {
    /// The surroundings of a counter of which nothing else is known.
    pub fn of(channel: ChannelNumber, unit: &'a str, zone: &'a TimeZone) -> Self {
        Self {
            channel,
            unit,
            zone,
            kind: Kind::Counter,
            setups: &[],
            reads: &[],
            interval_sums: &[],
            profile_sums: &[],
            time_of_use: &[],
            stated_multiplier: None,
            demand_resets: None,
            daily_trend: None,
            temperatures: &[],
        }
    }
}
