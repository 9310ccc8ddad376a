//! Definitions of rates by name and version, and for whom each holds when.

use jiff::Timestamp;
use model::id::UsagePointId;
use model::master::{Dated, History};
use serde::Serialize;

use super::Determinants;
use crate::registry::RegistryError;
use crate::registry::link::OPEN_END;
use crate::registry::sql::{Row, arguments, text_enum};

text_enum! {
    /// Who has a rate.
    pub enum Class {
        /// Every usage point whose agreement names the tariff.
        Tariff = "tariff",
        /// One usage point; it comes before its tariff.
        UsagePoint = "usage-point",
    }
}

/// A definition as it was put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredRate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// What it says.
    pub body: serde_json::Value,
    /// When it was put.
    pub put_at: Timestamp,
}

/// Who has a rate: a tariff by name, or a usage point.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateSubject {
    /// Every usage point whose agreement names it.
    Tariff(String),
    /// One usage point; it comes before its tariff.
    UsagePoint(UsagePointId),
}

/// A rate of a subject and the time it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RateLink {
    /// Whose.
    pub subject: RateSubject,
    /// Name of the rate, and when it holds.
    pub rate: Dated<String>,
}

impl RateSubject {
    fn columns(&self) -> (&'static str, String) {
        match self {
            Self::Tariff(name) => (Class::Tariff.as_str(), name.clone()),
            Self::UsagePoint(id) => (Class::UsagePoint.as_str(), id.to_string()),
        }
    }
}

impl Determinants<'_> {
    /// Puts a definition; answers whether it is new.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] where the version says something else already.
    pub async fn put_rate(&self, rate: &StoredRate) -> Result<bool, RegistryError> {
        let insert = "INSERT INTO rate (name, version, body, put_at) VALUES ($1, $2, $3, $4) \
                      ON CONFLICT (name, version) DO NOTHING";
        let values = arguments![&*rate.name, rate.version, rate.body.to_string(), rate.put_at];
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        if transaction.execute(insert, values).await? == 1 {
            transaction.commit().await?;
            return Ok(true);
        }
        // Without a change the transaction is dropped, and the revision stays.
        drop(transaction);
        if self.rate(&rate.name, Some(rate.version)).await?.body == rate.body {
            return Ok(false);
        }
        let difference = "that version was put with another content; raise the version".into();
        Err(RegistryError::Conflict { what: "rate", name: format!("{} {}", rate.name, rate.version), difference })
    }

    /// A version of a definition; the newest where none is asked for.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn rate(&self, name: &str, version: Option<u32>) -> Result<StoredRate, RegistryError> {
        let sql = "SELECT * FROM rate WHERE name = $1 AND ($2 IS NULL OR version = $2) ORDER BY version DESC LIMIT 1";
        let row = self.database.row(sql, arguments![name, version]).await?;
        let named = version.map_or_else(|| name.to_owned(), |version| format!("{name} version {version}"));
        stored(&row.ok_or(RegistryError::NotFound { what: "rate", name: named })?)
    }

    /// Every version of every definition, by name and version.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn rates(&self) -> Result<Vec<StoredRate>, RegistryError> {
        let rows = self.database.rows("SELECT * FROM rate ORDER BY name, version", arguments![]).await?;
        rows.iter().map(stored).collect()
    }

    /// Lets a subject have a rate from an instant on; the open one before it ends there.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for an unknown rate, [`RegistryError::Conflict`] where a later one is linked already.
    pub async fn link_rate(&self, subject: &RateSubject, rate: &str, from: Timestamp) -> Result<(), RegistryError> {
        self.rate(rate, None).await?;
        let (class, name) = subject.columns();
        let mut history = self.rates_of(subject).await?;
        if history.at(from).is_some_and(|known| known == rate) {
            return Ok(());
        }
        history.set_from(from, rate.to_owned()).map_err(|error| RegistryError::Conflict {
            what: "rate of",
            name: name.clone(),
            difference: error.to_string(),
        })?;
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        let end = "UPDATE rate_link SET valid_to = $3 WHERE class = $1 AND subject = $2 AND valid_to = $4";
        transaction.execute(end, arguments![class, &*name, from, OPEN_END]).await?;
        let begin = "INSERT INTO rate_link (class, subject, rate, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5)";
        transaction.execute(begin, arguments![class, &*name, rate, from, OPEN_END]).await?;
        transaction.commit().await
    }

    /// The rates that a subject has over time, by name.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn rates_of(&self, subject: &RateSubject) -> Result<History<String>, RegistryError> {
        let (class, name) = subject.columns();
        let sql = "SELECT * FROM rate_link WHERE class = $1 AND subject = $2 ORDER BY valid_from";
        let links = self.database.rows(sql, arguments![class, name]).await?;
        let links = links.iter().map(dated).collect::<Result<Vec<_>, _>>()?;
        let damaged = |text: model::master::HistoryError| RegistryError::Damaged {
            column: "rate_link.valid_from",
            text: text.to_string(),
        };
        History::try_from(links).map_err(damaged)
    }

    /// Every link of a rate to a subject, by subject and begin.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn rate_links(&self) -> Result<Vec<RateLink>, RegistryError> {
        let rows = self.database.rows("SELECT * FROM rate_link ORDER BY class, subject, valid_from", arguments![]);
        let link = |row: &Row| {
            let subject = match row.parsed("class")? {
                Class::Tariff => RateSubject::Tariff(row.get("subject")?),
                Class::UsagePoint => RateSubject::UsagePoint(row.parsed("subject")?),
            };
            Ok(RateLink { subject, rate: dated(row)? })
        };
        rows.await?.iter().map(link).collect()
    }
}

fn stored(row: &Row) -> Result<StoredRate, RegistryError> {
    Ok(StoredRate {
        name: row.get("name")?,
        version: row.number("version")?,
        body: row.parsed("body")?,
        put_at: row.instant("put_at")?,
    })
}

fn dated(row: &Row) -> Result<Dated<String>, RegistryError> {
    let to: i64 = row.get("valid_to")?;
    Ok(Dated {
        value: row.get("rate")?,
        from: row.instant("valid_from")?,
        to: if to == OPEN_END { None } else { Some(row.instant("valid_to")?) },
    })
}
