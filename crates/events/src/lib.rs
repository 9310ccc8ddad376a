//! Meaning of device events: what a source's words are in IEC 61968-9 types, and which reports are the same event.
//!
//! Pure: no clock, no store, no settings. `ingest` decides what is looked at together and keeps the result.
//!
//! - [`dialect`]: the words of sources to event types.
//! - [`same`](mod@same): which reports are one event.
//! - [`feeder`]: when what many devices tell is of their feeder.
//! - [`clock`]: whether the time of a device can be believed.

pub mod clock;
pub mod dialect;
pub mod feeder;
pub mod same;

pub use clock::Belief;
pub use dialect::Dialects;
pub use same::Windows;
