//! V70: whether a channel has been estimated for too long.
//!
//! It is no part of the outcome of a day: it looks as far back as the last measured value, and becomes an exception of the
//! last days alone of which nothing was measured. Whether the source made their values, a method did or nobody could is one.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use model::lineage::{Direction, ExceptionSeverity, RuleFailure};
use model::master::Channel;
use model::quality::Status;
use model::time::LocalDay;
use store::readings::{AsOf, Error, NO_VALUE, ReadingsBook};
use vee::process::Judgement;
use vee::process::v70_prolonged_estimation::ProlongedEstimation;

use super::full_day::FullDay;
use crate::placement::zone_of;

/// How far back the last measured value is looked for; where there is none, the time counts from the first day found.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 400);
/// What no value may be that was measured.
const MADE: Status =
    Status(Status::ESTIMATED.0 | Status::SUBSTITUTE.0 | Status::FORECAST.0 | Status::EDITED.0 | Status::FAILED.0);

/// The failure of a day of which something was expected and nothing measured, where the last measured value is too far back.
///
/// # Errors
/// What the readings book says.
pub(crate) fn of_day(
    book: &ReadingsBook,
    channel: &Channel,
    date: Date,
    rule: &ProlongedEstimation,
) -> Result<Option<RuleFailure>, Error> {
    let (Some(length), Ok(zone)) = (channel.interval_seconds, zone_of(&channel.zone)) else { return Ok(None) };
    let Some(day) = LocalDay::of(date, &zone) else { return Ok(None) };
    let from = day.range.start.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
    let window = (from.as_second(), day.range.end.as_second());
    let mut history = book.read(channel.number, window.0, window.1, AsOf::Now)?;
    // Days of which nothing was expected go, the judged one among them.
    history.shape_silent_days(&zone, length, window);
    let is_judged = history.days.last().is_some_and(|last| last.date == date);
    let Some(first) = history.days.first().filter(|_| is_judged) else { return Ok(None) };
    let known_since = Timestamp::from_second(first.day_start).unwrap_or(day.range.start);
    let decided = |day| FullDay::decided(book, day, &zone);
    let last = history.days.iter().rev().find_map(|day| last_measured(&decided(day)));
    if last.is_some_and(|last| day.range.start < last) {
        return Ok(None);
    }
    let Judgement::Failed(evidence) = rule.judge(last, known_since, day.range.end) else { return Ok(None) };
    Ok(Some(RuleFailure {
        rule: "V70".into(),
        from: 0,
        to: day.slots(length).unwrap_or_default(),
        blocks: false,
        routed: true,
        severity: ExceptionSeverity::Medium,
        direction: Direction::Other,
        evidence,
    }))
}

/// The end of the last value of a day that was measured.
fn last_measured(day: &FullDay) -> Option<Timestamp> {
    let mut slots = day.values.iter().zip(&day.statuses).enumerate().rev();
    let (slot, _) = slots.find(|(_, (value, status))| **value != NO_VALUE && !status.intersects(MADE))?;
    Timestamp::from_second(day.start + (slot as i64 + 1) * i64::from(day.slot_seconds)).ok()
}
