//! How collecting from head-ends went: attempts in a row that ended alike are one entry, so that the log of an hour is short
//! however often a head-end is asked (Ontario 2.10.2 item 5).

use jiff::Timestamp;
use serde::Serialize;

use super::sql::{Database, Row, arguments, text_enum};
use super::{Registry, RegistryError};

/// Entries kept for each head-end.
pub const ENTRIES_KEPT: u32 = 20_000;
/// How often those that are too many are looked for, in entries.
const TRIM_EVERY: u64 = 64;

text_enum! {
    /// How an attempt ended.
    pub enum AttemptOutcome {
        /// The head-end answered; what it gave, if anything, is stored.
        Answered = "answered",
        /// What it gave could not be used and waits in quarantine.
        NotUsable = "not_usable",
        /// It asked to wait.
        Waiting = "waiting",
        /// It could not be reached or failed.
        Down = "down",
        /// It refused what it was asked.
        Refused = "refused",
        /// What it gave could not be stored.
        NotStored = "not_stored",
    }
}

/// Attempts in a row that ended alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// The head-end.
    pub head_end: String,
    /// How each of them ended.
    pub outcome: AttemptOutcome,
    /// Why; empty where nothing went wrong.
    pub why: String,
    /// The last delivery they brought; empty where they brought none.
    pub delivery: String,
    /// The first of them.
    pub first_at: Timestamp,
    /// The last of them.
    pub last_at: Timestamp,
    /// How many there were.
    pub attempts: u64,
    /// How many deliveries they brought.
    pub deliveries: u64,
}

/// The log of attempts of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Attempts<'r> {
    database: &'r Database,
}

impl Registry {
    /// How collecting from head-ends went.
    pub fn attempts(&self) -> Attempts<'_> {
        Attempts { database: &self.database }
    }
}

impl Attempts<'_> {
    /// Begins an entry, and drops the oldest of its head-end beyond [`ENTRIES_KEPT`]; answers its number.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn begin(&self, attempt: &Attempt) -> Result<u64, RegistryError> {
        let mut transaction = self.database.begin().await?;
        let id = transaction.advance("attempt", 1).await? + 1;
        let sql = "INSERT INTO collection_attempt (id, head_end, outcome, why, delivery, first_at, last_at, attempts, \
                   deliveries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let Attempt { head_end, outcome, why, delivery, first_at, last_at, attempts, deliveries } = attempt;
        let arguments = arguments![
            id,
            &**head_end,
            outcome.as_str(),
            &**why,
            &**delivery,
            *first_at,
            *last_at,
            *attempts,
            *deliveries
        ];
        transaction.execute(sql, arguments).await?;
        let id = id.unsigned_abs();
        if id.is_multiple_of(TRIM_EVERY) {
            let sql = "DELETE FROM collection_attempt WHERE head_end = $1 AND id <= (SELECT id FROM collection_attempt \
                       WHERE head_end = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)";
            transaction.execute(sql, arguments![&**head_end, ENTRIES_KEPT]).await?;
        }
        transaction.commit().await?;
        Ok(id)
    }

    /// Says of an entry how far it goes by now.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn go_on(&self, id: u64, attempt: &Attempt) -> Result<(), RegistryError> {
        let sql =
            "UPDATE collection_attempt SET delivery = $2, last_at = $3, attempts = $4, deliveries = $5 WHERE id = $1";
        let Attempt { delivery, last_at, attempts, deliveries, .. } = attempt;
        let arguments = arguments![id, &**delivery, *last_at, *attempts, *deliveries];
        self.database.execute(sql, arguments).await.map(drop)
    }

    /// The entries with an attempt in `[start, end)`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn between(&self, start: Timestamp, end: Timestamp, limit: u32) -> Result<Vec<Attempt>, RegistryError> {
        let sql = "SELECT * FROM collection_attempt WHERE $1 <= last_at AND first_at < $2 ORDER BY id LIMIT $3";
        self.database.rows(sql, arguments![start, end, limit]).await?.iter().map(attempt).collect()
    }

    /// The last entry of each head-end by its name.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn last(&self) -> Result<Vec<Attempt>, RegistryError> {
        let sql = "SELECT * FROM collection_attempt WHERE id IN \
                   (SELECT max(id) FROM collection_attempt GROUP BY head_end) ORDER BY head_end";
        self.database.rows(sql, arguments![]).await?.iter().map(attempt).collect()
    }
}

fn attempt(row: &Row) -> Result<Attempt, RegistryError> {
    Ok(Attempt {
        head_end: row.get("head_end")?,
        outcome: row.parsed("outcome")?,
        why: row.get("why")?,
        delivery: row.get("delivery")?,
        first_at: row.instant("first_at")?,
        last_at: row.instant("last_at")?,
        attempts: row.number("attempts")?,
        deliveries: row.number("deliveries")?,
    })
}
