//! Other channels on the same day: what a rule compares with and a method copies from.

use crate::day::Day;

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
