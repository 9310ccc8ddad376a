//! V39 consecutive interval pattern: a run of intervals of a chosen kind.
//!
//! Source: Oracle "Consecutive Interval Check": any run of so many intervals whose value or condition
//! code is in a range. Statuses stand for condition codes here. The book gives no numbers: 24 values of
//! exactly zero are a proposal.

use model::quality::Status;
use std::cmp::Ordering;

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::amount::Amount;
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
    let by_value = |slot| view.value(slot).is_some_and(|value| is_within(view, value, lowest, highest));
    let by_status = |slot| view.status(slot).intersects(wanted);
    let (runs, kind) = match settings.choice(&BY) {
        "value" => (view.runs(by_value), format!("of {lowest} to {highest} {unit}")),
        "status" => (view.runs(by_status), format!("of status {wanted}")),
        _ => {
            let kind = format!("of {lowest} to {highest} {unit} or of status {wanted}");
            (view.runs(|slot| by_value(slot) || by_status(slot)), kind)
        }
    };
    let fewest = settings.count(&FEWEST);
    let long = runs.into_iter().filter(|(from, to)| fewest <= u32::from(to - from));
    let fault = |(from, to)| {
        Fault::new(
            from,
            to,
            format!("{} in a row, all {kind}; there may be fewer than {fewest}", span(view.day, from, to)),
        )
    };
    Ok(Finding::of(view.slots(), long.map(fault).collect()))
}

fn is_within(view: &View<'_>, value: i64, lowest: Amount, highest: Amount) -> bool {
    let value = view.context.amount(value.into());
    let is = |limit: Amount, beyond: Ordering| value.compared(limit).is_some_and(|order| order != beyond);
    is(lowest, Ordering::Less) && is(highest, Ordering::Greater)
}
