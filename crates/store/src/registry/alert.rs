//! Conditions that could harm the collection of a day, from when they are raised until they are over and a person has
//! acknowledged them (Ontario 2.10.3).

use jiff::Timestamp;
use serde::Serialize;

use super::sql::{Database, Row, arguments, text_enum};
use super::{Registry, RegistryError};

text_enum! {
    /// The kinds of Ontario 2.10.3, in its order, and then those that make what comes doubtful.
    pub enum AlertKind {
        /// A communication module fails.
        Module = "module",
        /// A collector fails.
        Collector = "collector",
        /// Some component has no room left.
        Storage = "storage",
        /// A communication link fails.
        Link = "link",
        /// A network fails: many components at once, or a head-end that cannot be reached.
        Network = "network",
        /// Power was lost; over when it was restored.
        Power = "power",
        /// The clock of a head-end is off.
        Clock = "clock",
        /// Too little comes of a head-end.
        Feed = "feed",
        /// What a head-end sends is not as expected by type, unit, sign or interval.
        Values = "values",
        /// A condition of the register of thresholds, at a device.
        Condition = "condition",
    }
}

/// A condition that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// Its kind.
    pub kind: AlertKind,
    /// What it is about.
    pub component: String,
    /// When it began, as far as known.
    pub at: Timestamp,
    /// When Amity was told of it.
    pub received_at: Timestamp,
    /// What was seen.
    pub why: String,
    /// What it means for collecting.
    pub impact: String,
}

/// A condition that people are alarmed of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// Its number.
    pub id: u64,
    /// What it is.
    #[serde(flatten)]
    pub condition: Condition,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it was over; `None` while it lasts.
    pub cleared_at: Option<Timestamp>,
    /// Who acknowledged it; `None` while nobody did.
    pub acknowledged: Option<Acknowledged>,
}

/// That a person has seen an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Acknowledged {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// A few words; empty where nothing was said.
    pub note: String,
}

/// Which alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that last, and those that nobody acknowledged.
    Open,
    /// Every one that lasted at some time of `[start, end)`.
    Between(Timestamp, Timestamp),
}

/// The alerts of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Alerts<'r> {
    database: &'r Database,
}

impl Registry {
    /// Conditions that people are alarmed of.
    pub fn alerts(&self) -> Alerts<'_> {
        Alerts { database: &self.database }
    }
}

/// What an alert is known by while its condition lasts.
fn open_key(kind: AlertKind, component: &str) -> String {
    format!("{kind} {component}")
}

impl Alerts<'_> {
    /// Raises conditions in one commit; one of a kind and component that lasts already is not raised again. Answers how many
    /// were.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn raise(&self, conditions: &[Condition], now: Timestamp) -> Result<u64, RegistryError> {
        let count = i64::try_from(conditions.len()).unwrap_or(i64::MAX);
        let mut transaction = self.database.begin().await?;
        let first = transaction.advance("alert", count).await? + 1;
        let row = |(id, condition): (i64, &Condition)| {
            let Condition { kind, component, at, received_at, why, impact } = condition;
            let key = open_key(*kind, component);
            arguments![id, kind.as_str(), &**component, key, *at, *received_at, now, &**why, &**impact, ""]
        };
        let insert = "INSERT INTO alert (id, kind, component, open_key, at, received_at, raised_at, why, impact, note)";
        let rows = (first..).zip(conditions).map(row).collect();
        let raised = transaction.insert_many(insert, rows, "ON CONFLICT (open_key) DO NOTHING").await?;
        transaction.commit().await?;
        Ok(raised)
    }

    /// Ends what lasts of kinds and components, each at its instant, in one commit; answers how many lasted.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn clear(&self, over: &[(AlertKind, String, Timestamp)]) -> Result<u64, RegistryError> {
        let sql = "UPDATE alert SET cleared_at = $2, open_key = NULL WHERE open_key = $1";
        let mut transaction = self.database.begin().await?;
        let mut cleared = 0;
        for (kind, component, at) in over {
            cleared += transaction.execute(sql, arguments![open_key(*kind, component), *at]).await?;
        }
        // Without a change the transaction is dropped.
        if 0 < cleared {
            transaction.commit().await?;
        }
        Ok(cleared)
    }

    /// Notes that a person has seen an alert; the first one stands.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn acknowledge(&self, id: u64, by: &Acknowledged) -> Result<Alert, RegistryError> {
        let sql = "UPDATE alert SET acknowledged_at = $2, acknowledged_by = $3, note = $4 \
                   WHERE id = $1 AND acknowledged_at IS NULL";
        self.database.execute(sql, arguments![id, by.at, &*by.by, &*by.note]).await?;
        let row = self.database.row("SELECT * FROM alert WHERE id = $1", arguments![id]).await?;
        alert(&row.ok_or_else(|| RegistryError::NotFound { what: "alert", name: id.to_string() })?)
    }

    /// Alerts, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn list(&self, which: Which, limit: u32) -> Result<Vec<Alert>, RegistryError> {
        let rows = match which {
            Which::Open => {
                let sql = "SELECT * FROM alert WHERE open_key IS NOT NULL OR acknowledged_at IS NULL \
                           ORDER BY id DESC LIMIT $1";
                self.database.rows(sql, arguments![limit]).await?
            }
            Which::Between(start, end) => {
                let sql = "SELECT * FROM alert WHERE at < $2 AND (cleared_at IS NULL OR $1 <= cleared_at) \
                           ORDER BY id DESC LIMIT $3";
                self.database.rows(sql, arguments![start, end, limit]).await?
            }
        };
        rows.iter().map(alert).collect()
    }

    /// The event of the events book up to which alerts were raised.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn followed(&self) -> Result<u64, RegistryError> {
        let sql = "SELECT value FROM counter WHERE name = 'alert_event'";
        self.database.row(sql, arguments![]).await?.map_or(Ok(0), |row| row.number("value"))
    }

    /// Says up to which event alerts were raised.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn follow_to(&self, event: u64) -> Result<(), RegistryError> {
        let sql = "UPDATE counter SET value = $1 WHERE name = 'alert_event'";
        self.database.execute(sql, arguments![event]).await.map(drop)
    }
}

fn alert(row: &Row) -> Result<Alert, RegistryError> {
    let acknowledged = match row.instant_or_null("acknowledged_at")? {
        Some(at) => Some(Acknowledged { at, by: row.get("acknowledged_by")?, note: row.get("note")? }),
        None => None,
    };
    Ok(Alert {
        id: row.number("id")?,
        condition: Condition {
            kind: row.parsed("kind")?,
            component: row.get("component")?,
            at: row.instant("at")?,
            received_at: row.instant("received_at")?,
            why: row.get("why")?,
            impact: row.get("impact")?,
        },
        raised_at: row.instant("raised_at")?,
        cleared_at: row.instant_or_null("cleared_at")?,
        acknowledged,
    })
}
