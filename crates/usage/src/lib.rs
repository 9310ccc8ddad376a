//! Billing determinants from final interval series and register reads.
//!
//! Pure and exact: integers of a channel's quantum in, decimals out; no float, no clock, no store. Whoever calls brings
//! the final values; `vee` decided what they are. A collection-only installation computes nothing, see [`role`].
//!
//! - [`calendar`]: seasons, kinds of day and bands as data; [`timeline`]: the same over instants, with called events.
//! - [`definition`]: which determinants a rate needs; [`meter`]: sums, differences, losses and netting of channels.
//! - [`rate`]: all of these in one document, and where its channels are found.
//! - [`cycle`]: a set over a period, for any number of accounts; it answers [`determinant`]s.
//! - [`series`], [`register`]: what an account hands in.
//! - [`demand`], [`tally`], [`quality`]: windows, sums, how good the intervals are; [`v73_billing_quality_gate`] and
//!   [`v74_usage_high_low`] judge it.
//! - [`request`]: who asked, what was answered, what changed since.

mod bill;
pub mod calendar;
pub mod cycle;
pub mod definition;
pub mod demand;
pub mod determinant;
mod factors;
mod grid;
mod inputs_hash;
pub mod meter;
mod prorate;
pub mod quality;
pub mod rate;
mod ratio;
pub mod register;
pub mod request;
pub mod role;
pub mod series;
pub mod tally;
pub mod timeline;
pub mod v73_billing_quality_gate;
pub mod v74_usage_high_low;

pub use calendar::Calendar;
pub use cycle::Cycle;
pub use definition::{CheckedSet, DeterminantSet};
pub use determinant::Determinant;
pub use rate::{CheckedRate, Rate};
pub use register::{Read, Register};
pub use role::Role;
pub use series::{Account, Channel, MISSING, Run};
pub use timeline::Timeline;
