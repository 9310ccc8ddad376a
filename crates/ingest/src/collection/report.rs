//! The collection of one day: its sums by zone and by source, and everything that did not count.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::{Name, UsagePointId};
use model::master::Channel;
use model::time::{LocalDay, TimeRange};
use serde::Serialize;
use smol_str::SmolStr;
use store::readings::{AsOf, Error, ReadingsBook};
use store::registry::directory::Directory;
use vee::process::v77_timeliness::{Deadline, Delivery, timeliness};

use super::day::judge;
use super::expected::{is_there, readings_of, seconds_between};
use super::found::found;
use super::{Miss, Reason, Rules, Tally};
use crate::placement::zone_of;
use crate::validation::expected::meter_times;

/// The collection of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The local day, in each zone its own.
    pub date: Date,
    /// When it was made; a reading that comes later is not in it.
    pub made_at: Timestamp,
    /// What was asked.
    pub rules: Rules,
    /// Everything.
    pub total: Tally,
    /// Whether every zone met its deadline.
    pub verdict: Verdict,
    /// By zone, each with its own deadline.
    pub zones: Vec<Zone>,
    /// By the source that owns the usage point, where one does.
    pub sources: Vec<Source>,
    /// How many readings did not count for which reason, and of how many meters.
    pub reasons: Vec<Cause>,
    /// What did not count, by channel and time.
    pub misses: Vec<ChannelMiss>,
}

impl Report {
    /// The same with so many of the misses.
    pub fn cut(&self, misses: usize) -> Self {
        Self {
            date: self.date,
            made_at: self.made_at,
            rules: self.rules,
            total: self.total,
            verdict: self.verdict,
            zones: self.zones.clone(),
            sources: self.sources.clone(),
            reasons: self.reasons.clone(),
            misses: self.misses.iter().take(misses).cloned().collect(),
        }
    }
}

/// How a deadline was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Enough was there in time, or nothing was expected.
    Met,
    /// Not yet enough, and the deadline is still to come.
    Open,
    /// Not enough.
    NotMet,
}

/// What was collected in one zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// The zone.
    pub zone: SmolStr,
    /// When its readings had to be there.
    pub deadline: Timestamp,
    /// Its readings.
    #[serde(flatten)]
    pub tally: Tally,
    /// Whether enough of them were there.
    pub verdict: Verdict,
    /// One sentence with the numbers (V77).
    pub evidence: String,
}

/// What was collected of the usage points of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The source; `None` for usage points that any source may send.
    pub source: Option<SmolStr>,
    /// Its usage points of which readings were expected.
    pub usage_points: u64,
    /// Its readings.
    #[serde(flatten)]
    pub tally: Tally,
}

/// How much did not count for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The reason.
    pub reason: Reason,
    /// Readings.
    pub readings: u64,
    /// Meters, or usage points without a known meter.
    pub components: u64,
}

/// Readings of a channel that did not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelMiss {
    /// What misses them: the meter, or the usage point where no meter is known.
    pub component: SmolStr,
    /// The label of the channel.
    pub channel: SmolStr,
    /// The source that owns the usage point.
    pub source: Option<SmolStr>,
    /// The zone of the channel.
    pub zone: SmolStr,
    /// Which, and why.
    #[serde(flatten)]
    pub miss: Miss,
}

/// Makes reports over the books.
pub struct Collection {
    book: Arc<ReadingsBook>,
    directory: Arc<Directory>,
    rules: Rules,
    waiting: HashMap<String, Timestamp>,
}

impl Collection {
    /// Reports over a book and the master data of now; `waiting` is what [`super::waiting`] answers.
    pub fn new(
        book: Arc<ReadingsBook>,
        directory: Arc<Directory>,
        rules: Rules,
        waiting: HashMap<String, Timestamp>,
    ) -> Self {
        Self { book, directory, rules, waiting }
    }

    /// What was collected of a day, as it is known now; `progress` is told of channels.
    ///
    /// # Errors
    /// What the readings book says.
    pub fn report(&self, date: Date, now: Timestamp, progress: &mut dyn FnMut(u64)) -> Result<Report, Error> {
        let mut sums = Sums::default();
        let mut days: HashMap<SmolStr, Option<(LocalDay, Timestamp)>> = HashMap::new();
        for channel in self.directory.channels() {
            progress(1);
            let Some(seconds) = seconds_between(channel, &self.rules) else { continue };
            let day = days.entry(channel.zone.clone()).or_insert_with(|| self.day(date, &channel.zone));
            let Some((day, deadline)) = day else { continue };
            let readings = self.expected(channel, day, seconds)?;
            if !readings.is_empty() {
                let (tally, misses) = self.judged(channel, day, &readings, *deadline)?;
                sums.add(self.place(channel, day), *deadline, tally, misses);
            }
        }
        Ok(sums.report(date, now, self.rules))
    }

    fn day(&self, date: Date, zone: &SmolStr) -> Option<(LocalDay, Timestamp)> {
        let zone: TimeZone = zone_of(zone).ok()?;
        Some((LocalDay::of(date, &zone)?, self.rules.deadline_of(date, &zone)?))
    }

    fn expected(&self, channel: &Channel, day: &LocalDay, seconds: u32) -> Result<Vec<TimeRange>, Error> {
        let there = is_there(&self.book, channel, &meter_times(&self.directory, channel), day)?;
        let mut readings = readings_of(day, seconds);
        // A reading is one of a meter that was there when it was made, at its end.
        readings.retain(|reading| there.iter().any(|span| span.start < reading.end && reading.end <= span.end));
        Ok(readings)
    }

    fn judged(
        &self,
        channel: &Channel,
        day: &LocalDay,
        readings: &[TimeRange],
        deadline: Timestamp,
    ) -> Result<(Tally, Vec<Miss>), Error> {
        let of = (channel, day, readings);
        let early = found(&self.book, of, &self.rules, AsOf::At(deadline.as_microsecond()))?;
        let (tally, misses) = judge(readings, &early, &early);
        if misses.is_empty() {
            return Ok((tally, misses));
        }
        let (tally, mut misses) = judge(readings, &early, &found(&self.book, of, &self.rules, AsOf::Now)?);
        // What came to quarantine before the day began holds none of its readings.
        if self.waiting.get(channel.label.as_str()).is_some_and(|came| day.range.start <= *came) {
            let missing = misses.iter_mut().filter(|miss| miss.reason == Reason::NotReceived);
            missing.for_each(|miss| miss.reason = Reason::InQuarantine);
        }
        Ok((tally, misses))
    }

    fn place(&self, channel: &Channel, day: &LocalDay) -> Place {
        Place {
            usage_point: channel.usage_point,
            component: component_of(&self.directory, channel, day),
            channel: channel.label.clone(),
            source: self.directory.owner_at(channel.usage_point, day.range.start).map(SmolStr::new),
            zone: channel.zone.clone(),
        }
    }
}

/// What the readings of a channel come from on a day: the meter, or the usage point where no meter is known.
pub(super) fn component_of(directory: &Directory, channel: &Channel, day: &LocalDay) -> SmolStr {
    let meter = directory.meters_between(channel.usage_point, day.range.start, day.range.end).last();
    let name = |names: &[Name]| names.first().map(|name| name.value.clone());
    let meter = meter.and_then(|(meter, _)| name(directory.meter_names(meter)));
    let usage_point = || name(directory.usage_point_names(channel.usage_point));
    meter.or_else(usage_point).unwrap_or_else(|| channel.label.clone())
}

/// Where readings belong.
struct Place {
    usage_point: UsagePointId,
    component: SmolStr,
    channel: SmolStr,
    source: Option<SmolStr>,
    zone: SmolStr,
}

/// What has been added up.
#[derive(Default)]
struct Sums {
    zones: BTreeMap<SmolStr, (Timestamp, Tally)>,
    sources: BTreeMap<Option<SmolStr>, BTreeMap<UsagePointId, Tally>>,
    misses: Vec<(UsagePointId, ChannelMiss)>,
}

impl Sums {
    fn add(&mut self, place: Place, deadline: Timestamp, tally: Tally, misses: Vec<Miss>) {
        let Place { usage_point, component, channel, source, zone } = place;
        self.zones.entry(zone.clone()).or_insert((deadline, Tally::default())).1 += tally;
        *self.sources.entry(source.clone()).or_default().entry(usage_point).or_default() += tally;
        self.misses.extend(misses.into_iter().map(|miss| {
            let (component, channel, source, zone) = (component.clone(), channel.clone(), source.clone(), zone.clone());
            (usage_point, ChannelMiss { component, channel, source, zone, miss })
        }));
    }

    fn report(mut self, date: Date, now: Timestamp, rules: Rules) -> Report {
        self.name_the_silent();
        let zone = |(zone, (deadline, tally))| verdict_of(zone, deadline, tally, now, rules);
        let zones: Vec<_> = self.zones.into_iter().map(zone).collect();
        let source = |(source, points): (_, BTreeMap<_, Tally>)| {
            let usage_points = points.len() as u64;
            Source { source, usage_points, tally: points.into_values().fold(Tally::default(), sum) }
        };
        let sources: Vec<_> = self.sources.into_iter().map(source).collect();
        let mut misses: Vec<_> = self.misses.into_iter().map(|(_, miss)| miss).collect();
        misses.sort_by(|a, b| (&a.channel, a.miss.from).cmp(&(&b.channel, b.miss.from)));
        Report {
            date,
            made_at: now,
            rules,
            total: zones.iter().map(|zone| zone.tally).fold(Tally::default(), sum),
            verdict: zones.iter().map(|zone| zone.verdict).max_by_key(|verdict| *verdict as u8).unwrap_or(Verdict::Met),
            reasons: causes(&misses),
            zones,
            sources,
            misses,
        }
    }

    /// Tells a reading that did not come from a meter, or a source, of which nothing came.
    fn name_the_silent(&mut self) {
        let nothing = |tally: &Tally| tally.expected == tally.missing;
        let silent_sources: HashSet<_> = self
            .sources
            .iter()
            .filter(|(source, points)| source.is_some() && 1 < points.len() && points.values().all(nothing))
            .map(|(source, _)| source.clone())
            .collect();
        let silent_meters: HashSet<UsagePointId> =
            self.sources.values().flatten().filter(|(_, tally)| nothing(tally)).map(|(point, _)| *point).collect();
        for (usage_point, missed) in &mut self.misses {
            if missed.miss.reason != Reason::NotReceived {
                continue;
            }
            if silent_sources.contains(&missed.source) {
                missed.miss.reason = Reason::SourceSilent;
            } else if silent_meters.contains(usage_point) {
                missed.miss.reason = Reason::MeterSilent;
            }
        }
    }
}

fn sum(mut one: Tally, other: Tally) -> Tally {
    one += other;
    one
}

fn verdict_of(zone: SmolStr, deadline: Timestamp, tally: Tally, now: Timestamp, rules: Rules) -> Zone {
    let in_time = Delivery { at: deadline, values: tally.in_time };
    let asked = Deadline::of_per_cent(deadline, rules.per_cent);
    let judged = timeliness(tally.expected, &[in_time], &[asked]).pop();
    let (met, evidence) = judged.map_or((true, String::new()), |judged| (judged.met, judged.evidence));
    let verdict = match met {
        true => Verdict::Met,
        false if now < deadline => Verdict::Open,
        false => Verdict::NotMet,
    };
    Zone { zone, deadline, tally, verdict, evidence }
}

fn causes(misses: &[ChannelMiss]) -> Vec<Cause> {
    let mut by_reason: HashMap<Reason, (u64, HashSet<&str>)> = HashMap::new();
    for missed in misses {
        let (readings, components) = by_reason.entry(missed.miss.reason).or_default();
        *readings += missed.miss.readings;
        components.insert(&missed.component);
    }
    let cause = |reason: Reason| {
        let (readings, components) = by_reason.get(&reason)?;
        Some(Cause { reason, readings: *readings, components: components.len() as u64 })
    };
    Reason::ALL.into_iter().filter_map(cause).collect()
}
