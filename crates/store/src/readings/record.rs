//! One record of the log: header, head, body.
//!
//! ```text
//! header  64 bytes  magic, kind, epoch, sequence, durable-through, received-at, lengths, checksums
//! head              source, position, key, answer of the source
//! body              runs, register reads and final days; or definitions of qualities
//! padding           to a multiple of 8
//! ```
//!
//! A header is believed when its own checksum holds. Sequence and epoch tell a record from the stale
//! bytes of a recycled file; `durable-through` says which sequence was synced when this record was
//! written, and so tells damage of acknowledged records from a torn tail.

use model::id::ChannelNumber;

use super::batch::{Batch, Last, NO_VALUE};
use super::day::DayNumber;
use super::quality::QualityId;
use super::wire::{Input, Malformed, Put};

pub(super) const KIND_RUN: u8 = 0;
pub(super) const KIND_REGISTER: u8 = 1;
pub(super) const KIND_FINAL: u8 = 2;
/// Two bits: log2 of the bytes per value.
pub(super) const WIDTH_SHIFT: u8 = 2;
pub(super) const NEW_DAY: u8 = 1 << 4;
pub(super) const HAS_QUALITIES: u8 = 1 << 5;
pub(super) const HAS_REVISION: u8 = 1 << 6;
pub(super) const HAS_HOLES: u8 = 1 << 7;
pub(super) const HAS_PERIOD: u8 = 1 << 2;
pub(super) const HAS_VALUE: u8 = 1 << 3;
pub(super) const HAS_QUALITY: u8 = 1 << 5;

const MAGIC: u32 = u32::from_le_bytes(*b"AMR1");

/// Bytes of a header.
pub(super) const HEADER_LEN: usize = 64;

/// Records begin at multiples of this.
pub(super) const ALIGNMENT: usize = 8;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordKind {
    /// Readings of a source.
    Batch,
    /// Qualities that the next batches use.
    Qualities,
}

/// The fixed front of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: RecordKind,
    /// Grows with every opening of the book and every failed write.
    pub(super) epoch: u64,
    pub(super) sequence: u64,
    /// The last sequence known to be synced when this was written.
    pub(super) durable_through: u64,
    pub(super) received_at: i64,
    pub(super) head_len: u32,
    pub(super) body_len: u32,
    pub(super) head_checksum: u32,
    pub(super) body_checksum: u32,
}

impl Header {
    pub(super) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut out = Vec::with_capacity(HEADER_LEN);
        out.extend_from_slice(&MAGIC.to_le_bytes());
        out.extend_from_slice(&u32::from(self.kind == RecordKind::Qualities).to_le_bytes());
        for number in [self.epoch, self.sequence, self.durable_through, self.received_at as u64] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for number in [self.head_len, self.body_len, self.head_checksum, self.body_checksum] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.resize(HEADER_LEN - 4, 0);
        let checksum = crc32c::crc32c(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        out.try_into().expect("the fields above are 64 bytes")
    }

    /// The header at the front of `bytes`, if there is one.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<HEADER_LEN>()?;
        let mut input = Input::new(bytes);
        if input.u32().ok()? != MAGIC {
            return None;
        }
        let kind = match input.u32().ok()? {
            0 => RecordKind::Batch,
            1 => RecordKind::Qualities,
            _ => return None,
        };
        let header = Self {
            kind,
            epoch: input.u64().ok()?,
            sequence: input.u64().ok()?,
            durable_through: input.u64().ok()?,
            received_at: input.u64().ok()? as i64,
            head_len: input.u32().ok()?,
            body_len: input.u32().ok()?,
            head_checksum: input.u32().ok()?,
            body_checksum: input.u32().ok()?,
        };
        let (fields, checksum) = bytes.split_at(HEADER_LEN - 4);
        (crc32c::crc32c(fields).to_le_bytes() == checksum).then_some(header)
    }

    /// Bytes of the whole record with its padding.
    pub(super) fn record_len(&self) -> u64 {
        record_len(self.head_len as usize, self.body_len as usize)
    }
}

/// Bytes of a record with a head and body of these lengths.
pub(super) fn record_len(head: usize, body: usize) -> u64 {
    (HEADER_LEN + head + body).next_multiple_of(ALIGNMENT) as u64
}

/// What a record says about its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) key: [u8; 32],
    pub(super) source: &'a str,
    pub(super) position: &'a str,
    pub(super) answer: &'a [u8],
}

impl<'a> Head<'a> {
    pub(super) fn encode(batch: &Batch) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + batch.source.len() + batch.position.len() + batch.answer.len());
        out.extend_from_slice(&batch.key);
        out.put_bytes(batch.source.as_bytes());
        out.put_bytes(batch.position.as_bytes());
        out.put_bytes(&batch.answer);
        out
    }

    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut input = Input::new(bytes);
        Ok(Self { key: input.key()?, source: input.text()?, position: input.text()?, answer: input.bytes()? })
    }
}

/// A run as it lies in a record; values and qualities are in the reader's buffers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) channel: u32,
    pub(super) day: DayNumber,
    pub(super) shape: Shape,
    pub(super) first: u16,
    pub(super) revision: Option<i64>,
    /// Some value is [`NO_VALUE`].
    pub(super) has_holes: bool,
    /// Every value fits 32 bits and is none of the two smallest of them.
    pub(super) narrow: bool,
}

/// How a day is cut into intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Shape {
    /// First instant, epoch seconds.
    pub(super) day_start: i64,
    pub(super) slots: u16,
    pub(super) slot_seconds: u32,
}

/// A register read as it lies in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Register {
    pub(super) channel: u32,
    pub(super) day: DayNumber,
    pub(super) at: i64,
    pub(super) period_start: Option<i64>,
    pub(super) value: Option<i64>,
    pub(super) quality: QualityId,
    pub(super) revision: Option<i64>,
}

/// One item of a body.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'a> {
    Run(Run),
    Register(Register),
    Final { channel: ChannelNumber, day: DayNumber, bytes: &'a [u8] },
}

/// Reads the items of a body in order.
pub(super) struct Body<'a> {
    input: Input<'a>,
    last: Last,
    /// Values of the last run.
    pub(super) values: Vec<i64>,
    /// Quality spans of the last run, in slots of the day.
    pub(super) qualities: Vec<(u16, u16, QualityId)>,
}

impl<'a> Body<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { input: Input::new(bytes), last: Last::default(), values: Vec::new(), qualities: Vec::new() }
    }

    /// The next item; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Item<'a>>, Malformed> {
        if self.input.is_empty() {
            return Ok(None);
        }
        let tag = self.input.byte()?;
        let channel = i64::from(self.last.channel).checked_add(self.input.signed()?).ok_or(Malformed)?;
        self.last.channel = u32::try_from(channel).map_err(|_| Malformed)?;
        match tag & 3 {
            KIND_RUN => self.run(tag).map(|run| Some(Item::Run(run))),
            KIND_REGISTER => self.register(tag).map(|register| Some(Item::Register(register))),
            KIND_FINAL => {
                let day = DayNumber(i32::try_from(self.input.signed()?).map_err(|_| Malformed)?);
                let bytes = self.input.bytes()?;
                Ok(Some(Item::Final { channel: ChannelNumber(self.last.channel), day, bytes }))
            }
            _ => Err(Malformed),
        }
    }

    fn run(&mut self, tag: u8) -> Result<Run, Malformed> {
        if tag & HAS_REVISION != 0 {
            self.last.revision = self.input.optional()?;
        }
        if tag & NEW_DAY != 0 {
            self.last.day = DayNumber(i32::try_from(self.input.signed()?).map_err(|_| Malformed)?);
            self.last.day_start = self.last.day.midnight_utc().checked_add(self.input.signed()?).ok_or(Malformed)?;
            self.last.slots = self.input.number()?;
            self.last.slot_seconds = self.input.number()?;
        }
        let first: u16 = self.input.number()?;
        let count: u16 = self.input.number()?;
        let end = first.checked_add(count).ok_or(Malformed)?;
        if self.last.slots < end {
            return Err(Malformed);
        }
        self.qualities.clear();
        if tag & HAS_QUALITIES != 0 {
            let mut last = first;
            for _ in 0..self.input.varint()? {
                let from = last.checked_add(self.input.number()?).ok_or(Malformed)?;
                let to = from.checked_add(self.input.number()?).ok_or(Malformed)?;
                self.qualities.push((from, to, QualityId(self.input.number()?)));
                if end < to {
                    return Err(Malformed);
                }
                last = to;
            }
        }
        let width = (tag >> WIDTH_SHIFT) & 3;
        let bytes = self.input.take(usize::from(count) << width)?;
        widen(width, tag & HAS_HOLES != 0, bytes, &mut self.values);
        let Last { channel, day, day_start, slots, slot_seconds, revision, .. } = self.last;
        Ok(Run {
            channel,
            day,
            shape: Shape { day_start, slots, slot_seconds },
            first,
            revision,
            has_holes: tag & HAS_HOLES != 0,
            narrow: width < 3,
        })
    }

    fn register(&mut self, tag: u8) -> Result<Register, Malformed> {
        if tag & HAS_REVISION != 0 {
            self.last.revision = self.input.optional()?;
        }
        self.last.at = self.last.at.wrapping_add(self.input.signed()?);
        let at = self.last.at;
        let period_start = match tag & HAS_PERIOD {
            0 => None,
            _ => Some(at.checked_sub(self.input.signed()?).ok_or(Malformed)?),
        };
        let value = if tag & HAS_VALUE == 0 { None } else { Some(self.input.signed()?) };
        let quality = if tag & HAS_QUALITY == 0 { QualityId(0) } else { QualityId(self.input.number()?) };
        Ok(Register {
            channel: self.last.channel,
            day: DayNumber::of_instant(at).ok_or(Malformed)?,
            at,
            period_start,
            value,
            quality,
            revision: self.last.revision,
        })
    }
}

/// Values of a width of `1 << width` bytes; the smallest number of the width is a hole where holes are announced.
fn widen(width: u8, has_holes: bool, bytes: &[u8], values: &mut Vec<i64>) {
    values.clear();
    match width {
        0 => values.extend(bytes.iter().map(|&byte| i64::from(byte as i8))),
        1 => values.extend(bytes.as_chunks().0.iter().map(|&pair| i64::from(i16::from_le_bytes(pair)))),
        2 => values.extend(bytes.as_chunks().0.iter().map(|&four| i64::from(i32::from_le_bytes(four)))),
        _ => values.extend(bytes.as_chunks().0.iter().map(|&eight| i64::from_le_bytes(eight))),
    }
    if has_holes {
        let hole = [i64::from(i8::MIN), i64::from(i16::MIN), i64::from(i32::MIN), NO_VALUE][usize::from(width)];
        for value in values {
            if *value == hole {
                *value = NO_VALUE;
            }
        }
    }
}
