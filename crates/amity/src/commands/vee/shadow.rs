//! `amity vee shadow`: what another plan would change; nothing is stored.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use ingest::plans::Plans;
use ingest::review::Decisions;
use ingest::shadow::{Changes, ReadChange, RuleChange, Shadow as Engine, ValueChange};
use jiff::tz::TimeZone;
use serde::Serialize;
use store::readings::AsOf;

use super::plan_file;
use super::stored_days::Days;
use crate::clock;
use crate::commands::time_span::instant;
use crate::commands::validate;
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::Progress;

/// Run another plan beside the live one over stored days and tell what would change. Nothing is stored.
///
/// Ends with 0 where nothing would change, 1 where something would, 2 where the plan is refused.
#[derive(Debug, Args)]
pub struct Shadow {
    /// The other plan, which would then hold everywhere, or a book of plans, which would lie over those that hold now;
    /// TOML or JSON.
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// Only these channels: a label, number or mRID each.
    #[arg(long = "channel", value_name = "CHANNEL")]
    channels: Vec<String>,
    #[command(flatten)]
    days: Days,
    /// Look back: both plans over what had arrived and been decided by this time.
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// As many examples of each rule, and of values.
    #[arg(long, default_value_t = 3, value_name = "COUNT")]
    examples: usize,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// The answer of `--json`.
#[derive(Serialize)]
struct Answer {
    live: Named,
    other: Named,
    channels: usize,
    #[serde(flatten)]
    changes: Changes,
}

/// A plan by name and version, or several plans under one name.
#[derive(Serialize)]
struct Named {
    name: String,
    version: Option<u32>,
}

impl Named {
    /// The plan that holds, or how many do.
    fn of_live(live: &Plans) -> Self {
        match live.written().attach.as_slice() {
            [only] => Self { name: only.plan.to_string(), version: Some(only.version) },
            several => Self { name: format!("{} attached plans", several.len()), version: None },
        }
    }

    fn words(&self) -> String {
        self.version.map_or_else(|| self.name.clone(), |version| format!("`{}` version {version}", self.name))
    }
}

impl Shadow {
    /// Runs both plans and prints what differs.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let live = validate::plans(installation)?;
        let ((other_name, other_version), other) = plan_file::load_beside(&caller::path(&self.plan), &live)?;
        let directory = installation.ask(installation.books.registry.directory())?;
        let (as_of, now) = match &self.as_of {
            None => (AsOf::Now, clock::now()),
            Some(text) => {
                let at = instant("--as-of", text, &TimeZone::UTC)?;
                (AsOf::At(at.as_microsecond()), at)
            }
        };
        let mut of_channel = self.days.of(installation, &directory, &self.channels, now)?;
        for (register, date) in self.days.of_reads(installation, &directory, &self.channels)? {
            of_channel.entry(register).or_default().insert(date);
        }
        let widest = if other.outlook().outcome_days() < live.outlook().outcome_days() { &*live } else { &other };
        let days = of_channel.iter().flat_map(|(channel, dates)| dates.iter().map(|date| (*channel, *date))).collect();
        let registry = &installation.books.registry;
        let decisions = match as_of {
            AsOf::Now => installation.ask(Decisions::of(registry, &directory, &days, widest))?,
            AsOf::At(_) => installation.ask(Decisions::as_of(registry, &directory, &days, widest, now))?,
        };
        let book = &installation.books.readings;
        let (live, other, decisions) = (&*live, &other, &decisions);
        let engine =
            Engine { book, directory: &directory, live, other, decisions, as_of, now, examples_max: self.examples };
        let mut changes = Changes::default();
        let mut progress = Progress::new("compared", "channel-days");
        for (channel, dates) in &of_channel {
            let Some(channel) = directory.channel(*channel) else { continue };
            engine.run(channel, dates, &mut changes).map_err(|error| Failure::work("could not read", error))?;
            progress.add(dates.len() as u64, &channel.label);
        }
        progress.finish();
        let is_none = changes.is_none();
        let answer = Answer {
            live: Named::of_live(live),
            other: Named { name: other_name, version: other_version },
            channels: of_channel.len(),
            changes,
        };
        if self.json {
            output::print_json(&answer)?;
        } else {
            output::print(&as_text(&answer))?;
        }
        Ok(ExitCode::from(u8::from(!is_none)))
    }
}

fn as_text(answer: &Answer) -> String {
    let Answer { live, other, channels, changes } = answer;
    let (live, other) = (live.words(), other.words());
    let mut lines = vec![format!(
        "{live} (live) and {other} over {} days of {channels} channels: {} days would change",
        changes.days, changes.days_changed
    )];
    if changes.days == 0 && changes.reads.count == 0 {
        lines.push("nothing was compared: no interval of these days had arrived, or none of the days has ended".into());
        return lines.join("\n");
    }
    if 0 < changes.reads.count {
        let ReadChange { count, changed, values, no_longer_count, newly_count } = changes.reads;
        lines.push(format!(
            "{changed} of {count} register reads would change: {values} their value; {no_longer_count} would no longer \
             count against intervals, {newly_count} would"
        ));
    }
    if 0 < changes.days_waiting {
        lines.push(format!("{} days have not ended yet and are left out", changes.days_waiting));
    }
    if !changes.rules.is_empty() {
        let row = |(rule, change): (&smol_str::SmolStr, &RuleChange)| {
            let counts = [change.newly_fails, change.newly_passes, change.fails_with_both];
            let of_reads = || vee::register::rules::rule(rule).map_or("", |rule| rule.name);
            let name = vee::rules::rule(rule).map_or_else(of_reads, |rule| rule.name);
            [vec![rule.to_string(), name.to_owned()], counts.map(|count| count.to_string()).to_vec()].concat()
        };
        let rows: Vec<_> = changes.rules.iter().map(row).collect();
        lines.push(format!(
            "\n{}",
            output::table(&["rule", "name", "newly fails", "newly passes", "fails with both"], &rows)
        ));
    }
    let exceptions = changes.exceptions;
    lines.push(format!(
        "\nexceptions: {} new ({} for people), {} gone ({} for people), {} stay",
        exceptions.new, exceptions.new_for_people, exceptions.gone, exceptions.gone_for_people, exceptions.kept
    ));
    if 0 < exceptions.moved {
        let (moved, to_people) = (exceptions.moved, exceptions.moved_to_people);
        lines.push(format!(
            "{moved} of those that stay go to another queue or matter more or less, {to_people} of them to people"
        ));
    }
    if 0 < changes.statuses {
        lines.push(format!("{} values stay and get another status", changes.statuses));
    }
    for (rule, change) in &changes.rules {
        lines.extend(change.examples.iter().map(|example| {
            let (word, channel, date, evidence) = (example.change, &example.channel, example.date, &example.evidence);
            format!("  {word} {rule} {channel} {date}: {evidence}")
        }));
    }
    lines.push(String::new());
    if changes.values.is_empty() {
        lines.push("final values: none would differ".into());
    }
    lines.extend(changes.values.iter().map(|(unit, change)| values(unit, change)));
    lines.extend(changes.value_examples.iter().map(|example| {
        let text = |value: &Option<String>, method: &str| match value {
            Some(value) if method.is_empty() => value.clone(),
            Some(value) => format!("{value} by {method}"),
            None => "no value".into(),
        };
        let (live, other) = (text(&example.live, &example.live_method), text(&example.other, &example.other_method));
        format!("  {} {}: {live} would be {other}", example.channel, example.start)
    }));
    lines.join("\n")
}

fn values(unit: &str, change: &ValueChange) -> String {
    let ValueChange { count, gained, lost, sum_live, sum_other } = change;
    let difference = sum_other.minus(*sum_live).map_or_else(|| "too large to tell".into(), |apart| apart.to_string());
    format!(
        "final values: {count} would differ ({gained} would get a value, {lost} would lose theirs); \
         together {sum_live} {unit} now and {sum_other} {unit} then, a difference of {difference} {unit}"
    )
}
