//! Bytes to and from the model, one folder a format.
//!
//! Sans-I/O and streaming: a driver pushes bytes as they come, a [`Reader`] tells a [`Sink`] what
//! they mean. Memory is bounded by the limits of the format, never by the size of the input. A fault
//! in the data is a [`Finding`] and the rest goes on; only input that cannot be trusted at all is
//! [`Refused`].

pub mod cim;
pub mod cmep;
pub mod csv;
mod detect;
pub mod determinant;
pub mod events_json;
pub mod green_button;
mod intervals;
pub mod nem12;
pub mod parquet;
mod pieces;
pub mod routes;
pub mod shape;
pub mod soap;
mod text;
pub mod xml;

use jiff::tz::TimeZone;
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::reading::{ChannelReadings, MessageHeader};
use smol_str::SmolStr;

pub use detect::{DETECT_BYTES, detect};

/// Where a reader tells what it found, in the order of the input.
pub trait Sink {
    /// An envelope or header was read.
    fn message(&mut self, header: &MessageHeader);
    /// Values of one channel; a long message yields many pieces.
    fn readings(&mut self, readings: &ChannelReadings);
    /// A device event.
    fn event(&mut self, event: &EndDeviceEvent);
    /// Something was wrong.
    fn finding(&mut self, finding: Finding);
}

/// The whole input is refused; what was told to the sink before must not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused: {0}")]
pub struct Refused(pub Finding);

/// A parser that is fed bytes in pieces of any size.
pub trait Reader {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Refused`] when nothing of the input can be trusted; the reader takes no more bytes then.
    fn push(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Refused>;

    /// Says that the input has ended.
    ///
    /// # Errors
    /// [`Refused`] when the end came where the format does not allow it and nothing can be trusted.
    fn finish(&mut self, sink: &mut dyn Sink) -> Result<(), Refused>;
}

/// The formats Amity reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// IEC 61968-9 MeterReadings and EndDeviceEvents, in an IEC 61968-100 envelope or bare.
    Cim,
    /// AEMO meter data file format, interval data.
    Nem12,
    /// AEMO meter data file format, accumulated data.
    Nem13,
    /// California Metering Exchange Protocol.
    Cmep,
    /// ESPI usage feed.
    GreenButton,
    /// Amity's own CSV (`docs/formats/csv.md`).
    Csv,
    /// Reads of meters that are visited once a month (`docs/formats/routes.md`).
    Routes,
    /// Device events in JSON (`docs/formats/events-json.md`).
    EventsJson,
}

impl Format {
    /// Every format, in the order people are told them.
    pub const ALL: [Self; 8] =
        [Self::Cim, Self::Nem12, Self::Nem13, Self::Cmep, Self::GreenButton, Self::Csv, Self::Routes, Self::EventsJson];

    /// The word people type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cim => "cim",
            Self::Nem12 => "nem12",
            Self::Nem13 => "nem13",
            Self::Cmep => "cmep",
            Self::GreenButton => "green-button",
            Self::Csv => "csv",
            Self::Routes => "routes",
            Self::EventsJson => "events-json",
        }
    }
}

/// What a reader cannot know from the bytes.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Zone of stamps without an offset. `None`: such stamps are a finding, never guessed.
    pub zone: Option<TimeZone>,
    /// Name of the usage point where the file itself names none (a CSV of `start,value`).
    pub usage_point: Option<SmolStr>,
    /// Unit where the file itself names none.
    pub unit: Option<SmolStr>,
}

/// A reader of a format.
pub fn reader(format: Format, options: &Options) -> Box<dyn Reader> {
    match format {
        Format::Cim => Box::new(cim::CimReader::new(options)),
        Format::Nem12 | Format::Nem13 => Box::new(nem12::NemReader::new(options)),
        Format::Cmep => Box::new(cmep::CmepReader::new(options)),
        Format::GreenButton => Box::new(green_button::GreenButtonReader::new(options)),
        Format::Csv => Box::new(csv::CsvReader::new(options)),
        Format::Routes => Box::new(routes::RoutesReader::new(options)),
        Format::EventsJson => Box::new(events_json::EventsJsonReader::new(options)),
    }
}
