//! V59 register gap: no measured read for too long before this one.
//!
//! Source: IEE "Register Gap Check" (name only); three days are a proposal for meters that are read
//! daily, a register that is read by foot needs about 35.

use model::time::TimeRange;

use super::{Fault, Judgement, READS_BEFORE, Rule};
use crate::evidence::duration;
use crate::register::surroundings::Kind;
use crate::register::view::{DAY_SECONDS, View};
use crate::register::words::moment;
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static RULE: Rule = Rule {
    id: "V59",
    name: "register gap",
    purpose: "Finds a read that comes too long after the last measured one.",
    settings: &[DAYS],
    reads_before: |_| READS_BEFORE,
    judge,
};

const DAYS: SettingForm = SettingForm {
    name: "days",
    kind: SettingKind::Count("days"),
    default: "3 days",
    meaning: "how long a register may go without a measured read; a day is 24 hours",
};

fn judge(view: &View<'_>, settings: &Settings) -> Judgement {
    if view.around.kind != Kind::Counter {
        return Err("the channel is no counter".into());
    }
    let (last, _) = view.last().ok_or("there is no measured read before")?;
    let apart = TimeRange { start: last.at, end: view.read.at }.seconds();
    let longest = i64::from(settings.count(&DAYS)) * DAY_SECONDS;
    let evidence = || {
        let (last, apart, longest) = (moment(view, last.at), duration(apart), duration(longest));
        format!("the last measured read was at {last}, {apart} before; the limit is {longest}")
    };
    Ok((longest < apart).then(|| Fault::new(evidence())))
}
