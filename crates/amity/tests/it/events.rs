//! Device events through the program: posted, listed, and there after `kill -9`.
//!
//! `AMITY_KILLS` sets how often it is killed (a tenth of it, 5 where it is not set).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::disk_full::Served;
use crate::program::Program;

/// The document of a message: three events of devices of its own, and one that the other source tells as well.
fn document(number: u64, source: u64) -> String {
    let shared = format!(
        r#"{{"id": "s{number}", "device": {{"authority": "U", "name": "S{number}"}}, "type": "3.26.0.85", "time": "2026-03-01T12:00:0{source}Z"}}"#
    );
    let own = (0..3).map(|event| {
        format!(r#"{{"id": "{number}-{event}", "device": "{number}.{event}", "type": "3.26.0.85", "time": "2026-03-01T12:00:00Z"}}"#)
    });
    let events: Vec<_> = own.chain([shared]).collect();
    format!("{{\"headEnd\": \"HES-{source}\", \"events\": [{}]}}", events.join(","))
}

/// The answer to a posted message; `None` where the server is killed in the middle of it.
fn post(address: &str, number: u64, source: u64) -> Option<Value> {
    let body = document(number, source);
    let mut stream = TcpStream::connect(address).ok()?;
    let head = format!(
        "POST /api/v1/events?source=HES-{source}&name=m{number} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| serde_json::from_str(body).ok()).flatten()
}

/// Every event, by its device, with the sources that told it.
fn stored(program: &Program) -> BTreeMap<String, Vec<Vec<String>>> {
    let ended = program.run(&["events", "follow", "--after", "0", "--no-wait", "--json"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let mut stored: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for line in ended.out.lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let sources = event["sources"].as_array().expect("sources");
        let sources = sources.iter().map(|source| source.as_str().expect("text").to_owned()).collect();
        stored.entry(event["device"]["value"].as_str().expect("a device").to_owned()).or_default().push(sources);
    }
    stored
}

// covers: MOD-EVT, MOD-DUP
#[test]
fn events_that_were_acknowledged_survive_being_killed_at_any_moment() {
    let kills: u64 =
        std::env::var("AMITY_KILLS").ok().and_then(|kills| kills.parse().ok()).map_or(5, |kills: u64| 1 + kills / 10);
    let program = Program::with_installation(&["--zone", "UTC"]);
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let next = Arc::new(AtomicU64::new(0));
    for round in 0..kills {
        let served = Arc::new(Mutex::new(Some(Served::start(&program))));
        let address = served.lock().expect("not poisoned").as_ref().expect("there").address.clone();
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                let (address, acknowledged, next) = (address.clone(), Arc::clone(&acknowledged), Arc::clone(&next));
                let served = Arc::clone(&served);
                std::thread::spawn(move || {
                    for step in 0..40 {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        for source in 1..=2 {
                            if post(&address, number, source).is_some() {
                                acknowledged.lock().expect("not poisoned").insert((number, source));
                            }
                        }
                        // One of the senders kills it after work of no particular length.
                        if sender == 0 && step == 3 + (round * 7) % 11 {
                            drop(served.lock().expect("not poisoned").take());
                            return;
                        }
                    }
                })
            })
            .collect();
        senders.into_iter().for_each(|sender| sender.join().expect("the sender ended"));
    }
    let acknowledged = acknowledged.lock().expect("not poisoned").clone();
    assert!(!acknowledged.is_empty());
    let found = stored(&program);
    for (device, events) in &found {
        // The sources tell one event of a device of the utility; other names mean devices of their own.
        let sources: BTreeSet<_> = events.iter().flatten().collect();
        assert_eq!(sources.len(), events.iter().flatten().count(), "{device} is there twice: {events:?}");
        assert!(events.len() == 1 || !device.starts_with('S'), "{device} is two events: {events:?}");
    }
    for (number, source) in &acknowledged {
        let source = format!("HES-{source}");
        let shared = found.get(&format!("S{number}")).unwrap_or_else(|| panic!("message {number} is lost"));
        assert!(shared[0].contains(&source), "{source} of message {number} is lost: {shared:?}");
        for event in 0..3 {
            let own = found.get(&format!("{number}.{event}"));
            assert!(own.is_some_and(|own| own.contains(&vec![source.clone()])), "{number}.{event} of {source} is lost");
        }
    }
    // Told again after everything, each gets its first answer, and nothing is stored twice.
    let served = Served::start(&program);
    for (number, source) in &acknowledged {
        let answer = post(&served.address, *number, *source).expect("answered");
        assert_eq!(answer["repeated"], true, "{answer}");
    }
    drop(served);
    assert_eq!(stored(&program), found);
}

// covers: MOD-DUP
#[test]
fn one_stream_shows_an_event_with_both_its_sources() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let served = Served::start(&program);
    for source in 1..=2 {
        let answer = post(&served.address, 7, source).expect("answered");
        assert_eq!((&answer["accepted"], &answer["events"]["told"]), (&true.into(), &4.into()), "{answer}");
    }
    let (status, body) = served.request("GET", "/api/v1/events?device=S7", b"");
    let page: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, page["events"].as_array().map(Vec::len)), (200, Some(1)), "{body}");
    let event = &page["events"][0];
    assert_eq!((&event["type"], &event["occurred_at"]), (&"3.26.0.85".into(), &"2026-03-01T12:00:01Z".into()));
    assert_eq!(event["sources"], serde_json::json!(["HES-1", "HES-2"]));
    let (status, body) = served.request("POST", "/api/v1/events?source=HES-1", b"{\"events\": 7}");
    assert_eq!(status, 422, "{body}");

    // A file of events through the other way in, while it is served.
    let file =
        program.file("more.json", r#"{"events": [{"device": "M9", "type": "WEIRD", "time": "2026-03-01T12:00:00Z"}]}"#);
    let ended = program.run(&["ingest", &file, "--source", "HES-3"]);
    assert!(ended.out.contains("1 device events"), "{ended:?}");
    let types = program.json(&["events", "types", "--json"]);
    assert_eq!(types["unmapped"][0]["told_type"], "WEIRD");
    let listed = program.run(&["events", "list", "--device", "S7"]);
    assert!(listed.out.contains("S7  3.26.0.85") && listed.out.contains("(HES-1, HES-2)"), "{listed:?}");
    assert_eq!(program.json(&["status", "--json"])["events"], 8);
    drop(served);
}
