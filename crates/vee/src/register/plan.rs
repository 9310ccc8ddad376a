//! The register part of a plan: which rules and methods apply to register reads, with which settings.

use model::finding::{Finding, Severity};
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use super::estimators::{ESTIMATORS, Estimator, estimator};
use super::rules::{READS_BEFORE, RULES, Rule, rule};
use crate::plan::{
    EstimatorEntry, ExceptionSeverity, OnFailure, RuleEntry, contradictions, defaults, fill_in, repeated, unknown,
    wrong,
};
use crate::settings::Settings;

/// The register part of a plan as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterPlan {
    /// The validation set. Rules are independent; their order only orders the results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validate: Vec<RuleEntry>,
    /// The estimation set. The first method that gives a read is taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub estimate: Vec<EstimatorEntry>,
}

/// A register part whose every id, setting and unit is known to be right.
#[derive(Clone, Debug)]
pub struct CheckedRegisterPlan {
    pub(crate) name: SmolStr,
    pub(crate) version: u32,
    pub(crate) rules: Vec<PlannedRule>,
    pub(crate) estimators: Vec<PlannedEstimator>,
}

impl CheckedRegisterPlan {
    /// How many of the reads before a read its rules look at.
    pub(crate) fn reads_before(&self) -> usize {
        let of_rules = self.rules.iter().map(|planned| (planned.rule.reads_before)(&planned.settings));
        of_rules.max().unwrap_or(0).max(READS_BEFORE)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct PlannedRule {
    pub rule: &'static Rule,
    pub on_failure: OnFailure,
    pub severity: ExceptionSeverity,
    pub routed: bool,
    pub settings: Settings,
}

#[derive(Clone, Debug)]
pub(crate) struct PlannedEstimator {
    pub estimator: &'static Estimator,
    pub settings: Settings,
}

/// The validation set of the standard register part; a proposal. V53 and V54 compare with the use before, which changes by
/// more than any limit from hour to hour; the limits of V52 know nothing of the size of a service, so it only warns.
const STANDARD_RULES: &[(&str, OnFailure)] = &[
    ("V51", OnFailure::Warn),
    ("V52", OnFailure::Warn),
    ("V55", OnFailure::Review),
    ("V56", OnFailure::Review),
    ("V57", OnFailure::Estimate),
    ("V59", OnFailure::Warn),
];

/// The estimation set of the standard register part, in the order tried: from what was measured in
/// intervals, between two reads, then from what was used before.
const STANDARD_METHODS: &[&str] = &["R01", "R04", "R05", "R02", "R10"];

impl RegisterPlan {
    /// The register part that holds where no other is assigned, every setting written out.
    pub fn standard() -> Self {
        let rules = STANDARD_RULES.iter().filter_map(|(id, on_failure)| Some((rule(id)?, *on_failure)));
        let methods = STANDARD_METHODS.iter().filter_map(|id| estimator(id));
        let entry = |(rule, on_failure): (&Rule, OnFailure)| RuleEntry {
            settings: defaults(rule.settings),
            ..RuleEntry::new(rule.id, on_failure)
        };
        let method = |method: &Estimator| EstimatorEntry {
            settings: defaults(method.settings),
            ..EstimatorEntry::new(method.id)
        };
        Self { validate: rules.map(entry).collect(), estimate: methods.map(method).collect() }
    }

    /// The part that sets of a book make together; where one says nothing of register reads, the standard stands for it.
    pub fn of_sets(rules: Option<&Vec<RuleEntry>>, methods: Option<&Vec<EstimatorEntry>>) -> Option<Self> {
        if rules.is_none() && methods.is_none() {
            return None;
        }
        let Self { validate, estimate } = Self::standard();
        Some(Self { validate: rules.cloned().unwrap_or(validate), estimate: methods.cloned().unwrap_or(estimate) })
    }

    /// The same part with every setting written out, those that hold by default too.
    pub(crate) fn written_out(mut self) -> Self {
        for entry in &mut self.validate {
            fill_in(&mut entry.settings, rule(&entry.rule).map_or(&[], |rule| rule.settings));
        }
        for entry in &mut self.estimate {
            fill_in(&mut entry.settings, estimator(&entry.method).map_or(&[], |method| method.settings));
        }
        self
    }

    /// The part ready to run, as part of a plan of that name and version.
    ///
    /// # Errors
    /// Every finding: unknown or repeated ids, unknown settings, wrong units, values out of range.
    /// A finding names its place as `register.validate[2].settings.days`.
    pub fn check(&self, name: &str, version: u32) -> Result<CheckedRegisterPlan, Vec<Finding>> {
        let mut findings = Vec::new();
        let rules = self.checked_rules(&mut findings);
        let estimators = self.checked_estimators(&mut findings);
        if findings.iter().any(|finding| Severity::Error <= finding.severity) {
            return Err(findings);
        }
        Ok(CheckedRegisterPlan { name: name.into(), version, rules, estimators })
    }

    fn checked_rules(&self, findings: &mut Vec<Finding>) -> Vec<PlannedRule> {
        let mut rules = Vec::with_capacity(self.validate.len());
        for (at, entry) in self.validate.iter().enumerate() {
            let place = format_smolstr!("register.validate[{at}]");
            if self.validate[..at].iter().any(|earlier| earlier.rule == entry.rule) {
                findings.push(repeated(&place, &entry.rule));
            }
            let Some(rule) = rule(&entry.rule) else {
                let known: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
                findings.push(unknown(&place, "rule", &entry.rule, &known));
                continue;
            };
            findings.extend(statuses_are_of_intervals(&place, &entry.statuses_to_ignore));
            match Settings::read(rule.settings, &entry.settings) {
                Ok(settings) => {
                    findings.extend(contradictions(&place, rule.id, rule.settings, &settings));
                    rules.push(PlannedRule {
                        rule,
                        on_failure: entry.effect(),
                        severity: entry.severity,
                        routed: entry.is_routed(),
                        settings,
                    });
                }
                Err(invalid) => findings.extend(invalid.into_iter().map(|invalid| wrong(&place, rule.id, invalid))),
            }
        }
        rules
    }

    fn checked_estimators(&self, findings: &mut Vec<Finding>) -> Vec<PlannedEstimator> {
        let mut estimators = Vec::with_capacity(self.estimate.len());
        for (at, entry) in self.estimate.iter().enumerate() {
            let place = format_smolstr!("register.estimate[{at}]");
            if self.estimate[..at].iter().any(|earlier| earlier.method == entry.method) {
                findings.push(repeated(&place, &entry.method));
            }
            let Some(estimator) = estimator(&entry.method) else {
                let known: Vec<&str> = ESTIMATORS.iter().map(|estimator| estimator.id).collect();
                findings.push(unknown(&place, "method", &entry.method, &known));
                continue;
            };
            if entry.exclude_from_scaling {
                findings.push(not_scaled(&place, estimator.id));
            }
            findings.extend(statuses_are_of_intervals(&place, &entry.statuses_to_ignore));
            match Settings::read(estimator.settings, &entry.settings) {
                Ok(settings) => estimators.push(PlannedEstimator { estimator, settings }),
                Err(invalid) => {
                    findings.extend(invalid.into_iter().map(|invalid| wrong(&place, estimator.id, invalid)));
                }
            }
        }
        estimators
    }
}

fn statuses_are_of_intervals(place: &str, statuses: &[SmolStr]) -> Option<Finding> {
    let field = format_smolstr!("{place}.statuses_to_ignore");
    let message = "a register read has no interval statuses; leave the line out";
    (!statuses.is_empty()).then(|| Finding::new(0, field, "plan.statuses", message))
}

fn not_scaled(place: &str, id: &str) -> Finding {
    let message = format!("{id} makes register reads, which are never scaled; leave the line out");
    Finding::new(0, format_smolstr!("{place}.exclude_from_scaling"), "plan.scaling", message)
}
