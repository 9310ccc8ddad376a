//! From a book as written to one that can be asked, or to everything that is wrong with it.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use model::finding::Finding;
use smol_str::{SmolStr, format_smolstr};

use super::{Attachment, PlanBook, PlanVersion, Scope, SetVersion};
use crate::plan::needs::Outlook;
use crate::plan::{CheckedPlan, Plan};
use crate::register::RegisterPlan;

/// A book whose every plan, set and date is known to be right.
#[derive(Clone, Debug)]
pub struct CheckedPlanBook {
    pub(super) plans: Vec<KnownPlan>,
    pub(super) places: HashMap<Scope, Vec<Place>>,
}

/// A plan of the book.
#[derive(Clone, Debug)]
pub(super) struct KnownPlan {
    pub written: Plan,
    pub checked: CheckedPlan,
}

/// An attachment with its position in the book and that of its plan.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub at: usize,
    pub plan: usize,
    pub attachment: Attachment,
}

impl KnownPlan {
    fn is(&self, name: &str, version: u32) -> bool {
        self.written.name == name && self.written.version == version
    }
}

impl CheckedPlanBook {
    /// Every plan as written, put together from its sets, in the order of the book.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.plans.iter().map(|plan| &plan.written)
    }

    /// A plan of the book as written.
    pub fn plan(&self, name: &str, version: u32) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.is(name, version)).map(|plan| &plan.written)
    }

    /// What is allowed but worth knowing of its plans, each with the place of the plan.
    pub fn notes(&self) -> Vec<Finding> {
        self.plans.iter().enumerate().flat_map(|(at, plan)| placed(at, plan.checked.notes().to_vec())).collect()
    }

    /// How far around a day any plan of the book looks, and at what.
    pub fn outlook(&self) -> Outlook {
        Outlook::of(self.plans.iter().map(|plan| &plan.checked))
    }
}

impl PlanBook {
    /// The book ready to be asked.
    ///
    /// # Errors
    /// Every finding: names and versions that are taken or absent, what is wrong in the plans, dates that end
    /// before they begin, and attachments to one place that overlap.
    pub fn check(&self) -> Result<CheckedPlanBook, Vec<Finding>> {
        let mut findings = Vec::new();
        findings.extend(unnamed("validation_set", self.validation_set.iter().map(|set| (&set.name, set.version))));
        findings.extend(unnamed("estimation_set", self.estimation_set.iter().map(|set| (&set.name, set.version))));
        findings.extend(taken("validation_set", self.validation_set.iter().map(|set| (&set.name, set.version))));
        findings.extend(taken("estimation_set", self.estimation_set.iter().map(|set| (&set.name, set.version))));
        findings.extend(taken("plan", self.plan.iter().map(|plan| (&plan.name, plan.version))));
        let mut plans = Vec::with_capacity(self.plan.len());
        for (at, version) in self.plan.iter().enumerate() {
            let plan = self.assembled(at, version);
            let checked = plan.and_then(|plan| Ok((plan.check().map_err(|found| placed(at, found))?, plan)));
            match checked {
                Ok((checked, written)) => plans.push(KnownPlan { written, checked }),
                Err(found) => findings.extend(found),
            }
        }
        let mut book = CheckedPlanBook { plans, places: HashMap::new() };
        for (at, attachment) in self.attach.iter().enumerate() {
            let place = book.places.entry(attachment.to.clone()).or_default();
            findings.extend(attachment_findings(at, attachment, place));
            match book.plans.iter().position(|plan| plan.is(&attachment.plan, attachment.version)) {
                Some(plan) => place.push(Place { at, plan, attachment: attachment.clone() }),
                None => findings.extend(self.unknown_plan(at, attachment)),
            }
        }
        if findings.is_empty() { Ok(book) } else { Err(findings) }
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
                scaling_limits: estimation.scaling_limits.clone(),
                validate: validation.validate.clone(),
                user_rule: validation.user_rule.clone(),
                formula: validation.formula.clone(),
                validate_estimates: validation.validate_estimates,
                estimate: estimation.estimate.clone(),
                register: RegisterPlan::of_sets(validation.register.as_ref(), estimation.register.as_ref()),
                process: validation.process.clone(),
            }),
            (validation, estimation) => {
                let rules = validation.is_none().then(|| absent("validation", rules));
                Err(rules.into_iter().chain(estimation.is_none().then(|| absent("estimation", methods))).collect())
            }
        }
    }

    /// A plan that has findings of its own is there.
    fn unknown_plan(&self, at: usize, attachment: &Attachment) -> Option<Finding> {
        let (name, version) = (&attachment.plan, attachment.version);
        if self.plan.iter().any(|plan| plan.name == *name && plan.version == version) {
            return None;
        }
        let known = self.plan.iter().filter(|plan| plan.name == *name).map(|plan| plan.version.to_string());
        let known: Vec<String> = known.collect();
        let advice = match known.as_slice() {
            [] => "put the plan into the book first".to_owned(),
            versions => format!("the book has version {}", versions.join(", ")),
        };
        let message = format!("there is no plan `{name}` of version {version}; {advice}");
        Some(Finding::new(0, format_smolstr!("attach[{at}].plan"), "book.unknown_plan", message))
    }
}

fn attachment_findings(at: usize, attachment: &Attachment, earlier: &[Place]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let (Some(from), Some(until)) = (attachment.from, attachment.until)
        && until <= from
    {
        let message = format!("found {until}, expected a date after {from}, the first at which the plan holds");
        findings.push(Finding::new(0, format_smolstr!("attach[{at}].until"), "book.dates", message));
    }
    if let Some(other) = earlier.iter().find(|other| other.attachment.overlaps(attachment)) {
        let message =
            format!("attach[{}] holds at the same place at the same time; end one of them before the other", other.at);
        findings.push(Finding::new(0, format_smolstr!("attach[{at}]"), "book.ambiguous", message));
    }
    findings
}

impl Attachment {
    fn overlaps(&self, other: &Self) -> bool {
        let begins_before = |from: Option<Date>, until: Option<Date>| match (from, until) {
            (Some(from), Some(until)) => from < until,
            _ => true,
        };
        self.to == other.to && begins_before(self.from, other.until) && begins_before(other.from, self.until)
    }
}

/// What the names and versions of a list of sets lack; a plan says so of its own.
fn unnamed<'s>(list: &str, names: impl Iterator<Item = (&'s SmolStr, u32)>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, (name, version)) in names.enumerate() {
        let mut lacks = |field: &str, code, message: &str| {
            findings.push(Finding::new(0, format_smolstr!("{list}[{at}].{field}"), code, message));
        };
        if name.trim().is_empty() {
            lacks("name", "book.name", "found an empty name, expected what people call the set, such as `usual`");
        }
        if version == 0 {
            let message = "found version 0, expected a number from 1 on that goes up with every change";
            lacks("version", "book.version", message);
        }
    }
    findings
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
