//! Sources of readings (a head-end system, a drop folder) and how their files are to be read.

use serde::Serialize;

use super::sql::{Database, Row, arguments};
use super::{Registry, RegistryError};

/// A source of readings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// How people name it (`HES-1`).
    pub name: String,
    /// IANA zone or fixed offset of its local stamps (`Australia/Sydney`, `+10:00`).
    pub zone: String,
    /// Its format where content alone should not decide.
    pub format: Option<String>,
    /// Further settings, owned by `ingest`.
    pub settings: serde_json::Value,
}

/// The sources of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'r> {
    database: &'r Database,
}

impl Registry {
    /// Where files come from.
    pub fn sources(&self) -> Sources<'_> {
        Sources { database: &self.database }
    }
}

impl Sources<'_> {
    /// Adds a source or changes it.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn put(&self, source: &Source) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        let sql = "INSERT INTO source (name, zone, format, settings) VALUES ($1, $2, $3, $4) ON CONFLICT (name) \
                   DO UPDATE SET zone = excluded.zone, format = excluded.format, settings = excluded.settings";
        let format = source.format.as_deref();
        transaction.execute(sql, arguments![&*source.name, &*source.zone, format, source.settings.to_string()]).await?;
        transaction.commit().await
    }

    /// The source of a name.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn get(&self, name: &str) -> Result<Source, RegistryError> {
        let row = self.database.row("SELECT * FROM source WHERE name = $1", arguments![name]).await?;
        let not_found = || RegistryError::NotFound { what: "source", name: name.to_owned() };
        source(&row.ok_or_else(not_found)?)
    }

    /// Every source by name.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn all(&self) -> Result<Vec<Source>, RegistryError> {
        self.database.rows("SELECT * FROM source ORDER BY name", arguments![]).await?.iter().map(source).collect()
    }
}

fn source(row: &Row) -> Result<Source, RegistryError> {
    Ok(Source {
        name: row.get("name")?,
        zone: row.get("zone")?,
        format: row.get("format")?,
        settings: row.parsed("settings")?,
    })
}
