//! Scaling: make the estimates of a span add up to what the register says. One file for each mode of catalogue 3.4.
//!
//! [`proportional`] shares a total among estimates, with [`rounding`] to the last quantum and [`negative_total`] where it is below
//! zero. Which registers give the total is said by [`boundary`], [`partial`], [`time_of_use`] and [`partial_time_of_use`]; which
//! estimates take part, by [`excluded`]. The run of a day (`run/scale.rs`) puts them together, and does so again when a register
//! comes late.

pub(crate) mod boundary;
pub(crate) mod excluded;
pub mod negative_total;
pub(crate) mod partial;
pub(crate) mod partial_time_of_use;
pub mod proportional;
mod rounding;
pub(crate) mod time_of_use;

pub use negative_total::NegativeTotal;
pub use proportional::scale;

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
