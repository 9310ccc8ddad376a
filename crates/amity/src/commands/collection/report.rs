//! `amity collection report`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use ingest::collection::Tally;
use ingest::collection::report::{ChannelMiss, Report as Told, Verdict};
use ingest::placement::zone_of;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{html, in_book, reports, yesterday};
use crate::clock;
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::{Progress, grouped};

/// Tell what was collected of a day: by zone with its deadline, by source, and every reading that did not count.
///
/// Exits with 1 where a zone did not meet its deadline.
#[derive(Debug, Args)]
pub struct Report {
    /// The local day; yesterday where none is given.
    #[arg(long, value_name = "DATE")]
    date: Option<Date>,
    /// How many of those that did not count are listed as text.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    list: usize,
    /// Print one JSON document with all of it.
    #[arg(long, group = "form")]
    json: bool,
    /// Print what did not count as CSV, a row for consecutive readings of a channel.
    #[arg(long, group = "form")]
    csv: bool,
    /// Write a page that can be printed.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Report {
    pub(super) fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let date = self.date.map_or_else(|| yesterday(installation), Ok)?;
        let mut progress = Progress::new("looked at", "channels");
        let told = reports(installation)?
            .report(date, clock::now(), &mut |channels| progress.add(channels, ""))
            .map_err(in_book)?;
        progress.finish();
        if let Some(path) = &self.html {
            let written = std::fs::write(caller::path(path), html::page(&told));
            written.map_err(|error| Failure::work(format!("could not write {}", path.display()), error))?;
        }
        match (self.json, self.csv) {
            (true, _) => output::print_json(&told)?,
            (_, true) => output::print(api::collection::csv(&told).trim_end())?,
            _ => output::print(&text(&told, self.list))?,
        }
        Ok(ExitCode::from(u8::from(told.verdict == Verdict::NotMet)))
    }
}

/// The share in time with two digits, rounded down so that it never looks better than it is; `-` of nothing.
pub(super) fn share(tally: &Tally) -> String {
    let Some(hundredths) = (u128::from(tally.in_time) * 10_000).checked_div(u128::from(tally.expected)) else {
        return "-".into();
    };
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

pub(super) const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Open => "the deadline is still to come",
        Verdict::NotMet => "NOT MET",
    }
}

/// When something begins, in its zone.
pub(super) fn begin(at: Timestamp, zone: &str) -> String {
    zone_of(zone).map_or_else(|_| at.to_string(), |zone| at.to_zoned(zone).strftime("%F %R").to_string())
}

/// When something ends, in its zone, as Ontario writes it: `YYYY-MM-DD hh:mm`, midnight as 24:00 of the day that it closes.
pub(super) fn stamp(at: Timestamp, zone: &str) -> String {
    zone_of(zone).map_or_else(|_| at.to_string(), |zone| model::time::hour_ending_label(at, &zone))
}

fn text(told: &Told, list: usize) -> String {
    let mut lines = vec![format!("Collection of {}, as known {}", told.date, told.made_at.strftime("%F %R UTC"))];
    for zone in &told.zones {
        let (name, share, verdict) = (&zone.zone, share(&zone.tally), verdict(zone.verdict));
        let deadline = stamp(zone.deadline, name);
        lines.push(format!("  {name}: {share} by {deadline}, asked {} %: {verdict}", told.rules.per_cent));
        lines.push(format!("    {}", counts(&zone.tally)));
    }
    if told.zones.is_empty() {
        lines.push(format!("  no reading was expected: {ADVICE}"));
    }
    for source in &told.sources {
        let name = source.source.as_deref().unwrap_or("any source");
        let (share, points) = (share(&source.tally), grouped(source.usage_points));
        lines.push(format!("  {name}: {share} of {points} usage points"));
    }
    for cause in &told.reasons {
        let (readings, components) = (grouped(cause.readings), grouped(cause.components));
        lines.push(format!("  {readings} readings of {components} meters: {}", cause.reason.words()));
    }
    lines.extend(told.misses.iter().take(list).map(|miss| format!("    {}", missed(miss))));
    if list < told.misses.len() {
        let more = grouped((told.misses.len() - list) as u64);
        lines.push(format!("    and {more} more; --csv lists all of them, --list how many are shown here"));
    }
    lines.join("\n")
}

/// What to do where nothing is expected of anyone.
pub(super) const ADVICE: &str = "intervals count from the first that came or from the date of their meter, registers where \
     `collection.register_every_minutes` is set";

pub(super) fn counts(tally: &Tally) -> String {
    let Tally { expected, in_time, late, estimated, missing, time_in_doubt } = *tally;
    let mut text = format!("{} of {} readings in time", grouped(in_time), grouped(expected));
    let others = [
        (late, "late"),
        (estimated, "estimated by their source"),
        (missing, "missing"),
        (time_in_doubt, "in time from a clock in doubt"),
    ];
    for (count, what) in others.into_iter().filter(|(count, _)| 0 < *count) {
        text.push_str(&format!(", {} {what}", grouped(count)));
    }
    text
}

fn missed(miss: &ChannelMiss) -> String {
    let ChannelMiss { component, channel, zone, miss, .. } = miss;
    let (from, to) = (begin(miss.from, zone), stamp(miss.to, zone));
    format!("{channel} ({component}) {from} to {to}: {} readings, {}", miss.readings, miss.reason.words())
}
