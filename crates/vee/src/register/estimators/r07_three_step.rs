//! R07 three-step read estimate: last year, else the segment before, else the trend of the area.
//!
//! Source: Oracle CC&B: the segment of the year before that covers a similar period, for the same account,
//! if its end read is not an estimate and it has enough days; else the segment right before, under the
//! same conditions; else the trend. Each is carried over by its rate. The caller gives reads of one
//! account only. A segment of last year is the one that shares most time with the span 365 days back
//! and is at most twice as long; that and the 20 days are proposals.

use jiff::SignedDuration;
use model::quality::Status;
use model::time::TimeRange;

use super::{Estimate, Estimator, LOOK_BACK, QUALITY, level};
use crate::amount::Amount;
use crate::context::overlap;
use crate::evidence::duration;
use crate::register::usage::Usage;
use crate::register::view::{DAY_SECONDS, Segment, Target, View};
use crate::register::words::{TOO_LARGE, amount, moment};
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "R07",
    name: "three-step read estimate",
    purpose: "Takes the use of last year, else of the segment before, else the trend of the area.",
    settings: &[LOOK_BACK, QUALITY, DAYS_FEWEST],
    estimate,
};

const DAYS_FEWEST: SettingForm = SettingForm {
    name: "days_fewest",
    kind: SettingKind::Count("days"),
    default: "20 days",
    meaning: "shorter segments do not serve",
};

fn estimate(view: &View<'_>, settings: &Settings) -> Result<Estimate, String> {
    let target = view.target(level(settings), settings.count(&LOOK_BACK))?;
    let fewest = i64::from(settings.count(&DAYS_FEWEST)) * DAY_SECONDS;
    let mut segments = view.segments_before(target.span.start);
    segments.retain(|segment| fewest <= segment.range.seconds());
    let before = || segments.iter().rev().find(|segment| segment.range.end == target.span.start);
    let found = last_year(&segments, target.span).map(|segment| (segment, "of last year"));
    match found.or_else(|| before().map(|segment| (*segment, "right before"))) {
        Some((segment, which)) => carried(view, target, segment, which),
        None => trend(view, target),
    }
}

/// The segment that shares most time with the span of a year ago and is at most twice as long as it.
pub(super) fn last_year(segments: &[Segment], span: TimeRange) -> Option<Segment> {
    let year = SignedDuration::from_secs(365 * DAY_SECONDS);
    let back = TimeRange { start: span.start.checked_sub(year).ok()?, end: span.end.checked_sub(year).ok()? };
    let shared = |segment: &Segment| overlap(segment.range, back).map_or(0, TimeRange::seconds);
    let similar = |segment: &&Segment| 0 < shared(segment) && segment.range.seconds() / 2 <= span.seconds();
    segments.iter().filter(similar).max_by_key(|segment| (shared(segment), segment.range.end)).copied()
}

/// An estimate at the rate of a segment.
pub(super) fn carried(view: &View<'_>, target: Target, segment: Segment, which: &str) -> Result<Estimate, String> {
    let words = format!(
        "the segment {which}, from {} to {}, used {} and is carried over to {}",
        moment(view, segment.range.start),
        moment(view, segment.range.end),
        amount(view, segment.usage),
        duration(target.span.seconds()),
    );
    Ok(Estimate {
        target,
        usage: segment.at_same_rate(target.span)?,
        status: Status::ESTIMATED,
        words,
        inputs_hash: segment.hashed(view.hash(ESTIMATOR.id, &target)).finish(),
    })
}

fn trend(view: &View<'_>, target: Target) -> Result<Estimate, String> {
    let daily = Amount::from(view.around.daily_trend.ok_or("no segment is long enough and no trend is known")?);
    let seconds = target.span.seconds();
    let usage = Usage::share(daily, seconds, DAY_SECONDS).ok_or(TOO_LARGE)?;
    let words = format!("the trend of the area, {} a day, for {}", amount(view, daily), duration(seconds));
    let inputs_hash = view.hash(ESTIMATOR.id, &target).text(&daily.to_string()).finish();
    Ok(Estimate { target, usage, status: Status::ESTIMATED, words, inputs_hash })
}
