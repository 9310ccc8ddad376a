//! The way of device events: from bytes to the events book, beside readings and never behind them.
//!
//! The order is that of readings: raw bytes are synced, then quarantine, then events with answer and position in one
//! commit. Many messages are committed together ([`lane`]); each sender is answered only after its commit. Neither validation
//! nor the intake of readings is waited for.
//!
//! - [`settings`]: dialects, windows and how far clocks are believed.
//! - [`lane`]: the queue and the one who commits; [`message`]: a message that holds only events.
//! - [`reading`]: the sink that says whose an event is and what it means.
//! - [`unresolved`]: devices that become known later.

pub mod lane;
pub mod message;
pub mod reading;
pub mod settings;
pub mod unresolved;

pub use lane::{EventsFailure, EventsLane};
pub use message::{EventCounts, EventsReceipt};
pub use settings::{Config, Rules};
