//! Validation and estimation of register reads, one read of one channel at a time.
//!
//! The same shape as the pipeline over channel-days: a [`Read`] is judged in its [`Surroundings`] by the
//! rules and methods of a [`RegisterPlan`], and the [`Outcome`] says what was decided and why. Pure: no
//! clock, no store. Amounts are exact; a made read is rounded down to the last digit of the register,
//! as the register itself shows it, so that the next true read is not below it by rounding.
//!
//! - [`surroundings`]: the read that is judged and what else a rule may look at.
//! - [`mod@run`]: rules, then methods; answers an [`Outcome`].
//! - [`series`]: the reads of one register: which to judge again, and each among the others.
//! - [`mod@pieces`]: intervals as sums for methods that make reads of them.
//! - [`mod@spans`]: between which reads a register counted.
//! - [`rules`]: one file per validation rule; [`estimators`]: one file per estimation method.
//! - [`plan`]: which rules and methods apply, in which order, with which settings.

mod coverage;
pub mod estimators;
pub mod pieces;
pub mod plan;
pub mod rules;
pub mod run;
pub mod series;
pub mod spans;
pub mod surroundings;
mod usage;
mod view;
mod words;

pub use pieces::pieces;
pub use plan::{CheckedRegisterPlan, RegisterPlan};
pub use run::{Estimation, Outcome, RuleResult, run};
pub use series::{ReadSeries, TouRegister};
pub use spans::{SpanRead, spans};
pub use surroundings::{Change, Kind, Read, Setup, SpanSum, Surroundings, TouRead};
