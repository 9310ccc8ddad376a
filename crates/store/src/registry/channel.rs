//! Channels: registered with their usage point and meter, one or many in a commit.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use model::id::{ChannelId, ChannelNumber, Mrid, Name, UsagePointId};
use model::master::Channel;
use model::quantity::Decimal;
use model::reading::ChannelKey;
use model::reading_type::ReadingType;
use serde::Serialize;
use smol_str::SmolStr;
use uuid::Uuid;

use super::channel_bounds::check;
use super::link::{Link, Relation, add_links, links_of_subjects};
use super::master::{Class, ambiguous, insert_names, insert_objects, named, one_meant};
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

    /// Whether a channel of its usage point is the one it describes.
    pub(super) fn is_of(&self, channel: &Channel) -> bool {
        tail(&self.suffix, self.reading_type) == tail(&channel.suffix, channel.reading_type)
    }
}

/// What tells channels of a usage point apart, and ends their labels.
fn tail(suffix: &SmolStr, reading_type: ReadingType) -> SmolStr {
    if suffix.is_empty() { reading_type.to_string().into() } else { suffix.clone() }
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
    /// Idempotent: a channel of the same usage point with the same suffix, else reading type, keeps its number; multiplier
    /// and dials follow the entry. The label of a usage point whose name another one bears already tells the authority:
    /// `100@CIS/E1`.
    ///
    /// # Errors
    /// [`RegistryError::Invalid`] for what no channel can be, [`RegistryError::Ambiguous`] for a name that several bear,
    /// [`RegistryError::Conflict`] where a channel is registered for another quantity, unit, quantum, interval or
    /// zone (stored numbers would change their meaning), [`RegistryError::Overlap`] where a meter is elsewhere.
    /// Nothing is registered then.
    pub async fn register(&self, entries: &[ChannelEntry]) -> Result<Vec<Channel>, RegistryError> {
        entries.iter().try_for_each(check)?;
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        let usage_points = ensure(&mut transaction, Class::UsagePoint, entries.iter().map(|entry| &entry.usage_point));
        let usage_points = usage_points.await?;
        let meters = ensure(&mut transaction, Class::Meter, entries.iter().filter_map(|entry| entry.meter.as_ref()));
        let meters = meters.await?;
        let linked = link_meters(&mut transaction, entries, &usage_points.ids, &meters.ids).await?;
        let (channels, changed) = ensure_channels(&mut transaction, entries, &usage_points).await?;
        let touched = usage_points.created + meters.created + linked + changed;
        // Without a change the transaction is dropped, and the revision stays.
        if 0 < touched {
            transaction.commit().await?;
        }
        Ok(channels)
    }

    /// Gives a channel the quantity, unit, quantum, interval and zone of an entry. Only for a channel of which nothing is
    /// stored: numbers that are would change their meaning.
    ///
    /// # Errors
    /// [`RegistryError::Invalid`] or [`RegistryError::Database`].
    pub async fn describe_anew(&self, number: ChannelNumber, entry: &ChannelEntry) -> Result<(), RegistryError> {
        check(entry)?;
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        let sql = "UPDATE channel SET reading_type = $2, unit = $3, quantum = $4, interval_seconds = $5, zone = $6 \
                   WHERE number = $1";
        let arguments = arguments![
            number.0,
            entry.reading_type.to_string(),
            &*entry.unit,
            i64::from(entry.quantum),
            entry.interval_seconds,
            &*entry.zone,
        ];
        transaction.execute(sql, arguments).await?;
        transaction.commit().await
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

/// Objects of a class that were asked for by name.
struct Ensured {
    ids: HashMap<Name, Mrid>,
    /// Everything that bears one of the values.
    bearers: HashMap<SmolStr, Vec<(Name, Mrid)>>,
    /// How many rows are new.
    created: u64,
}

/// Objects of a class by name, made where they are new.
async fn ensure(
    transaction: &mut Transaction,
    class: Class,
    names: impl Iterator<Item = &Name>,
) -> Result<Ensured, RegistryError> {
    let mut names: Vec<Name> = names.cloned().collect();
    // Those with an authority first, so that the same name without one finds them.
    names.sort_unstable_by(|left, right| right.cmp(left));
    names.dedup();
    let mut bearers: HashMap<SmolStr, Vec<(Name, Mrid)>> = HashMap::new();
    for (name, id) in named(transaction, class, &names).await? {
        bearers.entry(name.value.clone()).or_default().push((name, id));
    }
    let (mut ids, mut created) = (HashMap::new(), Vec::new());
    for name in &names {
        let same_value = bearers.entry(name.value.clone()).or_default();
        let found = one_meant(name, same_value).map_err(|bearers| ambiguous(class, name, bearers))?;
        let id = found.unwrap_or_else(|| {
            let id = Mrid(Uuid::new_v4());
            same_value.push((name.clone(), id));
            created.push((name, id));
            id
        });
        ids.insert(name.clone(), id);
    }
    insert_objects(transaction, class, &created.iter().map(|(_, id)| *id).collect::<Vec<_>>()).await?;
    let created = insert_names(transaction, class, &created).await?;
    Ok(Ensured { ids, bearers, created })
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

/// The channels of entries, made where they are new; answers also how many rows changed.
async fn ensure_channels(
    transaction: &mut Transaction,
    entries: &[ChannelEntry],
    usage_points: &Ensured,
) -> Result<(Vec<Channel>, u64), RegistryError> {
    let mut known = Known::of(transaction, usage_points).await?;
    let next: i64 = transaction.advance("channel", 0).await?;
    let mut next = u32::try_from(next).map_err(|_| RegistryError::Full)?;
    let (mut answer, mut created, mut touched) = (Vec::new(), Vec::new(), 0);
    for entry in entries {
        let usage_point = UsagePointId(usage_points.ids[&entry.usage_point]);
        let tail = tail(&entry.suffix, entry.reading_type);
        let mut wanted = described(entry, usage_point);
        if let Some(stored) = known.channels.get(&(usage_point, tail.clone())) {
            (wanted.number, wanted.id, wanted.label) = (stored.number, stored.id, stored.label.clone());
            if let Some(difference) = difference(stored, &wanted) {
                return Err(RegistryError::Conflict { what: "channel", name: stored.label.to_string(), difference });
            }
            if *stored != wanted {
                let sql = "UPDATE channel SET multiplier = $2, dials = $3 WHERE number = $1";
                let dials = wanted.dials.map(u32::from);
                touched +=
                    transaction.execute(sql, arguments![wanted.number.0, wanted.multiplier.to_string(), dials]).await?;
            }
        } else {
            wanted.label = format!("{}/{tail}", known.begin(entry, usage_point)?).into();
            wanted.number = ChannelNumber(next);
            next = next.checked_add(1).ok_or(RegistryError::Full)?;
            created.push(wanted.clone());
        }
        known.channels.insert((usage_point, tail), wanted.clone());
        answer.push(wanted);
    }
    none_labelled_so(transaction, &created).await?;
    transaction.advance("channel", i64::try_from(created.len()).unwrap_or(i64::MAX)).await?;
    touched += insert_channels(transaction, &created).await?;
    Ok((answer, touched))
}

/// The channels of usage points, and of others with the same names.
struct Known {
    channels: HashMap<(UsagePointId, SmolStr), Channel>,
    /// What the labels of a usage point begin with.
    begins: HashMap<UsagePointId, SmolStr>,
    taken: HashSet<SmolStr>,
}

impl Known {
    async fn of(transaction: &mut Transaction, usage_points: &Ensured) -> Result<Self, RegistryError> {
        let mut points: Vec<String> = usage_points.bearers.values().flatten().map(|(_, id)| id.to_string()).collect();
        points.sort_unstable();
        points.dedup();
        let sql = "SELECT channel.* FROM {keys} CROSS JOIN channel WHERE channel.usage_point = wanted.column1";
        let mut known = Self { channels: HashMap::new(), begins: HashMap::new(), taken: HashSet::new() };
        for stored in transaction.rows_for_keys(sql, arguments![], &points).await?.iter().map(channel) {
            let stored = stored?;
            let tail = tail(&stored.suffix, stored.reading_type);
            if let Some(begin) = stored.label.strip_suffix(tail.as_str()).and_then(|label| label.strip_suffix('/')) {
                known.begins.insert(stored.usage_point, begin.into());
                known.taken.insert(begin.into());
            }
            known.channels.insert((stored.usage_point, tail), stored);
        }
        Ok(known)
    }

    /// What the label of a new channel begins with: as the others of its usage point, else its name, with the authority,
    /// and at last the kind, where another usage point has that already.
    fn begin(&mut self, entry: &ChannelEntry, usage_point: UsagePointId) -> Result<SmolStr, RegistryError> {
        if let Some(begin) = self.begins.get(&usage_point) {
            return Ok(begin.clone());
        }
        let Name { authority, kind, value } = &entry.usage_point;
        let by = if authority.is_empty() { kind } else { authority };
        let begins = [value.clone(), format!("{value}@{by}").into(), format!("{value}@{by}:{kind}").into()];
        let free = begins.into_iter().find(|begin| self.taken.insert(begin.clone()));
        let begin = free.ok_or_else(|| labelled_so(&entry.label()))?;
        self.begins.insert(usage_point, begin.clone());
        Ok(begin)
    }
}

/// Labels of different usage points can be the same by accident: `a/b` with the suffix `c` and `a` with `b/c`.
async fn none_labelled_so(transaction: &mut Transaction, created: &[Channel]) -> Result<(), RegistryError> {
    let mut labels: Vec<String> = created.iter().map(|channel| channel.label.to_string()).collect();
    labels.sort_unstable();
    if let Some(twice) = labels.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(labelled_so(&twice[0]));
    }
    let sql = "SELECT channel.label FROM {keys} CROSS JOIN channel WHERE channel.label = wanted.column1";
    match transaction.rows_for_keys(sql, arguments![], &labels).await?.first() {
        None => Ok(()),
        Some(row) => Err(labelled_so(&row.get::<String>("label")?)),
    }
}

fn labelled_so(label: &str) -> RegistryError {
    let difference = "it belongs to another usage point; give this one another name or suffix".to_owned();
    RegistryError::Conflict { what: "channel", name: label.to_owned(), difference }
}

/// The channel an entry describes, without its number and label.
fn described(entry: &ChannelEntry, usage_point: UsagePointId) -> Channel {
    Channel {
        number: ChannelNumber(0),
        id: ChannelId(Mrid(Uuid::new_v4())),
        label: SmolStr::default(),
        usage_point,
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
        ("reading type", stored.reading_type.to_string(), wanted.reading_type.to_string()),
        ("unit", stored.unit.to_string(), wanted.unit.to_string()),
        ("quantum", stored.quantum.to_string(), wanted.quantum.to_string()),
        ("interval seconds", seconds(stored), seconds(wanted)),
        ("zone", stored.zone.to_string(), wanted.zone.to_string()),
    ];
    let differing = fields.into_iter().find(|(_, stored, wanted)| stored != wanted);
    differing.map(|(field, stored, wanted)| {
        format!(
            "{field} is `{stored}`, not `{wanted}`; while it has no readings, `amity registry add` with `--correct` enters \
             it anew{}",
            match field {
                "interval seconds" => ", and what goes on with another length is a channel of its own (`--continues`)",
                _ => "",
            }
        )
    })
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
