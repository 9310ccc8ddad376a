//! Items that were not admitted: kept with their reason until a person or a change of master data decides.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::sql::{Database, Row, arguments, text_enum};
use super::{Registry, RegistryError};

text_enum! {
    /// What became of a quarantined item.
    pub enum QuarantineState {
        /// Waits for a decision.
        Open = "open",
        /// Was admitted after all.
        Released = "released",
        /// A person decided against it.
        Dropped = "dropped",
    }
}

/// An item as ingest puts it away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuarantineEntry {
    /// Content hash of the batch, hexadecimal.
    pub batch: String,
    /// Position of the item in its batch; with `batch` it identifies the item for ever.
    pub item: u32,
    /// The source system or folder.
    pub source: String,
    /// Id of the raw bytes, for replay.
    pub raw: String,
    /// One-based line of the raw input; 0 where it has no lines.
    pub line: u64,
    /// The channel in the words of the message.
    pub channel: String,
    /// Stable reason code (`V04`, `malformed`).
    pub code: String,
    /// What tells items of one reason apart: the code of the reader that left something out. Empty where the reason says it
    /// all.
    pub cause: String,
    /// What was found and what was expected.
    pub message: String,
    /// What a person can do about it.
    pub advice: String,
    /// The whole finding as JSON.
    pub finding: String,
}

/// An item in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuarantineItem {
    /// Number by which people name it.
    pub id: u64,
    /// What was put away, with the reason of the last try.
    pub entry: QuarantineEntry,
    /// When it was first put away.
    pub first_seen: Timestamp,
    /// How often admission was tried.
    pub tries: u32,
    /// What became of it.
    pub state: QuarantineState,
    /// How its wait ended; `None` while it is open, and for items closed before this was kept.
    pub closing: Option<Closing>,
}

/// How the wait of an item ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// When.
    pub at: Timestamp,
    /// Who closed it; `None` where what was missing came.
    pub by: Option<String>,
    /// Why, as a code.
    pub reason: String,
    /// A few words more; empty where nothing was said.
    pub note: String,
    /// Content hash, hexadecimal, of the corrected copy of the message that took its place.
    pub replaced_by: Option<String>,
}

/// What of a source waits for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatched {
    /// The source.
    pub source: String,
    /// The reason.
    pub code: String,
    /// Of how many channels.
    pub channels: usize,
    /// What was told of one of them.
    pub message: String,
}

/// Which items to list, oldest first; `None` does not restrict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineFilter {
    /// Only items in this state.
    pub state: Option<QuarantineState>,
    /// Only items with this reason code.
    pub code: Option<String>,
    /// Only items of this source.
    pub source: Option<String>,
    /// Only items of this channel, in the words of the message.
    pub channel: Option<String>,
    /// Only items of the batch with this content hash.
    pub batch: Option<String>,
    /// Only items with a greater id: the last id of the page before.
    pub after: u64,
    /// Most items to return.
    pub limit: u32,
}

impl Default for QuarantineFilter {
    fn default() -> Self {
        Self { state: None, code: None, source: None, channel: None, batch: None, after: 0, limit: 100 }
    }
}

/// How many items wait for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuarantineCount {
    /// Reason code.
    pub code: String,
    /// State.
    pub state: QuarantineState,
    /// Items.
    pub items: u64,
}

/// The quarantine of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Quarantine<'r> {
    database: &'r Database,
}

impl Registry {
    /// Items that were not admitted.
    pub fn quarantine(&self) -> Quarantine<'_> {
        Quarantine { database: &self.database }
    }
}

impl Quarantine<'_> {
    /// Puts items away in one commit; items already there by `(batch, item)` stay as they are.
    ///
    /// Answers how many were new.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn add(&self, entries: &[QuarantineEntry], now: Timestamp) -> Result<u64, RegistryError> {
        let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
        let mut transaction = self.database.begin().await?;
        let first = transaction.advance("quarantine", count).await? + 1;
        let row = |(id, entry): (i64, &QuarantineEntry)| {
            arguments![
                id,
                &*entry.batch,
                entry.item,
                &*entry.source,
                &*entry.raw,
                entry.line,
                &*entry.channel,
                &*entry.code,
                &*entry.cause,
                &*entry.message,
                &*entry.advice,
                &*entry.finding,
                now,
                1_i64,
                QuarantineState::Open.as_str(),
            ]
        };
        let insert = "INSERT INTO quarantine (id, batch, item, source, raw, line, channel, code, cause, message, advice, \
                      finding, first_seen, tries, state)";
        let rows = (first..).zip(entries).map(row).collect();
        let added = transaction.insert_many(insert, rows, "ON CONFLICT (batch, item) DO NOTHING").await?;
        transaction.commit().await?;
        Ok(added)
    }

    /// The items that match, by ascending id.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn list(&self, filter: &QuarantineFilter) -> Result<Vec<QuarantineItem>, RegistryError> {
        let sql = "SELECT * FROM quarantine WHERE id > $1 AND ($2 IS NULL OR state = $2) AND ($3 IS NULL OR code = $3) \
                   AND ($4 IS NULL OR source = $4) AND ($5 IS NULL OR channel = $5) AND ($6 IS NULL OR batch = $6) \
                   ORDER BY id LIMIT $7";
        let state = filter.state.map(QuarantineState::as_str);
        let (code, source, channel) = (filter.code.as_deref(), filter.source.as_deref(), filter.channel.as_deref());
        let batch = filter.batch.as_deref();
        let arguments = arguments![filter.after, state, code, source, channel, batch, filter.limit];
        self.database.rows(sql, arguments).await?.iter().map(item).collect()
    }

    /// Every item of the batch with this content hash, whatever became of it, by ascending id.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn of_batch(&self, batch: &str) -> Result<Vec<QuarantineItem>, RegistryError> {
        let sql = "SELECT * FROM quarantine WHERE batch = $1 ORDER BY id";
        self.database.rows(sql, arguments![batch]).await?.iter().map(item).collect()
    }

    /// One item.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn get(&self, id: u64) -> Result<QuarantineItem, RegistryError> {
        let row = self.database.row("SELECT * FROM quarantine WHERE id = $1", arguments![id]).await?;
        row.as_ref().map(item).unwrap_or_else(|| Err(not_found(id)))
    }

    /// Ends the wait of open items in one commit; items that are not open stay as they are.
    ///
    /// Answers how many changed.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn close(&self, ids: &[u64], state: QuarantineState, closing: &Closing) -> Result<u64, RegistryError> {
        let closing = serde_json::to_string(closing).expect("a closing has only texts");
        let mut transaction = self.database.begin().await?;
        let mut changed = 0;
        for id in ids {
            let sql = "UPDATE quarantine SET state = $2, closing = $3 WHERE id = $1 AND state = 'open'";
            changed += transaction.execute(sql, arguments![*id, state.as_str(), &*closing]).await?;
        }
        transaction.commit().await?;
        Ok(changed)
    }

    /// Notes that an open item was tried again in vain, with the reason of this try.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where no open item has this id.
    pub async fn refused_again(&self, id: u64, entry: &QuarantineEntry) -> Result<(), RegistryError> {
        let sql = "UPDATE quarantine SET tries = tries + 1, code = $2, message = $3, advice = $4, finding = $5, \
                   channel = $6, line = $7, cause = $8 WHERE id = $1 AND state = 'open'";
        let arguments = arguments![
            id,
            &*entry.code,
            &*entry.message,
            &*entry.advice,
            &*entry.finding,
            &*entry.channel,
            entry.line,
            &*entry.cause,
        ];
        match self.database.execute(sql, arguments).await? {
            0 => Err(not_found(id)),
            _ => Ok(()),
        }
    }

    /// Items by reason and state, most first.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn counts(&self) -> Result<Vec<QuarantineCount>, RegistryError> {
        let sql = "SELECT code, state, count(*) AS items FROM quarantine GROUP BY code, state ORDER BY items DESC, code, state";
        let count = |row: &Row| {
            Ok(QuarantineCount { code: row.get("code")?, state: row.parsed("state")?, items: row.number("items")? })
        };
        self.database.rows(sql, arguments![]).await?.iter().map(count).collect()
    }

    /// Channels of which something waits since an instant or later for one of these reasons, by source and reason.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn mismatched(&self, codes: &[&str; 3], since: Timestamp) -> Result<Vec<Mismatched>, RegistryError> {
        let sql = "SELECT source, code, count(DISTINCT channel) AS channels, min(message) AS message FROM quarantine \
                   WHERE state = 'open' AND code IN ($1, $2, $3) AND $4 <= first_seen GROUP BY source, code \
                   ORDER BY source, code";
        let [first, second, third] = *codes;
        let mismatched = |row: &Row| {
            let (source, code) = (row.get("source")?, row.get("code")?);
            let channels: u64 = row.number("channels")?;
            Ok(Mismatched { source, code, channels: channels as usize, message: row.get("message")? })
        };
        let rows = self.database.rows(sql, arguments![first, second, third, since]).await?;
        rows.iter().map(mismatched).collect()
    }

    /// Open items of a source by reason, most first.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn open_of(&self, source: &str) -> Result<Vec<QuarantineCount>, RegistryError> {
        let sql = "SELECT code, count(*) AS items FROM quarantine WHERE state = 'open' AND source = $1 \
                   GROUP BY code ORDER BY items DESC, code";
        let state = QuarantineState::Open;
        let count = |row: &Row| Ok(QuarantineCount { code: row.get("code")?, state, items: row.number("items")? });
        self.database.rows(sql, arguments![source]).await?.iter().map(count).collect()
    }
}

fn not_found(id: u64) -> RegistryError {
    RegistryError::NotFound { what: "quarantine item", name: id.to_string() }
}

fn item(row: &Row) -> Result<QuarantineItem, RegistryError> {
    let closing: Option<String> = row.get("closing")?;
    Ok(QuarantineItem {
        id: row.number("id")?,
        entry: QuarantineEntry {
            batch: row.get("batch")?,
            item: row.number("item")?,
            source: row.get("source")?,
            raw: row.get("raw")?,
            line: row.number("line")?,
            channel: row.get("channel")?,
            code: row.get("code")?,
            cause: row.get("cause")?,
            message: row.get("message")?,
            advice: row.get("advice")?,
            finding: row.get("finding")?,
        },
        first_seen: row.instant("first_seen")?,
        tries: row.number("tries")?,
        state: row.parsed("state")?,
        closing: closing.map(|text| parse_closing(&text)).transpose()?,
    })
}

fn parse_closing(text: &str) -> Result<Closing, RegistryError> {
    serde_json::from_str(text).map_err(|_| RegistryError::Damaged { column: "closing", text: text.into() })
}
