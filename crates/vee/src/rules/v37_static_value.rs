//! V37 static value: the same value again and again.
//!
//! Source: an Indian vendor (its name only). Fails where one value other than zero is repeated in so many
//! good intervals in a row. The count of 8, meant for 15 minutes, is a proposal; a channel of few digits
//! needs more. Constant loads such as street lights are left alone. Runs are those within the day.

use super::{Fault, Finding, Rule, Stage};
use crate::context::Load;
use crate::evidence::{NO_INTERVALS, quantity, span};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V37",
    name: "static value",
    purpose: "Finds values other than zero that are repeated again and again.",
    settings: &[FEWEST],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const FEWEST: SettingForm = SettingForm {
    name: "fewest",
    kind: SettingKind::Count("values"),
    default: "8 values",
    meaning: "so many equal values in a row fail",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    if view.context.site.load == Load::Constant {
        return Finding::NotApplicable("the load is always the same".into());
    }
    if view.values.is_empty() {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    let fewest = settings.count(&FEWEST);
    let (mut from, mut faults) = (0_u16, Vec::new());
    for equal in view.values.chunk_by(|left, right| left == right) {
        let to = from.saturating_add(u16::try_from(equal.len()).unwrap_or(u16::MAX)).min(view.slots());
        if equal[0] != 0 && u64::from(fewest) <= equal.len() as u64 {
            faults.extend(repeated(view, (from, to), fewest));
        }
        from = to;
    }
    Finding::of(view.slots(), faults)
}

/// The runs of good intervals among equal values.
fn repeated(view: &View<'_>, (from, to): (u16, u16), fewest: u32) -> Vec<Fault> {
    let good = view.runs(|slot| (from..to).contains(&slot) && view.good_value(slot).is_some());
    let long = good.into_iter().filter(|(from, to)| fewest <= u32::from(to - from));
    let fault = |(from, to)| {
        let value = quantity(view.context, view.value(from).unwrap_or_default());
        let evidence =
            format!("{} are all {value}; fewer than {fewest} in a row may be equal", span(view.day, from, to));
        Fault::new(from, to, evidence)
    };
    long.map(fault).collect()
}
