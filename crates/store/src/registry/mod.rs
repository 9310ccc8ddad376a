//! The registry book: master data, quarantine, sources, what was received, who is told.
//!
//! Embedded in SQLite (WAL, `synchronous = FULL`) or shared in PostgreSQL, with the same statements;
//! every write is on disk when its call returns. Master data changes run one after the other and move
//! [`Registry::revision`], so that a cache knows when to load again.
//!
//! - [`master`]: objects and their names; [`link`]: the dated links between them.
//! - [`channel`]: channels, and many of them at once; `channel_bounds`: what they may be.
//! - [`usage_point`]: connection states; [`ownership`]: which source owns it, and from when; [`membership`]: programmes and customer classes.
//! - [`fact`]: what rules may know beside readings; [`reference`](mod@reference): holidays and temperatures.
//! - [`plan`]: plans of validation and estimation, and where they hold.
//! - [`directory`]: how a message's words for a channel become a channel, in memory.
//! - [`quarantine`]: items that were not admitted.
//! - [`review`]: what rules found and what people decided about it.
//! - [`determinant`]: definitions of rates, requests for determinants and what was told of them.
//! - [`schema`]: what was agreed with each source about the fields of its messages.
//! - [`order`]: what head-ends are asked to do, and how far that is.
//! - [`source`] and [`batch`]: where files come from and what became of them; [`arrival`]: added up by source and hour.
//! - [`feed`]: how the feeds of head-ends stand, and how their clocks are corrected.
//! - `feeder`: where usage points are in the network.
//! - [`subscription`]: who is told about readings, and how far they were told.
//! - [`attempt`]: how head-ends answered; [`collected_day`]: what was collected of each day; [`alert`]: what people are
//!   alarmed of; [`hand_over`]: what the repository was given; [`account`]: on which account a usage point is billed.

pub mod account;
pub mod alert;
pub mod arrival;
pub mod attempt;
pub mod batch;
pub mod channel;
mod channel_bounds;
pub mod collected_day;
pub mod determinant;
pub mod directory;
pub mod fact;
pub mod feed;
mod feeder;
pub mod hand_over;
pub mod link;
#[cfg(feature = "local-postgres")]
pub mod local_postgres;
pub mod master;
pub mod membership;
pub mod multiplier;
pub mod order;
pub mod ownership;
pub mod plan;
pub mod quarantine;
pub mod reference;
pub mod review;
pub mod schema;
pub mod source;
pub mod subscription;
pub(crate) mod tables;
pub mod usage_point;

use std::sync::{Arc, Mutex};

use crate::sql::{self, Database, arguments};
use directory::Directory;

/// The registry of one installation; clones share the connections and what is held of it in memory.
#[derive(Clone, Debug)]
pub struct Registry {
    database: Database,
    /// The directory of the last revision that somebody asked for.
    directory: Arc<Mutex<Option<Arc<Directory>>>>,
}

/// Why the registry could not answer or change.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The address names no engine.
    #[error("expected a registry address `sqlite:<path>` or `postgres://<user>@<host>/<database>`, found `{0}`")]
    Address(String),
    /// The database cannot be reached or created.
    #[error("could not open the registry at `{url}`")]
    Open {
        /// Address without password.
        url: String,
        /// What the engine said.
        #[source]
        source: sqlx::Error,
    },
    /// The schema is newer than this program, was altered, or could not be created.
    #[error("could not bring the registry at `{url}` to the schema of this version")]
    Migrate {
        /// Address without password.
        url: String,
        /// What the engine said.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// A statement failed.
    #[error("the registry could not run a statement")]
    Database(#[source] sqlx::Error),
    /// A stored value is not of its type.
    #[error("registry column `{column}` holds `{text}`, which is not of its type")]
    Damaged {
        /// The column.
        column: &'static str,
        /// What it holds.
        text: String,
    },
    /// What was asked for is not there.
    #[error("{what} `{name}` is not in the registry")]
    NotFound {
        /// The class of object, in words.
        what: &'static str,
        /// How it was asked for.
        name: String,
    },
    /// The change contradicts what is stored.
    #[error("{what} `{name}` is already registered differently: {difference}")]
    Conflict {
        /// The class of object, in words.
        what: &'static str,
        /// Its name.
        name: String,
        /// What differs.
        difference: String,
    },
    /// A name that was given without an authority means several things.
    #[error("{what} `{name}` is not one: {bearers} bear that name; say which by its authority or its mRID")]
    Ambiguous {
        /// The class of object, in words.
        what: &'static str,
        /// The name.
        name: String,
        /// Who bears it.
        bearers: master::Bearers,
    },
    /// A channel cannot be as it is described.
    #[error("channel `{channel}`: {field}: expected {expected}, found `{found}`")]
    Invalid {
        /// The channel in the words of the entry.
        channel: String,
        /// The field.
        field: &'static str,
        /// What it may be, and what to do.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A relation would hold twice at one time.
    #[error(
        "{relation} of `{subject}` from {from} overlaps the one to `{target}` from {other_from}; close that one first"
    )]
    Overlap {
        /// The relation, in words.
        relation: &'static str,
        /// Whose relation it is.
        subject: String,
        /// When the refused link would begin.
        from: jiff::Timestamp,
        /// The other end of the link that is there.
        target: String,
        /// When the link that is there began.
        other_from: jiff::Timestamp,
    },
    /// Every channel number is given.
    #[error("the registry holds as many channels as it can number")]
    Full,
    /// A link ends before it begins.
    #[error("a link must end after it begins, found {from} to {to}")]
    EmptyLink {
        /// Begin.
        from: jiff::Timestamp,
        /// End.
        to: jiff::Timestamp,
    },
}

/// A text is none of the names a setting may have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {}, found `{found}`", known.join(", "))]
pub struct UnknownName {
    /// The text.
    pub found: String,
    /// The names.
    pub known: Vec<&'static str>,
}

impl RegistryError {
    /// Whether a person has to change what was asked or what is stored: nothing was changed, and the same call will not
    /// work later.
    pub fn is_contradiction(&self) -> bool {
        match self {
            Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Ambiguous { .. }
            | Self::Invalid { .. }
            | Self::Overlap { .. }
            | Self::Full
            | Self::EmptyLink { .. } => true,
            Self::Address(_) | Self::Open { .. } | Self::Migrate { .. } | Self::Database(_) | Self::Damaged { .. } => {
                false
            }
        }
    }

    /// Whether the disk of the database is full: nothing was changed, and the same call may work later.
    pub fn is_out_of_space(&self) -> bool {
        match self {
            // SQLITE_FULL, and disk_full of PostgreSQL.
            Self::Database(sqlx::Error::Database(error)) => matches!(error.code().as_deref(), Some("13" | "53100")),
            // What a connection of SQLite says after one was met, until it is replaced.
            Self::Database(sqlx::Error::InvalidSavePointStatement) => true,
            _ => false,
        }
    }
}

impl Registry {
    /// Opens `sqlite:<path>` (created when absent) or `postgres://..`, and brings the schema up to date.
    ///
    /// # Errors
    /// [`RegistryError::Address`], [`RegistryError::Open`] or [`RegistryError::Migrate`].
    pub async fn open(url: &str) -> Result<Self, RegistryError> {
        Database::open(url).await.map(|database| Self { database, directory: Arc::default() })
    }

    /// Waits for running statements and closes every connection.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// A number that moves with every change of master data or sources, and with nothing else.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn revision(&self) -> Result<u64, RegistryError> {
        let sql = "SELECT value FROM counter WHERE name = 'revision'";
        let row = self.database.row(sql, arguments![]).await?;
        row.map_or(Ok(0), |row| row.number("value"))
    }
}
