//! Master data: what is installed where, who takes service there, and since when.
//!
//! - [`channel`]: one measured quantity and how its numbers are to be read.

pub mod channel;

pub use channel::Channel;
