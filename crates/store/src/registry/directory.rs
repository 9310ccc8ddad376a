//! Every channel of the registry in memory, and how a message's words for a channel become a channel.
//!
//! Loaded once and again when [`Registry::revision`] has moved; resolving does no I/O.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use model::event::report::Subject;
use model::id::{ChannelNumber, MeterId, Mrid, Name, UsagePointId};
use model::master::{Channel, ConnectionState, ConnectionStates, CustomerKind, Dated, History};
use model::reading::ChannelKey;
use model::time::LocalDay;
use smol_str::SmolStr;

use super::channel::{ChannelEntry, channel};
use super::determinant::RatesInForce;
use super::determinant::in_force::rates_in_force;
use super::fact::{FactKind, Facts};
use super::link::{Link, Relation, link};
use super::master::{Bearers, Class, name, one_meant};
use super::membership::{self, Classes, Membership, Memberships};
use super::ownership::{Owners, Ownership};
use super::reference::Shared;
use super::sql::{Row, arguments};
use super::usage_point::states;
use super::{Registry, RegistryError};

/// The channels of a registry, as of one revision.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// The revision of the registry this was loaded at; changes during loading may be in it already.
    pub revision: u64,
    channels: HashMap<ChannelNumber, Channel>,
    by_label: HashMap<SmolStr, ChannelNumber>,
    of_usage_point: HashMap<UsagePointId, Vec<ChannelNumber>>,
    usage_points: HashMap<SmolStr, Vec<(Name, Mrid)>>,
    usage_point_names: HashMap<Mrid, Vec<Name>>,
    meters: HashMap<SmolStr, Vec<(Name, Mrid)>>,
    meter_names: HashMap<Mrid, Vec<Name>>,
    meter_links: HashMap<Mrid, Vec<Link>>,
    links_to_usage_point: HashMap<Mrid, Vec<Link>>,
    states: ConnectionStates,
    owners: Owners,
    /// What rules may know of meters, usage points and channels.
    pub facts: Facts,
    /// Holidays and temperatures.
    pub shared: Shared,
    /// Definitions of rates, for their calendars.
    pub rates: RatesInForce,
    naming: HashMap<ChannelNumber, Vec<ChannelNumber>>,
    memberships: Memberships,
    classes: Classes,
}

/// Why the words of a message mean no channel, or not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// The message names neither usage point nor meter.
    #[error("the message names neither a usage point nor a meter")]
    Unnamed,
    /// No usage point has this name.
    #[error("usage point `{0}` is not in the registry")]
    UnknownUsagePoint(SmolStr),
    /// No meter has this name.
    #[error("meter `{0}` is not in the registry")]
    UnknownMeter(SmolStr),
    /// Several have this name, and the message does not say by which authority.
    #[error("{bearers} bear the name `{name}`, and the message does not say which authority's {what} it means")]
    AmbiguousName {
        /// The class of object, in words.
        what: &'static str,
        /// The name.
        name: SmolStr,
        /// Who bears it.
        bearers: Bearers,
    },
    /// The meter was nowhere at that time.
    #[error("meter `{meter}` was at no usage point at {at}")]
    NotInstalled {
        /// The meter as the message names it.
        meter: SmolStr,
        /// When.
        at: Timestamp,
    },
    /// The usage point has no such channel.
    #[error("the usage point has no channel `{0}`")]
    UnknownChannel(String),
    /// Several channels measure this and the message does not say which.
    #[error("{count} channels of the usage point measure `{reading_type}`; the message must name one")]
    Ambiguous {
        /// How many.
        count: usize,
        /// What they measure.
        reading_type: String,
    },
}

/// What the registry knows of a device that a source names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whose {
    /// The meter.
    pub meter: Option<MeterId>,
    /// The usage point that was named, or where the meter was.
    pub usage_point: Option<UsagePointId>,
    names_device: bool,
}

impl Whose {
    /// Whose it is; `None` where a device is named that is not known, or nothing is.
    pub fn subject(&self) -> Option<Subject> {
        let point = self.usage_point.filter(|_| !self.names_device).map(Subject::UsagePoint);
        self.meter.map(Subject::Meter).or(point)
    }
}

impl Registry {
    /// Every channel and what is needed to find it by the words of a message: loaded once for all who use this registry, and
    /// again when it has changed.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn directory(&self) -> Result<Arc<Directory>, RegistryError> {
        let revision = self.revision().await?;
        let held = || self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(directory) = held().as_ref().filter(|directory| directory.revision == revision) {
            return Ok(Arc::clone(directory));
        }
        let loaded = Arc::new(self.load_directory().await?);
        *held() = Some(Arc::clone(&loaded));
        Ok(loaded)
    }

    async fn load_directory(&self) -> Result<Directory, RegistryError> {
        let mut directory = Directory { revision: self.revision().await?, ..Directory::default() };
        let sql = "SELECT * FROM channel ORDER BY number";
        self.database.each(sql, arguments![], |row| channel(row).map(|channel| directory.add_channel(channel))).await?;
        let sql = "SELECT * FROM name WHERE class = $1";
        let Directory { usage_points, usage_point_names, meters, meter_names, .. } = &mut directory;
        let named = [(Class::UsagePoint, usage_points, usage_point_names), (Class::Meter, meters, meter_names)];
        for (class, by_name, names) in named {
            let add = |row: &Row| {
                let (name, id) = (name(row)?, row.parsed("object")?);
                push(names, id, name.clone());
                push(by_name, name.value.clone(), (name, id));
                Ok(())
            };
            self.database.each(sql, arguments![class.as_str()], add).await?;
        }
        let sql = "SELECT * FROM link WHERE relation = $1 ORDER BY valid_from";
        let add = |row: &Row| {
            let link = link(row)?;
            push(&mut directory.meter_links, link.subject, link.clone());
            push(&mut directory.links_to_usage_point, link.target, link);
            Ok(())
        };
        self.database.each(sql, arguments![Relation::MeterAtUsagePoint.as_str()], add).await?;
        let sql = "SELECT * FROM connection_state ORDER BY valid_from";
        directory.states = states(&self.database.rows(sql, arguments![]).await?)?;
        let sql = "SELECT * FROM ownership ORDER BY valid_from";
        directory.owners = Owners::of_rows(&self.database.rows(sql, arguments![]).await?)?;
        let sql = "SELECT * FROM fact ORDER BY valid_from";
        directory.facts = Facts::of_rows(&self.database.rows(sql, arguments![]).await?)?;
        directory.shared = self.references().named_by(&directory.facts).await?;
        directory.add_naming();
        directory.rates = rates_in_force(self).await?;
        directory.memberships = membership::memberships(&self.database).await?;
        directory.classes = membership::classes(&self.database).await?;
        Ok(directory)
    }
}

impl Directory {
    fn add_channel(&mut self, channel: Channel) {
        self.by_label.insert(channel.label.clone(), channel.number);
        push(&mut self.of_usage_point, channel.usage_point, channel.number);
        self.channels.insert(channel.number, channel);
    }

    fn add_naming(&mut self) {
        let named: Vec<(ChannelNumber, Mrid)> = self.facts.named_channels().collect();
        let subjects: HashSet<Mrid> = named.iter().map(|(_, subject)| *subject).collect();
        // Most registries declare nothing, so no index by mRID is kept.
        let numbers: HashMap<Mrid, ChannelNumber> = match subjects.is_empty() {
            true => HashMap::new(),
            false => self.channels().map(|channel| (channel.id.0, channel.number)).collect(),
        };
        for (channel, subject) in named {
            self.naming.entry(channel).or_default().extend(numbers.get(&subject));
        }
    }

    /// The channels whose facts name a channel at any time.
    pub fn naming(&self, channel: ChannelNumber) -> impl Iterator<Item = &Channel> {
        let numbers = self.naming.get(&channel).into_iter().flatten();
        numbers.filter_map(|number| self.channels.get(number))
    }

    /// The channel of a number.
    pub fn channel(&self, number: ChannelNumber) -> Option<&Channel> {
        self.channels.get(&number)
    }

    /// The channel of a label.
    pub fn by_label(&self, label: &str) -> Option<&Channel> {
        self.by_label.get(label).and_then(|number| self.channels.get(number))
    }

    /// How many channels there are.
    pub fn len(&self) -> usize {
        self.channels.len()
    }

    /// Whether there is no channel.
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// Every channel, in no particular order.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.channels.values()
    }

    /// The channels of a usage point by number.
    pub fn of_usage_point(&self, usage_point: UsagePointId) -> impl Iterator<Item = &Channel> {
        let numbers = self.of_usage_point.get(&usage_point).into_iter().flatten();
        numbers.filter_map(|number| self.channels.get(number))
    }

    /// What a usage point is called.
    pub fn usage_point_names(&self, usage_point: UsagePointId) -> &[Name] {
        self.usage_point_names.get(&usage_point.0).map_or(&[], Vec::as_slice)
    }

    /// The connection states of a usage point over time; `None` where none is known.
    pub fn states(&self, usage_point: UsagePointId) -> Option<&History<ConnectionState>> {
        self.states.history(usage_point)
    }

    /// The only source that may send the readings of a usage point at an instant; `None` where any may.
    pub fn owner_at(&self, usage_point: UsagePointId, at: Timestamp) -> Option<&str> {
        self.owners.at(usage_point, at)
    }

    /// From when a usage point belongs to which source, oldest first; none where it never moved.
    pub fn moves(&self, usage_point: UsagePointId) -> &[Ownership] {
        self.owners.moves(usage_point)
    }

    /// The programmes a usage point is in, with the local dates.
    pub fn programmes(&self, usage_point: UsagePointId) -> &[Membership] {
        self.memberships.get(&usage_point).map_or(&[], Vec::as_slice)
    }

    /// The class of the customer of a usage point over time; nothing where no agreement leads to a customer.
    pub fn customer_classes(&self, usage_point: UsagePointId) -> &[Dated<CustomerKind>] {
        self.classes.get(&usage_point).map_or(&[], Vec::as_slice)
    }

    /// The mean temperature of a local day at the weather station of a usage point, in tenths of a degree Celsius, with the
    /// name of the station.
    pub fn mean_temperature(&self, usage_point: UsagePointId, day: LocalDay) -> Option<(&str, i32)> {
        let station = self.facts.at(FactKind::WeatherStation, usage_point.0, day.range.start)?;
        let days = self.shared.temperatures.get(station)?;
        let found = days.binary_search_by_key(&day.date, |known| known.date).ok()?;
        Some((station, days[found].tenths_celsius))
    }

    /// Which meters were at a usage point and when, by begin.
    pub fn meter_links(&self, usage_point: UsagePointId) -> &[Link] {
        self.links_to_usage_point.get(&usage_point.0).map_or(&[], Vec::as_slice)
    }

    /// Where each meter that was at a usage point at an instant was then, in no particular order.
    pub fn installed_at(&self, at: Timestamp) -> impl Iterator<Item = &Link> {
        self.meter_links.values().flatten().filter(move |link| link.holds_at(at))
    }

    /// The meters that were at a usage point at an instant.
    pub fn meters_at(&self, usage_point: UsagePointId, at: Timestamp) -> impl Iterator<Item = MeterId> {
        let links = self.meter_links(usage_point).iter();
        links.filter(move |link| link.holds_at(at)).map(|link| MeterId(link.subject))
    }

    /// The meters that were at a usage point at some instant of `[start, end)`, each with the first such instant.
    pub fn meters_between(
        &self,
        usage_point: UsagePointId,
        start: Timestamp,
        end: Timestamp,
    ) -> impl Iterator<Item = (MeterId, Timestamp)> {
        let links = self.links_to_usage_point.get(&usage_point.0).into_iter().flatten();
        let within = move |link: &&Link| link.from < end && link.to.is_none_or(|to| start < to);
        links.filter(within).map(move |link| (MeterId(link.subject), link.from.max(start)))
    }

    /// The instants at which a meter took the place of another at a usage point, in order. Where a third one stays, nothing
    /// says which of them measures a channel, and the instant is left out.
    pub fn exchanges(&self, usage_point: UsagePointId) -> Vec<Timestamp> {
        let links = self.links_to_usage_point.get(&usage_point.0).map_or(&[][..], Vec::as_slice);
        let begins = links.iter().filter(|link| {
            let has_gone = |other: &&Link| other.subject != link.subject && other.to.is_some_and(|to| to <= link.from);
            let stays = |other: &Link| other.from < link.from && other.to.is_none_or(|to| link.from < to);
            links.iter().any(|other| has_gone(&other)) && !links.iter().any(stays)
        });
        begins.map(|link| link.from).collect()
    }

    /// What a meter is called.
    pub fn meter_names(&self, meter: MeterId) -> &[Name] {
        self.meter_names.get(&meter.0).map_or(&[], Vec::as_slice)
    }

    /// The channel a message means at a time.
    ///
    /// The usage point decides where the message names one, else the usage point its meter was at. There, the
    /// suffix decides where the message has one, else the reading type; of channels that go on from each other the one that
    /// holds then.
    ///
    /// # Errors
    /// [`Unresolved`] says which step failed.
    pub fn resolve(&self, key: &ChannelKey, at: Timestamp) -> Result<&Channel, Unresolved> {
        let usage_point = self.place(key, at)?;
        let unknown = || Unresolved::UnknownChannel(key.label());
        if !key.suffix.is_empty() {
            let named = self.of_usage_point(usage_point).find(|channel| channel.suffix == key.suffix);
            return named.map(|channel| self.holding_at(channel, at)).ok_or_else(unknown);
        }
        let measuring = self.of_usage_point(usage_point).filter(|channel| channel.reading_type == key.reading_type);
        let mut measuring = measuring.map(|channel| self.holding_at(channel, at));
        let first = measuring.next().ok_or_else(unknown)?;
        match measuring.filter(|channel| channel.number != first.number).count() {
            0 => Ok(first),
            more => Err(Unresolved::Ambiguous { count: more + 1, reading_type: key.reading_type.to_string() }),
        }
    }

    /// The channel that an entry describes, where it is registered.
    pub fn registered(&self, entry: &ChannelEntry) -> Option<&Channel> {
        let named = self.usage_points.get(&entry.usage_point.value)?;
        let usage_point = one_meant(&entry.usage_point, named).ok()??;
        self.of_usage_point(UsagePointId(usage_point)).find(|channel| entry.is_of(channel))
    }

    /// Whose something is that a source tells of a device, or of a usage point where it names none.
    ///
    /// A name that several bear is not resolved. A usage point stands for its meter where exactly one was there.
    pub fn whose(&self, device: Option<&Name>, usage_point: Option<&Name>, at: Timestamp) -> Whose {
        let found = |class, name: Option<&Name>, names, known: &HashMap<Mrid, Vec<Name>>| {
            let name = name?;
            let by_mrid = || name.value.parse().ok().filter(|id| known.contains_key(id));
            meant(class, name, names).ok().flatten().or_else(by_mrid)
        };
        let point = found(Class::UsagePoint, usage_point, &self.usage_points, &self.usage_point_names);
        let point = point.map(UsagePointId);
        let named = found(Class::Meter, device, &self.meters, &self.meter_names);
        let links = named.and_then(|meter| self.meter_links.get(&meter)).into_iter().flatten();
        let place = links.into_iter().find(|link| link.holds_at(at)).map(|link| UsagePointId(link.target));
        let mut there = point.iter().flat_map(|point| self.meters_at(*point, at));
        let only = there.next().filter(|_| device.is_none() && there.next().is_none());
        Whose { meter: named.map(MeterId).or(only), usage_point: place.or(point), names_device: device.is_some() }
    }

    /// The usage point a message means at a time: the one it names, else the one its meter was at.
    ///
    /// # Errors
    /// [`Unresolved`] says which step failed.
    pub fn place(&self, key: &ChannelKey, at: Timestamp) -> Result<UsagePointId, Unresolved> {
        if let Some(wanted) = &key.usage_point {
            let found = meant(Class::UsagePoint, wanted, &self.usage_points)?.map(UsagePointId);
            return found.ok_or_else(|| Unresolved::UnknownUsagePoint(wanted.value.clone()));
        }
        let wanted = key.meter.as_ref().ok_or(Unresolved::Unnamed)?;
        let meter = meant(Class::Meter, wanted, &self.meters)?;
        let meter = meter.ok_or_else(|| Unresolved::UnknownMeter(wanted.value.clone()))?;
        let links = self.meter_links.get(&meter).into_iter().flatten();
        let not_installed = || Unresolved::NotInstalled { meter: wanted.value.clone(), at };
        links.into_iter().find(|link| link.holds_at(at)).map(|link| UsagePointId(link.target)).ok_or_else(not_installed)
    }
}

/// Adds to what is known of a key. Most keys have one of each, and the room of a list that grows by itself is four.
fn push<K: Eq + Hash, T>(lists: &mut HashMap<K, Vec<T>>, key: K, item: T) {
    lists.entry(key).or_insert_with(|| Vec::with_capacity(1)).push(item);
}

fn meant(
    class: Class,
    wanted: &Name,
    by_value: &HashMap<SmolStr, Vec<(Name, Mrid)>>,
) -> Result<Option<Mrid>, Unresolved> {
    let named = by_value.get(&wanted.value).map_or(&[][..], Vec::as_slice);
    one_meant(wanted, named).map_err(|bearers| Unresolved::AmbiguousName {
        what: class.words(),
        name: wanted.value.clone(),
        bearers,
    })
}
