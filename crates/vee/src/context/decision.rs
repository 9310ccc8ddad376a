//! What people decided of a day: an input like any other, so that a run after it gives the same again.

/// An approved decision over the slots `[from, to)` of a day.
///
/// It holds for the slots whose received value still is what it was when it was made: newer measured data wins. A final
/// estimate also holds against newer data where the plan asks for V72.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The act it belongs to.
    pub act: u64,
    /// First slot.
    pub from: u16,
    /// One past the last slot.
    pub to: u16,
    /// The received value of each slot when it was made; [`MISSING`](crate::MISSING) where there was none.
    pub basis: Vec<i64>,
    /// What was decided.
    pub kind: DecisionKind,
    /// Whether what it writes is a final estimate (E20).
    pub is_final: bool,
}

/// The kinds of decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionKind {
    /// The values are real, whatever a rule says.
    Accept,
    /// These values take their place, one for each slot.
    Set(Vec<i64>),
    /// As [`DecisionKind::Set`], of values that an estimation method gave (its id): they stay estimates whoever applied them.
    Estimate(&'static str, Vec<i64>),
    /// As [`DecisionKind::Set`], of values that are moved from assumed stamps to their true time, with zeros before
    /// it: none of the slots is one of assumed time any more.
    Shift(Vec<i64>),
}

impl Decision {
    /// Whether it still holds for a slot whose received value is `received`.
    pub fn holds(&self, slot: u16, received: i64) -> bool {
        let at = slot.checked_sub(self.from).map(usize::from);
        slot < self.to && at.and_then(|at| self.basis.get(at)) == Some(&received)
    }

    /// Whether it speaks of a slot.
    pub(crate) fn covers(&self, slot: u16) -> bool {
        (self.from..self.to).contains(&slot)
    }

    /// The value it writes into a slot; `None` where it only accepts.
    pub fn value(&self, slot: u16) -> Option<i64> {
        match &self.kind {
            DecisionKind::Accept => None,
            DecisionKind::Set(values) | DecisionKind::Estimate(_, values) | DecisionKind::Shift(values) => {
                values.get(usize::from(slot.checked_sub(self.from)?)).copied()
            }
        }
    }
}
