//! `amity vee try`: a plan over the series of a file; no data folder is needed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::finding::Finding;
use serde::Serialize;
use serde_json::json;
use vee::Queue;
use vee::trial::{Trial, TrialException, TrialMethod, TrialRead, TrialRule, TrialValue, trial};

use super::plan_file::{self, PlanFile};
use super::series_file::SeriesFile;
use crate::output::{self, Failure};

/// Try a plan on the series of a CSV file: every value as it comes out, and why. Nothing is stored.
///
/// Ends with 0 where nothing was found but notes, 1 with exceptions, warnings or errors, 2 where the plan or the series is refused.
#[derive(Debug, Args)]
pub struct Try {
    /// The plan, TOML or JSON.
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    #[command(flatten)]
    series: SeriesFile,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// The answer of `--json`.
#[derive(Serialize)]
struct Answer<'t> {
    plan: &'t str,
    plan_version: u32,
    unit: &'t str,
    interval_seconds: u32,
    findings: &'t [Finding],
    values: Vec<Value<'t>>,
    reads: &'t [TrialRead],
    exceptions: &'t [TrialException],
    methods: &'t [TrialMethod],
    rules: &'t [TrialRule],
}

impl<'t> Answer<'t> {
    fn of(plan: &'t str, found: &'t Trial) -> Self {
        let Trial { plan_version, unit, interval_seconds, notes, values, reads, rules, methods, exceptions } = found;
        let (plan_version, interval_seconds) = (*plan_version, *interval_seconds);
        let values = values.iter().map(value).collect();
        let findings = notes;
        Self { plan, plan_version, unit, interval_seconds, findings, values, reads, exceptions, methods, rules }
    }
}

/// A value as programs see it.
#[derive(Serialize)]
struct Value<'t> {
    time: Timestamp,
    raw: Option<&'t str>,
    r#final: Option<&'t str>,
    statuses: &'t [&'static str],
    rules: Vec<&'t str>,
    method: Option<&'t str>,
}

impl Try {
    /// Tries and prints.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let file = PlanFile::open(&self.plan)?;
        let (written, plan) = match file.plan() {
            Ok(plan) => plan,
            Err(findings) => return self.refused(&self.plan.display().to_string(), &findings),
        };
        let series = match self.series.read()? {
            Ok(series) => series,
            Err(findings) => return self.refused(&self.series.name(), &findings),
        };
        let found = match trial(&plan, &series) {
            Ok(found) => found,
            Err(findings) => return self.refused(&self.series.name(), &findings),
        };
        if self.json {
            output::print_json(&Answer::of(&written.name, &found))?;
        } else {
            output::print(&as_text(&written.name, &found, &series.zone))?;
            if !found.notes.is_empty() {
                output::say(&plan_file::lines(&self.series.name(), &found.notes));
            }
        }
        let clean = found.exceptions.is_empty() && !found.notes.iter().any(plan_file::is_fault);
        Ok(ExitCode::from(u8::from(!clean)))
    }

    fn refused(&self, name: &str, findings: &[Finding]) -> Result<ExitCode, Failure> {
        if self.json {
            output::print_json(&json!({ "refused": name, "findings": findings }))?;
        }
        output::say(&format!("amity: {name} cannot be used\n{}", plan_file::lines(name, findings)));
        Ok(ExitCode::from(2))
    }
}

fn value(value: &TrialValue) -> Value<'_> {
    let mut rules: Vec<&str> = Vec::new();
    for failed in &value.failed {
        if !rules.contains(&failed.rule.as_str()) {
            rules.push(&failed.rule);
        }
    }
    Value {
        time: value.time,
        raw: value.raw.as_deref(),
        r#final: value.last.as_deref(),
        statuses: &value.statuses,
        rules,
        method: Some(value.method.as_str()).filter(|method| !method.is_empty()),
    }
}

fn as_text(plan: &str, found: &Trial, zone: &TimeZone) -> String {
    let rows: Vec<Vec<String>> = found.values.iter().map(|value| row(value, zone)).collect();
    let final_head = format!("final {}", found.unit);
    let mut lines = vec![output::table(&["time", "raw", &final_head, "statuses", "failed", "method"], &rows)];
    if !found.reads.is_empty() {
        let rows: Vec<Vec<String>> = found.reads.iter().map(|read| read_row(read, zone)).collect();
        let head = ["register read", "raw", "final", "statuses", "failed", "method"];
        lines.push(format!("\n{}", output::table(&head, &rows)));
    }
    if !found.exceptions.is_empty() {
        lines.push(String::new());
        lines.extend(found.exceptions.iter().map(|exception| sentence(exception, zone)));
    }
    let made = found.values.iter().filter(|value| !value.method.is_empty()).count();
    lines.push(format!(
        "\n{} values by plan `{plan}` version {}: {made} estimated, {} exceptions",
        found.values.len(),
        found.plan_version,
        found.exceptions.len()
    ));
    lines.join("\n")
}

fn row(shown: &TrialValue, zone: &TimeZone) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let rules = value(shown).rules.join(" ");
    vec![
        local(shown.time, zone),
        text(&shown.raw),
        text(&shown.last),
        shown.statuses.join(", "),
        rules,
        shown.method.to_string(),
    ]
}

fn read_row(read: &TrialRead, zone: &TimeZone) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".into());
    let rules: Vec<&str> = read.failed.iter().map(|failed| failed.rule.as_str()).collect();
    vec![
        local(read.time, zone),
        text(&read.raw),
        text(&read.last),
        read.statuses.join(", "),
        rules.join(" "),
        read.method.to_string(),
    ]
}

fn sentence(exception: &TrialException, zone: &TimeZone) -> String {
    let person = if exception.queue == Queue::ManualWork { "; waits for a person" } else { "" };
    format!("{} {}: {}{person}", local(exception.range.start, zone), exception.rule, exception.evidence)
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.display_with_offset(zone.to_offset(at)).to_string()
}
