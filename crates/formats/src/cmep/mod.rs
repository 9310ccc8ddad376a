//! California Metering Exchange Protocol 1.20: metering data records, read only.
//!
//! - [`reader`]: records MEPMD01 (intervals and registers) and MEPMD02 (time-of-use totals).
//! - [`unit`]: what the unit words measure.
//! - [`number`]: numbers and interval lengths.

mod number;
mod reader;
mod unit;

pub use reader::CmepReader;
