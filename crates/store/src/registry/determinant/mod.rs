//! Billing determinants: definitions of rates, for whom they hold, requests and what was told of them.
//!
//! This book keeps; what a definition says and what becomes of a request is `usage`'s and `ingest`'s. Nothing of it is
//! ever overwritten but the state of a request.
//!
//! - [`rate`]: definitions and their dates, their bodies as JSON; [`in_force`]: the same in memory.
//! - [`request`]: requests with their outcome; each issue is a version of it.
//! - [`message`]: the feed of what was told.

pub mod in_force;
pub mod message;
pub mod rate;
pub mod request;

use super::Registry;
use super::sql::Database;

pub use in_force::RatesInForce;
pub use message::Message;
pub use model::determinant::RequestState;
pub use rate::{RateLink, RateSubject, StoredRate};
pub use request::{Outcome, Request, RequestFilter};

/// The determinants of a registry.
#[derive(Clone, Copy, Debug)]
pub struct Determinants<'r> {
    database: &'r Database,
}

impl Registry {
    /// Definitions of rates, requests for determinants and what was told of them.
    pub fn determinants(&self) -> Determinants<'_> {
        Determinants { database: &self.database }
    }
}
