//! `amity collection alerts`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use ingest::thresholds::alerting::{Evidence, Told, with_evidence};
use jiff::Timestamp;
use store::registry::alert::{Acknowledged, Alert, Which};

use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::thresholds::in_force;

/// Show conditions that could harm collecting (Ontario 2.10.3), and acknowledge them.
///
/// Without more, those that last and those that nobody acknowledged. Exits with 1 where there is one.
#[derive(Debug, Args)]
pub struct Alerts {
    #[command(subcommand)]
    action: Option<Action>,
    /// Every one that lasted since this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Most alerts, the newest first.
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Note that a person has seen an alert.
    Ack {
        /// Its number.
        id: u64,
        /// Who has seen it.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// A few words.
        #[arg(long, default_value = "")]
        note: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

impl Alerts {
    pub(super) fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let alerts = installation.books.registry.alerts();
        if let Some(Action::Ack { id, by, note, json }) = self.action {
            if by.trim().is_empty() {
                return Err(Failure::Usage("--by: expected who has seen it".into()));
            }
            let alert = installation.ask(alerts.acknowledge(id, &Acknowledged { at: clock::now(), by, note }))?;
            output::tell(json, &alert, &line(&alert), "")?;
            return Ok(ExitCode::SUCCESS);
        }
        let which = self.since.map_or(Which::Open, |since| Which::Between(since, clock::now()));
        let listed = installation.ask(alerts.list(which, self.limit))?;
        let directory = installation.ask(installation.books.registry.directory())?;
        let thresholds = in_force(&installation.settings, installation.folder())?;
        let told = with_evidence(&thresholds, &installation.events, &directory, listed, clock::now());
        let told =
            installation.runtime.block_on(told).map_err(|error| Failure::work("could not read the events", error))?;
        if self.json {
            output::print_json(&told)?;
        } else if told.is_empty() {
            output::print("no alert")?;
        } else {
            told.iter().try_for_each(|told| output::print(&lines(told)))?;
        }
        Ok(ExitCode::from(u8::from(!told.is_empty())))
    }
}

/// An alert, and what everyone said of it.
fn lines(told: &Told) -> String {
    let said = |one: &Evidence| {
        let (role, what) = (if one.is_owner { "decides" } else { "advises" }, if one.is_over { "over" } else { "so" });
        format!("\n    {} ({role}): {what} at {}, {}", one.source, one.at.strftime("%F %T UTC"), one.told_type)
    };
    line(&told.alert) + &told.evidence.iter().map(said).collect::<String>()
}

fn line(alert: &Alert) -> String {
    let condition = &alert.condition;
    let at = condition.at.strftime("%F %R UTC");
    let until =
        alert.cleared_at.map_or_else(|| "lasts".to_owned(), |at| format!("over at {}", at.strftime("%F %R UTC")));
    let seen = match &alert.acknowledged {
        Some(seen) if seen.note.is_empty() => format!("seen by {}", seen.by),
        Some(seen) => format!("seen by {}: {}", seen.by, seen.note),
        None => "not acknowledged".into(),
    };
    let (kind, component, why, impact) = (condition.kind, &condition.component, &condition.why, &condition.impact);
    format!("{} {kind} {component} since {at}, {until}, {seen}: {why}; {impact}", alert.id)
}
