//! `amity collection status`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use ingest::collection::status::{Asked, Evidence, Item, Row, StatusReport, status};
use jiff::civil::Date;

use super::report::{begin, stamp};
use super::{in_book, reports, status_html, yesterday};
use crate::clock;
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::Progress;

/// Tell the status of a day: the fourteen non-critical items of the Ontario specification (2.10.2), each with a verdict, its
/// figures and what a person should look at.
///
/// Exits with 1 where something that is required does not hold.
#[derive(Debug, Args)]
pub struct Status {
    /// The local day; yesterday where none is given.
    #[arg(long, value_name = "DATE")]
    date: Option<Date>,
    /// How many rows of an item are listed as text.
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    list: usize,
    /// Print one JSON document with all of it.
    #[arg(long, group = "form")]
    json: bool,
    /// Print the rows of all items as CSV; an item without rows has one that says how it stands.
    #[arg(long, group = "form")]
    csv: bool,
    /// Write a page that can be printed.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Status {
    pub(super) fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let date = self.date.map_or_else(|| yesterday(installation), Ok)?;
        let mut progress = Progress::new("looked at", "channels");
        let told = of_day(installation, date, &mut |channels| progress.add(channels, ""))?;
        progress.finish();
        if let Some(path) = &self.html {
            let written = std::fs::write(caller::path(path), status_html::page(&told));
            written.map_err(|error| Failure::work(format!("could not write {}", path.display()), error))?;
        }
        match (self.json, self.csv) {
            (true, _) => output::print_json(&told)?,
            (_, true) => output::print(api::collection_status::csv(&told).trim_end())?,
            _ => output::print(&text(&told, self.list))?,
        }
        Ok(ExitCode::from(u8::from(told.is_not_met())))
    }
}

/// The status of a day as it is known now; `progress` is told of channels.
///
/// # Errors
/// [`Failure::Work`] where a book cannot be read.
pub(super) fn of_day(
    installation: &Installation,
    date: Date,
    progress: &mut dyn FnMut(u64),
) -> Result<StatusReport, Failure> {
    let now = clock::now();
    let registry = &installation.books.registry;
    let report = reports(installation)?.report(date, now, progress).map_err(in_book)?;
    let evidence = installation.ask(Evidence::of(registry, date, now))?;
    let directory = installation.ask(registry.directory())?;
    let with_events = evidence.with_events(&installation.events, &directory, date);
    let evidence = installation.runtime.block_on(with_events);
    let evidence = evidence.map_err(|error| Failure::work("could not read the events of the day", error))?;
    let asked = Asked {
        book: &installation.books.readings,
        directory: &directory,
        report: &report,
        limits: installation.settings.daily_report,
        zone: &installation.settings.zone,
    };
    status(asked, &evidence, progress).map_err(in_book)
}

fn text(told: &StatusReport, list: usize) -> String {
    let mut lines = vec![format!("Status of {}, as known {}", told.date, told.made_at.strftime("%F %R UTC"))];
    for item in &told.items {
        lines.push(format!("  {} {}: {}", number(item), item.title, item.verdict.words()));
        if !item.figures.is_empty() {
            lines.push(format!("     {}", figures(item)));
        }
        lines.extend(item.rows.iter().take(list).map(|row| format!("     - {}", line(row))));
        let listed = item.rows.len().min(list) as u64;
        if listed < item.rows_count {
            lines.push(format!("     and {} more; --csv and --json have all", item.rows_count - listed));
        }
    }
    lines.join("\n")
}

/// The number of an item among the fourteen.
pub(super) fn number(item: &Item) -> &str {
    item.id.rsplit('.').next().unwrap_or_default()
}

pub(super) fn figures(item: &Item) -> String {
    let figures: Vec<_> = item.figures.iter().map(|figure| format!("{}: {}", figure.name, figure.value)).collect();
    figures.join("; ")
}

/// When something was, in its zone.
pub(super) fn time(row: &Row) -> [String; 2] {
    let from = row.from.map_or_else(String::new, |at| begin(at, &row.zone));
    let to = row.to.map_or_else(String::new, |at| stamp(at, &row.zone));
    [from, to]
}

fn line(row: &Row) -> String {
    match time(row) {
        [from, to] if !from.is_empty() && !to.is_empty() => {
            format!("{}, {from} to {to}: {}", row.component, row.reason)
        }
        [from, _] if !from.is_empty() => format!("{}, {from}: {}", row.component, row.reason),
        _ => format!("{}: {}", row.component, row.reason),
    }
}
