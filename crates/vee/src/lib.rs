//! Validation, estimation and editing of interval readings.
//!
//! Pure: a rule sees one channel-day, its context and the settings of its plan, and answers with a
//! verdict. It reads no clock, no store and no files; `ingest` decides when a day is run and keeps
//! the result. The ids (`V31`, `E04`) are those of the catalogue in `docs/vee/rules.md`.
//!
//! - [`day`]: one channel-day as it was received, and [`context`]: what else a rule may look at.
//! - [`plan`]: which rules and methods apply, in which order, with which [`settings`].
//! - [`mod@run`]: the pipeline: value checks, estimation, scaling, sum checks; answers an [`Outcome`].
//! - [`rules`]: one file per validation rule; [`estimators`]: one file per estimation method.
//! - [`formula`]: the language of user-defined rules; [`assumed_time`]: meters that lost their clock.
//! - [`scan`]: the fused pass over the values that lets most days skip the slow path of every rule.
//! - [`meter_times`]: when values are expected.
//! - [`sum_check`] and [`scaling`]: intervals against registers, over any span.
//! - [`mod@trial`]: a plan tried on a series of a file.
//! - [`register`]: the same for reads of registers, one read at a time.
//! - [`sun`]: sunrise and sunset of a local day.
//! - [`process`]: rules about many values at once: balance, replacement, locks, deadlines.
//! - [`catalogue`]: every id of the rule books and whether it is built.

pub mod amount;
pub mod assumed_time;
pub mod catalogue;
pub mod channel;
pub mod context;
pub mod day;
pub mod estimators;
mod evidence;
pub mod formula;
mod inputs_hash;
pub mod meter_times;
pub mod outcome;
pub mod plan;
pub mod process;
pub mod register;
mod resample;
pub mod rules;
pub mod run;
pub mod scaling;
pub mod scan;
pub mod settings;
pub mod sum_check;
pub mod sun;
pub mod trial;
mod view;

pub use context::{Activity, Context, Decision, DecisionKind, Elsewhere, Measured, Neighbour, Total};
pub use day::{ClockChange, Day, MISSING};
pub use outcome::{Estimation, Exception, Outcome, Queue, RuleResult, Validation, Verdict};
pub use plan::{CheckedPlan, Plan};
pub use run::{Stamp, run};
