//! Green Button: the ESPI usage feed (NAESB REQ.21, Atom).
//!
//! A feed is a bag of entries joined by comparing hrefs, in any order, so nothing can be told before
//! all of it was read: readings wait in compact form, at most [`BUFFERED_BYTES_MAX`]. Values stay the
//! integers of the feed; its power of ten is in the unit and in the reading type. Costs and summaries
//! are not read (`docs/formats/green-button.md`).
//!
//! - [`entries`]: what a feed holds.
//! - [`parse`]: from XML events to entries.
//! - [`links`]: which block belongs to which usage point and reading type, and what they are called.
//! - [`channels`]: from entries to pieces of channels.

mod channels;
mod entries;
mod links;
mod parse;

use crate::xml::{Limits, PIECE_BYTES, Parser};
use crate::{Options, Reader, Refused, Sink};

use parse::Feed;

/// Bytes of entries and readings that wait for the end of the feed.
pub const BUFFERED_BYTES_MAX: usize = 192 << 20;

/// Reader of a usage feed.
#[derive(Debug)]
pub struct GreenButtonReader {
    parser: Parser,
    feed: Feed,
}

impl GreenButtonReader {
    /// A reader at the start of a feed.
    pub fn new(options: &Options) -> Self {
        Self { parser: Parser::new(Limits::default()), feed: Feed::new(options.zone.clone()) }
    }

    fn take_events(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        while let Some(event) = self.parser.next_event()? {
            self.feed.event(&event, sink)?;
        }
        Ok(())
    }
}

impl Reader for GreenButtonReader {
    fn push(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Refused> {
        for piece in bytes.chunks(PIECE_BYTES) {
            self.parser.feed(piece);
            self.take_events(sink)?;
        }
        Ok(())
    }

    fn finish(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        self.parser.end();
        self.take_events(sink)?;
        self.feed.finish(sink)
    }
}
