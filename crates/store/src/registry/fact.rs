//! Facts: what rules and methods may know of meters, usage points and channels beside readings.
//!
//! A fact holds from its instant until the next one of its subject and kind, in whatever order they are entered.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use model::id::{ChannelNumber, Mrid};
use model::master::{Dated, History};
use model::quantity::Decimal;
use smol_str::SmolStr;

use super::master::Class;
use super::sql::{Database, Row, arguments, text_enum};
use super::{Registry, RegistryError};

/// Bytes of a value.
const VALUE_MAX: usize = 200;
/// Channels that one fact may name.
const CHANNELS_MAX: usize = 32;
/// Words of `load`.
const LOADS: [&str; 4] = ["ordinary", "irregular", "constant", "solar"];

text_enum! {
    /// What a fact says.
    pub enum FactKind {
        /// The family of a meter as its maker names it (`OpenWay CENTRON`).
        MeterFamily = "meter-family",
        /// The firmware of a meter as it reports it (`7.0.187`).
        MeterFirmware = "meter-firmware",
        /// The number of the communication module in or at a meter.
        ModuleId = "module-id",
        /// The number that the utility gave a meter.
        BadgeNumber = "badge-number",
        /// The serial number of a meter.
        SerialNumber = "serial-number",
        /// What the register of a meter must be multiplied by to be in its unit (Ontario 2.2.3: 1 for all); told in reports, and
        /// nothing is multiplied by it.
        MeterMultiplier = "meter-multiplier",
        /// Whether a meter is used with instrument transformers: yes or no.
        TransformerType = "transformer-type",
        /// The rating of the service of a usage point in kVA.
        ServiceRating = "service-rating",
        /// Where a usage point is: degrees north and degrees east.
        Position = "position",
        /// The calendar whose holidays a usage point keeps.
        Holidays = "holidays",
        /// The weather station of a usage point.
        WeatherStation = "weather-station",
        /// What differences of the register of a channel are multiplied by from then on; before the first one it is what the
        /// channel was registered with.
        Multiplier = "multiplier",
        /// How what a channel counts behaves: ordinary, irregular, constant or solar.
        Load = "load",
        /// The most that the recorder of a channel can count in one interval, in the unit of the channel.
        IntervalCapacity = "interval-capacity",
        /// The average daily load of a channel in its unit.
        AverageDailyLoad = "average-daily-load",
        /// The channels that measure the same as a channel with another meter.
        CheckChannels = "check-channels",
        /// The channels whose load has the shape of a channel's.
        LoadProfileChannels = "load-profile-channels",
        /// The channels with what the control system of the network saw of a channel's flow.
        ScadaChannels = "scada-channels",
        /// The channels that count what flows into the node of a channel.
        FlowsIn = "flows-in",
        /// The channels that count what flows out of the node of a channel.
        FlowsOut = "flows-out",
    }
}

/// A value is not one of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} for {kind}, found `{found}`")]
pub struct InvalidFact {
    /// Which kind.
    pub kind: FactKind,
    /// What may stand there.
    pub expected: &'static str,
    /// What stands there.
    pub found: String,
}

impl FactKind {
    /// The class of its subjects.
    pub const fn class(self) -> Class {
        match self {
            Self::MeterFamily
            | Self::MeterFirmware
            | Self::ModuleId
            | Self::BadgeNumber
            | Self::SerialNumber
            | Self::MeterMultiplier
            | Self::TransformerType => Class::Meter,
            Self::ServiceRating | Self::Position | Self::Holidays | Self::WeatherStation => Class::UsagePoint,
            _ => Class::Channel,
        }
    }

    /// Whether its value names channels.
    pub const fn names_channels(self) -> bool {
        matches!(
            self,
            Self::CheckChannels | Self::LoadProfileChannels | Self::ScadaChannels | Self::FlowsIn | Self::FlowsOut
        )
    }

    /// Whether a text is a value of this kind.
    fn accepts(self, value: &str) -> Result<(), &'static str> {
        let number = |text: &str| text.parse::<Decimal>().ok();
        let within = |text: &str, most: f64| text.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= most);
        let (holds, expected) = match self {
            Self::ServiceRating | Self::IntervalCapacity | Self::MeterMultiplier | Self::Multiplier => {
                (number(value).is_some_and(|number| 0 < number.digits), "a number above zero")
            }
            Self::AverageDailyLoad => (number(value).is_some(), "a number"),
            Self::Position => {
                let holds =
                    value.split_once(' ').is_some_and(|(north, east)| within(north, 90.0) && within(east, 180.0));
                (holds, "degrees north and degrees east, such as `43.65 -79.38`")
            }
            Self::TransformerType => (["yes", "no"].contains(&value), "yes or no"),
            Self::Load => (LOADS.contains(&value), "ordinary, irregular, constant or solar"),
            kind if kind.names_channels() => {
                let channels = channels_in(value);
                (channels.is_some_and(|channels| channels.len() <= CHANNELS_MAX), "at most 32 channels")
            }
            _ => (value.trim() == value && value.len() <= VALUE_MAX, "a name of at most 200 bytes"),
        };
        if holds { Ok(()) } else { Err(expected) }
    }
}

/// A value of a subject from an instant on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    kind: FactKind,
    subject: Mrid,
    from: Timestamp,
    value: Option<SmolStr>,
}

impl Fact {
    /// A fact; without a value nothing is known from that instant on.
    ///
    /// # Errors
    /// [`InvalidFact`].
    pub fn new(kind: FactKind, subject: Mrid, from: Timestamp, value: Option<&str>) -> Result<Self, InvalidFact> {
        let found = value.unwrap_or_default();
        if let Some(value) = value {
            let accepted = if value.is_empty() { Err("a value") } else { kind.accepts(value) };
            accepted.map_err(|expected| InvalidFact { kind, expected, found: found.into() })?;
        }
        Ok(Self { kind, subject, from, value: value.map(SmolStr::new) })
    }

    /// The value of a kind that names channels: their numbers.
    pub fn naming(channels: &[ChannelNumber]) -> String {
        let numbers: Vec<String> = channels.iter().map(ChannelNumber::to_string).collect();
        numbers.join(" ")
    }
}

/// The channels that a value names.
fn channels_in(value: &str) -> Option<Vec<ChannelNumber>> {
    value.split(' ').map(|number| number.parse().ok().map(ChannelNumber)).collect()
}

/// The facts of a registry.
#[derive(Clone, Copy, Debug)]
pub struct FactBook<'r> {
    database: &'r Database,
}

impl Registry {
    /// What rules and methods may know beside readings.
    pub fn facts(&self) -> FactBook<'_> {
        FactBook { database: &self.database }
    }
}

impl FactBook<'_> {
    /// Enters facts in one commit, in any order of time; one at an instant that has one already takes its place.
    /// Entering them again changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where a subject is not in the registry; nothing is entered then.
    pub async fn put(&self, facts: &[Fact]) -> Result<(), RegistryError> {
        let sql = "INSERT INTO fact (subject, kind, valid_from, value) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (subject, kind, valid_from) DO UPDATE SET value = excluded.value \
                   WHERE fact.value <> excluded.value";
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        let mut touched = 0;
        for Fact { kind, subject, from, value } in facts {
            let known = "SELECT object FROM name WHERE object = $1 AND class = $2 LIMIT 1";
            let class = kind.class().as_str();
            let row = transaction.row(known, arguments![subject.to_string(), class]).await?;
            row.ok_or_else(|| RegistryError::NotFound { what: class, name: subject.to_string() })?;
            let value = value.as_deref().unwrap_or_default();
            touched += transaction.execute(sql, arguments![subject.to_string(), kind.as_str(), *from, value]).await?;
        }
        // Without a change the transaction is dropped, and the revision stays.
        if 0 < touched {
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Every fact of a subject by kind, oldest first; `None` where nothing is known any more.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn of(&self, subject: Mrid) -> Result<BTreeMap<FactKind, Vec<Dated<Option<SmolStr>>>>, RegistryError> {
        let sql = "SELECT * FROM fact WHERE subject = $1 ORDER BY valid_from";
        let facts = Facts::of_rows(&self.database.rows(sql, arguments![subject.to_string()]).await?)?;
        Ok(facts.histories.into_iter().map(|((_, kind), history)| (kind, history.links().to_vec())).collect())
    }
}

/// The facts of a registry in memory.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    subjects: HashSet<Mrid>,
    histories: HashMap<(Mrid, FactKind), History<Option<SmolStr>>>,
}

impl Facts {
    /// The facts in rows of `fact` by ascending instant.
    pub(super) fn of_rows(rows: &[Row]) -> Result<Self, RegistryError> {
        let mut facts = Self::default();
        for row in rows {
            let (from, value) = (row.instant("valid_from")?, row.get::<String>("value")?);
            let value = Some(value).filter(|value| !value.is_empty()).map(SmolStr::from);
            let damaged = |_| RegistryError::Damaged { column: "valid_from", text: from.to_string() };
            let subject = row.parsed("subject")?;
            facts.subjects.insert(subject);
            let history = facts.histories.entry((subject, row.parsed("kind")?)).or_default();
            history.set_from(from, value).map_err(damaged)?;
        }
        Ok(facts)
    }

    /// The values of a subject over time, by begin.
    pub fn history(&self, kind: FactKind, subject: Mrid) -> &[Dated<Option<SmolStr>>] {
        self.histories.get(&(subject, kind)).map_or(&[], History::links)
    }

    /// Whether there is any fact of a subject.
    pub fn knows(&self, subject: Mrid) -> bool {
        self.subjects.contains(&subject)
    }

    /// The value of a subject at an instant; `None` where it is not known.
    pub fn at(&self, kind: FactKind, subject: Mrid, at: Timestamp) -> Option<&str> {
        self.histories.get(&(subject, kind))?.at(at)?.as_deref()
    }

    /// The channels that a fact of a channel names at an instant; `None` where nothing was declared.
    pub fn channels_at(&self, kind: FactKind, subject: Mrid, at: Timestamp) -> Option<Vec<ChannelNumber>> {
        match self.histories.get(&(subject, kind))?.at(at)? {
            Some(value) => channels_in(value),
            None => Some(Vec::new()),
        }
    }

    /// The channels that a fact of a channel names at any time.
    pub fn ever_named(&self, kind: FactKind, subject: Mrid) -> impl Iterator<Item = ChannelNumber> {
        let links = self.histories.get(&(subject, kind)).map_or(&[][..], History::links);
        links.iter().filter_map(|link| channels_in(link.value.as_deref()?)).flatten()
    }

    /// Each channel that is named at any time, with the subject that names it.
    pub(super) fn named_channels(&self) -> impl Iterator<Item = (ChannelNumber, Mrid)> {
        let naming = self.histories.iter().filter(|((_, kind), _)| kind.names_channels());
        naming.flat_map(|((subject, _), history)| {
            let values = history.links().iter().filter_map(|link| link.value.as_deref());
            values.filter_map(channels_in).flatten().map(|channel| (channel, *subject))
        })
    }

    /// Every value that a kind ever had.
    pub(super) fn values(&self, wanted: FactKind) -> impl Iterator<Item = &SmolStr> {
        let of_kind = self.histories.iter().filter(move |((_, kind), _)| *kind == wanted);
        of_kind.flat_map(|(_, history)| history.links()).filter_map(|link| link.value.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn values_are_those_of_their_kind() {
        use FactKind::{CheckChannels, IntervalCapacity, Load, MeterFamily, Position, ServiceRating};
        let check = |kind: FactKind, good: &[&str], bad: &[&str]| {
            let fact = |value| Fact::new(kind, Mrid(Uuid::from_u128(1)), Timestamp::UNIX_EPOCH, Some(value));
            good.iter().for_each(|value| assert!(fact(value).is_ok(), "{kind} {value}"));
            for value in bad {
                let error = fact(value).expect_err("not of its kind").to_string();
                assert!(error.contains(kind.as_str()) && error.contains(&format!("`{value}`")), "{error}");
            }
        };
        check(MeterFamily, &["OpenWay CENTRON"], &["", " x", &"x".repeat(201)]);
        check(ServiceRating, &["25", "12.5"], &["0", "-1", "25 kVA", ""]);
        check(IntervalCapacity, &["0.5"], &["much"]);
        check(Position, &["43.65 -79.38", "-90 180"], &["43.65", "91 0", "0 180.1", "43.65, -79.38", "x y"]);
        check(Load, &["solar", "ordinary"], &["Solar", "wind"]);
        check(CheckChannels, &["7", "7 8"], &["UP1/E1", "7,8", &["1"; 33].join(" ")]);
    }
}
