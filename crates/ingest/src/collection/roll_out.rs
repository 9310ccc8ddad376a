//! How far meters are rolled out: which are installed, and which of them report.
//!
//! A meter is installed while a dated link has it at a usage point. It reports while a channel of that usage point has a
//! value with an end not older than so many hours; values from before it was installed there, and from the future, prove
//! nothing. What is planned is not known here: no master data says it.
//!
//! [`installed`] looks at the last days of every channel at once, and at older ones only where it finds nothing there; it
//! keeps one [`Installed`] for each meter, and answers about them are made of these without the books.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::id::{ChannelNumber, MeterId, Name, UsagePointId};
use model::master::Channel;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use store::readings::{AsOf, ChannelHistory, Error, NO_VALUE, ReadingsBook};
use store::registry::directory::Directory;
use store::registry::fact::FactKind;
use store::registry::link::Link;

/// Hours without a value after which a meter is silent, where nobody says otherwise.
pub const SILENT_HOURS: u32 = 48;
/// The fewest hours that can be asked for: younger values are found without looking for the very last.
pub const SILENT_HOURS_MIN: u32 = 24;
/// The most: ten years.
pub const SILENT_HOURS_MAX: u32 = 87_600;
/// How far a value may end in the future and still prove that its meter reports.
const CLOCK_TOLERANCE_SECONDS: i64 = 3600;
/// Days that are looked at, all channels at once.
const RECENT_DAYS: i64 = 4;
/// Days back that are looked at, one channel after the other, before everything is.
const EARLIER_DAYS: i64 = 40;
const DAY_SECONDS: i64 = 86_400;

/// A meter at a usage point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The meter.
    pub meter: MeterId,
    /// Where it is.
    pub usage_point: UsagePointId,
    /// Since when; `None` as long as anyone knows.
    pub since: Option<Timestamp>,
    /// The end of its last value; `None` where none ever came.
    pub last: Option<Timestamp>,
}

/// Whether an installed meter reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reporting {
    /// Its last value is not older than asked.
    Reporting,
    /// It is.
    Silent,
    /// No value ever came.
    Never,
}

impl Installed {
    /// Whether it reports, where one without a value for so many hours is silent.
    pub fn reporting(&self, now: Timestamp, silent_hours: u32) -> Reporting {
        let limit = now.checked_sub(SignedDuration::from_hours(silent_hours.into())).unwrap_or(Timestamp::MIN);
        match self.last {
            None => Reporting::Never,
            Some(last) if last < limit => Reporting::Silent,
            Some(_) => Reporting::Reporting,
        }
    }
}

/// The installed meters of a moment, and what master data says of them.
#[derive(Debug)]
pub struct RollOut {
    /// When it was looked.
    pub made_at: Timestamp,
    /// The meters, by name.
    pub meters: Vec<Installed>,
    directory: Arc<Directory>,
    feeders: HashMap<UsagePointId, SmolStr>,
}

/// Which meters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those whose usage points this head-end owns; `-` for those that none owns.
    pub head_end: Option<String>,
    /// Only those of this area; `-` for those of none.
    pub area: Option<String>,
    /// Only those that report so.
    pub state: Option<Reporting>,
    /// Hours without a value after which a meter is silent.
    pub silent_hours: u32,
}

/// How a head-end or an area is asked for that is none.
pub const NONE: &str = "-";

/// How many meters are installed, and how many of these report, are silent, or never reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them.
    pub installed: u64,
    /// Those with a value not older than asked.
    pub reporting: u64,
    /// Those without one.
    pub silent: u64,
    /// Those of which no value ever came.
    pub never: u64,
}

/// The counts of a head-end or of an area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The head-end or area; `None` where there is none.
    pub name: Option<SmolStr>,
    /// Its meters.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Sums over the meters that a filter lets through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// All of them.
    pub total: Counts,
    /// By the head-end that owns their usage point.
    pub head_ends: Vec<Group>,
    /// By area.
    pub areas: Vec<Group>,
}

/// An installed meter as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The meter.
    pub meter: MeterId,
    /// What it is called.
    pub name: SmolStr,
    /// Where it is.
    pub usage_point: UsagePointId,
    /// What that is called.
    pub usage_point_name: SmolStr,
    /// The head-end that owns it.
    pub head_end: Option<SmolStr>,
    /// Its area.
    pub area: Option<SmolStr>,
    /// Degrees north and east.
    pub position: Option<SmolStr>,
    /// Whether it reports.
    pub state: Reporting,
    /// Since when it is there.
    pub installed_at: Option<Timestamp>,
    /// The end of its last value.
    pub last_value: Option<Timestamp>,
}

/// Looks for the installed meters of a moment and the last value of each; `feeders` is what
/// [`feeders`](store::registry::Registry::feeders) answers, and `progress` is told of meters.
///
/// # Errors
/// What the readings book says.
pub fn installed(
    book: &ReadingsBook,
    (directory, feeders): (Arc<Directory>, HashMap<UsagePointId, SmolStr>),
    now: Timestamp,
    progress: &mut dyn FnMut(u64),
) -> Result<RollOut, Error> {
    let until = now.as_second().saturating_add(CLOCK_TOLERANCE_SECONDS);
    let look = Look { book, recent: recent(book, now, until)?, now: now.as_second(), until };
    let mut meters = Vec::new();
    for link in directory.installed_at(now) {
        progress(1);
        let channels: Vec<&Channel> = directory.of_usage_point(UsagePointId(link.target)).collect();
        meters.push(look.at(link, &channels)?);
    }
    let mut roll_out = RollOut { made_at: now, meters: Vec::new(), directory, feeders };
    meters.sort_by(|a, b| (roll_out.name(a), a.meter).cmp(&(roll_out.name(b), b.meter)));
    roll_out.meters = meters;
    Ok(roll_out)
}

/// What is known of the last days, and where to look for more.
struct Look<'b> {
    book: &'b ReadingsBook,
    recent: HashMap<ChannelNumber, i64>,
    now: i64,
    until: i64,
}

impl Look<'_> {
    fn at(&self, link: &Link, channels: &[&Channel]) -> Result<Installed, Error> {
        let from = link.from.as_second();
        let recent = channels.iter().filter_map(|channel| self.recent.get(&channel.number).copied());
        let mut last = recent.filter(|end| from < *end).max();
        let young = self.now - i64::from(SILENT_HOURS_MIN) * 3600;
        for days in [Some(RECENT_DAYS), Some(EARLIER_DAYS), None] {
            let is_recent = days == Some(RECENT_DAYS);
            if last.is_some_and(|last| !is_recent || young <= last) {
                break;
            }
            // The intervals of the last days are known already; registers were not looked at.
            for channel in channels.iter().filter(|channel| !is_recent || channel.interval_seconds.is_none()) {
                last = last.max(self.last_since(channel.number, from, days)?);
            }
        }
        Ok(Installed {
            meter: MeterId(link.subject),
            usage_point: UsagePointId(link.target),
            since: (link.from != Timestamp::MIN).then_some(link.from),
            last: last.and_then(|second| Timestamp::from_second(second).ok()),
        })
    }

    /// The end of the last value of a channel within so many days, or ever, and not before an instant.
    fn last_since(&self, channel: ChannelNumber, from: i64, days: Option<i64>) -> Result<Option<i64>, Error> {
        let start = days.map_or(from, |days| from.max(self.now - days * DAY_SECONDS));
        let history = self.book.read(channel, start, self.until + 1, AsOf::Now)?;
        Ok(last_of(&history, self.until).filter(|end| from < *end))
    }
}

fn last_of(history: &ChannelHistory, until: i64) -> Option<i64> {
    let interval =
        history.days.iter().rev().find_map(|day| last_end(day.day_start, day.slot_seconds, &day.values, until));
    let register = history.registers.iter().rev().find(|read| read.value.is_some() && read.at <= until);
    interval.max(register.map(|read| read.at))
}

/// The end of the last value of each channel with intervals on the days around now.
fn recent(book: &ReadingsBook, now: Timestamp, until: i64) -> Result<HashMap<ChannelNumber, i64>, Error> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let near = |date: &Date| (-1..=RECENT_DAYS).contains(&i64::from((today - *date).get_days()));
    let mut ends: HashMap<ChannelNumber, i64> = HashMap::new();
    for date in book.days().into_iter().filter(near) {
        book.scan_day(date, |day| {
            if let Some(end) = last_end(day.day_start, day.slot_seconds, day.values, until) {
                let known = ends.entry(day.channel).or_insert(end);
                *known = end.max(*known);
            }
        })?;
    }
    Ok(ends)
}

fn last_end(day_start: i64, slot_seconds: u32, values: &[i64], until: i64) -> Option<i64> {
    let end = |slot: usize| day_start + (slot as i64 + 1) * i64::from(slot_seconds);
    let found = values.iter().enumerate().rev().find(|(slot, value)| **value != NO_VALUE && end(*slot) <= until)?;
    Some(end(found.0))
}

impl RollOut {
    /// What a meter is called.
    fn name(&self, installed: &Installed) -> &str {
        first(self.directory.meter_names(installed.meter))
    }

    fn head_end(&self, installed: &Installed) -> Option<&str> {
        self.directory.owner_at(installed.usage_point, self.made_at)
    }

    /// The feeder of the usage point; where none is known, its weather station.
    fn area(&self, installed: &Installed) -> Option<&str> {
        let feeder = self.feeders.get(&installed.usage_point).map(SmolStr::as_str);
        let station = || self.directory.facts.at(FactKind::WeatherStation, installed.usage_point.0, self.made_at);
        feeder.or_else(station)
    }

    /// Degrees north and east, as master data has them.
    pub fn position(&self, installed: &Installed) -> Option<&str> {
        self.directory.facts.at(FactKind::Position, installed.usage_point.0, self.made_at)
    }

    /// The meters that a filter lets through, by name.
    pub fn matching<'f>(&'f self, filter: &'f Filter) -> impl Iterator<Item = &'f Installed> {
        let is = |asked: &Option<String>, found: Option<&str>| {
            asked.as_deref().is_none_or(|asked| found.unwrap_or(NONE) == asked)
        };
        self.meters.iter().filter(move |meter| {
            let state = meter.reporting(self.made_at, filter.silent_hours);
            filter.state.is_none_or(|asked| asked == state)
                && is(&filter.head_end, self.head_end(meter))
                && is(&filter.area, self.area(meter))
        })
    }

    /// Sums over the meters that a filter lets through, whatever state it asks for: the sums tell the states apart.
    pub fn summary(&self, filter: &Filter) -> Summary {
        let whatever = Filter { state: None, ..filter.clone() };
        let mut total = Counts::default();
        let mut head_ends: BTreeMap<Option<&str>, Counts> = BTreeMap::new();
        let mut areas: BTreeMap<Option<&str>, Counts> = BTreeMap::new();
        for meter in self.matching(&whatever) {
            let state = meter.reporting(self.made_at, filter.silent_hours);
            total.add(state);
            head_ends.entry(self.head_end(meter)).or_default().add(state);
            areas.entry(self.area(meter)).or_default().add(state);
        }
        Summary { total, head_ends: groups(head_ends), areas: groups(areas) }
    }

    /// A meter with what master data says of it.
    pub fn told(&self, installed: &Installed, silent_hours: u32) -> Told {
        let named = |names: &[Name], id: &dyn std::fmt::Display| match first(names) {
            "" => SmolStr::new(id.to_string()),
            name => SmolStr::new(name),
        };
        Told {
            meter: installed.meter,
            name: named(self.directory.meter_names(installed.meter), &installed.meter),
            usage_point: installed.usage_point,
            usage_point_name: named(self.directory.usage_point_names(installed.usage_point), &installed.usage_point),
            head_end: self.head_end(installed).map(SmolStr::new),
            area: self.area(installed).map(SmolStr::new),
            position: self.position(installed).map(SmolStr::new),
            state: installed.reporting(self.made_at, silent_hours),
            installed_at: installed.since,
            last_value: installed.last,
        }
    }
}

impl Counts {
    /// Counts a meter.
    pub fn add(&mut self, state: Reporting) {
        self.installed += 1;
        match state {
            Reporting::Reporting => self.reporting += 1,
            Reporting::Silent => self.silent += 1,
            Reporting::Never => self.never += 1,
        }
    }
}

fn groups(of: BTreeMap<Option<&str>, Counts>) -> Vec<Group> {
    of.into_iter().map(|(name, counts)| Group { name: name.map(SmolStr::new), counts }).collect()
}

fn first(names: &[Name]) -> &str {
    names.first().map_or("", |name| name.value.as_str())
}

impl Reporting {
    /// The word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reporting => "reporting",
            Self::Silent => "silent",
            Self::Never => "never",
        }
    }
}
