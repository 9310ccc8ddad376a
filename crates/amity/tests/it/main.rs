//! The program as a person and a script use it.

mod crash;
mod damaged_input;
mod disk_full;
mod page;
mod program;
mod real_files;
mod round_trip;
mod way_of_a_reading;
