//! The made-up utility seen from outside.
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

mod assumed_time;
mod clocks;
mod collection;
mod field;
mod happenings;
mod live;
mod network;
mod storm;
