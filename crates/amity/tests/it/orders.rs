//! What is missing is read again, and what is asked on demand is answered or given up, over head-ends on real sockets.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::disk_full::Served;
use crate::program::Program;

const DAY: &str = "2026-03-08";
/// Calls until something must have happened; each one takes some time.
const PATIENCE: u32 = 10_000;
const NAMES: [&str; 3] = ["hes-cloud", "hes-folder", "hes-hourly"];

/// Of a thousand readings two hundred are lost on their way, and two meters are dead from the second day on.
const SCRIPT: &str = r#"
[[fault]]
kind = "lost"
head_end = "hes-cloud"
per_mille = 200
from = "2026-03-08T05:00:00Z"
to = "2026-03-10T05:00:00Z"

[[fault]]
kind = "lost"
head_end = "hes-folder"
per_mille = 200
from = "2026-03-08T05:00:00Z"
to = "2026-03-10T05:00:00Z"

[[fault]]
kind = "dead"
meter = 2
from = "2026-03-08T05:00:00Z"
to = "2200-01-01T00:00:00Z"

[[fault]]
kind = "dead"
meter = 9
from = "2026-03-08T05:00:00Z"
to = "2200-01-01T00:00:00Z"
"#;

/// One of hes-folder, whose meters can only be asked for a time, and one of hes-cloud.
pub const DEAD: [&str; 2] = ["M-000002", "M-000009"];

/// Five tries within seconds, for what takes days in the field.
const SETTINGS: &str = r#"
[orders]
spread_seconds = 0
gap_days = 0
[orders.gap]
tries_after_seconds = [0, 1, 2, 3, 4]
answer_seconds = 20
[orders.on_demand]
tries_after_seconds = [0, 1]
answer_seconds = 5
"#;

/// Web services of a simulation, until dropped.
pub struct Simulation {
    child: Child,
    addresses: Vec<String>,
}

impl Simulation {
    /// Serves what was made, with its faults, on a free port.
    pub fn start(program: &Program) -> Self {
        let (folder, script) = (program.path("sent"), program.file("script.toml", SCRIPT));
        let folder = folder.to_str().expect("UTF-8 path");
        let call = ["simulate", folder, "--meters", "12", "--days", "2", "--from", "2026-03-07", "--script", &script];
        let call = [&call[..], &["--serve", "127.0.0.1:0"]].concat();
        let mut child = program.command(&call).stdout(Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let of = |line: String| line.split(" has ").next().filter(|word| word.starts_with("http")).map(str::to_owned);
        let addresses = lines.map_while(Result::ok).filter_map(of).take(NAMES.len()).collect();
        Self { child, addresses }
    }

    fn head_end(&self, name: &str) -> String {
        let address = self.addresses.iter().find(|address| address.ends_with(name)).expect("served");
        format!(
            "[[head_end]]\nname = \"{name}\"\n[head_end.contract]\nevery_seconds = 1\n\
             [head_end.rest]\naddress = \"{address}\"\n"
        )
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Calls again and again until the answer is as it should be.
#[track_caller]
fn wait_until(program: &Program, what: &str, call: &[&str], is_so: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..PATIENCE {
        last = program.json(call);
        if is_so(&last) {
            return last;
        }
    }
    panic!("{what}: {last}");
}

/// The head-ends of a simulation and the quick tries go into the settings.
pub fn set_up(program: &Program, simulation: &Simulation) {
    let path = program.data().join("amity.toml");
    let settings = std::fs::read_to_string(&path).expect("settings");
    let (before, _) = settings.split_once("[orders]").expect("a table");
    let ends = settings.split_once("# Flags of a source").expect("what follows").1;
    let head_ends = NAMES.map(|name| simulation.head_end(name)).concat();
    std::fs::write(path, format!("{before}{SETTINGS}\n# Flags of a source{ends}\n{head_ends}")).expect("written");
}

/// Waits until every head-end has nothing more.
pub fn everything_is_handed_over(program: &Program) {
    wait_until(program, "everything was handed over", &["head-ends", "--json"], |told| {
        let head_ends = told.as_array().expect("head-ends").iter();
        head_ends.filter(|one| one["health"]["caught_up_at"].is_string()).count() == NAMES.len()
    });
}

/// The meters of which a head-end sent readings.
pub fn sent_by(program: &Program, name: &str) -> impl Iterator<Item = String> + use<> {
    let files = std::fs::read_dir(program.path("sent").join(name)).into_iter().flatten().flatten();
    let files = files.filter(|file| file.path().is_file());
    let sent: String = files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
    (0..12).map(|meter| format!("M-{meter:06}")).filter(move |meter| sent.contains(meter))
}

/// Enters each usage point with the head-end that sends its readings.
pub fn own_everything(program: &Program) {
    let registered = program.json(&["registry", "list", "--limit", "1000", "--json"]);
    let labels: Vec<&str> =
        registered.as_array().expect("channels").iter().filter_map(|one| one["label"].as_str()).collect();
    for name in NAMES {
        for by_meter in sent_by(program, name) {
            let usage_point = by_meter.replace("M-", "UP-");
            let known = labels.iter().find(|label| label.starts_with(&usage_point) || label.starts_with(&by_meter));
            if let Some(label) = known {
                let point = label.split('/').next().expect("a name");
                let ended = program.run(&["registry", "owner", point, name]);
                assert_eq!(ended.code, 0, "{ended:?}");
            }
        }
    }
}

// covers: B1-S9.03, B1-S9.04, B1-S9.05, B1-S2.02, B1-S16.02, B1-S16.03, ONT-2.3.1a, MOD-HES
#[test]
fn what_was_lost_is_read_again_and_a_dead_meter_is_given_up() {
    let program = Program::with_installation(&["--zone", "America/Toronto", "--register"]);
    let simulation = Simulation::start(&program);
    set_up(&program, &simulation);
    let _served = Served::start(&program);
    everything_is_handed_over(&program);
    own_everything(&program);
    let report = ["collection", "report", "--date", DAY, "--json"];
    let missing = |told: &Value| told["total"]["missing"].as_u64().expect("a count");
    let before = missing(&program.json(&report));
    let listed = program.json(&["orders", "gaps", DAY, "--json"]);
    assert_eq!((listed["readings"].as_u64(), listed["refused"].as_u64()), (Some(before), Some(0)), "{listed}");
    assert_eq!(program.json(&["orders", "gaps", DAY, "--json"])["added"], 0, "ordered once");

    let orders = wait_until(&program, "every order ends", &["orders", "list", "--json"], |told| {
        let open = |count: &Value| ["open", "asked"].iter().any(|state| count["state"] == *state);
        !told["counts"].as_array().expect("counts").iter().any(open)
    });
    let orders = orders["orders"].as_array().expect("orders");
    let (dead, living): (Vec<_>, Vec<_>) =
        orders.iter().partition(|order| DEAD.iter().any(|name| order["route"]["device"] == *name));
    assert!(2 < living.len() && living.iter().all(|order| order["state"] == "answered"), "{living:?}");
    let given_up = |order: &&Value| order["state"] == "given_up" && order["tries"] == 5;
    assert!(!dead.is_empty() && dead.iter().all(given_up), "{dead:?}");
    let told = program.json(&report);
    let of_dead = told["misses"].as_array().expect("misses").iter();
    let of_dead = of_dead.filter(|miss| miss["reason"] != "late" && DEAD.iter().any(|name| miss["component"] == *name));
    let of_dead: u64 = of_dead.map(|miss| miss["readings"].as_u64().expect("a count")).sum();
    assert!(0 < of_dead && of_dead < before);
    assert_eq!(missing(&told), of_dead, "only what the dead meter never made");

    let alive = orders.iter().find(|order| order["route"]["head_end"] == "hes-cloud" && order["state"] == "answered");
    let alive = alive.expect("one with a register");
    let alive = alive["route"]["device"].as_str().expect("a name");
    let read = program.json(&["meter", "read", alive, "--wait", "--json"]);
    assert_eq!(read["orders"][0]["state"], "answered", "{read}");
    assert_eq!(read["reads"][0]["unit"], "kWh", "{read}");
    assert_eq!(program.run(&["meter", "ping", alive, "--wait"]).code, 0);
    let silent = program.run(&["meter", "ping", DEAD[1], "--wait"]);
    assert!(silent.code == 1 && silent.out.contains("no answer"), "{silent:?}");
    let nobody = program.run(&["meter", "read", "M-9"]);
    assert!(nobody.code == 2 && nobody.talk.contains("meter `M-9` is not in the registry"), "{nobody:?}");
}

#[test]
fn collecting_goes_on_where_a_person_says() {
    let program = Program::with_installation(&[]);
    let path = program.data().join("amity.toml");
    let settings = std::fs::read_to_string(&path).expect("settings");
    let head_end = "[[head_end]]\nname = \"HES\"\n[head_end.rest]\naddress = \"http://127.0.0.1:9\"\n";
    std::fs::write(path, format!("{settings}\n{head_end}")).expect("written");
    let go_on = |position: &str| {
        let why = ["--as", "anna", "--note", "the head-end was set up anew"];
        program.run(&[&["head-ends", "go-on", "HES", "--after", position][..], &why].concat())
    };
    for position in ["41", "7", "41"] {
        assert_eq!(go_on(position).code, 0);
        assert_eq!(program.json(&["head-ends", "--json"])[0]["position"], position);
    }
    let unknown = program.run(&["head-ends", "go-on", "HES-9", "--after", "1", "--as", "anna", "--note", "x"]);
    assert!(unknown.code == 2 && unknown.talk.contains("there is no head-end `HES-9`"), "{unknown:?}");
}
