//! A corrected copy of a message, handed in by a person in the place of the one that waits.
//!
//! The copy is a message of its own: its bytes are kept beside the original's, which never change, and its name says in
//! the history of messages whom they come from. It must have every channel that could be read of the original. It ranks right after the original, so that nothing that came since is undone.

use std::collections::HashSet;
use std::io::{self, Read};

use jiff::Timestamp;
use model::finding::Finding;
use model::review::Refusal;
use serde::Serialize;
use store::registry::RegistryError;
use store::registry::quarantine::{Closing, QuarantineEntry, QuarantineItem, QuarantineState};

use crate::intake::{Intake, IntakeError, Message, Receipt, Unknown};
use crate::inventory::Inventory;
use crate::quarantine::message_of;
use crate::review::person;

/// Who hands a copy in, and why.
#[derive(Clone, Copy, Debug)]
pub struct Correction<'a> {
    /// The copy as people know it.
    pub name: &'a str,
    /// The person.
    pub by: &'a str,
    /// What was corrected, and from where that is known.
    pub note: &'a str,
}

/// What became of a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Corrected {
    /// The answer to the copy.
    pub receipt: Receipt,
    /// Items that it took the place of: the one that was named, and those that it has too.
    pub closed: u64,
}

/// Why a copy was not taken; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CorrectionError {
    /// Who hands it in has to change something.
    #[error(transparent)]
    Asked(#[from] Refusal),
    /// The copy cannot be used.
    #[error("the copy cannot be used: {0}")]
    Unusable(Finding),
    /// It could not be read.
    #[error("could not read the copy")]
    Read(#[source] io::Error),
    /// It could not be taken.
    #[error(transparent)]
    Intake(#[from] IntakeError),
}

impl From<RegistryError> for CorrectionError {
    fn from(error: RegistryError) -> Self {
        Self::Intake(error.into())
    }
}

/// Takes a corrected copy of the message of an open item, read as that one was, and closes the item once it is durable.
/// `open` gives its bytes from the beginning, each time.
///
/// Safe to send again: the same copy is not stored twice.
///
/// # Errors
/// [`CorrectionError`]; the item goes on waiting.
pub fn correct<'b>(
    intake: &mut Intake,
    item: &QuarantineItem,
    correction: Correction<'_>,
    open: &dyn Fn() -> io::Result<Box<dyn Read + 'b>>,
    (unknown, now): (Unknown, Timestamp),
) -> Result<Corrected, CorrectionError> {
    let by = person("by", correction.by)?;
    let note = correction.note.trim();
    if note.is_empty() {
        return Err(invalid("note", "say in a few words what was corrected, and from where that is known"));
    }
    if item.state != QuarantineState::Open {
        return Err(Refusal::Conflict(format!("item {} is {} already", item.id, item.state)).into());
    }
    let mut hasher = blake3::Hasher::new();
    let mut bytes = open().map_err(CorrectionError::Read)?;
    io::copy(&mut bytes, &mut hasher).map_err(CorrectionError::Read)?;
    if *hasher.finalize().to_hex() == *item.entry.batch {
        return Err(invalid("copy", "these are the bytes that wait; correct them first, or replay the item"));
    }
    let message = copy_of(message_of(item, unknown), &item.entry, correction.name, by);
    let held = Inventory::of(&mut open().map_err(CorrectionError::Read)?, message.format, &message.options);
    if let (false, Some(finding)) = (held.accepted, held.findings.last()) {
        return Err(CorrectionError::Unusable(finding.clone()));
    }
    if held.channels.is_empty() {
        return Err(invalid("copy", "expected the message with readings, found none in it"));
    }
    if let Some(channel) = lacks(intake, item, &message, &held)? {
        return Err(invalid(
            "copy",
            &format!("it lacks `{channel}`, which the message that waits has; hand in the whole of it"),
        ));
    }
    let receipt = intake.take(&message, &mut open().map_err(CorrectionError::Read)?, now)?;
    let closing = Closing {
        at: now,
        by: Some(by.into()),
        reason: "corrected".into(),
        note: note.into(),
        replaced_by: Some(receipt.hash.clone()),
    };
    let closed = intake.close_replaced(item, &receipt.hash, &closing)?;
    Ok(Corrected { receipt, closed })
}

/// A channel that could be read of the message that waits, and that its copy does not have.
fn lacks(
    intake: &Intake,
    item: &QuarantineItem,
    message: &Message,
    copy: &Inventory,
) -> Result<Option<String>, IntakeError> {
    let raw = item.entry.raw.parse().map_err(IntakeError::RawId)?;
    let mut bytes = intake.books().raw.read(raw).map_err(IntakeError::Raw)?;
    let original = Inventory::of(&mut bytes, message.format, &message.options);
    let has = |label: &String| copy.channels.iter().any(|channel| channel.label == *label);
    Ok(original.channels.into_iter().map(|channel| channel.label).find(|label| !has(label)))
}

fn invalid(field: &'static str, detail: &str) -> CorrectionError {
    Refusal::Invalid { field, detail: detail.into() }.into()
}

fn copy_of(original: Message, entry: &QuarantineEntry, name: &str, by: &str) -> Message {
    Message {
        name: format!("{name}, corrected by {by}, in place of {}", original.name),
        // A copy of a copy stands in the place of the first message.
        replaces: original.replaces.or_else(|| Some(entry.batch.clone())),
        ..original
    }
}

impl Intake {
    /// Closes an item, and with it what else could not be read of its message, for the copy was read in its place, and what the
    /// copy has too: both wait with the copy where they still have to.
    fn close_replaced(&self, item: &QuarantineItem, copy: &str, closing: &Closing) -> Result<u64, CorrectionError> {
        let registry = &self.books().registry;
        Ok(self.wait_for(async {
            let quarantine = registry.quarantine();
            let in_copy = quarantine.of_batch(copy).await?;
            let in_copy: HashSet<_> = in_copy.iter().map(|item| (&item.entry.code, &item.entry.channel)).collect();
            let is_replaced = |other: &&QuarantineItem| {
                let QuarantineEntry { code, channel, cause, .. } = &other.entry;
                other.id == item.id || !cause.is_empty() || in_copy.contains(&(code, channel))
            };
            let of_message = quarantine.of_batch(&item.entry.batch).await?;
            let ids: Vec<u64> = of_message.iter().filter(is_replaced).map(|item| item.id).collect();
            quarantine.close(&ids, QuarantineState::Released, closing).await
        })?)
    }
}
