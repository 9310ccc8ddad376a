//! Numbers by which the like of a report are found.
//!
//! They only narrow the search: what they find is compared in full. Each begins with what grows with time, so that reports
//! of one storm lie on few pages of an index.

use model::event::report::{Meaning, Report, Subject};

/// Length of a slot in microseconds. Shorter ones make long windows slow, longer ones spread a storm over more pages.
const SLOT_MICROSECONDS: i64 = 4_000_000;
/// Sequence numbers below are found in their own order.
const NUMBERS_MAX: u64 = 1 << 40;

/// The slot of an instant in microseconds.
pub(super) fn slot(microseconds: i64) -> i64 {
    microseconds.div_euclid(SLOT_MICROSECONDS)
}

/// A number of whom and what a report is of.
pub(super) fn alike(report: &Report) -> i64 {
    let (kind, of, authority) = subject_texts(&report.subject);
    let (event_type, source, told) = match &report.meaning {
        Meaning::Known(event_type) => (event_type.to_string(), "", ""),
        Meaning::Unmapped { source, told } => (String::new(), source.as_str(), told.as_str()),
    };
    number_of(&[kind, &of, authority, &event_type, source, told])
}

/// A number of a device, for lists of its events; an unknown one has that of its name, whoever gives it.
pub(super) fn device(subject: &Subject) -> i64 {
    let (kind, of, _) = subject_texts(subject);
    number_of(&[kind, &of])
}

/// A number of a source and its identity of a report; `None` where it has none.
pub(super) fn source_key(report: &Report) -> Option<i64> {
    if report.source_id.is_empty() {
        return None;
    }
    let numbered = report.source_id.parse::<u64>().ok().filter(|number| *number < NUMBERS_MAX);
    Some(match numbered.and_then(|number| i64::try_from(number).ok()) {
        Some(number) => ((number_of(&[&report.source]) & 0x3f_ffff) << 40) | number,
        None => number_of(&[&report.source, &report.source_id]),
    })
}

fn subject_texts(subject: &Subject) -> (&'static str, String, &str) {
    match subject {
        Subject::Meter(meter) => ("meter", meter.to_string(), ""),
        Subject::UsagePoint(point) => ("point", point.to_string(), ""),
        Subject::Unknown { authority, name } => ("unknown", name.to_string(), authority),
    }
}

fn number_of(parts: &[&str]) -> i64 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    i64::from_le_bytes(bytes)
}
