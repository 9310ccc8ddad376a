//! V22 pulse or data overflow: more pulses than the meter or its reader can hold.
//!
//! Sources: California rules (title), IESO. An interval fails where the recorder flags it, or where
//! its value reaches the most that the recorder can count in one interval.

use model::quality::Status;

use super::{Fault, Finding, Rule, Stage};
use crate::evidence::{NO_INTERVALS, clock, quantity, span};
use crate::plan::reach::Reach;
use crate::settings::Settings;
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V22",
    name: "pulse or data overflow",
    purpose: "Finds intervals with as many pulses as the recorder can hold.",
    settings: &[],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

fn judge(view: &View<'_>, _: &Settings) -> Finding {
    if view.values.is_empty() {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    let capacity = view.context.device.interval_capacity;
    let is_full = |slot| capacity.is_some_and(|capacity| view.value(slot).is_some_and(|value| capacity <= value));
    let mut faults: Vec<Fault> = view.flagged(Status::OVERFLOW).into_iter().map(|run| flagged(view, run)).collect();
    if let Some(capacity) = capacity.filter(|capacity| *capacity <= view.extremes.highest) {
        let full = view.runs(|slot| is_full(slot) && !view.status(slot).contains(Status::OVERFLOW));
        faults.extend(full.into_iter().map(|run| full_run(view, run, capacity)));
    }
    if capacity.is_none() && faults.is_empty() {
        return Finding::NotApplicable(
            "the interval capacity of the recorder is not known and nothing is flagged".into(),
        );
    }
    Finding::of(view.slots(), faults)
}

fn flagged(view: &View<'_>, (from, to): (u16, u16)) -> Fault {
    Fault::new(from, to, format!("{} flagged as overflow by the recorder; none may be", span(view.day, from, to)))
}

fn full_run(view: &View<'_>, (from, to): (u16, u16), capacity: i64) -> Fault {
    let (value, slot) = view.highest_of(from, to).unwrap_or((capacity, from));
    let evidence = format!(
        "{} with as much as the recorder can hold, the highest {} at {}; its capacity is {} in an interval",
        span(view.day, from, to),
        quantity(view.context, value),
        clock(view.day, slot),
        quantity(view.context, capacity),
    );
    Fault::new(from, to, evidence)
}
