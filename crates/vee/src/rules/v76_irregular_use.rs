//! V76 irregular-usage customers: V31 and V35 leave them alone, this rule judges them by its own limits.
//!
//! Source: California 3.8 (title). A usage point of irregular use gets limits of its own for spikes and
//! for high and low usage, or every day of it waits for a person. The wider limits are proposals; what
//! they mean is said at V31 and V35.

use super::{Fault, Finding, Rule, Stage, v31_spike, v35_high_low_usage as v35};
use crate::context::Load;
use crate::evidence::NO_INTERVALS;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V76",
    name: "irregular use",
    purpose: "Judges usage points of irregular use, which V31 and V35 leave alone, by limits of its own.",
    settings: &[
        TREATMENT,
        SettingForm { default: "1000 %", ..v31_spike::EXCESS },
        v31_spike::FLOOR,
        v35::ORDER,
        SettingForm { default: "1000 %", ..v35::HIGH },
        SettingForm { default: "0 %", ..v35::LOW },
        v35::DAILY_FLOOR,
        v35::PREVIOUS,
        v35::AROUND,
        v35::FEWEST,
        v35::EDITED_MOST,
        v35::ESTIMATED_MOST,
        v35::OUTAGE_MOST,
    ],
    stage: Stage::Values,
    reach: v35::reach,
    judge,
};

const TREATMENT: SettingForm = SettingForm {
    name: "treatment",
    kind: SettingKind::Choice(&["limits", "review"]),
    default: "limits",
    meaning: "whether days are held against the limits or all wait for a person",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    if view.context.site.load != Load::Irregular {
        return Finding::NotApplicable("the usage point is not of irregular use".into());
    }
    if view.values.is_empty() {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    if settings.choice(&TREATMENT) == "review" {
        let evidence =
            "the usage point is of irregular use, and the plan gives such days to a person instead of limits";
        let fault = Fault { for_review: true, ..Fault::new(0, view.slots(), evidence.into()) };
        return Finding::Failed(view.slots(), vec![fault]);
    }
    both(v31_spike::spikes(view, settings), v35::high_or_low(view, settings))
}

/// What two tests say together: any fault fails, and one that looked is enough to apply.
fn both(left: Finding, right: Finding) -> Finding {
    match (left, right) {
        (Finding::NotApplicable(left), Finding::NotApplicable(right)) => {
            Finding::NotApplicable(format!("{left}; {right}").into())
        }
        (Finding::NotApplicable(_), other) | (other, Finding::NotApplicable(_)) => other,
        (Finding::Passed(left), Finding::Passed(right)) => Finding::Passed(left.max(right)),
        (Finding::Passed(checked), Finding::Failed(more, faults))
        | (Finding::Failed(more, faults), Finding::Passed(checked)) => Finding::Failed(checked.max(more), faults),
        (Finding::Failed(checked, mut faults), Finding::Failed(more, others)) => {
            faults.extend(others);
            Finding::Failed(checked.max(more), faults)
        }
    }
}
