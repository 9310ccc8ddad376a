//! The desk of a day: gathers what head-ends send into files of a bounded size, and counts.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::reading::ChannelReadings;

use super::{Account, Counts, Told, Truth, piece};
use crate::dialect::{self, Numbered};
use crate::happening::Happening;
use crate::premises::HeadEnd;
use crate::record::Made;
use crate::utility::{Day, Utility};

/// Readings of a file, and events of one, at most, but for the last meter's.
const READINGS_MAX: u64 = 200_000;
const EVENTS_MAX: usize = 50_000;

/// What is sent on a day, on its way into files.
pub(super) struct Desk<'d, T> {
    utility: &'d Utility,
    day: &'d Day,
    tell: &'d mut T,
    readings: BTreeMap<HeadEnd, Open<ChannelReadings>>,
    events: BTreeMap<HeadEnd, Open<Numbered>>,
    numbers: BTreeMap<HeadEnd, u64>,
    pub(super) counts: Counts,
}

/// A file that may go on.
struct Open<T> {
    content: Vec<T>,
    size: u64,
    parts: u32,
}

impl<T> Default for Open<T> {
    fn default() -> Self {
        Self { content: Vec::new(), size: 0, parts: 0 }
    }
}

impl<T> Open<T> {
    /// What was gathered, as the next part of its day.
    fn take(&mut self) -> (Vec<T>, u32) {
        self.parts += 1;
        self.size = 0;
        (std::mem::take(&mut self.content), self.parts)
    }
}

impl<'d, T> Desk<'d, T> {
    pub(super) fn new(utility: &'d Utility, day: &'d Day, numbers: BTreeMap<HeadEnd, u64>, tell: &'d mut T) -> Self {
        let (readings, events) = (BTreeMap::new(), BTreeMap::new());
        Self { utility, day, tell, readings, events, numbers, counts: Counts::default() }
    }

    /// Counts a reading and what became of it.
    pub(super) fn count(&mut self, reading: &Made, account: &Option<Account>, today: Date) {
        let counts = &mut self.counts;
        if reading.value.is_none() {
            counts.unmade += 1;
            return;
        }
        counts.made += 1;
        match account.map(|account| account.sent) {
            None => {}
            Some(None) => counts.lost += 1,
            Some(Some(date)) if date == today => counts.corrupt += 1,
            Some(Some(_)) => counts.late += 1,
        }
    }
}

impl<E, T: FnMut(Told) -> Result<(), E>> Desk<'_, T> {
    /// Readings that a head-end sends today.
    pub(super) fn add(&mut self, head_end: HeadEnd, piece: ChannelReadings) -> Result<(), E> {
        let open = self.readings.entry(head_end).or_default();
        open.size += piece::count(std::slice::from_ref(&piece));
        open.content.push(piece);
        if open.size < READINGS_MAX { Ok(()) } else { self.close_readings(head_end) }
    }

    /// An event that a head-end tells today.
    pub(super) fn tell(&mut self, happening: Happening) -> Result<(), E> {
        let head_end = happening.head_end;
        let number = self.numbers.entry(head_end).or_default();
        *number += 1;
        let open = self.events.entry(head_end).or_default();
        open.content.push((*number, happening));
        if open.content.len() < EVENTS_MAX { Ok(()) } else { self.close_events(head_end) }
    }

    pub(super) fn truth(&mut self, truth: Truth) -> Result<(), E> {
        (self.tell)(Told::Truth(truth))
    }

    pub(super) fn account(&mut self, account: Account) -> Result<(), E> {
        (self.tell)(Told::Account(account))
    }

    pub(super) fn happened(&mut self, happening: &Happening, sent: Option<Date>) -> Result<(), E> {
        (self.tell)(Told::Happening(happening.clone(), sent))
    }

    /// Closes all files.
    pub(super) fn finish(mut self) -> Result<(Counts, BTreeMap<HeadEnd, u64>), E> {
        for head_end in HeadEnd::ALL {
            self.close_readings(head_end)?;
        }
        for head_end in HeadEnd::ALL {
            self.close_events(head_end)?;
        }
        Ok((self.counts, self.numbers))
    }

    fn close_readings(&mut self, head_end: HeadEnd) -> Result<(), E> {
        let Some(open) = self.readings.get_mut(&head_end).filter(|open| !open.content.is_empty()) else {
            return Ok(());
        };
        let (content, part) = open.take();
        (self.tell)(Told::File(dialect::file(head_end, &content, &self.utility.script, self.day, part)))
    }

    fn close_events(&mut self, head_end: HeadEnd) -> Result<(), E> {
        let Some(open) = self.events.get_mut(&head_end).filter(|open| !open.content.is_empty()) else {
            return Ok(());
        };
        let (content, part) = open.take();
        (self.tell)(Told::File(dialect::events(head_end, &content, &self.utility.script, self.day, part)))
    }
}
