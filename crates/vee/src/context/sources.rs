//! What estimation may draw on beside the channel's own days.

use jiff::civil::Date;
use model::quantity::Decimal;
use model::time::TimeRange;
use smol_str::SmolStr;

use super::Total;
use crate::day::Day;

/// Where values may come from when the channel's own days have none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// Mean temperatures of local days, for the day and for its history.
    pub temperatures: &'a [DayTemperature],
    /// The load profile of the class of the usage point.
    pub profile: Option<Profile<'a>>,
    /// The average daily load in the channel's unit.
    pub average_daily_load: Option<Decimal>,
    /// Values that parties agreed on or that a person wrote.
    pub agreed: &'a [AgreedValue<'a>],
    /// The buckets of a time-of-use tariff that have registers of their own.
    pub buckets: &'a [Bucket<'a>],
    /// The registers of buckets of which nothing says when they count; `None` where a calendar holds that knows all of them.
    pub without_calendar: Option<&'a [SmolStr]>,
}

/// The mean temperature of a local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayTemperature {
    /// The local date.
    pub date: Date,
    /// Tenths of a degree Celsius.
    pub tenths_celsius: i32,
}

/// A load profile for the day.
#[derive(Clone, Copy, Debug)]
pub struct Profile<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its quantum: a value is `digits * 10^exponent` of the channel's unit.
    pub exponent: i8,
    /// Its values over the same local date.
    pub day: Day<'a>,
}

/// A bucket of a time-of-use tariff.
#[derive(Clone, Copy, Debug)]
pub struct Bucket<'a> {
    /// Its name (`peak`).
    pub name: &'a str,
    /// When its register counts, in order of time; an interval belongs to the bucket in which it begins.
    pub hours: &'a [TimeRange],
    /// What its intervals must add up to; the intervals elsewhere are those of the bucket.
    pub totals: &'a [Total],
}

/// A value that stands in place of a measured one by agreement or by a person's hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgreedValue<'a> {
    /// The slot of the day.
    pub slot: u16,
    /// The value in the channel's quantum.
    pub value: i64,
    /// Whose decision it is.
    pub origin: Origin,
    /// Who wrote it down.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Whose decision a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The parties agreed on it (E18).
    Agreement,
    /// A person wrote it (E22).
    Person,
}
