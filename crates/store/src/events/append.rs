//! The transaction that appends: events with what their like are found by, answers and positions.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use model::event::report::Report;

use super::batch::{Answer, Batch, Counts, Told, ToldEvent};
use super::event::EventState;
use super::like::like;
use super::settle::{Home, Lead, Settled, settle};
use super::{EventsBook, EventsError, Grouping, key};
use crate::registry::RegistryError;
use crate::sql::{Argument, Row, Transaction, arguments};

impl EventsBook {
    /// Appends what messages told, in one commit; when this returns it is durable. The answers are in the order of the
    /// messages; one whose bytes were answered before gets that answer again, and nothing of it is appended.
    ///
    /// # Errors
    /// [`EventsError`]: nothing was appended.
    pub async fn append(&self, batch: &Batch, grouping: &dyn Grouping) -> Result<Vec<Answer>, EventsError> {
        let mut transaction = self.database.begin().await?;
        let answers = append(&mut transaction, batch, grouping).await?;
        transaction.commit().await?;
        Ok(answers)
    }
}

async fn append(
    transaction: &mut Transaction,
    batch: &Batch,
    grouping: &dyn Grouping,
) -> Result<Vec<Answer>, RegistryError> {
    let all: u64 = batch.told.iter().map(|told| told.events.len() as u64).sum();
    // Those who append wait for one another here, also where several processes do.
    let first_report = take_numbers(transaction, "report", all).await?;
    let mut answered = answered(transaction, batch).await?;
    let mut is_new: Vec<bool> = Vec::with_capacity(batch.told.len());
    for told in &batch.told {
        let is_answered = answered.contains_key(&told.hash);
        is_new.push(!is_answered);
        if !is_answered && told.note.is_some() {
            answered.insert(told.hash.clone(), None);
        }
    }
    let new = || batch.told.iter().zip(&is_new).filter(|(_, is_new)| **is_new).map(|(told, _)| told);
    let events: Vec<(&Told, &ToldEvent)> =
        new().flat_map(|told| told.events.iter().map(move |event| (told, event))).collect();
    let homes = append_events(transaction, &events, first_report, grouping).await?;
    let mut place = 0;
    let mut answers = Vec::with_capacity(batch.told.len());
    let mut rows = Vec::new();
    for (told, is_new) in batch.told.iter().zip(&is_new) {
        if !is_new {
            let first = answered.get(&told.hash).cloned().flatten().unwrap_or_default();
            answers.push(Answer { is_repeated: true, ..first });
            continue;
        }
        let counts = counts(told, &homes, place);
        place += told.events.len();
        let note = told.note.clone().unwrap_or_default();
        let answer = Answer { counts, note, raw: told.raw.clone(), is_repeated: false };
        if told.note.is_some() {
            rows.push(message_row(told, &answer));
            answered.insert(told.hash.clone(), Some(answer.clone()));
        }
        answers.push(answer);
    }
    let insert = "INSERT INTO event_message \
                  (hash, source, name, raw, received_at, told, fresh, joined, repeated, note)";
    transaction.insert_many(insert, rows, "").await?;
    keep_positions(transaction, batch).await?;
    Ok(answers)
}

/// The answers to messages that were answered before, by hash.
async fn answered(
    transaction: &mut Transaction,
    batch: &Batch,
) -> Result<HashMap<String, Option<Answer>>, RegistryError> {
    let keys = batch.told.iter().map(|told| arguments![&*told.hash]).collect();
    let select = "SELECT event_message.* FROM {keys} JOIN event_message ON event_message.hash = wanted.column1";
    let rows = transaction.rows_for(select, keys).await?;
    rows.iter().map(|row| Ok((row.get("hash")?, Some(answer(row)?)))).collect()
}

pub(super) fn answer(row: &Row) -> Result<Answer, RegistryError> {
    let counts = Counts {
        told: row.number("told")?,
        fresh: row.number("fresh")?,
        joined: row.number("joined")?,
        repeated: row.number("repeated")?,
    };
    Ok(Answer { counts, note: row.get("note")?, raw: row.get("raw")?, is_repeated: true })
}

/// Appends events; answers what each was.
async fn append_events(
    transaction: &mut Transaction,
    events: &[(&Told, &ToldEvent)],
    first_report: i64,
    grouping: &dyn Grouping,
) -> Result<Vec<Home>, RegistryError> {
    let reports: Vec<&Report> = events.iter().map(|(_, event)| &event.report).collect();
    let known = like(transaction, &reports, grouping).await?;
    let settled = settle(&known, &reports, grouping);
    let number = |place: usize| first_report + place as i64;
    let mut sequence = take_numbers(transaction, "event", settled.fresh.len() as u64).await?;
    let mut sequences = BTreeMap::new();
    let mut rows = Vec::with_capacity(settled.fresh.len());
    for (first, lead) in &settled.fresh {
        rows.push(event_row(sequence, events[*first], events[*lead], number(*lead)));
        sequences.insert(*first, sequence);
        sequence += 1;
    }
    let insert = "INSERT INTO event (sequence, event_type, device_authority, device_kind, device_name, device_key, meter, \
                  usage_point, state, occurred_at, ordered_at, received_at, lead)";
    transaction.insert_many(insert, rows, "").await?;
    let mut rows = Vec::with_capacity(events.len());
    for (place, home) in settled.homes.iter().enumerate() {
        let sequence = match home {
            Home::Known(sequence) => i64::try_from(*sequence).unwrap_or(i64::MAX),
            Home::Fresh(first) => sequences[first],
            Home::Repeated => continue,
        };
        rows.push(report_row(number(place), sequence, events[place]));
    }
    let insert = "INSERT INTO event_report (number, event, source, source_id, told_type, told_at, occurred_at, received_at, \
                  is_doubtful, raw, line, severity, reason, status, details, slot, alike, source_key)";
    transaction.insert_many(insert, rows, "").await?;
    join_events(transaction, &settled, number).await?;
    Ok(settled.homes)
}

/// Makes events that turned out to be one into one, and gives events the words of their earliest report.
pub(super) async fn join_events(
    transaction: &mut Transaction,
    settled: &Settled,
    number: impl Fn(usize) -> i64,
) -> Result<(), RegistryError> {
    let merged = || settled.merged.iter().map(|(from, into)| arguments![*from, *into]).collect();
    let update = "UPDATE event SET merged_into = wanted.column2 FROM {keys} WHERE event.sequence = wanted.column1";
    transaction.rows_for(update, merged()).await?;
    let update = "UPDATE event_report SET event = wanted.column2 FROM {keys} WHERE event_report.event = wanted.column1";
    transaction.rows_for(update, merged()).await?;
    let leads = settled.leads.iter().map(|(sequence, lead)| match lead {
        Lead::Known(known) => arguments![*sequence, *known],
        Lead::New(place) => arguments![*sequence, number(*place)],
    });
    let update = "UPDATE event SET lead = told.number, occurred_at = told.occurred_at, \
                  ordered_at = CASE told.is_doubtful WHEN 0 THEN told.occurred_at ELSE event.received_at END \
                  FROM {keys} JOIN event_report AS told ON told.number = wanted.column2 \
                  WHERE event.sequence = wanted.column1";
    transaction.rows_for(update, leads.collect()).await.map(drop)
}

/// The first of so many numbers of a counter, whose row is held until the end.
pub(super) async fn take_numbers(
    transaction: &mut Transaction,
    counter: &'static str,
    count: u64,
) -> Result<i64, RegistryError> {
    let sql = "UPDATE event_counter SET value = value + $2 WHERE name = $1 RETURNING value";
    let row = transaction.row(sql, arguments![counter, count]).await?;
    let damaged = || RegistryError::Damaged { column: "event_counter.name", text: counter.to_owned() };
    let value: i64 = row.ok_or_else(damaged)?.get("value")?;
    Ok(value - i64::try_from(count).unwrap_or(0) + 1)
}

fn event_row(sequence: i64, first: (&Told, &ToldEvent), lead: (&Told, &ToldEvent), number: i64) -> Vec<Argument> {
    let (told, event) = first;
    let name = event.device.as_ref();
    let state = if event.report.subject.is_known() { EventState::Known } else { EventState::UnknownDevice };
    let received_at = told.received_at;
    arguments![
        sequence,
        event.report.meaning.event_type().map_or_else(String::new, |event_type| event_type.to_string()),
        name.map_or("", |name| name.authority.as_str()),
        name.map_or("", |name| name.kind.as_str()),
        name.map_or("", |name| name.value.as_str()),
        key::device(&event.report.subject),
        event.meter.map(|meter| meter.to_string()),
        event.usage_point.map(|point| point.to_string()),
        state.as_str(),
        lead.1.report.occurred_at,
        ordered_at(lead.1, received_at),
        received_at,
        number,
    ]
}

fn ordered_at(event: &ToldEvent, received_at: Timestamp) -> Timestamp {
    event.report.occurred_at.filter(|_| !event.is_doubtful).unwrap_or(received_at)
}

fn report_row(number: i64, event: i64, (told, of): (&Told, &ToldEvent)) -> Vec<Argument> {
    let report = &of.report;
    let details = match of.details.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&of.details).expect("pairs of text are JSON"),
    };
    arguments![
        number,
        event,
        report.source.as_str(),
        report.source_id.as_str(),
        of.told_type.as_str(),
        of.told_at,
        report.occurred_at,
        told.received_at,
        i64::from(of.is_doubtful),
        told.raw.as_str(),
        of.line,
        of.severity.as_str(),
        of.reason.as_str(),
        of.status.as_str(),
        details,
        report.occurred_at.map(|at| key::slot(at.as_microsecond())),
        key::alike(report),
        key::source_key(report),
    ]
}

/// What became of the events of a message, the first of which is at `place`. Of several that are one new event, the first
/// counts as new.
fn counts(told: &Told, homes: &[Home], place: usize) -> Counts {
    let mut counts = told.earlier;
    for (at, home) in homes.iter().enumerate().skip(place).take(told.events.len()) {
        counts.told += 1;
        match home {
            Home::Repeated => counts.repeated += 1,
            Home::Fresh(first) if *first == at => counts.fresh += 1,
            Home::Fresh(_) | Home::Known(_) => counts.joined += 1,
        }
    }
    counts
}

fn message_row(told: &Told, answer: &Answer) -> Vec<Argument> {
    arguments![
        told.hash.as_str(),
        told.source.as_str(),
        told.name.as_str(),
        told.raw.as_str(),
        told.received_at,
        answer.counts.told,
        answer.counts.fresh,
        answer.counts.joined,
        answer.counts.repeated,
        answer.note.as_str(),
    ]
}

async fn keep_positions(transaction: &mut Transaction, batch: &Batch) -> Result<(), RegistryError> {
    let with_order = batch.told.iter().filter(|told| !told.position.is_empty());
    let last: BTreeMap<&str, &str> = with_order.map(|told| (told.source.as_str(), told.position.as_str())).collect();
    let rows = last.into_iter().map(|(source, position)| arguments![source, position]).collect();
    let after = "ON CONFLICT (source) DO UPDATE SET position = excluded.position";
    transaction.insert_many("INSERT INTO event_position (source, position)", rows, after).await.map(drop)
}
