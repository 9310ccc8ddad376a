//! What the readings book knew of expected readings at a moment.

use model::master::Channel;
use model::quality::Status;
use model::time::{LocalDay, TimeRange};
use store::readings::{AsOf, Error, NO_VALUE, QualityId, ReadingsBook, RegisterRead};

use super::Rules;
use super::day::Found;

/// Statuses of a value that was not measured.
const NOT_MEASURED: Status =
    Status::ESTIMATED.with(Status::SUBSTITUTE).with(Status::FORECAST).with(Status::FINAL_ESTIMATE);
/// Statuses of a stamp that proves nothing.
pub(super) const TIME_IN_DOUBT: Status = Status::CLOCK_ERROR.with(Status::ASSUMED_TIME);

/// What was known of the readings of a channel on a day; as many answers as readings, in their order.
pub(super) fn found(
    book: &ReadingsBook,
    (channel, day, readings): (&Channel, &LocalDay, &[TimeRange]),
    rules: &Rules,
    as_of: AsOf,
) -> Result<Vec<Found>, Error> {
    let tolerance = i64::from(rules.stamp_tolerance_seconds);
    let (start, end) = (day.range.start.as_second(), day.range.end.as_second());
    let history = book.read(channel.number, start - tolerance, end + tolerance + 1, as_of)?;
    let is_lost = history.damaged.iter().any(|damage| damage.lost.hides(channel.number, day.date));
    let unread = if is_lost { Found::Damaged } else { Found::Nothing };
    let mut answers = vec![unread; readings.len()];
    match channel.interval_seconds {
        Some(_) => {
            for day in history.days.iter().filter(|stored| stored.date == day.date && stored.slot_seconds != 0) {
                for (answer, reading) in answers.iter_mut().zip(readings) {
                    let at = reading.start.as_second() - day.day_start;
                    let Ok(slot) = u16::try_from(at / i64::from(day.slot_seconds)) else { continue };
                    *answer = better(*answer, interval(book, day, slot));
                }
            }
        }
        None => {
            for (answer, reading) in answers.iter_mut().zip(readings) {
                let of_it = |read: &&RegisterRead| (read.at - reading.end.as_second()).abs() <= tolerance;
                let reads = history.registers.iter().filter(|read| read.is_standing()).filter(of_it);
                *answer = reads.map(|read| of(book, read.value, Some(read.quality))).fold(*answer, better);
            }
        }
    }
    Ok(answers)
}

fn interval(book: &ReadingsBook, day: &store::readings::Day, slot: u16) -> Found {
    let quality = day.qualities.iter().find(|(from, to, _)| (*from..*to).contains(&slot)).map(|(_, _, id)| *id);
    let value = day.values.get(usize::from(slot)).copied().filter(|value| *value != NO_VALUE);
    of(book, value, quality)
}

fn of(book: &ReadingsBook, value: Option<i64>, quality: Option<QualityId>) -> Found {
    let status = quality.and_then(|id| book.quality(id)).map_or(Status::NONE, |quality| quality.status);
    match (value, quality) {
        (None, None) => Found::Nothing,
        (None, Some(_)) => Found::NoValue,
        (Some(_), _) if status.intersects(NOT_MEASURED) => Found::Estimate,
        (Some(_), _) => Found::Measured { time_in_doubt: status.intersects(TIME_IN_DOUBT) },
    }
}

/// Of two answers about one reading the one that says more.
fn better(one: Found, other: Found) -> Found {
    let rank = |found: Found| match found {
        Found::Nothing => 0,
        Found::Damaged => 1,
        Found::NoValue => 2,
        Found::Estimate => 3,
        Found::Measured { time_in_doubt: true } => 4,
        Found::Measured { time_in_doubt: false } => 5,
    };
    if rank(one) < rank(other) { other } else { one }
}
