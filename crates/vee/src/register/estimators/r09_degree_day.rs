//! R09 degree-day weighting: use follows how much it was colder (or warmer) than a base temperature.
//!
//! Source: SAP weighting procedures: a degree-day weight for each day, and mixed weighting, in which a share
//! of the use is spread by time. Between two reads the delta is spread by weight; without a read after,
//! the use of the segment before is carried on by weight. A day's weight is its distance from the base
//! in tenths of a degree, nothing on the other side of it; a part of a day has its share of the weight.

use model::quality::Status;
use model::time::{LocalDay, TimeRange};

use super::r05_scalar_proration::surrounding;
use super::{Estimate, Estimator, LOOK_BACK};
use crate::amount::Amount;
use crate::context::overlap;
use crate::register::usage::Usage;
use crate::register::view::{DAY_SECONDS, Level, Segment, View};
use crate::register::words::{TOO_LARGE, amount};
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "R09",
    name: "degree-day weighting",
    purpose: "Spreads or carries on use by how cold or warm the days were.",
    settings: &[LOOK_BACK, SEASON, BASE, LINEAR],
    estimate,
};

const SEASON: SettingForm = SettingForm {
    name: "season",
    kind: SettingKind::Choice(&["heating", "cooling"]),
    default: "heating",
    meaning: "whether days below or above the base count",
};

const BASE: SettingForm = SettingForm {
    name: "base",
    kind: SettingKind::Quantity,
    default: "18 °C",
    meaning: "the temperature from which degrees are counted",
};

const LINEAR: SettingForm = SettingForm {
    name: "linear",
    kind: SettingKind::Share,
    default: "0 %",
    meaning: "the share of the use that is spread by time",
};

/// Seconds times tenths of a degree.
type Weight = i64;

fn estimate(view: &View<'_>, settings: &Settings) -> Result<Estimate, String> {
    let target = view.target(Level::Actual, settings.count(&LOOK_BACK))?;
    let before = || view.segments_before(target.span.start).pop().ok_or("there is no segment to carry on");
    let reference = match surrounding(view, &target) {
        Ok(whole) => whole,
        Err(_) => before()?,
    };
    let base = settings.quantity_in("°C", &BASE)?.rounded(-1).and_then(|tenths| i64::try_from(tenths).ok());
    let base = base.filter(|tenths| *tenths <= 10_000).ok_or(TOO_LARGE)?;
    let heating = settings.choice(&SEASON) == "heating";
    let weight = |range| weight(view, range, base, heating);
    let (part, whole) = (weight(target.span)?, weight(reference.range)?);
    let linear = settings.share(&LINEAR);
    let usage = mixed(reference, target.span, linear, (part, whole))?;
    let words = format!(
        "{} at {} degree-days, carried over to {} of them, {} % of it by time",
        amount(view, reference.usage),
        degree_days(whole),
        degree_days(part),
        linear.shifted(2),
    );
    let hash = reference.hashed(view.hash(ESTIMATOR.id, &target)).number(part).number(whole);
    Ok(Estimate { target, usage, status: Status::ESTIMATED, words, inputs_hash: hash.finish() })
}

fn mixed(
    reference: Segment,
    span: TimeRange,
    linear: Amount,
    (part, whole): (Weight, Weight),
) -> Result<Usage, String> {
    let by_time = reference.usage.times(linear).ok_or(TOO_LARGE)?;
    let by_degrees = reference.usage.minus(by_time).ok_or(TOO_LARGE)?;
    if whole <= 0 && !by_degrees.is_zero() {
        return Err("the reference has no degree-days".into());
    }
    let by_time = Usage::share(by_time, span.seconds(), reference.range.seconds());
    let by_degrees = Usage::share(by_degrees, part, whole);
    by_time.zip(by_degrees).and_then(|(left, right)| left.plus(right)).ok_or_else(|| TOO_LARGE.into())
}

/// A weight for people, with one decimal.
fn degree_days(weight: Weight) -> Amount {
    Amount::new(i128::from(weight).div_euclid(DAY_SECONDS.into()), -1)
}

/// The weight of a span, where the temperature of each of its days is known.
fn weight(view: &View<'_>, range: TimeRange, base: i64, heating: bool) -> Result<Weight, String> {
    let zone = view.around.zone;
    let (mut sum, mut at) = (0_i64, range.start);
    while at < range.end {
        let day = LocalDay::containing(at, zone).ok_or(TOO_LARGE)?;
        let known = view.around.temperatures.iter().filter(|known| known.date == day.date);
        let known = known.min_by_key(|known| known.tenths_celsius);
        let tenths = known.ok_or_else(|| format!("the temperature of {} is not known", day.date))?.tenths_celsius;
        let degrees = if heating { base - i64::from(tenths) } else { i64::from(tenths) - base };
        let seconds = overlap(day.range, range).map_or(0, TimeRange::seconds);
        sum = degrees.max(0).checked_mul(seconds).and_then(|weight| sum.checked_add(weight)).ok_or(TOO_LARGE)?;
        if day.range.end <= at {
            return Err(format!("{} has no end", day.date));
        }
        at = day.range.end;
    }
    Ok(sum)
}
