//! V70 prolonged estimation: a channel that has been estimated for too long.
//!
//! Source: Oracle D2-PROESTCHK, fails where `last measured + allowed days < end`. The 60 days are a proposal.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::time::TimeRange;
use smol_str::SmolStr;

use super::{Judgement, Rule};
use crate::evidence::duration;
use crate::settings::{InvalidSetting, SettingForm, SettingKind, Settings};

/// The rule in the table.
pub static RULE: Rule = Rule {
    id: "V70",
    name: "prolonged estimation",
    purpose: "Finds a channel that has been estimated for too long.",
    settings: &[ALLOWED_DAYS],
};

const ALLOWED_DAYS: SettingForm = SettingForm {
    name: "allowed_days",
    kind: SettingKind::Count("days"),
    default: "60 days",
    meaning: "how long a channel may go without a measured value; a day is 24 hours",
};

/// The limit.
#[derive(Clone, Debug)]
pub struct ProlongedEstimation(Settings);

impl ProlongedEstimation {
    /// Reads the limit over its default.
    ///
    /// # Errors
    /// Every setting that is unknown or of the wrong kind.
    pub fn read(given: &BTreeMap<SmolStr, SmolStr>) -> Result<Self, Vec<InvalidSetting>> {
        Settings::read(RULE.settings, given).map(Self)
    }

    /// Judges data that ends at `end`, with the end of the last interval (or the last read) that was not
    /// an estimate.
    pub fn judge(&self, last_measured: Option<Timestamp>, end: Timestamp) -> Judgement {
        let Some(last) = last_measured else {
            return Judgement::NotApplicable("the channel was never measured".into());
        };
        let found = TimeRange { start: last, end }.seconds();
        let allowed = i64::from(self.0.count(&ALLOWED_DAYS)) * 86_400;
        if found <= allowed {
            return Judgement::Passed;
        }
        let (found, allowed) = (duration(found), duration(allowed));
        Judgement::Failed(format!("the last measured value, of {last}, is {found} back; the limit is {allowed}"))
    }
}
