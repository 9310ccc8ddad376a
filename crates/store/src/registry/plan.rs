//! Plans of validation and estimation as they were put, and the statements of where each holds.
//!
//! Nothing here is changed or removed, so that what judged a day can always be looked up. What the contents mean is
//! read by `ingest::plans`; here they are JSON.

use jiff::Timestamp;
use jiff::civil::Date;

use super::sql::{Argument, Database, Row, arguments, text_enum};
use super::{Registry, RegistryError};

text_enum! {
    /// What a part of the book of plans is.
    pub enum PartKind {
        /// A formula that the rules of every plan may use.
        Formula = "formula",
        /// Rules.
        ValidationSet = "validation set",
        /// Methods.
        EstimationSet = "estimation set",
        /// Which sets a plan is made of.
        Plan = "plan",
    }
}

/// Who put something, and when.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Put {
    /// The name of a person.
    pub by: String,
    /// The moment, to the microsecond.
    pub at: Timestamp,
}

/// A formula, a set or a plan under its name and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// What people call it.
    pub name: String,
    /// Goes up with every change.
    pub version: u32,
    /// Its entry in a book of plans.
    pub content: serde_json::Value,
}

/// From a date on and until another, a version of a plan holds at a place, or none does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The place, as `everywhere` or `programme:solar`.
    pub place: String,
    /// Name and version of the plan; `None` ends what held there.
    pub plan: Option<(String, u32)>,
    /// The first local date; `None`: always before.
    pub from: Option<Date>,
    /// The first local date after; `None`: for good.
    pub until: Option<Date>,
}

/// Everything that was put, the earlier first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredPlans {
    /// Moves with every change of plans; see [`Plans::put`].
    pub revision: u64,
    /// Sets and plans, by kind, name and version.
    pub parts: Vec<(Part, Put)>,
    /// Statements; of two about one place the later one counts.
    pub statements: Vec<(Statement, Put)>,
}

/// The plans of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Plans<'r> {
    database: &'r Database,
}

impl Registry {
    /// Plans and where they hold.
    pub fn plans(&self) -> Plans<'_> {
        Plans { database: &self.database }
    }
}

impl Plans<'_> {
    /// Moves with every change of plans, and with nothing else.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn revision(&self) -> Result<u64, RegistryError> {
        let row = self.database.row("SELECT value FROM counter WHERE name = 'plan'", arguments![]).await?;
        row.map_or(Ok(0), |row| row.number("value"))
    }

    /// Everything that was put; what is put meanwhile may be in it already.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn all(&self) -> Result<StoredPlans, RegistryError> {
        let parts = "SELECT * FROM plan_part ORDER BY kind, name, version";
        let statements = "SELECT * FROM plan_attachment ORDER BY id";
        Ok(StoredPlans {
            revision: self.revision().await?,
            parts: self.database.rows(parts, arguments![]).await?.iter().map(part).collect::<Result<_, _>>()?,
            statements: self
                .database
                .rows(statements, arguments![])
                .await?
                .iter()
                .map(statement)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Adds parts and statements in one commit. `seen` is the revision they were checked against.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] where plans have changed since `seen`; nothing is added then.
    pub async fn put(
        &self,
        seen: u64,
        parts: &[Part],
        statements: &[Statement],
        put: &Put,
    ) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        let found = transaction.advance("plan", 1).await?;
        if u64::try_from(found) != Ok(seen) {
            let difference = "someone else changed it meanwhile; look again and repeat".to_owned();
            return Err(RegistryError::Conflict { what: "book of plans", name: found.to_string(), difference });
        }
        let row = |part: &Part| {
            let Part { kind, name, version, content } = part;
            arguments![kind.as_str(), name.as_str(), *version, content.to_string(), put.by.as_str(), put.at]
        };
        let insert = "INSERT INTO plan_part (kind, name, version, content, put_by, put_at)";
        transaction.insert_many(insert, parts.iter().map(row).collect(), "").await?;
        let first = transaction.advance("plan_attachment", i64::try_from(statements.len()).unwrap_or(i64::MAX)).await?;
        let rows = (first + 1..).zip(statements).map(|(id, statement)| statement_row(id, statement, put)).collect();
        let insert = "INSERT INTO plan_attachment (id, place, plan, version, valid_from, valid_to, put_by, put_at)";
        transaction.insert_many(insert, rows, "").await?;
        transaction.commit().await
    }
}

fn statement_row(id: i64, statement: &Statement, put: &Put) -> Vec<Argument> {
    let (plan, version) = statement.plan.clone().unzip();
    let date = |date: Option<Date>| date.map(|date| date.to_string());
    let (from, until) = (date(statement.from), date(statement.until));
    arguments![id, statement.place.as_str(), plan, version, from, until, put.by.as_str(), put.at]
}

fn put_of(row: &Row) -> Result<Put, RegistryError> {
    Ok(Put { by: row.get("put_by")?, at: row.instant("put_at")? })
}

fn part(row: &Row) -> Result<(Part, Put), RegistryError> {
    let part = Part {
        kind: row.parsed("kind")?,
        name: row.get("name")?,
        version: row.number("version")?,
        content: row.parsed("content")?,
    };
    Ok((part, put_of(row)?))
}

fn statement(row: &Row) -> Result<(Statement, Put), RegistryError> {
    let statement = Statement {
        place: row.get("place")?,
        plan: row.get::<Option<String>>("plan")?.zip(row.number_or_null("version")?),
        from: row.parsed_or_null("valid_from")?,
        until: row.parsed_or_null("valid_to")?,
    };
    Ok((statement, put_of(row)?))
}
