//! The intervals of a channel-day.
//!
//! ```text
//! flags       byte
//! shape       varint    only where it is not the first of the dictionary
//! gaps        slots without a value: count, then distance and length of each
//! summary     sum, maximum, third-highest below it, longest zero run; only where there are values
//! values      `codec`
//! quality     the most frequent one where it is not the default; spans of others
//! pattern     varint    when each value arrived
//! superseded  count, then slot, value, quality and arrival of each
//! ```
//!
//! What a scan needs comes first; what only "as of" and versions need comes last.

use std::cmp::Reverse;

use super::super::NO_VALUE;
use super::super::codec::{self, Method};
use super::super::dictionary::{Arrived, Dictionary, DictionaryBuilder};
use super::super::history::{Figures, Summary};
use super::super::quality::QualityId;
use super::super::record::Shape;
use super::super::version::{IntervalDay, Stamp, Superseded};
use super::super::wire::{Input, Malformed, Put, unzigzag_wide, zigzag_wide};

const OTHER_SHAPE: u8 = 1;
const GAPS: u8 = 1 << 1;
const DELTA: u8 = 1 << 2;
const QUANTUM: u8 = 1 << 3;
const QUALITY: u8 = 1 << 4;
const QUALITY_SPANS: u8 = 1 << 5;
const SUPERSEDED: u8 = 1 << 6;

/// The body of a day's block.
pub(in super::super) fn encode(day: &IntervalDay, dictionary: &mut DictionaryBuilder) -> Vec<u8> {
    let mut out = vec![0];
    let mut flags = 0;
    let shape = dictionary.shape(day.shape);
    if shape != 0 {
        flags |= OTHER_SHAPE;
        out.put_varint(u64::from(shape));
    }
    let values: Vec<i64> = day.values.iter().copied().filter(|value| *value != NO_VALUE).collect();
    if values.len() < day.values.len() {
        flags |= GAPS;
        put_gaps(&day.values, &mut out);
    }
    put_summary(&Summary::of(day.shape, &day.values), &mut out);
    let method = codec::encode(&values, &mut out);
    flags |= if method.delta { DELTA } else { 0 };
    flags |= if method.quantum { QUANTUM } else { 0 };
    let common = most_frequent_quality(&day.stamps);
    if common != QualityId(0) {
        flags |= QUALITY;
        out.put_varint(u64::from(common.0));
    }
    let others = other_qualities(&day.stamps, common);
    if !others.is_empty() {
        flags |= QUALITY_SPANS;
        put_spans(others.iter().map(|&(from, to, _)| (from, to)), &mut out);
        for (.., quality) in others {
            out.put_varint(u64::from(quality.0));
        }
    }
    out.put_varint(u64::from(dictionary.pattern(&day.stamps)));
    if !day.superseded.is_empty() {
        flags |= SUPERSEDED;
        out.put_varint(day.superseded.len() as u64);
        for old in &day.superseded {
            out.put_varint(u64::from(old.slot));
            out.put_signed(old.value);
            out.put_varint(u64::from(old.stamp.quality.0));
            out.put_varint(u64::from(dictionary.arrival(Arrived::of(&old.stamp))));
        }
    }
    out[0] = flags;
    out
}

fn put_summary(summary: &Summary, out: &mut Vec<u8>) {
    let Some(max) = summary.max else { return };
    out.put_wide_varint(zigzag_wide(summary.sum));
    out.put_signed(max);
    let below = |third: i64| (i128::from(max) - i128::from(third)) as u128 + 1;
    out.put_wide_varint(summary.third_highest.map_or(0, below));
    out.put_varint(u64::from(summary.zero_run));
}

fn put_gaps(values: &[i64], out: &mut Vec<u8>) {
    let mut gaps: Vec<(u16, u16)> = Vec::new();
    for (slot, _) in (0_u16..).zip(values).filter(|(_, value)| **value == NO_VALUE) {
        match gaps.last_mut() {
            Some((_, end)) if *end == slot => *end += 1,
            _ => gaps.push((slot, slot + 1)),
        }
    }
    put_spans(gaps.into_iter(), out);
}

fn put_spans(spans: impl ExactSizeIterator<Item = (u16, u16)>, out: &mut Vec<u8>) {
    out.put_varint(spans.len() as u64);
    let mut last = 0;
    for (from, to) in spans {
        out.put_varint(u64::from(from - last));
        out.put_varint(u64::from(to - from));
        last = to;
    }
}

/// Appends spans in order that end within `slots`.
fn take_spans(input: &mut Input<'_>, slots: u16, spans: &mut Vec<(u16, u16, QualityId)>) -> Result<(), Malformed> {
    let mut last = 0_u16;
    for _ in 0..input.varint()? {
        let from = last.checked_add(input.number()?).ok_or(Malformed)?;
        last = from.checked_add(input.number()?).filter(|to| *to <= slots).ok_or(Malformed)?;
        spans.push((from, last, QualityId(0)));
    }
    Ok(())
}

fn most_frequent_quality(stamps: &[Option<Stamp>]) -> QualityId {
    // A day has few qualities; most often one.
    let mut counts: Vec<(QualityId, usize)> = Vec::new();
    for stamp in stamps.iter().flatten() {
        match counts.iter_mut().find(|(quality, _)| *quality == stamp.quality) {
            Some((_, count)) => *count += 1,
            None => counts.push((stamp.quality, 1)),
        }
    }
    let most = counts.into_iter().max_by_key(|&(quality, count)| (count, Reverse(quality)));
    most.map_or(QualityId(0), |(quality, _)| quality)
}

/// Spans of slots with another quality. Slots of which nothing arrived have the default one.
fn other_qualities(stamps: &[Option<Stamp>], common: QualityId) -> Vec<(u16, u16, QualityId)> {
    let mut spans: Vec<(u16, u16, QualityId)> = Vec::new();
    for (slot, stamp) in (0..).zip(stamps) {
        let quality = stamp.map_or(QualityId(0), |stamp| stamp.quality);
        match spans.last_mut() {
            _ if quality == common => {}
            Some((_, to, last)) if *to == slot && *last == quality => *to += 1,
            _ => spans.push((slot, slot + 1, quality)),
        }
    }
    spans
}

/// The current values of a block, in buffers that are used again.
#[derive(Debug, Default)]
pub(in super::super) struct Current {
    /// `NO_VALUE` where there is none.
    pub(in super::super) values: Vec<i64>,
    /// As in `Day::qualities`.
    pub(in super::super) qualities: Vec<(u16, u16, QualityId)>,
    /// How many versions are not current.
    pub(in super::super) superseded: u32,
    spans: Vec<(u16, u16, QualityId)>,
}

/// The figures of a block, without its values.
pub(in super::super) fn summary(body: &[u8], dictionary: &Dictionary) -> Result<Summary, Malformed> {
    let mut spans = Vec::new();
    let (mut input, flags, shape, count) = front(body, dictionary, &mut spans)?;
    take_summary(&mut input, flags, shape, count)
}

/// The figures of a block with the qualities of its slots. Its values are decoded only where a quality stands behind them.
pub(in super::super) fn figures(body: &[u8], dictionary: &Dictionary) -> Result<Figures, Malformed> {
    let mut current = Current::default();
    if body.first().is_some_and(|flags| flags & (QUALITY | QUALITY_SPANS) != 0) {
        values_and_qualities(body, dictionary, &mut current)?;
    }
    Ok(Figures { summary: summary(body, dictionary)?, qualities: current.qualities })
}

/// The current values of a block and the shape of its day.
pub(in super::super) fn current(body: &[u8], dictionary: &Dictionary, out: &mut Current) -> Result<Shape, Malformed> {
    let (shape, mut input, flags) = values_and_qualities(body, dictionary, out)?;
    input.varint()?;
    out.superseded = if flags & SUPERSEDED == 0 { 0 } else { input.number()? };
    Ok(shape)
}

/// Everything a block tells.
pub(in super::super) fn whole(body: &[u8], dictionary: &Dictionary) -> Result<IntervalDay, Malformed> {
    let mut current = Current::default();
    let (shape, mut input, flags) = values_and_qualities(body, dictionary, &mut current)?;
    let arrivals = dictionary.pattern(input.number()?, shape.slots)?;
    let mut stamps: Vec<Option<Stamp>> =
        arrivals.into_iter().map(|arrived| arrived.map(|arrived| stamp(arrived, QualityId(0)))).collect();
    for &(from, to, quality) in &current.qualities {
        for stamp in stamps.get_mut(usize::from(from)..usize::from(to)).ok_or(Malformed)? {
            stamp.as_mut().ok_or(Malformed)?.quality = quality;
        }
    }
    let mut superseded = Vec::new();
    if flags & SUPERSEDED != 0 {
        for _ in 0..input.varint()? {
            let slot = input.number::<u16>().ok().filter(|slot| *slot < shape.slots).ok_or(Malformed)?;
            let value = input.signed()?;
            let quality = QualityId(input.number()?);
            let arrived = dictionary.arrival(input.number()?)?;
            superseded.push(Superseded { slot, value, stamp: stamp(arrived, quality) });
        }
    }
    if !input.is_empty() {
        return Err(Malformed);
    }
    Ok(IntervalDay { shape, values: current.values, stamps, superseded })
}

fn stamp(arrived: Arrived, quality: QualityId) -> Stamp {
    let Arrived { sequence, received_at, revision } = arrived;
    Stamp { sequence, received_at, revision, quality }
}

/// Everything before the summary: flags, shape, gaps (into `gaps`) and how many values there are.
fn front<'a>(
    body: &'a [u8],
    dictionary: &Dictionary,
    gaps: &mut Vec<(u16, u16, QualityId)>,
) -> Result<(Input<'a>, u8, Shape, u16), Malformed> {
    let mut input = Input::new(body);
    let flags = input.byte()?;
    let shape = if flags & OTHER_SHAPE == 0 { 0 } else { input.number()? };
    let shape = *dictionary.shapes.get(shape).ok_or(Malformed)?;
    gaps.clear();
    if flags & GAPS != 0 {
        take_spans(&mut input, shape.slots, gaps)?;
    }
    let missing: u16 = gaps.iter().map(|(from, to, _)| to - from).sum();
    Ok((input, flags, shape, shape.slots - missing))
}

fn take_summary(input: &mut Input<'_>, flags: u8, shape: Shape, count: u16) -> Result<Summary, Malformed> {
    let Shape { day_start, slots, slot_seconds } = shape;
    let mut summary = Summary { day_start, slots, slot_seconds, count, ..Summary::default() };
    if count == 0 {
        return if flags & (DELTA | QUANTUM) == 0 { Ok(summary) } else { Err(Malformed) };
    }
    summary.sum = unzigzag_wide(input.wide_varint()?);
    let max = input.signed()?;
    summary.max = Some(max);
    if let Some(below) = input.wide_varint()?.checked_sub(1) {
        let third = i128::from(max).checked_sub(i128::try_from(below).map_err(|_| Malformed)?);
        summary.third_highest = Some(third.and_then(|third| i64::try_from(third).ok()).ok_or(Malformed)?);
    }
    summary.zero_run = input.number()?;
    Ok(summary)
}

/// Goes behind what [`take_summary`] reads.
fn skip_summary(input: &mut Input<'_>, flags: u8, count: u16) -> Result<(), Malformed> {
    if count == 0 {
        return if flags & (DELTA | QUANTUM) == 0 { Ok(()) } else { Err(Malformed) };
    }
    input.skip_varints(4)
}

fn values_and_qualities<'a>(
    body: &'a [u8],
    dictionary: &Dictionary,
    out: &mut Current,
) -> Result<(Shape, Input<'a>, u8), Malformed> {
    let (mut input, flags, shape, count) = front(body, dictionary, &mut out.spans)?;
    skip_summary(&mut input, flags, count)?;
    out.values.resize(usize::from(count), 0);
    let method = Method { delta: flags & DELTA != 0, quantum: flags & QUANTUM != 0 };
    codec::decode(&mut input, method, &mut out.values)?;
    if !out.spans.is_empty() {
        spread(&mut out.values, shape.slots, &out.spans);
    }
    let common = if flags & QUALITY == 0 { QualityId(0) } else { QualityId(input.number()?) };
    out.spans.clear();
    if flags & QUALITY_SPANS != 0 {
        take_spans(&mut input, shape.slots, &mut out.spans)?;
        for span in &mut out.spans {
            span.2 = QualityId(input.number()?);
        }
    }
    out.qualities.clear();
    let mut last = 0;
    for &(from, to, quality) in &out.spans {
        out.qualities.extend((last < from && common != QualityId(0)).then_some((last, from, common)));
        out.qualities.extend((quality != QualityId(0)).then_some((from, to, quality)));
        last = to;
    }
    out.qualities.extend((last < shape.slots && common != QualityId(0)).then_some((last, shape.slots, common)));
    Ok((shape, input, flags))
}

/// Moves values to their slots, leaving the gaps without one. Gaps are in order and within the slots.
fn spread(values: &mut Vec<i64>, slots: u16, gaps: &[(u16, u16, QualityId)]) {
    let mut source = values.len();
    values.resize(usize::from(slots), NO_VALUE);
    let mut end = usize::from(slots);
    for &(from, to, _) in gaps.iter().rev() {
        let count = end - usize::from(to);
        values.copy_within(source - count..source, usize::from(to));
        source -= count;
        values[usize::from(from)..usize::from(to)].fill(NO_VALUE);
        end = usize::from(from);
    }
}
