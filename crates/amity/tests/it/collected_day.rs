//! A day of hourly reads of a whole utility: the report is a recount of what its head-end sent.

use serde_json::Value;

use crate::program::Program;

fn day(meters: &str, lost: &str) -> Value {
    let program = Program::without_installation();
    // Exit status 0 says that the report is what was sent.
    program.json(&["bench", "day", "--meters", meters, "--lost", lost, "--json"])
}

// covers: ONT-2.3.1a, ONT-2.6.1
#[test]
fn a_small_day_loses_nothing() {
    let told = day("10", "0");
    assert_eq!((&told["expected"], &told["verdict"]), (&told["sent"], &"met".into()), "{told}");
    assert_eq!(told["expected"].as_u64().expect("a count") % 24, 0, "{told}");
}

// covers: ONT-2.3.1a, ONT-2.6.1
#[test]
fn ten_thousand_meters_meet_ninety_eight_per_cent_or_do_not() {
    let met = day("10000", "19");
    assert_eq!(met["verdict"], "met", "{met}");
    assert!(240_000 <= met["expected"].as_u64().expect("a count"), "a register of each meter and hour: {met}");
    // Before the deadline it is not missed yet.
    let open = day("2000", "21");
    assert_eq!(open["verdict"], "open", "{open}");
}
