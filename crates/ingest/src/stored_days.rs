//! Which channel-days hold intervals.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::id::ChannelNumber;
use store::readings::{Damage, Error, ReadingsBook};

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
