//! What was wrong with data: where, what was expected, what to do.
//!
//! A fault in the data is not an error of the program: readers return every finding and go on
//! with the rest of the batch where that is safe.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use smol_str::SmolStr;

use crate::reading::ChannelKey;

/// How much of the input a finding costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing was lost.
    Note,
    /// Accepted, but someone should look.
    Warning,
    /// One item (record, value, event) was not accepted; its neighbours were.
    Error,
    /// The whole message or file was refused.
    Refused,
}

impl Severity {
    /// The word in answers: `note`, `warning`, `error`, `refused`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Refused => "refused",
        }
    }
}

/// One fault in incoming data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// One-based line of the input; 0 where the input has no lines.
    pub line: u64,
    /// Byte offset from the start of the input.
    pub offset: u64,
    /// The field or element, in the words of the format (`IntervalLength`, `timeStamp`).
    pub field: SmolStr,
    /// A stable code: a rule id (`V10`), or a code of the format (`nem12.interval_count`).
    pub code: SmolStr,
    /// How much was lost.
    pub severity: Severity,
    /// What was found, what was expected and what to do, in one sentence.
    pub message: String,
    /// What was left out because of it, where the reader knows; it tells whether the same comes again.
    #[serde(skip)]
    pub left_out: Option<Box<LeftOut>>,
    /// The flag that the reader does not know; a status map that is bound to the source may.
    #[serde(skip)]
    pub unknown_flag: Option<Box<SmolStr>>,
}

/// Values that a faulty item would have given: of one channel, over `[from, to)`; a read at a moment is its second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The channel in the words of the message.
    pub channel: ChannelKey,
    /// First instant.
    pub from: Timestamp,
    /// One past the last instant.
    pub to: Timestamp,
}

impl Finding {
    /// A finding at a place; severity `Error` until [`Finding::with_severity`] says otherwise.
    pub fn new(line: u64, field: impl Into<SmolStr>, code: impl Into<SmolStr>, message: impl Into<String>) -> Self {
        Self {
            line,
            offset: 0,
            field: field.into(),
            code: code.into(),
            severity: Severity::Error,
            message: message.into(),
            left_out: None,
            unknown_flag: None,
        }
    }

    /// The same finding with another severity.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same finding, of an item that would have given values of `channel` over `[from, to)` in epoch seconds. Beyond the
    /// years that can be stored nothing is noted.
    #[must_use]
    pub fn leaving_out(mut self, channel: &ChannelKey, (from, to): (i64, i64)) -> Self {
        if let (Ok(from), Ok(to)) = (Timestamp::from_second(from), Timestamp::from_second(to)) {
            self.left_out = Some(Box::new(LeftOut { channel: channel.clone(), from, to }));
        }
        self
    }

    /// The same finding, of a flag that the reader does not know.
    #[must_use]
    pub fn of_unknown_flag(mut self, flag: &str) -> Self {
        self.unknown_flag = Some(Box::new(flag.into()));
        self
    }

    /// The same finding at a byte offset.
    #[must_use]
    pub fn at_offset(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line != 0 {
            write!(f, "line {}, ", self.line)?;
        }
        write!(f, "{}: {} [{}]", self.field, self.message, self.code)
    }
}
