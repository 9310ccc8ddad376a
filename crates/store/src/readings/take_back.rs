//! What segments hold of the channel-days of a batch.
//!
//! Before a late value is placed over a sealed day, all that is sealed of that channel-day is taken back into the arena. It is
//! read ahead of the placing: readers wait for that, and must not wait for the disk. Only one thread places, so what is
//! sealed of a channel-day that no arena has stays the same until the batch is placed, whichever file it lies in.

use std::collections::HashMap;
use std::sync::Arc;

use super::arena::Arena;
use super::block::Kind;
use super::day::DayNumber;
use super::error::Error;
use super::layers::Lookup;
use super::segment::Segment;
use super::state::State;
use super::version::{FinalVersion, IntervalDay, RegisterVersion};

/// Channel-days that are read ahead at the most, for the memory they take; the others are read when they are placed.
const AHEAD_MAX: usize = 4096;

/// One kind of a channel-day.
pub(super) type Place = (u32, DayNumber, Kind);

/// Everything that is sealed of one kind of a channel-day.
pub(super) enum Sealed {
    Intervals(Vec<IntervalDay>),
    Registers(Vec<RegisterVersion>),
    Finals(Vec<FinalVersion>),
}

/// What was read ahead.
#[derive(Default)]
pub(super) struct Ahead(HashMap<Place, Result<Sealed, Error>>);

impl Sealed {
    /// Reads it from segments, newest first.
    pub(super) fn of((channel, day, kind): Place, segments: &[Arc<Segment>]) -> Result<Self, Error> {
        let mut lookup = Lookup::new(channel);
        Ok(match kind {
            Kind::Intervals => Self::Intervals(lookup.intervals(segments, day)?),
            Kind::Registers => Self::Registers(lookup.registers(segments, day)?),
            Kind::Finals => Self::Finals(lookup.finals(segments, day)?),
        })
    }

    /// Puts it into the arena of its day.
    pub(super) fn restore(self, arena: &mut Arena, channel: u32) {
        match self {
            Self::Intervals(days) => days.iter().for_each(|day| arena.restore_intervals(channel, day)),
            Self::Registers(versions) => arena.restore_registers(channel, &versions),
            Self::Finals(versions) => arena.restore_finals(channel, versions),
        }
    }
}

impl Ahead {
    /// Reads what [`State::sealed_places`] found.
    pub(super) fn read(places: Vec<(Place, Vec<Arc<Segment>>)>) -> Self {
        Self(places.into_iter().map(|(place, segments)| (place, Sealed::of(place, &segments))).collect())
    }

    /// Hands over what was read of a place; `None` where it was not.
    pub(super) fn take(&mut self, place: Place) -> Option<Result<Sealed, Error>> {
        self.0.remove(&place)
    }
}

impl State {
    /// The first places of a batch that have to be taken back from segments, with these, newest first.
    pub(super) fn sealed_places(&self, places: &[Place]) -> Vec<(Place, Vec<Arc<Segment>>)> {
        let is_sealed_only = |&&(channel, day, kind): &&Place| {
            let state = self.days.get(&day).filter(|state| 0 < state.sealed_through);
            state.is_some_and(|state| state.arenas().all(|arena| !arena.has(channel, kind)))
        };
        let found = places.iter().filter(is_sealed_only).take(AHEAD_MAX);
        found.map(|&place| (place, self.segments_of(place.1))).collect()
    }
}
