//! R02 average recent load projection: the use of each day of late, carried on.
//!
//! Source: IEE, `ADC = (R_last - R_first) / days; R = R_prev + days * ADC`, from all registers of the look-back
//! time or from the last two, only after a critical change. Here `R_prev` is `R_last`, and days are
//! seconds, so that reads at any hour fit; the fraction is rounded once, when the read is made.

use model::quality::Status;
use model::time::TimeRange;

use super::{Estimate, Estimator, LOOK_BACK, QUALITY, level};
use crate::evidence::duration;
use crate::register::view::{DAY_SECONDS, Segment, View};
use crate::register::words::{amount, moment, standing};
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "R02",
    name: "average recent load projection",
    purpose: "Carries on the average daily use of the recent reads.",
    settings: &[LOOK_BACK, QUALITY, REGISTERS, HISTORY],
    estimate,
};

const REGISTERS: SettingForm = SettingForm {
    name: "registers",
    kind: SettingKind::Choice(&["all", "last two"]),
    default: "all",
    meaning: "which reads before the base give the average",
};

const HISTORY: SettingForm = SettingForm {
    name: "history",
    kind: SettingKind::Count("days"),
    default: "95 days",
    meaning: "how far before the base the first read may be",
};

fn estimate(view: &View<'_>, settings: &Settings) -> Result<Estimate, String> {
    let level = level(settings);
    let target = view.target(level, settings.count(&LOOK_BACK))?;
    let (last, end) = target.base.ok_or("the channel is no counter; R10 averages amounts")?;
    let oldest = i64::from(settings.count(&HISTORY)) * DAY_SECONDS;
    let change = view.critical_change();
    let serves =
        |at| TimeRange { start: at, end: last.at }.seconds() <= oldest && change.is_none_or(|change| change <= at);
    let mut earlier = view.before(level).skip(1).take_while(|(read, _)| serves(read.at));
    let first = if settings.choice(&REGISTERS) == "all" { earlier.last() } else { earlier.next() };
    let (first, start) = first.ok_or("there is no second read to take an average from")?;
    let range = TimeRange { start: first.at, end: last.at };
    let recent = Segment { range, usage: view.used((first.at, start), (last.at, end))? };
    let words = format!(
        "{} at {} and {} carried on at the rate of {} in {} before",
        standing(end),
        moment(view, last.at),
        duration(target.span.seconds()),
        amount(view, recent.usage),
        duration(range.seconds()),
    );
    Ok(Estimate {
        target,
        usage: recent.at_same_rate(target.span)?,
        status: Status::ESTIMATED,
        words,
        inputs_hash: recent.hashed(view.hash(ESTIMATOR.id, &target)).finish(),
    })
}
