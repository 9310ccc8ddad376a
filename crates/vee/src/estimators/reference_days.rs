//! Stored days that may stand for the day: which serve, and what they say of a slot.
//!
//! Shared by the like-day methods, which differ only in the days they ask for and in what order. A day
//! with an outage serves for no slot; otherwise each slot finds its own days (catalogue 3.6). Slots are
//! matched by the local clock, so days of 23 and 25 hours fit.

use jiff::civil::Date;
use model::quality::Status;

use super::{Estimate, Estimator, Gap, Proposal};
use crate::amount::rounded_quotient;
use crate::context::{OUTAGE, is_good, touches_any};
use crate::day::{Day, DayKind};
use crate::inputs_hash::InputsHash;
use crate::resample::{Cover, Matching, mark_of_change};
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) const REFERENCE: SettingForm = SettingForm {
    name: "reference",
    kind: SettingKind::Choice(&["validated", "measured"]),
    default: "validated",
    meaning: "whether a reference value must have passed validation (or been accepted), or only be measured",
};

/// Which values are averaged.
#[derive(Clone, Copy)]
pub(super) struct Averaging {
    /// As many days at most.
    pub most: u32,
    /// With fewer days no value is given.
    pub fewest: u32,
    /// What is known of a value that serves.
    pub trusted: Trusted,
}

/// What must be known of a reference value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trusted {
    /// It passed validation or was accepted.
    Validated,
    /// It was measured.
    Measured,
    /// It is there: estimates of the source are as good.
    Estimated,
}

impl Trusted {
    /// What a setting says ([`REFERENCE`] or one with more words).
    pub(super) fn of(settings: &Settings, form: &'static SettingForm) -> Self {
        match settings.choice(form) {
            "validated" => Self::Validated,
            "estimated" => Self::Estimated,
            _ => Self::Measured,
        }
    }

    fn allows(self, status: Status) -> bool {
        match self {
            Self::Validated => is_good(status) && status.intersects(Status(Status::VALIDATED.0 | Status::ACCEPTED.0)),
            Self::Measured => is_good(status),
            Self::Estimated => is_good(status.without(ESTIMATE)),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Validated => "validated",
            Self::Measured => "measured",
            Self::Estimated => "measured or estimated",
        }
    }
}

/// What sources call a value that was not measured.
const ESTIMATE: Status = Status(Status::ESTIMATED.0 | Status::SUBSTITUTE.0 | Status::FORECAST.0);

impl Averaging {
    /// So many days, trusting what [`REFERENCE`] says.
    pub(super) fn of(settings: &Settings, most: u32, fewest: u32) -> Self {
        Self { most, fewest, trusted: Trusted::of(settings, &REFERENCE) }
    }
}

/// The wanted days of other dates and of the same length of slot, without those an outage touches, by date.
pub(super) fn serving_days<'a>(view: &View<'a>, wanted: impl Fn(&Day<'_>) -> bool) -> Vec<&'a Day<'a>> {
    serving_days_of_any_length(view, |day| day.slot_seconds == view.day.slot_seconds && wanted(day))
}

/// As [`serving_days`], with slots of any length.
pub(super) fn serving_days_of_any_length<'a>(view: &View<'a>, wanted: impl Fn(&Day<'_>) -> bool) -> Vec<&'a Day<'a>> {
    let serves = |day: &&Day<'_>| day.date != view.day.date && wanted(day) && !has_outage(day, view);
    let mut days: Vec<&Day<'_>> = view.context.history.iter().filter(serves).collect();
    days.sort_by_key(|day| day.date);
    days.dedup_by_key(|day| day.date);
    days
}

fn has_outage(day: &Day<'_>, view: &View<'_>) -> bool {
    day.statuses.iter().any(|status| status.intersects(OUTAGE))
        || touches_any(day.range(0, day.slots()), view.context.outages)
}

/// The serving days of the given dates, in that order; a holiday serves only a holiday.
pub(super) fn serving_days_on<'a>(view: &View<'a>, dates: &[Date]) -> Vec<&'a Day<'a>> {
    let mut days = serving_days(view, |day| dates.contains(&day.date) && may_be_holiday(view, day));
    days.sort_by_key(|day| dates.iter().position(|date| *date == day.date));
    days
}

/// Whether a day is no holiday, or the day that is estimated is one as well.
pub(super) fn may_be_holiday(view: &View<'_>, day: &Day<'_>) -> bool {
    let holidays = view.context.holidays;
    view.day.kind(holidays) == DayKind::Holiday || day.kind(holidays) != DayKind::Holiday
}

/// How many days two dates are apart.
pub(super) fn distance(left: Date, right: Date) -> i64 {
    left.duration_until(right).as_hours().abs() / 24
}

/// The date so many days later, or earlier where negative; `None` beyond the calendar.
pub(super) fn days_later(date: Date, days: i64) -> Option<Date> {
    date.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// Every slot of the gap as the mean of the first candidates that have a usable value at its time;
/// nearest quantum, ties to even.
pub(super) fn averaged(
    view: &View<'_>,
    gap: Gap,
    method: &'static Estimator,
    candidates: &[&Day<'_>],
    averaging: Averaging,
) -> Proposal {
    let mut used: Vec<Date> = Vec::new();
    let mut estimates = Vec::new();
    for slot in gap.from..gap.to {
        let references = references(view.day, slot, candidates, averaging);
        if references.len() < averaging.fewest as usize || references.is_empty() {
            continue;
        }
        let inputs = references.iter().fold(InputsHash::of(method.id).number(slot.into()), |hash, (day, value)| {
            hash.text(&day.date.to_string()).number(*value)
        });
        let sum: i128 = references.iter().map(|(_, value)| i128::from(*value)).sum();
        let mark = |status: Status, (other, _): &(&Day<'_>, i64)| {
            status | mark_of_change(other.slot_seconds, view.day.slot_seconds)
        };
        let status = references.iter().fold(method.status, mark);
        let mean = rounded_quotient(sum, references.len() as i128);
        let value = i64::try_from(mean).expect("the mean of 64-bit numbers has 64 bits");
        estimates.push(Estimate { status, ..method.value(slot, value, inputs.finish()) });
        used.extend(references.iter().map(|(day, _)| day.date));
    }
    if estimates.is_empty() {
        return Proposal::not_eligible(format!(
            "fewer than {} of the {} like days stored have a {} value at that time",
            averaging.fewest,
            candidates.len(),
            averaging.trusted.word(),
        ));
    }
    used.sort_unstable();
    used.dedup();
    let dates: Vec<String> = used.iter().map(Date::to_string).collect();
    let what = if averaging.most == 1 { "value of like days" } else { "mean of like days" };
    Proposal { estimates, words: format!("{what} {}", dates.join(", ")) }
}

/// The first so many candidates that have a usable value at the local time of the slot.
fn references<'c>(
    day: &Day<'_>,
    slot: u16,
    candidates: &[&'c Day<'c>],
    averaging: Averaging,
) -> Vec<(&'c Day<'c>, i64)> {
    candidates
        .iter()
        .filter_map(|other| {
            let cover = Cover::of(day, slot, other, Matching::LocalTime)?;
            let value = cover.value(0, |at| other.value(at).filter(|_| averaging.trusted.allows(other.status(at))))?;
            Some((*other, value))
        })
        .take(averaging.most as usize)
        .collect()
}
