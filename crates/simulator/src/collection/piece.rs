//! What a meter recorded, as pieces of messages.

use jiff::Timestamp;
use model::quality::{Quality, Status};
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, QualitySpan, RegisterRead, Values};
use model::reading_type::ReadingType;

use super::{meter_name, usage_point_name};
use crate::record::{Made, Recorded};
use crate::utility::QUARTER_SECONDS;

/// The readings of a channel that are sent with their own day: intervals over the whole of it, with nothing where nothing
/// is sent.
pub(super) fn of_day(meter: u32, recorded: &Recorded, which: &[bool]) -> Vec<ChannelReadings> {
    match recorded.length_seconds {
        Some(length) => {
            let made: Vec<_> = chosen(recorded, which)
                .map(|(made, is_sent)| Made { value: made.value.filter(|_| is_sent), ..*made })
                .collect();
            run(meter, recorded.direction, length, &made).into_iter().collect()
        }
        None => registers(meter, recorded, which).into_iter().collect(),
    }
}

/// Everything that a channel recorded.
pub(crate) fn whole(meter: u32, recorded: &Recorded) -> Vec<ChannelReadings> {
    of_day(meter, recorded, &vec![true; recorded.made.len()])
}

/// What the register of a meter shows at an instant of so many Wh: kWh with two decimals, the rest not yet.
pub(crate) fn shown(meter: u32, direction: u16, at: Timestamp, watt_hours: i64) -> ChannelReadings {
    let value = Some(Decimal::new(watt_hours.div_euclid(10), -2));
    let read = RegisterRead { at, period_start: None, value, quality: Quality::default() };
    piece(meter, register_type(direction), Values::Registers(vec![read]))
}

/// The readings that are sent with another day: each stretch of intervals that follow each other is a piece.
pub(super) fn stretches(meter: u32, recorded: &Recorded, which: &[bool]) -> Vec<ChannelReadings> {
    let Some(length) = recorded.length_seconds else {
        return registers(meter, recorded, which).into_iter().collect();
    };
    let mut pieces = Vec::new();
    let mut stretch = Vec::new();
    for (made, is_sent) in chosen(recorded, which) {
        if is_sent {
            stretch.push(*made);
        } else {
            pieces.extend(run(meter, recorded.direction, length, &std::mem::take(&mut stretch)));
        }
    }
    pieces.extend(run(meter, recorded.direction, length, &stretch));
    pieces
}

/// How many readings there are, those without a value left out.
pub(super) fn count(readings: &[ChannelReadings]) -> u64 {
    let of_piece = |piece: &ChannelReadings| match &piece.values {
        Values::Intervals(run) => run.values.iter().filter(|value| **value != IntervalRun::MISSING).count(),
        Values::Registers(reads) => reads.len(),
    };
    readings.iter().map(of_piece).sum::<usize>() as u64
}

fn chosen<'r>(recorded: &'r Recorded, which: &'r [bool]) -> impl Iterator<Item = (&'r Made, bool)> {
    recorded.made.iter().zip(which.iter().copied())
}

/// Intervals that follow each other; `None` where there is none.
fn run(meter: u32, direction: u16, length_seconds: u32, made: &[Made]) -> Option<ChannelReadings> {
    let start = made.first()?.stamp - jiff::SignedDuration::from_secs(length_seconds.into());
    let values = made.iter().map(|made| made.value.unwrap_or(IntervalRun::MISSING)).collect();
    let run = IntervalRun { start, length_seconds, values, exponent: -3, qualities: qualities(made) };
    // measuringPeriod: 2 is fifteen minutes, 7 an hour; accumulation 4 is the amount of each interval.
    let measuring_period = if length_seconds == QUARTER_SECONDS { 2 } else { 7 };
    let reading_type = ReadingType { measuring_period, accumulation: 4, ..energy(direction) };
    Some(piece(meter, reading_type, Values::Intervals(run)))
}

/// What the meter says of its intervals, where it says something.
fn qualities(made: &[Made]) -> Vec<QualitySpan> {
    let mut spans: Vec<QualitySpan> = Vec::new();
    for (at, made) in (0..).zip(made).filter(|(_, made)| made.value.is_some() && made.status != Status::NONE) {
        match spans.last_mut() {
            Some(span) if span.to == at && span.quality.status == made.status => span.to = at + 1,
            _ => spans.push(QualitySpan { from: at, to: at + 1, quality: Quality::of(made.status) }),
        }
    }
    spans
}

/// Reads of a register; `None` where there is none.
fn registers(meter: u32, recorded: &Recorded, which: &[bool]) -> Option<ChannelReadings> {
    let sent = chosen(recorded, which).filter(|(_, is_sent)| *is_sent);
    let read = |(made, _): (&Made, bool)| RegisterRead {
        at: made.stamp,
        period_start: None,
        // What a register shows: kWh with two decimals.
        value: made.value.map(|value| Decimal::new(value, -2)),
        quality: Quality::of(made.status),
    };
    let reads: Vec<_> = sent.map(read).collect();
    (!reads.is_empty()).then(|| piece(meter, register_type(recorded.direction), Values::Registers(reads)))
}

/// accumulation 1: what has been counted since the register began.
fn register_type(direction: u16) -> ReadingType {
    ReadingType { accumulation: 1, ..energy(direction) }
}

/// Electric energy in kWh through the secondary side of a meter.
fn energy(flow_direction: u16) -> ReadingType {
    ReadingType {
        flow_direction,
        commodity: 1,
        measurement_kind: 12,
        multiplier: 3,
        unit: 72,
        ..ReadingType::default()
    }
}

fn piece(meter: u32, reading_type: ReadingType, values: Values) -> ChannelReadings {
    let channel = ChannelKey {
        usage_point: Some(usage_point_name(meter)),
        meter: Some(meter_name(meter)),
        suffix: Default::default(),
        reading_type,
    };
    ChannelReadings { channel, unit: "kWh".into(), values, revision: None, line: 0 }
}
