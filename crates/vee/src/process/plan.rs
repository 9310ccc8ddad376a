//! The rules about many days that a plan asks for, with their limits.

use model::finding::Finding;
use smol_str::format_smolstr;

use super::v70_prolonged_estimation::{self as v70, ProlongedEstimation};
use crate::plan::{ProcessEntry, repeated, unknown, wrong};

/// Rules about many days, each with its limits; `None` where the plan does not ask for it.
///
/// The others are not among them: V61 is for whoever has the meters of a transformer side by side, the limits of V77 belong to
/// the market, and V71 and V72 keep a value against a later one, where here later measured data wins.
#[derive(Clone, Debug, Default)]
pub struct Processes {
    /// V70.
    pub prolonged_estimation: Option<ProlongedEstimation>,
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
            if entry.rule != v70::RULE.id {
                findings.push(unknown(&place, "rule", &entry.rule, &[v70::RULE.id]));
                continue;
            }
            match ProlongedEstimation::read(&entry.settings) {
                Ok(rule) => processes.prolonged_estimation = Some(rule),
                Err(invalid) => findings.extend(invalid.into_iter().map(|invalid| wrong(&place, &entry.rule, invalid))),
            }
        }
        processes
    }
}
