//! Runs of intervals that go on over midnight, into the days right before and after as received.
//!
//! Each day fails its own part of a run and counts all of it, so it is the same on whichever side one looks. A run goes no
//! further than these two days.

use crate::day::Day;
use crate::view::View;

/// How many slots a run `[from, to)` has, with those that touch it in the days beside.
pub(super) fn length(view: &View<'_>, (from, to): (u16, u16), holds: impl Fn(&Day<'_>, u16) -> bool) -> u32 {
    let is_alike = |day: &Day<'_>| day.slot_seconds == view.day.slot_seconds;
    let before = view.context.day_before.filter(|day| from == 0 && is_alike(day));
    let after = view.context.day_after.filter(|day| to == view.slots() && is_alike(day));
    let before = before.map_or(0, |day| (0..day.slots()).rev().take_while(|slot| holds(&day, *slot)).count());
    let after = after.map_or(0, |day| (0..day.slots()).take_while(|slot| holds(&day, *slot)).count());
    u32::from(to.saturating_sub(from)).saturating_add(u32::try_from(before + after).unwrap_or(u32::MAX))
}

/// What evidence of a run says of the days beside: `, 10 with the days beside`; nothing where it ends within the day.
pub(super) fn words((from, to): (u16, u16), length: u32) -> String {
    if length == u32::from(to.saturating_sub(from)) {
        String::new()
    } else {
        format!(", {length} with the days beside")
    }
}
