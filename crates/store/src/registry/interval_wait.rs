//! For which time of which channels values of another interval length wait in quarantine.
//!
//! Validation estimates nothing there. Each wait is told to it twice: when it begins and when it is over.

use jiff::Timestamp;
use model::id::ChannelNumber;
use model::time::TimeRange;

use super::sql::{Database, Row, arguments};
use super::{Registry, RegistryError};

/// Values of another interval length than that of their channel, which wait as an item of quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntervalWait {
    /// Content hash of the batch, hexadecimal; with `item` it names the item.
    pub batch: String,
    /// Position of the item in its batch.
    pub item: u32,
    /// The channel that they were meant for.
    pub channel: ChannelNumber,
    /// From the first instant of the first value to the end of the last.
    pub range: TimeRange,
}

/// A wait that began or is over since validation looked at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedWait {
    /// What waits or waited.
    pub wait: IntervalWait,
    /// Whether it still waits.
    pub waits: bool,
}

/// The waits of a registry.
#[derive(Clone, Copy, Debug)]
pub struct IntervalWaits<'r> {
    database: &'r Database,
}

impl Registry {
    /// Values of another interval length.
    pub fn interval_waits(&self) -> IntervalWaits<'_> {
        IntervalWaits { database: &self.database }
    }
}

impl IntervalWaits<'_> {
    /// Notes waits in one commit; one that is known stays as it is.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn add(&self, waits: &[IntervalWait]) -> Result<(), RegistryError> {
        let row = |wait: &IntervalWait| {
            let TimeRange { start, end } = wait.range;
            arguments![&*wait.batch, wait.item, wait.channel.0, start, end, 0_i64]
        };
        let mut transaction = self.database.begin().await?;
        let insert = "INSERT INTO interval_wait (batch, item, channel, begins, ends, validated)";
        let conflict = "ON CONFLICT (batch, item) DO NOTHING";
        transaction.insert_many(insert, waits.iter().map(row).collect(), conflict).await?;
        transaction.commit().await
    }

    /// What waits and touches a time, by channel.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn within(&self, range: TimeRange) -> Result<Vec<IntervalWait>, RegistryError> {
        let sql = "SELECT interval_wait.* FROM interval_wait JOIN quarantine \
                   ON quarantine.batch = interval_wait.batch AND quarantine.item = interval_wait.item \
                   WHERE quarantine.state = 'open' AND quarantine.code = 'V07' AND begins < $1 AND ends > $2 \
                   ORDER BY interval_wait.channel, begins";
        self.database.rows(sql, arguments![range.end, range.start]).await?.iter().map(wait).collect()
    }

    /// The waits that validation has not looked at since they began or were over, at most so many.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn changed(&self, limit: u32) -> Result<Vec<ChangedWait>, RegistryError> {
        let sql = "SELECT interval_wait.*, quarantine.state, quarantine.code FROM interval_wait JOIN quarantine \
                   ON quarantine.batch = interval_wait.batch AND quarantine.item = interval_wait.item \
                   WHERE validated = 0 OR quarantine.state <> 'open' OR quarantine.code <> 'V07' \
                   ORDER BY interval_wait.batch, interval_wait.item LIMIT $1";
        let waits = |row: &Row| -> Result<bool, RegistryError> {
            Ok(row.get::<String>("state")? == "open" && row.get::<String>("code")? == "V07")
        };
        let changed = |row: &Row| Ok(ChangedWait { wait: wait(row)?, waits: waits(row)? });
        self.database.rows(sql, arguments![limit]).await?.iter().map(changed).collect()
    }

    /// Notes that validation looked at changed waits as they are told here; those that are over are forgotten.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn looked_at(&self, changed: &[ChangedWait]) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        for ChangedWait { wait, waits } in changed {
            let sql = match waits {
                true => "UPDATE interval_wait SET validated = 1 WHERE batch = $1 AND item = $2",
                false => "DELETE FROM interval_wait WHERE batch = $1 AND item = $2",
            };
            transaction.execute(sql, arguments![&*wait.batch, wait.item]).await?;
        }
        transaction.commit().await
    }
}

fn wait(row: &Row) -> Result<IntervalWait, RegistryError> {
    let (start, end): (Timestamp, Timestamp) = (row.instant("begins")?, row.instant("ends")?);
    Ok(IntervalWait {
        batch: row.get("batch")?,
        item: row.number("item")?,
        channel: ChannelNumber(row.number("channel")?),
        range: TimeRange { start, end },
    })
}
