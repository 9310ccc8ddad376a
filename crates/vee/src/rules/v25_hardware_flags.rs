//! V25 hardware flags: what the meter says of its own clock, circuits and battery.
//!
//! Sources: IESO (clock overflow, hardware reset, watchdog, parity, CRC), IEE statuses. The flags of a
//! head-end arrive as three statuses: hardware fault (reset, watchdog, parity, CRC, input-output board),
//! clock error, battery low. How grave each is, is a proposal and a setting.

use model::quality::Status;

use super::{Fault, Finding, Rule, Stage};
use crate::evidence::{NO_INTERVALS, span};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V25",
    name: "hardware flags",
    purpose: "Finds intervals in which the meter flagged a fault of its own.",
    settings: &[HARDWARE, CLOCK, BATTERY],
    stage: Stage::Values,
    reach: Reach::nothing,
    judge,
};

/// As the plan says of a failure; at least to be seen by a person; questionable only; nothing at all.
const GRAVITIES: SettingKind = SettingKind::Choice(&["as planned", "review", "warn", "ignore"]);

const HARDWARE: SettingForm =
    SettingForm { name: "hardware", kind: GRAVITIES, default: "as planned", meaning: "what a hardware fault means" };

const CLOCK: SettingForm =
    SettingForm { name: "clock", kind: GRAVITIES, default: "as planned", meaning: "what a clock error means" };

const BATTERY: SettingForm =
    SettingForm { name: "battery", kind: GRAVITIES, default: "warn", meaning: "what a low battery means" };

const FLAGS: [(&SettingForm, Status); 3] =
    [(&HARDWARE, Status::HARDWARE), (&CLOCK, Status::CLOCK_ERROR), (&BATTERY, Status::LOW_BATTERY)];

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    if view.values.is_empty() {
        return Finding::NotApplicable(NO_INTERVALS.into());
    }
    let mut faults = Vec::new();
    for (form, flag) in FLAGS {
        let gravity = settings.choice(form);
        if gravity != "ignore" {
            faults.extend(view.flagged(flag).into_iter().map(|run| fault(view, run, flag, gravity)));
        }
    }
    Finding::of(view.slots(), faults)
}

fn fault(view: &View<'_>, (from, to): (u16, u16), flag: Status, gravity: &str) -> Fault {
    let evidence = format!("{} flagged by the meter: {flag}; none may be", span(view.day, from, to));
    Fault { for_review: gravity == "review", only_warns: gravity == "warn", ..Fault::new(from, to, evidence) }
}
