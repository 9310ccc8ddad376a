//! V20 reader clock: the system that read the meter kept the right time.
//!
//! Source: California rules, "reader or collector clock" (only its title was visible): the reading
//! system is synchronised to national time before it reads. The tolerance of 10 s is a proposal.

use super::{Fault, Finding, Rule, Stage};
use crate::evidence::{NO_INTERVALS, duration};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V20",
    name: "reader clock",
    purpose: "Finds days that were read by a system whose own clock was wrong.",
    settings: &[TOLERANCE],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const TOLERANCE: SettingForm = SettingForm {
    name: "tolerance",
    kind: SettingKind::Duration,
    default: "10 s",
    meaning: "how far the clock of the reading system may be from the reference",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    let Some(offset) = view.context.device.reader_offset_seconds else {
        return Finding::NotApplicable("the clock offset of the reading system is not known".into());
    };
    if view.values.is_empty() {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    let tolerance = settings.seconds(&TOLERANCE);
    if offset.saturating_abs() <= tolerance {
        return Finding::Passed(view.slots());
    }
    let evidence = format!(
        "the clock of the reading system was {} {}; the tolerance is {}",
        duration(offset.saturating_abs()),
        if offset < 0 { "slow" } else { "fast" },
        duration(tolerance),
    );
    Finding::Failed(view.slots(), vec![Fault::new(0, view.slots(), evidence)])
}
