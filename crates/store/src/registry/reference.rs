//! Data that many usage points share: holidays of calendars, temperatures of weather stations.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use smol_str::SmolStr;

use super::fact::{FactKind, Facts};
use super::sql::{Database, arguments};
use super::{Registry, RegistryError};

/// The shared data of a registry.
#[derive(Clone, Copy, Debug)]
pub struct References<'r> {
    database: &'r Database,
}

/// The mean temperature of a local day at a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeanTemperature {
    /// The local date.
    pub date: Date,
    /// Tenths of a degree Celsius.
    pub tenths_celsius: i32,
}

/// The shared data in memory: that of calendars and stations which a usage point has, by date.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// Holidays by calendar.
    pub holidays: HashMap<SmolStr, Vec<Date>>,
    /// Temperatures by station.
    pub temperatures: HashMap<SmolStr, Vec<MeanTemperature>>,
}

impl Registry {
    /// Holidays and temperatures.
    pub fn references(&self) -> References<'_> {
        References { database: &self.database }
    }
}

impl References<'_> {
    /// Puts these dates in place of the holidays of a calendar.
    ///
    /// # Errors
    /// [`RegistryError::Database`]; nothing is changed then.
    pub async fn put_holidays(&self, calendar: &str, dates: &[Date]) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        transaction.execute("DELETE FROM holiday WHERE calendar = $1", arguments![calendar]).await?;
        let rows = dates.iter().map(|date| arguments![calendar, date.to_string()]).collect();
        transaction.insert_many("INSERT INTO holiday (calendar, date)", rows, "ON CONFLICT DO NOTHING").await?;
        transaction.commit().await
    }

    /// Adds temperatures of a station; one of a date that has one already takes its place.
    ///
    /// # Errors
    /// [`RegistryError::Database`]; nothing is changed then.
    pub async fn put_temperatures(&self, station: &str, days: &[MeanTemperature]) -> Result<(), RegistryError> {
        let sql = "INSERT INTO temperature (station, date, tenths_celsius) VALUES ($1, $2, $3) \
                   ON CONFLICT (station, date) DO UPDATE SET tenths_celsius = excluded.tenths_celsius";
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        for MeanTemperature { date, tenths_celsius } in days {
            let degrees = i64::from(*tenths_celsius);
            transaction.execute(sql, arguments![station, date.to_string(), degrees]).await?;
        }
        transaction.commit().await
    }

    /// The data of the calendars and stations that facts name.
    pub(super) async fn named_by(&self, facts: &Facts) -> Result<Shared, RegistryError> {
        let mut shared = Shared::default();
        for calendar in facts.values(FactKind::Holidays).collect::<BTreeSet<_>>() {
            let sql = "SELECT date FROM holiday WHERE calendar = $1 ORDER BY date";
            let rows = self.database.rows(sql, arguments![calendar.as_str()]).await?;
            let dates = rows.iter().map(|row| row.parsed("date")).collect::<Result<_, _>>()?;
            shared.holidays.insert(calendar.clone(), dates);
        }
        for station in facts.values(FactKind::WeatherStation).collect::<BTreeSet<_>>() {
            let sql = "SELECT date, tenths_celsius FROM temperature WHERE station = $1 ORDER BY date";
            let rows = self.database.rows(sql, arguments![station.as_str()]).await?;
            let days = rows.iter().map(|row| {
                Ok(MeanTemperature { date: row.parsed("date")?, tenths_celsius: row.number("tenths_celsius")? })
            });
            shared.temperatures.insert(station.clone(), days.collect::<Result<_, RegistryError>>()?);
        }
        Ok(shared)
    }
}
