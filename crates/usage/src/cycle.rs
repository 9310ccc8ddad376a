//! A billing cycle: one set of determinants over one period, for any number of accounts.
//!
//! [`Cycle::new`] does once what does not depend on an account; [`Cycle::determinants`] is pure and answers the same
//! for the same readings. Only an installation that may compute gets a cycle, see [`Role`].

use jiff::Timestamp;
use model::finding::Finding;
use model::time::TimeRange;
use smol_str::{SmolStr, format_smolstr};

use crate::bill::Bill;
use crate::definition::{CheckedDefinition, CheckedSet};
use crate::determinant::Determinant;
use crate::grid::Grid;
use crate::role::Role;
use crate::series::Account;
use crate::timeline::Timeline;
use crate::v73_billing_quality_gate::OnException;

/// A set of determinants over the period of a timeline.
#[derive(Clone, Debug)]
pub struct Cycle<'s> {
    pub(crate) set: &'s CheckedSet,
    pub(crate) grid: Grid,
    /// The bucket of each determinant, in the order of the set.
    buckets: Vec<Option<usize>>,
}

impl<'s> Cycle<'s> {
    /// The cycle of a timeline, whose rate changes at `cuts`: each determinant gets one value for each part between.
    ///
    /// # Errors
    /// A role that may not compute, cuts outside the period or out of order, buckets the calendar does not have.
    pub fn new(role: Role, set: &'s CheckedSet, timeline: &Timeline, cuts: &[Timestamp]) -> Result<Self, Vec<Finding>> {
        role.may_compute().map_err(|refusal| vec![refusal])?;
        let grid = Grid::of(timeline, cuts).map_err(|finding| vec![finding])?;
        let mut findings = Vec::new();
        let mut buckets = Vec::with_capacity(set.determinants.len());
        for definition in &set.determinants {
            let position = |bucket: &SmolStr| timeline.buckets.iter().position(|known| known == bucket);
            let found = definition.bucket.as_ref().and_then(position);
            if definition.names_calendar_bucket() && found.is_none() {
                let message =
                    format!("the calendar has no such bucket; expected one of {}", timeline.buckets.join(", "));
                let field = format_smolstr!("{}.bucket", definition.id);
                findings.push(Finding::new(0, field, "usage.bucket", message));
            }
            buckets.push(found);
        }
        if findings.is_empty() { Ok(Self { set, grid, buckets }) } else { Err(findings) }
    }

    /// The parts of the period between changes of rate, in order.
    pub fn parts(&self) -> &[TimeRange] {
        &self.grid.parts
    }

    /// Every determinant of the set for an account: in the order of the set, then of the parts.
    ///
    /// # Errors
    /// What stands in the way of any of them: a bill needs them all. Each finding is told once.
    pub fn determinants(&self, account: &Account<'_>) -> Result<Vec<Determinant>, Vec<Finding>> {
        let mut bill = Bill::new(self, account);
        let mut determinants = Vec::with_capacity(self.set.determinants.len() * self.parts().len());
        let mut findings: Vec<Finding> = Vec::new();
        for (definition, bucket) in self.set.determinants.iter().zip(&self.buckets) {
            for part in 0..self.parts().len() {
                match bill.determinant(definition, *bucket, part) {
                    Ok(determinant) => {
                        findings.extend(held(definition, &determinant));
                        determinants.push(determinant);
                    }
                    Err(finding) if findings.contains(&finding) => {}
                    Err(finding) => findings.push(finding),
                }
            }
        }
        if findings.is_empty() { Ok(determinants) } else { Err(findings) }
    }
}

/// The exceptions that hold a determinant back.
fn held(definition: &CheckedDefinition, determinant: &Determinant) -> Vec<Finding> {
    if definition.gate.on_exception == OnException::Deliver {
        return Vec::new();
    }
    let exceptions = determinant.exceptions.iter();
    let finding = exceptions.map(|exception| {
        let message = format!("{}; correct or accept the readings, or let the gate deliver", exception.evidence);
        Finding::new(0, definition.id.clone(), exception.rule.clone(), message)
    });
    finding.collect()
}
