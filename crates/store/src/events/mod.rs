//! The events book: what devices told of, each event once, with every report of it.
//!
//! Embedded in SQLite (WAL, `synchronous = FULL`) or shared in PostgreSQL, with the same statements. One transaction holds
//! events, what their like are found by, the answers to messages and the positions of sources; it is on disk when
//! [`EventsBook::append`] returns. Which reports are one event is said by the caller ([`Grouping`]); the book finds what has to
//! be looked at for it.
//!
//! - [`batch`]: what is appended, and what became of it.
//! - [`event`](mod@event): what is read.
//! - `append`: the transaction; `like`: which stored reports it looks at; `settle`: what follows from how they are grouped.
//! - `resolve`: devices and words that became known later. `query`: questions. `key`: numbers that reports are found by.

mod append;
pub mod batch;
pub mod event;
mod key;
mod like;
mod query;
mod resolve;
mod settle;

use jiff::SignedDuration;
use model::event::report::{Meaning, Report};

use crate::registry::RegistryError;
use crate::sql::{Database, Schema};

pub use batch::{Answer, Batch, Counts, Told, ToldEvent};
pub use event::{Event, EventReport, EventState, Filter, HourCount, Place, Unmapped};
pub use resolve::Resolved;

const SCHEMA: Schema = Schema {
    migrations: &[("events", include_str!("../../migrations_events/0001_events.sql"))],
    kept_in: "event_migrations",
    // A storm dirties many pages at once: 64 MiB of them are held, and written back after as many.
    pragmas: &[("cache_size", "-65536"), ("wal_autocheckpoint", "16384")],
};

/// The events book of one installation; clones share the connections.
#[derive(Clone, Debug)]
pub struct EventsBook {
    database: Database,
}

/// Which reports are one event.
pub trait Grouping: Sync {
    /// How far apart reports with this meaning are looked at.
    fn window(&self, meaning: &Meaning) -> SignedDuration;
    /// For each report the place of the first one that is the same event.
    fn groups(&self, reports: &[Report]) -> Vec<usize>;
}

/// Why the events book could not answer or change.
#[derive(Debug, thiserror::Error)]
#[error("could not use the events book")]
pub struct EventsError(#[from] RegistryError);

impl EventsError {
    /// Whether the disk of the database is full: nothing was changed, and the same call may work later.
    pub fn is_out_of_space(&self) -> bool {
        self.0.is_out_of_space()
    }
}

impl EventsBook {
    /// Opens `sqlite:<path>` (created when absent) or `postgres://..`, and brings the schema up to date.
    ///
    /// # Errors
    /// [`EventsError`].
    pub async fn open(url: &str) -> Result<Self, EventsError> {
        Ok(Self { database: Database::open_book(url, &SCHEMA).await? })
    }

    /// Waits for running statements and closes every connection.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
