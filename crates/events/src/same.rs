//! Which reports are the same event.
//!
//! Two reports of one subject and one meaning are linked where
//!
//! - they happened at most a window apart, which depends on the type (two seconds where nothing is said), or
//! - one source gave both the same identity of its own, and they happened at most a month apart: numbers begin anew.
//!
//! Reports that are linked, directly or through others, are one event: of 0 s, 1.5 s and 3 s all three are, although the
//! first and the last alone would be two. This way what is one event follows from the reports alone: the order in which they
//! arrive, what arrives twice and how messages are cut change nothing. Taking a report away could split an event, so
//! none ever is; a late one can only join two events that were thought different.
//!
//! An event has the time and words of its earliest report ([`Report::leads`]).

use std::collections::{BTreeMap, HashMap};

use jiff::SignedDuration;
use model::event::EndDeviceEventType;
use model::event::report::{Meaning, Report, Subject};
use smol_str::SmolStr;

/// How far apart reports of one event may have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Of types that are not named.
    pub default: SignedDuration,
    /// Of single types.
    pub of_type: BTreeMap<EndDeviceEventType, SignedDuration>,
}

/// The longest window; longer ones would make two outages of one evening one.
pub const WINDOW_MAX: SignedDuration = SignedDuration::from_mins(5);

/// How far apart an identity that a source gives twice still means one event; small counters begin anew.
pub const IDENTITY_HOLDS: SignedDuration = SignedDuration::from_hours(31 * 24);

impl Default for Windows {
    fn default() -> Self {
        Self { default: SignedDuration::from_secs(2), of_type: BTreeMap::new() }
    }
}

impl Windows {
    /// The window of reports with a meaning, at most [`WINDOW_MAX`].
    pub fn of(&self, meaning: &Meaning) -> SignedDuration {
        let known = meaning.event_type().and_then(|event_type| self.of_type.get(&event_type));
        known.copied().unwrap_or(self.default).min(WINDOW_MAX)
    }
}

/// For each report the place of the first one that is the same event; its own place where there is none before it.
pub fn groups(reports: &[Report], windows: &Windows) -> Vec<usize> {
    let mut joined = Joined::new(reports.len());
    link_by_time(reports, windows, &mut joined);
    link_by_source_id(reports, &mut joined);
    (0..reports.len()).map(|place| joined.first(place)).collect()
}

/// Neighbours in time are enough: what is further apart is linked through what lies between, or not at all.
fn link_by_time(reports: &[Report], windows: &Windows, joined: &mut Joined) {
    let mut places: Vec<usize> = (0..reports.len()).filter(|place| reports[*place].occurred_at.is_some()).collect();
    places.sort_unstable_by_key(|place| {
        let report = &reports[*place];
        (&report.subject, &report.meaning, report.occurred_at)
    });
    for pair in places.windows(2) {
        let (earlier, later) = (&reports[pair[0]], &reports[pair[1]]);
        let are_alike = earlier.subject == later.subject && earlier.meaning == later.meaning;
        let (Some(from), Some(to)) = (earlier.occurred_at, later.occurred_at) else { continue };
        if are_alike && to.duration_since(from) <= windows.of(&later.meaning) {
            joined.join(pair[0], pair[1]);
        }
    }
}

/// Reports without a time are linked with one another only.
fn link_by_source_id(reports: &[Report], joined: &mut Joined) {
    let mut alike: HashMap<(&SmolStr, &SmolStr, &Subject, &Meaning), Vec<usize>> = HashMap::new();
    for (place, report) in reports.iter().enumerate().filter(|(_, report)| !report.source_id.is_empty()) {
        let key = (&report.source, &report.source_id, &report.subject, &report.meaning);
        alike.entry(key).or_default().push(place);
    }
    for mut places in alike.into_values() {
        places.sort_unstable_by_key(|place| reports[*place].occurred_at);
        for pair in places.windows(2) {
            let is_one = match (reports[pair[0]].occurred_at, reports[pair[1]].occurred_at) {
                (Some(from), Some(to)) => to.duration_since(from) <= IDENTITY_HOLDS,
                (earlier, later) => earlier == later,
            };
            if is_one {
                joined.join(pair[0], pair[1]);
            }
        }
    }
}

/// Which places belong together; the lowest of them stands for all.
struct Joined(Vec<usize>);

impl Joined {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn first(&mut self, mut place: usize) -> usize {
        while self.0[place] != place {
            self.0[place] = self.0[self.0[place]];
            place = self.0[place];
        }
        place
    }

    fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.first(left), self.first(right));
        self.0[left.max(right)] = left.min(right);
    }
}
