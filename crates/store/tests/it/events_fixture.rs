//! Made-up reports of events.

use events::Windows;
use events::same::groups;
use jiff::{SignedDuration, Timestamp};
use model::event::report::{Meaning, Report, Subject};
use model::id::Name;
use store::events::{Batch, Counts, Grouping, Told, ToldEvent};

pub const OUTAGE: &str = "3.26.0.85";
pub const RESTORED: &str = "3.26.0.216";

/// The rule of the events crate.
pub struct Rule;

impl Grouping for Rule {
    fn window(&self, meaning: &Meaning) -> SignedDuration {
        Windows::default().of(meaning)
    }

    fn groups(&self, reports: &[Report]) -> Vec<usize> {
        groups(reports, &Windows::default())
    }
}

/// So many milliseconds after the beginning of the storm.
pub fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).expect("an instant")
}

/// An event of a device that nobody knows; the authority of its name is the utility.
pub fn event(device: &str, event_type: &str, milliseconds: i64, source: &str, id: &str) -> ToldEvent {
    let name = Name { authority: "UTILITY".into(), kind: "Meter".into(), value: device.into() };
    let meaning = match event_type.parse() {
        Ok(known) => Meaning::Known(known),
        Err(_) => Meaning::Unmapped { source: source.into(), told: event_type.into() },
    };
    ToldEvent {
        report: Report {
            subject: Subject::unknown(Some(&name), source),
            meaning,
            occurred_at: Some(at(milliseconds)),
            source: source.into(),
            source_id: id.into(),
        },
        device: Some(name),
        meter: None,
        usage_point: None,
        told_type: event_type.into(),
        told_at: Some(at(milliseconds)),
        is_doubtful: false,
        line: 1,
        severity: "2".into(),
        reason: String::new().into(),
        status: String::new().into(),
        details: vec![("firmware".into(), "7.1".into())],
    }
}

/// A message of its own hash.
pub fn told(hash: &str, source: &str, events: Vec<ToldEvent>) -> Told {
    Told {
        hash: hash.into(),
        source: source.into(),
        name: format!("{hash}.xml"),
        raw: "1-0".into(),
        received_at: at(60_000),
        events,
        position: String::new(),
        note: Some(format!("note of {hash}")),
        earlier: Counts::default(),
    }
}

pub fn batch(told: &[Told]) -> Batch {
    Batch { told: told.to_vec() }
}
