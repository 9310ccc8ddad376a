//! Meters are asked from their pages, over head-ends on real sockets.

use std::process::Command;

use crate::disk_full::Served;
use crate::orders::{self, DEAD, Simulation};
use crate::page::root;
use crate::program::Program;

// covers: B1-S9.05, B1-S16.03, QAT-05
#[test]
fn a_meter_is_asked_in_a_browser_by_keyboard_dark_and_light() {
    let program = Program::with_installation(&["--zone", "America/Toronto", "--register"]);
    let simulation = Simulation::start(&program);
    orders::set_up(&program, &simulation);
    let alive = orders::sent_by(&program, "hes-cloud").find(|meter| !DEAD.contains(&&**meter)).expect("a living meter");
    let served = Served::start(&program);
    orders::everything_is_handed_over(&program);
    orders::own_everything(&program);
    let output = Command::new("node")
        .args(["tests/asked.mjs", &format!("http://{}", served.address)])
        .arg(program.path("pictures"))
        .args([&*alive, DEAD[1]])
        .current_dir(root().join("web"))
        .output()
        .expect("node is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
