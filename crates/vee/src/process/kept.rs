//! Which of several received versions of a value counts, where a plan asks for V71 or V72.
//!
//! Versions are taken in the order in which they rank: by the source's revision, else by first arrival. Both are received
//! facts, so the answer follows from what was received, whenever it is asked for. A value that came again stands at each
//! rank, for one that lies between may have been kept from counting by it or have taken its place.

use model::quality::Status;
use model::quantity::Decimal;
use smol_str::SmolStr;

use super::v71_replacement::Candidate;
use super::{Judgement, Processes, v71_replacement as v71, v72_final_estimate_lock as v72};
use crate::day::MISSING;
use crate::rules::Fault;

/// A version of the value of a slot as it was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedVersion {
    /// The slot of the day.
    pub slot: u16,
    /// The value in the channel's quantum; [`MISSING`] where the source has none.
    pub value: i64,
    /// What the source says of it.
    pub status: Status,
}

/// An earlier version that counts in the place of a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The slot of the day.
    pub slot: u16,
    /// The value that was received last.
    pub received: i64,
    /// The rule that keeps it from counting.
    pub rule: SmolStr,
    /// One sentence with both values.
    pub evidence: String,
}

impl Processes {
    /// Whether it matters which versions of a value were received.
    pub fn judge_versions(&self) -> bool {
        self.replacement.is_some() || self.final_estimate_lock.is_some()
    }

    /// Lets the versions that count take the place of those received last in `values` and `statuses`, which are in quanta of
    /// `10^exponent` of `unit`. `versions` are in order of slot and rank.
    pub fn keep(
        &self,
        (unit, exponent): (&str, i8),
        versions: &[ReceivedVersion],
        (values, statuses): (&mut [i64], &mut [Status]),
    ) -> Vec<Kept> {
        let mut kept = Vec::new();
        for versions in versions.chunk_by(|left, right| left.slot == right.slot) {
            let at = usize::from(versions[0].slot);
            let (counts, refusal) = self.counting(versions, (unit, exponent));
            if let (Some((rule, evidence)), true) = (refusal, at < values.len().min(statuses.len())) {
                let (slot, received) = (counts.slot, values[at]);
                (values[at], statuses[at]) = (counts.value, counts.status);
                kept.push(Kept { slot, received, rule: SmolStr::new_static(rule), evidence });
            }
        }
        kept
    }

    /// The version that counts, and what the last rule that kept a later one from it says.
    fn counting(
        &self,
        versions: &[ReceivedVersion],
        (unit, exponent): (&str, i8),
    ) -> (ReceivedVersion, Option<(&'static str, String)>) {
        let candidate = |version: &ReceivedVersion| Candidate {
            value: (version.value != MISSING).then(|| Decimal::new(version.value, exponent)),
            status: version.status,
        };
        let (mut counts, mut refusal) = (versions[0], None);
        for version in &versions[1..] {
            if (version.value, version.status) == (counts.value, counts.status) {
                refusal = None;
                continue;
            }
            let (old, new) = (candidate(&counts), candidate(version));
            match self.refused(old, new, unit) {
                None => (counts, refusal) = (*version, None),
                Some((rule, why)) => {
                    let word = |one: Candidate| {
                        one.value.map_or("no value".into(), |value| format!("{} {unit}", value.normalized()))
                    };
                    let (old, new) = (word(old), word(new));
                    refusal = Some((rule, format!("{new}, received later, does not replace {old}: {why}")));
                }
            }
        }
        (counts, refusal)
    }

    fn refused(&self, old: Candidate, new: Candidate, unit: &str) -> Option<(&'static str, String)> {
        let lock = self.final_estimate_lock.as_ref().map(|rule| (v72::RULE.id, rule.judge(old.status, new.status)));
        let change = self.replacement.as_ref().map(|rule| (v71::RULE.id, rule.judge(old, new, unit)));
        let failed = |(rule, judgement)| match judgement {
            Judgement::Failed(why) => Some((rule, why)),
            Judgement::Passed | Judgement::NotApplicable(_) => None,
        };
        lock.and_then(failed).or_else(|| change.and_then(failed))
    }
}

/// What is said of versions that are kept: one fault a rule and run of slots.
pub(crate) fn faults(kept: &[Kept]) -> Vec<(SmolStr, Fault)> {
    let goes_on = |left: &Kept, right: &Kept| left.rule == right.rule && left.slot.checked_add(1) == Some(right.slot);
    let fault = |run: &[Kept]| {
        let (first, last) = (&run[0], &run[run.len() - 1]);
        let more = match run.len() - 1 {
            0 => String::new(),
            more => format!("; so for {more} more right after it"),
        };
        (first.rule.clone(), Fault::new(first.slot, last.slot + 1, format!("{}{more}", first.evidence)))
    };
    kept.chunk_by(goes_on).map(fault).collect()
}
