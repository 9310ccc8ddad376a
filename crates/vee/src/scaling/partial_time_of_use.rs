//! Partial time of use: by the registers of the buckets where there are any, then by the others (catalogue 3.4, IEE).
//!
//! What counted beyond the days that are scaled together is met by each day alone and must not come before what is met together.

use super::registers::{Registers, Span};
use super::{partial, time_of_use};

/// The spans of buckets and then of every register, those first that lie wholly within the days.
pub(crate) fn spans<'a>(registers: &Registers<'a>) -> Vec<Span<'a>> {
    let mut spans = time_of_use::spans(registers);
    spans.extend(partial::spans(registers));
    if 1 < registers.days.len() {
        spans.sort_by_key(|span| !span.is_whole);
    }
    spans
}
