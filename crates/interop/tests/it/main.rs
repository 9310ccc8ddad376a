//! Deliveries to subscribers on the loopback.

mod assumed_time;
mod deliveries;
mod messages;
mod receiver;
mod world;
