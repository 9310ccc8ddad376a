//! Registering channels as a message describes them, where a person or a setting allows it.

use std::collections::HashMap;

use model::event::EndDeviceEvent;
use model::finding::{Finding, Severity};
use model::id::Name;
use model::master::Channel;
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, MessageHeader, Values};
use model::reading_type::{ReadingType, usual_quantum};
use smol_str::SmolStr;
use store::registry::channel::ChannelEntry;
use store::registry::directory::{Directory, Unresolved};
use store::registry::{Registry, RegistryError};
use tokio::runtime::Handle;

use crate::admission;

/// Why channels of a message could not be registered.
#[derive(Clone, Debug, Default)]
pub struct Unregistered(HashMap<Words, String>);

impl Unregistered {
    /// What contradicts the channel that a message names so; `None` where nothing does.
    pub fn why(&self, key: &ChannelKey) -> Option<&str> {
        self.0.get(&(usage_point(key)?, key.label())).map(String::as_str)
    }
}

/// The usage point and the label of a channel in the words of its message.
type Words = (Name, String);

/// Collects the channels of a message that the registry does not know.
pub struct UnknownChannels<'a> {
    directory: &'a Directory,
    zone: SmolStr,
    entries: HashMap<Words, ChannelEntry>,
}

impl<'a> UnknownChannels<'a> {
    /// Looks channels up in a directory; new ones are in a zone.
    pub fn new(directory: &'a Directory, zone: SmolStr) -> Self {
        Self { directory, zone, entries: HashMap::new() }
    }

    /// The channels as entries, by label.
    pub fn into_entries(self) -> Vec<ChannelEntry> {
        let mut entries: Vec<_> = self.entries.into_values().collect();
        entries.sort_by_cached_key(|entry| (entry.label(), entry.usage_point.clone()));
        entries
    }
}

impl formats::Sink for UnknownChannels<'_> {
    fn message(&mut self, _header: &MessageHeader) {}

    fn readings(&mut self, readings: &ChannelReadings) {
        let Some((at, _)) = admission::span(readings) else { return };
        match self.directory.resolve(&readings.channel, at) {
            // To register what bears an ambiguous name is for a person.
            Ok(_) | Err(Unresolved::AmbiguousName { .. }) => return,
            Err(_) => {}
        }
        let Some(entry) = entry(readings, &self.zone) else { return };
        let quantum = entry.quantum;
        let known = self.entries.entry(words(&entry)).or_insert(entry);
        known.quantum = known.quantum.min(quantum);
    }

    fn event(&mut self, _event: &EndDeviceEvent) {}

    fn finding(&mut self, _finding: Finding) {}
}

/// Registers entries in one commit, or, where some contradict the registry, the others in as few as it takes; answers how
/// many are registered. What contradicts is noted: its readings wait, and the rest of the message goes on.
///
/// # Errors
/// What the registry says when it cannot work.
pub fn register(
    registry: &Registry,
    runtime: &Handle,
    entries: &[ChannelEntry],
    unregistered: &mut Unregistered,
) -> Result<u64, RegistryError> {
    let Some(first) = entries.first() else { return Ok(0) };
    match runtime.block_on(registry.channels().register(entries)) {
        Ok(_) => Ok(entries.len() as u64),
        Err(error) if !error.is_contradiction() => Err(error),
        Err(error) if entries.len() == 1 => {
            unregistered.0.insert(words(first), contradiction(first, &error));
            Ok(0)
        }
        Err(_) => {
            let (left, right) = entries.split_at(entries.len() / 2);
            let registered = register(registry, runtime, left, unregistered)?;
            Ok(registered + register(registry, runtime, right, unregistered)?)
        }
    }
}

/// What contradicts an entry, in the words of the entry.
fn contradiction(entry: &ChannelEntry, error: &RegistryError) -> String {
    match (error, &entry.meter) {
        (RegistryError::Overlap { .. }, Some(meter)) => format!(
            "meter `{}` is registered at another usage point than `{}`; enter when it went there \
             (`amity registry exchange`), or correct the source",
            meter.value, entry.usage_point.value
        ),
        _ => error.to_string(),
    }
}

/// Tells that an entry measures with intervals of another length what a channel of its usage point does: perhaps the meter
/// was set to another length, and the other channel ends there.
pub fn second_length(directory: &Directory, entry: &ChannelEntry) -> Option<Finding> {
    let quantity = |one: ReadingType| ReadingType { macro_period: 0, measuring_period: 0, ..one };
    let length = entry.interval_seconds?;
    let key = ChannelKey { usage_point: Some(entry.usage_point.clone()), ..ChannelKey::default() };
    let usage_point = directory.place(&key, jiff::Timestamp::UNIX_EPOCH).ok()?;
    let is_same = |other: &&Channel| {
        other.interval_seconds.is_some_and(|other| other != length)
            && quantity(other.reading_type) == quantity(entry.reading_type)
            && directory.continued_by(other).is_none()
    };
    let other = directory.of_usage_point(usage_point).find(is_same)?;
    let message = format!(
        "a second channel for what {} measures is registered: intervals of {length} s, that one has {} s; if the meter was set \
         to another length, say from which day it goes on (`amity registry add .. --continues {} --continues-from DATE`)",
        other.label,
        other.interval_seconds.unwrap_or_default(),
        other.label
    );
    Some(Finding::new(0, entry.label(), "registry.second_length", message).with_severity(Severity::Warning))
}

fn words(entry: &ChannelEntry) -> Words {
    (entry.usage_point.clone(), entry.label())
}

/// The usage point that a message means; where it names only a meter, one that is called as the meter.
fn usage_point(key: &ChannelKey) -> Option<Name> {
    match (&key.usage_point, &key.meter) {
        (Some(usage_point), _) => Some(usage_point.clone()),
        (None, Some(meter)) => Some(Name { kind: "UsagePoint".into(), ..meter.clone() }),
        (None, None) => None,
    }
}

/// The entry for the channel of a piece of a message, in a zone.
///
/// The quantum is fine enough for every digit of the piece and for those that are usual later. `None` where the message names neither usage point nor meter.
pub fn entry(readings: &ChannelReadings, zone: &SmolStr) -> Option<ChannelEntry> {
    let key = &readings.channel;
    Some(ChannelEntry {
        usage_point: usage_point(key)?,
        meter: key.meter.clone(),
        meter_from: None,
        suffix: key.suffix.clone(),
        reading_type: key.reading_type,
        unit: readings.unit.clone(),
        quantum: quantum(readings),
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: match &readings.values {
            Values::Intervals(run) => Some(run.length_seconds),
            Values::Registers(_) => None,
        },
        zone: zone.clone(),
    })
}

fn quantum(readings: &ChannelReadings) -> i8 {
    let finest = match &readings.values {
        Values::Intervals(run) => finest_of_run(run),
        Values::Registers(reads) => {
            reads.iter().filter_map(|read| read.value).map(|value| value.normalized().exponent).min().unwrap_or(0)
        }
    };
    finest.min(usual_quantum(&readings.unit))
}

fn finest_of_run(run: &IntervalRun) -> i8 {
    let given = run.values.iter().filter(|value| **value != IntervalRun::MISSING);
    given.map(|value| Decimal::new(*value, run.exponent).normalized().exponent).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::reading::ChannelKey;

    use super::*;

    #[track_caller]
    fn check(unit: &str, values: &[i64], exponent: i8, expected: i8) {
        let run = IntervalRun {
            start: Timestamp::UNIX_EPOCH,
            length_seconds: 900,
            values: values.to_vec(),
            exponent,
            qualities: Vec::new(),
        };
        let readings = ChannelReadings {
            channel: ChannelKey { usage_point: Some(Name::new("NMI", "N1")), ..ChannelKey::default() },
            unit: unit.into(),
            values: Values::Intervals(run),
            revision: None,
            line: 1,
        };
        let entry = entry(&readings, &"UTC".into()).expect("named");
        assert_eq!(entry.quantum, expected, "{unit}");
    }

    #[test]
    fn the_quantum_keeps_every_digit() {
        check("kWh", &[1250], -3, -6);
        check("kWh", &[12_345_678], -7, -7);
        check("Wh", &[12], 0, -3);
        check("MWh", &[1], -6, -9);
        check("", &[1], 0, -3);
    }
}
