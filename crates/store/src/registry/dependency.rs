//! How everything that Amity leans on was, day by day: what a monthly report of reliability is added up from.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::sql::{Database, Row, arguments, text_enum};
use super::{Registry, RegistryError};

text_enum! {
    /// What Amity leans on.
    pub enum DependencyKind {
        /// A head-end, its broker or its folder.
        HeadEnd = "head_end",
        /// One of the books.
        Book = "book",
        /// Who is told of readings.
        Subscriber = "subscriber",
    }
}

text_enum! {
    /// How it is.
    pub enum DependencyState {
        /// It answers.
        Up = "up",
        /// It answers, and too little comes of it.
        Stale = "stale",
        /// It does not answer, or fails, or refuses.
        Down = "down",
        /// Nothing was asked of it yet, or people stopped it: neither counts.
        Unknown = "unknown",
    }
}

/// What was seen when something was looked at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// What it is.
    pub kind: DependencyKind,
    /// What it is called.
    pub name: String,
    /// How it was.
    pub state: DependencyState,
    /// How long it took: a book to answer, what a head-end tells to come; `None` where that is not known.
    pub milliseconds: Option<u64>,
}

/// Looks of a span of days, added up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DependencySum {
    /// What it is.
    pub kind: DependencyKind,
    /// What it is called.
    pub name: String,
    /// How often it was looked at and counted.
    pub looks: u64,
    /// How often it was up.
    pub up: u64,
    /// How often it was stale.
    pub stale: u64,
    /// How often it was down.
    pub down: u64,
    /// How often it was timed.
    pub timed: u64,
    /// All that took, in milliseconds.
    pub milliseconds: u64,
    /// The longest of them.
    pub milliseconds_max: u64,
}

/// The attempts at a head-end within a span, by how they ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AttemptSum {
    /// The head-end.
    #[serde(skip)]
    pub head_end: String,
    /// All of them.
    pub attempts: u64,
    /// Those that it answered.
    pub answered: u64,
    /// Those of which nothing could be used.
    pub not_usable: u64,
    /// Those that it, or the disk, refused or put off.
    pub refused: u64,
}

/// The dependencies of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Dependencies<'r> {
    database: &'r Database,
}

impl Registry {
    /// How everything that Amity leans on was.
    pub fn dependencies(&self) -> Dependencies<'_> {
        Dependencies { database: &self.database }
    }
}

impl Dependencies<'_> {
    /// Adds looks to their day of UTC; those that do not count are left out.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn add(&self, looks: &[Look], now: Timestamp) -> Result<(), RegistryError> {
        let day = now.to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
        let counted = looks.iter().filter(|look| look.state != DependencyState::Unknown);
        let row = |look: &Look| {
            let is = |state: DependencyState| u64::from(look.state == state);
            let [up, stale, down] = [DependencyState::Up, DependencyState::Stale, DependencyState::Down].map(is);
            let (timed, took) = (u64::from(look.milliseconds.is_some()), look.milliseconds.unwrap_or(0));
            arguments![&*day, look.kind.as_str(), &*look.name, 1_u64, up, stale, down, timed, took, took]
        };
        let insert = "INSERT INTO dependency_day (day, kind, name, looks, up, stale, down, timed, milliseconds, \
                      milliseconds_max)";
        let add = "ON CONFLICT (day, kind, name) DO UPDATE SET looks = dependency_day.looks + excluded.looks, \
                   up = dependency_day.up + excluded.up, stale = dependency_day.stale + excluded.stale, \
                   down = dependency_day.down + excluded.down, timed = dependency_day.timed + excluded.timed, \
                   milliseconds = dependency_day.milliseconds + excluded.milliseconds, milliseconds_max = \
                   CASE WHEN dependency_day.milliseconds_max < excluded.milliseconds_max \
                   THEN excluded.milliseconds_max ELSE dependency_day.milliseconds_max END";
        let mut transaction = self.database.begin().await?;
        transaction.insert_many(insert, counted.map(row).collect(), add).await?;
        transaction.commit().await
    }

    /// Looks from a day to another, both included, by kind and name.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn between(&self, first: Date, last: Date) -> Result<Vec<DependencySum>, RegistryError> {
        // PostgreSQL widens sums of BIGINT to NUMERIC.
        let sql = "SELECT kind, name, CAST(sum(looks) AS BIGINT) AS looks, CAST(sum(up) AS BIGINT) AS up, \
                   CAST(sum(stale) AS BIGINT) AS stale, CAST(sum(down) AS BIGINT) AS down, \
                   CAST(sum(timed) AS BIGINT) AS timed, CAST(sum(milliseconds) AS BIGINT) AS milliseconds, \
                   max(milliseconds_max) AS milliseconds_max FROM dependency_day \
                   WHERE $1 <= day AND day <= $2 GROUP BY kind, name ORDER BY kind, name";
        let sum = |row: &Row| {
            Ok(DependencySum {
                kind: row.parsed("kind")?,
                name: row.get("name")?,
                looks: row.number("looks")?,
                up: row.number("up")?,
                stale: row.number("stale")?,
                down: row.number("down")?,
                timed: row.number("timed")?,
                milliseconds: row.number("milliseconds")?,
                milliseconds_max: row.number("milliseconds_max")?,
            })
        };
        self.database.rows(sql, arguments![first.to_string(), last.to_string()]).await?.iter().map(sum).collect()
    }

    /// The attempts that began in `[start, end)`, by head-end.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn attempts(&self, start: Timestamp, end: Timestamp) -> Result<Vec<AttemptSum>, RegistryError> {
        let sql = "SELECT head_end, CAST(sum(attempts) AS BIGINT) AS attempts, \
                   CAST(sum(CASE WHEN outcome IN ('answered', 'not_usable') THEN attempts ELSE 0 END) AS BIGINT) AS answered, \
                   CAST(sum(CASE WHEN outcome = 'not_usable' THEN attempts ELSE 0 END) AS BIGINT) AS not_usable, \
                   CAST(sum(CASE WHEN outcome IN ('refused', 'waiting', 'not_stored') THEN attempts ELSE 0 END) AS BIGINT) \
                   AS refused FROM collection_attempt WHERE $1 <= first_at AND first_at < $2 \
                   GROUP BY head_end ORDER BY head_end";
        let sum = |row: &Row| {
            Ok(AttemptSum {
                head_end: row.get("head_end")?,
                attempts: row.number("attempts")?,
                answered: row.number("answered")?,
                not_usable: row.number("not_usable")?,
                refused: row.number("refused")?,
            })
        };
        self.database.rows(sql, arguments![start, end]).await?.iter().map(sum).collect()
    }
}
