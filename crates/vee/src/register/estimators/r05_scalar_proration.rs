//! R05 scalar proration: a long delta spread by time, less the spans whose intervals are known.
//!
//! Source: Oracle. Worked case: 150 kWh over 72 h, of which 100 kWh are known in the last 24 h, leave
//! 50 kWh over 48 h: 25 kWh a day. The delta is that between the reads on both sides, or a longer
//! measured period around the stated one. Exact: use up to a moment is the known amount up to it and
//! the share of the rest, rounded down to the register's last digit, so that the parts of a span add up
//! to its delta whatever moments cut it.

use jiff::Timestamp;
use model::quality::Status;
use model::time::TimeRange;

use super::{Estimate, Estimator, LOOK_BACK};
use crate::amount::Amount;
use crate::context::overlap;
use crate::evidence::duration;
use crate::register::surroundings::SpanSum;
use crate::register::usage::Usage;
use crate::register::view::{Level, Segment, Target, View};
use crate::register::words::{TOO_LARGE, amount};
use crate::settings::Settings;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "R05",
    name: "scalar proration",
    purpose: "Spreads what was used between two reads by time, less what is known from intervals.",
    settings: &[LOOK_BACK],
    estimate,
};

fn estimate(view: &View<'_>, settings: &Settings) -> Result<Estimate, String> {
    let target = view.target(Level::Actual, settings.count(&LOOK_BACK))?;
    let whole = surrounding(view, &target)?;
    let spread = Spread::of(view, whole)?;
    let decimals = view.setup(view.read.at)?.decimals;
    let until = |at| spread.until(at, target.base.is_none().then_some(decimals)).ok_or(TOO_LARGE);
    let usage = match target.base {
        Some(_) => until(view.read.at)?,
        None => between(until(target.span.start)?, until(target.span.end)?)?,
    };
    let words = format!(
        "{} in {}, less {} known in {}, spread by time",
        amount(view, whole.usage),
        duration(whole.range.seconds()),
        amount(view, spread.known),
        duration(spread.known_seconds),
    );
    let hash = whole.hashed(view.hash(ESTIMATOR.id, &target));
    let hash = spread.parts.iter().fold(hash, |hash, part| Segment { range: part.range, usage: part.sum }.hashed(hash));
    Ok(Estimate { target, usage, status: Status::ESTIMATED, words, inputs_hash: hash.finish() })
}

/// The measured span around the target: from its base to the next read, or the shortest period.
pub(super) fn surrounding(view: &View<'_>, target: &Target) -> Result<Segment, String> {
    if let Some((base, value)) = target.base {
        let (next, later) = view.next().ok_or("there is no measured read after")?;
        let usage = view.used((base.at, value), (next.at, later))?;
        return Ok(Segment { range: TimeRange { start: base.at, end: next.at }, usage });
    }
    let around = |segment: &Segment| segment.range.start <= target.span.start && target.span.end <= segment.range.end;
    let longer = view.segments().into_iter().filter(around).min_by_key(|segment| segment.range.seconds());
    longer.ok_or_else(|| "no measured period is around the stated one".into())
}

/// A delta with its known parts.
struct Spread {
    whole: Segment,
    /// Known parts inside the whole, in order.
    parts: Vec<SpanSum>,
    known: Amount,
    known_seconds: i64,
    rest: Amount,
}

impl Spread {
    fn of(view: &View<'_>, whole: Segment) -> Result<Self, String> {
        let good = |part: &&SpanSum| part.missing == 0 && part.estimated == 0 && part.range.start < part.range.end;
        let inside = |part: &&SpanSum| whole.range.start <= part.range.start && part.range.end <= whole.range.end;
        let mut parts: Vec<SpanSum> = view.around.interval_sums.iter().filter(good).filter(inside).copied().collect();
        parts.sort_by_key(|part| (part.range.start, part.range.end));
        if parts.windows(2).any(|pair| overlap(pair[0].range, pair[1].range).is_some()) {
            return Err("the known spans overlap".into());
        }
        let known = parts.iter().try_fold(Amount::ZERO, |sum, part| sum.plus(part.sum)).ok_or(TOO_LARGE)?;
        let known_seconds = parts.iter().map(|part| part.range.seconds()).sum();
        let rest = whole.usage.minus(known).ok_or(TOO_LARGE)?;
        if rest.is_negative() {
            return Err(format!("more is known ({known}) than was used in all ({})", whole.usage));
        }
        if whole.range.seconds() <= known_seconds && !rest.is_zero() {
            return Err(format!("all of the span is known and {rest} of its use is in none of it"));
        }
        Ok(Self { whole, parts, known, known_seconds, rest })
    }

    /// What was used from the start of the whole up to a moment; rounded down where asked.
    fn until(&self, at: Timestamp, decimals: Option<u8>) -> Option<Usage> {
        let end = |range: TimeRange| range.end.min(at).max(range.start);
        let seconds = |range: TimeRange| TimeRange { start: range.start, end: end(range) }.seconds();
        let open_seconds = self.whole.range.seconds() - self.known_seconds;
        let known_until: i64 = self.parts.iter().map(|part| seconds(part.range)).sum();
        let open_until = seconds(self.whole.range) - known_until;
        let mut usage = Usage::share(self.rest, open_until, open_seconds)?;
        for part in &self.parts {
            usage = usage.plus(Usage::share(part.sum, seconds(part.range), part.range.seconds())?)?;
        }
        match decimals {
            Some(decimals) => usage.rounded_down(decimals).map(|rounded| Usage::of(rounded.into())),
            None => Some(usage),
        }
    }
}

fn between(from: Usage, to: Usage) -> Result<Usage, String> {
    to.numerator.minus(from.numerator).map(Usage::of).ok_or_else(|| TOO_LARGE.into())
}
