//! What is taken in, and what its sender is answered.

use formats::{Format, Options};
use model::finding::Finding;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

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
    /// Readings that wait in quarantine.
    pub quarantined: u64,
    /// Channels registered from this message.
    pub registered: u64,
    /// How many findings there are.
    pub findings_count: u64,
    /// The first findings.
    pub findings: Vec<ToldFinding>,
}

/// A finding as a sender is told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
