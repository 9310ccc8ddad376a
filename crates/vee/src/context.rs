//! What a rule or method may look at beside the day itself.
//!
//! Everything is given by the caller, so that a day and its context decide the outcome alone: the
//! same answer on any machine, at any time, in whatever order days are run. The order of the lists
//! in here never matters.

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;

use crate::amount::Amount;
use crate::day::Day;

/// The surroundings of a channel-day.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// The channel.
    pub channel: ChannelNumber,
    /// The unit of the values (`kWh`).
    pub unit: &'a str,
    /// The quantum: a value is `digits * 10^exponent` of the unit.
    pub exponent: i8,
    /// Whether the channel may count below zero (net metering).
    pub negative_allowed: bool,
    /// Whether use is expected.
    pub activity: Activity,
    /// The nearest good value before the day; see [`Neighbour::before`].
    pub before: Option<Neighbour>,
    /// The nearest good value after the day; see [`Neighbour::after`].
    pub after: Option<Neighbour>,
    /// Stored days of the channel with their final values and statuses, for like-day methods. The
    /// day itself may be among them; it is passed over.
    pub history: &'a [Day<'a>],
    /// The holidays of the usage point's calendar.
    pub holidays: &'a [Date],
    /// Registers and amounts that the intervals must add up to.
    pub totals: &'a [Total],
    /// Known interruptions of supply.
    pub outages: &'a [TimeRange],
    /// How many whole days without any use come right before this one.
    pub zero_days_before: u16,
}

impl<'a> Context<'a> {
    /// A context that knows the channel and nothing else: active, not negative, no history.
    pub fn of(channel: ChannelNumber, unit: &'a str, exponent: i8) -> Self {
        Self {
            channel,
            unit,
            exponent,
            negative_allowed: false,
            activity: Activity::Active,
            before: None,
            after: None,
            history: &[],
            holidays: &[],
            totals: &[],
            outages: &[],
            zero_days_before: 0,
        }
    }

    /// A number of quanta as an amount of the channel's unit.
    pub(crate) fn amount(&self, quanta: i128) -> Amount {
        Amount::new(quanta, i32::from(self.exponent))
    }
}

/// Whether the usage point is expected to use energy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activity {
    /// Connected and under an agreement.
    #[default]
    Active,
    /// Disconnected, not installed, or without an agreement.
    Inactive,
}

/// The nearest good value beyond an edge of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its value in the channel's quantum.
    pub value: i64,
    /// How many slots lie between it and the edge; 0 when it touches the day.
    pub slots_between: u16,
    /// How many of those have no value and so lengthen a gap at the edge.
    pub missing_between: u16,
}

impl Neighbour {
    /// The last good value of the day before.
    pub fn before(day: &Day<'_>) -> Option<Self> {
        Self::first_of(day, (0..day.slots()).rev())
    }

    /// The first good value of the day after.
    pub fn after(day: &Day<'_>) -> Option<Self> {
        Self::first_of(day, 0..day.slots())
    }

    fn first_of(day: &Day<'_>, slots: impl Iterator<Item = u16>) -> Option<Self> {
        let mut missing_between = 0;
        for (slots_between, slot) in (0_u16..).zip(slots) {
            match day.value(slot) {
                Some(value) if is_good(day.status(slot)) => {
                    return Some(Self { value, slots_between, missing_between });
                }
                Some(_) => {}
                None => missing_between += 1,
            }
        }
        None
    }
}

/// The statuses of values that may not stand for what was used at another time.
const NOT_GOOD: Status = Status(
    Status::MISSING.0
        | Status::FAILED.0
        | Status::ESTIMATED.0
        | Status::SUBSTITUTE.0
        | Status::FORECAST.0
        | Status::ESTIMATE_NEEDED.0
        | Status::TEST_MODE.0
        | Status::ASSUMED_TIME.0,
);

/// The statuses that say power was off for a part of the interval.
pub(crate) const OUTAGE: Status = Status(Status::POWER_FAILURE.0 | Status::ZERO_OUTAGE.0);

/// Whether a value is measured, not failed and not touched by an outage (catalogue 3.0, "good").
pub(crate) fn is_good(status: Status) -> bool {
    !status.intersects(NOT_GOOD) && !status.intersects(OUTAGE)
}

/// What the intervals of a span must add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// The span, as the register reads or the statement of the source give it.
    pub range: TimeRange,
    /// The measured quantity of the span.
    pub measured: Measured,
    /// The intervals of the span that are not in this day; `None` where the span is within the day.
    pub elsewhere: Option<Elsewhere>,
}

/// How the quantity of a span was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measured {
    /// Two reads of one cumulative register of one meter.
    Register(RegisterPair),
    /// The amount of a stated period, in the channel's unit.
    Amount(Decimal),
}

/// Two reads of one register, in the register's own unit before the multiplier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterPair {
    /// The read at the start of the span.
    pub start: Decimal,
    /// The read at its end.
    pub end: Decimal,
    /// What a register count is worth in the channel's unit (CT x PT x scale).
    pub multiplier: Decimal,
    /// Digits before the decimal point; the register starts again at `10^dials`.
    pub dials: u8,
    /// Digits after the decimal point.
    pub decimals: u8,
}

/// The intervals of a span outside the day, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// The sum of their final values in the channel's quantum.
    pub sum: i128,
    /// How many have no value.
    pub missing: u32,
    /// How many are estimates.
    pub estimated: u32,
}

/// Whether an instant range touches any of a list.
pub(crate) fn touches_any(range: TimeRange, others: &[TimeRange]) -> bool {
    others.iter().any(|other| overlap(range, *other).is_some())
}

/// The instants of both ranges.
pub(crate) fn overlap(left: TimeRange, right: TimeRange) -> Option<TimeRange> {
    let start: Timestamp = left.start.max(right.start);
    let end = left.end.min(right.end);
    (start < end).then_some(TimeRange { start, end })
}
