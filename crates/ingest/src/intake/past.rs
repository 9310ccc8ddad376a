//! What is known of bytes from earlier: the answer that was given, what of them is stored, what waits of them.

use super::keys::{attempt_key, older_key};
use super::outcome::Earlier;
use super::spool::Spooled;
use super::{Asked, Intake, IntakeError, Message, Receipt};

impl Intake {
    /// The answer of the first time: to these bytes where any of them could be used, else to the same question.
    pub(super) fn first_answer(&self, message: &Message, hash: &[u8; 32]) -> Result<Option<Receipt>, IntakeError> {
        let readings = &self.books.readings;
        let answer = match readings.answer_for(hash).map_err(IntakeError::Readings)? {
            None => readings.answer_for(&attempt_key(message, hash)).map_err(IntakeError::Readings)?,
            answer => answer,
        };
        let Some(answer) = answer else { return Ok(None) };
        let Ok(mut receipt) = serde_json::from_slice::<Receipt>(&answer) else { return Ok(None) };
        receipt.repeated = true;
        let admitted = std::mem::take(&mut receipt.replaced);
        if let Some(noted) = self.runtime.block_on(self.books.registry.batches().by_hash(&receipt.hash))? {
            (receipt.stored, receipt.duplicates) = (noted.stored, noted.duplicates);
            let older = readings.answer_for(&older_key(hash)).map_err(IntakeError::Readings)?;
            receipt.older = older.and_then(|older| serde_json::from_slice(&older).ok()).unwrap_or_default();
            receipt.replaced = admitted.saturating_sub(noted.stored + noted.duplicates + receipt.older);
        }
        receipt.tell_other_options(&Asked::from(message));
        Ok(Some(receipt))
    }

    /// What is known of the bytes from earlier. A corrected copy ranks as if it had come right after what it replaces, so that
    /// it undoes nothing that came since.
    pub(super) fn earlier(&self, message: &Message, spooled: &Spooled) -> Result<Earlier, IntakeError> {
        let mut earlier = self.known(&spooled.hash)?;
        let replaced = message.replaces.as_ref().and_then(|hash| blake3::Hash::from_hex(hash).ok());
        if let Some(replaced) = replaced
            && let Some(received_at) = self.known(replaced.as_bytes())?.first_received_at
        {
            earlier.first_received_at = Some(received_at.saturating_add(1));
        }
        Ok(earlier)
    }

    /// Whether any of the bytes with this content hash, hexadecimal, was stored, or nothing was wrong with them.
    pub(crate) fn is_stored(&self, hash: &str) -> Result<bool, IntakeError> {
        let Ok(hash) = blake3::Hash::from_hex(hash) else { return Ok(false) };
        Ok(self.books.readings.received_at(hash.as_bytes()).map_err(IntakeError::Readings)?.is_some())
    }

    fn known(&self, hash: &[u8; 32]) -> Result<Earlier, IntakeError> {
        let received_at = self.books.readings.received_at(hash).map_err(IntakeError::Readings)?;
        let hash = blake3::Hash::from_bytes(*hash).to_hex();
        let items = self.runtime.block_on(self.books.registry.quarantine().of_batch(&hash))?;
        let first_seen = items.iter().map(|item| item.first_seen.as_microsecond()).min();
        Ok(Earlier { is_stored: received_at.is_some(), first_received_at: received_at.or(first_seen), items })
    }
}
