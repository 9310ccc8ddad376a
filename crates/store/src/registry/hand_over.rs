//! What was handed over to the repository and what it answered, and what came from it (Ontario 2.6, 2.9, 2.10.2 items 3 to 5).

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use smol_str::SmolStr;

use super::sql::{Database, Row, arguments, text_enum};
use super::{Registry, RegistryError};

text_enum! {
    /// What a file holds.
    pub enum HandedOver {
        /// The register reads of a local day.
        Reads = "reads",
        /// Account information: everything at first, then what changed.
        Accounts = "accounts",
        /// Changes of account information that came from the repository, with whether they were applied.
        Changes = "changes",
    }
}

text_enum! {
    /// What the repository said of a file.
    pub enum Answered {
        /// It took it, but for the entries that it names.
        Accepted = "accepted",
        /// It took nothing of it.
        Refused = "refused",
    }
}

/// A file that was handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandOver {
    /// What it holds.
    pub kind: HandedOver,
    /// Its name, by which the repository answers.
    pub name: String,
    /// The local day of its reads.
    pub date: Option<Date>,
    /// The hash of its bytes (SHA-256, hexadecimal).
    pub hash: String,
    /// How many entries it has.
    pub entries: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// What the repository said and when; `None` while it did not.
    pub answer: Option<Answer>,
}

/// An answer of the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// When it was taken in.
    pub at: Timestamp,
    /// What it says of the file.
    pub answered: Answered,
    /// Why; empty where nothing was said.
    pub why: String,
}

/// What the repository did not take of what it was told last of a usage point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedAccount {
    /// The usage point.
    pub usage_point: SmolStr,
    /// The file.
    pub file: String,
    /// When the file was made.
    pub made_at: Timestamp,
    /// Why it did not take it.
    pub why: String,
}

/// Hand-overs of a registry.
#[derive(Clone, Copy, Debug)]
pub struct HandOvers<'r> {
    database: &'r Database,
}

impl Registry {
    /// What was handed over to the repository.
    pub fn hand_overs(&self) -> HandOvers<'_> {
        HandOvers { database: &self.database }
    }
}

impl HandOvers<'_> {
    /// Notes a file with what it tells of usage points, in one commit.
    ///
    /// # Errors
    /// [`RegistryError::Database`]; a file of that name is noted already.
    pub async fn add(&self, file: &HandOver, accounts: &[(SmolStr, SmolStr)]) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        let id = transaction.advance("hand_over", 1).await? + 1;
        let sql = "INSERT INTO hand_over (id, kind, name, date, hash, entries, made_at, why) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, '')";
        let date = file.date.map(|date| date.to_string());
        let HandOver { kind, name, hash, entries, made_at, .. } = file;
        let arguments = arguments![id, kind.as_str(), &**name, date, &**hash, *entries, *made_at];
        transaction.execute(sql, arguments).await?;
        let row = |(usage_point, entry): &(SmolStr, SmolStr)| arguments![usage_point.as_str(), entry.as_str(), id, ""];
        let insert = "INSERT INTO handed_account (usage_point, entry, file, refused)";
        let after =
            "ON CONFLICT (usage_point) DO UPDATE SET entry = excluded.entry, file = excluded.file, refused = ''";
        transaction.insert_many(insert, accounts.iter().map(row).collect(), after).await?;
        transaction.commit().await
    }

    /// Notes what the repository said of a file and of usage points in it; a later answer takes the place of an earlier one.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where no file of that name was handed over.
    pub async fn answer(
        &self,
        name: &str,
        answer: &Answer,
        refused: &[(SmolStr, SmolStr)],
    ) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        let sql = "UPDATE hand_over SET answered_at = $2, answer = $3, why = $4 WHERE name = $1 RETURNING id";
        let row = transaction.row(sql, arguments![name, answer.at, answer.answered.as_str(), &*answer.why]).await?;
        let row = row.ok_or_else(|| RegistryError::NotFound { what: "file handed over", name: name.to_owned() })?;
        let id: i64 = row.get("id")?;
        let whole = if answer.answered == Answered::Refused { &*answer.why } else { "" };
        transaction.execute("UPDATE handed_account SET refused = $2 WHERE file = $1", arguments![id, whole]).await?;
        for (usage_point, why) in refused {
            let sql = "UPDATE handed_account SET refused = $3 WHERE usage_point = $1 AND file = $2";
            transaction.execute(sql, arguments![usage_point.as_str(), id, why.as_str()]).await?;
        }
        transaction.commit().await
    }

    /// The last files of a kind, newest first; of one day of reads where a date is given.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn newest(
        &self,
        kind: HandedOver,
        date: Option<Date>,
        limit: u32,
    ) -> Result<Vec<HandOver>, RegistryError> {
        let sql = "SELECT * FROM hand_over WHERE kind = $1 AND ($2 IS NULL OR date = $2) ORDER BY id DESC LIMIT $3";
        let date = date.map(|date| date.to_string());
        self.database.rows(sql, arguments![kind.as_str(), date, limit]).await?.iter().map(hand_over).collect()
    }

    /// What the repository was last told of each usage point, by the name it was told; empty where it was told that there is
    /// nothing any more. What it refused counts as not told.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn accounts(&self) -> Result<HashMap<SmolStr, SmolStr>, RegistryError> {
        let sql = "SELECT usage_point, entry FROM handed_account WHERE refused = ''";
        let text = |row: &Row, column: &str| row.get::<String>(column).map(SmolStr::from);
        let account = |row: &Row| Ok((text(row, "usage_point")?, text(row, "entry")?));
        self.database.rows(sql, arguments![]).await?.iter().map(account).collect()
    }

    /// What the repository did not take, by usage point, at most `limit`.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn refused_accounts(&self, limit: u32) -> Result<Vec<RefusedAccount>, RegistryError> {
        let sql = "SELECT handed_account.usage_point, handed_account.refused, hand_over.name, hand_over.made_at \
                   FROM handed_account JOIN hand_over ON hand_over.id = file WHERE refused <> '' \
                   ORDER BY usage_point LIMIT $1";
        let account = |row: &Row| {
            Ok(RefusedAccount {
                usage_point: row.get::<String>("usage_point")?.into(),
                file: row.get("name")?,
                made_at: row.instant("made_at")?,
                why: row.get("refused")?,
            })
        };
        self.database.rows(sql, arguments![limit]).await?.iter().map(account).collect()
    }
}

fn hand_over(row: &Row) -> Result<HandOver, RegistryError> {
    let answered_at = row.instant_or_null("answered_at")?;
    let answer = match answered_at.zip(row.parsed_or_null("answer")?) {
        Some((at, answered)) => Some(Answer { at, answered, why: row.get("why")? }),
        None => None,
    };
    Ok(HandOver {
        kind: row.parsed("kind")?,
        name: row.get("name")?,
        date: row.parsed_or_null("date")?,
        hash: row.get("hash")?,
        entries: row.number("entries")?,
        made_at: row.instant("made_at")?,
        answer,
    })
}
