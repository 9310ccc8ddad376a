//! What came when, added up: of each source, and of one source by the hour.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::RegistryError;
use super::batch::Batches;
use super::sql::{Row, arguments};

/// An hour in microseconds, the unit of stored instants.
const HOUR_MICROSECONDS: i64 = 3_600_000_000;

/// What came from a source in all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceTotals {
    /// The source.
    pub source: String,
    /// What came.
    #[serde(flatten)]
    pub sums: Sums,
    /// When the last of it came.
    pub last_received_at: Timestamp,
}

/// What came from a source within an hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HourTotals {
    /// The first instant of the hour; hours are those of UTC.
    pub hour: Timestamp,
    /// What came.
    #[serde(flatten)]
    pub sums: Sums,
}

/// Counts over batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Batches.
    pub batches: u64,
    /// Readings stored.
    pub stored: u64,
    /// Readings that were there before, unchanged.
    pub duplicates: u64,
    /// Items put into quarantine.
    pub quarantined: u64,
}

/// The sums of `Sums`; PostgreSQL widens sums of BIGINT to NUMERIC.
macro_rules! summed {
    ($begin:literal, $end:literal) => {
        concat!(
            $begin,
            ", count(*) AS batches, CAST(sum(stored) AS BIGINT) AS stored, \
             CAST(sum(duplicates) AS BIGINT) AS duplicates, CAST(sum(quarantined) AS BIGINT) AS quarantined ",
            $end
        )
    };
}

impl Batches<'_> {
    /// What came from each source from which anything came, by its name.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn by_source(&self) -> Result<Vec<SourceTotals>, RegistryError> {
        let sql = summed!(
            "SELECT source, max(received_at) AS last_received_at",
            "FROM batch GROUP BY source ORDER BY source"
        );
        self.database().rows(sql, arguments![]).await?.iter().map(source_totals).collect()
    }

    /// What came from each source in `[start, end)`, by its name.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn by_source_between(
        &self,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<SourceTotals>, RegistryError> {
        let sql = summed!(
            "SELECT source, max(received_at) AS last_received_at",
            "FROM batch WHERE $1 <= received_at AND received_at < $2 GROUP BY source ORDER BY source"
        );
        self.database().rows(sql, arguments![start, end]).await?.iter().map(source_totals).collect()
    }

    /// What came from a source since an instant, by the hour; an hour in which nothing came is left out.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn by_hour(&self, source: &str, since: Timestamp) -> Result<Vec<HourTotals>, RegistryError> {
        let sql = summed!(
            "SELECT received_at / 3600000000 AS hour",
            "FROM batch WHERE source = $1 AND received_at >= $2 GROUP BY 1 ORDER BY 1"
        );
        let damaged = |hour: i64| RegistryError::Damaged { column: "received_at", text: hour.to_string() };
        let totals = |row: &Row| {
            let hour: i64 = row.number("hour")?;
            let microsecond = hour.checked_mul(HOUR_MICROSECONDS).ok_or_else(|| damaged(hour))?;
            let hour = Timestamp::from_microsecond(microsecond).map_err(|_| damaged(hour))?;
            Ok(HourTotals { hour, sums: sums(row)? })
        };
        self.database().rows(sql, arguments![source, since]).await?.iter().map(totals).collect()
    }

    /// The sources of batches that were received at one instant; more than one only where two came in one microsecond.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn sources_at(&self, received_at: Timestamp) -> Result<Vec<String>, RegistryError> {
        let sql = "SELECT DISTINCT source FROM batch WHERE received_at >= $1 AND received_at < $2 ORDER BY source";
        let end = received_at.checked_add(SignedDuration::from_micros(1)).unwrap_or(Timestamp::MAX);
        self.database().rows(sql, arguments![received_at, end]).await?.iter().map(|row| row.get("source")).collect()
    }
}

fn source_totals(row: &Row) -> Result<SourceTotals, RegistryError> {
    let last_received_at = row.instant("last_received_at")?;
    Ok(SourceTotals { source: row.get("source")?, sums: sums(row)?, last_received_at })
}

fn sums(row: &Row) -> Result<Sums, RegistryError> {
    Ok(Sums {
        batches: row.number("batches")?,
        stored: row.number("stored")?,
        duplicates: row.number("duplicates")?,
        quarantined: row.number("quarantined")?,
    })
}
