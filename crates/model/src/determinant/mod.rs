//! Billing determinants (SRS IS-005, IS-006): what is asked for, what a determinant is, what is told of it.
//!
//! One shape for whoever computes, keeps, shows and delivers them. Quantities are exact; as text they are decimals.
//!
//! - [`AskDeterminants`]: a request as it is made.
//! - [`Determinant`]: one quantity that a bill rests on, with everything needed to trust or repeat it.
//! - [`Told`]: a request and an [`Issue`] of its answer; [`Telling`]: which message tells it.

mod ask;
mod told;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

pub use ask::AskDeterminants;
pub use told::{Change, Issue, Item, RequestState, Telling, Told, ToldChange, UnknownState};

use crate::quantity::Decimal;
use crate::time::TimeRange;

/// One value of a determinant (SRS: BillingDeterminant).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Determinant {
    /// Id of its definition.
    pub id: SmolStr,
    /// Unit of the quantity.
    pub unit: SmolStr,
    /// How much; `None` where there can be no amount: a note says why.
    #[serde(with = "text")]
    pub quantity: Option<Decimal>,
    /// The period, or the part of it between two changes of rate.
    pub period: TimeRange,
    /// The bucket; `None` for the whole period.
    pub bucket: Option<SmolStr>,
    /// The window of a demand.
    pub peak: Option<TimeRange>,
    /// The channels whose readings it rests on, as the definition calls them.
    pub channels: Vec<SmolStr>,
    /// How good those readings are.
    pub counts: Counts,
    /// Why someone should look at it before it is billed.
    pub exceptions: Vec<Exception>,
    /// What is worth knowing: checks that could not be made, quantities that had nothing to rest on.
    pub notes: Vec<String>,
    /// Hash of the values it rests on, in order of time, each with its quality; 16 hexadecimal digits as text.
    #[serde(with = "hexadecimal")]
    pub inputs_hash: u64,
    /// Name of the set that defines it.
    pub set: SmolStr,
    /// Version of that set.
    pub version: u32,
}

/// How many intervals a determinant rests on, and how many of them are not simply measured and validated.
///
/// One interval may count under several words. For a register determinant an interval is the span between two reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Intervals that the period should have.
    pub expected: u32,
    /// Without a value; nothing was added for them.
    pub missing: u32,
    /// Filled or replaced by an estimate or forecast.
    pub estimated: u32,
    /// Changed by a person.
    pub edited: u32,
    /// Failed a rule that blocks billing and were not accepted.
    pub failed: u32,
    /// Neither validated, estimated, edited nor accepted.
    pub not_validated: u32,
    /// Failed a rule that only warns.
    pub warned: u32,
    /// Failed and accepted by a person.
    pub accepted: u32,
    /// Estimates that could not be scaled to their register.
    pub unscaled: u32,
}

/// A doubt about a determinant: someone must look at it before it is billed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The rule, `V73` or `V74`.
    pub rule: SmolStr,
    /// One sentence with what was found and what the limit is.
    pub evidence: String,
}

impl Determinant {
    /// Whether another of the same id tells the same: numbers, quality and definition, whatever inputs led to them.
    pub fn tells_the_same(&self, other: &Self) -> bool {
        Self { inputs_hash: other.inputs_hash, ..self.clone() } == *other
    }
}

impl Counts {
    /// The words of the counts, in their order.
    pub const WORDS: [&str; 9] =
        ["expected", "missing", "estimated", "edited", "failed", "not_validated", "warned", "accepted", "unscaled"];

    /// The counts of both.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        for (count, more) in self.each_mut().into_iter().zip(other.each()) {
            *count = count.saturating_add(more);
        }
        self
    }

    /// Every count, in the order of [`Counts::WORDS`].
    pub fn each(mut self) -> [u32; 9] {
        self.each_mut().map(|count| *count)
    }

    /// Every count, in the order of [`Counts::WORDS`].
    pub fn each_mut(&mut self) -> [&mut u32; 9] {
        [
            &mut self.expected,
            &mut self.missing,
            &mut self.estimated,
            &mut self.edited,
            &mut self.failed,
            &mut self.not_validated,
            &mut self.warned,
            &mut self.accepted,
            &mut self.unscaled,
        ]
    }
}

/// A decimal as its text, where there is one.
mod text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::quantity::Decimal;

    pub(in crate::determinant) fn serialize<S: Serializer>(
        quantity: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        quantity.map(|quantity| quantity.to_string()).serialize(serializer)
    }

    pub(in crate::determinant) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}

/// A hash as 16 digits; JSON numbers of that size are not read exactly everywhere.
mod hexadecimal {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(hash: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{hash:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        u64::from_str_radix(&String::deserialize(deserializer)?, 16).map_err(D::Error::custom)
    }
}
