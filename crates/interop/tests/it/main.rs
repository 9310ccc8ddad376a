//! Deliveries to subscribers on the loopback.

mod deliveries;
mod messages;
mod receiver;
mod world;
