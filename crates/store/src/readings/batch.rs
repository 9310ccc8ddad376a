//! What is given to the book in one commit.
//!
//! A [`Batch`] is encoded while it is built: the bytes that go to the log are made once, by the caller's
//! thread, and the arenas are filled from the same bytes, now and when the log is replayed.

use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::{FinalDay, FinalRead};

use super::block::Kind;
use super::day::DayNumber;
use super::error::InvalidReading;
use super::quality::QualityId;
use super::record::{
    HAS_HOLES, HAS_PERIOD, HAS_QUALITIES, HAS_QUALITY, HAS_REVISION, HAS_VALUE, KIND_FINAL, KIND_REGISTER, KIND_RUN,
    NEW_DAY, WIDTH_SHIFT,
};
use super::take_back::Place;
use super::version::ranked_as_received;
use super::wire::Put;
use super::{final_day, final_read};

/// Marks a slot without a value, in what goes in and in what comes out.
pub const NO_VALUE: i64 = model::reading::IntervalRun::MISSING;

/// The longest local day the book takes, in seconds; no zone has had one longer.
const DAY_SECONDS_MAX: u64 = 48 * 3600;

/// Consecutive intervals of one channel within one local day.
#[derive(Clone, Copy, Debug)]
pub struct DayRun<'a> {
    /// The channel.
    pub channel: ChannelNumber,
    /// The local day.
    pub date: Date,
    /// First instant of the day, epoch seconds.
    pub day_start: i64,
    /// How many intervals the whole day has: 96, in quarter-hours; 92 or 100 where the clock changes.
    pub slots: u16,
    /// Length of every interval.
    pub slot_seconds: u32,
    /// Slot of the first value.
    pub first: u16,
    /// Values in the channel's quantum; [`NO_VALUE`] for a slot the source has no value for. Such a slot is
    /// kept only where a quality says something about it.
    pub values: &'a [i64],
    /// Quality of slots `[from, to)`, counted from the start of the day, in order and without overlap. Slots in
    /// none have the default quality.
    pub qualities: &'a [(u16, u16, QualityId)],
    /// When the source made this version, epoch seconds: a later one wins, however late it arrives. Without
    /// it the moment of arrival counts.
    pub revision: Option<i64>,
}

/// A register read, or the amount of a stated period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterEntry {
    /// The channel.
    pub channel: ChannelNumber,
    /// Moment of the read, or end of the period, epoch seconds.
    pub at: i64,
    /// Start of the period, epoch seconds; `None` for a cumulative register, and `at` itself for an opening read
    /// ([`RegisterRead::is_opening`](super::RegisterRead::is_opening)).
    pub period_start: Option<i64>,
    /// The value in the channel's quantum; `None` where the source reports a missing read.
    pub value: Option<i64>,
    /// What the source says of it.
    pub quality: QualityId,
    /// As in [`DayRun::revision`].
    pub revision: Option<i64>,
}

/// What the book stores in one commit, or not at all: readings, final days, the position of the source and the
/// answer it gets.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Who sends; positions are kept per source.
    pub source: String,
    /// The de-duplication key: a batch with a key the book has seen is answered and not stored.
    pub key: [u8; 32],
    /// How far the source is read with this batch (file and offset, cursor). Empty: the position stays.
    pub position: String,
    /// When the batch was received, epoch microseconds. Where the book has seen a later stamp it keeps that one, so
    /// that time never runs backwards and an answer "as of" never changes.
    pub received_at: i64,
    /// When the book took its content the first time, epoch microseconds, where it is taken in again: what has no
    /// revision of its source ranks by that moment, so that it wins over nothing that came since.
    pub first_received_at: Option<i64>,
    /// What the source is answered, now and whenever it sends the batch again; opaque to the book.
    pub answer: Vec<u8>,
    pub(super) body: Vec<u8>,
    pub(super) readings: u64,
    pub(super) versions: u64,
    /// What it speaks of, in order; the same one twice where others lie between.
    pub(super) places: Vec<Place>,
    pub(super) quality_max: QualityId,
    last: Last,
}

/// What the previous item said and the next one need not repeat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) channel: u32,
    pub(super) day: DayNumber,
    pub(super) day_start: i64,
    pub(super) slots: u16,
    pub(super) slot_seconds: u32,
    pub(super) revision: Option<i64>,
    pub(super) at: i64,
}

impl Batch {
    /// A batch without readings.
    pub fn new(source: &str, key: [u8; 32], received_at: i64) -> Self {
        Self { source: source.into(), key, received_at, ..Self::default() }
    }

    /// The batch with its content as its key: stored once, however often it is given.
    pub fn keyed_by_content(mut self) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [self.source.as_bytes(), self.position.as_bytes(), &self.body] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        self.key = *hasher.finalize().as_bytes();
        self
    }

    /// Size of the readings in the log, in bytes.
    pub fn len(&self) -> usize {
        self.body.len()
    }

    /// Whether there is nothing to store but position and answer.
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// How many readings were pushed: slots of runs and register reads.
    pub fn readings(&self) -> u64 {
        self.readings
    }

    /// How many of them say something: a value, or a quality in the place of one. The book counts each as created, changed,
    /// duplicate or superseded.
    pub fn versions(&self) -> u64 {
        self.versions
    }

    /// Adds consecutive intervals.
    pub fn push_run(&mut self, run: &DayRun<'_>) -> Result<(), InvalidReading> {
        let day = self.checked_day(run)?;
        let run = &DayRun { revision: run.revision.or(self.ranked_as()), ..*run };
        let width = Width::of(run.values);
        let new_day = (day, run.day_start, run.slots, run.slot_seconds)
            != (self.last.day, self.last.day_start, self.last.slots, self.last.slot_seconds);
        let mut tag = KIND_RUN | (width.code << WIDTH_SHIFT);
        tag |= if new_day { NEW_DAY } else { 0 };
        tag |= if run.qualities.is_empty() { 0 } else { HAS_QUALITIES };
        tag |= if run.revision == self.last.revision { 0 } else { HAS_REVISION };
        tag |= if width.has_holes { HAS_HOLES } else { 0 };
        self.put_head(tag, run.channel, run.revision);
        let body = &mut self.body;
        if new_day {
            body.put_signed(i64::from(day.0));
            body.put_signed(run.day_start - day.midnight_utc());
            body.put_varint(u64::from(run.slots));
            body.put_varint(u64::from(run.slot_seconds));
        }
        body.put_varint(u64::from(run.first));
        body.put_varint(run.values.len() as u64);
        if !run.qualities.is_empty() {
            body.put_varint(run.qualities.len() as u64);
            let mut end = run.first;
            for &(from, to, quality) in run.qualities {
                body.put_varint(u64::from(from - end));
                body.put_varint(u64::from(to - from));
                body.put_varint(u64::from(quality.0));
                end = to;
                self.quality_max = self.quality_max.max(quality);
            }
        }
        width.put(body, run.values);
        self.readings += run.values.len() as u64;
        self.touch((run.channel.0, day, Kind::Intervals));
        self.versions += if width.has_holes { versions(run) } else { run.values.len() as u64 };
        self.last = Last {
            channel: run.channel.0,
            day,
            day_start: run.day_start,
            slots: run.slots,
            slot_seconds: run.slot_seconds,
            revision: run.revision,
            at: self.last.at,
        };
        Ok(())
    }

    /// Adds a register read.
    pub fn push_register(&mut self, entry: &RegisterEntry) -> Result<(), InvalidReading> {
        let day = DayNumber::of_instant(entry.at).ok_or(InvalidReading::Time(entry.at))?;
        if entry.period_start.is_some_and(|start| entry.at < start || entry.at.checked_sub(start).is_none()) {
            return Err(InvalidReading::Period { at: entry.at });
        }
        let entry = &RegisterEntry { revision: entry.revision.or(self.ranked_as()), ..*entry };
        let mut tag = KIND_REGISTER;
        tag |= if entry.period_start.is_some() { HAS_PERIOD } else { 0 };
        tag |= if entry.value.is_some() { HAS_VALUE } else { 0 };
        tag |= if entry.quality == QualityId::default() { 0 } else { HAS_QUALITY };
        tag |= if entry.revision == self.last.revision { 0 } else { HAS_REVISION };
        self.put_head(tag, entry.channel, entry.revision);
        let body = &mut self.body;
        body.put_signed(entry.at.wrapping_sub(self.last.at));
        if let Some(start) = entry.period_start {
            body.put_signed(entry.at - start);
        }
        if let Some(value) = entry.value {
            body.put_signed(value);
        }
        if entry.quality != QualityId::default() {
            body.put_varint(u64::from(entry.quality.0));
            self.quality_max = self.quality_max.max(entry.quality);
        }
        self.touch((entry.channel.0, day, Kind::Registers));
        self.readings += 1;
        self.versions += 1;
        self.last.at = entry.at;
        self.last.channel = entry.channel.0;
        self.last.revision = entry.revision;
        Ok(())
    }

    /// Adds what validation decided for a channel-day. It lies over the readings and changes none.
    pub fn push_final(&mut self, final_day: &FinalDay) -> Result<(), InvalidReading> {
        let day = DayNumber::of_date(final_day.date);
        self.touch((final_day.channel.0, day, Kind::Finals));
        self.put_head(KIND_FINAL, final_day.channel, self.last.revision);
        self.body.put_signed(i64::from(day.0));
        self.body.put_bytes(&final_day::encode(final_day));
        self.last.channel = final_day.channel.0;
        Ok(())
    }

    /// Adds what one run decided for every register read of a channel with its moment on a UTC date; what was decided
    /// for reads of the date before holds no longer. It lies over the reads and changes none.
    pub fn push_final_reads(&mut self, channel: ChannelNumber, date: Date, reads: &[FinalRead]) {
        let day = DayNumber::of_date(date);
        self.touch((channel.0, day, Kind::Finals));
        self.put_head(KIND_FINAL, channel, self.last.revision);
        self.body.put_signed(i64::from(day.0));
        self.body.put_bytes(&final_read::encode(reads));
        self.last.channel = channel.0;
    }

    fn touch(&mut self, place: Place) {
        if self.places.last() != Some(&place) {
            self.places.push(place);
        }
    }

    /// What stands for the revision of readings without one.
    fn ranked_as(&self) -> Option<i64> {
        self.first_received_at.map(ranked_as_received)
    }

    fn put_head(&mut self, tag: u8, channel: ChannelNumber, revision: Option<i64>) {
        self.body.push(tag);
        self.body.put_signed(i64::from(channel.0) - i64::from(self.last.channel));
        if tag & HAS_REVISION != 0 && tag & 3 != KIND_FINAL {
            self.body.put_optional(revision);
        }
    }

    fn checked_day(&self, run: &DayRun<'_>) -> Result<DayNumber, InvalidReading> {
        let day = DayNumber::of_date(run.date);
        if day == self.last.day
            && (run.day_start, run.slots, run.slot_seconds)
                == (self.last.day_start, self.last.slots, self.last.slot_seconds)
        {
            check_slots(run)?;
            return Ok(day);
        }
        let seconds = u64::from(run.slots) * u64::from(run.slot_seconds);
        let offset = run.day_start.checked_sub(day.midnight_utc()).map(i64::unsigned_abs);
        if seconds == 0 || DAY_SECONDS_MAX < seconds || offset.is_none_or(|offset| DAY_SECONDS_MAX < offset) {
            return Err(InvalidReading::Day { date: run.date, day_start: run.day_start });
        }
        check_slots(run)?;
        Ok(day)
    }
}

/// Slots of a run that have a value or a quality of their own.
fn versions(run: &DayRun<'_>) -> u64 {
    let says =
        |slot: u16| run.qualities.iter().any(|&(from, to, quality)| quality.0 != 0 && (from..to).contains(&slot));
    let slots = (run.first..).zip(run.values);
    slots.filter(|&(slot, &value)| value != NO_VALUE || says(slot)).count() as u64
}

fn check_slots(run: &DayRun<'_>) -> Result<(), InvalidReading> {
    let slots = usize::from(run.slots);
    let inside = !run.values.is_empty() && usize::from(run.first) + run.values.len() <= slots;
    let end = usize::from(run.first) + run.values.len();
    let mut last = run.first;
    for &(from, to, _) in run.qualities {
        if from < last || to <= from || end < usize::from(to) {
            return Err(InvalidReading::Qualities { first: run.first, count: run.values.len(), from, to });
        }
        last = to;
    }
    if inside { Ok(()) } else { Err(InvalidReading::Slots { first: run.first, count: run.values.len(), slots }) }
}

/// The narrowest integers that hold every value of a run; the smallest of each width marks a hole.
struct Width {
    code: u8,
    has_holes: bool,
}

impl Width {
    fn of(values: &[i64]) -> Self {
        let mut has_holes = false;
        let (mut least, mut most) = (0, 0);
        for &value in values {
            if value == NO_VALUE {
                has_holes = true;
            } else {
                least = least.min(value);
                most = most.max(value);
            }
        }
        let fits = |min: i64, max: i64| min < least && most <= max;
        let code = if fits(i64::from(i8::MIN), i64::from(i8::MAX)) {
            0
        } else if fits(i64::from(i16::MIN), i64::from(i16::MAX)) {
            1
        } else if fits(i64::from(i32::MIN) + 1, i64::from(i32::MAX)) {
            2
        } else {
            3
        };
        Self { code, has_holes }
    }

    fn put(&self, body: &mut Vec<u8>, values: &[i64]) {
        // A hole is i64::MIN: the clamp turns it into the smallest number of the width.
        match self.code {
            0 => body.extend(values.iter().map(|&value| value.max(i64::from(i8::MIN)) as u8)),
            1 => {
                for &value in values {
                    body.extend_from_slice(&(value.max(i64::from(i16::MIN)) as i16).to_le_bytes());
                }
            }
            2 => {
                for &value in values {
                    body.extend_from_slice(&(value.max(i64::from(i32::MIN)) as i32).to_le_bytes());
                }
            }
            _ => {
                for &value in values {
                    body.extend_from_slice(&value.to_le_bytes());
                }
            }
        }
    }
}
