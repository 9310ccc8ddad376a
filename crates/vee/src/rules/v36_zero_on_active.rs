//! V36 zero consumption on an active usage point.
//!
//! Sources: Oracle zero check, California "zero consumption on active meters". Fails where whole days
//! are zero while the usage point is active and no outage explains it. A vacant house looks the same
//! as a stopped meter, so the usual plan only warns.

use super::{Fault, Finding, Rule, Stage};
use crate::context::Activity;
use crate::evidence::{INCOMPLETE, counted};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V36",
    name: "zero on active",
    purpose: "Finds days without any use on an active usage point.",
    settings: &[DAYS],
    stage: Stage::Values,
    reach,
    judge,
};

const DAYS: SettingForm = SettingForm {
    name: "days",
    kind: SettingKind::Count("days"),
    default: "1 day",
    meaning: "so many whole days of zero in a row fail; 30 days suit seasonal use",
};

/// The day itself is one of the days that fail.
fn reach(settings: &Settings) -> Reach {
    Reach::days(settings.count(&DAYS) - 1)
}

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    if view.context.activity == Activity::Inactive {
        return Finding::NotApplicable("the usage point is not active".into());
    }
    if !view.is_complete() {
        return Finding::NotApplicable(INCOMPLETE.into());
    }
    if view.values.iter().any(|value| *value != 0) {
        return Finding::Passed(view.slots());
    }
    if view.has_outage() {
        return Finding::NotApplicable("an outage explains the zeros".into());
    }
    let (days, limit) = (u32::from(view.context.zero_days_before) + 1, settings.count(&DAYS));
    if days < limit {
        return Finding::Passed(view.slots());
    }
    let evidence = format!(
        "0 {} for {} on an active usage point without an outage; the limit is {}",
        view.context.unit,
        counted(days, "whole day"),
        counted(limit, "day"),
    );
    Finding::Failed(view.slots(), vec![Fault::too_low(0, view.slots(), evidence)])
}
