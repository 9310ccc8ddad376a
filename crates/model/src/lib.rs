//! The words of metering.
//!
//! Pure values: no I/O, no clock, no wire format. Every other crate speaks in these types.
//!
//! - [`id`]: identities and the names other systems give to the same thing.
//! - [`quantity`]: exact decimals and units; no floats.
//! - [`time`]: half-open UTC intervals, local days of 23, 24 and 25 hours, conventions of sources.
//! - [`reading_type`], [`quality`], [`event`]: the code sets of IEC 61968-9, named by tables of [`code`].
//! - [`reading`]: what a message says about a channel.
//! - [`register`]: what a register counted between two reads.
//! - [`lineage`]: what validation and estimation decided, and why.
//! - [`master`]: usage points, meters, channels, customers and the dated links between them.
//! - [`determinant`]: what bills rest on, asked for and told.
//! - [`review`]: what people ask of the queue and the editor, and what they are answered.
//! - [`document`]: what is wrong with documents that people write, in our words.
//! - [`finding`]: what was wrong with data, where, and what to do about it.

pub mod code;
pub mod determinant;
pub mod document;
pub mod event;
pub mod finding;
pub mod id;
pub mod lineage;
pub mod master;
pub mod quality;
pub mod quantity;
pub mod reading;
pub mod reading_type;
pub mod register;
pub mod review;
pub mod time;
