//! R10 scalar estimation: the average rate of the last measured amounts.
//!
//! Source: Oracle (its purpose only: find the point's own historical scalar data by options; the options
//! are ours). For counters an amount is the difference of two measured reads.

use model::quality::Status;
use model::time::TimeRange;

use super::{Estimate, Estimator, LOOK_BACK, QUALITY, level};
use crate::amount::Amount;
use crate::evidence::duration;
use crate::register::usage::Usage;
use crate::register::view::{DAY_SECONDS, View};
use crate::register::words::{TOO_LARGE, amount};
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "R10",
    name: "scalar estimation",
    purpose: "Takes the average rate of the last measured amounts of the point.",
    settings: &[LOOK_BACK, QUALITY, AMOUNTS, HISTORY],
    estimate,
};

const AMOUNTS: SettingForm = SettingForm {
    name: "amounts",
    kind: SettingKind::Count("amounts"),
    default: "3 amounts",
    meaning: "how many of the last amounts are averaged",
};

const HISTORY: SettingForm = SettingForm {
    name: "history",
    kind: SettingKind::Count("days"),
    default: "400 days",
    meaning: "how far before the span an amount may begin",
};

fn estimate(view: &View<'_>, settings: &Settings) -> Result<Estimate, String> {
    let target = view.target(level(settings), settings.count(&LOOK_BACK))?;
    let oldest = i64::from(settings.count(&HISTORY)) * DAY_SECONDS;
    let mut segments = view.segments_before(target.span.start);
    segments.retain(|segment| TimeRange { start: segment.range.start, end: target.span.start }.seconds() <= oldest);
    let used: Vec<_> = segments.iter().rev().take(settings.count(&AMOUNTS) as usize).collect();
    if used.is_empty() {
        return Err("no measured amount before is known".into());
    }
    let sum = used.iter().try_fold(Amount::ZERO, |sum, segment| sum.plus(segment.usage)).ok_or(TOO_LARGE)?;
    let seconds: i64 = used.iter().map(|segment| segment.range.seconds()).sum();
    let usage = Usage::share(sum, target.span.seconds(), seconds).ok_or(TOO_LARGE)?;
    let words = format!("{} amounts of {} in {} carried on", used.len(), amount(view, sum), duration(seconds));
    let hash = used.iter().fold(view.hash(ESTIMATOR.id, &target), |hash, segment| segment.hashed(hash));
    Ok(Estimate { target, usage, status: Status::ESTIMATED, words, inputs_hash: hash.finish() })
}
