//! `amity vee queue`: exceptions in groups, or one by one.

use std::process::ExitCode;

use clap::Args;
use jiff::civil::Date;
use model::review::{AskExceptions, AskGroups, Exception, Group};

use super::{failure, review};
use crate::installation::Installation;
use crate::output::{self, Failure};

/// List what rules found and nobody decided: in groups, or one by one with --list.
#[derive(Debug, Args)]
pub struct Queue {
    /// What the exceptions of a group have in common.
    #[arg(long, default_value = "rule-date", value_parser = ["rule-date", "rule", "rule-date-slots", "channel"])]
    by: String,
    /// Only exceptions of this rule, such as V30.
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Only exceptions in this state.
    #[arg(long, default_value = "open", value_parser = ["open", "accepted", "edited", "resolved"])]
    state: String,
    /// List exceptions one by one.
    #[arg(long)]
    list: bool,
    /// With --list: only exceptions of this local day.
    #[arg(long, requires = "list", value_name = "DATE")]
    date: Option<Date>,
    /// With --list: only exceptions of this channel.
    #[arg(long, requires = "list", value_name = "CHANNEL")]
    channel: Option<String>,
    /// With --list: only exceptions that wait for a person.
    #[arg(long, requires = "list")]
    routed: bool,
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
        let review = review(installation)?;
        if self.list {
            let asked = AskExceptions {
                state: Some(self.state),
                rule: self.rule,
                date: self.date,
                channel: self.channel,
                routed: self.routed.then_some(true),
                limit: Some(self.limit),
                ..AskExceptions::default()
            };
            let found = review.exceptions(&asked).map_err(failure)?;
            if self.json {
                output::print_json(&found)?;
            } else {
                let rows: Vec<_> = found.exceptions.iter().map(exception_row).collect();
                tell(&["id", "rule", "channel", "from", "state", "evidence"], &rows)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let asked = AskGroups { state: Some(self.state), rule: self.rule, by: Some(self.by), ..AskGroups::default() };
        let found = review.groups(&asked).map_err(failure)?;
        if self.json {
            output::print_json(&found)?;
        } else {
            let rows: Vec<_> = found.groups.iter().map(group_row).collect();
            tell(&["rule", "what", "of", "exceptions", "channels", "waiting", "next step"], &rows)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn tell(head: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
    if rows.is_empty() {
        return output::print("nothing is in the queue");
    }
    output::print(&output::table(head, rows))?;
    output::say(
        "`amity vee queue --list --rule RULE` lists one by one; `amity vee accept ID...` accepts values as real",
    );
    Ok(())
}

fn group_row(group: &Group) -> Vec<String> {
    vec![
        group.rule.clone().unwrap_or_default(),
        group.rule_name.unwrap_or_default().to_owned(),
        group.date.map(|date| date.to_string()).or_else(|| group.label.clone()).unwrap_or_default(),
        group.count.to_string(),
        group.channels.to_string(),
        group.routed.to_string(),
        group.next_step.clone(),
    ]
}

fn exception_row(exception: &Exception) -> Vec<String> {
    vec![
        exception.id.to_string(),
        exception.rule.clone(),
        exception.label.clone(),
        exception.start.clone().unwrap_or_else(|| exception.date.to_string()),
        exception.state.clone(),
        exception.evidence.clone(),
    ]
}
