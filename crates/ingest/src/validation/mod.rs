//! When rules run: its plan over each channel-day that was touched and has ended.
//!
//! The rules are in `vee`; here their surroundings are gathered from the books, and what they decide is stored.
//! Only the given days are run. A run changes no received value: its [`FinalDay`] lies over them.
//!
//! - [`follower`]: which days are due, and a durable note of how far that was done; [`touched`]: what arrivals touch.
//! - [`expected`]: of which intervals a value is expected, and days of which nothing arrived.
//! - [`surroundings`]: history, neighbours, totals of a channel-day; `full_day`: its values; `buckets`: its registers by
//!   time-of-use bucket.
//! - `registers`: register reads, judged by the register part of the plan.
//! - `companions`: which channels look at which, and so are run together; `device`, `site`: what is known of meter and
//!   usage point; `summaries`: earlier days in few numbers.
//! - `prolonged`, [`timeliness`]: rules about when values came (V70, V77).
//! - [`totals`]: which registers and amounts the intervals of a channel must add up to.

pub(crate) mod buckets;
pub(crate) mod companions;
mod device;
pub(crate) mod expected;
mod follower;
pub(crate) mod full_day;
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
const COMMIT_DAYS: u64 = 4096;
/// Bytes of final days in one commit, of which a day may go beyond.
const COMMIT_BYTES: usize = 4 << 20;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Channel-days that were run.
    pub days: u64,
    /// Channel-days that stay as they are, because stored bytes of them are damaged.
    pub damaged: u64,
    /// Channel-days that have not ended yet and wait.
    pub waiting: u64,
    /// Values that were estimated.
    pub estimated: u64,
    /// Rules that failed.
    pub failures: u64,
    /// Register reads that came out otherwise than before.
    pub reads: u64,
}

/// The stamp of the next run, above those of all runs before whatever the clock did.
pub fn stamp(book: &ReadingsBook, now: Timestamp) -> Stamp {
    Stamp { run: book.next_run(now), now }
}

/// Runs the plan of each day over channel-days and the days that lean on them, with what people decided about them, and
/// stores the outcome; `progress` is told after each commit. Days of which nothing arrived are run where something is
/// expected of them. Days that have not ended stay in `days`, the others are taken out. `stamp` is [`stamp`], made before
/// `decisions` were read, so that a later run never stands on earlier decisions.
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
    stamp: Stamp,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, store::readings::Error> {
    let now = stamp.now;
    let mut report = Report::default();
    let ground = registers::Ground { book, directory, plans, decisions, as_of: AsOf::Now };
    registers::judge(ground, &registers_of(directory, days), stamp, &mut report)?;
    let mut decided = Decided::new(stamp);
    let mut waiting = BTreeSet::new();
    let outlook = plans.outlook();
    let reached = companions::touched_with(book, directory, outlook, days)?;
    for (channel, touched) in in_clusters(&reached, outlook.outcome_days()) {
        let Some(channel) = directory.channel(channel) else { continue };
        let looks = plans.of_channel(directory, channel).outlook();
        let Some(stored) = around(book, directory, channel, &looks, (&touched, now))? else { continue };
        let channel_days = stored.channel_days(book, plans, decisions, Depth::Outcomes)?;
        let leaning = stored.leaning();
        report.damaged += touched.iter().filter(|date| stored.is_damaged(**date)).count() as u64;
        for date in channel_days.to_run(&touched, |date| leaning.contains(&date)) {
            let Some(day) = channel_days.day(date).filter(|_| !stored.is_damaged(date)) else { continue };
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
            decided.push(&outcome.final_day);
            if decided.is_full() {
                progress(decided.days);
                std::mem::replace(&mut decided, Decided::new(stamp)).store(book)?;
            }
        }
    }
    progress(decided.days);
    decided.store(book)?;
    report.waiting = waiting.len() as u64;
    *days = waiting;
    Ok(report)
}

/// A commit of outcomes. Its arrival is the run, so that no run after a restart gets a lower number.
fn batch_of(stamp: Stamp) -> Batch {
    Batch::new("vee", [0; 32], i64::try_from(stamp.run).unwrap_or(i64::MAX))
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
        Some(stored) if outlook.scaled_days != 0 && stored.shares_registers(book, outlook.buckets)? => within(farther),
        _ => Ok(near),
    }
}

impl std::ops::AddAssign for Report {
    fn add_assign(&mut self, other: Self) {
        self.days += other.days;
        self.damaged += other.damaged;
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

/// Final days of one commit.
struct Decided {
    batch: Batch,
    days: u64,
}

impl Decided {
    fn new(stamp: Stamp) -> Self {
        Self { batch: batch_of(stamp), days: 0 }
    }

    fn push(&mut self, final_day: &FinalDay) {
        self.batch.push_final(final_day).expect("the day was read from the book");
        self.days += 1;
    }

    fn is_full(&self) -> bool {
        COMMIT_DAYS <= self.days || COMMIT_BYTES <= self.batch.len()
    }

    fn store(self, book: &ReadingsBook) -> Result<(), store::readings::Error> {
        if self.days == 0 { Ok(()) } else { book.append(self.batch.keyed_by_content()).map(drop) }
    }
}
