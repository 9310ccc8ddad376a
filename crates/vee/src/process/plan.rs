//! The rules about many days that a plan asks for, with their limits.

use model::finding::Finding;
use smol_str::format_smolstr;

use super::v70_prolonged_estimation::{self as v70, ProlongedEstimation};
use super::v71_replacement::{self as v71, Replacement};
use super::v72_final_estimate_lock::{self as v72, FinalEstimateLock};
use super::v77_timeliness::{self as v77, DueDay};
use crate::plan::{ProcessEntry, repeated, unknown, wrong};
use crate::settings::InvalidSetting;

/// Rules about many days, each with its limits; `None` where the plan does not ask for it.
///
/// V61 is not among them: it is for whoever has the meters of a transformer side by side.
#[derive(Clone, Debug, Default)]
pub struct Processes {
    /// V70.
    pub prolonged_estimation: Option<ProlongedEstimation>,
    /// V71.
    pub replacement: Option<Replacement>,
    /// V72.
    pub final_estimate_lock: Option<FinalEstimateLock>,
    /// V77.
    pub timeliness: Option<DueDay>,
}

/// The rules that a plan can ask for.
const RULES: [&str; 4] = [v70::RULE.id, v71::RULE.id, v72::RULE.id, v77::RULE.id];

/// Whether a plan can ask for a rule.
pub(crate) fn is_of_plans(id: &str) -> bool {
    RULES.contains(&id)
}

impl Processes {
    /// The rules of a plan; findings name their place as `process[1].settings.allowed_days`.
    pub(crate) fn read(entries: &[ProcessEntry], findings: &mut Vec<Finding>) -> Self {
        let mut processes = Self::default();
        for (at, entry) in entries.iter().enumerate() {
            let place = format_smolstr!("process[{at}]");
            if entries[..at].iter().any(|earlier| earlier.rule == entry.rule) {
                findings.push(repeated(&place, &entry.rule));
            }
            if !is_of_plans(&entry.rule) {
                findings.push(unknown(&place, "rule", &entry.rule, &RULES));
            } else if let Err(invalid) = processes.add(entry) {
                findings.extend(invalid.into_iter().map(|invalid| wrong(&place, &entry.rule, invalid)));
            }
        }
        processes
    }

    fn add(&mut self, entry: &ProcessEntry) -> Result<(), Vec<InvalidSetting>> {
        match entry.rule.as_str() {
            "V70" => self.prolonged_estimation = Some(ProlongedEstimation::read(&entry.settings)?),
            "V71" => self.replacement = Some(Replacement::read(&entry.settings)?),
            "V77" => self.timeliness = Some(DueDay::read(&entry.settings)?),
            _ => self.final_estimate_lock = Some(FinalEstimateLock::read(&entry.settings)?),
        }
        Ok(())
    }
}
