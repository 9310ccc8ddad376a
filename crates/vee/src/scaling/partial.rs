//! Partial: every register read there is counts (catalogue 3.4, IEE).
//!
//! Short spans come first and what they fixed stays, so that reads within a longer span are used.

use crate::context::{Measured, Total};

/// The register differences among totals in the order they are met. Stated amounts are no registers and scale nothing.
pub(crate) fn in_order<'t>(totals: &[&'t Total]) -> Vec<&'t Total> {
    let mut registers: Vec<&'t Total> = totals.to_vec();
    registers.retain(|total| matches!(total.measured, Measured::Register(_)));
    registers.sort_by_key(|total| total.rank());
    registers
}
