//! The clock of a head-end over a real socket.

use crate::disk_full::Served;
use crate::head_ends::{Simulation, with_settings};
use crate::program::Program;

/// A clock that is seven seconds ahead, for as long as this test may be run.
const SCRIPT: &str = "[[fault]]\nkind = \"head-end-clock\"\nhead_end = \"hes-cloud\"\nseconds = 7\n\
                      from = \"2026-01-01T00:00:00Z\"\nto = \"2126-01-01T00:00:00Z\"\n";
/// Requests until a server must have got there; each one takes it some time.
const PATIENCE: u32 = 20_000;

// covers: MOD-TS
#[test]
fn a_head_end_whose_clock_is_ahead_is_told() {
    let program = Program::with_installation(&["--zone", "America/Toronto", "--register"]);
    let (script, sent) = (program.file("script.toml", SCRIPT), program.path("sent"));
    let sent = sent.to_str().expect("UTF-8 path");
    let call =
        ["simulate", sent, "--meters", "40", "--days", "4", "--from", "2026-03-07", "--script", &script, "--json"];
    let simulation = Simulation::of(&program, &call, &[]);
    let settings = |name: &str| {
        let address = simulation.address(name);
        format!(
            "[[head_end]]\nname = \"{name}\"\ncontract = {{ every_seconds = 1 }}\n[head_end.rest]\naddress = \"{address}\"\n"
        )
    };
    with_settings(&program, &["hes-cloud", "hes-hourly"].map(settings).concat());
    let served = Served::start(&program);
    let known = || {
        let (status, body) = served.request("GET", "/api/v1/feeds", b"");
        assert_eq!(status, 200, "{body}");
        let feeds: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let items = feeds["items"].as_array().expect("items").clone();
        let is_known =
            |item: &serde_json::Value| item["clock"]["knowledge"] == "known" && item["watermark"].is_string();
        (items.len() == 2 && items.iter().all(is_known)).then_some(items)
    };
    let items = (0..PATIENCE).find_map(|_| known()).expect("five answers are enough");
    for (item, ahead) in items.iter().zip([7000, 0]) {
        let number = |name: &str| item["clock"][name].as_i64().expect("a number");
        let off = (number("milliseconds") - ahead).abs();
        assert!(off <= number("within_milliseconds") && off <= 1000, "{item}");
        assert_eq!(item["clock_alarm"].is_string(), ahead != 0, "{item}");
    }
    let told = program.run(&["head-ends"]).out;
    assert!(told.contains("CLOCK: its clock is ") && told.contains("everything until "), "{told}");
}
