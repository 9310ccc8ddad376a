//! Of which meter a read is that was taken at the instant of an exchange.

use std::collections::BTreeSet;

use store::readings::RegisterRead;

/// Of which of two meters a read is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// At an exchange that of the one that comes; else of the one that is there.
    MeterThatComes,
    /// Taken at the instant of an exchange, beside the first read of the meter that comes.
    MeterThatGoes,
}

/// The instants at which both the meter that went and the one that came were read, epoch seconds.
pub(super) struct Sides(BTreeSet<i64>);

impl Sides {
    pub(super) fn of<'r>(reads: impl Iterator<Item = &'r RegisterRead>) -> Self {
        Self(reads.filter(|read| read.is_opening()).map(|read| read.at).collect())
    }

    pub(super) fn of_read(&self, read: &RegisterRead) -> Side {
        let is_last = self.0.contains(&read.at) && !read.is_opening();
        if is_last { Side::MeterThatGoes } else { Side::MeterThatComes }
    }
}
