//! Meter reading routes: what hand-held devices and drive-by radios bring home once a month (`docs/formats/routes.md`).
//!
//! One row is one visit of a meter: a standing of its dials, or why there is none. Stamps are often dates without a time.
//!
//! - [`header`]: which column stands where; [`visit`]: what a row says; [`reader`]: from bytes to readings.

mod header;
mod reader;
mod visit;

pub(crate) use header::is_header;
pub use reader::RoutesReader;
