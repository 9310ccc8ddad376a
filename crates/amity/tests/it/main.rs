//! The program as a person and a script use it.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a skipped test says so; tests stand where a person stands"
)]

mod asked;
mod asked_in_groups;
mod assumed_time;
mod beside;
mod collected_day;
mod crash;
mod csv_versions;
mod damaged_input;
mod dependencies;
mod disk_full;
mod events;
mod every_real_file;
mod export;
mod feeds;
mod head_ends;
mod kinds;
mod multiplier;
mod names;
mod ontario;
mod orders;
mod other_length;
mod page;
mod plans;
mod program;
mod quarantine;
mod real_files;
mod registers;
mod review;
mod round_trip;
mod schemas;
mod served;
mod shadow;
mod shadow_reads;
mod simulated_utility;
mod storm;
mod subscribed;
mod thresholds;
mod told;
mod try_plans;
mod usage;
mod way_of_a_reading;
mod wrong_calls;
