//! The live check of the editor: what the plan would say of edited days; nothing is stored.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::review::{AskCheck, Check, CheckedDay, Verdict};
use vee::amount::Amount;
use vee::sum_check::measured_quantity;
use vee::{Exception, Outcome, RuleResult, Stamp, Total, Validation};

use super::edits::EditedDay;
use super::words::{name, sum};
use super::{Refusal, Review, ReviewError};
use crate::validation::full_day::FullDay;
use crate::validation::surroundings::{Asked, Surroundings};

/// The act of values that nobody proposed yet.
const NOT_YET: u64 = 0;

impl Review {
    /// What the plan would say of edited days, with what people decided before.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for values that do not fit.
    pub fn check(&self, asked: &AskCheck, now: Timestamp) -> Result<Check, ReviewError> {
        let edited = self.edited_days(&asked.edits)?;
        let touched: BTreeSet<_> = edited.iter().map(|day| (day.channel.number, day.date)).collect();
        let decisions = self.decisions(&touched)?;
        let plans = self.plans()?;
        let directory = self.directory()?;
        let mut days = Vec::new();
        for day in &edited {
            let nothing = || {
                let detail = format!("nothing arrived of `{}` on {}", day.channel.label, day.date);
                Refusal::Invalid { field: "edits", detail }
            };
            let (channel, date) = (&day.channel, day.date);
            let found = Surroundings::of(&self.readings, &directory, channel, date, &plans, &decisions, Asked::Plans)?;
            let surroundings = found.ok_or_else(nothing)?;
            let edits = edits(day, &surroundings.day().values);
            let outcome = surroundings.outcome_with(edits, Stamp { run: 0, now }).ok_or_else(nothing)?;
            days.push(checked(day, &surroundings, &outcome));
        }
        Ok(Check { days })
    }
}

/// The values as if they were decided already.
fn edits(day: &EditedDay, raw: &[i64]) -> Vec<vee::Decision> {
    let decision = |(slot, value): (&u16, &i64)| {
        let basis = vec![*raw.get(usize::from(*slot))?];
        let kind = vee::DecisionKind::Set(vec![*value]);
        Some(vee::Decision { act: NOT_YET, from: *slot, to: slot + 1, basis, kind, is_final: false })
    };
    day.values.iter().filter_map(decision).collect()
}

fn checked(day: &EditedDay, surroundings: &Surroundings<'_>, outcome: &Outcome) -> CheckedDay {
    let quantum = day.channel.quantum;
    let mut decided = surroundings.day().clone();
    decided.lay_over(&outcome.final_day);
    let quanta = decided.known().map(|(_, value)| i128::from(value)).sum();
    let difference = shortest(surroundings.totals()).and_then(|total| {
        let measured = measured_quantity(&total.measured).ok()?;
        under(total, &decided, quantum)?.minus(measured)
    });
    CheckedDay {
        channel: day.channel.number.0,
        label: day.channel.label.to_string(),
        date: day.date,
        results: verdicts(outcome),
        sum: sum(quanta, quantum),
        register_difference: difference.map(|difference| difference.to_string()),
    }
}

/// What every rule says, with its sentences.
pub(super) fn verdicts(outcome: &Outcome) -> Vec<Verdict> {
    outcome.results.iter().map(|result| verdict(result, &outcome.exceptions)).collect()
}

fn verdict(result: &RuleResult, exceptions: &[Exception]) -> Verdict {
    let found = |exception: &&Exception| (&exception.rule, exception.validation) == (&result.rule, result.validation);
    let sentences: Vec<&str> = exceptions.iter().filter(found).map(|found| found.evidence.as_str()).collect();
    Verdict {
        rule: result.rule.to_string(),
        name: name(&result.rule),
        validation: Some(match result.validation {
            Validation::Primary => "primary",
            Validation::Secondary => "secondary",
        }),
        verdict: match result.verdict {
            vee::Verdict::Passed => "passed",
            vee::Verdict::Failed => "failed",
            vee::Verdict::NotApplicable => "not-applicable",
        },
        evidence: if sentences.is_empty() { result.reason.to_string() } else { sentences.join("; ") },
        slots_checked: result.slots_checked,
        slots_failed: result.slots_failed,
    }
}

/// The total of the shortest span: what says most about the day.
pub(super) fn shortest(totals: &[Total]) -> Option<&Total> {
    totals.iter().min_by_key(|total| (total.range.seconds(), total.range.start))
}

/// What the intervals under a total add up to, with this day as given; `None` where some have no value.
pub(super) fn under(total: &Total, day: &FullDay, quantum: i8) -> Option<Amount> {
    let (start, end) = (total.range.start.as_second(), total.range.end.as_second());
    let length = i64::from(day.slot_seconds);
    let mut quanta = 0_i128;
    for (at, value) in day.known() {
        let begin = day.start + at as i64 * length;
        quanta += if start <= begin && begin + length <= end { i128::from(value) } else { 0 };
    }
    let missing = day.values.iter().enumerate().any(|(at, value)| {
        let begin = day.start + at as i64 * length;
        *value == store::readings::NO_VALUE && start <= begin && begin + length <= end
    });
    let elsewhere = total.elsewhere.unwrap_or_default();
    (!missing && elsewhere.missing == 0).then(|| Amount::new(quanta + elsewhere.sum, i32::from(quantum)))
}
