//! R08 monthly usage: average daily use, times days, in whole counts.
//!
//! Source: California working group, a proposal of its time: the average daily use of a reference rounded to
//! two decimals (here ties to even), times the days, divided by the meter constant, truncated to an
//! integer, added to the last read. Days are local calendar days from read to read.

use jiff::Timestamp;
use model::quality::Status;
use model::time::TimeRange;

use super::r07_three_step::last_year;
use super::{Estimate, Estimator, LOOK_BACK, QUALITY, level};
use crate::amount::{Amount, rounded_quotient};
use crate::register::usage::Usage;
use crate::register::view::{Segment, View};
use crate::register::words::{TOO_LARGE, amount};
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "R08",
    name: "monthly usage",
    purpose: "Multiplies a rounded average daily use by the days and adds whole counts to the last read.",
    settings: &[LOOK_BACK, QUALITY, REFERENCE],
    estimate,
};

const REFERENCE: SettingForm = SettingForm {
    name: "reference",
    kind: SettingKind::Choice(&["previous", "last year"]),
    default: "previous",
    meaning: "the segment whose average is taken",
};

fn estimate(view: &View<'_>, settings: &Settings) -> Result<Estimate, String> {
    let target = view.target(level(settings), settings.count(&LOOK_BACK))?;
    target.base.ok_or("the channel is no counter")?;
    let segments = view.segments_before(target.span.start);
    let reference = match settings.choice(&REFERENCE) {
        "previous" => segments.last().copied(),
        _ => last_year(&segments, target.span),
    };
    let reference = reference.ok_or("there is no segment to take the average of")?;
    let daily = average(view, reference)?;
    let days = Amount::new(days(view, target.span).into(), 0);
    let constant = Amount::from(view.setup(view.read.at)?.multiplier);
    let used = daily.times(days).ok_or(TOO_LARGE)?;
    let counts = used.quotient_down(constant, 0).ok_or("the multiplier is not above zero")?;
    let usage = Amount::new(counts, 0).times(constant).ok_or(TOO_LARGE)?;
    let words = format!("{} a day for {days} days are {counts} counts of {constant}", amount(view, daily));
    let inputs_hash = reference.hashed(view.hash(ESTIMATOR.id, &target)).finish();
    Ok(Estimate { target, usage: Usage::of(usage), status: Status::ESTIMATED, words, inputs_hash })
}

/// The use of each day of a segment, rounded to hundredths.
fn average(view: &View<'_>, segment: Segment) -> Result<Amount, String> {
    let days = i128::from(days(view, segment.range));
    if days <= 0 {
        return Err("the reference is shorter than a day".into());
    }
    let Segment { usage, .. } = segment;
    // Twelve decimals hold any use that is not finer, so that it is rounded once.
    let fine = usage.rounded(-12).ok_or(TOO_LARGE)?;
    let hundredth = days.checked_mul(10_i128.pow(10)).ok_or(TOO_LARGE)?;
    Ok(Amount::new(rounded_quotient(fine, hundredth), -2))
}

fn days(view: &View<'_>, range: TimeRange) -> i32 {
    let date = |at: Timestamp| at.to_zoned(view.around.zone.clone()).date();
    date(range.start).until(date(range.end)).map_or(0, |span| span.get_days())
}
