//! `amity vee plan attach` and `detach`: where a plan holds, from when to when.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;
use ingest::plans::book::{self, attach_plan, newest};
use jiff::civil::Date;
use model::finding::Finding;
use serde_json::json;
use smol_str::SmolStr;
use vee::Plan;
use vee::plan::book::{PlanBook, Scope};

use super::judged;
use crate::clock;
use crate::commands::validate::{self, plans_failure};
use crate::commands::vee::plan_file;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Say where a plan holds. Of two statements about one place the later one counts, on its dates; days that were judged
/// before stay as they are until they are run again.
#[derive(Debug, Args)]
pub struct Attach {
    /// The plan by name; with `@` and a number that version, else its newest one.
    plan: String,
    #[command(flatten)]
    place: Place,
}

/// Take away what was attached to a place: there, the next less specific place decides again, and in the end the plan of the
/// settings, which cannot be taken away.
#[derive(Debug, Args)]
pub struct Detach {
    #[command(flatten)]
    place: Place,
}

/// Where and when, and who says so.
#[derive(Debug, Args)]
struct Place {
    /// everywhere, customer-class:NAME, programme:NAME or usage-point:NAME; the more specific place wins.
    #[arg(long, value_name = "PLACE")]
    to: Scope,
    /// First local day, such as 2026-01-31; always before where not given.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// First local day after; for good where not given.
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// Your name.
    #[arg(long = "as", value_name = "NAME")]
    by: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Attach {
    /// Attaches and prints what is left to run.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let plans = validate::plans(installation)?;
        let plan = named(plans.written(), &self.plan)?;
        self.place.state(installation, Some(plan))
    }
}

impl Detach {
    /// Detaches and prints what is left to run.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        self.place.state(installation, None)
    }
}

impl Place {
    fn state(self, installation: &Installation, plan: Option<(SmolStr, u32)>) -> Result<ExitCode, Failure> {
        let by = super::person(&self.by)?;
        let Self { to, from, until, .. } = &self;
        let live = validate::live_plans(installation)?;
        let wanted = book::Attach { plan, to: to.clone(), from: *from, until: *until };
        let registry = &installation.books.registry;
        let stated = attach_plan(registry, live.default_plan(), &wanted, by, clock::now());
        let changed = installation.runtime.block_on(stated).map_err(plans_failure)?;
        let left = judged::left(installation, (*from, *until))?;
        let place = PlanBook { attach: wanted.attachment().into_iter().collect(), ..PlanBook::default() };
        let unknown = plan_file::unknown_usage_points(installation, &place)?;
        let findings = wanted.plan.as_ref().map_or(Ok(Vec::new()), |plan| other_units(installation, plan))?;
        if self.json {
            let plan = wanted.plan.map(|(name, version)| json!({ "name": name, "version": version }));
            output::print_json(&json!({
                "plan": plan, "to": to.to_string(), "from": from, "until": until, "changed": changed,
                "judged_otherwise": left, "findings": unknown.into_iter().chain(findings).collect::<Vec<_>>(),
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        let dates = super::dates(*from, *until);
        let default = live.default_plan();
        output::print(&match &wanted.plan {
            Some((name, version)) => {
                let already = if changed { "" } else { " (it did already)" };
                format!("plan `{name}` version {version} holds at {to}{dates}{already}")
            }
            None if !changed => format!("nothing was attached to {to}{dates}; nothing is changed"),
            None if *to == Scope::Everywhere => {
                let (name, version) = (&default.name, default.version);
                format!("plan `{name}` version {version} of the settings holds at {to}{dates} again")
            }
            None => format!("nothing is attached to {to}{dates} any more; the next less specific place decides"),
        })?;
        unknown.iter().for_each(|finding| output::say(&format!("warning: {}", finding.message)));
        output::say(&plan_file::lines("plan", &findings));
        output::print(&judged::words(&left))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What a plan says nothing of, because channels of intervals count in another unit than its limits.
fn other_units(installation: &Installation, (name, version): &(SmolStr, u32)) -> Result<Vec<Finding>, Failure> {
    let plans = validate::plans(installation)?;
    let Some(Ok(plan)) = plans.book().plan(name, *version).map(Plan::check) else { return Ok(Vec::new()) };
    let directory = installation.ask(installation.books.registry.directory())?;
    let units: BTreeSet<&str> = (directory.channels().filter(|channel| channel.interval_seconds.is_some()))
        .map(|channel| channel.unit.as_str())
        .collect();
    Ok(units.into_iter().flat_map(|unit| plan.apart_from(unit)).collect())
}

/// A plan by `name` or `name@version` in a book.
pub fn named(book: &PlanBook, text: &str) -> Result<(SmolStr, u32), Failure> {
    let (name, version) = match text.rsplit_once('@') {
        Some((name, version)) => {
            let wrong = |_| Failure::Usage(format!("`{text}`: expected a number after `@`, found `{version}`"));
            (name, Some(version.parse().map_err(wrong)?))
        }
        None => (text, newest(book, text)),
    };
    let unknown = || Failure::Usage(format!("there is no plan `{name}`; `amity vee plan list` shows what is there"));
    Ok((name.into(), version.ok_or_else(unknown)?))
}
