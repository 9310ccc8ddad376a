//! Every channel of a day.

use std::sync::{Arc, PoisonError};

use jiff::civil::Date;
use model::id::ChannelNumber;

use super::ReadingsBook;
use super::block::{Kind, intervals};
use super::day::DayNumber;
use super::error::{Damage, Error};
use super::history::ScannedDay;
use super::segment::{OpenSegment, Scanner, Segment, for_each_block};
use super::state::State;

/// Bytes read at once from a segment.
const PIECE_BYTES: usize = 128 << 10;

impl ReadingsBook {
    /// Shows the intervals of every channel of a day: first those that are open, then those that are sealed, each in
    /// the order of channels. Returns what could not be shown because stored bytes are damaged.
    pub fn scan_day(&self, date: Date, mut visit: impl FnMut(ScannedDay<'_>)) -> Result<Vec<Damage>, Error> {
        let day = DayNumber::of_date(date);
        let (open, segments, mut damage) = {
            let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
            (state.scan_arenas(day, &mut visit), state.layers_of_day(day), state.damage.clone())
        };
        damage.open.retain(|damage| damage.lost.touches_day(date));
        let mut layers = Vec::new();
        for segment in &segments {
            match segment.open() {
                Err(Error::Damaged(lost)) => {
                    // What lies below may be older than what is lost here.
                    damage.note(lost);
                    return Ok(damage.open);
                }
                opened => layers.push(opened?),
            }
        }
        for lost in scan_layers(day, &segments, &layers, &open, &mut visit)? {
            damage.note(lost);
        }
        Ok(damage.open)
    }
}

impl State {
    /// Shows what is open of a day and returns those channels, in order.
    fn scan_arenas(&self, day: DayNumber, visit: &mut impl FnMut(ScannedDay<'_>)) -> Vec<u32> {
        let mut seen: Vec<u32> = Vec::new();
        let mut buffer = Default::default();
        for arena in self.days.get(&day).into_iter().flat_map(|day| day.arenas()) {
            let channels = arena.interval_channels();
            for &channel in channels.iter().filter(|channel| seen.binary_search(channel).is_err()) {
                arena.visit_current(channel, &mut buffer, |shape, values, qualities| {
                    let (day_start, slot_seconds) = (shape.day_start, shape.slot_seconds);
                    visit(ScannedDay { channel: ChannelNumber(channel), day_start, slot_seconds, values, qualities });
                });
            }
            seen.extend(channels);
            seen.sort_unstable();
            seen.dedup();
        }
        seen
    }

    /// The segments to scan for a day, newest first.
    fn layers_of_day(&self, day: DayNumber) -> Vec<Arc<Segment>> {
        let Some(content) = self.days.get(&day) else { return Vec::new() };
        let base = content.rolled.as_ref().or_else(|| self.months.get(&day.month()?));
        content.segments.iter().chain(base).cloned().collect()
    }
}

fn scan_layers(
    day: DayNumber,
    segments: &[Arc<Segment>],
    layers: &[Arc<OpenSegment>],
    open: &[u32],
    visit: &mut impl FnMut(ScannedDay<'_>),
) -> Result<Vec<Damage>, Error> {
    let mut damaged = Vec::new();
    let mut current = intervals::Current::default();
    let mut scanners: Vec<Scanner<'_>> = layers.iter().map(|layer| layer.scanner(PIECE_BYTES)).collect();
    while let Some(channel) = scanners.iter().filter_map(Scanner::channel).min() {
        let mut found = open.binary_search(&channel).is_ok();
        for (at, scanner) in scanners.iter_mut().enumerate().filter(|(_, scanner)| scanner.channel() == Some(channel)) {
            if !found {
                let dictionaries = &layers[at].dictionaries;
                let mut whole = true;
                whole &= for_each_block(channel, scanner.extent()?, dictionaries, |block| {
                    let dictionary = &dictionaries[block.dictionary];
                    if block.kind != Kind::Intervals || dictionary.key.day != day {
                        return;
                    }
                    found = true;
                    let Ok(shape) = intervals::current(block.body, dictionary, &mut current) else {
                        whole = false;
                        return;
                    };
                    visit(ScannedDay {
                        channel: ChannelNumber(channel),
                        day_start: shape.day_start,
                        slot_seconds: shape.slot_seconds,
                        values: &current.values,
                        qualities: &current.qualities,
                    });
                });
                if !whole {
                    // The block that is missing may have been of this day.
                    found = true;
                    let date = day.date().unwrap_or_default();
                    damaged.push(segments[at].channel_lost(channel, date, date));
                }
            }
            scanner.advance();
        }
    }
    Ok(damaged)
}
