//! Questions to the readings book that several views ask.

use jiff::Timestamp;
use model::id::ChannelNumber;
use model::quality::Quality;
use store::readings::{AsOf, ChannelHistory, Error, QualityId, ReadingsBook};

/// Everything of a channel.
pub(crate) fn whole(book: &ReadingsBook, channel: ChannelNumber) -> Result<ChannelHistory, Error> {
    book.read(channel, i64::MIN / 2, i64::MAX / 2, AsOf::Now)
}

/// The state of knowledge that a request asks for.
pub(crate) fn as_of(asked: Option<Timestamp>) -> AsOf {
    asked.map_or(AsOf::Now, |moment| AsOf::At(moment.as_microsecond()))
}

/// What a quality number means; a number that the book does not know says nothing.
pub(crate) fn quality(book: &ReadingsBook, id: QualityId) -> Quality {
    book.quality(id).unwrap_or_default()
}

/// Epoch microseconds of the book as an instant.
pub(crate) fn instant(microseconds: i64) -> Option<Timestamp> {
    Timestamp::from_microsecond(microseconds).ok()
}
