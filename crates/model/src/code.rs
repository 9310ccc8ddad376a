//! Rows of the code tables: a number, its name and how well the name is known.
//!
//! The tables are open lists. A number without a row is kept and shown as a number.

use serde::Serialize;

/// How well a name of a code is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// Stated by an open schema or specification, or seen in use.
    Confirmed,
    /// Not yet checked against the purchased standard.
    Unverified,
}

/// One row of a code table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Code {
    /// The number of the standard.
    pub number: i32,
    /// Its name in the standard.
    pub name: &'static str,
    /// How well the name is known.
    pub evidence: Evidence,
}

impl Code {
    /// A row from an open source.
    pub const fn known(number: i32, name: &'static str) -> Self {
        Self { number, name, evidence: Evidence::Confirmed }
    }

    /// A row that still has to be checked against the standard.
    pub const fn unverified(number: i32, name: &'static str) -> Self {
        Self { number, name, evidence: Evidence::Unverified }
    }
}

/// The row of a number; tables are in ascending order.
pub fn find(table: &'static [Code], number: impl Into<i32>) -> Option<&'static Code> {
    let number = number.into();
    table.binary_search_by_key(&number, |code| code.number).ok().map(|at| &table[at])
}
