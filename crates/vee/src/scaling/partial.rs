//! Partial: every register read there is counts (catalogue 3.4, IEE).
//!
//! Short spans come first and what they fixed stays, so that reads within a longer span are used.

use super::registers::{Registers, Span};
use crate::context::{Measured, Total};

/// The spans of every register in the order they are met.
pub(crate) fn spans<'a>(registers: &Registers<'a>) -> Vec<Span<'a>> {
    registers.spans("", in_order(registers.totals.iter().copied()), |_| true)
}

/// Register differences in the order they are met. Stated amounts are no registers and scale nothing.
pub(super) fn in_order<'a>(totals: impl IntoIterator<Item = &'a Total>) -> Vec<&'a Total> {
    let is_register = |total: &&Total| matches!(total.measured, Measured::Register(_));
    let mut registers: Vec<&'a Total> = totals.into_iter().filter(is_register).collect();
    registers.sort_by_key(|total| total.rank());
    registers
}
