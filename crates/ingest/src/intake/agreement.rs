//! What a message is held against beside the registry: what was agreed about the fields of its source.

use jiff::Timestamp;

use super::spool::Spooled;
use super::{Intake, IntakeError, Message};
use crate::inventory::ReadError;
use crate::schema::LOOK_BYTES;

impl Intake {
    /// Notes where the fields of a message are not as was agreed with its source.
    pub(super) fn hold_against_agreed(
        &mut self,
        message: &Message,
        spooled: &Spooled,
        now: Timestamp,
    ) -> Result<(), IntakeError> {
        let (Ok(format) | Err(ReadError { format: Some(format), .. })) = &spooled.survey else { return Ok(()) };
        if spooled.again {
            return Ok(());
        }
        let registry = &self.books.registry;
        let agreed = self.runtime.block_on(self.agreed.agreed(registry, &message.source, now))?;
        let Some(agreed) = agreed else { return Ok(()) };
        let found = agreed.differences(*format, &spooled.beginning(&self.books.raw, LOOK_BYTES)?);
        let hash = spooled.hash_text();
        Ok(self.runtime.block_on(agreed.note(registry, &message.source, &found, (&hash, now)))?)
    }
}
