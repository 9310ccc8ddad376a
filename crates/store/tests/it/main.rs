//! The books on real and simulated disks.
#![expect(clippy::cloned_ref_to_slice_refs, reason = "cases are lists, also where they have one entry")]
#![expect(clippy::unwrap_used, reason = "a test that meets an unexpected error is over")]

mod events_contract;
mod events_engines;
mod events_fixture;
mod events_order;
mod final_reads;
mod late_values;
mod raw;
mod readings;
mod readings_faults;
mod readings_fixture;
mod readings_model;
mod registry_arrival;
mod registry_collection;
mod registry_contract;
mod registry_dependency;
mod registry_determinant;
mod registry_engines;
mod registry_facts;
mod registry_feed;
mod registry_interval_wait;
mod registry_master;
mod registry_order;
mod registry_plans;
mod registry_quarantine;
mod registry_rates;
mod registry_review;
mod registry_schema;
mod registry_subscriptions;
