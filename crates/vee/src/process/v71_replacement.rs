//! V71 final measurement replacement: a new value takes the place of a final one only for a reason.
//!
//! Source: Oracle: replace only if the change is at least a quantity, and at least a share of the old value,
//! and the condition of the new value ranks no lower than that of the old one. The rank is
//! [`Status::grade`]. With the defaults any change of the same rank replaces. A value where there was none
//! always replaces. As part of a plan it says which of several received versions counts, see [`super::kept`].

use std::collections::BTreeMap;

use model::quality::Status;
use model::quantity::Decimal;
use smol_str::SmolStr;

use super::{Judgement, Rule};
use crate::amount::Amount;
use crate::settings::{InvalidSetting, SettingForm, SettingKind, Settings};

/// The rule in the table.
pub static RULE: Rule = Rule {
    id: "V71",
    name: "final measurement replacement",
    purpose: "Keeps a final value where the new one is hardly different or of lower rank.",
    settings: &[CHANGE_LEAST, SHARE_LEAST],
};

const CHANGE_LEAST: SettingForm = SettingForm {
    name: "change_least",
    kind: SettingKind::Quantity,
    default: "0 kWh",
    meaning: "a smaller change does not replace",
};

const SHARE_LEAST: SettingForm = SettingForm {
    name: "share_least",
    kind: SettingKind::Share,
    default: "0 %",
    meaning: "a smaller change, as a share of the old value, does not replace",
};

/// A value and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The value in the channel's unit; `None` where there is none.
    pub value: Option<Decimal>,
    /// What is known of it.
    pub status: Status,
}

/// The limits.
#[derive(Clone, Debug)]
pub struct Replacement(Settings);

impl Replacement {
    /// Reads the limits over their defaults.
    ///
    /// # Errors
    /// Every setting that is unknown or of the wrong kind.
    pub fn read(given: &BTreeMap<SmolStr, SmolStr>) -> Result<Self, Vec<InvalidSetting>> {
        Settings::read(RULE.settings, given).map(Self)
    }

    /// Passes where the new value may replace the old one, both in `unit`.
    pub fn judge(&self, old: Candidate, new: Candidate, unit: &str) -> Judgement {
        let (Some(before), Some(now)) = (old.value, new.value) else {
            return match (old.value, new.value) {
                (None, _) => Judgement::Passed,
                _ => Judgement::Failed("there is no new value".into()),
            };
        };
        let (old_grade, new_grade) = (old.status.grade(), new.status.grade());
        if new_grade < old_grade {
            let (old, new) = (old.status, new.status);
            return Judgement::Failed(format!("the new value is {new}, which ranks below {old}"));
        }
        let least = match self.0.quantity_in(unit, &CHANGE_LEAST) {
            Ok(least) => least,
            Err(reason) => return Judgement::NotApplicable(reason),
        };
        self.compared(before.into(), now.into(), least, unit)
            .unwrap_or_else(|| Judgement::NotApplicable("the numbers are too large to compare exactly".into()))
    }

    fn compared(&self, before: Amount, now: Amount, least: Amount, unit: &str) -> Option<Judgement> {
        let change = now.minus(before)?.magnitude();
        let share = before.magnitude().times(self.0.share(&SHARE_LEAST))?;
        let needed = least.larger(share)?;
        if change.compared(needed)?.is_ge() {
            return Some(Judgement::Passed);
        }
        Some(Judgement::Failed(format!(
            "{now} {unit} in place of {before} {unit} is a change of {change} {unit}; the limit is {needed} {unit}"
        )))
    }
}
