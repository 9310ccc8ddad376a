//! What a message says: the current readings of its changes, as IEC 61968-9 XML or JSON.
//!
//! A change tells which slots have new values; the values are read when the message is built. Where a value was
//! replaced meanwhile, the newer one is told, and told again by the change that brought it.

use std::collections::HashMap;

use formats::cim::MeterReadingsWriter;
use jiff::civil::Date;
use jiff::fmt::temporal::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use model::id::{ChannelNumber, Name};
use model::master::Channel;
use model::quality::Quality;
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, MessageHeader, QualitySpan, RegisterRead, Values};
use model::time::LocalDay;
use store::readings::{AsOf, Change, ChangeKind, ChannelHistory, Damage, Day, NO_VALUE, ReadingsBook, Subject};
use store::registry::directory::Directory;
use store::registry::subscription::PayloadFormat;
use uuid::Uuid;

use super::json;
use super::message::Stage;

/// Changes of one channel are read together while their dates are at most this many days apart.
const DAYS_TOGETHER: i64 = 7;
/// Local days begin and end at most this far from 00:00 UTC of their date and the next one.
const AROUND: SignedDuration = SignedDuration::from_hours(26);

/// Readings of one channel in one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'d> {
    /// The channel.
    pub channel: &'d Channel,
    /// Which state of the readings.
    pub stage: Stage,
    /// The readings, under the channel's registered names.
    pub readings: ChannelReadings,
}

/// Why a message cannot be built; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// The registry does not know a channel of the book.
    #[error("channel {0} of the readings book is not in the registry")]
    UnknownChannel(ChannelNumber),
    /// The book cannot be read.
    #[error("could not read the readings book")]
    Book(#[from] store::readings::Error),
    /// What is to be told is damaged; it waits until the damage is settled.
    #[error("readings to be told are damaged: {0}")]
    Damaged(Damage),
}

/// What is to be said around the readings.
#[derive(Clone, Debug)]
pub struct Cover {
    /// The message id.
    pub id: Uuid,
    /// Whether the readings are new or replace others.
    pub kind: ChangeKind,
    /// The name of this installation.
    pub source: String,
    /// When the message is built.
    pub now: Timestamp,
}

/// A message as it is posted.
pub fn body(cover: &Cover, pieces: &[Piece<'_>], format: PayloadFormat) -> Vec<u8> {
    match format {
        PayloadFormat::Json => json::body(cover, pieces),
        PayloadFormat::Xml => {
            let verb = match cover.kind {
                ChangeKind::Created => "created",
                ChangeKind::Changed => "changed",
            };
            let header = MessageHeader {
                verb: verb.into(),
                noun: "MeterReadings".into(),
                id: cover.id.hyphenated().to_string().into(),
                source: cover.source.as_str().into(),
                timestamp: Some(cover.now),
            };
            let mut out = Vec::new();
            let mut writer = MeterReadingsWriter::new(&header, &mut out);
            for piece in pieces {
                writer.write(&piece.readings, &mut out);
            }
            writer.finish(&mut out);
            out
        }
    }
}

/// The media type of a body.
pub fn content_type(format: PayloadFormat) -> &'static str {
    match format {
        PayloadFormat::Json => "application/json",
        PayloadFormat::Xml => "application/xml",
    }
}

/// The readings of changes, channel by channel, each channel's in the order of the feed.
///
/// # Errors
/// [`PayloadError`].
pub fn pieces<'d>(
    book: &ReadingsBook,
    directory: &'d Directory,
    changes: &[Change],
) -> Result<Vec<Piece<'d>>, PayloadError> {
    let mut places: HashMap<ChannelNumber, usize> = HashMap::new();
    let mut by_channel: Vec<(&Channel, Vec<Change>)> = Vec::new();
    for change in changes {
        let channel = directory.channel(change.channel).ok_or(PayloadError::UnknownChannel(change.channel))?;
        let place = *places.entry(change.channel).or_insert(by_channel.len());
        if place == by_channel.len() {
            by_channel.push((channel, Vec::new()));
        }
        by_channel[place].1.push(*change);
    }
    let mut pieces = Vec::new();
    for (channel, changes) in &by_channel {
        let near = |left: &Change, right: &Change| {
            (0..=DAYS_TOGETHER * 24).contains(&right.date.duration_since(left.date).as_hours())
        };
        for together in changes.chunk_by(near) {
            let history = history(book, channel, together)?;
            for change in together {
                pieces.extend(piece(book, directory, channel, change, &history));
            }
        }
    }
    Ok(pieces)
}

fn history(book: &ReadingsBook, channel: &Channel, together: &[Change]) -> Result<ChannelHistory, PayloadError> {
    let midnight = |change: &Change| midnight_utc(change.date).as_second();
    let start = together.first().map_or(0, midnight) - AROUND.as_secs();
    let end = together.last().map_or(0, midnight) + AROUND.as_secs() + 24 * 3600;
    let mut history = book.read(channel.number, start, end, AsOf::Now)?;
    match history.damaged.pop() {
        Some(damage) => Err(PayloadError::Damaged(damage)),
        None => Ok(history),
    }
}

fn piece<'d>(
    book: &ReadingsBook,
    directory: &'d Directory,
    channel: &'d Channel,
    change: &Change,
    history: &ChannelHistory,
) -> Option<Piece<'d>> {
    let values = match change.subject {
        Subject::Registers => registers(book, channel, change.date, history)?,
        Subject::Intervals => Values::Intervals(intervals(book, channel, change, history)?),
        Subject::Final => Values::Intervals(final_intervals(channel, change.date, history)?),
    };
    let at = match &values {
        Values::Intervals(run) => run.start,
        Values::Registers(reads) => reads.first()?.at,
    };
    let readings = ChannelReadings {
        channel: channel_key(directory, channel, at),
        unit: channel.unit.clone(),
        values,
        revision: None,
        line: 0,
    };
    Some(Piece { channel, stage: Stage::of(change.subject), readings })
}

/// The registered words for a channel: the name in its label first, and the meter that was there.
pub fn channel_key(directory: &Directory, channel: &Channel, at: Timestamp) -> ChannelKey {
    let names = directory.usage_point_names(channel.usage_point);
    let in_label =
        |name: &&Name| channel.label.strip_prefix(name.value.as_str()).is_some_and(|rest| rest.starts_with('/'));
    let meter = directory.meters_at(channel.usage_point, at).find_map(|meter| directory.meter_names(meter).first());
    ChannelKey {
        usage_point: names.iter().find(in_label).or(names.first()).cloned(),
        meter: meter.cloned(),
        suffix: channel.suffix.clone(),
        reading_type: channel.reading_type,
    }
}

/// The day of a date, in the channel's interval length where there are several.
fn day_of<'h>(channel: &Channel, date: Date, history: &'h ChannelHistory) -> Option<&'h Day> {
    let days = || history.days.iter().filter(|day| day.date == date);
    days().find(|day| Some(day.slot_seconds) == channel.interval_seconds).or_else(|| days().next())
}

fn intervals(book: &ReadingsBook, channel: &Channel, change: &Change, history: &ChannelHistory) -> Option<IntervalRun> {
    let fits = |day: &&Day| day.date == change.date && usize::from(change.end) <= day.values.len();
    let day = day_of(channel, change.date, history).filter(|day| fits(day));
    let day = day.or_else(|| history.days.iter().find(fits))?;
    let values = day.values.get(usize::from(change.first)..usize::from(change.end))?.to_vec();
    let inside = day.qualities.iter().filter(|(from, to, _)| *from < change.end && change.first < *to);
    let span = |(from, to, id): &(u16, u16, _)| {
        let from = u32::from((*from).max(change.first) - change.first);
        let to = u32::from((*to).min(change.end) - change.first);
        Some(QualitySpan { from, to, quality: book.quality(*id)? })
    };
    let qualities = inside.filter_map(span).collect();
    run(day.day_start, change.first, day.slot_seconds, values, channel.quantum, qualities)
}

/// The whole day as validation decided it.
fn final_intervals(channel: &Channel, date: Date, history: &ChannelHistory) -> Option<IntervalRun> {
    let day = day_of(channel, date, history)?;
    let decided = day.final_day.as_ref()?;
    let (day_start, seconds, mut values) = match day.slot_seconds {
        0 => empty_day(channel, date)?,
        seconds => (day.day_start, seconds, day.values.clone()),
    };
    let mut qualities = vec![decided.status; values.len()];
    for value in &decided.values {
        let slot = usize::from(value.slot);
        *values.get_mut(slot)? = value.value.unwrap_or(NO_VALUE);
        qualities[slot] = value.status;
    }
    let (mut spans, mut from) = (Vec::new(), 0);
    for alike in qualities.chunk_by(|left, right| left == right) {
        let to = from + u32::try_from(alike.len()).ok()?;
        spans.push(QualitySpan { from, to, quality: Quality::of(alike[0]) });
        from = to;
    }
    run(day_start, 0, seconds, values, channel.quantum, spans)
}

/// A local day of which nothing arrived: its start, interval length and slots without a value.
fn empty_day(channel: &Channel, date: Date) -> Option<(i64, u32, Vec<i64>)> {
    let zone = DateTimeParser::new().parse_time_zone(&channel.zone).ok()?;
    let seconds = channel.interval_seconds?;
    let day = LocalDay::of(date, &zone)?;
    Some((day.range.start.as_second(), seconds, vec![NO_VALUE; usize::from(day.slots(seconds)?)]))
}

fn run(
    day_start: i64,
    first: u16,
    length_seconds: u32,
    values: Vec<i64>,
    exponent: i8,
    qualities: Vec<QualitySpan>,
) -> Option<IntervalRun> {
    let start = Timestamp::from_second(day_start + i64::from(first) * i64::from(length_seconds)).ok()?;
    Some(IntervalRun { start, length_seconds, values, exponent, qualities })
}

/// The current reads with a moment on the UTC date.
fn registers(book: &ReadingsBook, channel: &Channel, date: Date, history: &ChannelHistory) -> Option<Values> {
    let start = midnight_utc(date).as_second();
    let on_date = history.registers.iter().filter(|read| (start..start + 24 * 3600).contains(&read.at));
    let read = |read: &store::readings::RegisterRead| {
        Some(RegisterRead {
            at: Timestamp::from_second(read.at).ok()?,
            period_start: read.period_start.and_then(|start| Timestamp::from_second(start).ok()),
            value: read.value.map(|value| Decimal::new(value, channel.quantum)),
            quality: book.quality(read.quality)?,
        })
    };
    let reads: Vec<RegisterRead> = on_date.filter_map(read).collect();
    (!reads.is_empty()).then_some(Values::Registers(reads))
}

fn midnight_utc(date: Date) -> Timestamp {
    date.to_zoned(jiff::tz::TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |midnight| midnight.timestamp())
}
