//! IEC 61968-9 MeterReadings and EndDeviceEvents, in an IEC 61968-100 envelope, in SOAP, or bare.
//!
//! Elements are matched by local name wherever they stand among their siblings; namespaces of the
//! generations in the field are rows of [`profile`]. What is written is edition 2, in order.
//!
//! - [`schema`]: which element means what; [`document`]: the meaning of a whole message.
//! - [`envelope`], [`payload`], [`events`]: its parts; [`owner`], [`draft`]: elements inside them.
//! - [`reading`], [`stamp`], [`quality`]: one reading; [`series`], [`block`], [`calculation`]: many.
//! - [`compressed`]: a payload in gzip and base64.
//! - [`scan`]: the fast path for readings of a known shape; the pull parser is its referee.
//! - [`writer`]: messages out.

mod block;
mod calculation;
mod compressed;
mod document;
mod draft;
mod envelope;
mod events;
mod owner;
mod payload;
pub mod profile;
mod quality;
mod reading;
mod scan;
mod schema;
mod series;
mod stamp;
mod writer;

use model::finding::{Finding, Severity};

pub use compressed::INFLATED_BYTES_MAX;
pub use payload::WAITING_READINGS_MAX;
pub use writer::{MeterReadingsWriter, write_end_device_events, write_meter_readings};
pub(crate) use writer::{RESPONSE, begin_envelope, begin_root};

use crate::xml::{Event, Limits, PIECE_BYTES, Parser};
use crate::{Options, Reader, Refused, Sink};
use compressed::{CompressedError, Inflation};
use document::Document;
use scan::Scanner;
use schema::Place;

/// Reader of a message.
#[derive(Debug)]
pub struct CimReader {
    parser: Parser,
    document: Document,
    scanner: Option<Scanner>,
    compressed: Option<(Inflation, Parser)>,
}

impl CimReader {
    /// A reader at the start of a message.
    pub fn new(options: &Options) -> Self {
        Self { scanner: Some(Scanner::default()), ..Self::without_scanner(options) }
    }

    /// A reader that leaves every element to the pull parser: slower, and the referee of the scanner.
    pub fn without_scanner(options: &Options) -> Self {
        Self {
            parser: Parser::new(Limits::default()),
            document: Document::new(options.zone.clone()),
            scanner: None,
            compressed: None,
        }
    }

    fn take_events(&mut self, sink: &mut dyn Sink) -> Result<(), Refused> {
        let Self { parser, document, scanner, compressed } = self;
        loop {
            if compressed.is_none() {
                scan(scanner, parser, document)?;
            }
            let line = parser.line();
            let inside = compressed.is_some() || document.place() == Place::Compressed;
            match parser.next_event()? {
                None => return Ok(()),
                Some(Event::Text(text)) if inside => {
                    let (inflation, inner) =
                        compressed.get_or_insert_with(|| (Inflation::new(), Parser::new(Limits::default())));
                    let taken = inflation.push(&text, |bytes| inflated(bytes, scanner, inner, document, sink));
                    taken.map_err(|refused| on_line(refused, line))?;
                }
                Some(Event::Start(_)) if compressed.is_some() => {
                    return Err(on_line(CompressedError::Base64.into(), line));
                }
                Some(event) => {
                    if let Some((mut inflation, mut inner)) = compressed.take() {
                        let taken = inflation.finish(|bytes| inflated(bytes, scanner, &mut inner, document, sink));
                        taken.map_err(|refused| on_line(refused, line))?;
                        inner.end();
                        inflated(&[], scanner, &mut inner, document, sink)?;
                    }
                    document.event(&event, sink)?;
                }
            }
        }
    }
}

impl Reader for CimReader {
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
        self.document.finish()
    }
}

/// Parses the document inside a compressed payload; its elements are children of the payload.
fn inflated(
    bytes: &[u8],
    scanner: &mut Option<Scanner>,
    parser: &mut Parser,
    document: &mut Document,
    sink: &mut dyn Sink,
) -> Result<(), Refused> {
    let pieces = bytes.chunks(PIECE_BYTES).chain(bytes.is_empty().then_some(bytes));
    for piece in pieces {
        parser.feed(piece);
        loop {
            scan(scanner, parser, document)?;
            match parser.next_event()? {
                Some(event) => document.event(&event, sink)?,
                None => break,
            }
        }
    }
    Ok(())
}

/// Reads ahead as many readings as the scanner knows.
fn scan(scanner: &mut Option<Scanner>, parser: &mut Parser, document: &mut Document) -> Result<(), Refused> {
    let place = document.place();
    let (Some(scanner), Place::IntervalBlock | Place::MeterReading) = (scanner, place) else {
        return Ok(());
    };
    scanner.prefix(document.prefix().as_bytes());
    let mut line = parser.line();
    let ahead = parser.ahead(scan::DEPTH);
    let (mut bytes, mut elements) = (0, 0);
    let mut parts = Vec::new();
    while let Some(scanned) = scanner.element(place, &ahead[bytes..], line, &mut parts) {
        if !document.scanned(line + scanned.lines_before, &parts)? {
            break;
        }
        bytes += scanned.bytes;
        elements += scanned.elements;
        line += scanned.lines;
    }
    if bytes == 0 {
        return Ok(());
    }
    parser.skip(bytes, elements)
}

/// What is wrong with the compression itself, on the line of its text.
fn on_line(mut refused: Refused, line: u64) -> Refused {
    if refused.0.line == 0 {
        refused.0.line = line;
    }
    refused
}

impl From<CompressedError> for Refused {
    fn from(error: CompressedError) -> Self {
        let finding = Finding::new(0, "Compressed", "cim.compressed", error.to_string());
        Self(finding.with_severity(Severity::Refused))
    }
}
