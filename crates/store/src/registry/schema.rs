//! What was agreed with each source about the fields of its messages, who agreed, and what came in another way.
//!
//! A version is proposed, then accepted by as many other people as it needs, or rejected. Nothing is changed or removed.
//! What a shape says is read by `formats::shape`; here it is JSON. Sources: MOD-SCH, MOD-GOV1, MOD-GOV2.

use jiff::Timestamp;
use serde::Serialize;

use super::sql::{Database, Row, arguments, text_enum};
use super::{Registry, RegistryError};

text_enum! {
    /// What became of a version.
    pub enum SchemaState {
        /// It waits for people.
        Proposed = "proposed",
        /// It holds from its instant on.
        Accepted = "accepted",
        /// It never holds.
        Rejected = "rejected",
    }
}

text_enum! {
    /// What a person says of a version.
    pub enum Word {
        /// Let it hold.
        Approve = "approve",
        /// Let it never hold.
        Reject = "reject",
    }
}

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaProposal {
    /// Whose messages.
    pub source: String,
    /// Their shape.
    pub shape: serde_json::Value,
    /// From when on.
    pub effective_from: Timestamp,
    /// How many other people have to approve, one at least.
    pub approvals: u32,
    /// Who proposes.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What is different about the version that held.
    pub differences: serde_json::Value,
}

/// A version of what was agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SchemaVersion {
    /// Whose messages.
    pub source: String,
    /// From 1 on.
    pub version: u64,
    /// Their shape.
    #[serde(skip)]
    pub shape: serde_json::Value,
    /// From when on it holds, once accepted.
    pub effective_from: Timestamp,
    /// How many other people have to approve.
    pub approvals: u32,
    /// Who proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: Timestamp,
    /// Why.
    pub reason: String,
    /// What is different about the version that held.
    pub differences: serde_json::Value,
    /// What became of it.
    pub state: SchemaState,
    /// When it was accepted or rejected.
    pub settled_at: Option<Timestamp>,
    /// What people said of it, the earlier first.
    pub words: Vec<Said>,
}

/// What a person said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The person.
    pub by: String,
    /// The word.
    pub word: Word,
    /// In their words.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// A field that was not as agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SchemaDifference {
    /// Whose messages.
    pub source: String,
    /// Beside which version.
    pub version: u64,
    /// The field.
    pub path: String,
    /// `new`, `gone` or `kind`.
    pub what: String,
    /// In a sentence.
    pub detail: String,
    /// When it was seen first.
    pub first_seen: Timestamp,
    /// When it was seen last.
    pub last_seen: Timestamp,
    /// In how many messages.
    pub messages: u64,
    /// Content hash of the first of them.
    pub example: String,
}

/// A difference of one message: path, word, sentence.
pub type Found = (String, &'static str, String);

/// What was agreed with the sources of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Schemas<'r> {
    database: &'r Database,
}

impl Registry {
    /// What was agreed about the fields of messages.
    pub fn schemas(&self) -> Schemas<'_> {
        Schemas { database: &self.database }
    }
}

impl Schemas<'_> {
    /// Proposes a version; answers its number.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn propose(&self, proposal: &SchemaProposal, at: Timestamp) -> Result<u64, RegistryError> {
        let SchemaProposal { source, shape, effective_from, approvals, by, reason, differences } = proposal;
        let mut transaction = self.database.begin().await?;
        // Moves first, so that two who propose at once get two numbers.
        transaction.advance("schema", 1).await?;
        let sql = "SELECT COALESCE(MAX(version), 0) AS last FROM schema_version WHERE source = $1";
        let rows = transaction.rows(sql, arguments![source.as_str()]).await?;
        let version = rows.first().map_or(Ok(0), |row| row.number::<u64>("last"))? + 1;
        let sql = "INSERT INTO schema_version (source, version, shape, effective_from, approvals, proposed_by, \
                   proposed_at, reason, differences, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let arguments = arguments![
            source.as_str(),
            version,
            shape.to_string(),
            *effective_from,
            *approvals,
            by.as_str(),
            at,
            reason.as_str(),
            differences.to_string(),
            SchemaState::Proposed.as_str(),
        ];
        transaction.execute(sql, arguments).await?;
        transaction.commit().await?;
        Ok(version)
    }

    /// Takes what a person says of a proposed version, once; answers what became of the version. A word on one that is settled
    /// changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`], [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn say(&self, source: &str, version: u64, said: &Said) -> Result<SchemaState, RegistryError> {
        let mut transaction = self.database.begin().await?;
        transaction.advance("schema", 1).await?;
        let key = || arguments![source, version];
        let sql = "SELECT * FROM schema_version WHERE source = $1 AND version = $2";
        let rows = transaction.rows(sql, key()).await?;
        let name = || format!("{source} version {version}");
        let row = rows.first().ok_or_else(|| RegistryError::NotFound { what: "schema", name: name() })?;
        let state: SchemaState = row.parsed("state")?;
        if state != SchemaState::Proposed {
            return Ok(state);
        }
        let sql = "INSERT INTO schema_word (source, version, person, word, note, said_at) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        let word = arguments![source, version, said.by.as_str(), said.word.as_str(), said.note.as_str(), said.at];
        transaction.execute(sql, word).await?;
        let sql = "SELECT word FROM schema_word WHERE source = $1 AND version = $2";
        let words = transaction.rows(sql, key()).await?;
        let words = words.iter().map(|row| row.parsed("word")).collect::<Result<Vec<Word>, _>>()?;
        let needed: usize = row.number("approvals")?;
        let settled = match () {
            () if words.contains(&Word::Reject) => SchemaState::Rejected,
            () if needed <= words.len() => SchemaState::Accepted,
            () => SchemaState::Proposed,
        };
        if settled != SchemaState::Proposed {
            let sql = "UPDATE schema_version SET state = $3, settled_at = $4 WHERE source = $1 AND version = $2";
            transaction.execute(sql, arguments![source, version, settled.as_str(), said.at]).await?;
        }
        transaction.commit().await?;
        Ok(settled)
    }

    /// The version that holds for a source at an instant.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn in_force(&self, source: &str, at: Timestamp) -> Result<Option<SchemaVersion>, RegistryError> {
        let sql = "SELECT * FROM schema_version WHERE source = $1 AND state = $2 AND effective_from <= $3 \
                   ORDER BY effective_from DESC, version DESC LIMIT 1";
        let row = self.database.row(sql, arguments![source, SchemaState::Accepted.as_str(), at]).await?;
        row.as_ref().map(|row| version(row, &[])).transpose()
    }

    /// Moves with every version and word.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn revision(&self) -> Result<u64, RegistryError> {
        let row = self.database.row("SELECT value FROM counter WHERE name = 'schema'", arguments![]).await?;
        row.map_or(Ok(0), |row| row.number("value"))
    }

    /// Every version, by source and number, with what people said.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn all(&self) -> Result<Vec<SchemaVersion>, RegistryError> {
        let words = self.database.rows("SELECT * FROM schema_word ORDER BY said_at, person", arguments![]).await?;
        let versions = "SELECT * FROM schema_version ORDER BY source, version";
        self.database.rows(versions, arguments![]).await?.iter().map(|row| version(row, &words)).collect()
    }

    /// Notes what was different about a message; answers which differences nobody had seen yet, by their places.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn note(
        &self,
        (source, version): (&str, u64),
        found: &[Found],
        (example, at): (&str, Timestamp),
    ) -> Result<Vec<usize>, RegistryError> {
        let mut transaction = self.database.begin().await?;
        let mut new = Vec::new();
        for (place, (path, what, detail)) in found.iter().enumerate() {
            let update = "UPDATE schema_difference SET messages = messages + 1, last_seen = $5 \
                          WHERE source = $1 AND version = $2 AND path = $3 AND what = $4";
            let key = arguments![source, version, path.as_str(), *what, at];
            if transaction.execute(update, key).await? == 0 {
                let insert = "INSERT INTO schema_difference (source, version, path, what, detail, first_seen, \
                              last_seen, messages, example) VALUES ($1, $2, $3, $4, $5, $6, $6, 1, $7)";
                let row = arguments![source, version, path.as_str(), *what, detail.as_str(), at, example];
                transaction.execute(insert, row).await?;
                new.push(place);
            }
        }
        transaction.commit().await?;
        Ok(new)
    }

    /// What was different, the latest first.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn differences(&self, limit: u32) -> Result<Vec<SchemaDifference>, RegistryError> {
        let sql = "SELECT * FROM schema_difference ORDER BY last_seen DESC, source, path LIMIT $1";
        self.database.rows(sql, arguments![limit]).await?.iter().map(difference).collect()
    }
}

fn version(row: &Row, words: &[Row]) -> Result<SchemaVersion, RegistryError> {
    let (source, number): (String, u64) = (row.get("source")?, row.number("version")?);
    let mut said = Vec::new();
    for word in words {
        if word.get::<String>("source")? == source && word.number::<u64>("version")? == number {
            let (by, note) = (word.get("person")?, word.get("note")?);
            said.push(Said { by, word: word.parsed("word")?, note, at: word.instant("said_at")? });
        }
    }
    Ok(SchemaVersion {
        source,
        version: number,
        shape: row.parsed("shape")?,
        effective_from: row.instant("effective_from")?,
        approvals: row.number("approvals")?,
        proposed_by: row.get("proposed_by")?,
        proposed_at: row.instant("proposed_at")?,
        reason: row.get("reason")?,
        differences: row.parsed("differences")?,
        state: row.parsed("state")?,
        settled_at: row.instant_or_null("settled_at")?,
        words: said,
    })
}

fn difference(row: &Row) -> Result<SchemaDifference, RegistryError> {
    Ok(SchemaDifference {
        source: row.get("source")?,
        version: row.number("version")?,
        path: row.get("path")?,
        what: row.get("what")?,
        detail: row.get("detail")?,
        first_seen: row.instant("first_seen")?,
        last_seen: row.instant("last_seen")?,
        messages: row.number("messages")?,
        example: row.get("example")?,
    })
}
