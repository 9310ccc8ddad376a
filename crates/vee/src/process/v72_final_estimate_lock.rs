//! V72 final-estimate lock: a final estimate gives way only to another final estimate.
//!
//! Source: IEE, where "honor final estimate" is on.

use std::collections::BTreeMap;

use model::quality::Status;
use smol_str::SmolStr;

use super::{Judgement, Rule};
use crate::settings::{InvalidSetting, SettingForm, SettingKind, Settings};

/// The rule in the table.
pub static RULE: Rule = Rule {
    id: "V72",
    name: "final-estimate lock",
    purpose: "Keeps a final estimate against everything but another final estimate.",
    settings: &[HONOR],
};

const HONOR: SettingForm = SettingForm {
    name: "honor",
    kind: SettingKind::Choice(&["on", "off"]),
    default: "on",
    meaning: "whether final estimates are kept",
};

/// The switch.
#[derive(Clone, Debug)]
pub struct FinalEstimateLock(Settings);

impl FinalEstimateLock {
    /// Reads the switch over its default.
    ///
    /// # Errors
    /// Every setting that is unknown or of the wrong kind.
    pub fn read(given: &BTreeMap<SmolStr, SmolStr>) -> Result<Self, Vec<InvalidSetting>> {
        Settings::read(RULE.settings, given).map(Self)
    }

    /// Passes where a value of the new status may overwrite one of the old status.
    pub fn judge(&self, old: Status, new: Status) -> Judgement {
        if self.0.choice(&HONOR) == "off" {
            return Judgement::NotApplicable("final estimates are not kept".into());
        }
        if !old.contains(Status::FINAL_ESTIMATE) || new.contains(Status::FINAL_ESTIMATE) {
            return Judgement::Passed;
        }
        Judgement::Failed(format!("the old value is a final estimate and the new one is {new}"))
    }
}
