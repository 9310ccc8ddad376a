//! Integration services: whoever subscribed is told about readings and billing determinants.
//!
//! A subscriber is told from a place in each feed, that of the readings book and that of determinants, in the order of the
//! feed, at least once, at its own speed: one task each, which keeps its places in the registry after every message that was
//! accepted. Messages are IEC 61968-9 `created` and `changed` MeterReadings, BillingDeterminant (`docs/usage/messages.md`), or
//! their JSON twins (`docs/interop/subscriptions.md`), posted with the signatures of Standard Webhooks to registered addresses
//! only.
//!
//! - [`subscribers`]: register, list, try, follow.
//! - [`message`], [`payload`]: which changes make the next message, and what it says.
//! - [`channel_day`]: readings of the book as messages and exports tell them.
//! - [`determinant`]: messages about determinants, and answers to who asks in XML.
//! - [`pushed`]: what head-ends push in SOAP, and the reply to it; pure.
//! - [`engine`]: what to do now, and what follows from an answer; pure.
//! - [`repository`]: what is handed over to the repository of a province, and its answers.
//! - [`hook`]: which pushed messages are signed as agreed.
//! - [`secret`], [`address`]: signatures, and which addresses may be called.
//! - [`delivery`]: the tasks, one courier for each subscriber.

pub mod address;
pub mod channel_day;
mod courier;
pub mod delivery;
pub mod determinant;
pub mod engine;
pub mod hook;
mod json;
pub mod message;
pub mod payload;
mod post;
pub mod pushed;
pub mod repository;
pub mod secret;
pub mod subscribers;

pub use delivery::{Config, Delivery, DeliveryError};
