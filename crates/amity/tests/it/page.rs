//! The page in a real browser, over an installation with data; the screenshots of the README are made here.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::disk_full::Served;
use crate::program::Program;

// covers: QAT-05
#[test]
fn the_page_works_in_a_browser_by_keyboard_dark_and_light() {
    let program = utility("24", "35", "2026-09-28");
    let stranger =
        "usage_point_id,uom,start,end,value\nUP-STRANGER,kWh,2026-10-01T00:00:00Z,2026-10-01T01:00:00Z,1.5\n";
    let stranger = program.file("stranger.csv", stranger);
    assert_eq!(program.run(&["ingest", &stranger]).code, 1);
    let cold: String = (20..=31).map(|day| format!("2026-10-{day},-4.2\n")).collect();
    let cold = program.file("temperatures.csv", format!("date,celsius\n{cold}"));
    assert_eq!(program.run(&["registry", "temperatures", "YYZ", &cold]).code, 0);
    let channels = program.json(&["registry", "list", "--json"]);
    let first = channels[0]["label"].as_str().and_then(|label| label.split('/').next()).expect("a channel");
    assert_eq!(program.run(&["registry", "fact", "weather-station", first, "YYZ"]).code, 0);
    passes_over(&program, "tests/page.mjs");
}

// covers: QAT-05
#[test]
fn the_morning_is_worked_in_a_browser_by_keyboard_dark_and_light() {
    let program = utility("60", "9", "2026-10-17");
    let channel = ["--reading-type", "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0", "--interval-seconds", "900"];
    let new = ["registry", "add", "--usage-point", "UP-NEW", "--meter", "M-NEW", "--owner", "HES-NORTH"];
    assert_eq!(program.run(&[&new[..], &channel].concat()).code, 0);
    assert_eq!(program.run(&["registry", "fact", "position", "UP-NEW", "43.65", "-79.38"]).code, 0);
    let rolled_out = program.json(&["roll-out", "--state", "never", "--json"]);
    assert_eq!(rolled_out["items"][0]["name"], "M-NEW", "{rolled_out}");
    assert_eq!(rolled_out["total"]["never"], 1);
    passes_over(&program, "tests/console.mjs");
}

/// The night in which the collector of every fourth of 200 meters is silent gives 50 gaps of one cause.
// covers: QAT-05
#[test]
fn exceptions_are_reviewed_in_a_browser_by_keyboard_dark_and_light() {
    passes_over(&utility("200", "9", "2026-10-17"), "tests/review.mjs");
}

/// An installation with the readings of a made-up utility.
fn utility(channels: &str, days: &str, from: &str) -> Program {
    assert!(
        root().join("web/dist/index.html").exists(),
        "the page is not built: run `cargo xtask test`, or `npm ci && npm run build` in web/"
    );
    let program = Program::with_installation(&["--zone", "America/Toronto"]);
    let files = program.path("files").display().to_string();
    let fleet = ["--channels", channels, "--days", days, "--from", from, "--seed", "7", "--zone", "America/Toronto"];
    assert_eq!(program.run(&[&["bench", "generate", &files], &fleet[..]].concat()).code, 0);
    let ended = program.run(&["ingest", &files, "--register", "--json"]);
    assert!(ended.code <= 2, "{}", ended.talk);
    program
}

/// Serves an installation and runs a script of the page against it; its pictures go to the documentation.
#[track_caller]
fn passes_over(program: &Program, script: &str) {
    let served = Served::start(program);
    let output = Command::new("node")
        .arg(script)
        .arg(format!("http://{}", served.address))
        .arg(root().join("docs/pictures"))
        .current_dir(root().join("web"))
        .output()
        .expect("node is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{talk}");
    print!("{said}");
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
