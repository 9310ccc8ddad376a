//! What the books say of an order: whether what it is for is there.
//!
//! | asked for | is there when |
//! |---|---|
//! | readings of a span | every interval has a value, and as many register reads as were missing |
//! | a read now | a register read of the usage point, made since |
//! | a sign of life | a reading of the usage point, made since, or an event of the meter, but none of failed communication |
//!
//! That something was received proves nothing about a device, so that it must have been made since.

use jiff::{SignedDuration, Timestamp};
use model::event::report::Subject;
use model::id::ChannelNumber;
use store::events::{Event, EventsBook, EventsError, Filter};
use store::readings::{AsOf, Error, NO_VALUE, ReadingsBook, RegisterRead};
use store::registry::directory::Directory;
use store::registry::order::{Order, OrderKind, Wanted};

/// The last events of a device that are looked at.
const EVENTS: u32 = 20;
/// The domain of an event: communication.
const COMMUNICATION: u16 = 1;
/// What happened: failed.
const FAILED: u16 = 85;
/// How far the stamp of a register read may be from the instant it is for, in seconds (Ontario 2.4.3).
const STAMP_TOLERANCE_SECONDS: i64 = 90;
/// How far the clock of a head-end may be behind ours, in seconds, where something made since an order is looked for.
const CLOCK_TOLERANCE_SECONDS: i64 = 15;

/// What answers an order, in words; `None` while it is not there.
///
/// # Errors
/// What the readings book says.
pub fn evidence(book: &ReadingsBook, directory: &Directory, order: &Order) -> Result<Option<String>, Error> {
    match order.entry.kind {
        OrderKind::Read => are_there(book, directory, &order.entry.wanted),
        OrderKind::ReadNow => made_since(book, directory, order, false),
        OrderKind::Ping => made_since(book, directory, order, true),
    }
}

fn are_there(book: &ReadingsBook, directory: &Directory, wanted: &[Wanted]) -> Result<Option<String>, Error> {
    for one in wanted {
        let is_interval = directory.channel(one.channel).is_some_and(|channel| channel.interval_seconds.is_some());
        if !if is_interval { has_intervals(book, one)? } else { has_reads(book, one)? } {
            return Ok(None);
        }
    }
    let readings: u64 = wanted.iter().map(|one| one.readings).sum();
    Ok((0 < readings).then(|| format!("{readings} readings are there")))
}

fn has_intervals(book: &ReadingsBook, wanted: &Wanted) -> Result<bool, Error> {
    let (start, end) = (wanted.range.start.as_second(), wanted.range.end.as_second());
    let history = book.read(wanted.channel, start, end, AsOf::Now)?;
    let in_day = |day: &store::readings::Day| {
        let slot_seconds = i64::from(day.slot_seconds);
        let begins = (0..).map(|slot| day.day_start + slot * slot_seconds);
        let inside = begins.zip(&day.values).filter(|(begin, _)| start <= *begin && begin + slot_seconds <= end);
        inside.filter(|(_, value)| **value != NO_VALUE).count() as u64
    };
    Ok(wanted.readings <= history.days.iter().map(in_day).sum())
}

fn has_reads(book: &ReadingsBook, wanted: &Wanted) -> Result<bool, Error> {
    let step = wanted.range.seconds() / i64::try_from(wanted.readings).unwrap_or(i64::MAX).max(1);
    // The read that ends the reading before is not one of these, even where its stamp is late.
    let tolerance = STAMP_TOLERANCE_SECONDS.min((step - 1) / 2);
    let (start, end) = (wanted.range.start.as_second() + tolerance, wanted.range.end.as_second() + tolerance);
    let history = book.read(wanted.channel, start + 1, end + 1, AsOf::Now)?;
    Ok(wanted.readings <= history.registers.iter().filter(|read| read.value.is_some()).count() as u64)
}

fn made_since(
    book: &ReadingsBook,
    directory: &Directory,
    order: &Order,
    with_intervals: bool,
) -> Result<Option<String>, Error> {
    let since = order.ordered_at;
    for channel in directory.of_usage_point(order.entry.usage_point) {
        if channel.interval_seconds.is_some() && !with_intervals {
            continue;
        }
        let made = match channel.interval_seconds {
            None => latest_read(book, channel.number, since)?.map(|read| read.at),
            Some(_) => latest_interval(book, channel.number, since.as_second())?,
        };
        if let Some(made) = made.and_then(|made| Timestamp::from_second(made).ok()) {
            return Ok(Some(format!("{} was read at {made}", channel.label)));
        }
    }
    Ok(None)
}

/// What a device told of itself since a ping was ordered, in words; `None` while it told nothing. That its head-end could not
/// reach it (an event of the domain communication that failed, 3.1.*.85) is no word of the device.
///
/// # Errors
/// What the events book says.
pub async fn told_since(events: &EventsBook, order: &Order) -> Result<Option<String>, EventsError> {
    let since = order.ordered_at - SignedDuration::from_secs(CLOCK_TOLERANCE_SECONDS);
    let subject = order.entry.route.meter.map_or(Subject::UsagePoint(order.entry.usage_point), Subject::Meter);
    let filter = Filter { devices: vec![subject], ..Filter::default() };
    let is_word = |event: &Event| {
        let is_unreached =
            event.event_type.is_some_and(|told| told.domain == COMMUNICATION && told.event_or_action == FAILED);
        !is_unreached && order.ordered_at <= event.received_at && event.occurred_at.is_some_and(|at| since <= at)
    };
    let told = events.latest(&filter, EVENTS).await?.into_iter().find(is_word);
    Ok(told.map(|event| {
        let what = event.event_type.map_or_else(|| "an event".into(), |told| told.describe());
        format!("{} told `{what}` at {}", order.entry.route.device, event.ordered_at)
    }))
}

/// The last register read with a value that was made since an instant and received since.
///
/// # Errors
/// What the readings book says.
pub fn latest_read(
    book: &ReadingsBook,
    channel: ChannelNumber,
    since: Timestamp,
) -> Result<Option<RegisterRead>, Error> {
    let history = book.read(channel, since.as_second() - CLOCK_TOLERANCE_SECONDS, i64::MAX, AsOf::Now)?;
    let came_since = |read: &RegisterRead| read.value.is_some() && since.as_microsecond() <= read.received_at;
    Ok(history.registers.into_iter().rfind(came_since))
}

/// The end of the last interval with a value that ended after a second.
fn latest_interval(book: &ReadingsBook, channel: ChannelNumber, since: i64) -> Result<Option<i64>, Error> {
    let history = book.read(channel, since, i64::MAX, AsOf::Now)?;
    let last = |day: &store::readings::Day| {
        let slot = day.values.iter().rposition(|value| *value != NO_VALUE)?;
        Some(day.day_start + (i64::try_from(slot).ok()? + 1) * i64::from(day.slot_seconds))
    };
    Ok(history.days.iter().filter_map(last).filter(|end| since < *end).max())
}
