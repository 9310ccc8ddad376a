//! The book of plans: shared sets, plans made of them, and where each plan holds.
//!
//! Validation and estimation sets are named and versioned, so that several plans use the same one. Plans are
//! attached to programmes, customer classes or usage points with dates; the most specific attachment
//! wins (usage point, then programme, then customer class, then everywhere). Pure: the book is given as
//! data and is asked for a date.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::finding::Finding;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use super::{CheckedPlan, EstimatorEntry, Plan, RuleEntry, ScalingMode, UserRule, is_false};
use crate::formula::NamedFormula;

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
    /// The methods in the order tried.
    #[serde(default)]
    pub estimate: Vec<EstimatorEntry>,
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Where nothing else does.
    Everywhere,
    /// At usage points of a class of customers.
    CustomerClass(SmolStr),
    /// At usage points in a programme.
    Programme(SmolStr),
    /// At one usage point.
    UsagePoint(SmolStr),
}

/// What the book has to know of a usage point.
#[derive(Clone, Copy, Debug, Default)]
pub struct UsagePointTraits<'a> {
    /// Its name.
    pub usage_point: &'a str,
    /// The class of its customer; empty where it has none.
    pub customer_class: &'a str,
    /// The programmes it is in.
    pub programmes: &'a [&'a str],
}

/// A book whose every plan, set and date is known to be right.
#[derive(Clone, Debug)]
pub struct CheckedPlanBook {
    plans: Vec<(SmolStr, u32, CheckedPlan)>,
    attach: Vec<Attachment>,
}

/// The plan that holds, and why.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'b> {
    /// The plan ready to run.
    pub plan: &'b CheckedPlan,
    /// The attachment that won.
    pub attachment: &'b Attachment,
}

/// No single plan holds at a usage point.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// Nothing is attached.
    #[error("no plan is attached to usage point {usage_point} on {date}; attach one to everywhere")]
    Nothing {
        /// The usage point.
        usage_point: SmolStr,
        /// The date.
        date: Date,
    },
    /// It is in several programmes with different plans.
    #[error("usage point {usage_point} has several plans on {date}: {plans}; attach one to the usage point itself")]
    Several {
        /// The usage point.
        usage_point: SmolStr,
        /// The date.
        date: Date,
        /// The plans.
        plans: String,
    },
}

impl PlanBook {
    /// The book ready to be asked.
    ///
    /// # Errors
    /// Every finding: names and versions that are taken or absent, what is wrong in the plans, dates that end
    /// before they begin, and attachments to one place that overlap.
    pub fn check(&self) -> Result<CheckedPlanBook, Vec<Finding>> {
        let mut findings = Vec::new();
        findings.extend(taken("validation_set", self.validation_set.iter().map(|set| (&set.name, set.version))));
        findings.extend(taken("estimation_set", self.estimation_set.iter().map(|set| (&set.name, set.version))));
        findings.extend(taken("plan", self.plan.iter().map(|plan| (&plan.name, plan.version))));
        let mut plans = Vec::with_capacity(self.plan.len());
        for (at, version) in self.plan.iter().enumerate() {
            match self.assembled(at, version).and_then(|plan| plan.check().map_err(|found| placed(at, found))) {
                Ok(plan) => plans.push((version.name.clone(), version.version, plan)),
                Err(found) => findings.extend(found),
            }
        }
        for at in 0..self.attach.len() {
            findings.extend(self.attachment_findings(at));
        }
        if findings.is_empty() { Ok(CheckedPlanBook { plans, attach: self.attach.clone() }) } else { Err(findings) }
    }

    fn assembled(&self, at: usize, version: &PlanVersion) -> Result<Plan, Vec<Finding>> {
        let (rules, methods) = (&version.validation, &version.estimation);
        let validation = self.validation_set.iter().find(|set| set.name == rules.set && set.version == rules.version);
        let estimation =
            self.estimation_set.iter().find(|set| set.name == methods.set && set.version == methods.version);
        let absent = |field: &str, wanted: &SetVersion| {
            let message =
                format!("there is no set `{}` of version {}; add it or correct the name", wanted.set, wanted.version);
            Finding::new(0, format_smolstr!("plan[{at}].{field}"), "book.unknown_set", message)
        };
        match (validation, estimation) {
            (Some(validation), Some(estimation)) => Ok(Plan {
                name: version.name.clone(),
                version: version.version,
                scaling: estimation.scaling,
                validate: validation.validate.clone(),
                user_rule: validation.user_rule.clone(),
                formula: validation.formula.clone(),
                validate_estimates: validation.validate_estimates,
                estimate: estimation.estimate.clone(),
            }),
            (validation, estimation) => {
                let rules = validation.is_none().then(|| absent("validation", rules));
                Err(rules.into_iter().chain(estimation.is_none().then(|| absent("estimation", methods))).collect())
            }
        }
    }

    fn attachment_findings(&self, at: usize) -> Vec<Finding> {
        let attachment = &self.attach[at];
        let place = |field: &str| format_smolstr!("attach[{at}].{field}");
        let mut findings = Vec::new();
        let is_wanted = |plan: &&PlanVersion| plan.name == attachment.plan && plan.version == attachment.version;
        if !self.plan.iter().any(|plan| is_wanted(&plan)) {
            let message = format!("there is no plan `{}` of version {}", attachment.plan, attachment.version);
            findings.push(Finding::new(0, place("plan"), "book.unknown_plan", message));
        }
        if let (Some(from), Some(until)) = (attachment.from, attachment.until)
            && until <= from
        {
            let message = format!("found {until}, expected a date after {from}, the first at which the plan holds");
            findings.push(Finding::new(0, place("until"), "book.dates", message));
        }
        let overlapping = self.attach[..at].iter().position(|earlier| earlier.overlaps(attachment));
        if let Some(earlier) = overlapping {
            let message =
                format!("attach[{earlier}] holds at the same place at the same time; end one of them before the other");
            findings.push(Finding::new(0, format_smolstr!("attach[{at}]"), "book.ambiguous", message));
        }
        findings
    }
}

impl Attachment {
    /// Whether it holds on a date.
    pub fn holds(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date < until)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let begins_before = |from: Option<Date>, until: Option<Date>| match (from, until) {
            (Some(from), Some(until)) => from < until,
            _ => true,
        };
        self.to == other.to && begins_before(self.from, other.until) && begins_before(other.from, self.until)
    }

    fn covers(&self, point: &UsagePointTraits<'_>) -> bool {
        match &self.to {
            Scope::Everywhere => true,
            Scope::CustomerClass(class) => class == point.customer_class,
            Scope::Programme(programme) => point.programmes.contains(&programme.as_str()),
            Scope::UsagePoint(name) => name == point.usage_point,
        }
    }

    fn rank(&self) -> u8 {
        match self.to {
            Scope::Everywhere => 0,
            Scope::CustomerClass(_) => 1,
            Scope::Programme(_) => 2,
            Scope::UsagePoint(_) => 3,
        }
    }
}

impl CheckedPlanBook {
    /// The plan that holds at a usage point on a date: that of the most specific place.
    ///
    /// # Errors
    /// Where nothing holds, or programmes of the usage point have different plans.
    pub fn at(&self, point: &UsagePointTraits<'_>, date: Date) -> Result<Holding<'_>, NoPlan> {
        let holding = || self.attach.iter().filter(|attachment| attachment.holds(date) && attachment.covers(point));
        let rank = holding().map(Attachment::rank).max();
        let best: Vec<&Attachment> = holding().filter(|attachment| Some(attachment.rank()) == rank).collect();
        let plans: BTreeSet<(&SmolStr, u32)> = best.iter().map(|best| (&best.plan, best.version)).collect();
        let usage_point = SmolStr::from(point.usage_point);
        if 1 < plans.len() {
            let plans: Vec<String> = plans.iter().map(|(name, version)| format!("{name} {version}")).collect();
            return Err(NoPlan::Several { usage_point, date, plans: plans.join(", ") });
        }
        let attachment = best.first().copied();
        let named = |attachment: &Attachment| {
            self.plans.iter().find(|(name, version, _)| *name == attachment.plan && *version == attachment.version)
        };
        match attachment.and_then(|attachment| Some((attachment, named(attachment)?))) {
            Some((attachment, (_, _, plan))) => Ok(Holding { plan, attachment }),
            None => Err(NoPlan::Nothing { usage_point, date }),
        }
    }
}

/// A finding for each name and version that stands earlier in its list.
fn taken<'s>(list: &str, names: impl Iterator<Item = (&'s SmolStr, u32)>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for (at, (name, version)) in names.enumerate() {
        if !seen.insert((name, version)) {
            let message = format!("`{name}` of version {version} stands twice; give the changed one a new version");
            findings.push(Finding::new(0, format_smolstr!("{list}[{at}]"), "book.repeated", message));
        }
    }
    findings
}

/// The findings of a plan with its place in the book before theirs.
fn placed(at: usize, findings: Vec<Finding>) -> Vec<Finding> {
    let inside = |finding: Finding| Finding { field: format_smolstr!("plan[{at}].{}", finding.field), ..finding };
    findings.into_iter().map(inside).collect()
}
