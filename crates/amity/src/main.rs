//! The Amity binary.
fn main() {}
