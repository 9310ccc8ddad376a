//! The ledger of the storm, and what is found in the books after it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use simulator::storm::{Ledger, Profile};
use store::readings::NO_VALUE;

use crate::installation::Installation;
use crate::output::Failure;
use crate::progress::grouped;

/// Events that are read at a time.
const EVENTS_AT_ONCE: u32 = 5000;

/// What happened while it was sent.
#[derive(Debug, Default)]
pub struct Account(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    ledger: Ledger,
    sent: u64,
    acknowledged_ms: Vec<u32>,
    malformed: u64,
    readings: u64,
    refused: u64,
    interrupted: u64,
    behind: Duration,
    started_again: Vec<Duration>,
    memory_mib: Option<u64>,
    failure: Option<Failure>,
}

impl Account {
    fn note(&self, note: impl FnOnce(&mut Noted)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Events are sent, whatever becomes of them.
    pub fn sends(&self, count: u64) {
        self.note(|noted| noted.sent += count);
    }

    /// A message is acknowledged so long after it was sent.
    pub fn acknowledges(&self, after: Duration, readings: u64, answer: &Value) {
        let malformed = answer["malformed"].as_u64().unwrap_or_default();
        self.note(|noted| {
            noted.acknowledged_ms.push(u32::try_from(after.as_millis()).unwrap_or(u32::MAX));
            noted.malformed += malformed;
            noted.readings += readings;
        });
    }

    /// The server asked to wait.
    pub fn is_refused(&self) {
        self.note(|noted| noted.refused += 1);
    }

    /// No answer came.
    pub fn is_interrupted(&self) {
        self.note(|noted| noted.interrupted += 1);
    }

    /// So far is sending behind its time.
    pub fn is_behind(&self, behind: Duration) {
        self.note(|noted| noted.behind = noted.behind.max(behind));
    }

    /// The server was ready so long after it was killed.
    pub fn started_again(&self, after: Duration) {
        self.note(|noted| noted.started_again.push(after));
    }

    /// The server held so much memory.
    pub fn memory_mib(&self, memory: Option<u64>) {
        self.note(|noted| noted.memory_mib = noted.memory_mib.max(memory));
    }

    /// A message can never be taken.
    pub fn fails(&self, failure: Failure) {
        self.note(|noted| noted.failure = noted.failure.take().or(Some(failure)));
    }

    /// Why a message could never be taken.
    pub fn failure(&self) -> Option<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failure.take()
    }

    /// What was sent in all.
    pub fn ledger(&self, ledger: Ledger) {
        self.note(|noted| noted.ledger = ledger);
    }

    /// The account, held against what was found.
    pub fn told(self, found: &Found) -> Told {
        let mut noted = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        noted.acknowledged_ms.sort_unstable();
        let of = |share: usize| {
            let last = noted.acknowledged_ms.len().saturating_sub(1);
            noted.acknowledged_ms.get(last * share / 1000).copied().unwrap_or_default().into()
        };
        Told {
            events: noted.ledger.facts,
            sent: noted.sent,
            messages: noted.acknowledged_ms.len() as u64,
            acknowledged_ms_p50: of(500),
            acknowledged_ms_p99: of(990),
            acknowledged_ms_max: of(1000),
            refused: noted.refused,
            interrupted: noted.interrupted,
            behind_ms: u64::try_from(noted.behind.as_millis()).unwrap_or(u64::MAX),
            ready_again_ms: noted.started_again.iter().map(Duration::as_millis).max(),
            server_memory_mib: noted.memory_mib,
            found: found.events,
            lost: found.lost,
            doubled: found.doubled,
            foreign: found.foreign,
            malformed: noted.ledger.malformed,
            malformed_waiting: noted.malformed,
            readings: noted.readings,
            readings_found: found.readings,
        }
    }
}

/// What the books hold after the storm.
#[derive(Debug, Default)]
pub struct Found {
    events: u64,
    lost: u64,
    doubled: u64,
    foreign: u64,
    readings: u64,
}

impl Found {
    /// Opens the books of a folder, which nobody serves any more, and counts.
    pub fn of(folder: &Path, profile: &Profile) -> Result<Self, Failure> {
        let installation = Installation::open(folder)?;
        let mut found = Self::default();
        let mut times: HashMap<(String, String), u32> = HashMap::with_capacity(profile.events as usize);
        let mut after = 0;
        loop {
            let events = installation.runtime.block_on(installation.events.since(after, EVENTS_AT_ONCE));
            let events = events.map_err(|error| Failure::work("could not read the events", error))?;
            let Some(last) = events.last() else { break };
            after = last.sequence;
            found.events += events.len() as u64;
            for event in events {
                let (Some(code), Some(_)) = (event.event_type, event.occurred_at) else {
                    found.foreign += 1;
                    continue;
                };
                let device = event.device.map_or_else(String::new, |device| device.value.to_string());
                *times.entry((device, code.to_string())).or_default() += 1;
            }
        }
        for fact in profile.facts() {
            match times.remove(&(fact.device_name(), fact.code.to_owned())) {
                None => found.lost += 1,
                Some(1) => {}
                Some(_) => found.doubled += 1,
            }
        }
        found.foreign += times.len() as u64;
        for date in installation.books.readings.days() {
            let count = |values: &[i64]| values.iter().filter(|value| **value != NO_VALUE).count() as u64;
            let scanned = installation.books.readings.scan_day(date, |day| found.readings += count(day.values));
            scanned.map_err(|error| Failure::work("could not read the readings", error))?;
        }
        Ok(found)
    }
}

/// The account for people and programs.
#[derive(Debug, Serialize)]
pub struct Told {
    /// Different events.
    pub events: u64,
    /// Tellings of them, those told twice and the malformed ones included.
    pub sent: u64,
    /// Messages that were acknowledged.
    pub messages: u64,
    /// How long half of the acknowledgements took at the most.
    pub acknowledged_ms_p50: u64,
    /// How long all but one in a hundred took.
    pub acknowledged_ms_p99: u64,
    /// How long the longest took.
    pub acknowledged_ms_max: u64,
    /// Times that the server asked to wait, and said how long.
    pub refused: u64,
    /// Messages that were not answered and sent again.
    pub interrupted: u64,
    /// How far sending was behind its time.
    pub behind_ms: u64,
    /// How long after the kill the server was ready.
    pub ready_again_ms: Option<u128>,
    /// The most memory that the server held.
    pub server_memory_mib: Option<u64>,
    /// Events that were found.
    pub found: u64,
    /// Events that were not.
    pub lost: u64,
    /// Events that were found more than once.
    pub doubled: u64,
    /// Events that nobody sent.
    pub foreign: u64,
    /// Tellings that nobody can read.
    pub malformed: u64,
    /// Of those, the ones that were acknowledged as waiting in quarantine.
    pub malformed_waiting: u64,
    /// Readings that were acknowledged.
    pub readings: u64,
    /// Readings that were found.
    pub readings_found: u64,
}

impl Told {
    /// Whether nothing was lost, doubled or made up.
    pub fn is_whole(&self) -> bool {
        self.lost + self.doubled + self.foreign == 0
            && self.readings == self.readings_found
            && self.malformed == self.malformed_waiting
    }

    /// In words.
    pub fn text(&self) -> String {
        let n = grouped;
        let again =
            self.ready_again_ms.map(|ms| format!("killed once, ready again after {ms} ms; ")).unwrap_or_default();
        let memory = self.server_memory_mib.map(|mib| format!(", {mib} MiB at the most")).unwrap_or_default();
        [
            format!("{} events, told {} times in {} messages", n(self.events), n(self.sent), n(self.messages)),
            format!(
                "acknowledged within {} ms (half), {} ms (99 of 100), {} ms (all); {} ms behind at the most",
                self.acknowledged_ms_p50, self.acknowledged_ms_p99, self.acknowledged_ms_max, self.behind_ms
            ),
            format!("{again}{} interrupted, {} asked to wait{memory}", n(self.interrupted), n(self.refused)),
            format!(
                "found {} events: {} lost, {} doubled, {} that nobody sent",
                n(self.found),
                n(self.lost),
                n(self.doubled),
                n(self.foreign)
            ),
            format!("of {} malformed {} wait in quarantine", n(self.malformed), n(self.malformed_waiting)),
            format!("{} of {} readings found", n(self.readings_found), n(self.readings)),
        ]
        .join("\n")
    }
}
