//! Which stored reports have to be looked at for new ones: those near in time, and those with the same identity of their
//! source.

use std::collections::BTreeSet;

use model::event::report::{Meaning, Report};
use smol_str::SmolStr;

use super::event::{EventState, subject, text};
use super::{Grouping, key};
use crate::registry::RegistryError;
use crate::sql::{Row, Transaction, arguments};

/// A stored report, whose it is, and the report that leads there.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) number: i64,
    pub(super) sequence: u64,
    pub(super) report: Report,
    pub(super) lead: i64,
    pub(super) lead_report: Report,
}

/// What is selected of a stored report; `{from}` stands for how it is found.
macro_rules! known_where {
    ($from:literal) => {
        concat!(
            "SELECT told.number, told.source, told.source_id, told.told_type, told.occurred_at, ",
            "event.sequence, event.event_type, event.device_authority, event.device_name, event.meter, ",
            "event.usage_point, event.state, event.lead, ",
            "foremost.source AS lead_source, foremost.source_id AS lead_source_id, foremost.occurred_at AS lead_occurred_at ",
            "FROM {keys} JOIN event_report AS told ON ",
            $from,
            " JOIN event ON event.sequence = told.event JOIN event_report AS foremost ON foremost.number = event.lead"
        )
    };
}

/// The stored reports that any of `reports` may be linked to.
pub(super) async fn like(
    transaction: &mut Transaction,
    reports: &[&Report],
    grouping: &dyn Grouping,
) -> Result<Vec<Known>, RegistryError> {
    let mut by_slot = BTreeSet::new();
    let mut by_source = BTreeSet::new();
    for report in reports {
        let alike = key::alike(report);
        if let Some(at) = report.occurred_at {
            let window = i64::try_from(grouping.window(&report.meaning).as_micros()).unwrap_or(0);
            let at = at.as_microsecond();
            by_slot.extend((key::slot(at - window)..=key::slot(at + window)).map(|slot| (slot, alike)));
        }
        by_source.extend(key::source_key(report).map(|source_key| (source_key, alike)));
    }
    let arguments =
        |keys: BTreeSet<(i64, i64)>| keys.into_iter().map(|(left, right)| arguments![left, right]).collect();
    let select = known_where!("told.slot = wanted.column1 AND told.alike = wanted.column2");
    let mut rows = transaction.rows_for(select, arguments(by_slot)).await?;
    let select = known_where!("told.source_key = wanted.column1 AND told.alike = wanted.column2");
    rows.extend(transaction.rows_for(select, arguments(by_source)).await?);
    distinct(&rows)
}

/// Every report of events.
pub(super) async fn of_events(transaction: &mut Transaction, sequences: &[u64]) -> Result<Vec<Known>, RegistryError> {
    let keys = sequences.iter().map(|sequence| arguments![*sequence]).collect();
    distinct(&transaction.rows_for(known_where!("told.event = wanted.column1"), keys).await?)
}

fn distinct(rows: &[Row]) -> Result<Vec<Known>, RegistryError> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let number = row.get("number")?;
        if seen.insert(number) {
            found.push(known(row, number)?);
        }
    }
    Ok(found)
}

fn known(row: &Row, number: i64) -> Result<Known, RegistryError> {
    let source = text(row, "source")?;
    let state: EventState = row.parsed("state")?;
    let meter = row.parsed_or_null("meter")?;
    let usage_point = row.parsed_or_null("usage_point")?;
    let device = (text(row, "device_authority")?, text(row, "device_name")?);
    let subject = subject(state, meter, usage_point, device, &source);
    let event_type: String = row.get("event_type")?;
    let meaning = match event_type.is_empty() {
        true => Meaning::Unmapped { source: source.clone(), told: text(row, "told_type")? },
        false => Meaning::Known(row.parsed("event_type")?),
    };
    let report = |source: SmolStr, source_id, occurred_at| Report {
        subject: subject.clone(),
        meaning: meaning.clone(),
        occurred_at,
        source,
        source_id,
    };
    Ok(Known {
        number,
        sequence: row.number("sequence")?,
        lead: row.get("lead")?,
        lead_report: report(
            text(row, "lead_source")?,
            text(row, "lead_source_id")?,
            row.instant_or_null("lead_occurred_at")?,
        ),
        report: report(source, text(row, "source_id")?, row.instant_or_null("occurred_at")?),
    })
}
