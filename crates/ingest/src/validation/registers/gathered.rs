//! The reads of a register with all that they are judged by: dials, multiplier and exchanges of the registry, the
//! decisions of people, its time-of-use registers, and the intervals beside it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::lineage::FinalRead;
use model::master::Channel;
use model::quality::Status;
use model::quantity::Decimal;
use model::register::UNKNOWN_DIALS;
use model::time::{LocalDay, TimeRange};
use smol_str::SmolStr;
use store::readings::{Error, ReadingsBook, RegisterRead};
use store::registry::directory::Directory;
use store::registry::multiplier::in_force;
use store::registry::review::DecidedDay;
use vee::CheckedPlan;
use vee::Stamp;
use vee::register::{Change, Kind, Outcome, Read, ReadSeries, Setup, SpanSum, Surroundings, TouRegister, pieces};

use super::openings::{self, Openings};
use super::places::{opening_or, place, utc_date};
use super::{Changed, Ground, is_total_of};
use crate::placement::zone_of;
use crate::plans::Plans;
use crate::review::Decisions;
use crate::validation::full_day::FullDay;
use crate::validation::totals::{measures_the_same, unit_shift};

/// How far around the touched reads others may say what they come out as: a read that leans on one that is judged anew
/// looks as far again, and so do those that it stands on.
pub(super) const FAR_DAYS: i64 = 900;
/// As [`FAR_DAYS`], for whoever gathers decisions.
pub(crate) const OUTLOOK_DAYS: i32 = FAR_DAYS as i32;
const DAY_SECONDS: i64 = 86_400;
/// measurementKind of IEC 61968-9.
const DEMAND: u16 = 8;

/// Whole UTC days from so many before an instant until so many after another.
pub(super) fn window(first: Timestamp, last: Timestamp, (before, after): (i64, i64)) -> TimeRange {
    let midnight = |at: Timestamp| Timestamp::from_second(at.as_second().div_euclid(DAY_SECONDS) * DAY_SECONDS);
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let start = first.checked_sub(days(before)).unwrap_or(Timestamp::MIN);
    let end = last.checked_add(days(after)).unwrap_or(Timestamp::MAX);
    TimeRange { start: midnight(start).unwrap_or(start), end: midnight(end).unwrap_or(end) }
}

/// A register and what it is judged by.
pub(super) struct Gathered<'a> {
    channel: &'a Channel,
    zone: TimeZone,
    setups: Vec<Setup>,
    openings: Openings,
    reads: Vec<Read>,
    stored: Vec<FinalRead>,
    interval_sums: Vec<SpanSum>,
    time_of_use: Vec<(SmolStr, Vec<(Timestamp, Decimal)>)>,
}

impl<'a> Gathered<'a> {
    /// The reads with their moment within a time.
    pub(super) fn of(
        ground: Ground<'_>,
        channel: &'a Channel,
        zone: &TimeZone,
        within: TimeRange,
    ) -> Result<Self, Error> {
        let Ground { book, directory, decisions, as_of, .. } = ground;
        let (start, end) = (within.start.as_second(), within.end.as_second());
        let history = book.read(channel.number, start, end, as_of)?;
        let openings = Openings::of(&history.registers);
        let reads = history.registers.iter().filter_map(|read| received(book, channel, decisions, read)).collect();
        let mut time_of_use = Vec::new();
        for bucket in directory.of_usage_point(channel.usage_point).filter(|bucket| is_total_of(channel, bucket)) {
            let reads = book.read(bucket.number, start, end, as_of)?.registers;
            let shown =
                |read: &RegisterRead| Some((openings::judged(read)?.0, Decimal::new(read.value?, bucket.quantum)));
            time_of_use.push((bucket.label.clone(), reads.iter().filter_map(shown).collect()));
        }
        Ok(Self {
            channel,
            zone: zone.clone(),
            setups: setups(directory, channel).into_iter().map(|setup| openings.moved(setup)).collect(),
            openings,
            reads,
            stored: history.final_reads,
            interval_sums: Vec::new(),
            time_of_use,
        })
    }

    /// Whether fewer reads are known before an instant than those after it need, so that others may be farther away.
    pub(super) fn is_short_before(&self, plans: &Plans, first: Timestamp) -> bool {
        let before = self.reads.iter().filter(|read| read.at < first).count();
        !self.reads.is_empty() && before < ReadSeries::before_touched(plans.outlook().reads_before)
    }

    /// The outcomes of all reads on the UTC days of those that changed or lean on what changed: what is stored of a UTC
    /// day is stored together.
    pub(super) fn outcomes(&self, ground: Ground<'_>, changed: &Changed, stamp: Stamp) -> Vec<(Date, Vec<Outcome>)> {
        let facts = Surroundings {
            kind: if self.channel.reading_type.measurement_kind == DEMAND { Kind::Demand } else { Kind::Counter },
            setups: &self.setups,
            interval_sums: &self.interval_sums,
            ..Surroundings::of(self.channel.number, &self.channel.unit, &self.zone)
        };
        let time_of_use = self.time_of_use.iter().map(|(label, reads)| TouRegister { label, reads: reads.clone() });
        let dated = ground.plans.of_channel(ground.directory, self.channel);
        let plan_of = |read: &Read| dated.on(local_date(read, &self.zone)?).ok().map(CheckedPlan::register);
        let series = ReadSeries::new(facts, time_of_use.collect(), plan_of, self.reads.clone());
        let reads = series.reads();
        let run = self.to_run(&series, changed);
        let stored = |at: usize| self.openings.stored(reads, at);
        let dates: BTreeSet<Date> = run.iter().map(|at| utc_date(stored(*at).0)).collect();
        let mut days: BTreeMap<Date, Vec<Outcome>> = BTreeMap::new();
        for at in 0..reads.len() {
            let (instant, period_start) = stored(at);
            let date = utc_date(instant);
            if dates.contains(&date) {
                let mut outcome = series.outcome(at, stamp);
                if let Some(Outcome { final_read, .. }) = &mut outcome {
                    (final_read.at, final_read.period_start) = (instant, period_start);
                }
                days.entry(date).or_default().extend(outcome);
            }
        }
        days.into_iter().collect()
    }

    fn to_run(&self, series: &ReadSeries<'_>, changed: &Changed) -> BTreeSet<usize> {
        let leaning = self.stored.iter().filter(|stored| stored.leans_on_others());
        let leaning: BTreeSet<_> = leaning.filter_map(openings::decided).collect();
        let leans = |read: &Read| leaning.contains(&(read.at, read.period_start));
        let stands_on = |read: &Read| {
            let mut days = changed.intervals.iter();
            days.any(|day| {
                let reached = ReadSeries::reached_from(day.start).start..ReadSeries::reached_from(day.end).end;
                reached.contains(&read.at)
            })
        };
        let mut run = series.to_run(|read| changed.reads.contains(&utc_date(self.openings.instant(read))), leans);
        let reads = series.reads();
        run.extend((0..reads.len()).filter(|at| leans(&reads[*at]) && stands_on(&reads[*at])));
        run
    }

    /// Adds up the final intervals that measure what the register counts, in pieces that end at its reads.
    pub(super) fn add_intervals(&mut self, ground: Ground<'_>, within: TimeRange) -> Result<(), Error> {
        let beside = ground.directory.of_usage_point(self.channel.usage_point);
        let beside = beside.filter(|other| other.interval_seconds.is_some() && measures_the_same(self.channel, other));
        let Some(first) = beside.min_by_key(|other| other.number) else { return Ok(()) };
        for intervals in ground.directory.line(first) {
            self.add_intervals_of(ground, intervals, within)?;
        }
        Ok(())
    }

    fn add_intervals_of(&mut self, ground: Ground<'_>, intervals: &Channel, within: TimeRange) -> Result<(), Error> {
        let (Some(length), Ok(zone)) = (intervals.interval_seconds, zone_of(&intervals.zone)) else { return Ok(()) };
        let own = ground.directory.own_time(intervals);
        let within = TimeRange { start: within.start.max(own.start), end: within.end.min(own.end) };
        if within.end <= within.start {
            return Ok(());
        }
        let exponent = i32::from(intervals.quantum) + i32::from(unit_shift(intervals, self.channel));
        let span = (within.start.as_second(), within.end.as_second());
        let mut history = ground.book.read(intervals.number, span.0, span.1, ground.as_of)?;
        history.shape_silent_days(&zone, length, span);
        for day in history.days.iter().filter(|day| day.slot_seconds == length) {
            let day = FullDay::decided(ground.book, day, &zone);
            self.interval_sums.extend(pieces(&day.as_day(), &self.reads, exponent));
        }
        Ok(())
    }
}

/// The local date whose plan judges a read: of a stated period that of its last instant.
fn local_date(read: &Read, zone: &TimeZone) -> Option<Date> {
    let last = if read.period_start.is_some() { read.at - SignedDuration::from_secs(1) } else { read.at };
    Some(LocalDay::containing(last, zone)?.date)
}

/// A stored read as rules see it.
fn received(book: &ReadingsBook, channel: &Channel, decisions: &Decisions, read: &RegisterRead) -> Option<Read> {
    let stored_at = Timestamp::from_second(read.at).ok()?;
    let (at, period_start) = openings::judged(read)?;
    let status = book.quality(read.quality).map_or(Status::NONE, |quality| quality.status);
    let decided = decisions.on(channel.number, utc_date(stored_at));
    let place = opening_or(place(stored_at), read.is_opening());
    let is_accepted = decided.iter().any(|decision| accepts(&decision.day, place, read.value));
    Some(Read {
        at,
        period_start,
        value: read.value.map(|value| Decimal::new(value, channel.quantum)),
        status: if is_accepted { status | Status::ACCEPTED } else { status },
    })
}

/// Whether a person took the read for right as it stands.
fn accepts(decided: &DecidedDay, place: u16, value: Option<i64>) -> bool {
    let place = usize::from(place).checked_sub(decided.first.into());
    let basis = place.and_then(|place| decided.basis.get(place).copied().flatten());
    decided.new_values.is_none() && basis.is_some() && basis == value
}

/// How a register is and was set up: dials and digits after the point of the registry, and anew with each meter and each
/// multiplier.
/// More digits, where nobody said how many, and the reads of an exchange are for the series to find.
fn setups(directory: &Directory, channel: &Channel) -> Vec<Setup> {
    let first = Setup {
        from: Timestamp::MIN,
        multiplier: channel.multiplier,
        dials: channel.dials.unwrap_or(UNKNOWN_DIALS),
        decimals: channel.register_decimals().unwrap_or(0),
        closing: None,
        opening: None,
        change: Change::Minor,
    };
    let (exchanges, multipliers) = (directory.exchanges(channel.usage_point), directory.multipliers(channel));
    let instants: BTreeSet<Timestamp> = multipliers.iter().map(|(from, _)| *from).chain(exchanges.clone()).collect();
    let setup = |from: Timestamp| Setup {
        from,
        multiplier: in_force(&multipliers, from).unwrap_or(channel.multiplier),
        change: if exchanges.contains(&from) { Change::Critical } else { Change::Minor },
        ..first
    };
    instants.into_iter().map(setup).collect()
}
