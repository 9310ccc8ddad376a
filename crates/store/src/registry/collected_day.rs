//! What was collected of each day and zone, kept as it was known when the deadline had passed (Ontario 2.10.2: "stored and
//! used to assess compliance").

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::sql::{Database, Row, arguments};
use super::{Registry, RegistryError};

/// What was collected of a local day in a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CollectedDay {
    /// The local day.
    pub date: Date,
    /// The zone.
    pub zone: String,
    /// When its readings had to be there.
    pub deadline: Timestamp,
    /// When it was counted.
    pub made_at: Timestamp,
    /// The share of the expected readings that was asked for, in per cent.
    pub per_cent: u8,
    /// Readings expected.
    pub expected: u64,
    /// Of these, measured and there by the deadline.
    pub in_time: u64,
    /// Of these, measured and there after it.
    pub late: u64,
    /// Of these, estimates of their source.
    pub estimated: u64,
    /// Of these, not there at all.
    pub missing: u64,
    /// Of those in time, how many a clock in doubt stamped.
    pub time_in_doubt: u64,
    /// Readings and components that did not count, by reason.
    pub reasons: serde_json::Value,
}

impl CollectedDay {
    /// Whether enough was there in time; a day of which nothing was expected is met.
    pub fn is_met(&self) -> bool {
        u128::from(self.per_cent) * u128::from(self.expected) <= 100 * u128::from(self.in_time)
    }
}

/// The days of a registry.
#[derive(Clone, Copy, Debug)]
pub struct CollectedDays<'r> {
    database: &'r Database,
}

impl Registry {
    /// What was collected of each day.
    pub fn collected_days(&self) -> CollectedDays<'_> {
        CollectedDays { database: &self.database }
    }
}

impl CollectedDays<'_> {
    /// Keeps days in one commit; one that is kept already stays as it is. Answers how many are new.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn keep(&self, days: &[CollectedDay]) -> Result<u64, RegistryError> {
        let row = |day: &CollectedDay| {
            arguments![
                day.date.to_string(),
                &*day.zone,
                day.deadline,
                day.made_at,
                u32::from(day.per_cent),
                day.expected,
                day.in_time,
                day.late,
                day.estimated,
                day.missing,
                day.time_in_doubt,
                day.reasons.to_string(),
            ]
        };
        let insert = "INSERT INTO collected_day (date, zone, deadline, made_at, per_cent, expected, in_time, late, \
                      estimated, missing, time_in_doubt, reasons)";
        let mut transaction = self.database.begin().await?;
        let rows = days.iter().map(row).collect();
        let kept = transaction.insert_many(insert, rows, "ON CONFLICT (date, zone) DO NOTHING").await?;
        transaction.commit().await?;
        Ok(kept)
    }

    /// The days from a date to another, both included, by date and zone.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn between(&self, from: Date, to: Date) -> Result<Vec<CollectedDay>, RegistryError> {
        let sql = "SELECT * FROM collected_day WHERE $1 <= date AND date <= $2 ORDER BY date, zone";
        self.database.rows(sql, arguments![from.to_string(), to.to_string()]).await?.iter().map(day).collect()
    }
}

fn day(row: &Row) -> Result<CollectedDay, RegistryError> {
    Ok(CollectedDay {
        date: row.parsed("date")?,
        zone: row.get("zone")?,
        deadline: row.instant("deadline")?,
        made_at: row.instant("made_at")?,
        per_cent: row.number("per_cent")?,
        expected: row.number("expected")?,
        in_time: row.number("in_time")?,
        late: row.number("late")?,
        estimated: row.number("estimated")?,
        missing: row.number("missing")?,
        time_in_doubt: row.number("time_in_doubt")?,
        reasons: row.parsed("reasons")?,
    })
}
