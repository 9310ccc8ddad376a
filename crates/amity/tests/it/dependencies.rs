//! A failure of what Amity leans on is told while it runs.

use std::net::TcpListener;

use crate::disk_full::Served;
use crate::head_ends::with_settings;
use crate::program::Program;

/// Requests until a server must have got there; each one takes it some time.
const PATIENCE: u32 = 20_000;

// covers: MOD-DYN
#[test]
fn a_head_end_that_cannot_be_reached_is_told_with_the_books_that_can() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    // A port that nobody listens on any more.
    let address = TcpListener::bind("127.0.0.1:0").and_then(|bound| bound.local_addr()).expect("a port");
    let head_end = format!(
        "[[head_end]]\nname = \"HES-1\"\ncontract = {{ every_seconds = 1 }}\n[head_end.rest]\naddress = \"http://{address}\"\n"
    );
    with_settings(&program, &head_end);
    let served = Served::start(&program);
    let told = || {
        let (status, body) = served.request("GET", "/api/v1/dependencies", b"");
        assert_eq!(status, 200, "{body}");
        let told: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let items = told["items"].as_array().expect("items").clone();
        (items[0]["state"] == "down").then_some(items)
    };
    let items = (0..PATIENCE).find_map(|_| told()).expect("the connection is refused at once");
    assert!(items[0]["name"] == "HES-1" && items[0]["why"].is_string(), "{items:?}");
    let books: Vec<_> = items[1..].iter().map(|item| (&item["name"], &item["state"])).collect();
    assert!(books.len() == 3 && books.iter().all(|(_, state)| **state == "up"), "{books:?}");
}
