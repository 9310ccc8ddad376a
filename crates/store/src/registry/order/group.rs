//! What many meters are asked for at once: one record with an order for each, whoever asks: a person, or a schedule.
//!
//! A cycle of a schedule, its orders and how far the schedule is are one commit. So a cycle is ordered once, whatever breaks off
//! and however many programs look at the clock.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::RegistryError;
use super::super::sql::{Row, Transaction, arguments};
use super::ledger::{Orders, insert, order};
use super::{Order, OrderEntry, OrderKind, OrderReason, OrderState};

/// A name for which nothing could be ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotOrdered {
    /// The name of the device as it was given.
    pub device: SmolStr,
    /// Why, for people.
    pub why: String,
}

/// Cycles of a schedule that passed while nothing ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Missed {
    /// How many.
    pub cycles: u64,
    /// When the first one was due.
    pub first: Timestamp,
    /// When the last one was due.
    pub last: Timestamp,
}

/// What many meters are asked for, as it is entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupEntry {
    /// What is asked for.
    pub kind: OrderKind,
    /// Why.
    pub why: OrderReason,
    /// Who asks: a person, or the name of a schedule.
    pub asked_by: String,
    /// When it was due; of a person, when it was entered.
    pub due_at: Timestamp,
    /// What nothing could be ordered for.
    pub unknown: Vec<NotOrdered>,
    /// Cycles of a schedule that passed before this one.
    pub missed: Option<Missed>,
}

/// What many meters are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Number by which people name it.
    pub id: u64,
    /// What was entered.
    #[serde(flatten)]
    pub entry: GroupEntry,
    /// When it was entered.
    pub ordered_at: Timestamp,
}

/// How many orders of a group are in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StateCount {
    /// The state.
    pub state: OrderState,
    /// Orders.
    pub orders: u64,
}

/// How far a schedule gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<'s> {
    /// Its name.
    pub schedule: &'s str,
    /// Until when it was dealt with; it is entered only where this still holds.
    pub from: Timestamp,
    /// Until when it is dealt with now.
    pub to: Timestamp,
}

impl Orders<'_> {
    /// Enters a group and its orders in one commit; with a step, that of the schedule, too. `None` where the schedule is somewhere
    /// else already: another program was faster, and nothing is entered.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn add_group(
        &self,
        (group, entries): (&GroupEntry, &[OrderEntry]),
        step: Option<Step<'_>>,
        now: Timestamp,
    ) -> Result<Option<Group>, RegistryError> {
        let mut transaction = self.database.begin().await?;
        if let Some(Step { schedule, from, to }) = step {
            let sql = "UPDATE read_schedule SET done_until = $3 WHERE name = $1 AND done_until = $2";
            if transaction.execute(sql, arguments![schedule, from, to]).await? == 0 {
                return Ok(None);
            }
        }
        let id = transaction.advance("order_group", 1).await? + 1;
        enter(&mut transaction, id, group, now).await?;
        insert(&mut transaction, entries, Some(id), now).await?;
        transaction.commit().await?;
        Ok(Some(Group { id: u64::try_from(id).unwrap_or_default(), entry: group.clone(), ordered_at: now }))
    }

    /// One group.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn group(&self, id: u64) -> Result<Group, RegistryError> {
        let row = self.database.row("SELECT * FROM order_group WHERE id = $1", arguments![id]).await?;
        let not_found = || RegistryError::NotFound { what: "group of orders", name: id.to_string() };
        row.as_ref().map(group).unwrap_or_else(|| Err(not_found()))
    }

    /// The last groups for a reason by whoever asked, the newest first.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn groups_of(&self, why: OrderReason, asked_by: &str, limit: u32) -> Result<Vec<Group>, RegistryError> {
        let sql = "SELECT * FROM order_group WHERE why = $1 AND asked_by = $2 ORDER BY id DESC LIMIT $3";
        self.database.rows(sql, arguments![why.as_str(), asked_by, limit]).await?.iter().map(group).collect()
    }

    /// The orders of a group, those after an id by ascending id; 0 as limit returns all.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn of_group(&self, id: u64, after: u64, limit: u32) -> Result<Vec<Order>, RegistryError> {
        let sql = "SELECT * FROM head_end_order WHERE part_of = $1 AND id > $2 ORDER BY id LIMIT $3";
        let limit = if limit == 0 { u32::MAX } else { limit };
        self.database.rows(sql, arguments![id, after, limit]).await?.iter().map(order).collect()
    }

    /// How many orders of a group are in which state.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn counts_of_group(&self, id: u64) -> Result<Vec<StateCount>, RegistryError> {
        let sql =
            "SELECT state, count(*) AS orders FROM head_end_order WHERE part_of = $1 GROUP BY state ORDER BY state";
        let count = |row: &Row| Ok(StateCount { state: row.parsed("state")?, orders: row.number("orders")? });
        self.database.rows(sql, arguments![id]).await?.iter().map(count).collect()
    }

    /// How many cycles of a schedule passed while nothing ran, of all time.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn missed_of(&self, schedule: &str) -> Result<u64, RegistryError> {
        let sql = "SELECT CAST(coalesce(sum(missed), 0) AS BIGINT) AS missed FROM order_group WHERE why = $1 AND asked_by = $2";
        let row = self.database.row(sql, arguments![OrderReason::Schedule.as_str(), schedule]).await?;
        row.map_or(Ok(0), |row| row.number("missed"))
    }

    /// Until when a schedule was dealt with; `None` for one that was never seen.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn done_until(&self, schedule: &str) -> Result<Option<Timestamp>, RegistryError> {
        let sql = "SELECT done_until FROM read_schedule WHERE name = $1";
        self.database.row(sql, arguments![schedule]).await?.map(|row| row.instant("done_until")).transpose()
    }

    /// A schedule is seen: it is dealt with from now on. Answers until when it was dealt with; where it was seen before,
    /// nothing changes.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn see_schedule(&self, schedule: &str, now: Timestamp) -> Result<Timestamp, RegistryError> {
        let mut transaction = self.database.begin().await?;
        let sql = "INSERT INTO read_schedule (name, done_until) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        transaction.execute(sql, arguments![schedule, now]).await?;
        transaction.commit().await?;
        Ok(self.done_until(schedule).await?.unwrap_or(now))
    }
}

async fn enter(
    transaction: &mut Transaction,
    id: i64,
    group: &GroupEntry,
    now: Timestamp,
) -> Result<(), RegistryError> {
    let sql = "INSERT INTO order_group (id, kind, why, asked_by, due_at, ordered_at, unknown, missed, missed_from, missed_to) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let unknown = serde_json::to_string(&group.unknown).expect("names and words always have a JSON form");
    let (kind, why, missed) = (group.kind.as_str(), group.why.as_str(), group.missed);
    let cycles = missed.map_or(0, |missed| missed.cycles);
    let (first, last) = (missed.map(|missed| missed.first), missed.map(|missed| missed.last));
    let values = arguments![id, kind, why, &*group.asked_by, group.due_at, now, unknown, cycles, first, last];
    transaction.execute(sql, values).await.map(drop)
}

fn group(row: &Row) -> Result<Group, RegistryError> {
    let unknown: String = row.get("unknown")?;
    let damaged = |_| RegistryError::Damaged { column: "unknown", text: unknown.clone() };
    let (first, last) = (row.instant_or_null("missed_from")?, row.instant_or_null("missed_to")?);
    let cycles = row.number("missed")?;
    let entry = GroupEntry {
        kind: row.parsed("kind")?,
        why: row.parsed("why")?,
        asked_by: row.get("asked_by")?,
        due_at: row.instant("due_at")?,
        unknown: serde_json::from_str(&unknown).map_err(damaged)?,
        missed: first.zip(last).map(|(first, last)| Missed { cycles, first, last }),
    };
    Ok(Group { id: row.number("id")?, entry, ordered_at: row.instant("ordered_at")? })
}
