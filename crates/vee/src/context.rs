//! What a rule or method may look at beside the day itself.
//!
//! Everything is given by the caller, so that a day and its context decide the outcome alone: the
//! same answer on any machine, at any time, in whatever order days are run. The order of the lists
//! in here never matters.

mod companion;
mod decision;
mod device;
mod expected;
mod site;
mod sources;
mod summary;

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;

use crate::amount::Amount;
use crate::day::Day;
use crate::process::Kept;

pub use companion::{Companion, Role};
pub use decision::{Decision, DecisionKind};
pub use device::{Alarm, Device};
pub use expected::Expected;
pub use site::{Load, Site, Sun};
pub use sources::{AgreedValue, Bucket, DayTemperature, Origin, Profile, Sources};
pub use summary::DaySummary;

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
    /// When a meter measures; outside nothing is missing.
    pub expected: Expected<'a>,
    /// What comes before the day, where that is known; see [`Neighbour::before`].
    pub before: Option<Neighbour>,
    /// What comes after the day, where that is known; see [`Neighbour::after`].
    pub after: Option<Neighbour>,
    /// For which time values of another interval length were received and wait for people; nothing is estimated there.
    pub other_length: &'a [TimeRange],
    /// The day before as received, for rules that look over midnight.
    pub day_before: Option<Day<'a>>,
    /// The day after as received.
    pub day_after: Option<Day<'a>>,
    /// Stored days of the channel with their final values and statuses, for like-day methods. The
    /// day itself may be among them; it is passed over. At most one for each date.
    pub history: &'a [Day<'a>],
    /// The holidays of the usage point's calendar.
    pub holidays: &'a [Date],
    /// Registers and amounts that the intervals must add up to.
    pub totals: &'a [Total],
    /// Known interruptions of supply.
    pub outages: &'a [TimeRange],
    /// How many whole days without any use come right before this one.
    pub zero_days_before: u16,
    /// Earlier days in few numbers; at most one for each date.
    pub summaries: &'a [DaySummary],
    /// The meter and its clock.
    pub device: Device<'a>,
    /// The usage point and its local day.
    pub site: Site,
    /// Other channels on the same day.
    pub companions: &'a [Companion<'a>],
    /// What estimation may draw on beside the channel's own days.
    pub sources: Sources<'a>,
    /// Approved decisions of people, the earlier first.
    pub decisions: &'a [Decision],
    /// Earlier versions that count in the place of the values received last.
    pub kept: &'a [Kept],
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
            expected: Expected::ALWAYS,
            before: None,
            after: None,
            other_length: &[],
            day_before: None,
            day_after: None,
            history: &[],
            holidays: &[],
            totals: &[],
            outages: &[],
            zero_days_before: 0,
            summaries: &[],
            device: Device::default(),
            site: Site::default(),
            companions: &[],
            sources: Sources::default(),
            decisions: &[],
            kept: &[],
        }
    }

    /// A number of quanta as an amount of the channel's unit.
    pub(crate) fn amount(&self, quanta: i128) -> Amount {
        Amount::new(quanta, i32::from(self.exponent))
    }

    /// The companion of a role; of several, the one whose label comes first.
    pub(crate) fn companion(&self, role: Role) -> Option<&'a Companion<'a>> {
        self.companions.iter().filter(|companion| companion.role == role).min_by_key(|companion| companion.label)
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

/// What lies beyond an edge of the day, up to the nearest good value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// The nearest good value in the channel's quantum; `None` where the days looked at hold none.
    pub value: Option<i64>,
    /// How many slots lie between it and the edge; 0 when it touches the day.
    pub slots_between: u16,
    /// How many slots right at the edge have no value and so lengthen a gap that ends there.
    pub missing_at_edge: u16,
}

impl Neighbour {
    /// Looks back from the start of a day over the days before it, the nearest first.
    pub fn before<'d>(days: impl IntoIterator<Item = &'d Day<'d>>) -> Self {
        Self::nearest(days.into_iter().flat_map(|day| (0..day.slots()).rev().map(move |slot| (day, slot))))
    }

    /// Looks ahead from the end of a day over the days after it, the nearest first.
    pub fn after<'d>(days: impl IntoIterator<Item = &'d Day<'d>>) -> Self {
        Self::nearest(days.into_iter().flat_map(|day| (0..day.slots()).map(move |slot| (day, slot))))
    }

    fn nearest<'d>(slots: impl Iterator<Item = (&'d Day<'d>, u16)>) -> Self {
        let mut neighbour = Self { value: None, slots_between: 0, missing_at_edge: 0 };
        for (day, slot) in slots {
            let value = day.value(slot);
            if value.is_some() && is_good(day.status(slot)) {
                return Self { value, ..neighbour };
            }
            if value.is_none() && neighbour.missing_at_edge == neighbour.slots_between {
                neighbour.missing_at_edge = neighbour.missing_at_edge.saturating_add(1);
            }
            neighbour.slots_between = neighbour.slots_between.saturating_add(1);
        }
        neighbour
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

/// The statuses of a value that a person wrote.
const WRITTEN: Status = Status(Status::EDITED.0 | Status::ACCEPTED.0);

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

impl Total {
    /// A place in an order that does not depend on how the totals arrived.
    pub(crate) fn rank(&self) -> impl Ord + use<> {
        let parts = |decimal: Decimal| (decimal.digits, decimal.exponent);
        let numbers = match &self.measured {
            Measured::Register(pair) => {
                (Some((parts(pair.start), parts(pair.multiplier), pair.dials, pair.decimals)), parts(pair.end))
            }
            Measured::Amount(amount) => (None, parts(*amount)),
        };
        (self.range.seconds(), self.range.start, numbers)
    }
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

impl Elsewhere {
    /// What days other than the one at `day` contribute to a span; they are of one channel, at most one a date.
    pub fn of(span: TimeRange, day: TimeRange, others: &[Day<'_>]) -> Self {
        Self::of_counted(span, day, others, |_| true)
    }

    /// As [`Elsewhere::of`], of the intervals alone whose begin counts.
    pub(crate) fn of_counted(
        span: TimeRange,
        day: TimeRange,
        others: &[Day<'_>],
        counts: impl Fn(Timestamp) -> bool,
    ) -> Self {
        let mut elsewhere = Self::default();
        let (mut slots, mut slot_seconds) = (0, 0);
        for other in others {
            for slot in 0..other.slots() {
                let range = other.range(slot, slot + 1);
                if range.start < span.start || span.end < range.end {
                    continue;
                }
                slots += 1;
                slot_seconds = i64::from(other.slot_seconds);
                if !counts(range.start) {
                    continue;
                }
                match other.value(slot) {
                    Some(value) => {
                        elsewhere.sum += i128::from(value);
                        // What a person wrote stands, whatever method it came of.
                        let status = other.status(slot);
                        let is_open = status.contains(Status::ESTIMATED) && !status.contains(WRITTEN);
                        elsewhere.estimated += u32::from(is_open);
                    }
                    None => elsewhere.missing += 1,
                }
            }
        }
        let inside = overlap(span, day).map_or(0, |range| range.seconds());
        let outside = span.seconds() - inside;
        // Days that are not given at all are missing too.
        let expected = if slot_seconds == 0 { 1 } else { outside / slot_seconds };
        elsewhere.missing += u32::try_from(expected - slots).unwrap_or(0);
        elsewhere
    }
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
