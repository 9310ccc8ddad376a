//! The days of a channel as rules and methods want them: values, statuses, decisions, totals, states.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use model::id::ChannelNumber;
use model::lineage::FinalDay;
use model::master::{Channel, ConnectionState, History};
use model::quality::Status;
use model::time::{LocalDay, TimeRange};
use store::readings::{AsOf, Damage, Day as StoredDay, Error, NO_VALUE, ReadingsBook, Version};
use store::registry::directory::Directory;
use vee::channel::{Beside, ChannelDays, OtherChannel, ReceivedDay};
use vee::meter_times::MeterTimes;
use vee::plan::needs::{Needs, Outlook};
use vee::process::ReceivedVersion;
use vee::{Activity, CheckedPlan, Context, Decision, Measured, Outcome, Stamp, Total};

use super::buckets::TouRegister;
use super::expected::{SILENT_AFTER, add_silent_days, last_ended, meter_times};
use super::full_day::FullDay;
use super::registers::{self, Ground};
use super::totals::{DecidedRead, measures_the_same};
use super::{buckets, companions, site, summaries, totals};
use crate::placement::zone_of;
use crate::plans::Plans;
use crate::review::Decisions;
use crate::review::holding::input;

/// The stored days of one channel around some of its days.
#[derive(Clone)]
pub(crate) struct Stored<'a> {
    directory: &'a Directory,
    as_of: AsOf,
    channel: &'a Channel,
    zone: TimeZone,
    states: Option<&'a History<ConnectionState>>,
    meter_times: MeterTimes,
    /// In order; of a day of which nothing arrived every slot is without a value.
    days: Vec<StoredDay>,
    damaged: Vec<Damage>,
    dates: (Date, Date),
    /// The instants of all of them.
    within: TimeRange,
    totals: Vec<Total>,
    /// Whose plans say which register reads count; `None`: as is stored.
    reads_by: Option<(Ground<'a>, Stamp)>,
}

impl<'a> Stored<'a> {
    /// The days from `first` to `last` and so many around them; `None` where the channel has no intervals or no valid zone.
    ///
    /// # Errors
    /// What the readings book says.
    pub(crate) fn of(
        book: &ReadingsBook,
        directory: &'a Directory,
        channel: &'a Channel,
        (first, last): (Date, Date),
        around: u16,
        as_of: AsOf,
    ) -> Result<Option<Self>, Error> {
        let (Some(length), Ok(zone)) = (channel.interval_seconds, zone_of(&channel.zone)) else { return Ok(None) };
        let around = Span::new().days(around);
        let edges =
            (LocalDay::of(first.saturating_sub(around), &zone), LocalDay::of(last.saturating_add(around), &zone));
        let (Some(first), Some(last)) = edges else { return Ok(None) };
        let within = TimeRange { start: first.range.start, end: last.range.end };
        let span = (within.start.as_second(), within.end.as_second());
        let mut history = book.read(channel.number, span.0, span.1, as_of)?;
        history.shape_silent_days(&zone, length, span);
        let (mut days, damaged) = (history.days, history.damaged);
        days.retain(|day| day.slot_seconds == length);
        let totals = totals::of_channel(book, directory, channel, within, as_of)?;
        let totals = totals.into_iter().map(totals::KnownTotal::into_total).collect();
        let (states, meter_times) = (directory.states(channel.usage_point), meter_times(directory, channel));
        let dates = (first.date, last.date);
        Ok(Some(Self {
            directory,
            as_of,
            channel,
            zone,
            states,
            meter_times,
            days,
            damaged,
            dates,
            within,
            totals,
            reads_by: None,
        }))
    }

    /// The same, held against those register reads that count by the plans of a ground, whatever is stored of them.
    ///
    /// # Errors
    /// What the readings book says.
    pub(crate) fn with_reads_by(mut self, ground: Ground<'a>, stamp: Stamp) -> Result<Self, Error> {
        self.reads_by = Some((ground, stamp));
        let counting = |register: &Channel| self.counting(ground.book, register);
        let totals = totals::of_registers(self.directory, self.channel, self.within, measures_the_same, &counting)?;
        self.totals = totals.into_iter().map(|(_, total)| total.into_total()).collect();
        Ok(self)
    }

    /// The reads of a register with what was decided of them.
    fn counting(&self, book: &ReadingsBook, register: &Channel) -> Result<Vec<DecidedRead>, Error> {
        match self.reads_by {
            Some((ground, stamp)) => registers::counting(ground, register, self.within, stamp),
            None => totals::counting(book, register, self.within, self.as_of),
        }
    }

    /// The same with the days of which nothing arrived and that ended long enough ago. Where no dates of a meter are known,
    /// nothing is expected before the first stored day; days after the last one may share a register with it.
    pub(crate) fn with_silent_days(mut self, now: Timestamp) -> Self {
        let Some(ended) = last_ended(&self.zone, now, SILENT_AFTER) else { return self };
        let first =
            if self.meter_times.dated.is_empty() { self.days.first().map(|day| day.date) } else { Some(self.dates.0) };
        if let (Some(first), Some(length)) = (first, self.channel.interval_seconds) {
            let mut days = std::mem::take(&mut self.days);
            add_silent_days(&mut days, (first, self.dates.1.min(ended)), &self.zone, length);
            // What is lost here arrived once.
            days.retain(|day| !self.is_damaged(day.date));
            self.days = days;
        }
        self
    }

    /// Whether a date cannot be judged, because stored bytes of it are damaged.
    pub(crate) fn is_damaged(&self, date: Date) -> bool {
        self.damaged.iter().any(|damage| damage.lost.hides(self.channel.number, date))
    }

    /// Whether there is a day without any value.
    pub(crate) fn has_silent_days(&self) -> bool {
        self.days.iter().any(|day| day.values.iter().all(|value| *value == NO_VALUE))
    }

    /// Whether a register counted over several of the days, where those of time-of-use buckets may count too.
    ///
    /// # Errors
    /// What the readings book says.
    pub(crate) fn shares_registers(&self, book: &ReadingsBook, buckets: bool) -> Result<bool, Error> {
        let day_of = |at: Timestamp| {
            let after = self.days.partition_point(|day| day.day_start <= at.as_second());
            after.checked_sub(1)
        };
        let shares = |total: &Total| {
            let last = total.range.end - SignedDuration::from_secs(1);
            matches!(total.measured, Measured::Register(_)) && day_of(total.range.start) != day_of(last)
        };
        if self.totals.iter().any(shares) {
            return Ok(true);
        }
        let registers = if buckets { self.bucket_registers(book)? } else { Vec::new() };
        Ok(registers.iter().flat_map(TouRegister::totals).any(shares))
    }

    fn bucket_registers(&self, book: &ReadingsBook) -> Result<Vec<TouRegister<'a>>, Error> {
        let counting = |register: &Channel| self.counting(book, register);
        buckets::registers(self.directory, self.channel, self.within, &counting)
    }

    /// What validation decided before for a day.
    pub(crate) fn final_day(&self, date: Date) -> Option<&FinalDay> {
        self.days.iter().find(|day| day.date == date)?.final_day.as_ref()
    }

    /// The days whose outcome leans on other days.
    pub(crate) fn leaning(&self) -> BTreeSet<Date> {
        let leans = |day: &&StoredDay| day.final_day.as_ref().is_some_and(FinalDay::leans_on_others);
        self.days.iter().filter(leans).map(|day| day.date).collect()
    }

    /// The days ready to run, with as much of their surroundings as is asked for.
    ///
    /// # Errors
    /// What the readings book says.
    pub(crate) fn channel_days(
        &self,
        book: &ReadingsBook,
        plans: &'a Plans,
        decisions: &Decisions,
        depth: Depth,
    ) -> Result<ChannelDays<'a>, Error> {
        let channel = self.channel;
        let facts = Context {
            negative_allowed: channel.reading_type.flow_direction == NET,
            ..Context::of(channel.number, &channel.unit, channel.quantum)
        };
        let plans_of_days = plans.of_channel(self.directory, channel);
        let outlook = plans_of_days.outlook();
        let mut days = Vec::with_capacity(self.days.len());
        for stored in &self.days {
            let decisions = decisions.on(channel.number, stored.date).iter().map(input).collect();
            let mut day = self.received(book, stored, decisions);
            if outlook.versions && !self.is_damaged(stored.date) {
                self.keep(book, stored.date, &mut day, plans_of_days.on(stored.date).ok())?;
            }
            days.push((stored.date, day));
        }
        let days = ChannelDays::new(facts, self.totals.clone(), plans_of_days, days);
        let waiting = decisions.of_other_length(channel.number).to_vec();
        let mut days = days.with_meter_times(self.meter_times.clone()).with_other_length(waiting);
        if outlook.buckets && matches!(depth, Depth::Outcomes | Depth::AnyMethod) {
            let registers = self.bucket_registers(book)?;
            let local: Vec<LocalDay> = self.days.iter().map(span_of).collect();
            let calendars = plans.calendars();
            days = days.with_buckets(buckets::by_bucket(self.directory, calendars, channel, &registers, &local));
        }
        Ok(match self.beside(book, plans, (&outlook, depth), decisions)? {
            Some(beside) => days.with(beside),
            None => days,
        })
    }

    /// Lets those versions of the values of a day count that V71 and V72 of its plan let count.
    fn keep(
        &self,
        book: &ReadingsBook,
        date: Date,
        day: &mut ReceivedDay,
        plan: Option<&CheckedPlan>,
    ) -> Result<(), Error> {
        let Some(rules) = plan.map(CheckedPlan::processes).filter(|rules| rules.judge_versions()) else {
            return Ok(());
        };
        let version = |version: Version| ReceivedVersion {
            slot: version.slot,
            value: version.value.unwrap_or(NO_VALUE),
            status: book.quality(version.quality).map_or(Status::NONE, |quality| quality.status),
        };
        let versions = book.ranked_versions(self.channel.number, date, self.as_of)?.into_iter();
        let versions: Vec<_> = versions.filter(|one| one.slot_seconds == day.slot_seconds).map(version).collect();
        let unit = (self.channel.unit.as_str(), self.channel.quantum);
        day.kept = rules.keep(unit, &versions, (&mut day.values, &mut day.statuses));
        Ok(())
    }

    /// What is known beside the days; `None` where that is nothing.
    fn beside(
        &self,
        book: &ReadingsBook,
        plans: &'a Plans,
        (outlook, depth): (&Outlook, Depth),
        decisions: &Decisions,
    ) -> Result<Option<Beside<'a>>, Error> {
        let Some(needs) = depth.needs(outlook) else { return Ok(None) };
        let (directory, channel, as_of) = (self.directory, self.channel, self.as_of);
        let dates = self.days.iter().map(|day| day.date);
        let summaries = summaries::of_channel(book, channel, &outlook.summary_spans, dates, as_of)?;
        let mut beside = Beside { summaries, ..Beside::default() };
        if site::anything_known(directory, channel) {
            self.days.iter().for_each(|day| site::add(&mut beside, directory, channel, span_of(day), needs));
        }
        let mut places: BTreeMap<ChannelNumber, Option<usize>> = BTreeMap::new();
        for day in &self.days {
            for (role, other) in companions::of_channel(directory, channel, instant(day.day_start), needs) {
                let place = match places.entry(other.number) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) => {
                        let days = self.days_of(other, book, plans, decisions, depth.of_others(outlook))?;
                        let place = days.map(|days| {
                            beside.channels.push(OtherChannel { label: &other.label, days });
                            beside.channels.len() - 1
                        });
                        *new.insert(place)
                    }
                };
                beside.days.entry(day.date).or_default().companions.extend(place.map(|place| (role, place)));
            }
        }
        let is_nothing = beside.summaries.is_empty() && beside.days.is_empty();
        Ok(Some(beside).filter(|_| !is_nothing))
    }

    /// The days of another channel over the same dates, by the plans of its own usage point.
    fn days_of(
        &self,
        other: &'a Channel,
        book: &ReadingsBook,
        plans: &'a Plans,
        decisions: &Decisions,
        depth: Depth,
    ) -> Result<Option<ChannelDays<'a>>, Error> {
        let (Some(first), Some(last)) = (self.days.first(), self.days.last()) else { return Ok(None) };
        let stored = Stored::of(book, self.directory, other, (first.date, last.date), 0, self.as_of)?;
        stored.map(|stored| stored.channel_days(book, plans, decisions, depth)).transpose()
    }

    fn received(&self, book: &ReadingsBook, stored: &StoredDay, decisions: Vec<Decision>) -> ReceivedDay {
        let day = FullDay::received(book, stored, &self.zone);
        let activity = self.activity(&day);
        let local_day = LocalDay::of(day.date, &self.zone);
        ReceivedDay { local_day, activity, decisions, ..day.into_received() }
    }

    /// Whether use is expected on a day: the usage point is connected all day, as far as is known.
    fn activity(&self, day: &FullDay) -> Activity {
        let states = self.states.map_or(&[][..], |states| states.between(instant(day.start), instant(day.end())));
        let connected = states.iter().all(|dated| dated.value == ConnectionState::Connected);
        if connected { Activity::Active } else { Activity::Inactive }
    }
}

/// How much is gathered beside the days of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// What rules and methods of its plans look at: enough for outcomes.
    Outcomes,
    /// What rules of its plans and any methods look at.
    AnyMethod,
    /// What rules look at: enough to judge values.
    Judgement,
    /// Nothing.
    Received,
}

impl Depth {
    fn needs(self, outlook: &Outlook) -> Option<Needs> {
        match self {
            Self::Outcomes => Some(outlook.rules.with(outlook.methods)),
            Self::AnyMethod => Some(outlook.rules.with(Needs::ALL)),
            Self::Judgement => Some(outlook.rules),
            Self::Received => None,
        }
    }

    /// How much of other channels is needed: methods see them as their rules judge them, rules as received.
    fn of_others(self, outlook: &Outlook) -> Self {
        match self {
            Self::Outcomes if outlook.methods.intersects(Needs::COMPANIONS) => Self::Judgement,
            Self::AnyMethod => Self::Judgement,
            _ => Self::Received,
        }
    }
}

/// What is asked of a channel-day.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked<'o> {
    /// What the plans in force make of it.
    Plans,
    /// What methods make of it that may be in none of them, and how far those look.
    AnyMethod(&'o Outlook),
}

/// One channel-day among the days around it.
pub struct Surroundings<'a> {
    day: FullDay,
    totals: Vec<Total>,
    days: ChannelDays<'a>,
}

impl<'a> Surroundings<'a> {
    /// Gathers them from the books; `None` where the channel has no intervals on the day or no valid zone.
    ///
    /// # Errors
    /// What the readings book says.
    pub(crate) fn of(
        book: &ReadingsBook,
        directory: &'a Directory,
        channel: &'a Channel,
        date: Date,
        plans: &'a Plans,
        decisions: &Decisions,
        asked: Asked<'_>,
    ) -> Result<Option<Self>, Error> {
        let outlook = plans.of_channel(directory, channel).outlook();
        let (reach, depth) = match asked {
            Asked::Plans => (outlook.outcome_days(), Depth::Outcomes),
            Asked::AnyMethod(methods) => (outlook.outcome_days().max(methods.outcome_days()), Depth::AnyMethod),
        };
        // As a run over the day: the days that its methods draw on are judged with those beside them.
        let Some(stored) = Stored::of(book, directory, channel, (date, date), reach.saturating_add(1), AsOf::Now)?
        else {
            return Ok(None);
        };
        let Some(day) = stored.days.iter().find(|day| day.date == date) else { return Ok(None) };
        let day = FullDay::received(book, day, &stored.zone);
        let days = stored.channel_days(book, plans, decisions, depth)?;
        Ok(Some(Self { day, totals: days.totals_of(date), days }))
    }

    /// The day as received.
    pub(crate) fn day(&self) -> &FullDay {
        &self.day
    }

    /// What the intervals of the day must add up to.
    pub(crate) fn totals(&self) -> &[Total] {
        &self.totals
    }

    /// What the plan in force makes of the day.
    pub(crate) fn outcome(&self, stamp: Stamp) -> Option<Outcome> {
        self.days.outcome(self.day.date, stamp)
    }

    /// What the plan in force makes of the day with these decisions on top of those that count.
    pub(crate) fn outcome_with(&self, more: Vec<Decision>, stamp: Stamp) -> Option<Outcome> {
        let mut day = self.days.day(self.day.date)?.clone();
        day.decisions.extend(more);
        Some(self.days.outcome_of(self.day.date, &day, stamp))
    }

    /// What another plan makes of other values than those received, without decisions.
    pub(crate) fn outcome_over(&self, day: FullDay, plan: &CheckedPlan, stamp: Stamp) -> Option<Outcome> {
        let received = self.days.day(self.day.date)?;
        let day = ReceivedDay { local_day: received.local_day, activity: received.activity, ..day.into_received() };
        Some(self.days.outcome_over(self.day.date, &day, plan, stamp))
    }
}

/// flowDirection of IEC 61968-9: net, the only one that may count below zero.
const NET: u16 = 4;

/// The first instant of a local day of a channel; `None` without a valid zone.
pub(super) fn start_of(channel: &Channel, date: Date) -> Option<Timestamp> {
    Some(LocalDay::of(date, &zone_of(&channel.zone).ok()?)?.range.start)
}

/// The local day that a stored one is of.
fn span_of(day: &StoredDay) -> LocalDay {
    let end = day.day_start + day.values.len() as i64 * i64::from(day.slot_seconds);
    LocalDay { date: day.date, range: TimeRange { start: instant(day.day_start), end: instant(end) } }
}

pub(super) fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
