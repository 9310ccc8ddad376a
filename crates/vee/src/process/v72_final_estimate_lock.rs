//! V72 final-estimate lock: a final estimate gives way only to another final estimate.
//!
//! Source: IEE, where "honor final estimate" is on. As part of a plan it keeps a value that a source marks so against later ones
//! that it does not mark, and a value that a person wrote by method E20 against whatever is received or written later but by E20.

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

    /// Whether final estimates are kept.
    pub fn is_on(&self) -> bool {
        self.0.choice(&HONOR) == "on"
    }

    /// Passes where a value of the new status may overwrite one of the old status.
    pub fn judge(&self, old: Status, new: Status) -> Judgement {
        if !self.is_on() {
            return Judgement::NotApplicable("final estimates are not kept".into());
        }
        if !old.contains(Status::FINAL_ESTIMATE) || new.contains(Status::FINAL_ESTIMATE) {
            return Judgement::Passed;
        }
        Judgement::Failed(format!("the old value is a final estimate and the new one is {new}"))
    }
}
