//! Orders that are entered by clocks and people, over a real ledger.

mod group;
mod timetable;
mod utility;
