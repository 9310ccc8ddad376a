//! Plans: which rules and methods apply, in which order, with which settings.
//!
//! A plan is versioned data (TOML or JSON). [`Plan::check`] reads all of it once and answers either
//! every finding or a [`CheckedPlan`], which is the only thing [`crate::run()`] takes.
//!
//! - [`UserRule`]: rules that are formulas of the plan.
//! - [`needs`]: what a plan looks at beside the channel's own days.
//! - [`book`]: plans made of shared sets, and which of them holds for a usage point on a date.

pub mod book;
mod check;
mod contradictions;
mod elsewhere;
pub mod needs;
pub(crate) mod reach;
mod scaling_limits;
mod user_rule;

use std::collections::BTreeMap;

pub use model::lineage::ExceptionSeverity;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::estimators::estimator;
use crate::formula::NamedFormula;
use crate::process;
use crate::register::RegisterPlan;
use crate::rules::rule;
use crate::scaling::NegativeTotal;
use crate::settings::SettingForm;

pub use book::{DatedPlans, NoPlan};
pub use check::CheckedPlan;
pub(crate) use check::{PlannedEstimator, PlannedRule, repeated, unknown, wrong};
pub(crate) use contradictions::contradictions;
pub(crate) use scaling_limits::CheckedLimits;
pub use scaling_limits::ScalingLimits;
pub use user_rule::{Trigger, UserRule};

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
    /// Which estimates that may change, and how long registers wait.
    #[serde(default, skip_serializing_if = "ScalingLimits::is_default")]
    pub scaling_limits: ScalingLimits,
    /// The validation set. Rules are independent; their order only orders the results.
    #[serde(default)]
    pub validate: Vec<RuleEntry>,
    /// Rules that are formulas; they belong to the validation set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_rule: Vec<UserRule>,
    /// The formulas that user-defined rules and other formulas use by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formula: Vec<NamedFormula>,
    /// Whether the validation set runs again on estimates (catalogue V75); those that pass are validated.
    #[serde(default, skip_serializing_if = "is_false")]
    pub validate_estimates: bool,
    /// The estimation set. Methods are tried in this order, each on what is still open.
    #[serde(default)]
    pub estimate: Vec<EstimatorEntry>,
    /// The part for register reads; where not written, [`RegisterPlan::standard`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<RegisterPlan>,
    /// Rules about many days at once (V70).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub process: Vec<ProcessEntry>,
}

/// One rule about many days at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessEntry {
    /// The rule id (`V70`).
    pub rule: SmolStr,
    /// Settings that differ from the rule's defaults, each with its unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<SmolStr, SmolStr>,
}

/// One rule of a validation set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleEntry {
    /// The rule id (`V31`).
    pub rule: SmolStr,
    /// What a failure means.
    pub on_failure: OnFailure,
    /// How much a failure matters to the people who look at exceptions.
    #[serde(default, skip_serializing_if = "ExceptionSeverity::is_medium")]
    pub severity: ExceptionSeverity,
    /// Whether a failure becomes manual work and is not estimated without a person; where not written, only with `review`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_to_queue: Option<bool>,
    /// Values with any of these statuses do not fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses_to_ignore: Vec<SmolStr>,
    /// Settings that differ from the rule's defaults, each with its unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<SmolStr, SmolStr>,
}

impl RuleEntry {
    /// A rule with its defaults.
    pub fn new(rule: impl Into<SmolStr>, on_failure: OnFailure) -> Self {
        Self {
            rule: rule.into(),
            on_failure,
            severity: ExceptionSeverity::Medium,
            route_to_queue: None,
            statuses_to_ignore: Vec::new(),
            settings: BTreeMap::new(),
        }
    }

    /// What a failure means: what is routed to a person is not estimated (IEE: Route to Queue (Do not auto estimate)).
    pub(crate) fn effect(&self) -> OnFailure {
        match self.on_failure {
            OnFailure::Estimate if self.is_routed() => OnFailure::Review,
            word => word,
        }
    }

    /// Whether a failure becomes manual work.
    pub(crate) fn is_routed(&self) -> bool {
        self.route_to_queue.unwrap_or(self.on_failure == OnFailure::Review)
    }
}

pub(crate) fn is_false(switch: &bool) -> bool {
    !switch
}

/// What a failed rule means for the values.
///
/// | word | validation status | estimated without a person | manual work |
/// | --- | --- | --- | --- |
/// | `warn` | WV | no | no |
/// | `review` | FV | no | yes |
/// | `estimate` | FV | yes | no |
///
/// `route_to_queue` of an entry overrides the last column; with `true`, `estimate` does what `review` does. An exception is
/// recorded in every case.
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
    #[serde(default, skip_serializing_if = "is_false")]
    pub exclude_from_scaling: bool,
    /// Intervals with any of these statuses are not offered to the method.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses_to_ignore: Vec<SmolStr>,
    /// Settings that differ from the method's defaults, each with its unit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<SmolStr, SmolStr>,
}

impl EstimatorEntry {
    /// A method with its defaults.
    pub fn new(method: impl Into<SmolStr>) -> Self {
        Self {
            method: method.into(),
            exclude_from_scaling: false,
            statuses_to_ignore: Vec::new(),
            settings: BTreeMap::new(),
        }
    }
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
    /// In proportion, by the outermost register reads only: those at both ends of a local day, where there are.
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

impl ScaledBy {
    /// The same where nothing says when buckets hold.
    pub(crate) fn without_buckets(self) -> Self {
        match self {
            Self::Buckets | Self::BucketsThenEvery => Self::Every,
            Self::Outermost | Self::Every => self,
        }
    }
}

impl CheckedPlan {
    /// Whether the registers of time-of-use buckets scale estimates.
    pub fn scales_by_buckets(&self) -> bool {
        matches!(self.scaling.parts(), Some((ScaledBy::Buckets | ScaledBy::BucketsThenEvery, _)))
    }

    /// Whether the outermost reads alone scale estimates.
    pub(crate) fn scales_by_outermost(&self) -> bool {
        matches!(self.scaling.parts(), Some((ScaledBy::Outermost, _)))
    }

    /// Whether no other register does.
    pub(crate) fn scales_by_buckets_alone(&self) -> bool {
        matches!(self.scaling.parts(), Some((ScaledBy::Buckets, _)))
    }
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
            scaling_limits: ScalingLimits::default(),
            validate: rules
                .map(|(rule, on_failure)| RuleEntry {
                    settings: defaults(rule.settings),
                    ..RuleEntry::new(rule.id, on_failure)
                })
                .collect(),
            user_rule: Vec::new(),
            formula: Vec::new(),
            validate_estimates: false,
            estimate: methods
                .map(|method| EstimatorEntry { settings: defaults(method.settings), ..EstimatorEntry::new(method.id) })
                .collect(),
            register: None,
            process: Vec::new(),
        }
    }

    /// The same plan with every setting written out, those that hold by default too. Entries of unknown ids stay as they are.
    pub fn written_out(&self) -> Self {
        let mut plan = self.clone();
        for entry in &mut plan.validate {
            fill_in(&mut entry.settings, rule(&entry.rule).map_or(&[], |rule| rule.settings));
        }
        for entry in &mut plan.estimate {
            fill_in(&mut entry.settings, estimator(&entry.method).map_or(&[], |method| method.settings));
        }
        for entry in &mut plan.process {
            fill_in(&mut entry.settings, process::rule(&entry.rule).map_or(&[], |rule| rule.settings));
        }
        plan.register = Some(plan.register.unwrap_or_else(RegisterPlan::standard).written_out());
        plan
    }
}

pub(crate) fn fill_in(settings: &mut BTreeMap<SmolStr, SmolStr>, forms: &[SettingForm]) {
    for (name, default) in defaults(forms) {
        settings.entry(name).or_insert(default);
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
pub(crate) fn defaults(forms: &[SettingForm]) -> BTreeMap<SmolStr, SmolStr> {
    forms.iter().map(|form| (form.name.into(), form.default.into())).collect()
}
