//! What the line formats share.
//!
//! - [`lines`]: lines of a bounded length with their number and offset, out of pieces of any size.
//! - [`fields`]: the comma separated fields of one line, quoted or not.
//! - [`measure`]: what a unit word says about the reading type.

pub mod fields;
pub mod lines;
pub mod measure;

use smol_str::SmolStr;

pub use fields::Fields;
pub use lines::{Line, Lines};

/// The text of a field; bytes that are not UTF-8 become the replacement character.
pub fn text(field: &[u8]) -> SmolStr {
    String::from_utf8_lossy(field).into()
}
