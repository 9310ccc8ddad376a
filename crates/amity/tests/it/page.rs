//! The page in a real browser, over an installation with data; the screenshots of the README are made here.

use std::path::Path;
use std::process::Command;

use crate::disk_full::Served;
use crate::program::Program;

// covers: QAT-05
#[test]
fn the_page_works_in_a_browser_by_keyboard_dark_and_light() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = root.join("web/dist/index.html").exists();
    assert!(built, "the page is not built: run `cargo xtask test`, or `npm ci && npm run build` in web/");
    let program = Program::with_installation(&["--zone", "America/Toronto"]);
    let files = program.path("files").display().to_string();
    let generate = [
        "bench",
        "generate",
        &files,
        "--channels",
        "24",
        "--days",
        "35",
        "--seed",
        "7",
        "--from",
        "2026-09-28",
        "--zone",
        "America/Toronto",
    ];
    assert_eq!(program.run(&generate).code, 0);
    let ended = program.run(&["ingest", &files, "--register", "--json"]);
    assert!(ended.code <= 2, "{}", ended.talk);
    let stranger =
        "usage_point_id,uom,start,end,value\nUP-STRANGER,kWh,2026-10-01T00:00:00Z,2026-10-01T01:00:00Z,1.5\n";
    let stranger = program.file("stranger.csv", stranger);
    assert_eq!(program.run(&["ingest", &stranger]).code, 1);
    let served = Served::start(&program);
    let pictures = root.join("docs/pictures");
    let output = Command::new("node")
        .arg("tests/page.mjs")
        .arg(format!("http://{}", served.address))
        .arg(&pictures)
        .current_dir(root.join("web"))
        .output()
        .expect("node is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{talk}");
}
