//! `amity registry`: the master data that readings are held against.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use model::id::{ChannelNumber, Name};
use model::master::Channel;
use model::quantity::Decimal;
use model::reading_type::ReadingType;
use serde::Deserialize;
use serde_json::json;
use store::registry::channel::ChannelEntry;

use crate::installation::Installation;
use crate::output::{self, Failure};

/// Show and change usage points, meters and channels.
#[derive(Debug, Args)]
pub struct Registry {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Register one channel, with its usage point and meter where they are new.
    Add(Box<Add>),
    /// Register the channels of a JSON file: a list of objects with the options of `add` as fields.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// List channels.
    List {
        /// Only names that begin with this.
        prefix: Option<String>,
        /// Most channels.
        #[arg(long, default_value_t = 1000)]
        limit: u32,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

/// A channel as a person describes it.
#[derive(Clone, Debug, Args, Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    /// Name of the usage point (NMI, service delivery point).
    #[arg(long)]
    usage_point: String,
    /// Serial number or name of the meter there.
    #[arg(long)]
    #[serde(default)]
    meter: Option<String>,
    /// What tells channels of one reading type apart (NEM12 NMISuffix such as E1).
    #[arg(long, default_value = "")]
    #[serde(default)]
    suffix: String,
    /// What is measured: the 18-field reading type of IEC 61968-9.
    #[arg(long)]
    reading_type: String,
    /// Unit of the values, such as kWh.
    #[arg(long, default_value = "kWh")]
    #[serde(default = "kilowatt_hours")]
    unit: String,
    /// Power of ten of the smallest amount that is kept, in the unit: -6 keeps millionths.
    #[arg(long, default_value_t = -6, allow_hyphen_values = true)]
    #[serde(default = "millionths")]
    quantum: i8,
    /// Current times voltage transformer ratio for register differences.
    #[arg(long, default_value = "1")]
    #[serde(default = "one")]
    multiplier: String,
    /// Digits of the register before the point.
    #[arg(long)]
    #[serde(default)]
    dials: Option<u8>,
    /// Length of the intervals in seconds; without it the channel takes register reads.
    #[arg(long)]
    #[serde(default)]
    interval_seconds: Option<u32>,
    /// Zone of the usage point.
    #[arg(long)]
    #[serde(default)]
    zone: Option<String>,
}

fn kilowatt_hours() -> String {
    "kWh".into()
}

fn millionths() -> i8 {
    -6
}

fn one() -> String {
    "1".into()
}

impl Add {
    fn entry(self, installation: &Installation) -> Result<ChannelEntry, Failure> {
        let usage = |field: &str, error: &dyn std::fmt::Display| Failure::Usage(format!("{field}: {error}"));
        let zone = self.zone.unwrap_or_else(|| installation.settings.zone.clone());
        ingest::placement::zone_of(&zone).map_err(|error| usage("zone", &error))?;
        let reading_type: ReadingType = self.reading_type.parse().map_err(|error| usage("reading type", &error))?;
        let multiplier: Decimal = self.multiplier.parse().map_err(|error| usage("multiplier", &error))?;
        Ok(ChannelEntry {
            usage_point: Name::new("UsagePoint", self.usage_point),
            meter: self.meter.map(|meter| Name::new("MeterSerialNumber", meter)),
            meter_from: None,
            suffix: self.suffix.into(),
            reading_type,
            unit: self.unit.into(),
            quantum: self.quantum,
            multiplier,
            dials: self.dials,
            interval_seconds: self.interval_seconds,
            zone: zone.into(),
        })
    }
}

impl Registry {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        match self.action {
            Action::Add(add) => register(&installation, vec![*add]),
            Action::Import { file } => {
                let text = std::fs::read_to_string(&file)
                    .map_err(|error| Failure::Usage(format!("{}: cannot be read: {error}", file.display())))?;
                let entries: Vec<Add> = serde_json::from_str(&text)
                    .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
                register(&installation, entries)
            }
            Action::List { prefix, limit, json } => list(&installation, prefix.as_deref().unwrap_or(""), limit, json),
        }
    }
}

fn register(installation: &Installation, entries: Vec<Add>) -> Result<ExitCode, Failure> {
    let entries = entries.into_iter().map(|add| add.entry(installation)).collect::<Result<Vec<_>, _>>()?;
    let channels = installation.ask(installation.books.registry.channels().register(&entries))?;
    output::print(&format!("{} channels registered", channels.len()))?;
    output::say("`amity quarantine replay` takes in what waited for them");
    Ok(ExitCode::SUCCESS)
}

fn list(installation: &Installation, prefix: &str, limit: u32, as_json: bool) -> Result<ExitCode, Failure> {
    let channels = installation.ask(installation.books.registry.channels().page(ChannelNumber(0), u32::MAX))?;
    let named = |channel: &&Channel| channel.label.starts_with(prefix);
    let channels: Vec<_> = channels.iter().filter(named).take(limit as usize).collect();
    if as_json {
        let rows: Vec<_> = channels.iter().map(|channel| json!(channel)).collect();
        output::print_json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = channels
        .iter()
        .map(|channel| {
            let interval =
                channel.interval_seconds.map_or_else(|| "register".into(), |seconds| format!("{} min", seconds / 60));
            let measured = channel.reading_type.describe();
            vec![channel.label.to_string(), interval, channel.unit.to_string(), channel.zone.to_string(), measured]
        })
        .collect();
    output::print(&output::table(&["channel", "interval", "unit", "zone", "what is measured"], &rows))?;
    Ok(ExitCode::SUCCESS)
}
