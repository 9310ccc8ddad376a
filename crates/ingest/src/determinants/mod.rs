//! Billing determinants: asked for, computed of final values, told, and told again when they come out differently.
//!
//! `usage` decides what a definition, a determinant and an outcome are; here its inputs are gathered from the books, and
//! what it says is kept. A request has one outcome. What was told stays: each change is a further issue.
//!
//! - [`rates`]: definitions, and which one holds for whom; [`places`]: the usage points of a name or an account.
//! - [`gather`]: final days and register reads of a usage point; [`answer`]: what a request comes to.
//! - [`requests`]: ask, cancel; [`told`]: what askers see.
//! - [`follower`]: the feed of final days becomes answers and changes.

mod answer;
mod follower;
mod gather;
mod places;
pub mod rates;
pub mod requests;
pub mod sides;
mod told;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use model::review::Refusal;
use store::readings::ReadingsBook;
use store::registry::Registry;
use tokio::runtime::Handle;
use usage::CheckedRate;
pub use usage::Role;

use crate::review::ReviewError;

pub(crate) use gather::fits;
pub use model::determinant::{AskDeterminants, Told};
pub use rates::{AskLink, PutRate};
pub use requests::AskTold;
pub use told::ToldPage;

/// Determinants over open books. Its calls block; any number of threads may make them.
pub struct Determinants {
    readings: Arc<ReadingsBook>,
    registry: Registry,
    role: Role,
    runtime: Handle,
    /// Definitions that were used, by name and version: these never change.
    checked: Mutex<HashMap<(String, u32), Arc<CheckedRate>>>,
    /// One step of any request at a time.
    deciding: Mutex<()>,
}

impl Determinants {
    /// Determinants over these books, in an installation of this role.
    pub fn new(readings: Arc<ReadingsBook>, registry: Registry, role: Role, runtime: Handle) -> Self {
        Self { readings, registry, role, runtime, checked: Mutex::default(), deciding: Mutex::default() }
    }

    /// Whether this installation may compute consumption (decision X-01).
    fn may_compute(&self) -> Result<(), ReviewError> {
        Ok(self.role.may_compute().map_err(|finding| Refusal::NotAllowed(finding.message))?)
    }
}
