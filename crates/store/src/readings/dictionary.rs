//! What the blocks of one sealed arena share: shapes of the day, arrivals, and patterns of arrivals.
//!
//! Most channels of a day get their values with the same batches, slot for slot. So "when did each value arrive, in
//! which revision" is one pattern for thousands of channels, and a block only names it.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::day::DayNumber;
use super::record::Shape;
use super::version::Stamp;
use super::wire::{Input, Malformed, Put};

/// A batch and a revision of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Arrived {
    pub(super) sequence: u64,
    pub(super) received_at: i64,
    pub(super) revision: Option<i64>,
}

impl Arrived {
    pub(super) fn of(stamp: &Stamp) -> Self {
        Self { sequence: stamp.sequence, received_at: stamp.received_at, revision: stamp.revision }
    }
}

/// Which dictionary: part of the checksum of every block that uses it, so that no block is read with another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct DictionaryKey {
    pub(super) day: DayNumber,
    /// The number of the segment that the dictionary was made for.
    pub(super) id: u64,
}

/// Collects while blocks are encoded.
#[derive(Debug)]
pub(super) struct DictionaryBuilder {
    pub(super) key: DictionaryKey,
    shapes: Vec<Shape>,
    arrivals: Vec<Arrived>,
    arrival_numbers: HashMap<Arrived, u32>,
    patterns: Vec<u8>,
    pattern_numbers: HashMap<Vec<u8>, u32>,
    last: Option<(Arrived, u32)>,
}

impl DictionaryBuilder {
    pub(super) fn new(key: DictionaryKey) -> Self {
        Self {
            key,
            shapes: Vec::new(),
            arrivals: Vec::new(),
            arrival_numbers: HashMap::new(),
            patterns: Vec::new(),
            pattern_numbers: HashMap::new(),
            last: None,
        }
    }

    pub(super) fn shape(&mut self, shape: Shape) -> u32 {
        let known = self.shapes.iter().position(|other| *other == shape);
        known.unwrap_or_else(|| {
            self.shapes.push(shape);
            self.shapes.len() - 1
        }) as u32
    }

    pub(super) fn arrival(&mut self, arrived: Arrived) -> u32 {
        if let Some((last, number)) = self.last
            && last == arrived
        {
            return number;
        }
        let number = *self.arrival_numbers.entry(arrived).or_insert_with(|| {
            self.arrivals.push(arrived);
            self.arrivals.len() as u32 - 1
        });
        self.last = Some((arrived, number));
        number
    }

    /// The number of the pattern of a day's stamps.
    pub(super) fn pattern(&mut self, stamps: &[Option<Stamp>]) -> u32 {
        let mut runs = Vec::new();
        let arrived = |stamp: &Option<Stamp>| stamp.as_ref().map(Arrived::of);
        for run in stamps.chunk_by(|one, next| arrived(one) == arrived(next)) {
            runs.put_varint(run.len() as u64);
            runs.put_varint(arrived(&run[0]).map_or(0, |arrived| u64::from(self.arrival(arrived)) + 1));
        }
        let next = self.pattern_numbers.len() as u32;
        let Self { pattern_numbers, patterns, .. } = self;
        *pattern_numbers.entry(runs).or_insert_with_key(|runs| {
            patterns.put_bytes(runs);
            next
        })
    }

    /// The dictionary as bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.put_signed(i64::from(self.key.day.0));
        out.put_varint(self.key.id);
        out.put_signed(self.arrivals.iter().map(|arrived| arrived.received_at).max().unwrap_or(i64::MIN));
        out.put_varint(self.shapes.len() as u64);
        for shape in &self.shapes {
            out.put_signed(shape.day_start - self.key.day.midnight_utc());
            out.put_varint(u64::from(shape.slots));
            out.put_varint(u64::from(shape.slot_seconds));
        }
        out.put_varint(self.arrivals.len() as u64);
        let mut last = Arrived { sequence: 0, received_at: 0, revision: None };
        for arrived in &self.arrivals {
            out.put_signed(arrived.sequence.wrapping_sub(last.sequence) as i64);
            out.put_signed(arrived.received_at.wrapping_sub(last.received_at));
            out.put_optional(arrived.revision);
            last = *arrived;
        }
        out.put_varint(self.pattern_numbers.len() as u64);
        out.extend_from_slice(&self.patterns);
        out
    }
}

/// A dictionary of a segment.
#[derive(Debug)]
pub(super) struct Dictionary {
    pub(super) key: DictionaryKey,
    /// The latest arrival of any value in the blocks that use it.
    pub(super) received_max: i64,
    pub(super) shapes: Vec<Shape>,
    /// As written; copied when segments are merged.
    pub(super) bytes: Vec<u8>,
    rest_at: usize,
    rest: OnceLock<Result<Rest, Malformed>>,
}

#[derive(Debug, Default)]
struct Rest {
    arrivals: Vec<Arrived>,
    /// Patterns one after the other, and where each begins.
    patterns: Vec<(u32, u32)>,
    starts: Vec<u32>,
}

impl Dictionary {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Input::new(bytes);
        let day = DayNumber(i32::try_from(input.signed()?).map_err(|_| Malformed)?);
        day.date().ok_or(Malformed)?;
        let id = input.varint()?;
        let received_max = input.signed()?;
        let mut shapes = Vec::new();
        for _ in 0..input.varint()? {
            let day_start = day.midnight_utc().checked_add(input.signed()?).ok_or(Malformed)?;
            shapes.push(Shape { day_start, slots: input.number()?, slot_seconds: input.number()? });
        }
        Ok(Self {
            key: DictionaryKey { day, id },
            received_max,
            shapes,
            bytes: bytes.into(),
            rest_at: bytes.len() - input.rest().len(),
            rest: OnceLock::new(),
        })
    }

    fn rest(&self) -> Result<&Rest, Malformed> {
        let rest = self.rest.get_or_init(|| Rest::decode(self.bytes.get(self.rest_at..).unwrap_or_default()));
        rest.as_ref().map_err(|malformed| *malformed)
    }

    pub(super) fn arrival(&self, number: u32) -> Result<Arrived, Malformed> {
        self.rest()?.arrivals.get(number as usize).copied().ok_or(Malformed)
    }

    /// The arrival of each of `slots` slots.
    pub(super) fn pattern(&self, number: u32, slots: u16) -> Result<Vec<Option<Arrived>>, Malformed> {
        let rest = self.rest()?;
        let start = *rest.starts.get(number as usize).ok_or(Malformed)? as usize;
        let end = rest.starts.get(number as usize + 1).map_or(rest.patterns.len(), |end| *end as usize);
        let mut arrivals = Vec::with_capacity(usize::from(slots));
        for &(length, arrival) in rest.patterns.get(start..end).ok_or(Malformed)? {
            let arrived = match arrival.checked_sub(1) {
                None => None,
                Some(arrival) => Some(*rest.arrivals.get(arrival as usize).ok_or(Malformed)?),
            };
            if usize::from(slots) < arrivals.len() + length as usize {
                return Err(Malformed);
            }
            arrivals.extend(std::iter::repeat_n(arrived, length as usize));
        }
        if arrivals.len() == usize::from(slots) { Ok(arrivals) } else { Err(Malformed) }
    }
}

impl Rest {
    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut input = Input::new(bytes);
        let mut rest = Self::default();
        let mut last = Arrived { sequence: 0, received_at: 0, revision: None };
        for _ in 0..input.varint()? {
            last = Arrived {
                sequence: last.sequence.wrapping_add(input.signed()? as u64),
                received_at: last.received_at.wrapping_add(input.signed()?),
                revision: input.optional()?,
            };
            rest.arrivals.push(last);
        }
        for _ in 0..input.varint()? {
            rest.starts.push(rest.patterns.len() as u32);
            let mut runs = Input::new(input.bytes()?);
            while !runs.is_empty() {
                rest.patterns.push((runs.number()?, runs.number()?));
            }
        }
        if input.is_empty() { Ok(rest) } else { Err(Malformed) }
    }
}
