//! What a reader left out of a message that was otherwise taken: gathered by cause, so that it waits in quarantine.
//!
//! A record, day, row or reading is malformed where its reader told an error. All of one cause are one item with a count and
//! its first places: there are as many items as the readers have codes, however many records are wrong.

use std::collections::HashMap;

use model::finding::{Finding, LeftOut};
use smol_str::SmolStr;
use store::readings::{AsOf, Day, ReadingsBook, RegisterRead};
use store::registry::directory::Directory;

/// The reason of items of which a reader left something out.
pub const MALFORMED: &str = "malformed";
/// Places that an item names; further ones are counted.
pub const PLACES_MAX: usize = 10;

/// What was left out of a message for one cause.
#[derive(Clone, Debug)]
pub struct Malformed {
    /// Position of the first such record among the pieces of its message.
    pub item: u32,
    /// How many records, days, rows or readings were left out.
    pub count: u64,
    /// The first [`PLACES_MAX`] of them, at least one.
    pub places: Vec<Finding>,
}

/// What was left out of a message, by the code of its reader.
pub type ByCause = HashMap<SmolStr, Malformed>;

/// Notes a record that was left out; `item` is given where it is the first of its cause.
pub fn note(by_cause: &mut ByCause, finding: &Finding, item: impl FnOnce() -> u32) {
    let noted = by_cause.entry(finding.code.clone()).or_insert_with(|| Malformed {
        item: item(),
        count: 0,
        places: Vec::new(),
    });
    noted.count += 1;
    if noted.places.len() < PLACES_MAX {
        noted.places.push(Finding { left_out: None, ..finding.clone() });
    }
}

/// Whether all that was left out came by another message after a moment in epoch microseconds.
///
/// What cannot be read for damage did not come: the item goes on waiting.
pub fn came_after(left_out: &LeftOut, directory: &Directory, book: &ReadingsBook, moment: i64) -> bool {
    let Ok(channel) = directory.resolve(&left_out.channel, left_out.from) else { return false };
    let (from, to) = (left_out.from.as_second(), left_out.to.as_second());
    // The read of a period is named by its end, which is not within it.
    let Ok(history) = book.read(channel.number, from, to.saturating_add(1), AsOf::Now) else { return false };
    let is_meant = |read: &RegisterRead| match read.period_start {
        Some(start) => (start, read.at) == (from, to),
        None => (read.at, read.at + 1) == (from, to),
    };
    if history.registers.iter().any(|read| is_meant(read) && read.value.is_some() && moment < read.received_at) {
        return true;
    }
    let seconds = |day: &Day| -> i64 {
        let Ok(versions) = book.versions(channel.number, day.date) else { return 0 };
        let came = versions.iter().filter(|version| {
            let is_current = version.is_current && version.slot_seconds == day.slot_seconds;
            is_current && version.value.is_some() && moment < version.received_at
        });
        let length = i64::from(day.slot_seconds);
        let within = came.map(|version| {
            let start = day.day_start + i64::from(version.slot) * length;
            (to.min(start + length) - from.max(start)).max(0)
        });
        within.sum()
    };
    history.days.iter().filter(|day| day.slot_seconds != 0).map(seconds).sum::<i64>() == to - from
}
