//! `amity inspect`: says what is in any file without storing it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use formats::{Format, Options};
use ingest::files::{self, Input};
use ingest::inventory::{ChannelInventory, Inventory};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::finding::Severity;
use serde::Serialize;
use serde_json::{Value, json};

use super::reading_options::ReadingOptions;
use crate::output::{self, Failure};

/// Say what is in files, folders and zip archives without storing anything.
///
/// Exit status 0: clean; 1: there are findings; 2: at least one file is refused.
#[derive(Debug, Args)]
pub struct Inspect {
    /// Files, folders or zip archives.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    reading: ReadingOptions,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// The answer, one object for each input in the order given.
#[derive(Serialize)]
struct Report {
    files: Vec<Value>,
}

impl Inspect {
    /// Reads every input and prints what is in it.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let (format, options) = (self.reading.format()?, self.reading.options()?);
        let mut report = Report { files: Vec::new() };
        let mut worst = None;
        for path in &self.paths {
            files::for_each(path, &files::Limits::default(), &mut |input| {
                let (name, inventory) = match input {
                    Input::Stream(name, bytes) => (name, Inventory::of(bytes, format, &options)),
                    Input::Empty(name, finding) => (name, Inventory::empty(finding)),
                    Input::Unreadable(name, finding) => (name, Inventory::unreadable(finding)),
                };
                worst = worst.max(inventory.worst());
                if self.json {
                    report.files.push(as_json(name, &inventory, &options));
                    return Ok(());
                }
                output::print(&as_text(name, &inventory, &options))
            })?;
        }
        if self.json {
            output::print_json(&report)?;
        }
        Ok(ExitCode::from(match worst {
            None | Some(Severity::Note) => 0,
            Some(Severity::Refused) => 2,
            Some(_) => 1,
        }))
    }
}

/// Instants are shown in the zone that was asked for, else in the one the format fixes, else in UTC.
fn shown(instant: Timestamp, inventory: &Inventory, options: &Options) -> String {
    let zone = match (inventory.format, &options.zone) {
        (Some(Format::Nem12 | Format::Nem13), _) => TimeZone::fixed(jiff::tz::offset(10)),
        (_, Some(zone)) => zone.clone(),
        _ => TimeZone::UTC,
    };
    instant.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn as_json(name: &str, inventory: &Inventory, options: &Options) -> Value {
    let channel = |channel: &ChannelInventory| {
        json!({
            "id": channel.label,
            "reading_type": channel.reading_type,
            "unit": channel.unit,
            "count": channel.count,
            "sum": channel.sum.to_string(),
            "first": shown(channel.first, inventory, options),
            "last": shown(channel.last, inventory, options),
            "qualities": channel.qualities,
        })
    };
    json!({
        "path": name,
        "format": inventory.format.map(Format::name),
        "accepted": inventory.accepted,
        "message": inventory.message.as_ref().map(|message| json!({
            "verb": message.verb,
            "noun": message.noun,
            "id": message.id,
        })),
        "channels": inventory.channels.iter().map(channel).collect::<Vec<_>>(),
        "events": inventory.events,
        "findings": inventory.findings,
        "findings_count": inventory.findings_count,
    })
}

fn as_text(name: &str, inventory: &Inventory, options: &Options) -> String {
    let format = inventory.format.map_or("unknown format", Format::name);
    let verdict = if inventory.accepted { "accepted" } else { "refused" };
    let mut lines = vec![format!("{name}: {format}, {verdict}, {} findings", inventory.findings_count)];
    if let Some(message) = &inventory.message {
        lines.push(format!("  message {} {} {}", message.verb, message.noun, message.id).trim_end().to_owned());
    }
    if 0 < inventory.events {
        lines.push(format!("  {} device events", inventory.events));
    }
    if !inventory.channels.is_empty() {
        let rows: Vec<_> = inventory.channels.iter().map(|channel| row(channel, inventory, options)).collect();
        let head = ["channel", "values", "sum", "unit", "from", "to", "qualities"];
        lines.extend(output::table(&head, &rows).lines().map(|line| format!("  {line}")));
    }
    lines.extend(inventory.findings.iter().map(|finding| format!("  {finding}")));
    lines.join("\n")
}

fn row(channel: &ChannelInventory, inventory: &Inventory, options: &Options) -> Vec<String> {
    let qualities: Vec<_> = channel.qualities.iter().map(|(flag, count)| format!("{flag}:{count}")).collect();
    vec![
        channel.label.clone(),
        channel.count.to_string(),
        channel.sum.to_string(),
        channel.unit.to_string(),
        shown(channel.first, inventory, options),
        shown(channel.last, inventory, options),
        qualities.join(" "),
    ]
}
