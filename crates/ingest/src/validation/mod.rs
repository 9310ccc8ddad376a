//! When rules run: its plan over each channel-day that was touched and has ended.
//!
//! The rules are in `vee`; here their surroundings are gathered from the books, and what they decide is stored.
//! Only the given days are run. A run changes no received value: its [`FinalDay`] lies over them.
//!
//! - [`follower`]: which days are due, and a durable note of how far that was done; [`touched`]: what arrivals touch.
//! - [`expected`]: of which intervals a value is expected, and days of which nothing arrived.
//! - [`surroundings`]: history, neighbours, totals of a channel-day.
//! - `registers`: register reads, judged by the register part of the plan.
//! - `companions`: which channels look at which, and so are run together; `device`, `site`: what is known of meter and
//!   usage point; `summaries`: earlier days in few numbers.
//! - `prolonged`, [`timeliness`]: rules about when values came (V70, V77).
//! - [`totals`]: which registers and amounts the intervals of a channel must add up to.

pub(crate) mod companions;
mod device;
mod expected;
mod follower;
pub(crate) mod prolonged;
pub(crate) mod registers;
mod site;
mod summaries;
pub mod surroundings;
pub mod timeliness;
pub mod totals;
pub mod touched;

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use model::id::ChannelNumber;
use model::lineage::{FinalDay, FinalRead};
use model::master::Channel;
use store::readings::{AsOf, Batch, ReadingsBook};
use store::registry::directory::Directory;
use vee::plan::needs::Outlook;
use vee::{Outcome, Stamp};

use crate::plans::Plans;
use crate::review::Decisions;
use surroundings::{Depth, Stored};

pub use vee::meter_times::SILENT_DAYS;

/// Final days that are stored in one commit.
const COMMIT_DAYS: usize = 4096;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Channel-days that were run.
    pub days: u64,
    /// Channel-days that have not ended yet and wait.
    pub waiting: u64,
    /// Values that were estimated.
    pub estimated: u64,
    /// Rules that failed.
    pub failures: u64,
    /// Register reads that came out otherwise than before.
    pub reads: u64,
}

/// Runs the plan of each day over channel-days and the days that lean on them, with what people decided about them, and
/// stores the outcome; `progress` is told after each commit. Days of which nothing arrived are run where something is
/// expected of them. Days that have not ended at `now` stay in `days`, the others are taken out. `decisions` must have been
/// read after `now` was, so that a later run never stands on earlier decisions.
///
/// A day of a register is the UTC date of its reads; they are judged first and at once. Channels without a valid zone are
/// passed over.
///
/// # Errors
/// What the readings book says; days that were stored before stay.
pub fn run(
    book: &ReadingsBook,
    directory: &Directory,
    plans: &Plans,
    decisions: &Decisions,
    days: &mut BTreeSet<(ChannelNumber, Date)>,
    now: Timestamp,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, store::readings::Error> {
    let stamp = stamp_of(now);
    let mut report = Report::default();
    let ground = registers::Ground { book, directory, plans, decisions };
    registers::judge(ground, &registers_of(directory, days), stamp, &mut report)?;
    let mut decided = Vec::new();
    let mut waiting = BTreeSet::new();
    let outlook = plans.outlook();
    let reached = companions::touched_with(book, directory, outlook, days)?;
    for (channel, touched) in in_clusters(&reached, outlook.outcome_days()) {
        let Some(channel) = directory.channel(channel) else { continue };
        let looks = plans.of_channel(directory, channel).outlook();
        let Some(stored) = around(book, directory, channel, &looks, (&touched, now))? else { continue };
        let channel_days = stored.channel_days(book, plans, decisions, Depth::Outcomes)?;
        let leaning = stored.leaning();
        for date in channel_days.to_run(&touched, |date| leaning.contains(&date)) {
            let Some(day) = channel_days.day(date) else { continue };
            if now < day.as_day(date).whole().end {
                waiting.extend(days.contains(&(channel.number, date)).then_some((channel.number, date)));
                continue;
            }
            let Some(outcome) = channel_days.outcome(date, stamp) else { continue };
            if !days.contains(&(channel.number, date))
                && stored.final_day(date).is_some_and(|before| before.says_the_same(&outcome.final_day))
            {
                continue;
            }
            report.add(&outcome);
            decided.push(outcome.final_day);
        }
        if COMMIT_DAYS <= decided.len() {
            progress(decided.len() as u64);
            store_days(book, &mut decided, stamp)?;
        }
    }
    progress(decided.len() as u64);
    store_days(book, &mut decided, stamp)?;
    report.waiting = waiting.len() as u64;
    *days = waiting;
    Ok(report)
}

/// What marks the outcomes of a run: it is numbered by when it began.
fn stamp_of(now: Timestamp) -> Stamp {
    Stamp { run: u64::try_from(now.as_microsecond()).unwrap_or_default(), now }
}

/// The days of registers, which are taken out.
fn registers_of(directory: &Directory, days: &mut BTreeSet<(ChannelNumber, Date)>) -> BTreeSet<(ChannelNumber, Date)> {
    let is_register = |day: &(ChannelNumber, Date)| {
        directory.channel(day.0).is_some_and(|channel| channel.interval_seconds.is_none())
    };
    let registers: BTreeSet<_> = days.iter().copied().filter(is_register).collect();
    days.retain(|day| !registers.contains(day));
    registers
}

/// Days by channel; those that are too far apart to look at the same days are kept apart.
fn in_clusters(days: &BTreeSet<(ChannelNumber, Date)>, reach: u16) -> Vec<(ChannelNumber, BTreeSet<Date>)> {
    let apart = Span::new().days(2 * i32::from(reach) + 2);
    let mut clusters: Vec<(ChannelNumber, BTreeSet<Date>)> = Vec::new();
    for (channel, date) in days {
        match clusters.last_mut() {
            Some((last, dates)) if last == channel && dates.last() >= Some(&date.saturating_sub(apart)) => {
                dates.insert(*date);
            }
            _ => clusters.push((*channel, BTreeSet::from([*date]))),
        }
    }
    clusters
}

/// The stored days that a run over touched ones looks at: farther where registers counted over several days, and twice as
/// far where a day beside them is silent or leans on others.
fn around<'a>(
    book: &ReadingsBook,
    directory: &'a Directory,
    channel: &'a Channel,
    outlook: &Outlook,
    (touched, now): (&BTreeSet<Date>, Timestamp),
) -> Result<Option<Stored<'a>>, store::readings::Error> {
    let (Some(first), Some(last)) = (touched.first(), touched.last()) else { return Ok(None) };
    let within = |reach| -> Result<Option<Stored<'a>>, store::readings::Error> {
        let stored = Stored::of(book, directory, channel, (*first, *last), reach, AsOf::Now)?;
        Ok(stored.map(|stored| stored.with_silent_days(now)))
    };
    let looks_far =
        |stored: &Stored<'_>| stored.has_silent_days() || stored.leaning().difference(touched).next().is_some();
    // Neighbours and days that share a total are run too.
    let farther = outlook.outcome_days().saturating_add(1);
    let near = within(outlook.reach_days.saturating_add(1))?;
    match &near {
        Some(stored) if looks_far(stored) => within(farther.saturating_mul(2)),
        Some(stored) if outlook.scaled_days != 0 && stored.shares_registers() => within(farther),
        _ => Ok(near),
    }
}

impl std::ops::AddAssign for Report {
    fn add_assign(&mut self, other: Self) {
        self.days += other.days;
        self.waiting += other.waiting;
        self.estimated += other.estimated;
        self.failures += other.failures;
        self.reads += other.reads;
    }
}

impl Report {
    fn add_reads(&mut self, reads: &[FinalRead]) {
        self.reads += reads.len() as u64;
        self.failures += reads.iter().map(|read| read.failures.len() as u64).sum::<u64>();
        self.estimated += reads.iter().filter(|read| !read.method.is_empty()).count() as u64;
    }

    fn add(&mut self, outcome: &Outcome) {
        self.days += 1;
        self.failures += outcome.final_day.failures.len() as u64;
        self.estimated += outcome.final_day.values.iter().filter(|value| !value.method.is_empty()).count() as u64;
    }
}

fn store_days(book: &ReadingsBook, decided: &mut Vec<FinalDay>, stamp: Stamp) -> Result<(), store::readings::Error> {
    if decided.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::new("vee", [0; 32], stamp.now.as_microsecond());
    for final_day in decided.drain(..) {
        batch.push_final(&final_day).expect("the day was read from the book");
    }
    book.append(batch.keyed_by_content()).map(drop)
}
