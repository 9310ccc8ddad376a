//! The JSON shape of a message, documented in `docs/interop/subscriptions.md`. Values are exact decimal text.

use jiff::Timestamp;
use model::id::{ChannelId, Name};
use model::quality::{Quality, iec};
use model::quantity::Decimal;
use model::reading::{IntervalRun, RegisterRead, Values};
use model::reading_type::ReadingType;
use serde::Serialize;
use store::readings::ChangeKind;
use uuid::Uuid;

use super::channel_day::left_out;
use super::message::Stage;
use super::payload::{Cover, Piece};

#[derive(Serialize)]
struct Message<'a> {
    r#type: &'static str,
    id: Uuid,
    timestamp: Timestamp,
    source: &'a str,
    readings: Vec<Readings<'a>>,
}

#[derive(Serialize)]
struct Readings<'a> {
    channel: &'a str,
    mrid: ChannelId,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_point: Option<&'a Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meter: Option<&'a Name>,
    reading_type: ReadingType,
    unit: &'a str,
    stage: Stage,
    #[serde(skip_serializing_if = "Option::is_none")]
    intervals: Option<Intervals>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registers: Option<Vec<Register>>,
}

#[derive(Serialize)]
struct Intervals {
    start: Timestamp,
    seconds: u32,
    values: Vec<Option<String>>,
    #[serde(skip_serializing_if = "is_zero")]
    left_out: usize,
    qualities: Vec<Span>,
}

#[derive(Serialize)]
struct Span {
    from: u32,
    to: u32,
    quality: QualityView,
}

#[derive(Serialize)]
struct Register {
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    period_start: Option<Timestamp>,
    value: Option<String>,
    quality: QualityView,
}

#[derive(Serialize)]
struct QualityView {
    codes: Vec<String>,
    status: Vec<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    flag: String,
}

/// A message as JSON.
pub(crate) fn body(cover: &Cover, pieces: &[Piece<'_>]) -> Vec<u8> {
    let kind = match cover.kind {
        ChangeKind::Created => "meter-readings.created",
        ChangeKind::Changed => "meter-readings.changed",
    };
    let readings = pieces.iter().map(readings).collect();
    let message = Message { r#type: kind, id: cover.id, timestamp: cover.now, source: &cover.source, readings };
    serde_json::to_vec(&message).expect("text, numbers and lists always have a JSON form")
}

fn readings<'a>(piece: &'a Piece<'_>) -> Readings<'a> {
    let key = &piece.readings.channel;
    let (intervals, registers) = match &piece.readings.values {
        Values::Intervals(run) => (Some(intervals(run)), None),
        Values::Registers(reads) => (None, Some(reads.iter().map(register).collect())),
    };
    Readings {
        channel: &piece.channel.label,
        mrid: piece.channel.id,
        usage_point: key.usage_point.as_ref(),
        meter: key.meter.as_ref(),
        reading_type: key.reading_type,
        unit: &piece.readings.unit,
        stage: piece.stage,
        intervals,
        registers,
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn intervals(run: &IntervalRun) -> Intervals {
    let value = |value: &i64| (*value != IntervalRun::MISSING).then(|| Decimal::new(*value, run.exponent).to_string());
    let spans = run.qualities.iter();
    Intervals {
        start: run.start,
        seconds: run.length_seconds,
        values: run.values.iter().map(value).collect(),
        left_out: left_out(run),
        qualities: spans.map(|span| Span { from: span.from, to: span.to, quality: quality(&span.quality) }).collect(),
    }
}

fn register(read: &RegisterRead) -> Register {
    Register {
        at: read.at,
        period_start: read.period_start,
        value: read.value.map(|value| value.to_string()),
        quality: quality(&read.quality),
    }
}

fn quality(quality: &Quality) -> QualityView {
    QualityView {
        codes: iec::codes_of(quality).iter().map(ToString::to_string).collect(),
        status: quality.status.words().collect(),
        flag: quality.flag.to_string(),
    }
}
