//! Device events in JSON.

use formats::{Format, Options};
use jiff::tz::TimeZone;
use model::id::Name;

use crate::collect::{Collected, read_in_pieces};

fn read(input: &str) -> Collected {
    let whole = read_in_pieces(Format::EventsJson, &Options::default(), input.as_bytes(), usize::MAX);
    for length in [1, 2, 3, 7, 64] {
        let in_pieces = read_in_pieces(Format::EventsJson, &Options::default(), input.as_bytes(), length);
        assert_eq!(in_pieces, whole, "in pieces of {length}");
    }
    whole
}

fn one(event: &str) -> Collected {
    read(&format!("{{\"headEnd\": \"HES-3\", \"events\": [{event}]}}"))
}

#[test]
fn an_event_is_read_with_everything_it_says() {
    let found =
        one(r#"{"id": "e-17", "device": "LG0001", "type": "Power outage", "code": "3.26.0.85", "sequence": 4711,
            "time": "2026-03-01T12:00:00.250Z", "severity": "2", "reason": "line down", "status": "open",
            "firmware": "7.1", "phases": ["A", "B"], "loop": {"hops": 3}, "nothing": null}"#);
    assert_eq!(found.findings, []);
    assert_eq!((found.messages[0].noun.as_str(), found.messages[0].source.as_str()), ("EndDeviceEvents", "HES-3"));
    let event = &found.events[0];
    assert_eq!((event.mrid.as_str(), event.issuer_tracking.as_str(), event.issuer.as_str()), ("e-17", "4711", "HES-3"));
    assert_eq!(event.device, Some(Name::new("EndDevice", "LG0001")));
    assert_eq!(event.created.map(|at| at.to_string()).as_deref(), Some("2026-03-01T12:00:00.25Z"));
    assert_eq!(event.event_type.to_string(), "3.26.0.85");
    assert_eq!((event.severity.as_str(), event.reason.as_str(), event.status.as_str()), ("2", "line down", "open"));
    let details: Vec<_> = event.details.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let expected = [
        ("firmware", "7.1"),
        ("loop", r#"{"hops":3}"#),
        ("nothing", ""),
        ("phases", r#"["A","B"]"#),
        ("type", "Power outage"),
    ];
    assert_eq!(details, expected);
}

// covers: MOD-SCH
#[test]
fn words_of_the_source_are_kept() {
    let event = one(r#"{"device": {"authority": "AMCD", "name": "77"}, "type": "PWR_DN"}"#).events.remove(0);
    assert_eq!(event.device.map(|name| (name.authority, name.value)), Some(("AMCD".into(), "77".into())));
    assert_eq!(event.details, [("EndDeviceEventType".into(), "PWR_DN".into())]);
    let event = one(r#"{"usagePoint": "UP1", "type": "3.26.0.85"}"#).events.remove(0);
    assert_eq!((event.device, event.usage_point.map(|name| name.value)), (None, Some("UP1".into())));
    assert_eq!(event.event_type.to_string(), "3.26.0.85");
}

#[test]
fn local_times_need_the_zone_of_the_source() {
    let document = r#"{"events": [{"device": "M1", "time": "2026-11-01T00:30:00"}, {"device": "M1", "time": "2026-11-01T01:30:00"}]}"#;
    let zone = TimeZone::get("America/Toronto").expect("a zone");
    let options = Options { zone: Some(zone), ..Options::default() };
    let found = read_in_pieces(Format::EventsJson, &options, document.as_bytes(), 10);
    let times: Vec<_> = found.events.iter().map(|event| event.created.map(|at| at.to_string())).collect();
    // The clock goes back at 02:00, so that 01:30 comes twice.
    assert_eq!(times, [Some("2026-11-01T04:30:00Z".into())]);
    assert_eq!(found.codes(), ["1 events_json.time"]);
    assert_eq!(read(document).codes(), ["1 events_json.time", "1 events_json.time"]);
}

#[test]
fn what_cannot_be_read_is_told_and_the_others_go_on() {
    let found = one("\n{\"device\": \"M1\"},\n12,\n{\"device\": M2},\n{\"device\": \"M3\", \"time\": \"noon\"},\n{}");
    assert_eq!(found.events.len(), 2);
    assert_eq!(found.codes(), ["3 events_json.event", "4 events_json.event", "5 events_json.time"]);
    assert_eq!(found.refused, None);
    let long = format!("{{\"device\": \"{}\"}}, {{\"device\": \"M1\"}}", "x".repeat(300_000));
    let found =
        read_in_pieces(Format::EventsJson, &Options::default(), format!("{{\"events\":[{long}]}}").as_bytes(), 1000);
    assert_eq!((found.events.len(), found.codes()), (1, vec!["1 events_json.too_long".into()]));
}

#[test]
fn a_document_that_is_none_is_refused() {
    for input in [
        "",
        "{",
        "[]",
        "{\"events\": [}",
        "{\"events\": [",
        "{\"events\": [{}",
        "{\"headEnd\": \"A\"}",
        "{\"events\": 5}",
        "{} {}",
    ] {
        let refused = read(input).refused.map(|refused| refused.0.code.to_string());
        assert_eq!(refused.as_deref(), Some("events_json.document"), "{input}");
    }
    let deep = format!("{{\"events\": [{}", "[".repeat(100));
    assert!(read(&deep).refused.is_some());
    assert_eq!(read("{\"events\": []}").refused, None);
}
