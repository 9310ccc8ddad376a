//! V12 where the settings keep what came first: values that are held against those that are there, all of a piece of a message
//! before any of it is taken.

use jiff::Timestamp;
use model::master::Channel;
use store::readings::{AsOf, ChannelHistory, NO_VALUE, ReadingsBook, RegisterEntry};

use crate::placement::Piece;

/// Holds a run of intervals, placed in local days, against what is stored.
///
/// # Errors
/// What contradicts it, or that what is stored cannot be read.
pub(crate) fn of_run(
    book: &ReadingsBook,
    channel: &Channel,
    (pieces, values): (&[Piece], &[i64]),
) -> Result<(), String> {
    for piece in pieces {
        let end = piece.day.start.saturating_add(DAY_SECONDS_MOST);
        let stored = read(book, channel, (piece.day.start, end))?.days;
        let is_of_day = |day: &&store::readings::Day| {
            day.date == piece.day.date && Some(day.slot_seconds) == channel.interval_seconds
        };
        let Some(known) = stored.iter().find(is_of_day).and_then(|day| day.values.get(usize::from(piece.first)..))
        else {
            continue;
        };
        let is_other = |(known, value): &(&i64, &i64)| **known != NO_VALUE && **value != NO_VALUE && known != value;
        let others = known.iter().zip(&values[piece.from..piece.to]).filter(is_other).count();
        if 0 < others {
            return Err(format!("{others} values of {} differ from those that came first", piece.day.date));
        }
    }
    Ok(())
}

/// The same of reads of a register.
///
/// # Errors
/// As [`of_run`].
pub(crate) fn of_reads(book: &ReadingsBook, channel: &Channel, entries: &[RegisterEntry]) -> Result<(), String> {
    for entry in entries {
        let stored = read(book, channel, (entry.at, entry.at.saturating_add(1)))?.registers;
        let mut same = stored.iter().filter(|known| (known.at, known.period_start) == (entry.at, entry.period_start));
        if same.any(|known| known.value.is_some() && entry.value.is_some() && known.value != entry.value) {
            let at = Timestamp::from_second(entry.at).unwrap_or(Timestamp::MAX);
            return Err(format!("the read of {at} differs from the one that came first"));
        }
    }
    Ok(())
}

/// A local day of 25 hours.
const DAY_SECONDS_MOST: i64 = 25 * 3600;

fn read(book: &ReadingsBook, channel: &Channel, (start, end): (i64, i64)) -> Result<ChannelHistory, String> {
    book.read(channel.number, start, end, AsOf::Now).map_err(|error| format!("what came first cannot be read: {error}"))
}
