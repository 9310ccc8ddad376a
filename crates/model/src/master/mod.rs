//! Master data: what is installed where, who takes service there, and since when.
//!
//! The records hold what does not change with time; everything that moves is a dated link.
//!
//! - [`channel`]: one measured quantity and how its numbers are to be read.
//! - [`network`]: usage points and the network that feeds them; [`meter`]: the devices.
//! - [`customer`]: customers, accounts, agreements.
//! - [`history`], [`links`]: values that hold from one instant to another.

pub mod channel;
pub mod customer;
pub mod history;
pub mod links;
pub mod meter;
pub mod network;

pub use channel::Channel;
pub use customer::{Customer, CustomerAccount, CustomerAgreement, CustomerKind};
pub use history::{Dated, History, HistoryError};
pub use links::{
    AccountCustomers, ChannelMeters, ConnectionStates, Links, MeterInstallations, TransformerConnection,
    TransformerConnections, TransformerFeeders, UsagePointAgreements, UsagePointLocations,
};
pub use meter::Meter;
pub use network::{ConnectionState, Feeder, ServiceLocation, Transformer, UsagePoint, UsagePointKind};
