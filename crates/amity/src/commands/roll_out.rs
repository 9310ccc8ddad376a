//! `amity roll-out`: which meters are installed, and which of them report.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use clap::builder::PossibleValuesParser;
use ingest::collection::roll_out::{
    self, Counts, Filter, Group, Reporting, RollOut as Found, SILENT_HOURS, SILENT_HOURS_MAX, SILENT_HOURS_MIN, Told,
};
use serde::Serialize;

use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::{Progress, grouped};

/// Tell which meters are installed, and which of them report, are silent or never reported.
#[derive(Debug, Args)]
pub struct RollOut {
    /// Hours without a value after which a meter is silent.
    #[arg(long, value_name = "HOURS", default_value_t = SILENT_HOURS,
          value_parser = clap::value_parser!(u32).range(i64::from(SILENT_HOURS_MIN)..=i64::from(SILENT_HOURS_MAX)))]
    silent_hours: u32,
    /// Only meters of this head-end; `-` for those that none owns.
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    head_end: Option<String>,
    /// Only meters of this area: a feeder, or a weather station where no feeder is known; `-` for those of none.
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    area: Option<String>,
    /// Only meters in this state.
    #[arg(long, value_name = "STATE", value_parser = PossibleValuesParser::new(["reporting", "silent", "never"]))]
    state: Option<String>,
    /// How many meters are listed as text.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    list: usize,
    /// Print one JSON document with every meter that is asked for.
    #[arg(long, group = "form")]
    json: bool,
    /// Print every meter that is asked for as CSV.
    #[arg(long, group = "form")]
    csv: bool,
}

/// Everything, for programs.
#[derive(Serialize)]
struct Document {
    as_of: jiff::Timestamp,
    silent_hours: u32,
    #[serde(flatten)]
    summary: roll_out::Summary,
    items: Vec<Told>,
}

impl RollOut {
    /// Looks the meters up and prints.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        let found = found(&installation)?;
        let filter = Filter {
            head_end: self.head_end,
            area: self.area,
            state: self.state.as_deref().map(state),
            silent_hours: self.silent_hours,
        };
        let items = || found.matching(&filter).map(|meter| found.told(meter, filter.silent_hours));
        if self.json {
            let (as_of, silent_hours) = (found.made_at, filter.silent_hours);
            let document = Document { as_of, silent_hours, summary: found.summary(&filter), items: items().collect() };
            output::print_json(&document)?;
        } else if self.csv {
            output::print(api::roll_out::csv(&found, &filter).trim_end())?;
        } else {
            output::print(&text(&found, &filter))?;
            items().take(self.list).try_for_each(|told| output::print(&line(&told)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn found(installation: &Installation) -> Result<Found, Failure> {
    let (registry, now) = (&installation.books.registry, clock::now());
    let of = (installation.ask(registry.directory())?, installation.ask(registry.feeders(now))?);
    let mut progress = Progress::new("looked at", "meters");
    let found = roll_out::installed(&installation.books.readings, of, now, &mut |meters| progress.add(meters, ""));
    let found = found.map_err(|error| Failure::work("could not read", error))?;
    progress.finish();
    Ok(found)
}

/// The state of a word that was checked.
fn state(word: &str) -> Reporting {
    match word {
        "never" => Reporting::Never,
        "silent" => Reporting::Silent,
        _ => Reporting::Reporting,
    }
}

fn text(found: &Found, filter: &Filter) -> String {
    let summary = found.summary(filter);
    let hours = filter.silent_hours;
    let mut lines = vec![format!("Installed meters, as known {}", found.made_at.strftime("%F %R UTC"))];
    lines.push(format!("  {}", counts(&summary.total, hours)));
    let named = |what: &str, groups: &[Group]| -> Vec<String> {
        let name = |group: &Group| group.name.as_deref().unwrap_or("none").to_owned();
        groups.iter().map(|group| format!("  {what} {}: {}", name(group), counts(&group.counts, hours))).collect()
    };
    lines.extend(named("head-end", &summary.head_ends));
    lines.extend(named("area", &summary.areas));
    lines.join("\n")
}

fn counts(counts: &Counts, hours: u32) -> String {
    let [installed, reporting, silent, never] =
        [counts.installed, counts.reporting, counts.silent, counts.never].map(grouped);
    format!("{installed} installed, {reporting} reporting, {silent} silent for {hours} h, {never} never reported")
}

fn line(told: &Told) -> String {
    let last = told.last_value.map_or_else(|| "never".to_owned(), |at| at.strftime("%F %R UTC").to_string());
    let owner = told.head_end.as_deref().unwrap_or("no head-end");
    format!("  {} at {} ({owner}): {}, last value {last}", told.name, told.usage_point_name, told.state.word())
}
