//! Amity's own CSV, read and write: `docs/formats/csv.md`.
//!
//! - [`header`]: the columns, by name in any order.
//! - [`reader`]: rows of the long and the wide form.
//! - [`record`]: one row.
//! - [`group`]: the rows of one channel that follow each other.
//! - [`series`]: where values lie in time when rows carry one stamp only.
//! - [`stamp`]: stamps with and without an offset.
//! - [`quality`]: the words of quality.
//! - [`writer`]: the long form.

mod group;
mod header;
mod quality;
mod reader;
mod record;
mod series;
mod stamp;
mod writer;

pub(crate) use header::is_header;
pub use reader::CsvReader;
pub use writer::Writer;
