//! Events that became better known after they arrived: their device was registered, or their words were explained.

use std::collections::BTreeMap;

use model::event::EndDeviceEventType;
use model::event::report::{Report, Subject};
use model::id::{MeterId, UsagePointId};

use super::append::{join_events, take_numbers};
use super::event::EventState;
use super::like::{like, of_events};
use super::settle::settle;
use super::{Event, EventsBook, EventsError, Grouping, key};
use crate::registry::RegistryError;
use crate::sql::{Argument, Transaction, arguments};

/// Whose an event is after all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The event.
    pub sequence: u64,
    /// Its meter or usage point.
    pub subject: Subject,
    /// Its meter.
    pub meter: Option<MeterId>,
    /// Its usage point.
    pub usage_point: Option<UsagePointId>,
}

impl EventsBook {
    /// Events after a number whose device the registry did not know, in the order of arrival.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn unresolved(&self, sequence: u64, limit: u32) -> Result<Vec<Event>, EventsError> {
        let sql = "SELECT * FROM event WHERE state = 'unknown_device' AND $1 < sequence AND merged_into IS NULL \
                   ORDER BY sequence LIMIT $2";
        self.events(sql, arguments![sequence, limit]).await
    }

    /// Events after a number whose words were not understood, in the order of arrival.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn unexplained(&self, sequence: u64, limit: u32) -> Result<Vec<Event>, EventsError> {
        let sql = "SELECT * FROM event WHERE event_type = '' AND $1 < sequence AND merged_into IS NULL \
                   ORDER BY sequence LIMIT $2";
        self.events(sql, arguments![sequence, limit]).await
    }

    /// Gives events to their devices; those that are one event with others of the device become one with them.
    ///
    /// # Errors
    /// [`EventsError`]: nothing was changed.
    pub async fn resolve(&self, resolved: &[Resolved], grouping: &dyn Grouping) -> Result<(), EventsError> {
        let rows = resolved.iter().map(|resolved| {
            arguments![
                resolved.sequence,
                resolved.meter.map(|meter| meter.to_string()),
                resolved.usage_point.map(|point| point.to_string()),
                key::device(&resolved.subject),
                EventState::Known.as_str(),
            ]
        });
        let update = "UPDATE event SET meter = wanted.column2, usage_point = wanted.column3, \
                      device_key = wanted.column4, state = wanted.column5 FROM {keys} \
                      WHERE event.sequence = wanted.column1";
        let sequences: Vec<u64> = resolved.iter().map(|resolved| resolved.sequence).collect();
        Ok(self.amend(update, rows.collect(), &sequences, grouping).await?)
    }

    /// Gives events the type that their words mean; those that are one event with others of the type become one with them.
    ///
    /// # Errors
    /// [`EventsError`]: nothing was changed.
    pub async fn explain(
        &self,
        explained: &[(u64, EndDeviceEventType)],
        grouping: &dyn Grouping,
    ) -> Result<(), EventsError> {
        let rows = explained.iter().map(|(sequence, event_type)| arguments![*sequence, event_type.to_string()]);
        let update = "UPDATE event SET event_type = wanted.column2 FROM {keys} WHERE event.sequence = wanted.column1";
        let sequences: Vec<u64> = explained.iter().map(|(sequence, _)| *sequence).collect();
        Ok(self.amend(update, rows.collect(), &sequences, grouping).await?)
    }

    /// Changes what is known of events, and groups their reports anew, in one commit.
    async fn amend(
        &self,
        update: &'static str,
        rows: Vec<Vec<Argument>>,
        sequences: &[u64],
        grouping: &dyn Grouping,
    ) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        // Those who append wait for one another.
        take_numbers(&mut transaction, "report", 0).await?;
        transaction.rows_for(update, rows).await?;
        group_anew(&mut transaction, sequences, grouping).await?;
        transaction.commit().await
    }
}

async fn group_anew(
    transaction: &mut Transaction,
    sequences: &[u64],
    grouping: &dyn Grouping,
) -> Result<(), RegistryError> {
    let own = of_events(transaction, sequences).await?;
    let rows = own.iter().map(|known| arguments![known.number, key::alike(&known.report)]).collect();
    let update = "UPDATE event_report SET alike = wanted.column2 FROM {keys} \
                  WHERE event_report.number = wanted.column1";
    transaction.rows_for(update, rows).await?;
    let reports: Vec<&Report> = own.iter().map(|known| &known.report).collect();
    let others = like(transaction, &reports, grouping).await?;
    let known: BTreeMap<i64, _> = own.into_iter().chain(others).map(|known| (known.number, known)).collect();
    let known: Vec<_> = known.into_values().collect();
    join_events(transaction, &settle(&known, &[], grouping), |_| 0).await
}
