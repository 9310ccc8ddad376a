//! Opening reads as rules see them.
//!
//! Rules know one read of an instant. Where the meter that comes was read at the instant of its exchange, its read and all that
//! begins with it count from a second later on, so that the read at the instant itself is the last of the meter that goes.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use model::lineage::FinalRead;
use store::readings::RegisterRead;
use vee::register::{Read, Setup};

const LATER: SignedDuration = SignedDuration::from_secs(1);

/// Instants at which meters were exchanged and those that came were read.
#[derive(Clone, Debug, Default)]
pub(super) struct Openings(BTreeSet<Timestamp>);

/// A moment and the start of the period that ends then, where there is one.
pub(super) type Place = (Timestamp, Option<Timestamp>);

/// The place of a stored read as rules see it.
pub(super) fn judged(read: &RegisterRead) -> Option<Place> {
    let at = Timestamp::from_second(read.at).ok()?;
    if read.is_opening() {
        return Some((at.checked_add(LATER).ok()?, None));
    }
    Some((at, read.period_start.map(Timestamp::from_second).transpose().ok()?))
}

/// The place of a read that was decided on, as rules see it.
pub(super) fn decided(read: &FinalRead) -> Option<Place> {
    if read.is_opening() { Some((read.at.checked_add(LATER).ok()?, None)) } else { Some((read.at, read.period_start)) }
}

impl Openings {
    pub(super) fn of(reads: &[RegisterRead]) -> Self {
        let openings = reads.iter().filter(|read| read.is_opening());
        Self(openings.filter_map(|read| Timestamp::from_second(read.at).ok()).collect())
    }

    /// A setup from when on rules see it.
    pub(super) fn moved(&self, setup: Setup) -> Setup {
        let later = setup.from.checked_add(LATER).ok().filter(|_| self.0.contains(&setup.from));
        Setup { from: later.unwrap_or(setup.from), ..setup }
    }

    /// When a read that rules see was taken.
    pub(super) fn instant(&self, read: &Read) -> Timestamp {
        let opening = read.at.checked_sub(LATER).ok().filter(|opening| self.0.contains(opening));
        opening.unwrap_or(read.at)
    }

    /// The place of a read that rules see, as it is stored; `reads` are in order.
    pub(super) fn stored(&self, reads: &[Read], at: usize) -> Place {
        let Read { at: moment, period_start, .. } = reads[at];
        let opening = self.instant(&reads[at]);
        // Of two at one moment the first is the opening read, and the other was read a second after it.
        let is_first = at.checked_sub(1).is_none_or(|before| reads[before].at != moment);
        let is_opening = is_first && period_start.is_none() && opening != moment;
        if is_opening { (opening, Some(opening)) } else { (moment, period_start) }
    }
}
