//! `amity quality`: what was checked on a channel, what failed and why, and whether intervals meet their registers.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use ingest::placement::zone_of;
use ingest::validation::timeliness;
use ingest::validation::totals::{self, CheckedTotal, Comparison};
use jiff::tz::TimeZone;
use model::master::Channel;
use serde::Serialize;
use serde_json::json;
use store::readings::{AsOf, Day, NO_VALUE, ReadingsBook};
use vee::plan::DatedPlans;

use super::time_span::TimeSpan;
use super::validate;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Show what validation found: completeness, failed rules with their evidence, estimates, and sum checks (V50).
#[derive(Debug, Args)]
pub struct Quality {
    /// The channel: its label, number or mRID.
    channel: String,
    #[command(flatten)]
    span: TimeSpan,
    /// Run validation and estimation over the span first.
    #[arg(long)]
    run: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Figures of one channel over a span.
#[derive(Debug, Default, Serialize)]
struct Figures {
    days: u64,
    intervals_expected: u64,
    intervals_received: u64,
    intervals_estimated: u64,
    intervals_without_value: u64,
    days_validated: u64,
}

/// A failed rule.
#[derive(Debug, Serialize)]
struct Failed {
    date: String,
    rule: String,
    slots: [u16; 2],
    blocks_billing: bool,
    evidence: String,
}

/// How many spans of one measuring channel meet.
#[derive(Debug, Serialize)]
struct SumChecks {
    measured_by: String,
    spans: u64,
    met: u64,
    not_comparable: u64,
    not_met: Vec<String>,
}

/// On how many days enough had arrived by the deadline of their plan (V77).
#[derive(Debug, Default, Serialize)]
struct Timely {
    days: u64,
    met: u64,
    not_met: Vec<String>,
}

impl Quality {
    /// Gathers and prints.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        let channel = installation.ask(installation.books.registry.channels().find(&self.channel))?;
        let zone = zone_of(&channel.zone).map_err(|error| Failure::Usage(error.to_string()))?;
        let range = self.span.range(&zone)?;
        let in_book = |error| Failure::work("could not read", error);
        let book = &installation.books.readings;
        let (start, end) = (range.start.as_second(), range.end.as_second());
        if self.run {
            let days = book.read(channel.number, start, end, AsOf::Now).map_err(in_book)?.days;
            let days: BTreeSet<_> = days.iter().map(|day| (channel.number, day.date)).collect();
            validate::say(&validate::run(&installation, days)?);
        }
        let mut history = book.read(channel.number, start, end, AsOf::Now).map_err(in_book)?;
        history.shape_silent_days(&zone, channel.interval_seconds.unwrap_or_default(), (start, end));
        let directory = installation.ask(installation.books.registry.directory())?;
        let plans = validate::plans(&installation)?;
        let checked = totals::check_all(book, &directory, &channel, range, &plans).map_err(in_book)?;
        let figures = figures(&history.days);
        let failed: Vec<_> = history.days.iter().flat_map(failed).collect();
        let sums = sum_checks(&checked, &channel, &zone);
        let of_days = plans.of_channel(&directory, &channel);
        let timely = timeliness(book, (&channel, &of_days), &history.days, &zone).map_err(in_book)?;
        if self.json {
            output::print_json(&json!({
                "channel": channel.label,
                "unit": channel.unit,
                "zone": channel.zone,
                "figures": figures,
                "failed": failed,
                "sum_checks": sums,
                "timeliness": timely,
            }))?;
        } else {
            output::print(&as_text(&channel, &figures, &failed, &sums, &timely))?;
        }
        let clean = failed.is_empty() && sums.iter().all(|sum| sum.not_met.is_empty());
        Ok(ExitCode::from(u8::from(!clean)))
    }
}

fn figures(days: &[Day]) -> Figures {
    let mut figures = Figures::default();
    for day in days {
        let received = day.values.iter().filter(|value| **value != NO_VALUE).count() as u64;
        let decided = day.final_day.as_ref();
        let estimated = decided.map_or(0, |day| day.values.iter().filter(|value| !value.method.is_empty()).count());
        let filled = decided.map_or(0, |decided| {
            let raw_missing = |slot: u16| day.values.get(usize::from(slot)).is_some_and(|raw| *raw == NO_VALUE);
            decided.values.iter().filter(|value| value.value.is_some() && raw_missing(value.slot)).count()
        });
        figures.days += 1;
        let expected = (0_u16..).zip(&day.values).filter(|(slot, _)| day.is_expected(*slot)).count() as u64;
        figures.intervals_expected += expected;
        figures.intervals_received += received;
        figures.intervals_estimated += estimated as u64;
        figures.intervals_without_value += expected.saturating_sub(received + filled as u64);
        figures.days_validated += u64::from(decided.is_some());
    }
    figures
}

fn failed(day: &Day) -> Vec<Failed> {
    let failures = day.final_day.iter().flat_map(|decided| &decided.failures);
    failures
        .map(|failure| Failed {
            date: day.date.to_string(),
            rule: failure.rule.to_string(),
            slots: [failure.from, failure.to],
            blocks_billing: failure.blocks,
            evidence: failure.evidence.clone(),
        })
        .collect()
}

fn sum_checks(checked: &[CheckedTotal], channel: &Channel, zone: &TimeZone) -> Vec<SumChecks> {
    let mut sums: Vec<SumChecks> = Vec::new();
    for one in checked {
        let measured_by = one.total.measured_by.to_string();
        let at = sums.iter().position(|sum| sum.measured_by == measured_by).unwrap_or_else(|| {
            sums.push(SumChecks { measured_by, spans: 0, met: 0, not_comparable: 0, not_met: Vec::new() });
            sums.len() - 1
        });
        let sum = &mut sums[at];
        sum.spans += 1;
        let date = one.total.range.start.to_zoned(zone.clone()).date();
        match &one.comparison {
            Comparison::Incomplete(_) | Comparison::NotApplicable { .. } => sum.not_comparable += 1,
            Comparison::Refused { why, .. } => sum.not_met.push(format!("from {date}: {why}")),
            Comparison::Made(check) if check.meets() => sum.met += 1,
            Comparison::Made(check) => {
                let unit = &channel.unit;
                sum.not_met.push(format!(
                    "from {date}: intervals {} {unit}, measured {} {unit}, {} apart, tolerance {}",
                    check.sum, check.expected, check.apart, check.tolerance
                ));
            }
        }
    }
    sums
}

fn timeliness(
    book: &ReadingsBook,
    judged: (&Channel, &DatedPlans<'_>),
    days: &[Day],
    zone: &TimeZone,
) -> Result<Timely, store::readings::Error> {
    let mut timely = Timely::default();
    for day in days {
        let Some(judged) = timeliness::of_day(book, judged, day, zone)? else { continue };
        timely.days += 1;
        timely.met += u64::from(judged.met);
        timely.not_met.extend((!judged.met).then(|| format!("{}: {}", day.date, judged.evidence)));
    }
    Ok(timely)
}

fn as_text(channel: &Channel, figures: &Figures, failed: &[Failed], sums: &[SumChecks], timely: &Timely) -> String {
    let mut lines = vec![
        format!("{} in {}, days of {}", channel.label, channel.unit, channel.zone),
        format!(
            "  {} days, {} validated; {} of {} intervals received, {} estimated, {} without a value",
            figures.days,
            figures.days_validated,
            figures.intervals_received,
            figures.intervals_expected,
            figures.intervals_estimated,
            figures.intervals_without_value
        ),
    ];
    if 0 < timely.days {
        let (met, days) = (timely.met, timely.days);
        lines.push(format!("  V77 timeliness: {met} of {days} days had arrived by their deadline"));
    }
    for sum in sums {
        let mut line = format!("  V50 sum check: {} of {} spans of {} met", sum.met, sum.spans, sum.measured_by);
        if 0 < sum.not_comparable {
            line.push_str(&format!(
                ", {} not comparable (intervals are missing, or the limit is of another quantity)",
                sum.not_comparable
            ));
        }
        lines.push(line);
        lines.extend(sum.not_met.iter().map(|span| format!("    {span}")));
    }
    for failure in failed {
        let weight = if failure.blocks_billing { "blocks billing" } else { "settled or warning" };
        lines.push(format!("  {} {}: {} ({weight})", failure.date, failure.rule, failure.evidence));
    }
    lines.join("\n")
}
