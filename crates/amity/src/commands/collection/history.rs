//! `amity collection history`

use std::process::ExitCode;

use clap::Args;
use ingest::collection::history::{Difference, History as Told, days_of, differences, history};
use jiff::Span;
use jiff::civil::Date;
use serde::Serialize;
use store::registry::collected_day::CollectedDay;

use super::{in_book, reports, yesterday};
use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::{Progress, grouped};

/// Days that are told of where nothing is said.
const DAYS: i64 = 30;

/// Tell what is kept of the collection of days, each as it was known when its deadline had passed (Ontario 2.10.2).
///
/// `amity serve` keeps each day by itself; `--keep` does it for days of the period that are not kept yet, and `--now` tells
/// what is otherwise by now. Exits with 1 where a day did not meet what was asked of it.
#[derive(Debug, Args)]
pub struct History {
    /// The first day; 29 days before the last one where none is given.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day; yesterday where none is given.
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Count the days that are not kept yet, and keep them.
    #[arg(long)]
    keep: bool,
    /// Count every day anew and tell what differs from what is kept.
    #[arg(long)]
    now: bool,
    /// Print one JSON document.
    #[arg(long, group = "form")]
    json: bool,
    /// Print the days as CSV.
    #[arg(long, group = "form")]
    csv: bool,
}

/// What is kept, and what is otherwise by now.
#[derive(Debug, Serialize)]
struct Document {
    #[serde(flatten)]
    told: Told,
    /// Null where it was not asked for.
    differences: Option<Vec<Difference>>,
}

impl History {
    pub(super) fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let to = self.to.map_or_else(|| yesterday(installation), Ok)?;
        let from = self.from.or_else(|| to.checked_sub(Span::new().days(DAYS - 1)).ok()).filter(|from| *from <= to);
        let from = from.ok_or_else(|| Failure::Usage(format!("--from is after the last day, {to}")))?;
        let registry = &installation.books.registry;
        let mut told = installation.ask(history(registry, from, to))?;
        if self.keep && !told.not_kept.is_empty() {
            keep(installation, &told.not_kept)?;
            told = installation.ask(history(registry, from, to))?;
        }
        let differences = if self.now { Some(compared(installation, &told)?) } else { None };
        let document = Document { told, differences };
        match (self.json, self.csv) {
            (true, _) => output::print_json(&document)?,
            (_, true) => output::print(api::collection_status::history_csv(&document.told.days).trim_end())?,
            _ => output::print(&text(&document))?,
        }
        Ok(ExitCode::from(u8::from(0 < document.told.not_met)))
    }
}

/// Counts days and keeps those whose deadline has passed.
fn keep(installation: &Installation, dates: &[Date]) -> Result<(), Failure> {
    let reports = reports(installation)?;
    let mut progress = Progress::new("looked at", "channel-days");
    for date in dates {
        let add = &mut |channels| progress.add(channels, &date.to_string());
        let report = reports.report(*date, clock::now(), add).map_err(in_book)?;
        installation.ask(installation.books.registry.collected_days().keep(&days_of(&report)))?;
    }
    progress.finish();
    Ok(())
}

fn compared(installation: &Installation, told: &Told) -> Result<Vec<Difference>, Failure> {
    let reports = reports(installation)?;
    let mut progress = Progress::new("looked at", "channel-days");
    let mut dates: Vec<Date> = told.days.iter().map(|day| day.date).collect();
    dates.dedup();
    let mut found = Vec::new();
    for date in dates {
        let add = &mut |channels| progress.add(channels, &date.to_string());
        let report = reports.report(date, clock::now(), add).map_err(in_book)?;
        found.extend(differences(&told.days, &report));
    }
    progress.finish();
    Ok(found)
}

fn text(document: &Document) -> String {
    let told = &document.told;
    let (met, of) = (told.met, told.met + told.not_met);
    let mut lines = vec![format!(
        "{} to {}: {met} of {of} days met; {} of {} readings in time",
        told.from,
        told.to,
        grouped(told.in_time),
        grouped(told.expected)
    )];
    lines.extend(told.days.iter().map(|day| format!("  {}", line(day))));
    if !told.not_kept.is_empty() {
        lines.push(format!("  {} days are not kept; --keep counts them", told.not_kept.len()));
    }
    for Difference { kept, now } in document.differences.iter().flatten() {
        lines.push(format!("  now otherwise: {} {}: {}, was {}", now.date, now.zone, counts(now), counts(kept)));
    }
    if document.differences.as_ref().is_some_and(Vec::is_empty) {
        lines.push("  what is known now is what was kept".into());
    }
    lines.join("\n")
}

fn line(day: &CollectedDay) -> String {
    let verdict = if day.is_met() { "met" } else { "NOT MET" };
    format!("{} {}: {}, {} % asked: {verdict}", day.date, day.zone, counts(day), day.per_cent)
}

fn counts(day: &CollectedDay) -> String {
    format!(
        "{} of {} in time, {} late, {} estimated, {} missing",
        grouped(day.in_time),
        grouped(day.expected),
        grouped(day.late),
        grouped(day.estimated),
        grouped(day.missing)
    )
}
