//! Which channel-days hold intervals, and which register reads.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::ChannelNumber;
use store::readings::{AsOf, Damage, Error, ReadingsBook};

use crate::validation::registers::utc_date;

/// The days that were found, and what could not be looked at.
#[derive(Debug, Default)]
pub struct StoredDays {
    /// Channels and their local days.
    pub days: BTreeSet<(ChannelNumber, Date)>,
    /// Stored bytes that are damaged.
    pub damage: Vec<Damage>,
}

/// The days of wanted channels of which intervals are stored, from a date on and until another, that not included.
///
/// # Errors
/// What the readings book says.
pub fn stored_days(
    book: &ReadingsBook,
    (from, until): (Option<Date>, Option<Date>),
    is_wanted: impl Fn(ChannelNumber) -> bool,
) -> Result<StoredDays, Error> {
    let within = |date: &Date| from.is_none_or(|from| from <= *date) && until.is_none_or(|until| *date < until);
    let mut found = StoredDays::default();
    for date in book.days().into_iter().filter(within) {
        let damage = book.scan_day(date, |day| {
            if is_wanted(day.channel) {
                found.days.insert((day.channel, date));
            }
        })?;
        found.damage.extend(damage);
    }
    Ok(found)
}

/// The UTC dates with reads of register channels, from a date on and until another, that not included.
///
/// # Errors
/// What the readings book says.
pub fn stored_reads(
    book: &ReadingsBook,
    (from, until): (Option<Date>, Option<Date>),
    registers: &[ChannelNumber],
) -> Result<BTreeSet<(ChannelNumber, Date)>, Error> {
    let midnight = |date: Date| date.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp().as_second());
    let start = from.and_then(midnight).unwrap_or(i64::MIN / 2);
    let end = until.and_then(midnight).unwrap_or(i64::MAX / 2);
    let mut found = BTreeSet::new();
    for channel in registers {
        let reads = book.read(*channel, start, end, AsOf::Now)?.registers;
        let moments = reads.iter().filter_map(|read| Timestamp::from_second(read.at).ok());
        found.extend(moments.map(|at| (*channel, utc_date(at))));
    }
    Ok(found)
}
