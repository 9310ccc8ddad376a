//! What is taken in, and what its sender is answered.

use std::fmt;

use formats::{Format, Options};
use model::finding::{Finding, Severity};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::events::EventCounts;

/// What happens to readings of channels that the registry does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// They wait in quarantine.
    Quarantine,
    /// The channel is registered as the message describes it.
    Register,
}

/// A message or file to take in.
#[derive(Clone, Debug)]
pub struct Message {
    /// The source system or folder; positions and ownership are kept by it.
    pub source: String,
    /// The file or message as people know it.
    pub name: String,
    /// The format; recognised by content where `None`.
    pub format: Option<Format>,
    /// Zone name for stamps without an offset, and for channels registered from this message.
    pub zone: Option<SmolStr>,
    /// What the bytes do not say.
    pub options: Options,
    /// What happens to unknown channels.
    pub unknown: Unknown,
    /// Where its source goes on after it, kept in its commit; empty where the source has no order.
    pub position: String,
    /// Content hash, hexadecimal, of the message that this is a corrected copy of, or a copy of a copy: it ranks right after that one.
    pub replaces: Option<String>,
}

/// What was said of the bytes of a message beside them, in the words of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Format.
    pub format: Option<String>,
    /// Zone of stamps without an offset.
    pub zone: Option<String>,
    /// Usage point of a file that names none.
    pub usage_point: Option<String>,
    /// Unit of a file that names none.
    pub unit: Option<String>,
}

impl From<&Message> for Asked {
    fn from(message: &Message) -> Self {
        Self {
            format: message.format.map(|format| format.name().into()),
            zone: message.zone.as_ref().map(SmolStr::to_string),
            usage_point: message.options.usage_point.as_ref().map(SmolStr::to_string),
            unit: message.options.unit.as_ref().map(SmolStr::to_string),
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named =
            [("format", &self.format), ("zone", &self.zone), ("usage point", &self.usage_point), ("unit", &self.unit)];
        let said: Vec<_> =
            named.iter().filter_map(|(name, said)| said.as_ref().map(|said| format!("{name} `{said}`"))).collect();
        out.write_str(if said.is_empty() { "no options" } else { "" })?;
        out.write_str(&said.join(", "))
    }
}

/// What became of a message: the answer to its sender.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Content hash, hexadecimal; the identity of the message.
    pub hash: String,
    /// The format that was recognised.
    pub format: Option<String>,
    /// Whether any of it could be used.
    pub accepted: bool,
    /// Whether the same bytes were taken before and this is the first answer again.
    pub repeated: bool,
    /// Readings stored for the first time.
    pub stored: u64,
    /// Readings that were there before, unchanged.
    pub duplicates: u64,
    /// Readings that replaced an earlier version.
    pub replaced: u64,
    /// Readings of an older version than the one that was there; they are kept, and no received value that is current changes.
    /// Where a plan asks for V71 or V72, they are judged with the others.
    #[serde(default)]
    pub older: u64,
    /// Readings that wait in quarantine.
    pub quarantined: u64,
    /// Records, days, rows and readings that could not be read and wait in quarantine.
    #[serde(default)]
    pub malformed: u64,
    /// Device events; left out where there are none.
    #[serde(default, skip_serializing_if = "EventCounts::is_empty")]
    pub events: EventCounts,
    /// Channels registered from this message.
    pub registered: u64,
    /// What was said of the bytes beside them.
    #[serde(default)]
    pub asked: Asked,
    /// How many findings there are.
    pub findings_count: u64,
    /// The first findings.
    pub findings: Vec<ToldFinding>,
}

/// The code of the finding that tells of other options than the first time.
pub const OTHER_OPTIONS: &str = "options.other";

impl Receipt {
    /// Tells one who sends the same bytes with other options that these change nothing any more.
    pub(super) fn tell_other_options(&mut self, asked: &Asked) {
        if self.asked == *asked {
            return;
        }
        let message = format!(
            "these bytes were taken before with {}, now with {asked}: nothing is stored again; what waits of them gets in by \
             `amity quarantine replay`, with the options of the first time",
            self.asked
        );
        let finding = Finding::new(0, "options", OTHER_OPTIONS, message).with_severity(Severity::Warning);
        self.findings.insert(0, ToldFinding::from(&finding));
        self.findings_count += 1;
    }
}

/// A finding as a sender is told it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldFinding {
    /// One-based line of the input.
    pub line: u64,
    /// The field.
    pub field: String,
    /// Rule id or format code.
    pub code: String,
    /// `note`, `warning`, `error` or `refused`.
    pub severity: String,
    /// What was found, expected, and what to do.
    pub message: String,
}

impl From<&Finding> for ToldFinding {
    fn from(finding: &Finding) -> Self {
        Self {
            line: finding.line,
            field: finding.field.to_string(),
            code: finding.code.to_string(),
            severity: finding.severity.word().into(),
            message: finding.message.clone(),
        }
    }
}
