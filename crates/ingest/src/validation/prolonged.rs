//! V70: whether a channel has been estimated for too long.
//!
//! It is no part of the outcome of a day: it looks as far back as the last measured value, and becomes an exception of the
//! last estimated days only.

use jiff::{SignedDuration, Timestamp};
use model::lineage::{Direction, ExceptionSeverity, FinalDay, RuleFailure};
use model::master::Channel;
use model::quality::Status;
use model::time::LocalDay;
use store::readings::{AsOf, Error, NO_VALUE, ReadingsBook};
use vee::process::Judgement;
use vee::process::v70_prolonged_estimation::ProlongedEstimation;

use super::full_day::FullDay;
use crate::placement::zone_of;

/// How far back the last measured value is looked for; whoever was estimated for longer counts as never measured.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 400);
/// What no value may be that was measured.
const MADE: Status =
    Status(Status::ESTIMATED.0 | Status::SUBSTITUTE.0 | Status::FORECAST.0 | Status::EDITED.0 | Status::FAILED.0);

/// The failure of a day of which every value was made, where the last measured one is too far back.
///
/// # Errors
/// What the readings book says.
pub(crate) fn of_day(
    book: &ReadingsBook,
    channel: &Channel,
    final_day: &FinalDay,
    rule: &ProlongedEstimation,
) -> Result<Option<RuleFailure>, Error> {
    let (Some(length), Ok(zone)) = (channel.interval_seconds, zone_of(&channel.zone)) else { return Ok(None) };
    let Some(day) = LocalDay::of(final_day.date, &zone) else { return Ok(None) };
    let slots = day.slots(length).unwrap_or_default();
    let made = final_day.values.iter().filter(|value| !value.method.is_empty()).count();
    if slots == 0 || made < usize::from(slots) {
        return Ok(None);
    }
    let from = day.range.start.checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
    let days = book.read(channel.number, from.as_second(), day.range.start.as_second(), AsOf::Now)?.days;
    let last = days.iter().rev().find_map(|day| last_measured(&FullDay::decided(book, day, &zone)));
    let Judgement::Failed(evidence) = rule.judge(last, day.range.end) else { return Ok(None) };
    Ok(Some(RuleFailure {
        rule: "V70".into(),
        from: 0,
        to: slots,
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
