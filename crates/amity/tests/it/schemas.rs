//! A source and a utility agree on the format of messages, by the command line.

use crate::program::Program;

const AGREED: &str = "usage_point_id,uom,start,end,value\nUP1,kWh,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,1\n";

// covers: MOD-SCH, MOD-AGR, MOD-GOV1
#[test]
fn a_format_is_proposed_approved_and_held_against_what_comes() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let before = program.file("before.csv", AGREED);
    let after = program.file("after.csv", AGREED.replace("value\n", "value,phase\n").replace(",1\n", ",2,A\n"));
    let gone = program.file("gone.csv", AGREED.replace(",uom", ",unit_of_measure"));
    let proposed = program.json(&["schema", "propose", "HES", &before, "--by", "Ada", "--reason", "first", "--json"]);
    assert_eq!((&proposed["version"], &proposed["approvals"]), (&1.into(), &1.into()));
    let own = program.run(&["schema", "approve", "HES", "1", "--by", "ada"]);
    assert!(own.code == 2 && own.talk.contains("another person has to approve"), "{own:?}");
    assert_eq!(program.json(&["schema", "approve", "HES", "1", "--by", "Ben", "--json"])["state"], "accepted");

    let checked = program.run(&["schema", "check", "HES", &gone]);
    assert!(checked.code == 1 && checked.out.contains("BREAKS: uom was always there, and is missing"), "{checked:?}");
    let refused = program.run(&["schema", "propose", "HES", &gone, "--by", "Ada", "--reason", "theirs"]);
    assert!(refused.code == 2 && refused.talk.contains("the contract test fails"), "{refused:?}");

    let taken = program.run(&["ingest", &after, "--source", "HES"]);
    assert!(taken.code < 2, "{taken:?}");
    assert_eq!(program.json(&["status", "--json"])["readings_stored"], 1, "what is known is taken in");
    let told = program.run(&["schema", "differences", "HES"]);
    assert!(told.code == 1 && told.out.contains("phase is new"), "{told:?}");
    let listed = program.json(&["schema", "list", "--json"]);
    assert_eq!((&listed[0]["state"], &listed[0]["words"][0]["by"]), (&"accepted".into(), &"ben".into()));
}
