//! `amity registry add` and `import`: channels with what is known of their usage points.

use std::process::ExitCode;

use clap::Args;
use ingest::placement::zone_of;
use jiff::Timestamp;
use model::id::{Name, UsagePointId};
use model::master::{Channel, ConnectionState};
use model::quantity::Decimal;
use model::reading_type::ReadingType;
use serde::Deserialize;
use smol_str::SmolStr;
use store::readings::{AsOf, ChannelHistory};
use store::registry::channel::ChannelEntry;
use store::registry::directory::Directory;
use store::registry::fact::{Fact, FactKind};
use store::registry::usage_point::StateChange;

use super::fact::multiplier_can_change;
use crate::commands::time_span::instant;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// A channel as a person describes it.
#[derive(Clone, Debug, Args, Deserialize)]
#[group(skip)]
#[serde(deny_unknown_fields)]
pub struct Add {
    /// Name of the usage point (NMI, service delivery point), or its mRID.
    #[arg(long)]
    usage_point: String,
    /// Serial number or name of the meter there.
    #[arg(long)]
    #[serde(default)]
    meter: Option<String>,
    /// Since when the meter is there: a date or local time of the zone, or RFC 3339 with offset. From then on its silence
    /// is told.
    #[arg(long, value_name = "TIME", requires = "meter")]
    #[serde(default)]
    meter_from: Option<String>,
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
    /// Current times voltage transformer ratio for register differences; 1 for a new channel.
    #[arg(long)]
    #[serde(default)]
    multiplier: Option<String>,
    /// The multiplier changed at this time, with a meter or its transformers: it holds from then on, and what the register
    /// counted before stays as it was. A date or local time of the zone, or RFC 3339 with offset.
    #[arg(long, value_name = "TIME", requires = "multiplier", conflicts_with = "correct")]
    #[serde(default)]
    multiplier_from: Option<String>,
    /// Digits of the register before the point.
    #[arg(long)]
    #[serde(default)]
    dials: Option<u8>,
    /// The channel was entered wrongly: multiplier and dials count for all its reads, the earliest too; reading type, unit,
    /// quantum, interval and zone change only while nothing is stored of it.
    #[arg(long)]
    #[serde(default)]
    correct: bool,
    /// Length of the intervals in seconds; without it the channel takes register reads.
    #[arg(long)]
    #[serde(default)]
    interval_seconds: Option<u32>,
    /// Zone of the usage point.
    #[arg(long)]
    #[serde(default)]
    zone: Option<String>,
    /// The only source that may send the readings of the usage point.
    #[arg(long, value_name = "SOURCE")]
    #[serde(default)]
    owner: Option<String>,
    /// Connection state of the usage point: connected, disconnected, logically-disconnected or closed.
    #[arg(long, requires = "state_from")]
    #[serde(default)]
    state: Option<ConnectionState>,
    /// Since when it has that state.
    #[arg(long, value_name = "TIME", requires = "state")]
    #[serde(default)]
    state_from: Option<String>,
}

fn kilowatt_hours() -> String {
    "kWh".into()
}

fn millionths() -> i8 {
    -6
}

impl Add {
    fn entry(&self, installation: &Installation, directory: &Directory) -> Result<ChannelEntry, Failure> {
        let usage = |field: &str, error: &dyn std::fmt::Display| Failure::Usage(format!("{field}: {error}"));
        let zone = self.zone(installation);
        let known_zone = zone_of(&zone).map_err(|error| usage("zone", &error))?;
        let meter_from = self.meter_from.as_deref().map(|text| instant("meter_from", text, &known_zone)).transpose()?;
        let reading_type: ReadingType = self.reading_type.parse().map_err(|error| usage("reading type", &error))?;
        let mut entry = ChannelEntry {
            usage_point: self.named(directory),
            meter: self.meter.as_deref().map(|meter| Name::new("MeterSerialNumber", meter)),
            meter_from,
            suffix: self.suffix.as_str().into(),
            reading_type,
            unit: self.unit.as_str().into(),
            quantum: self.quantum,
            multiplier: Decimal::new(1, 0),
            dials: None,
            interval_seconds: self.interval_seconds,
            zone,
        };
        let stored = directory.registered(&entry);
        if let Some(stored) = stored {
            (entry.multiplier, entry.dials) = (stored.multiplier, stored.dials);
        }
        if let Some(text) = self.multiplier.as_deref().filter(|_| self.multiplier_from.is_none()) {
            entry.multiplier = text.parse().map_err(|error| usage("multiplier", &error))?;
        }
        entry.dials = self.dials.or(entry.dials);
        let changed = stored.filter(|stored| (stored.multiplier, stored.dials) != (entry.multiplier, entry.dials));
        if let Some(stored) = changed.filter(|_| !self.correct) {
            nothing_read_yet(installation, stored, &entry)?;
        }
        Ok(entry)
    }

    /// The multiplier that holds from an instant on, where one is given.
    fn multiplier_change(
        &self,
        installation: &Installation,
        channel: Option<&Channel>,
    ) -> Result<Option<Fact>, Failure> {
        let Some(from) = self.multiplier_from.as_deref() else { return Ok(None) };
        let usage = |words: &str| Failure::Usage(format!("multiplier_from: {words}"));
        let multiplier = self.multiplier.as_deref().ok_or_else(|| usage("say also the `multiplier`"))?;
        let channel =
            channel.ok_or_else(|| usage("the channel is new; register it with the multiplier before first"))?;
        let zone = zone_of(&self.zone(installation)).map_err(|error| Failure::Usage(error.to_string()))?;
        let from = instant("multiplier_from", from, &zone)?;
        multiplier_can_change(channel, Some(from))?;
        let fact = Fact::new(FactKind::Multiplier, channel.id.0, from, Some(multiplier));
        fact.map(Some).map_err(|error| Failure::Usage(error.to_string()))
    }

    /// The usage point as the registry calls it where its mRID is given, else by the given name.
    fn named(&self, directory: &Directory) -> Name {
        let id = self.usage_point.parse().map(UsagePointId).ok();
        let known = id.and_then(|id| directory.usage_point_names(id).first());
        known.cloned().unwrap_or_else(|| Name::new("UsagePoint", self.usage_point.as_str()))
    }

    fn zone(&self, installation: &Installation) -> SmolStr {
        SmolStr::new(self.zone.as_deref().unwrap_or(&installation.settings.zone))
    }

    /// The state and its first instant, where one is given.
    fn state(&self, installation: &Installation) -> Result<Option<(ConnectionState, Timestamp)>, Failure> {
        let Some(state) = self.state else { return Ok(None) };
        let from = self.state_from.as_deref().ok_or_else(|| Failure::Usage("`state` needs `state_from`".into()))?;
        let zone = zone_of(&self.zone(installation)).map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(Some((state, instant("state_from", from, &zone)?)))
    }
}

/// Enters channels anew that were entered wrongly, while nothing is stored of them.
fn correct(installation: &Installation, entries: &[ChannelEntry], directory: &Directory) -> Result<(), Failure> {
    for entry in entries {
        let Some(stored) = directory.registered(entry) else { continue };
        let entered = (stored.reading_type, &stored.unit, stored.quantum, stored.interval_seconds, &stored.zone);
        if entered == (entry.reading_type, &entry.unit, entry.quantum, entry.interval_seconds, &entry.zone) {
            continue;
        }
        let history = installation.books.readings.read(stored.number, i64::MIN, i64::MAX, AsOf::Now);
        let history = history.map_err(|error| Failure::work("could not look for readings of the channel", error))?;
        if history != ChannelHistory::default() {
            return Err(Failure::Usage(format!(
                "channel {}: readings are stored of it, so only its multiplier and dials can be corrected; register another \
                 with `--suffix`",
                stored.label
            )));
        }
        installation.ask(installation.books.registry.channels().describe_anew(stored.number, entry))?;
    }
    Ok(())
}

/// A multiplier and the dials count for every read of a channel: a change on some day must not change the days before it.
fn nothing_read_yet(installation: &Installation, stored: &Channel, wanted: &ChannelEntry) -> Result<(), Failure> {
    let history = installation.books.readings.read(stored.number, i64::MIN, i64::MAX, AsOf::Now);
    let reads = history.map_err(|error| Failure::work("could not look for reads of the channel", error))?.registers;
    let Some(first) = reads.first() else { return Ok(()) };
    let dials = |dials: Option<u8>| dials.map_or("unknown".into(), |dials| dials.to_string());
    Err(Failure::Usage(format!(
        "channel {}: multiplier {} with {} dials cannot become {} with {}, its reads since {} count by the former; if that \
         was wrong from the beginning, say `--correct` and run `amity vee run`; a multiplier that changed on a day is \
         entered with `--multiplier-from`, other dials belong to another `--suffix`",
        stored.label,
        stored.multiplier,
        dials(stored.dials),
        wanted.multiplier,
        dials(wanted.dials),
        Timestamp::from_second(first.at).unwrap_or_default(),
    )))
}

/// Registers channels, then enters owners and states of their usage points.
pub fn register(installation: &Installation, channels: Vec<Add>, as_json: bool) -> Result<ExitCode, Failure> {
    let directory = installation.ask(installation.books.registry.directory())?;
    let entries = channels.iter().map(|add| add.entry(installation, &directory)).collect::<Result<Vec<_>, _>>()?;
    let states = channels.iter().map(|add| add.state(installation)).collect::<Result<Vec<_>, _>>()?;
    let corrected = entries.iter().zip(&channels).filter(|(_, add)| add.correct).map(|(entry, _)| entry.clone());
    correct(installation, &corrected.collect::<Vec<_>>(), &directory)?;
    let changes = entries.iter().zip(&channels);
    let changes = changes.map(|(entry, add)| add.multiplier_change(installation, directory.registered(entry)));
    let multipliers: Vec<_> = changes.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    let registry = &installation.books.registry;
    let registered = installation.ask(registry.channels().register(&entries))?;
    installation.ask(registry.facts().put(&multipliers))?;
    let usage_points = registered.iter().map(|channel| channel.usage_point);
    let owners = usage_points.clone().zip(&channels).filter(|(_, add)| add.owner.is_some());
    let owners: Vec<_> = owners.map(|(point, add)| (point, add.owner.as_deref().map(SmolStr::new))).collect();
    installation.ask(registry.usage_points().set_owners(&owners))?;
    let change = |(usage_point, state)| Option::map(state, |(state, from)| StateChange { usage_point, from, state });
    let changes: Vec<_> = usage_points.zip(states).filter_map(change).collect();
    installation.ask(registry.usage_points().change_states(&changes))?;
    let hint = "`amity quarantine replay` takes in what waited for them";
    output::tell(as_json, &registered, &format!("{} channels registered", registered.len()), hint)?;
    Ok(ExitCode::SUCCESS)
}
