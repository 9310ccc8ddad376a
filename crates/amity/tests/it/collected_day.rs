//! A day of hourly reads of a whole utility: the report is a recount of what its head-end sent.

use serde_json::Value;

use crate::program::Program;

fn day(meters: &str, lost: &str) -> Value {
    let program = Program::without_installation();
    // Exit status 0 says that the report is what was sent.
    program.json(&["bench", "day", "--meters", meters, "--lost", lost, "--json"])
}

#[test]
fn a_small_day_loses_nothing() {
    let told = day("10", "0");
    assert_eq!((&told["expected"], &told["verdict"]), (&told["sent"], &"met".into()), "{told}");
    assert_eq!(told["expected"].as_u64().expect("a count") % 24, 0, "{told}");
}

// What is lost hangs on the date, so the shares are far enough from 2 % for any.
#[test]
fn ten_thousand_meters_meet_ninety_eight_per_cent_and_others_do_not_yet() {
    let met = day("10000", "15");
    assert_eq!(met["verdict"], "met", "{met}");
    assert!(240_000 <= met["expected"].as_u64().expect("a count"), "a register of each meter and hour: {met}");
    let open = day("1000", "40");
    assert_eq!(open["verdict"], "open", "{open}");
}
