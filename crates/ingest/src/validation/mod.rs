//! When rules run: its plan over each channel-day that was touched and has ended.
//!
//! The rules are in `vee`; here their surroundings are gathered from the books, and what they decide is stored.
//! Only the given days are run. A run changes no received value: its [`FinalDay`] lies over them.
//!
//! - [`surroundings`]: history, neighbours, totals of a channel-day.
//! - [`totals`]: which registers and amounts the intervals of a channel must add up to.

pub mod surroundings;
pub mod totals;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::FinalDay;
use model::master::Channel;
use store::readings::{AsOf, Batch, ReadingsBook};
use store::registry::directory::Directory;
use vee::plan::DatedPlans;
use vee::{Outcome, Stamp};

use crate::plans::Plans;
use crate::review::Decisions;
use surroundings::Stored;

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
}

/// Runs the plan of each day over channel-days and the days that lean on them, with what people decided about them, and stores the
/// outcome; `progress` is told after each commit. Days that have not ended at `now` stay in `days`, the others are taken
/// out. `decisions` must have been read after `now` was, so that a later run never stands on earlier decisions.
///
/// Channels without intervals or without a valid zone are passed over.
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
    let stamp = Stamp { run: u64::try_from(now.as_microsecond()).unwrap_or_default(), now };
    let mut report = Report::default();
    let mut decided = Vec::new();
    let mut waiting = BTreeSet::new();
    for (channel, touched) in by_channel(days) {
        let Some(channel) = directory.channel(channel) else { continue };
        let plans = plans.of_channel(directory, channel);
        let Some(stored) = around(book, directory, channel, &plans, &touched)? else { continue };
        let channel_days = stored.channel_days(book, &plans, decisions);
        let leaning = stored.leaning();
        for date in channel_days.to_run(&touched, |date| leaning.contains(&date)) {
            let Some(day) = channel_days.day(date) else { continue };
            if now < day.as_day(date).whole().end {
                waiting.extend(touched.contains(&date).then_some((channel.number, date)));
                continue;
            }
            let Some(outcome) = channel_days.outcome(date, stamp) else { continue };
            if !touched.contains(&date)
                && stored.final_day(date).is_some_and(|before| before.says_the_same(&outcome.final_day))
            {
                continue;
            }
            report.add(&outcome);
            decided.push(outcome.final_day);
        }
        if COMMIT_DAYS <= decided.len() {
            progress(decided.len() as u64);
            store_days(book, &mut decided, report.days, stamp)?;
        }
    }
    progress(decided.len() as u64);
    store_days(book, &mut decided, report.days, stamp)?;
    report.waiting = waiting.len() as u64;
    *days = waiting;
    Ok(report)
}

fn by_channel(days: &BTreeSet<(ChannelNumber, Date)>) -> BTreeMap<ChannelNumber, BTreeSet<Date>> {
    let mut channels: BTreeMap<ChannelNumber, BTreeSet<Date>> = BTreeMap::new();
    for (channel, date) in days {
        channels.entry(*channel).or_default().insert(*date);
    }
    channels
}

/// The stored days that a run over touched ones looks at: twice as far where a day beside them leans on others.
fn around<'a>(
    book: &ReadingsBook,
    directory: &'a Directory,
    channel: &'a Channel,
    plans: &DatedPlans<'_>,
    touched: &BTreeSet<Date>,
) -> Result<Option<Stored<'a>>, store::readings::Error> {
    let (Some(first), Some(last)) = (touched.first(), touched.last()) else { return Ok(None) };
    // Neighbours and days that share a total are run too.
    let reach = plans.reach_days().saturating_add(1);
    let near = Stored::of(book, directory, channel, (*first, *last), reach, AsOf::Now)?;
    match &near {
        Some(stored) if stored.leaning().difference(touched).next().is_some() => {
            Stored::of(book, directory, channel, (*first, *last), reach.saturating_mul(2), AsOf::Now)
        }
        _ => Ok(near),
    }
}

impl Report {
    fn add(&mut self, outcome: &Outcome) {
        self.days += 1;
        self.failures += outcome.final_day.failures.len() as u64;
        self.estimated += outcome.final_day.values.iter().filter(|value| !value.method.is_empty()).count() as u64;
    }
}

fn store_days(
    book: &ReadingsBook,
    decided: &mut Vec<FinalDay>,
    days: u64,
    stamp: Stamp,
) -> Result<(), store::readings::Error> {
    if decided.is_empty() {
        return Ok(());
    }
    let key = *blake3::hash(format!("vee {} {days}", stamp.run).as_bytes()).as_bytes();
    let mut batch = Batch::new("vee", key, stamp.now.as_microsecond());
    for final_day in decided.drain(..) {
        batch.push_final(&final_day).expect("the day was read from the book");
    }
    book.append(batch).map(drop)
}
