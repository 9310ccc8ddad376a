//! Entering orders, claiming what is due, and noting what became of it.

use std::ops::Range;

use jiff::Timestamp;
use model::id::UsagePointId;
use model::time::TimeRange;
use smol_str::SmolStr;

use super::super::sql::{Argument, Database, Row, Transaction, arguments};
use super::super::{Registry, RegistryError};
use super::{Order, OrderCount, OrderEntry, OrderFilter, OrderReason, OrderState, Route};

/// The ledger of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Orders<'r> {
    pub(super) database: &'r Database,
}

/// What entering did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The ids of the entries in their order; those of gaps that are ordered already stay unused.
    pub ids: Range<u64>,
    /// How many are new.
    pub added: u64,
}

/// Orders that go to a head-end in one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The id of the request: the same one as before where it was cut off.
    pub request: SmolStr,
    /// All of one kind and span.
    pub orders: Vec<Order>,
}

/// What becomes of an order; it is no longer part of a request then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The order.
    pub id: u64,
    /// How far it is.
    pub state: OrderState,
    /// How often the head-end accepted it.
    pub tries: u32,
    /// When something is done about it next.
    pub next_at: Timestamp,
    /// What is said of it.
    pub outcome: String,
}

impl Registry {
    /// What head-ends are asked to do.
    pub fn orders(&self) -> Orders<'_> {
        Orders { database: &self.database }
    }
}

impl Orders<'_> {
    /// Enters orders in one commit. A gap that is ordered and not answered stays as it is; one that was refused is ordered
    /// anew where another head-end or device can be asked now.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn add(&self, entries: &[OrderEntry], now: Timestamp) -> Result<Added, RegistryError> {
        let mut transaction = self.database.begin().await?;
        let added = insert(&mut transaction, entries, None, now).await?;
        transaction.commit().await?;
        Ok(added)
    }

    /// The orders that match, by ascending id.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn list(&self, filter: &OrderFilter) -> Result<Vec<Order>, RegistryError> {
        let sql = "SELECT * FROM head_end_order WHERE id > $1 AND ($2 IS NULL OR state = $2) \
                   AND ($3 IS NULL OR why = $3) AND ($4 IS NULL OR head_end = $4) \
                   AND ($5 IS NULL OR usage_point = $5) ORDER BY id LIMIT $6";
        let values = arguments![
            filter.after,
            filter.state.map(OrderState::as_str),
            filter.why.map(OrderReason::as_str),
            filter.head_end.as_deref(),
            filter.usage_point.map(|id| id.to_string()),
            if filter.limit == 0 { u32::MAX } else { filter.limit },
        ];
        self.database.rows(sql, values).await?.iter().map(order).collect()
    }

    /// The last orders for a usage point, the newest first.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn latest(&self, usage_point: UsagePointId, limit: u32) -> Result<Vec<Order>, RegistryError> {
        let sql = "SELECT * FROM head_end_order WHERE usage_point = $1 ORDER BY id DESC LIMIT $2";
        self.database.rows(sql, arguments![usage_point.to_string(), limit]).await?.iter().map(order).collect()
    }

    /// One order.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn get(&self, id: u64) -> Result<Order, RegistryError> {
        let row = self.database.row("SELECT * FROM head_end_order WHERE id = $1", arguments![id]).await?;
        let not_found = || RegistryError::NotFound { what: "order", name: id.to_string() };
        row.as_ref().map(order).unwrap_or_else(|| Err(not_found()))
    }

    /// How many orders of each head-end are in which state.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn counts(&self) -> Result<Vec<OrderCount>, RegistryError> {
        let sql = "SELECT head_end, state, count(*) AS orders FROM head_end_order GROUP BY head_end, state \
                   ORDER BY head_end, state";
        let count = |row: &Row| {
            Ok(OrderCount {
                head_end: row.get("head_end")?,
                state: row.parsed("state")?,
                orders: row.number("orders")?,
            })
        };
        self.database.rows(sql, arguments![]).await?.iter().map(count).collect()
    }

    /// Orders under way for a reason, those after an id by ascending id: they may be answered or run out of time.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn under_way(&self, why: OrderReason, after: u64, limit: u32) -> Result<Vec<Order>, RegistryError> {
        let sql = "SELECT * FROM head_end_order WHERE id > $1 AND state IN ('open', 'asked') AND why = $2 \
                   ORDER BY id LIMIT $3";
        self.database.rows(sql, arguments![after, why.as_str(), limit]).await?.iter().map(order).collect()
    }

    /// Claims what a head-end is to be asked next, in a commit of its own: first what a crash left between asking and noting,
    /// under the id it had; else open orders that are due, what people wait for before gaps, all of one kind and span, at
    /// most `limit`, under the id `request`.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn claim(
        &self,
        head_end: &str,
        now: Timestamp,
        limit: u32,
        request: &str,
    ) -> Result<Option<Claimed>, RegistryError> {
        let is_due = "SELECT id FROM head_end_order WHERE head_end = $1 AND state = 'open' \
                      AND (request IS NOT NULL OR next_at <= $2) LIMIT 1";
        if self.database.row(is_due, arguments![head_end, now]).await?.is_none() {
            return Ok(None);
        }
        let mut transaction = self.database.begin().await?;
        let sql = "SELECT request FROM head_end_order WHERE head_end = $1 AND state = 'open' AND request IS NOT NULL \
                   ORDER BY id LIMIT 1";
        if let Some(row) = transaction.row(sql, arguments![head_end]).await? {
            return claimed(&mut transaction, head_end, row.get("request")?).await.map(Some);
        }
        let sql = "SELECT * FROM head_end_order WHERE head_end = $1 AND state = 'open' AND next_at <= $2 \
                   ORDER BY CASE WHEN why = 'on_demand' THEN 0 ELSE 1 END, next_at, id LIMIT 1";
        let Some(first) = transaction.row(sql, arguments![head_end, now]).await? else { return Ok(None) };
        let first = order(&first)?.entry;
        let sql = "UPDATE head_end_order SET request = $7 WHERE id IN (SELECT id FROM head_end_order \
                   WHERE head_end = $1 AND state = 'open' AND next_at <= $2 AND kind = $3 AND why = $4 \
                   AND range_start = $5 AND range_end = $6 ORDER BY next_at, id LIMIT $8)";
        let TimeRange { start, end } = first.route.range;
        let values =
            arguments![head_end, now, first.kind.as_str(), first.why.as_str(), start, end, request, limit.max(1)];
        transaction.execute(sql, values).await?;
        let claimed = claimed(&mut transaction, head_end, request.into()).await?;
        transaction.commit().await?;
        Ok(Some(claimed))
    }

    /// Notes what becomes of orders, in one commit; those that are closed stay as they are. Answers how many changed.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn note(&self, notes: &[Note], now: Timestamp) -> Result<u64, RegistryError> {
        let sql = "UPDATE head_end_order SET state = $2, tries = $3, next_at = $4, outcome = $5, request = NULL, \
                   asked_at = CASE WHEN asked_at IS NULL AND $2 = 'asked' THEN $6 ELSE asked_at END, closed_at = $7 \
                   WHERE id = $1 AND state IN ('open', 'asked')";
        let mut transaction = self.database.begin().await?;
        let mut changed = 0;
        for note in notes {
            let closed_at = note.state.is_closed().then_some(now);
            let state = note.state.as_str();
            let values = arguments![note.id, state, note.tries, note.next_at, &*note.outcome, now, closed_at];
            changed += transaction.execute(sql, values).await?;
        }
        transaction.commit().await?;
        Ok(changed)
    }

    /// Decides against orders that are not closed yet. Answers how many were.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn cancel(&self, ids: &[u64], outcome: &str, now: Timestamp) -> Result<u64, RegistryError> {
        let sql = "UPDATE head_end_order SET state = 'cancelled', request = NULL, outcome = $2, closed_at = $3 \
                   WHERE id = $1 AND state IN ('open', 'asked')";
        let mut transaction = self.database.begin().await?;
        let mut changed = 0;
        for id in ids {
            changed += transaction.execute(sql, arguments![*id, outcome, now]).await?;
        }
        transaction.commit().await?;
        Ok(changed)
    }
}

/// Enters orders, those of a group with its number; what [`Orders::add`] says of gaps holds.
pub(super) async fn insert(
    transaction: &mut Transaction,
    entries: &[OrderEntry],
    part_of: Option<i64>,
    now: Timestamp,
) -> Result<Added, RegistryError> {
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let first = transaction.advance("head_end_order", count).await? + 1;
    for entry in entries.iter().filter(|entry| entry.gap.is_some() && entry.route.refused.is_none()) {
        let sql =
            "DELETE FROM head_end_order WHERE gap = $1 AND state = 'refused' AND (head_end <> $2 OR device <> $3)";
        let Route { head_end, device, .. } = &entry.route;
        transaction.execute(sql, arguments![entry.gap.as_deref(), &**head_end, &**device]).await?;
    }
    let insert = "INSERT INTO head_end_order (id, part_of, kind, why, asked_by, usage_point, meter, head_end, device, \
                  range_start, range_end, wanted, gap, deadline, state, tries, next_at, ordered_at, closed_at, outcome)";
    let rows = (first..).zip(entries).map(|(id, entry)| columns(id, part_of, entry, now)).collect();
    let after = "ON CONFLICT (gap) WHERE state <> 'answered' DO NOTHING";
    let added = transaction.insert_many(insert, rows, after).await?;
    let first = u64::try_from(first).unwrap_or_default();
    Ok(Added { ids: first..first + entries.len() as u64, added })
}

async fn claimed(transaction: &mut Transaction, head_end: &str, request: String) -> Result<Claimed, RegistryError> {
    let sql = "SELECT * FROM head_end_order WHERE head_end = $1 AND state = 'open' AND request = $2 ORDER BY id";
    let rows = transaction.rows(sql, arguments![head_end, &*request]).await?;
    Ok(Claimed { request: request.into(), orders: rows.iter().map(order).collect::<Result<_, _>>()? })
}

fn columns(id: i64, part_of: Option<i64>, entry: &OrderEntry, now: Timestamp) -> Vec<Argument> {
    let Route { range, meter, head_end, device, refused } = &entry.route;
    let state = if refused.is_some() { OrderState::Refused } else { OrderState::Open };
    let wanted = serde_json::to_string(&entry.wanted).expect("numbers and instants always have a JSON form");
    arguments![
        id,
        part_of,
        entry.kind.as_str(),
        entry.why.as_str(),
        &*entry.asked_by,
        entry.usage_point.to_string(),
        meter.map(|meter| meter.to_string()),
        &**head_end,
        &**device,
        range.start,
        range.end,
        wanted,
        entry.gap.as_deref(),
        entry.deadline,
        state.as_str(),
        0_i64,
        entry.next_at,
        now,
        refused.as_ref().map(|_| now),
        refused.as_deref().unwrap_or_default(),
    ]
}

pub(super) fn order(row: &Row) -> Result<Order, RegistryError> {
    let (state, outcome): (OrderState, String) = (row.parsed("state")?, row.get("outcome")?);
    let wanted: String = row.get("wanted")?;
    let damaged = |_| RegistryError::Damaged { column: "wanted", text: wanted.clone() };
    let text = |column| row.get::<String>(column);
    let route = Route {
        range: TimeRange { start: row.instant("range_start")?, end: row.instant("range_end")? },
        meter: row.parsed_or_null("meter")?,
        head_end: text("head_end")?.into(),
        device: text("device")?.into(),
        refused: (state == OrderState::Refused).then(|| outcome.clone()),
    };
    let entry = OrderEntry {
        kind: row.parsed("kind")?,
        why: row.parsed("why")?,
        asked_by: text("asked_by")?,
        usage_point: row.parsed("usage_point")?,
        route,
        wanted: serde_json::from_str(&wanted).map_err(damaged)?,
        gap: row.get("gap")?,
        next_at: row.instant("next_at")?,
        deadline: row.instant("deadline")?,
    };
    Ok(Order {
        id: row.number("id")?,
        entry,
        state,
        tries: row.number("tries")?,
        request: row.get::<Option<String>>("request")?.map(SmolStr::from),
        ordered_at: row.instant("ordered_at")?,
        asked_at: row.instant_or_null("asked_at")?,
        closed_at: row.instant_or_null("closed_at")?,
        outcome,
    })
}
