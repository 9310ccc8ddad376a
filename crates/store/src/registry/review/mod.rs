//! Review: what rules found, what people decided about it, and how far the feed of readings was followed.
//!
//! This book keeps and counts; `ingest` decides what an exception's state is and which decisions hold.
//!
//! - [`exception`]: failed rules, listed and counted.
//! - [`act`]: what people did at once, with its decisions.

pub mod act;
pub mod exception;

use model::id::ChannelNumber;

use super::sql::{Argument, Database, Row, Transaction, arguments};
use super::{Registry, RegistryError};
use crate::readings::Cursor;

pub use act::{Act, ActFilter, ActKind, ActState, DecidedDay, Decision, NewAct, Verdict};
pub use exception::{Effect, Exception, ExceptionFilter, ExceptionState, Found, Group, Grouping};

/// The review of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Review<'r> {
    database: &'r Database,
}

impl Registry {
    /// What rules found and what people decided about it.
    pub fn review(&self) -> Review<'_> {
        Review { database: &self.database }
    }
}

/// How far a follower has come, and how far it comes with what it found on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<'s> {
    /// The follower.
    pub follower: &'s str,
    /// Where it was when it began to read.
    pub from: Option<Cursor>,
    /// Where it is afterwards.
    pub to: Cursor,
}

impl Review<'_> {
    /// How far a follower has come; `None` before its first step.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn position(&self, follower: &str) -> Result<Option<Cursor>, RegistryError> {
        let row = self.database.row("SELECT position FROM follower WHERE name = $1", arguments![follower]).await?;
        row.map(|row| row.parsed("position")).transpose()
    }
}

/// Moves a follower on by a step, in the commit of what it found on the way.
///
/// # Errors
/// [`RegistryError::Conflict`] where it is elsewhere by now.
pub(in crate::registry) async fn advance_follower(
    transaction: &mut Transaction,
    step: Step<'_>,
) -> Result<(), RegistryError> {
    let touched = match step.from {
        None => {
            let sql = "INSERT INTO follower (name, position) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
            transaction.execute(sql, arguments![step.follower, step.to.to_string()]).await?
        }
        Some(from) => {
            let sql = "UPDATE follower SET position = $2 WHERE name = $1 AND position = $3";
            transaction.execute(sql, arguments![step.follower, step.to.to_string(), from.to_string()]).await?
        }
    };
    match touched {
        0 => Err(conflict("follower", step.follower, "it has gone on meanwhile".into())),
        _ => Ok(()),
    }
}

fn channel(row: &Row) -> Result<ChannelNumber, RegistryError> {
    row.number("channel").map(ChannelNumber)
}

/// Numbers as arguments of a list of keys.
fn keys(ids: &[u64]) -> Vec<Vec<Argument>> {
    ids.iter().map(|id| arguments![*id]).collect()
}

fn not_found(what: &'static str, id: u64) -> RegistryError {
    RegistryError::NotFound { what, name: id.to_string() }
}

fn conflict(what: &'static str, name: impl ToString, difference: String) -> RegistryError {
    RegistryError::Conflict { what, name: name.to_string(), difference }
}
