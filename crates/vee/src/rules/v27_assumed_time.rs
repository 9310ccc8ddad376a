//! V27 assumed meter time: intervals that a meter without a battery stamped after an outage.
//!
//! Source: the guidance on assumed meter time. Fails where the five statuses CLOCK, IOBOARD, IRREGULAR,
//! POWER and TIMERESET are set together and the interval has no AMT status yet or still needs an
//! estimate; the second condition keeps intervals that were filled already from failing again. Stamps
//! AMT. Judges the device families the guidance covers, from their lowest firmware on. The five statuses from any
//! other meter are told to a person; such intervals are only questionable, neither marked nor replaced. What the meter used in the
//! gap right after them stands among them (the true time that it skipped), so no method fills that gap beside them: it waits for
//! the same person.

use std::sync::LazyLock;

use model::quality::Status;

use super::by_formula::{self, Test};
use super::{Direction, Fault, Finding, Repair, Rule, Stage};
use crate::assumed_time::{FIVE, FORMULA, Support, support};
use crate::evidence::span;
use crate::formula::{CountScope, Formula};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V27",
    name: "assumed meter time",
    purpose: "Finds and marks intervals that the meter stamped with an assumed time after an outage.",
    settings: &[STATUS_COUNT, FAMILIES, UNKNOWN_DEVICE, NOT_COVERED],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

const STATUS_COUNT: SettingForm = SettingForm {
    name: "status_count",
    kind: SettingKind::Choice(&CountScope::WORDS),
    default: "interval",
    meaning: "whether @statuscount counts the interval alone or the whole block of data",
};

const FAMILIES: SettingForm = SettingForm {
    name: "families",
    kind: SettingKind::Choice(&["covered", "supported"]),
    default: "covered",
    meaning: "the device families the guidance covers, or all that support assumed meter time (Riva as well)",
};

const UNKNOWN_DEVICE: SettingForm = SettingForm {
    name: "unknown_device",
    kind: SettingKind::Choice(&["judge", "tell", "pass over"]),
    default: "judge",
    meaning: "what to do where family or firmware of the meter are not known",
};

const NOT_COVERED: SettingForm = SettingForm {
    name: "not_covered",
    kind: SettingKind::Choice(&["tell", "pass over"]),
    default: "tell",
    meaning: "what to do with the five statuses from a family or firmware that is not covered",
};

const UNKNOWN: &str = "family or firmware of the meter are not known";

static AS_PRINTED: LazyLock<Formula> =
    LazyLock::new(|| Formula::parse(FORMULA).expect("the formula of the guidance is parsed by a test"));

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    let has_gap = view.context.device.assumed_before && 0 < view.slots() && view.is_missing(0);
    if !has_gap && !view.statuses.iter().any(|status| status.contains(FIVE)) {
        return Finding::Passed(view.slots());
    }
    let device = view.context.device;
    let (Some(family), Some(firmware)) = (device.family, device.firmware) else {
        return match settings.choice(&UNKNOWN_DEVICE) {
            "judge" => as_printed(view, settings),
            "tell" => told(view, UNKNOWN),
            _ => Finding::NotApplicable(UNKNOWN.into()),
        };
    };
    match not_covered(family, firmware, settings) {
        None => as_printed(view, settings),
        Some(reason) if settings.choice(&NOT_COVERED) == "tell" => told(view, &reason),
        Some(reason) => Finding::NotApplicable(reason.into()),
    }
}

fn as_printed(view: &View<'_>, settings: &Settings) -> Finding {
    let scope = CountScope::of(settings.choice(&STATUS_COUNT));
    let (stamp, direction) = (Status::ASSUMED_TIME, Direction::Other);
    let test = Test { name: RULE.name, formula: &AS_PRINTED, scope, stamp, direction };
    by_formula::judge(view, test)
}

/// The flags of a meter that is not judged, for a person.
fn told(view: &View<'_>, reason: &str) -> Finding {
    let fault = |(from, to)| {
        let evidence = format!("{} flagged as assumed meter time; {reason}", span(view.day, from, to));
        Fault { for_review: true, only_warns: true, ..Fault::new(from, to, evidence) }
    };
    let is_assumed = |slot: u16| view.value(slot).is_some() && view.status(slot).contains(FIVE);
    let flagged = view.runs(|slot| view.status(slot).contains(FIVE));
    let follows = |(from, _): &(u16, u16)| match from.checked_sub(1) {
        Some(before) => is_assumed(before),
        None => view.context.device.assumed_before,
    };
    let skipped = view.runs(|slot| view.is_missing(slot)).into_iter().filter(follows);
    let faults = flagged.into_iter().map(fault).chain(skipped.map(|gap| left_open(view, gap)));
    Finding::of(view.slots(), faults.collect())
}

/// The gap after flagged intervals that stay as they are.
fn left_open(view: &View<'_>, (from, to): (u16, u16)) -> Fault {
    let evidence = format!(
        "{} missing after intervals flagged as assumed meter time, which stay: what was used then may stand among them, so \
         nothing is estimated; move them to their true time, or accept an estimate",
        span(view.day, from, to)
    );
    Fault { for_review: true, repair: Repair::Person, ..Fault::new(from, to, evidence) }
}

/// Why the meter is not judged.
fn not_covered(family: &str, firmware: &str, settings: &Settings) -> Option<String> {
    match support(family, firmware) {
        Support::Covered => None,
        Support::NoGuidance if settings.choice(&FAMILIES) == "supported" => None,
        Support::NoGuidance => Some(format!("{family} is not covered by the guidance; no rule is configured for it")),
        Support::None(reason) => Some(reason),
    }
}
