//! From a plan as written to a plan that can run, or to everything that is wrong with it.

use model::finding::{Finding, Severity};
use model::quality::Status;
use smol_str::{SmolStr, format_smolstr};

use super::contradictions::contradictions;
use super::elsewhere::belongs;
use super::reach::Reach;
use super::scaling_limits::CheckedLimits;
use super::user_rule::UserTest;
use super::{EstimatorEntry, ExceptionSeverity, OnFailure, Plan, RuleEntry, ScalingLimits, ScalingMode, UserRule};
use crate::assumed_time;
use crate::estimators::{ESTIMATORS, Estimator, estimator};
use crate::formula::{Library, named_status};
use crate::process::Processes;
use crate::register::{CheckedRegisterPlan, RegisterPlan};
use crate::rules::{self, RULES, Rule, Stage, by_formula, rule};
use crate::settings::{InvalidSetting, SettingForm, Settings};
use crate::view::View;

/// A plan whose every id, setting, unit and formula is known to be right.
#[derive(Clone, Debug)]
pub struct CheckedPlan {
    pub(crate) name: SmolStr,
    pub(crate) version: u32,
    pub(crate) scaling: ScalingMode,
    pub(crate) limits: CheckedLimits,
    scaling_limits: ScalingLimits,
    pub(crate) rules: Vec<PlannedRule>,
    pub(crate) validate_estimates: bool,
    pub(crate) estimators: Vec<PlannedEstimator>,
    /// What its rules look at together.
    pub(super) rules_reach: Reach,
    /// What its methods look at together.
    pub(super) methods_reach: Reach,
    estimate: Vec<EstimatorEntry>,
    register: CheckedRegisterPlan,
    processes: Processes,
    notes: Vec<Finding>,
}

#[derive(Clone, Debug)]
pub(crate) struct PlannedRule {
    pub id: SmolStr,
    test: Judge,
    pub on_failure: OnFailure,
    /// Whether a failure becomes manual work.
    pub routed: bool,
    /// Whether the plan says in so many words that it does not, even where no method gives a value.
    pub kept_out: bool,
    pub severity: ExceptionSeverity,
    /// Values with any of these do not fail.
    pub ignored: Status,
}

#[derive(Clone, Debug)]
enum Judge {
    Built(&'static Rule, Settings),
    User(Box<UserTest>),
}

#[derive(Clone, Debug)]
pub(crate) struct PlannedEstimator {
    pub estimator: &'static Estimator,
    pub exclude_from_scaling: bool,
    /// Intervals with any of these are not offered.
    pub ignored: Status,
    pub settings: Settings,
}

impl PlannedRule {
    pub(crate) fn stage(&self) -> Stage {
        match &self.test {
            Judge::Built(rule, _) => rule.stage,
            Judge::User(_) => Stage::Values,
        }
    }

    /// The settings of a built rule; `None` for a formula.
    pub(crate) fn settings(&self) -> Option<&Settings> {
        match &self.test {
            Judge::Built(_, settings) => Some(settings),
            Judge::User(_) => None,
        }
    }

    /// What it looks at beside the day itself.
    fn reach(&self) -> Reach {
        match &self.test {
            Judge::Built(rule, settings) => (rule.reach)(settings),
            Judge::User(test) => by_formula::reach(&test.formula),
        }
    }

    pub(crate) fn judge(&self, view: &View<'_>) -> rules::Finding {
        match &self.test {
            Judge::Built(rule, settings) => (rule.judge)(view, settings),
            Judge::User(test) => test.judge(view),
        }
    }
}

impl PlannedEstimator {
    /// What it looks at beside the day itself.
    fn reach(&self) -> Reach {
        (self.estimator.reach)(&self.settings)
    }
}

impl CheckedPlan {
    /// What happens with estimates where registers know the total.
    pub fn scaling(&self) -> ScalingMode {
        self.scaling
    }

    /// Which estimates that may change, and how long registers wait, as written.
    pub fn scaling_limits(&self) -> &ScalingLimits {
        &self.scaling_limits
    }

    /// The methods as they are written, in the order tried.
    pub fn methods(&self) -> &[EstimatorEntry] {
        &self.estimate
    }

    /// The part for register reads.
    pub fn register(&self) -> &CheckedRegisterPlan {
        &self.register
    }

    /// The rules about many days at once.
    pub fn processes(&self) -> &Processes {
        &self.processes
    }

    /// What people call it.
    pub fn name(&self) -> &SmolStr {
        &self.name
    }

    /// Goes up with every change.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What of the plan says nothing of channels that count in a unit, because a limit is in another one: a note, and a
    /// warning where the rule is never about that quantity.
    pub fn apart_from(&self, unit: &str) -> Vec<Finding> {
        let of_rules = self.rules.iter().filter_map(|planned| match &planned.test {
            Judge::Built(rule, settings) => Some((rule.id, rule.settings, settings)),
            Judge::User(_) => None,
        });
        let of_methods =
            self.estimators.iter().map(|planned| (planned.estimator.id, planned.estimator.settings, &planned.settings));
        let apart = |(id, forms, settings): (&str, &[SettingForm], &Settings)| {
            let found = settings.apart_from(forms, unit).into_iter().map(|(name, own, is_strange)| {
                let message = format!("{id} says nothing of values in {unit}: its setting {name} is in {own}");
                let severity = if is_strange { Severity::Warning } else { Severity::Note };
                Finding::new(0, format_smolstr!("{id}.{name}"), "plan.other_unit", message).with_severity(severity)
            });
            found.collect::<Vec<_>>()
        };
        of_rules.chain(of_methods).flat_map(apart).collect()
    }

    /// What is allowed but worth knowing, such as a method that will hardly ever be reached.
    pub fn notes(&self) -> &[Finding] {
        &self.notes
    }
}

impl Plan {
    /// The plan ready to run.
    ///
    /// # Errors
    /// Every finding: unknown or repeated ids, unknown settings, statuses and formulas, wrong units, values
    /// out of range. A finding names its place as `validate[2].settings.excess`.
    pub fn check(&self) -> Result<CheckedPlan, Vec<Finding>> {
        let mut findings = self.without_name();
        let mut rules = Vec::with_capacity(self.validate.len() + self.user_rule.len());
        for (at, entry) in self.validate.iter().enumerate() {
            if self.validate[..at].iter().any(|earlier| earlier.rule == entry.rule) {
                findings.push(repeated(&format_smolstr!("validate[{at}]"), &entry.rule));
            }
            rules.extend(planned_rule(&format_smolstr!("validate[{at}]"), entry, &mut findings));
        }
        let (library, wrong_formulas) = Library::read(&self.formula);
        findings.extend(wrong_formulas);
        for (at, entry) in self.user_rule.iter().enumerate() {
            if self.user_rule[..at].iter().any(|earlier| earlier.rule == entry.rule) {
                findings.push(repeated(&format_smolstr!("user_rule[{at}]"), &entry.rule));
            }
            rules.extend(user_rule(&format_smolstr!("user_rule[{at}]"), entry, &library, &mut findings));
        }
        let mut estimators: Vec<PlannedEstimator> = Vec::with_capacity(self.estimate.len());
        for (at, entry) in self.estimate.iter().enumerate() {
            if self.estimate[..at].iter().any(|earlier| earlier.method == entry.method) {
                findings.push(repeated(&format_smolstr!("estimate[{at}]"), &entry.method));
            }
            let place = format_smolstr!("estimate[{at}]");
            estimators.extend(planned_estimator(&place, entry, &estimators, &mut findings));
        }
        let register = self.register.clone().unwrap_or_else(RegisterPlan::standard).check(&self.name, self.version);
        let register = register.map_err(|wrong| findings.extend(wrong)).ok();
        let processes = Processes::read(&self.process, &mut findings);
        let limits = self.scaling_limits.check(&mut findings);
        let is_wrong = |finding: &Finding| Severity::Error <= finding.severity;
        let Some(register) = register.filter(|_| !findings.iter().any(is_wrong)) else { return Err(findings) };
        Ok(CheckedPlan {
            name: self.name.clone(),
            version: self.version,
            scaling: self.scaling,
            limits,
            scaling_limits: self.scaling_limits.clone(),
            rules_reach: Reach::of(rules.iter().map(PlannedRule::reach)),
            methods_reach: Reach::of(estimators.iter().map(PlannedEstimator::reach)),
            rules,
            validate_estimates: self.validate_estimates,
            estimators,
            estimate: self.estimate.clone(),
            register,
            processes,
            notes: findings,
        })
    }
}

impl Plan {
    /// What its name and version lack: every outcome is stored with both.
    fn without_name(&self) -> Vec<Finding> {
        let name = "found an empty name, expected what people call the plan, such as `residential`";
        let version = "found version 0, expected a number from 1 on that goes up with every change";
        let of_name = self.name.trim().is_empty().then(|| Finding::new(0, "name", "plan.name", name));
        let of_version = (self.version == 0).then(|| Finding::new(0, "version", "plan.version", version));
        of_name.into_iter().chain(of_version).collect()
    }
}

fn planned_rule(place: &str, entry: &RuleEntry, findings: &mut Vec<Finding>) -> Option<PlannedRule> {
    let Some(rule) = rule(&entry.rule) else {
        let known: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        findings.push(unknown(place, "rule", &entry.rule, &known));
        return None;
    };
    let on_failure = entry.effect();
    if on_failure == OnFailure::Estimate {
        findings.extend(not_estimated(place, rule));
    }
    let ignored = statuses(&format_smolstr!("{place}.statuses_to_ignore"), &entry.statuses_to_ignore, findings);
    let settings = read_settings(place, rule.id, Settings::read(rule.settings, &entry.settings), findings)?;
    findings.extend(contradictions(place, rule.id, rule.settings, &settings));
    Some(PlannedRule {
        id: SmolStr::new_static(rule.id),
        test: Judge::Built(rule, settings),
        on_failure,
        routed: entry.is_routed(),
        kept_out: entry.route_to_queue == Some(false),
        severity: entry.severity,
        ignored,
    })
}

fn user_rule(place: &str, entry: &UserRule, library: &Library, findings: &mut Vec<Finding>) -> Option<PlannedRule> {
    let named = |id: &str| id.strip_prefix("U-").is_some_and(|name| !name.is_empty());
    if !named(&entry.rule) {
        let message = format!("found `{}`, expected an id such as `U-AMT`", entry.rule);
        findings.push(Finding::new(0, format_smolstr!("{place}.rule"), "plan.user_rule_id", message));
    }
    let ignored = statuses(&format_smolstr!("{place}.statuses_to_ignore"), &entry.statuses_to_ignore, findings);
    let field = format_smolstr!("{place}.true_results_status");
    let stamp = statuses(&field, entry.true_results_status.as_slice(), findings);
    let Some(formula) = library.get(&entry.named_formula_id) else {
        let known: Vec<&str> = library.names().collect();
        let field = format_smolstr!("{place}.named_formula_id");
        let message = format!(
            "there is no usable formula `{}`; the plan has: {}; add it as [[formula]] first, to the plan or to the book",
            entry.named_formula_id,
            if known.is_empty() { "none".into() } else { known.join(", ") }
        );
        findings.push(Finding::new(0, field, "plan.unknown_formula", message));
        return None;
    };
    let on_failure = entry.on_failure();
    Some(PlannedRule {
        id: entry.rule.clone(),
        test: Judge::User(Box::new(UserTest { rule: entry.clone(), formula, stamp })),
        on_failure,
        routed: entry.route_to_queue,
        kept_out: !entry.route_to_queue,
        severity: entry.severity,
        ignored,
    })
}

fn planned_estimator(
    place: &str,
    entry: &EstimatorEntry,
    earlier: &[PlannedEstimator],
    findings: &mut Vec<Finding>,
) -> Option<PlannedEstimator> {
    let Some(estimator) = estimator(&entry.method) else {
        let known: Vec<&str> = ESTIMATORS.iter().map(|estimator| estimator.id).collect();
        findings.push(unknown(place, "method", &entry.method, &known));
        return None;
    };
    findings.extend(out_of_order(place, estimator, earlier));
    let ignored = statuses(&format_smolstr!("{place}.statuses_to_ignore"), &entry.statuses_to_ignore, findings);
    let settings = read_settings(place, estimator.id, Settings::read(estimator.settings, &entry.settings), findings)?;
    findings.extend(contradictions(place, estimator.id, estimator.settings, &settings));
    let planned = PlannedEstimator { estimator, exclude_from_scaling: entry.exclude_from_scaling, ignored, settings };
    findings.extend(assumed_time::configuration(place, &planned));
    Some(planned)
}

fn read_settings(
    place: &str,
    id: &str,
    settings: Result<Settings, Vec<InvalidSetting>>,
    findings: &mut Vec<Finding>,
) -> Option<Settings> {
    settings.map_err(|invalid| findings.extend(invalid.into_iter().map(|invalid| wrong(place, id, invalid)))).ok()
}

pub(crate) fn wrong(place: &str, id: &str, invalid: InvalidSetting) -> Finding {
    let field = format_smolstr!("{place}.settings.{}", invalid.name);
    Finding::new(0, field, "plan.setting", format!("{id}: {}", invalid.message))
}

/// The statuses of a list of names, together.
fn statuses(field: &str, names: &[SmolStr], findings: &mut Vec<Finding>) -> Status {
    names.iter().filter_map(|name| status(field, name, findings)).fold(Status::NONE, |all, status| all | status)
}

pub(super) fn status(field: &str, name: &str, findings: &mut Vec<Finding>) -> Option<Status> {
    let found = named_status(name);
    if found.is_none() {
        let message = format!("found `{name}`, expected a status such as AMT, CLOCK or \"TIME ADJUSTED\"");
        findings.push(Finding::new(0, field, "plan.unknown_status", message));
    }
    found
}

pub(crate) fn unknown(place: &str, what: &str, id: &str, known: &[&str]) -> Finding {
    let known = known.join(", ");
    let message = match belongs(id) {
        Some(words) => format!("{id} is {words}; here are {known}"),
        None => format!("there is no {what} `{id}`; built are {known}"),
    };
    Finding::new(0, format_smolstr!("{place}.{what}"), "plan.unknown_id", message)
}

pub(crate) fn repeated(place: &str, id: &str) -> Finding {
    let message = format!("`{id}` is listed twice; keep one entry");
    Finding::new(0, place, "plan.repeated_id", message)
}

/// A rule that runs after estimation cannot ask for an estimate.
fn not_estimated(place: &str, rule: &Rule) -> Option<Finding> {
    let why = match rule.stage {
        Stage::Values => return None,
        Stage::Totals => "compares totals, which no estimate can mend",
        Stage::Final => "looks at what estimation left, after which none is tried",
    };
    let message = format!("{} {why}; write `warn` or `review`", rule.id);
    Some(Finding::new(0, format_smolstr!("{place}.on_failure"), "plan.on_failure", message))
}

/// A method for short gaps after one that fills any gap gets only what that one could not fill; a
/// replacement of marked intervals after any other method comes too late.
fn out_of_order(place: &str, estimator: &Estimator, earlier: &[PlannedEstimator]) -> Option<Finding> {
    let filled = earlier.iter().find(|planned| planned.estimator.fills_any_length);
    let before = match estimator.id {
        "E15" => earlier.first(),
        _ if estimator.fills_any_length => None,
        _ => filled,
    }?;
    let other = before.estimator.id;
    let why = if before.estimator.fills_any_length { "gaps of any length" } else { "gaps it should leave open" };
    let message = format!("{} comes after {other}, which fills {why}; put {} first", estimator.id, estimator.id);
    Some(Finding::new(0, place, "plan.order", message).with_severity(Severity::Warning))
}
