//! The books on real and simulated disks.

mod raw;
mod readings;
mod readings_faults;
mod readings_model;
mod registry_contract;
mod registry_engines;
