//! When rules run: the plan over the channel-days that were touched and have ended.
//!
//! The rules are in `vee`; here their surroundings are gathered from the books, and what they decide is stored.
//! Only the given days are run. A run changes no received value: its [`FinalDay`] lies over them.
//!
//! - [`surroundings`]: history, neighbours, totals of a channel-day.
//! - [`totals`]: which registers and amounts the intervals of a channel must add up to.

pub mod surroundings;
pub mod totals;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::FinalDay;
use store::readings::{Batch, ReadingsBook};
use store::registry::directory::Directory;
use vee::{CheckedPlan, Outcome, Stamp};

use crate::review::Decisions;
use crate::review::overlay;
use surroundings::Surroundings;

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

/// Runs a plan over channel-days, with what people decided about them, and stores the outcome; `progress` is told after
/// each commit. Days that have not ended at `now` stay in `days`, the others are taken out. `decisions` must have been
/// read after `now` was, so that a later run never stands on earlier decisions.
///
/// Channels without intervals or without a valid zone are passed over.
///
/// # Errors
/// What the readings book says; days that were stored before stay.
pub fn run(
    book: &ReadingsBook,
    directory: &Directory,
    plan: &CheckedPlan,
    decisions: &Decisions,
    days: &mut BTreeSet<(ChannelNumber, Date)>,
    now: Timestamp,
    progress: &mut dyn FnMut(u64),
) -> Result<Report, store::readings::Error> {
    let stamp = Stamp { run: u64::try_from(now.as_microsecond()).unwrap_or_default(), now };
    let mut report = Report::default();
    let mut decided = Vec::new();
    // What this run decided for the channel at hand: later days may refer to earlier ones before they are stored.
    let mut of_channel = Decided::default();
    let mut waiting = BTreeSet::new();
    for (channel, date) in &*days {
        let Some(channel) = directory.channel(*channel) else { continue };
        of_channel.turn_to(channel.number);
        let Some(surroundings) = Surroundings::of(book, directory, channel, *date, &of_channel.days)? else { continue };
        if now.as_second() < surroundings.day_end() {
            waiting.insert((channel.number, *date));
            continue;
        }
        let outcome = overlay::run(&surroundings, decisions.on(channel.number, *date), plan, stamp);
        report.add(&outcome);
        of_channel.days.insert(*date, outcome.final_day.clone());
        decided.push(outcome.final_day);
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

/// What a run decided for one channel.
#[derive(Default)]
struct Decided {
    channel: Option<ChannelNumber>,
    days: HashMap<Date, FinalDay>,
}

impl Decided {
    fn turn_to(&mut self, channel: ChannelNumber) {
        if self.channel.replace(channel) != Some(channel) {
            self.days.clear();
        }
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
