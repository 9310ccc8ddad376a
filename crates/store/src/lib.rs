//! Durability: what Amity was told is kept, exactly once, and can be asked "as of" any time.
//!
//! - [`readings`]: the readings book: channel-days of intervals and registers, their versions, what
//!   validation decided, and the feed of changes. A segment store of our own on local disk.
//! - [`raw`]: the raw book: every message byte for byte as received, compressed.
//! - [`registry`]: the registry book: master data and its dated links, in SQLite or PostgreSQL.
//! - [`events`]: the events book: what devices told of, each event once with every report of it, in SQLite or PostgreSQL.
//! - [`disk`]: the seam between the books and the disk, with a simulated disk for fault tests.

pub mod disk;
pub mod events;
pub mod raw;
pub mod readings;
pub mod registry;
mod sql;
