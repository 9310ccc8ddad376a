//! The program as a person and a script use it.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a skipped test says so; tests stand where a person stands"
)]

mod crash;
mod damaged_input;
mod disk_full;
mod page;
mod plans;
mod program;
mod real_files;
mod review;
mod round_trip;
mod shadow;
mod try_plans;
mod way_of_a_reading;
