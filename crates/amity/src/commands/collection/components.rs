//! `amity collection components`

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use ingest::collection::Reason;
use ingest::collection::components::{Repeated, repeated};
use ingest::collection::report::{ChannelMiss, Report};
use jiff::Span;
use jiff::civil::Date;
use serde::Serialize;
use smol_str::SmolStr;

use super::{in_book, reports, yesterday};
use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::Progress;

/// The rule is about three months.
const MONTHS: i64 = 3;

/// Tell which components missed readings again and again over three months (Ontario 2.3.1).
///
/// A component fails where readings of it were missed in each of three consecutive months; `--strict` also fails it for two
/// days within three months. What a silent source withheld counts for the source and for none of its meters. Exits with 1
/// where a component fails.
#[derive(Debug, Args)]
pub struct Components {
    /// The last day that is looked at; yesterday where none is given.
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// The first day; that of the month two months before the last day where none is given.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Let two days within three months fail a component.
    #[arg(long)]
    strict: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Told {
    from: Date,
    until: Date,
    /// How many readings were missed on each day.
    days: BTreeMap<Date, u64>,
    /// Components with both readings of the rule.
    components: Vec<Repeated>,
    /// Those that fail the reading that was asked for.
    failed: usize,
}

impl Components {
    pub(super) fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let until = self.until.map_or_else(|| yesterday(installation), Ok)?;
        let from = self.from.or_else(|| until.first_of_month().checked_sub(Span::new().months(MONTHS - 1)).ok());
        let from = from.filter(|from| *from <= until);
        let from = from.ok_or_else(|| Failure::Usage(format!("--from is after the last day, {until}")))?;
        let reports = reports(installation)?;
        let mut progress = Progress::new("looked at", "channel-days");
        let (mut days, mut misses) = (BTreeMap::new(), Vec::new());
        let mut date = from;
        while date <= until {
            let report = reports
                .report(date, clock::now(), &mut |channels| progress.add(channels, &date.to_string()))
                .map_err(in_book)?;
            days.insert(date, report.total.expected - report.total.in_time);
            misses.extend(missed_by(&report).map(|component| (component, date)));
            date = date.tomorrow().map_err(|error| Failure::work("beyond the calendar", error))?;
        }
        progress.finish();
        let components = repeated(misses);
        let failed = components.iter().filter(|one| self.fails(one)).count();
        let told = Told { from, until, days, components, failed };
        if self.json {
            output::print_json(&told)?;
        } else {
            output::print(&self.text(&told))?;
        }
        Ok(ExitCode::from(u8::from(0 < told.failed)))
    }

    fn fails(&self, component: &Repeated) -> bool {
        component.three_months_from.is_some() || (self.strict && component.twice.is_some())
    }

    fn text(&self, told: &Told) -> String {
        let missed: u64 = told.days.values().sum();
        let rule = if self.strict { "twice within three months" } else { "in each of three consecutive months" };
        let mut lines = vec![format!(
            "{} to {}: {missed} readings not collected in time; {} components missed some {rule}",
            told.from, told.until, told.failed
        )];
        for one in told.components.iter().filter(|one| self.fails(one)) {
            let days: Vec<_> = one.days.iter().map(Date::to_string).collect();
            lines.push(format!("  {}: {}", one.component, days.join(", ")));
        }
        lines.join("\n")
    }
}

/// The components that readings of a day were missed by.
fn missed_by(report: &Report) -> impl Iterator<Item = SmolStr> {
    let blamed = |missed: &ChannelMiss| match (missed.miss.reason, &missed.source) {
        (Reason::SourceSilent, Some(source)) => source.clone(),
        _ => missed.component.clone(),
    };
    report.misses.iter().map(blamed)
}
