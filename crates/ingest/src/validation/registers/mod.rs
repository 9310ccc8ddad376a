//! Register reads, validated on arrival: the register part of the plan of its date over every read that was touched, and
//! what is stored of it.
//!
//! Rules compare a read with those before and after it, methods draw on intervals too; [`ReadSeries`] says which reads to
//! judge again. So it goes in three steps, of which none looks back: reads are judged, days of intervals are run with the
//! reads that count, and reads that a method made of intervals are made again. Each step follows the feed of what the one
//! before left (see [`super::touched`]). Registers have no schedule in the registry, so nobody knows that a read is
//! overdue: a read is estimated where the source says that it is missing, or where a rule of the plan that asks for an
//! estimate fails it.
//!
//! - `gathered`: the reads of a register with all that they are judged by.
//! - `openings`: the first reads of meters that came, where the ones that went were read at the same instant.
//! - `places`: the UTC days that reads are stored by, and their places in them.

mod gathered;
mod openings;
mod places;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::FinalRead;
use model::master::Channel;
use model::reading_type::ReadingType;
use model::time::{LocalDay, TimeRange};
use store::readings::{AsOf, Error, ReadingsBook};
use store::registry::directory::Directory;
use vee::Stamp;
use vee::register::{Outcome, ReadSeries};

use super::totals::{self, DecidedRead, measures_the_same, register_reads};
use super::{Report, batch_of};
use crate::placement::zone_of;
use crate::plans::Plans;
use crate::review::Decisions;
use gathered::{FAR_DAYS, Gathered, window};

pub(crate) use gathered::OUTLOOK_DAYS;
pub(crate) use places::{instant_of, place_of, raw_places, utc_date, utc_day};

/// UTC days of reads that are stored in one commit.
const COMMIT_DAYS: usize = 4096;
/// How far before the touched reads others are looked for at first: as far as those that may lean on them.
const NEAR_DAYS: i64 = 90;
/// How far before an estimated read its intervals are added up.
const INTERVAL_DAYS: i64 = 400;
/// How far after an estimated read its intervals are added up.
const INTERVAL_DAYS_AFTER: i64 = 40;

/// What a run over register reads stands on.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub book: &'a ReadingsBook,
    pub directory: &'a Directory,
    pub plans: &'a Plans,
    pub decisions: &'a Decisions,
    /// Which state of knowledge is judged.
    pub as_of: AsOf,
}

/// What changed that a register has to do with.
#[derive(Default)]
struct Changed {
    /// UTC dates of reads.
    reads: BTreeSet<Date>,
    /// Local days of intervals.
    intervals: Vec<TimeRange>,
}

/// Judges the reads of touched registers, each by the UTC date of its moment, and those whose neighbours they are; what
/// comes out otherwise than before is stored.
///
/// # Errors
/// What the readings book says; what was stored before stays.
pub(super) fn judge(
    ground: Ground<'_>,
    touched: &BTreeSet<(ChannelNumber, Date)>,
    stamp: Stamp,
    report: &mut Report,
) -> Result<(), Error> {
    let changed = changed(ground, touched, |changed, register, date| {
        let beside = ground.directory.of_usage_point(register.usage_point);
        let totals = beside.filter(|total| is_total_of(total, register)).map(|total| total.number);
        for number in totals.chain([register.number]) {
            changed.entry(number).or_default().reads.insert(date);
        }
    });
    decide(ground, changed, stamp, report)
}

/// Makes those reads again that a method made of intervals of touched channel-days.
///
/// # Errors
/// What the readings book says; what was stored before stays.
pub(super) fn make_again(
    ground: Ground<'_>,
    touched: &BTreeSet<(ChannelNumber, Date)>,
    stamp: Stamp,
    report: &mut Report,
) -> Result<(), Error> {
    let changed = changed(ground, touched, |changed, intervals, date| {
        let Some(day) = zone_of(&intervals.zone).ok().and_then(|zone| LocalDay::of(date, &zone)) else { return };
        for register in of_intervals(ground.directory, intervals) {
            changed.entry(register.number).or_default().intervals.push(day.range);
        }
    });
    let mut leaning = BTreeMap::new();
    for (number, changed) in changed {
        if any_leans(ground.book, number, &changed.intervals)? {
            leaning.insert(number, changed);
        }
    }
    decide(ground, leaning, stamp, report)
}

/// What changed of registers, as `note` says it of each touched day of a known channel.
fn changed(
    ground: Ground<'_>,
    touched: &BTreeSet<(ChannelNumber, Date)>,
    note: impl Fn(&mut BTreeMap<ChannelNumber, Changed>, &Channel, Date),
) -> BTreeMap<ChannelNumber, Changed> {
    let mut changed = BTreeMap::new();
    for (number, date) in touched {
        if let Some(channel) = ground.directory.channel(*number) {
            note(&mut changed, channel, *date);
        }
    }
    changed
}

/// The registers that count what a channel of intervals measures.
pub(super) fn of_intervals<'d>(directory: &'d Directory, intervals: &Channel) -> impl Iterator<Item = &'d Channel> {
    directory.of_usage_point(intervals.usage_point).filter(|register| measures_the_same(register, intervals))
}

/// The reads of a channel on a UTC date with what the plan in force makes of each; in order.
///
/// # Errors
/// What the readings book says.
pub(crate) fn outcomes_on(
    ground: Ground<'_>,
    channel: &Channel,
    date: Date,
    stamp: Stamp,
) -> Result<Vec<Outcome>, Error> {
    outcomes_of_days(ground, channel, &[date].into(), stamp)
}

/// The reads of a channel on UTC dates with what the plan in force makes of each; in order.
///
/// # Errors
/// What the readings book says.
pub(crate) fn outcomes_of_days(
    ground: Ground<'_>,
    channel: &Channel,
    dates: &BTreeSet<Date>,
    stamp: Stamp,
) -> Result<Vec<Outcome>, Error> {
    let changed = Changed { reads: dates.clone(), intervals: Vec::new() };
    let outcomes = outcomes(ground, channel, &changed, stamp)?.into_iter();
    Ok(outcomes.filter(|(on, _)| dates.contains(on)).flat_map(|(_, outcomes)| outcomes).collect())
}

/// The reads of a register inside a time, with what the plans of a ground say of them.
///
/// # Errors
/// What the readings book says.
pub(super) fn counting(
    ground: Ground<'_>,
    register: &Channel,
    within: TimeRange,
    stamp: Stamp,
) -> Result<Vec<DecidedRead>, Error> {
    let reads = register_reads(ground.book, register, within, ground.as_of)?.registers;
    let dates = reads.iter().filter_map(|read| Some(utc_date(Timestamp::from_second(read.at).ok()?))).collect();
    let decided = outcomes_of_days(ground, register, &dates, stamp)?;
    Ok(totals::decided(reads, decided.iter().map(|outcome| &outcome.final_read)))
}

/// Whether a register counts what another of the meter counts in one time-of-use bucket (V51).
fn is_total_of(total: &Channel, bucket: &Channel) -> bool {
    let all_day = |channel: &Channel| ReadingType { tou: 0, ..channel.reading_type };
    total.interval_seconds.is_none()
        && bucket.interval_seconds.is_none()
        && total.reading_type.tou == 0
        && bucket.reading_type.tou != 0
        && all_day(total) == all_day(bucket)
        && total.unit == bucket.unit
}

/// Whether a read that intervals may say something of was made by a method, or waits for one.
fn any_leans(book: &ReadingsBook, register: ChannelNumber, intervals: &[TimeRange]) -> Result<bool, Error> {
    let (first, last) = (intervals.iter().map(|day| day.start).min(), intervals.iter().map(|day| day.end).max());
    let (Some(first), Some(last)) = (first, last) else { return Ok(false) };
    let (start, end) = (ReadSeries::reached_from(first).start, ReadSeries::reached_from(last).end);
    let reads = book.read(register, start.as_second(), end.as_second(), AsOf::Now)?.final_reads;
    Ok(reads.iter().any(FinalRead::leans_on_others))
}

/// Decides on the registers that changed and stores what comes out otherwise than is stored.
fn decide(
    ground: Ground<'_>,
    changed: BTreeMap<ChannelNumber, Changed>,
    stamp: Stamp,
    report: &mut Report,
) -> Result<(), Error> {
    let mut decided = Vec::new();
    for (number, changed) in changed {
        let Some(channel) = ground.directory.channel(number) else { continue };
        for (date, outcomes) in outcomes(ground, channel, &changed, stamp)? {
            let reads: Vec<FinalRead> = outcomes.into_iter().map(|outcome| outcome.final_read).collect();
            let stored = ground.book.final_reads(number, date, AsOf::Now)?;
            let same = |(now, then): (&FinalRead, &FinalRead)| now.says_the_same(then);
            if reads.len() == stored.len() && reads.iter().zip(&stored).all(same) {
                continue;
            }
            report.add_reads(&reads);
            decided.push((number, date, reads));
        }
        if COMMIT_DAYS <= decided.len() {
            store(ground.book, &mut decided, stamp)?;
        }
    }
    store(ground.book, &mut decided, stamp)
}

/// The outcomes of the reads that changed or lean on what changed, and of those beside them on their UTC days.
fn outcomes(
    ground: Ground<'_>,
    channel: &Channel,
    changed: &Changed,
    stamp: Stamp,
) -> Result<Vec<(Date, Vec<Outcome>)>, Error> {
    let reads: Vec<TimeRange> = changed.reads.iter().filter_map(|date| utc_day(*date)).collect();
    let ranges = || reads.iter().chain(&changed.intervals);
    let (first, last) = (ranges().map(|range| range.start).min(), ranges().map(|range| range.end).max());
    let (Some(first), Some(last), Ok(zone)) = (first, last, zone_of(&channel.zone)) else { return Ok(Vec::new()) };
    let mut gathered = Gathered::of(ground, channel, &zone, window(first, last, (NEAR_DAYS, FAR_DAYS)))?;
    let far = window(first, last, (FAR_DAYS, FAR_DAYS));
    if gathered.is_short_before(ground.plans, first) {
        gathered = Gathered::of(ground, channel, &zone, far)?;
    }
    let outcomes = gathered.outcomes(ground, changed, stamp);
    let made = || outcomes.iter().flat_map(|(_, outcomes)| outcomes).filter(|outcome| !outcome.estimations.is_empty());
    let moments = || made().map(|outcome| outcome.final_read.at);
    let (Some(begins), Some(ends)): (Option<Timestamp>, _) = (moments().min(), moments().max()) else {
        return Ok(outcomes);
    };
    gathered = Gathered::of(ground, channel, &zone, far)?;
    gathered.add_intervals(ground, window(begins, ends, (INTERVAL_DAYS, INTERVAL_DAYS_AFTER)))?;
    Ok(gathered.outcomes(ground, changed, stamp))
}

fn store(
    book: &ReadingsBook,
    decided: &mut Vec<(ChannelNumber, Date, Vec<FinalRead>)>,
    stamp: Stamp,
) -> Result<(), Error> {
    if decided.is_empty() {
        return Ok(());
    }
    let mut batch = batch_of(stamp);
    for (channel, date, reads) in decided.drain(..) {
        batch.push_final_reads(channel, date, &reads);
    }
    book.append(batch.keyed_by_content()).map(drop)
}
