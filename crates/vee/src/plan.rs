//! Plans: which rules and methods apply, in which order, with which settings.
//!
//! A plan is versioned data (TOML or JSON). [`Plan::check`] reads all of it once and answers either
//! every finding or a [`CheckedPlan`], which is the only thing [`crate::run()`] takes.

use std::collections::BTreeMap;

use model::finding::{Finding, Severity};
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use crate::estimators::{ESTIMATORS, Estimator, estimator};
use crate::rules::{RULES, Rule, Stage, rule};
use crate::scaling::NegativeTotal;
use crate::settings::{InvalidSetting, SettingForm, Settings};

/// A plan as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What people call it.
    pub name: SmolStr,
    /// Goes up with every change; stored with every outcome.
    pub version: u32,
    /// What happens with estimates where registers know the total.
    pub scaling: ScalingMode,
    /// The validation set. Rules are independent; their order only orders the results.
    #[serde(default)]
    pub validate: Vec<RuleEntry>,
    /// The estimation set. Methods are tried in this order, each on what is still open.
    #[serde(default)]
    pub estimate: Vec<EstimatorEntry>,
}

/// One rule of a validation set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleEntry {
    /// The rule id (`V31`).
    pub rule: SmolStr,
    /// What a failure means.
    pub on_failure: OnFailure,
    /// Settings that differ from the rule's defaults, each with its unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<SmolStr, SmolStr>,
}

/// What a failed rule means for the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// The value stands and is questionable.
    Warn,
    /// The value stands, is failed, and waits for a person.
    Review,
    /// The value is failed and an estimate takes its place.
    Estimate,
}

/// One method of an estimation set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EstimatorEntry {
    /// The method id (`E04`).
    pub method: SmolStr,
    /// Whether its values stay as they are when the others are scaled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclude_from_scaling: bool,
    /// Settings that differ from the method's defaults, each with its unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<SmolStr, SmolStr>,
}

/// How estimates are made to meet registers (catalogue 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScalingMode {
    /// Leave estimates as the methods gave them.
    None,
    /// In proportion, by every register read there is (partial mode); a negative total is refused.
    Proportional,
    /// In proportion; a negative total is shared as well.
    ProportionalAllowNegative,
    /// In proportion, by the outermost register reads only.
    Boundary,
    /// By the outermost register reads only; a negative total is shared as well.
    BoundaryAllowNegative,
    /// In proportion within each time-of-use bucket, by its own registers only.
    TimeOfUse,
    /// Within each time-of-use bucket; a negative total is shared as well.
    TimeOfUseAllowNegative,
    /// By the registers of the buckets where there are any, then by the others.
    PartialTimeOfUse,
    /// By the buckets, then by the others; a negative total is shared as well.
    PartialTimeOfUseAllowNegative,
}

/// Which registers estimates are scaled by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScaledBy {
    Outermost,
    Every,
    Buckets,
    BucketsThenEvery,
}

impl ScalingMode {
    /// Which registers count and whether a negative total is shared; `None` where nothing is scaled.
    pub(crate) fn parts(self) -> Option<(ScaledBy, NegativeTotal)> {
        Some(match self {
            Self::None => return None,
            Self::Proportional => (ScaledBy::Every, NegativeTotal::Refuse),
            Self::ProportionalAllowNegative => (ScaledBy::Every, NegativeTotal::Allow),
            Self::Boundary => (ScaledBy::Outermost, NegativeTotal::Refuse),
            Self::BoundaryAllowNegative => (ScaledBy::Outermost, NegativeTotal::Allow),
            Self::TimeOfUse => (ScaledBy::Buckets, NegativeTotal::Refuse),
            Self::TimeOfUseAllowNegative => (ScaledBy::Buckets, NegativeTotal::Allow),
            Self::PartialTimeOfUse => (ScaledBy::BucketsThenEvery, NegativeTotal::Refuse),
            Self::PartialTimeOfUseAllowNegative => (ScaledBy::BucketsThenEvery, NegativeTotal::Allow),
        })
    }
}

/// A plan whose every id, setting and unit is known to be right.
#[derive(Clone, Debug)]
pub struct CheckedPlan {
    pub(crate) version: u32,
    pub(crate) scaling: ScalingMode,
    pub(crate) rules: Vec<PlannedRule>,
    pub(crate) estimators: Vec<PlannedEstimator>,
    notes: Vec<Finding>,
}

#[derive(Clone, Debug)]
pub(crate) struct PlannedRule {
    pub rule: &'static Rule,
    pub on_failure: OnFailure,
    pub settings: Settings,
}

#[derive(Clone, Debug)]
pub(crate) struct PlannedEstimator {
    pub estimator: &'static Estimator,
    pub exclude_from_scaling: bool,
    pub settings: Settings,
}

impl CheckedPlan {
    /// What is allowed but worth knowing, such as a method that will hardly ever be reached.
    pub fn notes(&self) -> &[Finding] {
        &self.notes
    }
}

impl Plan {
    /// The plan that holds where no other is assigned, every setting written out.
    ///
    /// Gaps and values below zero are estimated, spikes and sums that do not meet wait for a person,
    /// and a day of zeros is only questionable: a vacant house is no fault.
    pub fn standard() -> Self {
        let rules = STANDARD_RULES.iter().filter_map(|(id, on_failure)| Some((rule(id)?, *on_failure)));
        let methods = STANDARD_METHODS.iter().filter_map(|id| estimator(id));
        Self {
            name: "default".into(),
            version: 1,
            scaling: ScalingMode::Proportional,
            validate: rules
                .map(|(rule, on_failure)| RuleEntry {
                    rule: rule.id.into(),
                    on_failure,
                    settings: defaults(rule.settings),
                })
                .collect(),
            estimate: methods
                .map(|method| EstimatorEntry {
                    method: method.id.into(),
                    exclude_from_scaling: false,
                    settings: defaults(method.settings),
                })
                .collect(),
        }
    }

    /// The plan ready to run.
    ///
    /// # Errors
    /// Every finding: unknown or repeated ids, unknown settings, wrong units, values out of range.
    /// A finding names its place as `validate[2].settings.excess`.
    pub fn check(&self) -> Result<CheckedPlan, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut rules = Vec::with_capacity(self.validate.len());
        for (at, entry) in self.validate.iter().enumerate() {
            let place = format_smolstr!("validate[{at}]");
            if self.validate[..at].iter().any(|earlier| earlier.rule == entry.rule) {
                findings.push(repeated(&place, &entry.rule));
            }
            let Some(rule) = rule(&entry.rule) else {
                let known: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
                findings.push(unknown(&place, "rule", &entry.rule, &known));
                continue;
            };
            if rule.stage == Stage::Totals && entry.on_failure == OnFailure::Estimate {
                findings.push(not_estimated(&place, rule.id));
            }
            match Settings::read(rule.settings, &entry.settings) {
                Ok(settings) => rules.push(PlannedRule { rule, on_failure: entry.on_failure, settings }),
                Err(invalid) => findings.extend(invalid.into_iter().map(|invalid| wrong(&place, rule.id, invalid))),
            }
        }
        let mut estimators: Vec<PlannedEstimator> = Vec::with_capacity(self.estimate.len());
        for (at, entry) in self.estimate.iter().enumerate() {
            let place = format_smolstr!("estimate[{at}]");
            if self.estimate[..at].iter().any(|earlier| earlier.method == entry.method) {
                findings.push(repeated(&place, &entry.method));
            }
            let Some(estimator) = estimator(&entry.method) else {
                let known: Vec<&str> = ESTIMATORS.iter().map(|estimator| estimator.id).collect();
                findings.push(unknown(&place, "method", &entry.method, &known));
                continue;
            };
            findings.extend(out_of_order(&place, estimator, &estimators));
            match Settings::read(estimator.settings, &entry.settings) {
                Ok(settings) => estimators.push(PlannedEstimator {
                    estimator,
                    exclude_from_scaling: entry.exclude_from_scaling,
                    settings,
                }),
                Err(invalid) => {
                    findings.extend(invalid.into_iter().map(|invalid| wrong(&place, estimator.id, invalid)))
                }
            }
        }
        if findings.iter().any(|finding| Severity::Error <= finding.severity) {
            return Err(findings);
        }
        Ok(CheckedPlan { version: self.version, scaling: self.scaling, rules, estimators, notes: findings })
    }
}

/// The validation set of the standard plan.
const STANDARD_RULES: &[(&str, OnFailure)] = &[
    ("V30", OnFailure::Estimate),
    ("V31", OnFailure::Review),
    ("V36", OnFailure::Warn),
    ("V38", OnFailure::Estimate),
    ("V50", OnFailure::Review),
];

/// The estimation set of the standard plan, in the order tried (catalogue 3.7).
const STANDARD_METHODS: &[&str] = &["E04", "E05"];

/// The defaults of the forms, written out, so that a plan shows every number that decides.
fn defaults(forms: &[SettingForm]) -> BTreeMap<SmolStr, SmolStr> {
    forms.iter().map(|form| (form.name.into(), form.default.into())).collect()
}

fn unknown(place: &str, what: &str, id: &str, known: &[&str]) -> Finding {
    let message = format!("there is no {what} `{id}`; built are {}", known.join(", "));
    Finding::new(0, format_smolstr!("{place}.{what}"), "plan.unknown_id", message)
}

fn repeated(place: &str, id: &str) -> Finding {
    let message = format!("`{id}` is listed twice; keep one entry");
    Finding::new(0, place, "plan.repeated_id", message)
}

fn not_estimated(place: &str, id: &str) -> Finding {
    let message = format!("{id} compares totals, which no estimate can mend; write `warn` or `review`");
    Finding::new(0, format_smolstr!("{place}.on_failure"), "plan.on_failure", message)
}

fn wrong(place: &str, id: &str, invalid: InvalidSetting) -> Finding {
    let field = format_smolstr!("{place}.settings.{}", invalid.name);
    Finding::new(0, field, "plan.setting", format!("{id}: {}", invalid.message))
}

/// A method for short gaps after one that fills any gap gets only what that one could not fill.
fn out_of_order(place: &str, estimator: &Estimator, earlier: &[PlannedEstimator]) -> Option<Finding> {
    let before = earlier.iter().find(|planned| planned.estimator.fills_any_length)?.estimator;
    if estimator.fills_any_length {
        return None;
    }
    let message = format!(
        "{} comes after {}, which fills gaps of any length; put {} first",
        estimator.id, before.id, estimator.id
    );
    Some(Finding::new(0, place, "plan.order", message).with_severity(Severity::Warning))
}
