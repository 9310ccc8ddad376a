//! The hand-over to the repository (MDM/R): what it is given of each day, and how it says that it has it (Ontario 2.2, 2.6,
//! 2.9).
//!
//! Nothing is computed here: a read goes out as it is stored, with its stamp in local time. The specification names no
//! format, so ours is one of possibly several: [`csv`] has its schema and the check that every file passes before it goes out.
//!
//! - [`reads`]: the register reads of a local day; [`accounts`]: account information, all of it at first, then what changed.
//! - [`stamp`]: hours by their end, midnight as 24:00.

pub mod accounts;
pub mod csv;
pub mod reads;
pub mod stamp;

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use store::registry::hand_over::{HandOver, HandedOver};

/// A file that is ready to be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// How many entries it has.
    pub entries: u64,
}

impl File {
    /// What the ledger keeps of it.
    pub fn note(&self, kind: HandedOver, date: Option<Date>, made_at: jiff::Timestamp) -> HandOver {
        let hash: String = Sha256::digest(self.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        HandOver { kind, name: self.name.clone(), date, hash, entries: self.entries, made_at, answer: None }
    }
}
