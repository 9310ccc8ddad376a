//! V39 consecutive interval pattern: a run of intervals of a chosen kind.
//!
//! Source: Oracle "Consecutive Interval Check": any run of so many intervals whose value or condition
//! code is in a range. Statuses stand for condition codes here. The book gives no numbers: 24 values of
//! exactly zero are a proposal. A run goes on over midnight.

use model::quality::Status;
use std::cmp::Ordering;

use super::{Fault, Finding, Reason, Rule, Stage, over_midnight};
use crate::amount::Amount;
use crate::day::Day;
use crate::evidence::{NO_INTERVALS, span};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V39",
    name: "consecutive interval pattern",
    purpose: "Finds runs of intervals whose value lies in a range or that carry one of some statuses.",
    settings: &[FEWEST, BY, LOWEST, HIGHEST, STATUSES],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const FEWEST: SettingForm = SettingForm {
    name: "fewest",
    kind: SettingKind::Count("values"),
    default: "24 values",
    meaning: "so many in a row fail",
};

const BY: SettingForm = SettingForm {
    name: "by",
    kind: SettingKind::Choice(&["value", "status", "either"]),
    default: "value",
    meaning: "what puts an interval into a run",
};

const LOWEST: SettingForm = SettingForm {
    name: "lowest",
    kind: SettingKind::Quantity,
    default: "0 kWh",
    meaning: "the lowest value of the range",
};

const HIGHEST: SettingForm = SettingForm {
    name: "highest",
    kind: SettingKind::Quantity,
    default: "0 kWh",
    meaning: "the highest value of the range, which belongs to it",
};

const STATUSES: SettingForm = SettingForm {
    name: "statuses",
    kind: SettingKind::List(&STATUS_WORDS),
    default: "none",
    meaning: "the statuses of which one is enough",
};

const STATUS_WORDS: [&str; Status::NAMED.len()] = {
    let mut words = [""; Status::NAMED.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = Status::NAMED[at].1;
        at += 1;
    }
    words
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    found(view, settings).unwrap_or_else(Finding::NotApplicable)
}

fn found(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    if view.values.is_empty() {
        return Err(NO_INTERVALS.into());
    }
    let unit = view.context.unit;
    let (lowest, highest) = (settings.quantity_in(unit, &LOWEST)?, settings.quantity_in(unit, &HIGHEST)?);
    let words = settings.list(&STATUSES);
    let named = Status::NAMED.iter().filter(|(_, word)| words.iter().any(|name| name == word));
    let wanted = named.fold(Status::NONE, |wanted, (status, _)| wanted | *status);
    let by = settings.choice(&BY);
    let holds = |value: Option<i64>, status: Status| {
        let by_value = || value.is_some_and(|value| is_within(view, value, lowest, highest));
        by != "status" && by_value() || by != "value" && status.intersects(wanted)
    };
    let kind = match by {
        "value" => format!("of {lowest} to {highest} {unit}"),
        "status" => format!("of status {wanted}"),
        _ => format!("of {lowest} to {highest} {unit} or of status {wanted}"),
    };
    let fewest = settings.count(&FEWEST);
    let fault = |(from, to)| {
        let beside = |day: &Day<'_>, slot| holds(day.value(slot), day.status(slot));
        let length = over_midnight::length(view, (from, to), beside);
        let (found, beside) = (span(view.day, from, to), over_midnight::words((from, to), length));
        let evidence = format!("{found} in a row{beside}, all {kind}; there may be fewer than {fewest}");
        (fewest <= length).then(|| Fault::new(from, to, evidence))
    };
    let runs = view.runs(|slot| holds(view.value(slot), view.status(slot)));
    Ok(Finding::of(view.slots(), runs.into_iter().filter_map(fault).collect()))
}

fn is_within(view: &View<'_>, value: i64, lowest: Amount, highest: Amount) -> bool {
    let value = view.context.amount(value.into());
    let is = |limit: Amount, beyond: Ordering| value.compared(limit).is_some_and(|order| order != beyond);
    is(lowest, Ordering::Less) && is(highest, Ordering::Greater)
}
