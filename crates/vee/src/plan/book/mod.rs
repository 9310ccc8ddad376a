//! The book of plans: shared sets, plans made of them, and where each plan holds.
//!
//! Validation and estimation sets are named and versioned, so that several plans use the same one. Plans are
//! attached to programmes, customer classes or usage points with dates; the most specific attachment
//! wins (usage point, then programme, then customer class, then everywhere). Pure: the book is given as
//! data and is asked for a date.
//!
//! - [`PlanBook::check`]: from a book as written to one that can be asked, or to everything wrong with it.
//! - [`DatedPlans`]: which plan judges each day of one usage point.

mod check;
mod holding;

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use model::master::CustomerKind;
use model::master::customer::UnknownCustomerKind;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{EstimatorEntry, Plan, ProcessEntry, RuleEntry, ScalingLimits, ScalingMode, UserRule, is_false};
use crate::formula::NamedFormula;

pub use check::CheckedPlanBook;
pub use holding::{Belonging, DatedPlans, Holding, NoPlan};

/// The book as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanBook {
    /// Validation sets.
    #[serde(default)]
    pub validation_set: Vec<ValidationSet>,
    /// Estimation sets.
    #[serde(default)]
    pub estimation_set: Vec<EstimationSet>,
    /// Plans, each a version.
    #[serde(default)]
    pub plan: Vec<PlanVersion>,
    /// Where the plans hold.
    #[serde(default)]
    pub attach: Vec<Attachment>,
}

/// Rules under one name and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationSet {
    /// What people call it.
    pub name: SmolStr,
    /// Goes up with every change.
    pub version: u32,
    /// The rules.
    #[serde(default)]
    pub validate: Vec<RuleEntry>,
    /// Rules that are formulas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_rule: Vec<UserRule>,
    /// Their formulas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formula: Vec<NamedFormula>,
    /// Whether the set runs again on estimates.
    #[serde(default, skip_serializing_if = "is_false")]
    pub validate_estimates: bool,
    /// The rules for register reads; where not written, those of [`crate::register::RegisterPlan::standard`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<Vec<RuleEntry>>,
    /// Rules about many days at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub process: Vec<ProcessEntry>,
}

/// Methods under one name and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EstimationSet {
    /// What people call it.
    pub name: SmolStr,
    /// Goes up with every change.
    pub version: u32,
    /// What happens with estimates where registers know the total.
    pub scaling: ScalingMode,
    /// Which estimates that may change, and how long registers wait.
    #[serde(default, skip_serializing_if = "ScalingLimits::is_default")]
    pub scaling_limits: ScalingLimits,
    /// The methods in the order tried.
    #[serde(default)]
    pub estimate: Vec<EstimatorEntry>,
    /// The methods for register reads; where not written, those of [`crate::register::RegisterPlan::standard`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<Vec<EstimatorEntry>>,
}

/// A version of a plan: which sets it is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanVersion {
    /// What people call it.
    pub name: SmolStr,
    /// Goes up with every change.
    pub version: u32,
    /// The validation set.
    pub validation: SetVersion,
    /// The estimation set.
    pub estimation: SetVersion,
}

/// A set by name and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetVersion {
    /// The name of the set.
    pub set: SmolStr,
    /// Its version.
    pub version: u32,
}

/// A version of a plan that holds somewhere from a date on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// The plan.
    pub plan: SmolStr,
    /// Its version.
    pub version: u32,
    /// Where it holds.
    pub to: Scope,
    /// The first date at which it holds; `None`: always before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The first date at which it holds no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// Where a plan holds, the least specific first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Where nothing else does.
    Everywhere,
    /// At usage points whose customer is of a class.
    CustomerClass(CustomerKind),
    /// At usage points in a programme.
    Programme(SmolStr),
    /// At one usage point.
    UsagePoint(SmolStr),
}

/// A text says no place where a plan may hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownScope {
    /// It is none of the four forms.
    #[error("expected `everywhere`, `customer-class:NAME`, `programme:NAME` or `usage-point:NAME`, found `{0}`")]
    Form(String),
    /// There is no such class of customers.
    #[error(transparent)]
    CustomerClass(UnknownCustomerKind),
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let unknown = || UnknownScope::Form(text.to_owned());
        let (kind, name) = text.split_once(':').map_or((text, ""), |(kind, name)| (kind.trim(), name.trim()));
        match kind {
            "everywhere" if name.is_empty() => Ok(Self::Everywhere),
            _ if name.is_empty() => Err(unknown()),
            "customer-class" => name.parse().map(Self::CustomerClass).map_err(UnknownScope::CustomerClass),
            "programme" => Ok(Self::Programme(name.into())),
            "usage-point" => Ok(Self::UsagePoint(name.into())),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere => f.write_str("everywhere"),
            Self::CustomerClass(class) => write!(f, "customer-class:{class}"),
            Self::Programme(name) => write!(f, "programme:{name}"),
            Self::UsagePoint(name) => write!(f, "usage-point:{name}"),
        }
    }
}

impl PlanBook {
    /// The sets and the version that a plan is made of, all under its name and version; it holds nowhere yet.
    pub fn of_plan(plan: Plan) -> Self {
        let Plan {
            name,
            version,
            scaling,
            scaling_limits,
            validate,
            user_rule,
            formula,
            validate_estimates,
            estimate,
            register,
            process,
        } = plan;
        let (rules, methods) = register.map(|part| (part.validate, part.estimate)).unzip();
        let set = SetVersion { set: name.clone(), version };
        let validation = ValidationSet {
            name: name.clone(),
            version,
            validate,
            user_rule,
            formula,
            validate_estimates,
            register: rules,
            process,
        };
        let estimation =
            EstimationSet { name: name.clone(), version, scaling, scaling_limits, estimate, register: methods };
        Self {
            validation_set: vec![validation],
            estimation_set: vec![estimation],
            plan: vec![PlanVersion { name, version, validation: set.clone(), estimation: set }],
            attach: Vec::new(),
        }
    }
}
