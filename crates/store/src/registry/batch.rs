//! What was received and what became of it, for people who ask where a file went.
//!
//! Durability of readings does not rest on this list: the readings book keeps the source position in
//! the commit of the readings themselves.

use jiff::Timestamp;
use serde::Serialize;

use super::sql::{Database, Row, arguments};
use super::{Registry, RegistryError};

/// One batch that was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// Content hash, hexadecimal; the identity of the batch.
    pub hash: String,
    /// The source system or folder.
    pub source: String,
    /// The file as it was named, or the message id.
    pub path: String,
    /// Its format; `None` where none was recognised.
    pub format: Option<String>,
    /// Id of the raw bytes; empty where they were not kept.
    pub raw: String,
    /// Length of the raw bytes.
    pub bytes: u64,
    /// Readings stored.
    pub stored: u64,
    /// Readings that were there before, unchanged.
    pub duplicates: u64,
    /// Items put into quarantine.
    pub quarantined: u64,
    /// Findings in all.
    pub findings: u64,
    /// When it was received.
    pub received_at: Timestamp,
}

/// Totals over everything received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BatchTotals {
    /// Batches.
    pub batches: u64,
    /// Length of the raw bytes.
    pub bytes: u64,
    /// Readings stored.
    pub stored: u64,
    /// Readings that were there before, unchanged.
    pub duplicates: u64,
    /// Items put into quarantine.
    pub quarantined: u64,
    /// When the last batch was received.
    pub last_received_at: Option<Timestamp>,
}

/// The batches of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Batches<'r> {
    database: &'r Database,
}

impl Registry {
    /// What was received.
    pub fn batches(&self) -> Batches<'_> {
        Batches { database: &self.database }
    }
}

impl<'r> Batches<'r> {
    pub(super) fn database(&self) -> &'r Database {
        self.database
    }

    /// Notes a batch; where its hash is known the first note stays, unless nothing of it had been stored: then the counts
    /// become those of this one.
    ///
    /// Answers the note that now stands.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn add(&self, batch: &Batch) -> Result<Batch, RegistryError> {
        let mut transaction = self.database.begin().await?;
        let id = transaction.advance("batch", 1).await? + 1;
        let sql = "INSERT INTO batch (id, hash, source, path, format, raw, bytes, stored, duplicates, quarantined, \
                   findings, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                   ON CONFLICT (hash) DO UPDATE SET format = excluded.format, stored = excluded.stored, \
                   duplicates = excluded.duplicates, quarantined = excluded.quarantined, findings = excluded.findings \
                   WHERE batch.stored = 0 AND batch.duplicates = 0";
        let arguments = arguments![
            id,
            &*batch.hash,
            &*batch.source,
            &*batch.path,
            batch.format.as_deref(),
            &*batch.raw,
            batch.bytes,
            batch.stored,
            batch.duplicates,
            batch.quarantined,
            batch.findings,
            batch.received_at,
        ];
        transaction.execute(sql, arguments).await?;
        transaction.commit().await?;
        self.by_hash(&batch.hash)
            .await?
            .ok_or_else(|| RegistryError::NotFound { what: "batch", name: batch.hash.clone() })
    }

    /// The batch of a content hash.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn by_hash(&self, hash: &str) -> Result<Option<Batch>, RegistryError> {
        let row = self.database.row("SELECT * FROM batch WHERE hash = $1", arguments![hash]).await?;
        row.as_ref().map(batch).transpose()
    }

    /// The last batches, newest first, after leaving out the newest `skip`.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn newest(&self, skip: u32, limit: u32) -> Result<Vec<Batch>, RegistryError> {
        let sql = "SELECT * FROM batch ORDER BY id DESC LIMIT $2 OFFSET $1";
        self.database.rows(sql, arguments![skip, limit]).await?.iter().map(batch).collect()
    }

    /// Totals over all batches.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn totals(&self) -> Result<BatchTotals, RegistryError> {
        // PostgreSQL widens sums of BIGINT to NUMERIC.
        let sql = "SELECT count(*) AS batches, CAST(coalesce(sum(bytes), 0) AS BIGINT) AS bytes, \
                   CAST(coalesce(sum(stored), 0) AS BIGINT) AS stored, \
                   CAST(coalesce(sum(duplicates), 0) AS BIGINT) AS duplicates, \
                   CAST(coalesce(sum(quarantined), 0) AS BIGINT) AS quarantined, \
                   max(received_at) AS last_received_at FROM batch";
        let Some(row) = self.database.row(sql, arguments![]).await? else { return Ok(BatchTotals::default()) };
        Ok(BatchTotals {
            batches: row.number("batches")?,
            bytes: row.number("bytes")?,
            stored: row.number("stored")?,
            duplicates: row.number("duplicates")?,
            quarantined: row.number("quarantined")?,
            last_received_at: row.instant_or_null("last_received_at")?,
        })
    }
}

fn batch(row: &Row) -> Result<Batch, RegistryError> {
    Ok(Batch {
        hash: row.get("hash")?,
        source: row.get("source")?,
        path: row.get("path")?,
        format: row.get("format")?,
        raw: row.get("raw")?,
        bytes: row.number("bytes")?,
        stored: row.number("stored")?,
        duplicates: row.number("duplicates")?,
        quarantined: row.number("quarantined")?,
        findings: row.number("findings")?,
        received_at: row.instant("received_at")?,
    })
}
