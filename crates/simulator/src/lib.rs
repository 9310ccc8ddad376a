//! A made-up utility that knows the truth.
//!
//! Pure: everything follows from the seed, the script of faults and the day that is asked for; no clock, no file, no
//! socket. Whoever runs it asks for what head-ends send and, afterwards, for what was true.
//!
//! - [`utility`]: the whole; [`collection`]: what its head-ends send, day by day, as [`dialect`] writes it.
//! - [`network`]: feeders as graphs, and who is dark while a device is open.
//! - [`premises`], [`load`], [`weather`]: who lives there and what truly passes the meter.
//! - [`plant`], [`journey`]: modules, collectors and the way of a reading over them.
//! - [`clock`], [`record`], [`happening`]: what a meter shows, records and tells; [`assumed_time`]: one without a battery.
//! - [`service`]: a head-end as a web service; [`answer`]: what it fetches when it is asked; [`soap`]: one that is asked in
//!   SOAP.
//! - [`storm`]: events of everybody at once.
//! - [`script`]: what goes wrong, on a time line; [`chance`]: what falls to whom.

pub mod answer;
pub mod assumed_time;
pub mod chance;
pub mod clock;
pub mod collection;
pub mod dialect;
pub mod happening;
pub mod journey;
pub mod live;
pub mod load;
pub mod network;
pub mod plant;
pub mod premises;
pub mod record;
pub mod script;
pub mod service;
pub mod soap;
pub mod storm;
pub mod utility;
pub mod weather;

pub use collection::Collection;
pub use live::Live;
pub use network::Network;
pub use script::Script;
pub use utility::{Settings, Utility};
