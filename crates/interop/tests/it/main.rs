//! Deliveries to subscribers on the loopback.

mod assumed_time;
mod deliveries;
mod determinants;
mod messages;
mod receiver;
mod repository;
mod world;
