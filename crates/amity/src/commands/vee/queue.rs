//! `amity vee queue`: exceptions in groups, or one by one.

use std::process::ExitCode;

use clap::Args;
use jiff::civil::Date;
use model::review::{AskExceptions, AskGroups, Exception, Exceptions, Group, Groups};
use serde::Serialize;
use vee::catalogue::CATALOGUE;
use vee::outcome::{NO_CALENDAR, UNPLANNED};

use super::{failure, review};
use crate::installation::Installation;
use crate::output::{self, Failure};

const NOTHING: &str = "nothing is in the queue";

/// List what rules found and nobody decided: in groups, or one by one with --list.
#[derive(Debug, Args)]
pub struct Queue {
    /// What the exceptions of a group have in common.
    #[arg(long, default_value = "cause", value_parser = ["cause", "rule-date", "rule", "rule-date-slots", "channel"])]
    by: String,
    /// Only exceptions of this rule, such as V30.
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Only exceptions in this state.
    #[arg(long, default_value = "open", value_parser = ["open", "accepted", "edited", "resolved", "any"])]
    state: String,
    /// Only exceptions of this local day.
    #[arg(long, value_name = "DATE")]
    date: Option<Date>,
    /// With --list and --date: those of failures that go on from that day to this one without a break, as a group has them.
    #[arg(long, value_name = "DATE", requires = "list", requires = "date")]
    last: Option<Date>,
    /// Only exceptions of this channel.
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// Only exceptions that this person looks after.
    #[arg(long, value_name = "PERSON")]
    assignee: Option<String>,
    /// Only exceptions that wait for a person.
    #[arg(long, conflicts_with = "for_information")]
    routed: bool,
    /// Only exceptions that are recorded and nobody is asked about.
    #[arg(long)]
    for_information: bool,
    /// List exceptions one by one.
    #[arg(long)]
    list: bool,
    /// With --list: most exceptions.
    #[arg(long, requires = "list", default_value_t = 1000)]
    limit: u32,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Queue {
    /// Brings the queue up to date and prints it.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        if let Some(rule) = &self.rule {
            known(rule)?;
        }
        let (review, json, is_list) = (review(installation)?, self.json, self.list);
        let Asked { groups, exceptions } = self.asked();
        if is_list {
            tell(json, &review.exceptions(&exceptions).map_err(failure)?, tell_exceptions)?;
        } else {
            tell(json, &review.groups(&groups).map_err(failure)?, tell_groups)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// One filter, as groups and as single exceptions are asked for.
    fn asked(self) -> Asked {
        let Self { by, rule, state, date, last, channel, assignee, limit, .. } = self;
        let routed = self.routed.then_some(true).or(self.for_information.then_some(false));
        let groups = AskGroups { state: Some(state), rule, date, channel, assignee, routed, by: Some(by) };
        let AskGroups { state, rule, date, channel, assignee, routed, .. } = groups.clone();
        let limit = Some(limit);
        let exceptions = AskExceptions { state, rule, date, last, channel, assignee, routed, after: None, limit };
        Asked { groups, exceptions }
    }
}

/// The two questions that the queue answers.
struct Asked {
    groups: AskGroups,
    exceptions: AskExceptions,
}

/// Prints what was found as JSON or for people.
fn tell<T: Serialize>(json: bool, found: &T, for_people: fn(&T) -> Result<(), Failure>) -> Result<(), Failure> {
    if json { output::print_json(found) } else { for_people(found) }
}

/// Refuses an id that no rule has; those of users begin with `U-`.
fn known(rule: &str) -> Result<(), Failure> {
    let is_named = rule.starts_with("U-")
        || [NO_CALENDAR, UNPLANNED].contains(&rule)
        || CATALOGUE.iter().any(|entry| entry.id == rule);
    let unknown =
        || Failure::Usage(format!("--rule: there is no rule `{rule}`; `amity vee plan show` tells those of a plan"));
    is_named.then_some(()).ok_or_else(unknown)
}

/// What waits for a person, then what is only recorded.
fn tell_groups(found: &Groups) -> Result<(), Failure> {
    let (waiting, recorded): (Vec<&Group>, Vec<&Group>) = found.groups.iter().partition(|group| 0 < group.routed);
    let head = ["rule", "what", "of", "exceptions", "channels", "waiting", "severity", "says", "next step"];
    let titles = ["waiting for a person", "for information: recorded, and nobody is asked"];
    for (title, groups) in titles.into_iter().zip([waiting, recorded]).filter(|(_, groups)| !groups.is_empty()) {
        let rows: Vec<_> = groups.into_iter().map(group_row).collect();
        output::print(&format!("{title}\n{}\n", output::table(&head, &rows)))?;
    }
    if found.groups.is_empty() { output::print(NOTHING) } else { say_how() }
}

fn tell_exceptions(found: &Exceptions) -> Result<(), Failure> {
    if found.exceptions.is_empty() {
        return output::print(NOTHING);
    }
    let head = ["id", "rule", "channel", "from", "queue", "severity", "says", "state", "evidence"];
    let rows: Vec<_> = found.exceptions.iter().map(exception_row).collect();
    output::print(&output::table(&head, &rows))?;
    say_how()
}

fn say_how() -> Result<(), Failure> {
    output::say(
        "`amity vee queue --list --rule RULE` lists one by one; `amity vee accept ID...` accepts values as real",
    );
    Ok(())
}

fn group_row(group: &Group) -> Vec<String> {
    vec![
        group.rule.clone().unwrap_or_default(),
        group.rule_name.unwrap_or_default().to_owned(),
        days(group).or_else(|| group.label.clone()).unwrap_or_default(),
        group.count.to_string(),
        group.channels.to_string(),
        group.routed.to_string(),
        group.severity.word().into(),
        group.direction.word().into(),
        group.next_step.clone(),
    ]
}

/// The day of a group, or its first and last.
fn days(group: &Group) -> Option<String> {
    let last = group.last.filter(|last| Some(*last) != group.date);
    let until = last.map(|last| format!(" to {last}")).unwrap_or_default();
    Some(format!("{}{until}", group.date?))
}

fn exception_row(exception: &Exception) -> Vec<String> {
    vec![
        exception.id.to_string(),
        exception.rule.clone(),
        exception.label.clone(),
        exception.start.clone().unwrap_or_else(|| exception.date.to_string()),
        if exception.routed { "waits" } else { "information" }.into(),
        exception.severity.word().into(),
        exception.direction.word().into(),
        exception.state.clone(),
        exception.evidence.clone(),
    ]
}
