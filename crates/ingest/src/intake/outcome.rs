//! What becomes of a message while it is admitted.

use model::finding::{Finding, Severity};
use store::readings::{Batch, Receipt as Commit};
use store::registry::quarantine::QuarantineItem;

use super::ANSWER_FINDINGS_MAX;
use super::message::{Asked, Message, Receipt, ToldFinding};
use super::spool::Spooled;
use crate::admitter::Rejected;
use crate::malformed::Malformed;
use crate::quarantine::Settlement;

/// Readings of the commits of one message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) stored: u64,
    pub(super) duplicates: u64,
    pub(super) replaced: u64,
    pub(super) older: u64,
}

impl Counts {
    pub(super) fn add(&mut self, commit: &Commit) {
        self.stored += commit.created;
        self.duplicates += commit.duplicates;
        self.replaced += commit.changed;
        self.older += commit.superseded;
    }

    pub(super) fn all(&self) -> u64 {
        self.stored + self.duplicates + self.replaced + self.older
    }
}

/// What is known of the bytes of a message from earlier.
pub(super) struct Earlier {
    /// Whether any of them was stored, or nothing was wrong with them.
    pub(super) is_stored: bool,
    /// When they arrived first, epoch microseconds.
    pub(super) first_received_at: Option<i64>,
    /// What of them waits, or waited, in quarantine.
    pub(super) items: Vec<QuarantineItem>,
}

/// What becomes of a message while it is admitted.
pub(super) struct Outcome {
    pub(super) receipt: Receipt,
    pub(super) findings: Vec<Finding>,
    pub(super) rejected: Vec<Rejected>,
    pub(super) malformed: Vec<Malformed>,
    pub(super) counts: Counts,
    pub(super) batch: Batch,
    pub(super) earlier: Earlier,
    pub(super) settlement: Settlement,
}

impl Outcome {
    pub(super) fn new(message: &Message, spooled: &Spooled, earlier: Earlier) -> Self {
        let asked = Asked::from(message);
        let receipt = Receipt { hash: spooled.hash_text(), accepted: true, asked, ..Receipt::default() };
        Self {
            receipt,
            findings: Vec::new(),
            rejected: Vec::new(),
            malformed: Vec::new(),
            counts: Counts::default(),
            batch: Batch::default(),
            earlier,
            settlement: Settlement::default(),
        }
    }

    /// The whole message waits in quarantine as one item.
    pub(super) fn refuse(&mut self, message: &Message, finding: &Finding) {
        self.receipt.accepted = false;
        let finding = finding.clone().with_severity(Severity::Refused);
        self.rejected.push(Rejected {
            item: 0,
            channel: message.name.clone(),
            finding,
            readings: 0,
            other_length: None,
        });
    }

    pub(super) fn has_nothing_waiting(&self) -> bool {
        self.rejected.is_empty() && self.malformed.is_empty()
    }

    pub(super) fn tell_findings(&mut self) {
        self.receipt.malformed = self.malformed.iter().map(|malformed| malformed.count).sum();
        self.receipt.quarantined = self.rejected.iter().map(|rejected| rejected.readings).sum();
        let rejected = self.rejected.iter().map(|rejected| &rejected.finding);
        self.receipt.findings =
            rejected.chain(&self.findings).take(ANSWER_FINDINGS_MAX).map(ToldFinding::from).collect();
        self.receipt.findings_count += self.rejected.len() as u64;
    }
}
