//! V70 prolonged estimation: a channel that has been estimated for too long.
//!
//! Source: Oracle D2-PROESTCHK, fails where `last measured + allowed days < end`. The 30 days are a proposal: a meter
//! without a word is looked after for [`SILENT_DAYS`](crate::meter_times::SILENT_DAYS), and no day after these is judged.
//! That a channel of which nothing was ever measured counts from the first thing that is known of it is one as well.

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
    default: "30 days",
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

    /// Judges data that ends at `end`, with the end of the last interval (or the last read) that was measured. Where none
    /// was, the time is counted from `known_since`, the first instant of which anything is known.
    pub fn judge(&self, last_measured: Option<Timestamp>, known_since: Timestamp, end: Timestamp) -> Judgement {
        let start = last_measured.unwrap_or(known_since);
        let found = TimeRange { start, end }.seconds();
        let allowed = i64::from(self.0.count(&ALLOWED_DAYS)) * 86_400;
        if found <= allowed {
            return Judgement::Passed;
        }
        let (found, allowed) = (duration(found), duration(allowed));
        Judgement::Failed(match last_measured {
            Some(last) => format!("the last measured value, of {last}, is {found} back; the limit is {allowed}"),
            None => format!("no value was measured since {start}, {found} back; the limit is {allowed}"),
        })
    }
}
