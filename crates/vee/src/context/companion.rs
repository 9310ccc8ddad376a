//! Other channels on the same day: what a rule compares with and a method copies from.

use jiff::Timestamp;
use model::time::TimeRange;

use crate::amount::Amount;
use crate::day::Day;
use crate::settings::unit_power;

/// What another channel is to the channel that is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The same quantity, measured by a second meter.
    Check,
    /// Reactive energy of the same flow.
    Reactive,
    /// Volt-squared hours of a phase (1, 2, 3).
    VoltageSquared(u8),
    /// Ampere-squared hours of a phase (1, 2, 3).
    CurrentSquared(u8),
    /// Another channel of the same meter.
    Sibling,
    /// A channel whose load has the same shape.
    LoadProfile,
    /// The same flow as the control system of the network saw it.
    Scada,
    /// A flow into the node that the channel belongs to.
    FlowIn,
    /// A flow out of the node that the channel belongs to.
    FlowOut,
}

/// A channel beside the one that is run.
#[derive(Clone, Copy, Debug)]
pub struct Companion<'a> {
    /// What it is to the channel.
    pub role: Role,
    /// How people know it.
    pub label: &'a str,
    /// The unit of its values.
    pub unit: &'a str,
    /// Its quantum: a value is `digits * 10^exponent` of the unit.
    pub exponent: i8,
    /// Its final values of the same local date; its slots may be of another length.
    pub day: Day<'a>,
}

impl Companion<'_> {
    /// The sum of its values over a span, in its quantum; `None` where one is missing or an edge of the
    /// span lies inside an interval.
    pub(crate) fn sum_over(&self, span: TimeRange) -> Option<i128> {
        let (from, to) = (self.slot_beginning(span.start)?, self.slot_beginning(span.end)?);
        (from..to).map(|slot| self.day.value(slot).map(i128::from)).sum()
    }

    /// A number of its quanta as an amount of a unit; `None` where its unit is no multiple of that.
    pub(crate) fn amount_in(&self, unit: &str, quanta: i128) -> Option<Amount> {
        Some(Amount::new(quanta, i32::from(self.exponent)).shifted(unit_power(self.unit, unit)?))
    }

    fn slot_beginning(&self, at: Timestamp) -> Option<u16> {
        let elapsed = at.as_second() - self.day.start.as_second();
        let length = i64::from(self.day.slot_seconds);
        (0 < length && elapsed % length == 0).then(|| u16::try_from(elapsed / length).ok()).flatten()
    }
}
