//! Scaling: make the estimates of a span add up to what the register says. One file for each mode of catalogue 3.4.
//!
//! [`proportional`] shares a total among estimates, with [`rounding`] to the last quantum and [`negative_total`] where it is below
//! zero. Which registers give the totals, over which values and in which order, is said by the `spans` of [`boundary`], [`partial`],
//! [`time_of_use`] and [`partial_time_of_use`], which choose from [`registers`]; which of the values a register may change, by
//! [`excluded`]. The run of a day (`run/scale.rs`) puts them together, and does so again when a register comes late.

pub(crate) mod boundary;
pub(crate) mod excluded;
mod negative_total;
pub(crate) mod partial;
pub(crate) mod partial_time_of_use;
mod proportional;
pub(crate) mod registers;
mod rounding;
pub(crate) mod time_of_use;

pub use negative_total::NegativeTotal;
pub use proportional::scale;

use crate::plan::ScaledBy;
use registers::{Registers, Span};

/// The spans that are met by the registers a plan names, in this order.
pub(crate) fn spans<'a>(scaled_by: ScaledBy, registers: &Registers<'a>) -> Vec<Span<'a>> {
    match scaled_by {
        ScaledBy::Every => partial::spans(registers),
        ScaledBy::Outermost => boundary::spans(registers),
        ScaledBy::Buckets => time_of_use::spans(registers),
        ScaledBy::BucketsThenEvery => partial_time_of_use::spans(registers),
    }
}

/// Why estimates were left unscaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScalingRefusal {
    /// More was measured in the good intervals than the register counted.
    #[error("the total left for the estimates is negative")]
    NegativeTotal,
    /// The estimates are below zero and the total is not, so a factor would turn them around; nobody said that they may.
    #[error("the estimates and their total have different signs")]
    SignsDiffer,
    /// A part does not fit.
    #[error("the numbers are too large to scale exactly")]
    TooLarge,
    /// There is nothing to share among.
    #[error("there are no estimates to scale")]
    NoEstimates,
}
