//! What messages of IEC 61968-100 say of themselves, with or without SOAP around them: questions, answers, and messages that
//! are pushed.
//!
//! The readings and events inside are read by [`crate::cim`], which passes over SOAP by itself; here are only the parts that two
//! systems need to talk: header, request, reply, and the fault of SOAP. Elements are matched by local name.
//!
//! - [`read`]: a message without its payload; [`write`]: questions, and replies to what was pushed.

mod read;
mod write;

use jiff::Timestamp;
use model::reading::MessageHeader;
use model::time::TimeRange;
use smol_str::SmolStr;

pub use crate::determinant::{Reply, ReplyError, ReplyResult};
pub use read::read;
pub use write::{wrap, write_control, write_fault, write_question, write_reply};

/// A version of SOAP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// SOAP 1.1.
    #[default]
    V11,
    /// SOAP 1.2.
    V12,
}

impl Version {
    /// The namespace of its envelope.
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::V11 => "http://schemas.xmlsoap.org/soap/envelope/",
            Self::V12 => "http://www.w3.org/2003/05/soap-envelope",
        }
    }

    /// The media type of its messages.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::V11 => "text/xml; charset=utf-8",
            Self::V12 => "application/soap+xml; charset=utf-8",
        }
    }
}

/// A message without its payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The envelope around it, where there is one.
    pub soap: Option<Version>,
    /// The root of the message, without SOAP and prefix: `ResponseMessage`, `CreatedMeterReadings`; empty for a fault of SOAP.
    pub root: SmolStr,
    /// Its header; fields that it has not are empty.
    pub header: MessageHeader,
    /// Which message it answers.
    pub correlation: SmolStr,
    /// What it says of the message it answers.
    pub reply: Option<Reply>,
    /// From when to when it asks.
    pub request: Option<TimeRange>,
    /// Devices it asks about, or that a control is for, by name; all where there is none.
    pub devices: Vec<SmolStr>,
    /// The type of the control that it orders.
    pub control: Option<SmolStr>,
    /// Whether it has a payload.
    pub has_payload: bool,
    /// Why the transport failed, in the words of SOAP.
    pub fault: Option<Fault>,
}

/// A fault of SOAP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Its code without a prefix: `Client`, `Server`, `Sender`, `Receiver`.
    pub code: SmolStr,
    /// Its reason.
    pub reason: String,
}

impl Fault {
    /// Whether the one who asked has to change something.
    pub fn is_of_sender(&self) -> bool {
        !matches!(self.code.as_str(), "Server" | "Receiver")
    }
}

/// A question to a head-end: what it has of some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// `MeterReadings` or `EndDeviceEvents`.
    pub noun: &'a str,
    /// Its MessageID; the answer is correlated with it.
    pub id: &'a str,
    /// When it is asked.
    pub at: Timestamp,
    /// From when to when; what is there now where there is none.
    pub window: Option<TimeRange>,
    /// Devices by the names that the head-end uses; all where there is none.
    pub devices: &'a [SmolStr],
}

/// An order to devices: what they are to do at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control<'a> {
    /// Its MessageID; the answer is correlated with it.
    pub id: &'a str,
    /// When it is ordered.
    pub at: Timestamp,
    /// The EndDeviceControlType: `3.1.17.46`.
    pub control_type: &'a str,
    /// Devices by the names that the head-end uses.
    pub devices: &'a [SmolStr],
}
