//! `amity status`: what the installation holds, in one look.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use store::registry::master::Class;
use store::registry::quarantine::QuarantineState;

use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::grouped;

/// Show what the installation holds: master data, readings, days, quarantine, the last messages.
#[derive(Debug, Args)]
pub struct Status {
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Status {
    /// Asks the books and prints.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        let registry = &installation.books.registry;
        let usage_points = installation.ask(registry.master().count(Class::UsagePoint))?;
        let meters = installation.ask(registry.master().count(Class::Meter))?;
        let channels = installation.ask(registry.channels().count())?;
        let totals = installation.ask(registry.batches().totals())?;
        let mut waiting = installation.ask(registry.quarantine().counts())?;
        waiting.retain(|count| count.state == QuarantineState::Open);
        let last = installation.ask(registry.batches().newest(0, 5))?;
        let days = installation.books.readings.days();
        let events = installation.runtime.block_on(installation.events.count());
        let events = events.map_err(|error| Failure::work("could not read the events", error))?;
        let damages: Vec<_> = installation.recovery.damaged.iter().map(ToString::to_string).collect();
        if self.json {
            let reasons: Vec<_> =
                waiting.iter().map(|count| json!({ "reason": count.code, "items": count.items })).collect();
            let newest: Vec<_> = last
                .iter()
                .map(|batch| json!({ "path": batch.path, "stored": batch.stored, "received_at": batch.received_at.to_string() }))
                .collect();
            output::print_json(&json!({
                "data": installation.folder(),
                "usage_points": usage_points,
                "meters": meters,
                "channels": channels,
                "messages": totals.batches,
                "readings_stored": totals.stored,
                "duplicates": totals.duplicates,
                "events": events,
                "first_day": days.first().map(ToString::to_string),
                "last_day": days.last().map(ToString::to_string),
                "quarantine": reasons,
                "newest": newest,
                "damages": damages,
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        output::print(&format!("installation {}", installation.folder().display()))?;
        output::print(&format!(
            "  {} usage points, {} meters, {} channels",
            grouped(usage_points),
            grouped(meters),
            grouped(channels.into())
        ))?;
        output::print(&format!(
            "  {} readings from {} messages, {} duplicates",
            grouped(totals.stored),
            grouped(totals.batches),
            grouped(totals.duplicates)
        ))?;
        output::print(&format!("  {} device events", grouped(events)))?;
        if let (Some(first), Some(last)) = (days.first(), days.last()) {
            output::print(&format!("  days from {first} to {last}"))?;
        }
        let items: u64 = waiting.iter().map(|count| count.items).sum();
        output::print(&format!("  {} items wait in quarantine", grouped(items)))?;
        if let Some(first) = damages.first() {
            let more = if damages.len() == 1 { String::new() } else { format!(" and {} more", damages.len() - 1) };
            output::print(&format!("  DAMAGED: {first}{more}; `amity doctor` checks everything and says what to do"))?;
        }
        for batch in &last {
            output::print(&format!("  {}  {} ({} stored)", batch.received_at, batch.path, grouped(batch.stored)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
