//! A made-up utility that knows the truth.
//!
//! Pure: everything follows from the seed, the script of faults and the day that is asked for; no clock, no file, no
//! socket. Whoever runs it asks for what head-ends send and, afterwards, for what was true.
//!
//! - [`utility`]: the whole; [`collection`]: what its head-ends send, day by day, as [`dialect`] writes it.
//! - [`network`]: feeders as graphs, and who is dark while a device is open.
//! - [`premises`], [`load`], [`weather`]: who lives there and what truly passes the meter.
//! - [`service`]: a head-end as a web service; [`answer`]: what it fetches when it is asked; [`soap`]: one that is asked in
//!   SOAP.
//! - [`script`]: what goes wrong, on a time line; [`chance`]: what falls to whom.

pub mod answer;
pub mod chance;
pub mod collection;
pub mod dialect;
pub mod load;
pub mod network;
pub mod premises;
pub mod script;
pub mod service;
pub mod soap;
pub mod utility;
pub mod weather;

pub use collection::Collection;
pub use network::Network;
pub use script::Script;
pub use utility::{Settings, Utility};
