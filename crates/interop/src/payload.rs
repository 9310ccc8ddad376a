//! What a message says: the current readings of its changes, as IEC 61968-9 XML or JSON.
//!
//! A change tells which slots have new values; the values are read when the message is built. Where a value was
//! replaced meanwhile, the newer one is told, and told again by the change that brought it.

use std::collections::HashMap;

use formats::cim::MeterReadingsWriter;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use model::id::ChannelNumber;
use model::lineage::FinalRead;
use model::master::Channel;
use model::reading::{ChannelReadings, IntervalRun, MessageHeader, Values};
use store::readings::{AsOf, Change, ChangeKind, ChannelHistory, Damage, Day, ReadingsBook, Subject};
use store::registry::directory::Directory;
use store::registry::subscription::PayloadFormat;
use uuid::Uuid;

use super::channel_day::{Manner, Passed, Slots, Told};
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

/// What a format tells of values that validation let stand.
pub fn passed(format: PayloadFormat) -> Passed {
    match format {
        PayloadFormat::Json => Passed::Validated,
        PayloadFormat::Xml => Passed::AsReceived,
    }
}

/// The readings of changes, channel by channel, each channel's in the order of the feed.
///
/// # Errors
/// [`PayloadError`].
pub fn pieces<'d>(
    book: &'d ReadingsBook,
    directory: &'d Directory,
    changes: &[Change],
    manner: Manner,
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
            let told = Told { book, directory, channel, manner };
            for change in together {
                pieces.extend(piece(&told, change, &history));
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

fn piece<'d>(told: &Told<'d>, change: &Change, history: &ChannelHistory) -> Option<Piece<'d>> {
    let start = midnight_utc(change.date).as_second();
    let on_date = |read: &&FinalRead| (start..start + 24 * 3600).contains(&read.at.as_second());
    let stage = Stage::of(change.subject)?;
    let values = match change.subject {
        Subject::Versions => return None,
        Subject::Registers => registers(told, change.date, history)?,
        Subject::Intervals => Values::Intervals(intervals(told, change, history)?),
        Subject::Final => Values::Intervals(final_intervals(told, change.date, history)?),
        Subject::FinalReads => told.final_registers(history.final_reads.iter().filter(on_date), &history.registers)?,
    };
    let readings = told.readings(values, None)?;
    Some(Piece { channel: told.channel, stage, readings })
}

/// The day of a date, in the channel's interval length where there are several.
fn day_of<'h>(channel: &Channel, date: Date, history: &'h ChannelHistory) -> Option<&'h Day> {
    let days = || history.days.iter().filter(|day| day.date == date);
    days().find(|day| Some(day.slot_seconds) == channel.interval_seconds).or_else(|| days().next())
}

/// The slots of a change, in the day they are of.
fn intervals(told: &Told<'_>, change: &Change, history: &ChannelHistory) -> Option<IntervalRun> {
    let fits = |day: &&Day| day.date == change.date && usize::from(change.end) <= day.values.len();
    let day = day_of(told.channel, change.date, history).filter(|day| fits(day));
    let day = day.or_else(|| history.days.iter().find(fits))?;
    told.intervals(day, Slots::Numbered(usize::from(change.first)..usize::from(change.end)), Stage::Received)
}

/// The whole day as validation decided it.
fn final_intervals(told: &Told<'_>, date: Date, history: &ChannelHistory) -> Option<IntervalRun> {
    let day = day_of(told.channel, date, history).filter(|day| day.final_day.is_some())?;
    told.intervals(day, Slots::All, Stage::Final)
}

/// The current reads with a moment on the UTC date.
fn registers(told: &Told<'_>, date: Date, history: &ChannelHistory) -> Option<Values> {
    let start = midnight_utc(date).as_second();
    told.registers(history.registers.iter().filter(|read| (start..start + 24 * 3600).contains(&read.at)))
}

fn midnight_utc(date: Date) -> Timestamp {
    date.to_zoned(jiff::tz::TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |midnight| midnight.timestamp())
}
