//! The stamps of an open day by number: most values of a batch share one.

use std::collections::HashMap;

use super::version::Stamp;

/// Stamps whose numbers can be found again.
const REMEMBERED: usize = 4096;

/// Stamps, each with a number of 4 bytes that values are kept with.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    all: Vec<Stamp>,
    /// Numbers of the last ones.
    numbers: HashMap<Stamp, u32>,
}

impl Stamps {
    /// The number of a stamp, a new one where it is not remembered.
    pub(super) fn number(&mut self, stamp: Stamp) -> u32 {
        if self.all.last() == Some(&stamp) {
            return self.all.len() as u32 - 1;
        }
        // Old batches' stamps are hardly asked for again; a second number for one does no harm.
        if REMEMBERED <= self.numbers.len() {
            self.numbers.clear();
        }
        *self.numbers.entry(stamp).or_insert_with(|| {
            self.all.push(stamp);
            self.all.len() as u32 - 1
        })
    }

    /// The stamp of a number.
    pub(super) fn of(&self, number: u32) -> Stamp {
        self.all[number as usize]
    }

    /// Memory in use, nearly.
    pub(super) fn bytes(&self) -> u64 {
        let number = size_of::<Stamp>() + size_of::<u32>();
        (self.all.capacity() * size_of::<Stamp>() + self.numbers.capacity() * number) as u64
    }
}
