//! One made-up utility, collected from over different kinds of head-ends.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::disk_full::Served;
use crate::head_ends::{Simulation, wait_until, with_settings};
use crate::program::Program;

/// mosquitto on a free port; ended with this value.
struct Broker {
    child: Child,
    address: String,
}

impl Broker {
    fn start(folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let settings = folder.join("mosquitto.conf");
        let text = format!("listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_dest stderr\n");
        std::fs::write(&settings, text).expect("written");
        let program = if Path::new("/usr/sbin/mosquitto").exists() { "/usr/sbin/mosquitto" } else { "mosquitto" };
        let mut command = Command::new(program);
        let mut child = command.arg("-c").arg(settings).stderr(Stdio::piped()).spawn().expect("mosquitto");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        assert!(lines.by_ref().map_while(Result::ok).any(|line| line.ends_with("running")), "it ended at once");
        // What it says further must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: format!("mqtt://127.0.0.1:{port}") }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An installation that collects from one head-end.
fn collecting(kind: &str) -> (Program, Served) {
    let program = Program::with_installation(&["--zone", "America/Toronto", "--register"]);
    let contract = "[head_end.contract]\nevery_seconds = 1\n";
    with_settings(&program, &format!("[[head_end]]\nname = \"hes-cloud\"\n{contract}{kind}"));
    let served = Served::start(&program);
    (program, served)
}

/// Everything it has of every channel, a line a reading; which channel was registered first says nothing.
fn readings(program: &Program) -> BTreeSet<String> {
    let ended = program.run(&["export", "--raw", "--format", "csv"]);
    assert_eq!(ended.code, 0, "{}", ended.talk);
    ended.out.lines().map(str::to_owned).collect()
}

#[track_caller]
fn check(kind: &str, found: &BTreeSet<String>, expected: &BTreeSet<String>) {
    let different: Vec<_> = found.symmetric_difference(expected).take(4).collect();
    assert!(different.is_empty(), "{kind}: {different:#?}");
}

// covers: MOD-API
#[test]
fn the_same_data_over_three_kinds_gives_the_same_result() {
    let utility = Program::without_installation();
    let folder = utility.path("sent");
    let call = [
        "simulate",
        folder.to_str().expect("UTF-8"),
        "--meters",
        "20",
        "--days",
        "3",
        "--head-end",
        "hes-cloud",
        "--json",
    ];
    let simulation = Simulation::of(&utility, &call, &[]);
    let address = simulation.address("hes-cloud");
    let made = simulation.made["readings"].as_u64().expect("a count");
    let has_all = |fleet: &Value| fleet["head_ends"][0]["stored"].as_u64() == Some(made);

    let (rest, served) = collecting(&format!("[head_end.rest]\naddress = \"{address}\"\n"));
    wait_until(&served, "over REST", has_all);
    drop(served);

    let windows = "[head_end.soap.windows]\nhistory_hours = 120\n";
    let (soap, served) = collecting(&format!("[head_end.soap]\naddress = \"{address}/soap\"\n{windows}"));
    wait_until(&served, "in SOAP", |fleet| has_all(fleet) && fleet["head_ends"][0]["caught_up_at"].is_string());
    drop(served);

    let broker = Broker::start(&utility.folder.path().join("sent"));
    let at = &broker.address;
    let session = "client_id = \"amity\"\ntopics = [\"hes-cloud/+\"]\nwait_milliseconds = 100\n";
    let (mqtt, served) = collecting(&format!("[head_end.mqtt]\naddress = \"{at}\"\n{session}"));
    // The session is there: what is published from now on is held for it.
    wait_until(&served, "a session", |fleet| fleet["head_ends"][0]["state"] == "connected");
    utility.json(&[&call[..], &["--mqtt", at]].concat());
    wait_until(&served, "over MQTT, twice and out of order", has_all);
    drop(served);

    let by_rest = readings(&rest);
    assert_eq!(by_rest.len() as u64, made + 1, "every reading, and the header");
    check("SOAP", &readings(&soap), &by_rest);
    check("MQTT", &readings(&mqtt), &by_rest);
}
