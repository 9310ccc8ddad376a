//! Head-ends of a made-up utility on real sockets and in a folder, collected from while the program serves.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::disk_full::Served;
use crate::program::Program;

const NAMES: [&str; 3] = ["hes-cloud", "hes-folder", "hes-hourly"];
/// Requests until a server must have got there; each one takes it some time.
const PATIENCE: u32 = 20_000;

/// A simulation that serves what its head-ends sent.
pub struct Simulation {
    child: Child,
    /// By head-end, where it is reached.
    addresses: Vec<String>,
    pub made: Value,
}

impl Simulation {
    pub fn start(program: &Program, more: &[&str]) -> Self {
        let folder = program.path("sent");
        let folder = folder.to_str().expect("UTF-8 path");
        let call = ["simulate", folder, "--meters", "40", "--days", "4", "--from", "2026-03-07", "--json"];
        Self::of(program, &call, more)
    }

    /// What a call makes, served.
    pub fn of(program: &Program, call: &[&str], more: &[&str]) -> Self {
        let made = program.json(call);
        let call = [call, &["--serve", "127.0.0.1:0"], more].concat();
        let mut child = program.command(&call).stdout(Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let of = |line: String| line.split(" has ").next().filter(|word| word.starts_with("http")).map(str::to_owned);
        let addresses = lines.map_while(Result::ok).filter_map(of).take(NAMES.len()).collect();
        Self { child, addresses, made }
    }

    pub fn address(&self, name: &str) -> &str {
        self.addresses.iter().find(|address| address.ends_with(name)).expect("every head-end is served")
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fleet(served: &Served) -> Value {
    let (status, body) = served.request("GET", "/api/v1/fleet", b"");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).expect("JSON")
}

/// Asks until it is so.
#[track_caller]
pub fn wait_until(served: &Served, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..PATIENCE {
        last = fleet(served);
        if is_so(&last) {
            return last;
        }
    }
    panic!("{what}: {last}");
}

/// Readings that were stored, by the history of messages.
fn stored(program: &Program) -> u64 {
    program.json(&["status", "--json"])["readings_stored"].as_u64().expect("a count")
}

pub fn with_settings(program: &Program, more: &str) {
    let path = program.data().join("amity.toml");
    let settings = std::fs::read_to_string(&path).expect("settings");
    std::fs::write(path, format!("{settings}\n{more}")).expect("written");
}

#[test]
fn three_head_ends_are_collected_from_over_a_kill() {
    let program = Program::with_installation(&["--zone", "America/Toronto", "--register"]);
    let simulation = Simulation::start(&program, &[]);
    let of = |name: &str| {
        let address = simulation.address(name);
        format!("[[head_end]]\nname = \"{name}\"\n[head_end.rest]\naddress = \"{address}\"\n")
    };
    with_settings(&program, &NAMES.map(of).concat());
    let served = Served::start(&program);
    wait_until(&served, "something comes", |fleet| fleet["counts"]["batches"].as_u64() != Some(0));
    // Killed wherever it is; what was acknowledged is there, and the rest is asked for again.
    drop(served);
    let served = Served::start(&program);
    let is_done = |fleet: &Value| {
        let head_ends = fleet["head_ends"].as_array().expect("head-ends");
        head_ends.len() == 3 && head_ends.iter().all(|one| one["caught_up_at"].is_string())
    };
    wait_until(&served, "everything was handed over", is_done);
    let told = program.run(&["head-ends"]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.out.contains("hes-cloud: rest http://") && told.out.contains("connected since"), "{}", told.out);
    // Four days, of which the cloud has events in none.
    assert!(told.out.contains("goes on after 4"), "{}", told.out);
    assert_eq!(Some(stored(&program)), simulation.made["readings"].as_u64());
}

#[test]
fn a_head_end_that_asks_to_wait_is_left_alone_and_one_in_trouble_is_named() {
    let program = Program::with_installation(&["--zone", "America/Toronto", "--register"]);
    let simulation = Simulation::start(&program, &["--requests-per-minute", "2"]);
    let (busy, nowhere) = (simulation.address("hes-cloud"), simulation.address("hes-cloud").replace("cloud", "none"));
    std::fs::create_dir(program.data().join("in")).expect("made");
    let files = program.path("sent").join("hes-folder");
    for file in std::fs::read_dir(files).expect("files") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), program.data().join("in").join(file.file_name())).expect("copied");
    }
    with_settings(
        &program,
        &format!(
            "[[head_end]]\nname = \"busy\"\n[head_end.rest]\naddress = \"{busy}\"\n\
             [[head_end]]\nname = \"nowhere\"\n[head_end.rest]\naddress = \"{nowhere}\"\n\
             [[head_end]]\nname = \"files\"\n[head_end.folder]\nfolder = \"in\"\nsettled_seconds = 0\n"
        ),
    );
    let served = Served::start(&program);
    let is_told = |fleet: &Value| {
        fleet["head_ends"][0]["state"] == "waiting"
            && fleet["head_ends"][1]["state"] == "refused"
            && fleet["head_ends"][2]["deliveries"] == 4
    };
    let fleet = wait_until(&served, "each by itself", is_told);
    assert_eq!(fleet["head_ends"][0]["deliveries"], 2, "no more than the contract");
    let why = fleet["head_ends"][1]["why"].as_str().expect("a reason");
    assert_eq!(why, "answers 404 Not Found: is the address right?");
    assert_eq!(program.run(&["head-ends"]).code, 1, "one is in trouble");
    let taken = std::fs::read_dir(program.data().join("in/taken")).expect("files that were taken").count();
    assert_eq!(taken, 4);
}

#[test]
fn settings_of_a_head_end_that_cannot_be_are_refused_by_name() {
    let program = Program::with_installation(&[]);
    with_settings(&program, "[[head_end]]\nname = \"a\"\n[head_end.rest]\naddress = \"hes.example\"\n");
    let ended = program.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.talk.contains("head_end: `a`: address `hes.example` is none"), "{}", ended.talk);
    let program = Program::with_installation(&[]);
    with_settings(&program, "[[head_end]]\nname = \"a\"\n[head_end.folder]\nfolder = \".\"\n");
    let ended = program.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(ended.code == 2 && ended.talk.contains("holds the installation itself"), "{ended:?}");
    assert!(program.data().join("amity.toml").exists(), "nothing was moved");
}
