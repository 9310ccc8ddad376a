//! The made-up utility seen from outside.

mod collection;
mod network;
