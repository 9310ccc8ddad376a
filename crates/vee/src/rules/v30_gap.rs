//! V30 gap: expected intervals that have no value.
//!
//! Sources: IEE "Gap Check", IESO "missing intervals". A gap at an edge of the day is as long as the
//! missing intervals on both sides of the edge together. Intervals during which no meter measures are not expected.

use super::{Fault, Finding, Rule, Stage};
use crate::evidence::{NO_INTERVALS, duration, span};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V30",
    name: "gap",
    purpose: "Finds intervals that were expected and have no value, across the edges of the day.",
    settings: &[AUTO_FILL_LONGEST],
    stage: Stage::Values,
    reach,
    judge,
};

const AUTO_FILL_LONGEST: SettingForm = SettingForm {
    name: "auto_fill_longest",
    kind: SettingKind::Duration,
    default: "7 days",
    meaning: "longer gaps are not estimated without a person",
};

/// With so many days without a value on each side of a day every gap is too long.
fn reach(settings: &Settings) -> Reach {
    let gap_days = u16::try_from(settings.seconds(&AUTO_FILL_LONGEST) / 86_400 + 1).unwrap_or(u16::MAX);
    Reach { gap_days, ..Reach::default() }
}

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    let slots = view.slots();
    if slots == 0 {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    if view.extremes.all_above_zero {
        return Finding::Passed(slots);
    }
    if !view.is_complete() && !(0..slots).any(|slot| view.value(slot).is_some() || view.is_expected(slot)) {
        return Finding::NotApplicable("no meter is known to have measured".into());
    }
    let longest = settings.seconds(&AUTO_FILL_LONGEST);
    let gaps = view.runs(|slot| view.is_missing(slot));
    Finding::of(slots, gaps.into_iter().map(|(from, to)| fault(view, from, to, longest)).collect())
}

fn fault(view: &View<'_>, from: u16, to: u16, longest: i64) -> Fault {
    let slots = view.gap_slots(from, to);
    let length = slots * i64::from(view.day.slot_seconds);
    let expected = duration(i64::from(view.day.slot_seconds));
    let missing = span(view.day, from, to);
    if longest < length {
        // No longer than that matters, so that the finding stays the same while the gap grows.
        let evidence =
            format!("{missing} missing in a gap of more than {}, which waits for a person", duration(longest));
        return Fault { for_review: true, ..Fault::new(from, to, evidence) };
    }
    let beyond = if slots == i64::from(to - from) { "" } else { ", with the days beside it" };
    let evidence =
        format!("{missing} missing, a gap of {}{beyond}; one value was expected every {expected}", duration(length));
    Fault::new(from, to, evidence)
}
