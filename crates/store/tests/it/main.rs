//! The books on real and simulated disks.

mod readings;
mod registry_contract;
mod registry_engines;
