//! `amity vee plan show`: what a plan says, with every default written out.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use smol_str::SmolStr;
use vee::Plan;
use vee::estimators::estimator;
use vee::plan::book::Attachment;
use vee::plan::{EstimatorEntry, RuleEntry, UserRule};
use vee::register::RegisterPlan;
use vee::rules::rule;
use vee::settings::SettingForm;

use crate::commands::validate;
use crate::commands::vee::plan_file::{self, PlanFile, Written};
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::settings::{self, Settings};

/// Show the rules, methods and formulas of a plan, or of every plan of a book, with the settings that hold by default.
#[derive(Debug, Args)]
pub struct Show {
    /// A plan or book, TOML or JSON, or the name of a plan that was put, with `@` and a number for that version; where not
    /// given, the plan of the settings, or else the standard plan.
    #[arg(value_name = "FILE or NAME")]
    what: Option<String>,
    /// Print one JSON document: the plan with every setting written out, which can be used as a plan again; of a book, a
    /// list of such plans.
    #[arg(long)]
    json: bool,
}

impl Show {
    /// Prints the plan.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let shown = match &self.what {
            Some(what) if Path::new(what).exists() => of_file(Path::new(what))?,
            Some(name) => Shown::One(Box::new(stored(folder, name)?)),
            None => Shown::One(Box::new(plan_file::of_settings(&settings(folder)?, folder)?.0)),
        };
        match (&shown, self.json) {
            (Shown::One(plan), true) => output::print_json(&plan.written_out())?,
            (Shown::One(plan), false) => output::print(&as_text(plan))?,
            (Shown::Book(plans, _), true) => {
                output::print_json(&plans.iter().map(Plan::written_out).collect::<Vec<_>>())?;
            }
            (Shown::Book(plans, attach), false) => output::print(&book_as_text(plans, attach))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What is shown.
enum Shown {
    One(Box<Plan>),
    Book(Vec<Plan>, Vec<Attachment>),
}

fn of_file(path: &Path) -> Result<Shown, Failure> {
    let file = PlanFile::open(path)?;
    let refused = |findings| file.refused(&file.placed(findings));
    Ok(match file.written().map_err(|finding| file.refused(&[finding]))? {
        Written::Plan(plan) => {
            plan.check().map_err(refused)?;
            Shown::One(plan)
        }
        Written::Book(book) => {
            let checked = book.check().map_err(refused)?;
            Shown::Book(checked.plans().cloned().collect(), book.attach)
        }
    })
}

/// A plan that was put, put together from its sets.
fn stored(folder: &Path, text: &str) -> Result<Plan, Failure> {
    let installation = Installation::open(folder)?;
    let plans = validate::plans(&installation)?;
    let (name, version) = super::named(plans.written(), text)?;
    let unknown = || Failure::Usage(format!("plan `{name}` has no version {version}; see `amity vee plan list`"));
    plans.book().plan(&name, version).cloned().ok_or_else(unknown)
}

fn book_as_text(plans: &[Plan], attach: &[Attachment]) -> String {
    let mut parts: Vec<String> = plans.iter().map(as_text).collect();
    let place = |attachment: &Attachment| {
        let Attachment { plan, version, to, from, until } = attachment;
        format!("plan `{plan}` version {version} holds at {to}{}", super::dates(*from, *until))
    };
    let places: Vec<String> = attach.iter().map(place).collect();
    parts.push(if places.is_empty() { "no plan is attached".into() } else { places.join("\n") });
    parts.join("\n\n")
}

/// The settings of a data folder, or those of a new one; its books stay closed.
fn settings(folder: &Path) -> Result<Settings, Failure> {
    let path = folder.join(settings::FILE_NAME);
    if path.exists() { Settings::load(&path) } else { Ok(Settings::default()) }
}

fn as_text(plan: &Plan) -> String {
    let again = if plan.validate_estimates { "; estimates are validated again" } else { "" };
    let mut lines =
        vec![format!("plan `{}` version {}: scaling {}{again}", plan.name, plan.version, word(plan.scaling))];
    let limits = &plan.scaling_limits;
    if 0 < limits.wait_days {
        lines.push(format!("registers wait {} days for late values", limits.wait_days));
    }
    if !limits.only_statuses.is_empty() {
        lines.push(format!("only estimates with a status of {} are scaled", limits.only_statuses.join(", ")));
    }
    lines.push("\nrules".into());
    plan.validate.iter().for_each(|entry| lines.extend(of_rule(entry)));
    plan.user_rule.iter().for_each(|entry| lines.extend(of_user_rule(entry)));
    lines.push("\nmethods, in the order tried".into());
    plan.estimate.iter().for_each(|entry| lines.extend(of_method(entry)));
    let register = plan.register.clone().unwrap_or_else(RegisterPlan::standard);
    lines.push("\nrules for register reads".into());
    register.validate.iter().for_each(|entry| lines.extend(of_register_rule(entry)));
    lines.push("\nmethods for register reads, in the order tried".into());
    register.estimate.iter().for_each(|entry| lines.extend(of_register_method(entry)));
    if !plan.formula.is_empty() {
        lines.push("\nformulas".into());
    }
    lines.extend(plan.formula.iter().map(|formula| format!("  {}: {}", formula.name, formula.text)));
    lines.join("\n")
}

fn of_rule(entry: &RuleEntry) -> Vec<String> {
    rule(&entry.rule).map_or_else(Vec::new, |rule| rule_lines(entry, rule.name, rule.purpose, rule.settings))
}

fn of_register_rule(entry: &RuleEntry) -> Vec<String> {
    let rule = vee::register::rules::rule(&entry.rule);
    rule.map_or_else(Vec::new, |rule| rule_lines(entry, rule.name, rule.purpose, rule.settings))
}

fn rule_lines(entry: &RuleEntry, name: &str, purpose: &str, settings: &[SettingForm]) -> Vec<String> {
    let mut head = format!("  {} {name}: {}, severity {}", entry.rule, word(entry.on_failure), word(entry.severity));
    if let Some(routed) = entry.route_to_queue {
        head.push_str(if routed { ", a person has to look" } else { ", nobody has to look" });
    }
    head.push_str(&passed_over(&entry.statuses_to_ignore));
    [head, format!("      {purpose}")].into_iter().chain(settings_of(settings, &entry.settings)).collect()
}

fn of_user_rule(entry: &UserRule) -> Vec<String> {
    let (trigger, severity) = (word(entry.on_failure()), word(entry.severity));
    let mut head = format!("  {} formula `{}`: {trigger}, severity {severity}", entry.rule, entry.named_formula_id);
    head.extend(entry.true_results_status.iter().map(|status| format!(", marks {status}")));
    if !entry.device_families.is_empty() {
        head.push_str(&format!(", only for {}", entry.device_families.join(", ")));
    }
    head.push_str(&passed_over(&entry.statuses_to_ignore));
    vec![head]
}

fn of_method(entry: &EstimatorEntry) -> Vec<String> {
    let Some(method) = estimator(&entry.method) else { return Vec::new() };
    let kept = if entry.exclude_from_scaling { ": not scaled" } else { "" };
    let head = format!("  {} {}{kept}{}", method.id, method.name, passed_over(&entry.statuses_to_ignore));
    [head].into_iter().chain(settings_of(method.settings, &entry.settings)).collect()
}

fn of_register_method(entry: &EstimatorEntry) -> Vec<String> {
    let Some(method) = vee::register::estimators::estimator(&entry.method) else { return Vec::new() };
    let head = format!("  {} {}", method.id, method.name);
    [head].into_iter().chain(settings_of(method.settings, &entry.settings)).collect()
}

fn settings_of<'f>(
    forms: &'f [SettingForm],
    given: &'f BTreeMap<SmolStr, SmolStr>,
) -> impl Iterator<Item = String> + 'f {
    forms.iter().map(|form| {
        let value = given.get(form.name).map_or(form.default, SmolStr::as_str);
        let default = if value == form.default { " (default)" } else { "" };
        format!("      {} = {value}{default}: {}", form.name, form.meaning)
    })
}

fn passed_over(statuses: &[SmolStr]) -> String {
    if statuses.is_empty() { String::new() } else { format!(", not where {}", statuses.join(" or ")) }
}

/// The word of a choice as plans write it.
fn word(choice: impl Serialize) -> String {
    serde_json::to_value(choice).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
