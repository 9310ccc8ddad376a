//! An event storm over 20,000 devices, with the server killed in the middle of its worst minute: nothing is lost, nothing doubled.

use crate::program::Program;

// covers: MOD-EVT, MOD-DUP, MOD-DRP, MOD-LAY
#[test]
fn a_storm_loses_and_doubles_nothing_though_the_server_is_killed() {
    let program = Program::without_installation();
    let told = program.json(&["bench", "storm", "--endpoints", "20000", "--faster", "0", "--json"]);
    let count = |name: &str| told[name].as_u64().unwrap_or_else(|| panic!("{name}: {told}"));
    assert_eq!((count("events"), count("lost"), count("doubled"), count("foreign")), (80_000, 0, 0, 0), "{told}");
    // One in a thousand is malformed.
    assert!(0 < count("malformed") && count("malformed_waiting") == count("malformed"), "{told}");
    assert_eq!(count("readings_found"), count("readings"), "{told}");
    assert!(told["ready_again_ms"].is_u64() && 80_000 < count("sent"), "{told}");
}
