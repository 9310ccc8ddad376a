//! What rules that are formulas share: V27, V40 and the user-defined rules of a plan.
//!
//! A value fails where the formula is not 0. A value for which it has no result (a gap) is not judged.
//! Where it cannot be calculated, by a division by zero or numbers that are too large, the value waits
//! for a person: nobody can say that it passed. Where the day has not the other channel that a formula names, the values
//! stand, and a person has to see to it: the rule judges nothing.

use model::quality::Status;

use super::{Direction, Fault, Finding};
use crate::evidence::{quantity, span};
use crate::formula::{CountScope, Evaluation, EvaluationError, Formula};
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::view::View;

/// A formula as a rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Test<'f> {
    /// What people call it.
    pub name: &'f str,
    pub formula: &'f Formula,
    pub scope: CountScope,
    /// What slots are marked with where it is true.
    pub stamp: Status,
    /// What a true result says of the value.
    pub direction: Direction,
}

/// A formula that names another channel may name any.
pub(crate) fn reach(formula: &Formula) -> Reach {
    Reach::needs(if formula.names_a_channel() { Needs::COMPANIONS } else { Needs::NONE })
}

pub(crate) fn judge(view: &View<'_>, test: Test<'_>) -> Finding {
    let evaluation = Evaluation::of(test.formula, view, test.scope);
    let answers: Vec<Answer> = (0..view.slots()).map(|slot| evaluation.holds(slot)).collect();
    if let Some(error) = answers.iter().filter_map(|answer| answer.as_ref().err()).find(|error| error.is_input()) {
        let evidence = format!(
            "`{}` cannot judge the day: {error}; enter that channel, or name another in the formula, and run the day again",
            test.name
        );
        let unjudged = Fault { for_review: true, only_warns: true, ..Fault::new(0, view.slots(), evidence) };
        return Finding::of(view.slots(), vec![unjudged]);
    }
    let checked = answers.iter().filter(|answer| **answer != Ok(None)).count();
    if checked == 0 {
        return Finding::NotApplicable("no interval has the values that the formula needs".into());
    }
    let mut faults = Vec::new();
    let mut from = 0;
    for stretch in answers.chunk_by(|left, right| left == right) {
        let to = from + u16::try_from(stretch.len()).unwrap_or(u16::MAX);
        faults.extend(fault(view, test, &evaluation, &stretch[0], (from, to)));
        from = to;
    }
    Finding::of(u16::try_from(checked).unwrap_or(u16::MAX), faults)
}

/// What a formula says of an interval: holds or not, nothing, or why it cannot be calculated.
type Answer = Result<Option<bool>, EvaluationError>;

/// The fault of a stretch of equal answers.
fn fault(
    view: &View<'_>,
    test: Test<'_>,
    evaluation: &Evaluation<'_>,
    answer: &Answer,
    (from, to): (u16, u16),
) -> Option<Fault> {
    match answer {
        Ok(Some(true)) => {
            let evidence = evidence(view, test, evaluation, (from, to));
            Some(Fault { stamp: test.stamp, direction: test.direction, ..Fault::new(from, to, evidence) })
        }
        Ok(_) => None,
        Err(error) => {
            let evidence = format!("`{}` cannot judge {}: {error}", test.name, span(view.day, from, to));
            Some(Fault { for_review: true, ..Fault::new(from, to, evidence) })
        }
    }
}

/// The longest formula that evidence repeats, in bytes.
const TEXT_LONGEST: usize = 120;

fn evidence(view: &View<'_>, test: Test<'_>, evaluation: &Evaluation<'_>, (from, to): (u16, u16)) -> String {
    let found = span(view.day, from, to);
    let numbers: Vec<i64> = (from..to).filter_map(|slot| view.value(slot)).collect();
    let largest = numbers.iter().max().map(|value| format!(", up to {}", quantity(view.context, *value)));
    let statistics = match evaluation.statistics_words() {
        words if words.is_empty() => String::new(),
        words => format!("; {}", words.join(", ")),
    };
    let statuses = Status((from..to).map(|slot| view.status(slot).0).fold(u64::MAX, |all, status| all & status));
    let statuses = if statuses.is_empty() { String::new() } else { format!(", marked {statuses}") };
    let largest = largest.unwrap_or_default();
    // A long formula says less than its name.
    let text = Some(test.formula.text()).filter(|text| text.len() <= TEXT_LONGEST);
    let text = text.map_or_else(String::new, |text| format!("; the formula is `{text}`"));
    format!("`{}` holds for {found}{largest}{statuses}{text}{statistics}", test.name)
}
