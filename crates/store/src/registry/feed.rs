//! What is known of the feeds of head-ends, and how the stamps of their events are corrected.

use jiff::Timestamp;
use serde_json::Value;

use super::sql::{Database, Row, arguments};
use super::{Registry, RegistryError};

/// By how much stamps of a head-end's events are corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockCorrection {
    /// The head-end.
    pub head_end: String,
    /// The first stamp that it holds for, by the clock that is corrected.
    pub stamps_from: Timestamp,
    /// Milliseconds that the clock is ahead.
    pub milliseconds: i64,
    /// When it was decided.
    pub decided_at: Timestamp,
}

/// The feeds of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Feeds<'r> {
    database: &'r Database,
}

impl Registry {
    /// What is known of the feeds of head-ends.
    pub fn feeds(&self) -> Feeds<'_> {
        Feeds { database: &self.database }
    }
}

impl Feeds<'_> {
    /// Keeps what was seen of a feed in place of what was kept before.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn keep(&self, head_end: &str, seen: &Value, now: Timestamp) -> Result<(), RegistryError> {
        let sql = "INSERT INTO head_end_feed (head_end, seen, kept_at) VALUES ($1, $2, $3) ON CONFLICT (head_end) \
                   DO UPDATE SET seen = excluded.seen, kept_at = excluded.kept_at";
        self.database.execute(sql, arguments![head_end, seen.to_string(), now]).await.map(drop)
    }

    /// What was kept of every feed, by name.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn all(&self) -> Result<Vec<(String, Value)>, RegistryError> {
        let sql = "SELECT head_end, seen FROM head_end_feed ORDER BY head_end";
        let rows = self.database.rows(sql, arguments![]).await?;
        rows.iter().map(|row| Ok((row.get("head_end")?, row.parsed("seen")?))).collect()
    }

    /// Keeps a correction; one that is there for the same stamp stays.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn correct(&self, correction: &ClockCorrection) -> Result<(), RegistryError> {
        let ClockCorrection { head_end, stamps_from, milliseconds, decided_at } = correction;
        let sql = "INSERT INTO clock_correction (head_end, stamps_from, milliseconds, decided_at) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT (head_end, stamps_from) DO NOTHING";
        self.database.execute(sql, arguments![&**head_end, *stamps_from, *milliseconds, *decided_at]).await.map(drop)
    }

    /// Every correction, by head-end and the stamps that it holds from.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn corrections(&self) -> Result<Vec<ClockCorrection>, RegistryError> {
        let sql = "SELECT * FROM clock_correction ORDER BY head_end, stamps_from";
        self.database.rows(sql, arguments![]).await?.iter().map(correction).collect()
    }
}

fn correction(row: &Row) -> Result<ClockCorrection, RegistryError> {
    Ok(ClockCorrection {
        head_end: row.get("head_end")?,
        stamps_from: row.instant("stamps_from")?,
        milliseconds: row.get("milliseconds")?,
        decided_at: row.instant("decided_at")?,
    })
}
