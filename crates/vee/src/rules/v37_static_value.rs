//! V37 static value: the same value again and again.
//!
//! Source: an Indian vendor (its name only). Fails where one value other than zero is repeated in so many
//! good intervals in a row. The count of 8, meant for 15 minutes, is a proposal; a channel of few digits
//! needs more. Constant loads such as street lights are left alone. A run goes on over midnight.

use super::{Fault, Finding, Rule, Stage, over_midnight};
use crate::context::{Load, is_good};
use crate::day::Day;
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
        let is_at_edge = from == 0 || to == view.slots();
        if equal[0] != 0 && (is_at_edge || u64::from(fewest) <= equal.len() as u64) {
            faults.extend(repeated(view, (from, to), fewest));
        }
        from = to;
    }
    Finding::of(view.slots(), faults)
}

/// The runs of good intervals among equal values.
fn repeated(view: &View<'_>, (from, to): (u16, u16), fewest: u32) -> Vec<Fault> {
    let good = view.runs(|slot| (from..to).contains(&slot) && view.good_value(slot).is_some());
    let fault = |(from, to)| {
        let equal = view.value(from)?;
        let is_equal = |day: &Day<'_>, slot| day.value(slot) == Some(equal) && is_good(day.status(slot));
        let length = over_midnight::length(view, (from, to), is_equal);
        let (value, beside) = (quantity(view.context, equal), over_midnight::words((from, to), length));
        let found = span(view.day, from, to);
        let evidence = format!("{found} are all {value}{beside}; fewer than {fewest} in a row may be equal");
        (fewest <= length).then(|| Fault::new(from, to, evidence))
    };
    good.into_iter().filter_map(fault).collect()
}
