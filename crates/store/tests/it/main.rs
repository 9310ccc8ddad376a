//! The books on real and simulated disks.
#![expect(clippy::unwrap_used, reason = "a test that meets an unexpected error is over")]

mod raw;
mod readings;
mod readings_faults;
mod readings_fixture;
mod readings_model;
mod registry_contract;
mod registry_engines;
