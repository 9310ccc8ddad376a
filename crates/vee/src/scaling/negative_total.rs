//! Negative totals: more was measured in the good intervals than the register counted.
//!
//! Refused unless they are allowed; what is refused stays unscaled and is tried again with the next run (IEE). Where negative totals
//! are shared, the sign of the seeds says nothing of the sign of the total: a net channel that exported through a gap has positive
//! seeds and a negative total, and the parts turn around.

use super::ScalingRefusal;

/// Whether a negative total may be shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegativeTotal {
    /// Refuse it, as most rule books do.
    Refuse,
    /// Share it: for net channels.
    Allow,
}

impl NegativeTotal {
    /// Whether a total may be shared by seeds of this sum.
    pub(super) fn check(self, sum: i128, total: i64) -> Result<(), ScalingRefusal> {
        match self {
            Self::Allow => Ok(()),
            Self::Refuse if total < 0 => Err(ScalingRefusal::NegativeTotal),
            Self::Refuse if total != 0 && sum < 0 => Err(ScalingRefusal::SignsDiffer),
            Self::Refuse => Ok(()),
        }
    }
}
