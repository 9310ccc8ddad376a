//! Who may compute: a collection-only installation never does (decision X-01).
//!
//! A distributor that only collects may not put reads into rate periods or compute consumption in any
//! component (ONT-2.8.2). Everything that computes needs a [`crate::Cycle`], and only [`Role::Repository`] gets one.

use model::finding::{Finding, Severity};
use serde::{Deserialize, Serialize};

/// What an installation is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Control computer: keeps raw reads and checks their arrival.
    Collection,
    /// Validates, keeps versions and computes determinants.
    Repository,
}

impl Role {
    /// Whether this role may compute consumption.
    ///
    /// # Errors
    /// The reason to tell whoever asked, code `usage.role`.
    pub fn may_compute(self) -> Result<(), Finding> {
        match self {
            Self::Repository => Ok(()),
            Self::Collection => Err(Finding::new(
                0,
                "role",
                "usage.role",
                "this installation only collects reads and may not put them into rate periods or compute consumption; \
                 ask the repository, or set its role to `repository` if it is one",
            )
            .with_severity(Severity::Refused)),
        }
    }
}
