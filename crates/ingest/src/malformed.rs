//! What a reader left out of a message that was otherwise taken: gathered by cause, so that it waits in quarantine.
//!
//! A record, day, row or reading is malformed where its reader told an error. All of one cause are one item with a count and
//! its first places: there are as many items as the readers have codes, however many records are wrong.

use std::collections::HashMap;

use model::finding::Finding;
use smol_str::SmolStr;

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
