//! How everything is that Amity leans on.

use headend::feed::{Feed, FeedStatus, Settings, Watched};
use ingest::collector::{Health, State};
use ingest::feeds::dependency::of_head_ends;
use jiff::{SignedDuration, Timestamp};

fn at(second: i64) -> Timestamp {
    "2026-03-01T12:00:00Z".parse::<Timestamp>().expect("an instant") + SignedDuration::from_secs(second)
}

fn health(name: &str, state: State, why: Option<&str>) -> Health {
    Health {
        name: name.into(),
        state,
        why: why.map(str::to_owned),
        since: at(0),
        asked_at: None,
        next_at: None,
        caught_up_at: None,
        last_delivery: None,
        delivered_at: None,
        deliveries: 0,
        refused: 0,
        stored: 0,
        asked_in_minute: 0,
        requests_per_minute: 0,
    }
}

/// A feed of which something came at noon and is expected every minute, as it stands at a second.
fn feed(name: &str, is_asked: bool, expected_seconds: Option<u32>, second: i64) -> FeedStatus {
    let mut feed = Feed::default();
    feed.came(at(0));
    let settings = Settings { expected_seconds, ..Settings::default() };
    feed.status(&Watched { name, is_asked, settings: &settings, corrections: &[] }, at(second))
}

// covers: MOD-DYN
#[test]
fn a_head_end_is_what_collecting_says_and_stale_where_too_little_comes() {
    let healths = [
        health("answers", State::Connected, None),
        health("asks to wait", State::Waiting, Some("429")),
        health("is down", State::Down, Some("the connection to the broker has ended")),
        health("is new", State::Starting, None),
        health("says nothing new", State::Connected, None),
    ];
    let feeds = [
        feed("answers", true, Some(60), 120),
        feed("is down", true, Some(60), 121),
        feed("pushes", false, Some(60), 120),
        feed("pushed", false, Some(60), 121),
        feed("pushed by hand", false, None, 121),
        feed("says nothing new", true, Some(60), 121),
    ];
    let told: Vec<String> = of_head_ends(&healths, &feeds)
        .iter()
        .map(|one| format!("{}: {} {}", one.name, one.state, one.why.as_deref().unwrap_or("-")))
        .collect();
    let expected = [
        "answers: up -",
        "asks to wait: down 429",
        "is down: down the connection to the broker has ended",
        "is new: unknown -",
        "pushed: stale nothing came for more than twice 60 s",
        "pushes: up -",
        "says nothing new: stale nothing came for more than twice 60 s",
    ];
    assert_eq!(told, expected);
}
