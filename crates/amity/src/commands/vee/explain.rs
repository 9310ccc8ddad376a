//! `amity vee explain`: why the final values of a day are what they are.

use std::process::ExitCode;

use clap::Args;
use ingest::placement::zone_of;
use jiff::Timestamp;
use jiff::civil::Date;
use model::lineage::Direction;
use model::quantity::Decimal;
use model::review::{DecisionWords, ExplainedValue, Explanation, FailedRule, MethodWords, OutageBalance, Verdict};
use store::readings::AsOf;

use super::failure;
use crate::clock;
use crate::commands::time_span::instant;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Explain a day of a channel: every value as received and final, the rules with what they found, the methods with what
/// they used, the run and what people decided.
#[derive(Debug, Args)]
pub struct Explain {
    /// The channel: its label, number or mRID.
    channel: String,
    /// The local day, such as 2026-01-31.
    date: Date,
    /// What was known at this time, instead of now.
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// List every value, not only those that are not simply as received.
    #[arg(long)]
    all: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Explain {
    /// Explains and prints.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let review = super::review(installation)?;
        let as_of = match &self.as_of {
            None => AsOf::Now,
            Some(text) => {
                let channel = installation.ask(installation.books.registry.channels().find(&self.channel))?;
                let zone = zone_of(&channel.zone).map_err(|error| Failure::Usage(error.to_string()))?;
                AsOf::At(instant("--as-of", text, &zone)?.as_microsecond())
            }
        };
        let told = review.explain_as_of(&self.channel, self.date, as_of, clock::now()).map_err(failure)?;
        if self.json {
            output::print_json(&told)?;
        } else {
            output::print(&as_text(&told, self.all))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn as_text(told: &Explanation, all: bool) -> String {
    let mut lines = vec![format!("{} on {} in {}", told.label, told.date, told.unit), of_run(told)];
    lines.push("\nrules".into());
    if told.results.is_empty() {
        lines.push("  none failed".into());
    }
    lines.extend(told.results.iter().map(of_rule));
    if !told.estimations.is_empty() {
        lines.push("\nmethods".into());
        lines.extend(told.estimations.iter().map(|method| of_method(method, &told.values)));
    }
    if !told.assumed_time.is_empty() {
        lines.push("\nassumed meter time".into());
        lines.extend(told.assumed_time.iter().map(|outage| of_outage(outage, &told.unit)));
    }
    if !told.decisions.is_empty() {
        lines.push("\ndecisions of people".into());
        lines.extend(told.decisions.iter().map(|decision| of_decision(decision, &told.values)));
    }
    let shown: Vec<&ExplainedValue> = told.values.iter().filter(|value| all || !is_plain(value)).collect();
    if !shown.is_empty() {
        let rows: Vec<Vec<String>> = shown.iter().map(|value| row(value)).collect();
        let head = ["time", "raw", "final", "statuses", "failed", "method", "hash of inputs, or act"];
        lines.push(format!("\n{}", output::table(&head, &rows)));
    }
    let others = told.values.len() - shown.len();
    if 0 < others {
        lines.push(format!("\n{others} of {} values are final as received (`--all` lists them)", told.values.len()));
    }
    lines.join("\n")
}

fn of_run(told: &Explanation) -> String {
    let (Some(run), Some(version), Some(at)) = (told.run, told.plan_version, told.decided_at) else {
        return "no run has decided yet; `amity vee run` validates".into();
    };
    let today = if told.is_current { "a run today decides the same" } else { "a run today decides otherwise" };
    let plan = match &told.plan_name {
        Some(plan) => format!("with plan `{plan}` version {version}"),
        None if version == 0 => "without a plan".to_owned(),
        None => format!("with plan version {version}"),
    };
    let now = match &told.plan_now {
        _ if told.plan_now == told.plan_name.as_ref().map(|plan| format!("{plan} {version}")) => String::new(),
        Some(now) => format!("; now plan {now} holds"),
        None => "; now no single plan holds".to_owned(),
    };
    format!("decided by run {run} at {at} {plan}{now}; {today}")
}

fn of_rule(verdict: &Verdict) -> String {
    let Verdict { rule, name, validation, verdict, evidence, .. } = verdict;
    let second = if *validation == Some("secondary") { "second validation, of estimates: " } else { "" };
    let why = if evidence.is_empty() { String::new() } else { format!(": {evidence}") };
    format!("  {second}{rule} {name} {}{why}", verdict.replace('-', " "))
}

fn of_method(method: &MethodWords, values: &[ExplainedValue]) -> String {
    format!("  {} from {}: {}", method.method, time(values, method.from), method.words)
}

fn of_outage(outage: &OutageBalance, unit: &str) -> String {
    let OutageBalance { from, to, left_out_to, words, measured, zeroed, elsewhere, unplaced } = outage;
    let until = left_out_to.as_ref().map(|until| format!(" to {until}")).unwrap_or_default();
    format!(
        "  stamped {from} to {to}: measured {measured} {unit}, zeroed {zeroed}, placed elsewhere {elsewhere}, unplaced \
         {unplaced}\n  true time left out from {to}{until}: {words}"
    )
}

fn of_decision(decision: &DecisionWords, values: &[ExplainedValue]) -> String {
    let DecisionWords { act, kind, state, from, to, slots_overtaken, by, proposed_by, at, reason, note, .. } = decision;
    let when = |at: Option<Timestamp>| at.map(|at| format!(" at {at}")).unwrap_or_default();
    let overtaken = if *slots_overtaken == 0 {
        String::new()
    } else {
        format!("; newer data has overtaken it on {slots_overtaken} values")
    };
    let note = if note.is_empty() { String::new() } else { format!(", {note}") };
    let count = to.saturating_sub(*from);
    let proposed = if by == proposed_by { String::new() } else { format!("proposed by {proposed_by}, ") };
    let undone = decision.undone_by.as_ref();
    let undone = undone.map(|by| format!("; undone by {by}{}", when(decision.undone_at))).unwrap_or_default();
    // What was undone had been approved.
    let state = if undone.is_empty() { state } else { "approved" };
    format!(
        "  act {act}: {kind} of {count} values from {}, {proposed}{state} by {by}{}: {reason}{note}{overtaken}{undone}",
        time(values, *from),
        when(*at)
    )
}

fn time(values: &[ExplainedValue], slot: u16) -> &str {
    values.get(usize::from(slot)).map_or("", |value| value.start.as_str())
}

fn is_plain(value: &ExplainedValue) -> bool {
    value.raw == value.last && value.rules.is_empty() && value.method.is_none()
}

/// `V31 too high`.
fn failed(rule: &FailedRule) -> String {
    match rule.direction {
        Direction::Other => rule.rule.clone(),
        direction => format!("{} {}", rule.rule, direction.word()),
    }
}

fn row(value: &ExplainedValue) -> Vec<String> {
    let text = |text: &Option<String>| match text.as_deref().map(str::parse::<Decimal>) {
        Some(Ok(decimal)) => decimal.normalized().to_string(),
        _ => "-".into(),
    };
    let mut rules: Vec<String> = value.rules.iter().map(failed).collect();
    rules.dedup();
    vec![
        value.start.clone(),
        text(&value.raw),
        text(&value.last),
        value.statuses.join(", "),
        rules.join(", "),
        value.method.clone().unwrap_or_default(),
        value.act.map_or_else(|| value.inputs_hash.clone().unwrap_or_default(), |act| format!("act {act}")),
    ]
}
