//! Finding a channel-day in segments.

use std::collections::HashMap;
use std::sync::Arc;

use super::block::{Block, Kind, finals, intervals, registers};
use super::day::DayNumber;
use super::dictionary::Dictionary;
use super::error::Error;
use super::segment::{Extent, OpenSegment, Segment};
use super::version::{FinalVersion, IntervalDay, RegisterVersion};
use super::wire::Malformed;

/// Looks for the days of one channel; an extent is read once for all of its days.
pub(super) struct Lookup {
    channel: u32,
    extents: HashMap<u64, Option<(Arc<OpenSegment>, Extent)>>,
}

/// The blocks of one kind of a channel-day, with the segment they are from.
pub(super) struct FoundBlocks<'a> {
    segment: &'a Segment,
    opened: &'a OpenSegment,
    channel: u32,
    day: DayNumber,
    blocks: Vec<Block<'a>>,
}

impl Lookup {
    pub(super) fn new(channel: u32) -> Self {
        Self { channel, extents: HashMap::new() }
    }

    /// The blocks of the first segment, newest first, that has any; `None` where none has.
    /// [`Error::Damaged`] where one that may have had them is broken.
    pub(super) fn find<'a>(
        &'a mut self,
        segments: &'a [Arc<Segment>],
        day: DayNumber,
        kind: Kind,
    ) -> Result<Option<FoundBlocks<'a>>, Error> {
        let Some(date) = day.date() else { return Ok(None) };
        let mut found = None;
        for segment in segments.iter().filter(|segment| segment.covers(date)) {
            if !self.extents.contains_key(&segment.entry.id) {
                let opened = segment.open()?;
                let extent = opened.extent(self.channel)?;
                self.extents.insert(segment.entry.id, extent.map(|extent| (opened, extent)));
            }
            let Some(Some((opened, extent))) = self.extents.get(&segment.entry.id) else { continue };
            if extent.blocks().any(|block| is_of(&block, opened, day, kind)) {
                found = Some(segment);
                break;
            }
            if extent.is_broken {
                return Err(Error::Damaged(segment.channel_lost(self.channel, date, date)));
            }
        }
        let Some(segment) = found else { return Ok(None) };
        let Some(Some((opened, extent))) = self.extents.get(&segment.entry.id) else { return Ok(None) };
        let blocks = extent.blocks().filter(|block| is_of(block, opened, day, kind)).collect();
        Ok(Some(FoundBlocks { segment, opened, channel: self.channel, day, blocks }))
    }

    /// Everything known of a channel-day's intervals, one entry for each shape.
    pub(super) fn intervals(&mut self, segments: &[Arc<Segment>], day: DayNumber) -> Result<Vec<IntervalDay>, Error> {
        match self.find(segments, day, Kind::Intervals)? {
            None => Ok(Vec::new()),
            Some(found) => found.each(intervals::whole),
        }
    }

    /// The register reads of a channel-day.
    pub(super) fn registers(
        &mut self,
        segments: &[Arc<Segment>],
        day: DayNumber,
    ) -> Result<Vec<RegisterVersion>, Error> {
        match self.find(segments, day, Kind::Registers)? {
            None => Ok(Vec::new()),
            Some(found) => Ok(found.each(registers::decode)?.concat()),
        }
    }

    /// What validation decided for a channel-day.
    pub(super) fn finals(&mut self, segments: &[Arc<Segment>], day: DayNumber) -> Result<Vec<FinalVersion>, Error> {
        match self.find(segments, day, Kind::Finals)? {
            None => Ok(Vec::new()),
            Some(found) => Ok(found.each(finals::decode)?.concat()),
        }
    }
}

fn is_of(block: &Block<'_>, segment: &OpenSegment, day: DayNumber, kind: Kind) -> bool {
    block.kind == kind && segment.dictionaries[block.dictionary].key.day == day
}

impl FoundBlocks<'_> {
    /// What `decode` makes of each block.
    pub(super) fn each<T>(
        &self,
        mut decode: impl FnMut(&[u8], &Dictionary) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Error> {
        let decoded = self.blocks.iter().map(|block| decode(block.body, &self.opened.dictionaries[block.dictionary]));
        decoded.collect::<Result<_, _>>().map_err(|Malformed| {
            let date = self.day.date().unwrap_or_default();
            Error::Damaged(self.segment.channel_lost(self.channel, date, date))
        })
    }
}
