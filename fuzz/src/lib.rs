//! What every target asks of its reader: any bytes, whole and in pieces, without a panic and with the same answer.

use formats::{Format, Options, Sink, reader};
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::reading::{ChannelReadings, MessageHeader};

/// Reads the bytes behind the first one as a whole and in pieces of a length that the first one gives.
///
/// # Panics
/// If the two answers differ.
pub fn same_in_pieces(format: Format, input: &[u8]) {
    if let Some((&length, bytes)) = input.split_first() {
        assert_eq!(answer(format, bytes, usize::MAX), answer(format, bytes, 1 + usize::from(length)));
    }
}

/// Everything a reader told, and how it ended.
fn answer(format: Format, bytes: &[u8], piece_length: usize) -> Told {
    let mut told = Told::default();
    let mut reader = reader(format, &Options::default());
    for piece in bytes.chunks(piece_length) {
        if let Err(refused) = reader.push(piece, &mut told) {
            told.lines.push(refused.to_string());
            return told;
        }
    }
    if let Err(refused) = reader.finish(&mut told) {
        told.lines.push(refused.to_string());
    }
    told
}

#[derive(Debug, Default, PartialEq)]
struct Told {
    lines: Vec<String>,
}

impl Sink for Told {
    fn message(&mut self, header: &MessageHeader) {
        self.lines.push(format!("{header:?}"));
    }

    fn readings(&mut self, readings: &ChannelReadings) {
        self.lines.push(format!("{readings:?}"));
    }

    fn event(&mut self, event: &EndDeviceEvent) {
        self.lines.push(format!("{event:?}"));
    }

    fn finding(&mut self, finding: Finding) {
        self.lines.push(format!("{finding:?}"));
    }
}
