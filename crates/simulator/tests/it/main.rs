//! The made-up utility seen from outside.
#![expect(clippy::print_stdout, reason = "a skipped test says so")]

mod collection;
mod network;
