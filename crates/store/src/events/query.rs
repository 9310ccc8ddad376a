//! Questions to the events book.

use std::collections::HashMap;

use jiff::Timestamp;
use model::event::EndDeviceEventType;
use model::event::report::Subject;
use model::time::TimeRange;
use sqlx::AssertSqlSafe;

use super::append::answer;
use super::batch::Answer;
use super::event::{Event, Filter, HourCount, Place, Unmapped, event, report};
use super::{EventsBook, EventsError, key};
use crate::registry::RegistryError;
use crate::sql::{Argument, Row, Transaction, arguments};

/// Microseconds of an hour.
const HOUR: i64 = 3_600_000_000;

impl EventsBook {
    /// The events after a number, in the order of arrival: what a follower reads. One that turned out to be another event is
    /// left out; whoever was told it before finds it by [`EventsBook::by_sequence`].
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn since(&self, sequence: u64, limit: u32) -> Result<Vec<Event>, EventsError> {
        let sql = "SELECT * FROM event WHERE $1 < sequence AND merged_into IS NULL ORDER BY sequence LIMIT $2";
        self.events(sql, arguments![sequence, limit]).await
    }

    /// The last number that was given.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn last_sequence(&self) -> Result<u64, EventsError> {
        let sql = "SELECT value FROM event_counter WHERE name = 'event'";
        let row = self.database.row(sql, arguments![]).await?;
        Ok(row.map_or(Ok(0), |row| row.number("value"))?)
    }

    /// The event of a number, or the one that it turned out to be.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn by_sequence(&self, sequence: u64) -> Result<Option<Event>, EventsError> {
        let mut asked = sequence;
        loop {
            let sql = "SELECT merged_into FROM event WHERE sequence = $1";
            let Some(row) = self.database.row(sql, arguments![asked]).await? else { return Ok(None) };
            match row.number_or_null("merged_into")? {
                Some(other) => asked = other,
                None => break,
            }
        }
        Ok(self.events("SELECT * FROM event WHERE sequence = $1", arguments![asked]).await?.pop())
    }

    /// The events of a device in a span of time, by time. An unknown device is looked for by its name, whoever gives it.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn of_device(&self, device: &Subject, range: TimeRange, limit: u32) -> Result<Vec<Event>, EventsError> {
        let filter = Filter { devices: vec![device.clone()], ..Filter::default() };
        self.between(range, &filter, limit, None).await
    }

    /// The events in a span of time, by time and number, after a place.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn between(
        &self,
        range: TimeRange,
        filter: &Filter,
        limit: u32,
        after: Option<Place>,
    ) -> Result<Vec<Event>, EventsError> {
        let (condition, mut arguments) = condition(range, filter);
        let mut sql = format!("SELECT * FROM event WHERE {condition}");
        if let Some(Place { ordered_at, sequence }) = after {
            let at = arguments.len() + 1;
            sql.push_str(&format!(" AND ${at} <= ordered_at AND (${at} < ordered_at OR ${} < sequence)", at + 1));
            arguments.extend(arguments![ordered_at, sequence]);
        }
        sql.push_str(&format!(" ORDER BY ordered_at, sequence LIMIT ${}", arguments.len() + 1));
        arguments.extend(arguments![limit]);
        self.events(AssertSqlSafe(sql), arguments).await
    }

    /// The last events by time, the newest first.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn latest(&self, filter: &Filter, limit: u32) -> Result<Vec<Event>, EventsError> {
        let (condition, mut arguments) = condition(TimeRange { start: Timestamp::MIN, end: Timestamp::MAX }, filter);
        let at = arguments.len() + 1;
        let sql = format!("SELECT * FROM event WHERE {condition} ORDER BY ordered_at DESC, sequence DESC LIMIT ${at}");
        arguments.extend(arguments![limit]);
        self.events(AssertSqlSafe(sql), arguments).await
    }

    /// How many events of each type each hour of a span has, by hour and type.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn counts(&self, range: TimeRange, filter: &Filter) -> Result<Vec<HourCount>, EventsError> {
        let (condition, arguments) = condition(range, filter);
        let sql = format!(
            "SELECT ordered_at / {HOUR} AS hour, event_type, count(*) AS count FROM event WHERE {condition} \
             GROUP BY ordered_at / {HOUR}, event_type ORDER BY 1, 2"
        );
        let mut transaction = self.database.begin_reading().await?;
        let rows = transaction.rows(AssertSqlSafe(sql), arguments).await?;
        Ok(rows.iter().map(hour_count).collect::<Result<_, _>>()?)
    }

    /// How many events there are.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn count(&self) -> Result<u64, EventsError> {
        let sql = "SELECT count(*) AS count FROM event WHERE merged_into IS NULL";
        let row = self.database.row(sql, arguments![]).await?;
        Ok(row.map_or(Ok(0), |row| row.number("count"))?)
    }

    /// Where a source goes on; `None` where it was never said.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn position(&self, source: &str) -> Result<Option<String>, EventsError> {
        let row =
            self.database.row("SELECT position FROM event_position WHERE source = $1", arguments![source]).await?;
        Ok(row.map(|row| row.get("position")).transpose()?)
    }

    /// The answer to the message with a content hash, hexadecimal; `None` where it was not answered.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn answer(&self, hash: &str) -> Result<Option<Answer>, EventsError> {
        let row = self.database.row("SELECT * FROM event_message WHERE hash = $1", arguments![hash]).await?;
        Ok(row.map(|row| answer(&row)).transpose()?)
    }

    /// The words of sources that are not understood, the most used first.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn unmapped(&self) -> Result<Vec<Unmapped>, EventsError> {
        let sql = "SELECT told.source, told.told_type, count(*) AS count, min(told.received_at) AS first, \
                   max(told.received_at) AS last FROM event JOIN event_report AS told ON told.event = event.sequence \
                   WHERE event.event_type = '' GROUP BY told.source, told.told_type ORDER BY 3 DESC, 1, 2";
        let rows = self.database.rows(sql, arguments![]).await?;
        Ok(rows.iter().map(unmapped).collect::<Result<_, _>>()?)
    }

    pub(super) async fn events(
        &self,
        sql: impl sqlx::SqlSafeStr,
        arguments: Vec<Argument>,
    ) -> Result<Vec<Event>, EventsError> {
        let mut transaction = self.database.begin_reading().await?;
        let rows = transaction.rows(sql, arguments).await?;
        let events = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        Ok(with_reports(&mut transaction, events).await?)
    }
}

async fn with_reports(transaction: &mut Transaction, mut events: Vec<Event>) -> Result<Vec<Event>, RegistryError> {
    let keys = events.iter().map(|event| arguments![event.sequence]).collect();
    let select = "SELECT event_report.* FROM {keys} JOIN event_report ON event_report.event = wanted.column1";
    let mut reports: HashMap<u64, Vec<_>> = HashMap::new();
    for row in &transaction.rows_for(select, keys).await? {
        reports.entry(row.number("event")?).or_default().push(report(row)?);
    }
    for event in &mut events {
        event.reports = reports.remove(&event.sequence).unwrap_or_default();
        event.reports.sort_by(|left, right| {
            let rank = |report: &super::EventReport| (report.occurred_at.is_none(), report.occurred_at);
            rank(left)
                .cmp(&rank(right))
                .then_with(|| (&left.source, &left.source_id).cmp(&(&right.source, &right.source_id)))
        });
    }
    Ok(events)
}

/// What holds for the events of a span and a filter, with its arguments.
fn condition(range: TimeRange, filter: &Filter) -> (String, Vec<Argument>) {
    let mut arguments = arguments![range.start, range.end];
    let mut sql = "merged_into IS NULL AND $1 <= ordered_at AND ordered_at < $2".to_owned();
    let mut one_of = |what: &str, values: Vec<Argument>| {
        let first = arguments.len() + 1;
        arguments.extend(values);
        let places: Vec<String> = (first..=arguments.len()).map(|at| format!("${at}")).collect();
        what.replace("{}", &places.join(", "))
    };
    if !filter.types.is_empty() {
        let types = filter.types.iter().map(|event_type| Argument::from(event_type.to_string())).collect();
        sql.push_str(&one_of(" AND event_type IN ({})", types));
    }
    if !filter.devices.is_empty() {
        let devices = filter.devices.iter().map(|device| Argument::from(key::device(device))).collect();
        sql.push_str(&one_of(" AND device_key IN ({})", devices));
    }
    if !filter.sources.is_empty() {
        let sources = filter.sources.iter().map(|source| Argument::from(source.as_str())).collect();
        let told = " AND EXISTS (SELECT 1 FROM event_report WHERE event_report.event = event.sequence \
                    AND event_report.source IN ({}))";
        sql.push_str(&one_of(told, sources));
    }
    (sql, arguments)
}

fn hour_count(row: &Row) -> Result<HourCount, RegistryError> {
    let hour: i64 = row.get("hour")?;
    let begin = Timestamp::from_microsecond(hour * HOUR);
    let event_type: String = row.get("event_type")?;
    let known: Option<EndDeviceEventType> = if event_type.is_empty() { None } else { Some(row.parsed("event_type")?) };
    Ok(HourCount {
        hour: begin.map_err(|_| RegistryError::Damaged { column: "ordered_at", text: hour.to_string() })?,
        event_type: known,
        count: row.number("count")?,
    })
}

fn unmapped(row: &Row) -> Result<Unmapped, RegistryError> {
    Ok(Unmapped {
        source: row.get("source")?,
        told_type: row.get("told_type")?,
        count: row.number("count")?,
        first: row.instant("first")?,
        last: row.instant("last")?,
    })
}
