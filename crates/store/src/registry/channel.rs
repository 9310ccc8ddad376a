//! Channels: registered with their usage point and meter, one or many in a commit.

use std::collections::HashMap;

use jiff::Timestamp;
use model::id::{ChannelId, ChannelNumber, Mrid, Name, UsagePointId};
use model::master::Channel;
use model::quantity::Decimal;
use model::reading::ChannelKey;
use model::reading_type::ReadingType;
use serde::Serialize;
use smol_str::SmolStr;
use uuid::Uuid;

use super::link::{Link, Relation, add_links, links_of_subjects};
use super::master::{Class, insert_names, insert_objects, named};
use super::sql::{Argument, Database, Row, Transaction, arguments};
use super::{Registry, RegistryError};

/// The kind of name under which a channel's label is found.
const LABEL_KIND: &str = "label";

/// A channel as a person, a file or a message describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelEntry {
    /// The usage point; registered where the name is new.
    pub usage_point: Name,
    /// The meter there; registered where the name is new.
    pub meter: Option<Name>,
    /// Since when the meter is there; `None`: as long as anyone knows.
    pub meter_from: Option<Timestamp>,
    /// See [`Channel::suffix`].
    pub suffix: SmolStr,
    /// What is measured.
    pub reading_type: ReadingType,
    /// The unit as people write it.
    pub unit: SmolStr,
    /// Power of ten of the stored integers.
    pub quantum: i8,
    /// See [`Channel::multiplier`].
    pub multiplier: Decimal,
    /// See [`Channel::dials`].
    pub dials: Option<u8>,
    /// Length of its intervals in seconds; `None` for register and period reads.
    pub interval_seconds: Option<u32>,
    /// IANA zone or fixed offset of the usage point.
    pub zone: SmolStr,
}

impl ChannelEntry {
    /// What people call the channel: `<usage point>/<suffix, else reading type>`.
    pub fn label(&self) -> String {
        let key = ChannelKey {
            usage_point: Some(self.usage_point.clone()),
            meter: None,
            suffix: self.suffix.clone(),
            reading_type: self.reading_type,
        };
        key.label()
    }
}

/// The channels of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Channels<'r> {
    database: &'r Database,
}

impl Registry {
    /// Channels.
    pub fn channels(&self) -> Channels<'_> {
        Channels { database: &self.database }
    }
}

impl Channels<'_> {
    /// Registers channels with their usage points and meters in one commit; answers them in order.
    ///
    /// Idempotent by label: a channel that is there keeps its number; multiplier and dials follow the entry.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] where a label is registered for another quantity, unit, quantum, interval or
    /// zone (stored numbers would change their meaning), [`RegistryError::Overlap`] where a meter is elsewhere.
    /// Nothing is registered then.
    pub async fn register(&self, entries: &[ChannelEntry]) -> Result<Vec<Channel>, RegistryError> {
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        let usage_points = ensure(&mut transaction, Class::UsagePoint, entries.iter().map(|entry| &entry.usage_point));
        let (usage_points, mut touched) = usage_points.await?;
        let meters = ensure(&mut transaction, Class::Meter, entries.iter().filter_map(|entry| entry.meter.as_ref()));
        let (meters, meters_created) = meters.await?;
        touched += meters_created;
        touched += link_meters(&mut transaction, entries, &usage_points, &meters).await?;
        let (channels, channels_touched) = ensure_channels(&mut transaction, entries, &usage_points).await?;
        // Without a change the transaction is dropped, and the revision stays.
        if 0 < touched + channels_touched {
            transaction.commit().await?;
        }
        Ok(channels)
    }

    /// The channel a person means by its number, mRID or label.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn find(&self, text: &str) -> Result<Channel, RegistryError> {
        let row = if let Ok(number) = text.parse::<u32>() {
            self.database.row("SELECT * FROM channel WHERE number = $1", arguments![number]).await?
        } else if let Ok(id) = text.parse::<ChannelId>() {
            self.database.row("SELECT * FROM channel WHERE id = $1", arguments![id.to_string()]).await?
        } else {
            self.database.row("SELECT * FROM channel WHERE label = $1", arguments![text]).await?
        };
        let not_found = || RegistryError::NotFound { what: "channel", name: text.to_owned() };
        channel(&row.ok_or_else(not_found)?)
    }

    /// The channels of a usage point, by label.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn of_usage_point(&self, usage_point: UsagePointId) -> Result<Vec<Channel>, RegistryError> {
        let sql = "SELECT * FROM channel WHERE usage_point = $1 ORDER BY label";
        self.database.rows(sql, arguments![usage_point.to_string()]).await?.iter().map(channel).collect()
    }

    /// Channels by ascending number, from number `from` on.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn page(&self, from: ChannelNumber, limit: u32) -> Result<Vec<Channel>, RegistryError> {
        let sql = "SELECT * FROM channel WHERE number >= $1 ORDER BY number LIMIT $2";
        self.database.rows(sql, arguments![from.0, limit]).await?.iter().map(channel).collect()
    }

    /// How many channels there are; the next one gets this number.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn count(&self) -> Result<u32, RegistryError> {
        let row = self.database.row("SELECT value FROM counter WHERE name = 'channel'", arguments![]).await?;
        row.map_or(Ok(0), |row| row.number("value"))
    }
}

/// Objects of a class by name, made where they are new; answers also how many were.
async fn ensure(
    transaction: &mut Transaction,
    class: Class,
    names: impl Iterator<Item = &Name>,
) -> Result<(HashMap<Name, Mrid>, u64), RegistryError> {
    let mut names: Vec<Name> = names.cloned().collect();
    names.sort_unstable();
    names.dedup();
    let mut known = named(transaction, class, &names).await?;
    let created: Vec<(&Name, Mrid)> =
        names.iter().filter(|name| !known.contains_key(*name)).map(|name| (name, Mrid(Uuid::new_v4()))).collect();
    let ids: Vec<Mrid> = created.iter().map(|(_, id)| *id).collect();
    insert_objects(transaction, class, &ids).await?;
    let touched = insert_names(transaction, class, &created).await?;
    known.extend(created.into_iter().map(|(name, id)| (name.clone(), id)));
    Ok((known, touched))
}

async fn link_meters(
    transaction: &mut Transaction,
    entries: &[ChannelEntry],
    usage_points: &HashMap<Name, Mrid>,
    meters: &HashMap<Name, Mrid>,
) -> Result<u64, RegistryError> {
    let existing = links_of_subjects(transaction, Relation::MeterAtUsagePoint, meters.values().copied()).await?;
    let mut links = Vec::new();
    for entry in entries {
        let Some(subject) = entry.meter.as_ref().and_then(|meter| meters.get(meter)).copied() else { continue };
        let target = usage_points[&entry.usage_point];
        let known = existing.get(&subject);
        let is_there = known.is_some_and(|links| links.iter().any(|link| link.target == target));
        if entry.meter_from.is_none() && is_there {
            continue;
        }
        let from = entry.meter_from.unwrap_or(Timestamp::MIN);
        links.push(Link { relation: Relation::MeterAtUsagePoint, subject, target, from, to: None });
    }
    add_links(transaction, &links, existing).await
}

/// The channels of entries, made where their label is new; answers also how many rows changed.
async fn ensure_channels(
    transaction: &mut Transaction,
    entries: &[ChannelEntry],
    usage_points: &HashMap<Name, Mrid>,
) -> Result<(Vec<Channel>, u64), RegistryError> {
    let labels: Vec<String> = entries.iter().map(ChannelEntry::label).collect();
    let sql = "SELECT channel.* FROM {keys} CROSS JOIN channel WHERE channel.label = wanted.column1";
    let rows = transaction.rows_for_keys(sql, arguments![], &labels).await?;
    let mut by_label: HashMap<SmolStr, Channel> = HashMap::new();
    for stored in rows.iter().map(channel) {
        let stored = stored?;
        by_label.insert(stored.label.clone(), stored);
    }
    let next: i64 = transaction.advance("channel", 0).await?;
    let mut next = u32::try_from(next).map_err(|_| RegistryError::Full)?;
    let (mut created, mut touched) = (Vec::new(), 0);
    for (entry, label) in entries.iter().zip(&labels) {
        let mut wanted = described(entry, label, usage_points[&entry.usage_point]);
        let Some(stored) = by_label.get_mut(label.as_str()) else {
            wanted.number = ChannelNumber(next);
            next = next.checked_add(1).ok_or(RegistryError::Full)?;
            created.push(wanted.clone());
            by_label.insert(wanted.label.clone(), wanted);
            continue;
        };
        (wanted.number, wanted.id) = (stored.number, stored.id);
        if let Some(difference) = difference(stored, &wanted) {
            return Err(RegistryError::Conflict { what: "channel", name: label.clone(), difference });
        }
        if *stored != wanted {
            let sql = "UPDATE channel SET multiplier = $2, dials = $3 WHERE number = $1";
            let dials = wanted.dials.map(u32::from);
            touched +=
                transaction.execute(sql, arguments![wanted.number.0, wanted.multiplier.to_string(), dials]).await?;
            *stored = wanted;
        }
    }
    transaction.advance("channel", i64::try_from(created.len()).unwrap_or(i64::MAX)).await?;
    touched += insert_channels(transaction, &created).await?;
    Ok((labels.iter().map(|label| by_label[label.as_str()].clone()).collect(), touched))
}

/// The channel an entry describes, without its number.
fn described(entry: &ChannelEntry, label: &str, usage_point: Mrid) -> Channel {
    Channel {
        number: ChannelNumber(0),
        id: ChannelId(Mrid(Uuid::new_v4())),
        label: label.into(),
        usage_point: UsagePointId(usage_point),
        suffix: entry.suffix.clone(),
        reading_type: entry.reading_type,
        unit: entry.unit.clone(),
        quantum: entry.quantum,
        multiplier: entry.multiplier,
        dials: entry.dials,
        interval_seconds: entry.interval_seconds,
        zone: entry.zone.clone(),
    }
}

/// The first difference that would change what stored numbers mean.
fn difference(stored: &Channel, wanted: &Channel) -> Option<String> {
    let seconds = |channel: &Channel| channel.interval_seconds.unwrap_or(0).to_string();
    let fields = [
        ("usage point", stored.usage_point.to_string(), wanted.usage_point.to_string()),
        ("reading type", stored.reading_type.to_string(), wanted.reading_type.to_string()),
        ("unit", stored.unit.to_string(), wanted.unit.to_string()),
        ("quantum", stored.quantum.to_string(), wanted.quantum.to_string()),
        ("interval seconds", seconds(stored), seconds(wanted)),
        ("zone", stored.zone.to_string(), wanted.zone.to_string()),
    ];
    let differing = fields.into_iter().find(|(_, stored, wanted)| stored != wanted);
    differing.map(|(field, stored, wanted)| format!("{field} is `{stored}`, not `{wanted}`"))
}

async fn insert_channels(transaction: &mut Transaction, channels: &[Channel]) -> Result<u64, RegistryError> {
    let row = |channel: &Channel| -> Vec<Argument> {
        arguments![
            channel.number.0,
            channel.id.to_string(),
            &*channel.label,
            channel.usage_point.to_string(),
            &*channel.suffix,
            channel.reading_type.to_string(),
            &*channel.unit,
            i64::from(channel.quantum),
            channel.multiplier.to_string(),
            channel.dials.map(u32::from),
            channel.interval_seconds,
            &*channel.zone,
        ]
    };
    let insert = "INSERT INTO channel (number, id, label, usage_point, suffix, reading_type, unit, quantum, \
                  multiplier, dials, interval_seconds, zone)";
    let touched = transaction.insert_many(insert, channels.iter().map(row).collect(), "").await?;
    let labels: Vec<(Name, Mrid)> =
        channels.iter().map(|channel| (Name::new(LABEL_KIND, channel.label.clone()), channel.id.0)).collect();
    let labels: Vec<(&Name, Mrid)> = labels.iter().map(|(name, id)| (name, *id)).collect();
    insert_names(transaction, Class::Channel, &labels).await?;
    Ok(touched)
}

pub(super) fn channel(row: &Row) -> Result<Channel, RegistryError> {
    let text = |column| row.get::<String>(column).map(SmolStr::from);
    let dials: Option<i64> = row.get("dials")?;
    let interval_seconds: Option<i64> = row.get("interval_seconds")?;
    Ok(Channel {
        number: ChannelNumber(row.number("number")?),
        id: row.parsed("id")?,
        label: text("label")?,
        usage_point: row.parsed("usage_point")?,
        suffix: text("suffix")?,
        reading_type: row.parsed("reading_type")?,
        unit: text("unit")?,
        quantum: row.number("quantum")?,
        multiplier: row.parsed("multiplier")?,
        dials: dials.map(|_| row.number("dials")).transpose()?,
        interval_seconds: interval_seconds.map(|_| row.number("interval_seconds")).transpose()?,
        zone: text("zone")?,
    })
}
