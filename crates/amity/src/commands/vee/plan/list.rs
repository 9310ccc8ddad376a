//! `amity vee plan list` and `history`: what is in force, and what was put.

use std::process::ExitCode;

use clap::Args;
use ingest::plans::listing::{Entry, ListedPlan, Listing, history, listing};
use jiff::civil::Date;
use model::id::{Name, UsagePointId};
use serde_json::json;
use store::registry::master::Class;
use vee::plan::book::{Attachment, SetVersion};

use crate::commands::validate;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// List the plans and where each holds now, or which one holds for a usage point.
#[derive(Debug, Args)]
pub struct List {
    /// Tell which plan holds for this usage point: its name or mRID.
    #[arg(long = "for", value_name = "USAGE_POINT", requires = "date")]
    usage_point: Option<String>,
    /// On this local day.
    #[arg(long, value_name = "DATE", requires = "usage_point")]
    date: Option<Date>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Tell every set, plan and attachment that was ever put: when, by whom.
#[derive(Debug, Args)]
pub struct History {
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl List {
    /// Reads and prints.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        if let (Some(usage_point), Some(date)) = (&self.usage_point, self.date) {
            return holding(installation, usage_point, date, self.json);
        }
        let plans = validate::plans(installation)?;
        let stored = installation.ask(installation.books.registry.plans().all())?;
        let listing = listing(&plans, &stored);
        if self.json {
            output::print_json(&listing)?
        } else {
            output::print(&as_text(&listing))?
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The plan of a usage point on a date; exit status 1 where no single one holds.
fn holding(installation: &Installation, usage_point: &str, date: Date, as_json: bool) -> Result<ExitCode, Failure> {
    let registry = &installation.books.registry;
    let found = installation.ask(registry.master().find(Class::UsagePoint, &Name::new("", usage_point)))?;
    let found = found.or_else(|| usage_point.parse().ok()).map(UsagePointId);
    let unknown = || Failure::Usage(format!("`{usage_point}` is not the name of one usage point"));
    let point = found.ok_or_else(unknown)?;
    let (plans, directory) = (validate::plans(installation)?, installation.ask(registry.directory())?);
    let of_day = plans.of_usage_point(&directory, point);
    let held = of_day.holding(date);
    if as_json {
        let told = held.as_ref().ok();
        let plan = told.map(|told| json!({ "name": told.plan.name(), "version": told.plan.version() }));
        let attachment = told.and_then(|told| told.attachment);
        let reason = held.as_ref().err().map(ToString::to_string);
        output::print_json(&json!({
            "usage_point": usage_point, "date": date, "plan": plan, "attachment": attachment, "reason": reason,
        }))?;
    } else {
        output::print(&match &held {
            Ok(told) => {
                let (name, version) = (told.plan.name(), told.plan.version());
                let place = told.attachment.map(|why| format!(", attached to {}", why.to)).unwrap_or_default();
                format!("plan `{name}` version {version}{place}")
            }
            Err(none) => none.to_string(),
        })?;
    }
    Ok(ExitCode::from(u8::from(held.is_err())))
}

impl History {
    /// Reads and prints.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let stored = installation.ask(installation.books.registry.plans().all())?;
        let entries = history(&stored);
        if self.json {
            output::print_json(&entries)?;
        } else if entries.is_empty() {
            output::print("nothing was put yet; the plan of the settings holds everywhere")?;
        } else {
            let rows: Vec<_> = entries.iter().map(entry_row).collect();
            output::print(&output::table(
                &["when", "who", "what", "name", "version", "where and when it holds"],
                &rows,
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn as_text(listing: &Listing) -> String {
    let plan_row = |plan: &ListedPlan| {
        let set = |set: &SetVersion| format!("{} {}", set.set, set.version);
        let by = match (&plan.put_by, plan.put_at) {
            (Some(by), Some(at)) => format!("{by} at {at}"),
            _ => "the settings".into(),
        };
        vec![plan.name.clone(), plan.version.to_string(), set(&plan.validation), set(&plan.estimation), by]
    };
    let plans: Vec<_> = listing.plans.iter().map(plan_row).collect();
    let place_row = |attachment: &Attachment| {
        let dates = super::dates(attachment.from, attachment.until);
        let when = if dates.is_empty() { "always" } else { dates.trim_start() };
        vec![attachment.to.to_string(), format!("{} {}", attachment.plan, attachment.version), when.to_owned()]
    };
    let places: Vec<_> = listing.attachments.iter().map(place_row).collect();
    let table = output::table(&["plan", "version", "rules", "methods", "put by"], &plans);
    let holds = if places.is_empty() {
        "no plan holds anywhere".into()
    } else {
        output::table(&["place", "plan", "when"], &places)
    };
    format!("{table}\n\n{holds}")
}

fn entry_row(entry: &Entry) -> Vec<String> {
    let place = entry.to.as_ref().map(|to| format!("{to}{}", super::dates(entry.from, entry.until)));
    vec![
        entry.at.to_string(),
        entry.by.clone(),
        entry.what.to_owned(),
        entry.name.clone().unwrap_or_default(),
        entry.version.map(|version| version.to_string()).unwrap_or_default(),
        place.unwrap_or_default(),
    ]
}
