//! Determinants reach those who asked: over the program as a whole, killed at the worst moment.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::Value;

use crate::disk_full::Served;
use crate::program::Program;
use crate::usage::{example, request, shop};

/// How long a test waits for what must happen; far more than it takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A subscriber: what was posted to it, by `webhook-id` and body.
struct Inbox {
    address: String,
    answers: Arc<AtomicBool>,
    posted: Receiver<(String, Value)>,
}

impl Inbox {
    /// One that takes messages and answers nothing, until it is told to.
    fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}/determinants", listener.local_addr().expect("an address"));
        let (answers, (tell, posted)) = (Arc::new(AtomicBool::new(false)), mpsc::channel());
        let answering = Arc::clone(&answers);
        std::thread::spawn(move || {
            let mut unanswered = Vec::new();
            for mut stream in listener.incoming().flatten() {
                let Some(message) = message(&stream) else { continue };
                if answering.load(Ordering::SeqCst) {
                    let accepted = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
                    stream.write_all(accepted).expect("answered");
                } else {
                    unanswered.push(stream);
                }
                if tell.send(message).is_err() {
                    return;
                }
            }
        });
        Self { address, answers, posted }
    }

    /// `created january 1` and the id of the next message.
    #[track_caller]
    fn next(&self) -> (String, String) {
        let (id, body) = self.posted.recv_timeout(LIMIT).expect("a message");
        let request = &body["request"];
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        assert_eq!(body["id"], id.as_str());
        (format!("{} {} {}", text(&request["verb"]), text(&request["id"]), request["issue"]["number"]), id)
    }
}

/// The id and the body of a posted message; `None` where the sender went away.
fn message(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| 0 < *read)?;
        match line.trim().split_once(": ") {
            Some(("webhook-id", value)) => value.clone_into(&mut id),
            Some(("content-length", value)) => length = value.parse().expect("a length"),
            Some(_) => {}
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((id, serde_json::from_slice(&body).expect("JSON")))
}

fn subscribe(program: &Program, inbox: &Inbox) {
    let secret = program.file("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    let how = ["--secret", &secret, "--private", "--format", "json", "--noun", "BillingDeterminant"];
    let added = program.run(&[&["subscribe", "add", "cis", &inbox.address, "--from-the-beginning"], &how[..]].concat());
    assert_eq!(added.code, 0, "{added:?}");
}

// covers: B1-S17.03, IS-006
#[test]
fn a_server_killed_before_its_message_was_accepted_loses_nothing() {
    let (program, inbox) = (shop(), Inbox::silent());
    subscribe(&program, &inbox);
    let served = Served::start(&program);
    assert_eq!(program.run(&request(&["--definition", "shop", "--id", "january"])).code, 0);
    let (first, id) = inbox.next();
    assert_eq!(first, "created january 1");
    // Ends it with SIGKILL, while the message waits for its answer.
    drop(served);
    // A later reading changes the answer while nobody delivers.
    assert_eq!(program.run(&["ingest", &example("late.csv")]).code, 0);
    assert_eq!(program.json(&["usage", "show", "january", "--json"])["verb"], "changed");
    inbox.answers.store(true, Ordering::SeqCst);
    let _served = Served::start(&program);
    assert_eq!(inbox.next(), (first, id.clone()), "the same message, with the same id");
    let (second, other) = inbox.next();
    assert_eq!((second.as_str(), id == other), ("changed january 2", false));
    assert_eq!(program.run(&["usage", "cancel", "january"]).code, 0);
    assert_eq!(inbox.next().0, "canceled january 2");
}

// covers: ONT-2.8.2
#[test]
fn an_installation_that_only_collects_takes_no_subscriber_of_determinants() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let settings = std::fs::read_to_string(program.data().join("amity.toml")).expect("settings");
    program.file("data/amity.toml", format!("role = \"collection\"\n{settings}"));
    let secret = program.file("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    let add = ["subscribe", "add", "cis", "https://example.org/", "--secret", &secret];
    let refused = program.run(&[&add[..], &["--noun", "BillingDeterminant"]].concat());
    assert!(refused.code == 2 && refused.talk.contains("this installation only collects reads"), "{refused:?}");
    assert_eq!(program.run(&add).code, 0);
}

/// The address of a socket is short; the path of a folder need not be.
#[test]
fn a_data_folder_with_a_long_path_takes_commands_over() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let long = program.path(&"long/".repeat(40)).join("data");
    std::fs::create_dir_all(long.parent().expect("a parent")).expect("folders");
    std::fs::rename(program.data(), &long).expect("moved");
    let call = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_amity"));
        command.arg("--data").arg(&long).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        command.spawn().expect("the program starts")
    };
    let mut served = call(&["serve", "--listen", "127.0.0.1:0"]);
    let mut line = String::new();
    BufReader::new(served.stdout.as_mut().expect("piped")).read_line(&mut line).expect("address");
    let status = call(&["status", "--json"]).wait_with_output().expect("ended");
    served.kill().expect("killed");
    served.wait().expect("gone");
    assert!(status.status.success(), "{line}: {status:?}");
    assert!(serde_json::from_slice::<Value>(&status.stdout).is_ok_and(|status| status["readings_stored"] == 0));
}
