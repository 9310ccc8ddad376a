//! An event storm: what head-ends tell when much of a utility goes dark at once, and what must be found afterwards.
//!
//! Pure: a second of the storm after the other, from a seed. No two facts of a storm share device and code, so a receiver
//! that merges two of them is wrong whatever its window is.
//!
//! - [`Profile`]: how large, how fast and how dirty; [`Profile::s750`] is a storm over 750,000 endpoints.
//! - [`Storm`]: the tellings, second by second, in batches that say themselves as JSON.
//! - [`Profile::facts`]: what must be found, each once; [`Ledger`]: what was sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};

use crate::chance::{Purpose, between, chance, falls};
use crate::collection::meter_name;
use crate::premises::HeadEnd;

/// What is told of a device, each code once: power lost, voltage too low, power restored, clock synchronised.
pub const CODES: [&str; 4] = ["3.26.0.85", "3.26.38.150", "3.26.0.216", "3.36.116.24"];
/// A telling that comes twice comes again within so many seconds.
const AGAIN_SECONDS: i64 = 10;

/// How large a storm is, how fast and how dirty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// When it begins.
    pub begins: Timestamp,
    /// How many devices there are, numbered from 0 as the meters of a utility; each is told of by one head-end.
    pub endpoints: u32,
    /// How many different events there are: at most one of each of [`CODES`] for a device.
    pub events: u32,
    /// How long it lasts.
    pub seconds: u32,
    /// When it is at its worst; the other events are spread evenly over the rest.
    pub peak: Peak,
    /// How many events of a hundred are told twice; every third of these by another head-end under a number of its own.
    pub twice_percent: u16,
    /// How many events of a hundred are told late and so out of order.
    pub disordered_percent: u16,
    /// How late at most, in seconds.
    pub disordered_seconds: u32,
    /// How many devices of a thousand have a wrong clock.
    pub wrong_clock_per_mille: u16,
    /// How wrong at most, in seconds, ahead or behind.
    pub wrong_clock_seconds: u32,
    /// To a thousand events so many tellings are added that no reader can use.
    pub malformed_per_mille: u16,
    /// The tellings of a batch, at most.
    pub batch_max: usize,
}

/// The worst of a storm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peak {
    /// The second of the storm in which it begins.
    pub from: u32,
    /// How long it lasts.
    pub seconds: u32,
    /// Different events in each of its seconds.
    pub per_second: u32,
}

/// Why there is no such storm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// More events than pairs of device and code.
    #[error("events: {events}, expected at most {most}: one of each of {} codes for an endpoint", CODES.len())]
    Events {
        /// What was asked for.
        events: u32,
        /// What there can be.
        most: u64,
    },
    /// The peak holds more than there is, or lies outside.
    #[error("peak: {0} events in seconds {1} to {2}, expected no more than there are and within the storm")]
    Peak(u64, u64, u64),
    /// Nothing fits into a batch.
    #[error("batch_max: 0, expected at least 1")]
    Batch,
}

impl Profile {
    /// The storm S750: 750,000 endpoints, 3.0 million different events in ten minutes, 25,000 a second held for a minute.
    pub fn s750(seed: u64, begins: Timestamp) -> Self {
        Self::of(750_000, seed, begins)
    }

    /// The same storm over so many endpoints: as long, and with its numbers in proportion.
    pub fn of(endpoints: u32, seed: u64, begins: Timestamp) -> Self {
        Self {
            seed,
            begins,
            endpoints,
            events: endpoints.saturating_mul(4),
            seconds: 600,
            peak: Peak { from: 60, seconds: 60, per_second: endpoints / 30 },
            twice_percent: 30,
            disordered_percent: 10,
            disordered_seconds: 900,
            wrong_clock_per_mille: 10,
            wrong_clock_seconds: 7200,
            malformed_per_mille: 1,
            batch_max: 500,
        }
    }

    /// How many different events are told in a second for the first time.
    pub fn rate(&self, second: u32) -> u32 {
        self.before(second + 1) - self.before(second)
    }

    /// How many different events are told before a second.
    fn before(&self, second: u32) -> u32 {
        let Peak { from, seconds, per_second } = self.peak;
        let second = second.min(self.seconds);
        let in_peak = second.saturating_sub(from).min(seconds);
        let (all, calm) = (u64::from(self.events), u64::from(self.seconds - seconds));
        let outside = all - u64::from(seconds) * u64::from(per_second);
        let spread = (outside * u64::from(second - in_peak)).checked_div(calm).unwrap_or(0);
        u32::try_from(spread).unwrap_or(u32::MAX) + in_peak * per_second
    }

    /// Everything that must be found after the storm, each once, in the order of the first telling.
    pub fn facts(&self) -> impl Iterator<Item = Fact> + '_ {
        (0..self.seconds).flat_map(move |second| {
            (self.before(second)..self.before(second + 1)).map(move |number| self.fact(number, second))
        })
    }

    /// The event of this number, which is told in this second for the first time.
    fn fact(&self, number: u32, second: u32) -> Fact {
        // Every code goes once over all devices, in an order in which neighbours do not follow each other.
        let place = u64::from(number % self.endpoints) * u64::from(stride(self.endpoints));
        let device = u32::try_from(place % u64::from(self.endpoints)).unwrap_or(0);
        let late = match self.falls(number, Purpose::StormDisorder, u64::from(self.disordered_percent) * 10) {
            true => self.between(number, Purpose::StormDelay, (1, i64::from(self.disordered_seconds) + 1)),
            false => 0,
        };
        let happened = self.begins + SignedDuration::from_secs(i64::from(second) - late);
        let wrong = i64::from(self.wrong_clock_seconds);
        let is_wrong = falls(self.seed, device.into(), 0, Purpose::StormClock, self.wrong_clock_per_mille.into());
        let error = match between(self.seed, device.into(), 1, Purpose::StormClock, (-wrong, wrong)) {
            _ if !is_wrong => 0,
            // Never right by accident.
            behind if behind < 0 => behind,
            ahead => ahead + 1,
        };
        let code = CODES[(number / self.endpoints) as usize % CODES.len()];
        Fact { number, device, code, happened, told: happened + SignedDuration::from_secs(error) }
    }

    fn falls(&self, number: u32, purpose: Purpose, per_mille: u64) -> bool {
        falls(self.seed, number.into(), 0, purpose, per_mille)
    }

    fn between(&self, number: u32, purpose: Purpose, range: (i64, i64)) -> i64 {
        between(self.seed, number.into(), 0, purpose, range)
    }

    fn checked(&self) -> Result<(), ProfileError> {
        let most = u64::from(self.endpoints) * CODES.len() as u64;
        let Peak { from, seconds, per_second } = self.peak;
        let (in_peak, end) = (u64::from(seconds) * u64::from(per_second), u64::from(from) + u64::from(seconds));
        match () {
            () if most < self.events.into() => Err(ProfileError::Events { events: self.events, most }),
            () if u64::from(self.events) < in_peak || u64::from(self.seconds) < end => {
                Err(ProfileError::Peak(in_peak, from.into(), end))
            }
            () if self.batch_max == 0 => Err(ProfileError::Batch),
            () => Ok(()),
        }
    }
}

/// A number that has no divisor in common with a count, so that its multiples reach each place once.
fn stride(count: u32) -> u32 {
    let common = |mut a: u32, mut b: u32| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    (7919..).find(|stride| common(*stride, count.max(1)) == 1).unwrap_or(1)
}

/// What truly happened, and must be found once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// From 0, in the order of the first telling.
    pub number: u32,
    /// The device by number; see [`Fact::device_name`].
    pub device: u32,
    /// One of [`CODES`].
    pub code: &'static str,
    /// When it happened.
    pub happened: Timestamp,
    /// When it happened by the clock of the device.
    pub told: Timestamp,
}

impl Fact {
    /// The device, as head-ends name it.
    pub fn device_name(&self) -> String {
        meter_name(self.device).value.to_string()
    }
}

/// One event as one head-end tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telling {
    /// Who tells it.
    pub head_end: HeadEnd,
    /// Its number among all that this head-end numbered, from 1; told again, it keeps its number.
    pub sequence: u64,
    /// What it tells; with a flaw, nobody can know.
    pub fact: Fact,
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
}

/// Why a telling cannot be used; its number can be read all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It names no device.
    NoDevice,
    /// Its time is no time.
    Time,
    /// It has no code.
    NoCode,
}

/// Tellings that a head-end sends together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Who sends it.
    pub head_end: HeadEnd,
    /// In order of sending.
    pub tellings: Vec<Telling>,
}

impl Batch {
    /// The document of format `events_json`: `{"headEnd":..,"events":[{"id","device","code","time","sequence"}]}`.
    pub fn json(&self) -> String {
        let mut text = String::with_capacity(64 + 120 * self.tellings.len());
        let name = self.head_end.name();
        let mut written = write!(text, "{{\"headEnd\":\"{name}\",\"events\":[");
        for (at, telling) in self.tellings.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            written = written.and_then(|()| write!(text, "{comma}{{\"id\":\"{name}-{}\"", telling.sequence));
            written = written.and_then(|()| telling.members(&mut text));
        }
        written.expect("a text grows");
        text + "]}"
    }
}

impl Telling {
    /// The members after its id, and the brace that closes it.
    fn members(&self, text: &mut String) -> std::fmt::Result {
        if self.flaw != Some(Flaw::NoDevice) {
            write!(text, ",\"device\":\"{}\"", self.fact.device_name())?;
        }
        if self.flaw != Some(Flaw::NoCode) {
            write!(text, ",\"code\":\"{}\"", self.fact.code)?;
        }
        match self.flaw {
            Some(Flaw::Time) => write!(text, ",\"time\":\"yesterday at noon\"")?,
            _ => write!(text, ",\"time\":\"{}\"", self.fact.told)?,
        }
        write!(text, ",\"sequence\":{}}}", self.sequence)
    }
}

/// What was sent so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Different events.
    pub facts: u64,
    /// Tellings of them, the repeated ones included.
    pub told: u64,
    /// Tellings that nobody can use.
    pub malformed: u64,
    /// By head-end, how far its numbers go; each from 1 on was sent at least once.
    pub numbered: BTreeMap<HeadEnd, u64>,
    /// The numbers of those that nobody can use.
    pub unusable: BTreeSet<(HeadEnd, u64)>,
}

/// A storm that goes on second by second.
#[derive(Clone, Debug)]
pub struct Storm {
    profile: Profile,
    second: u32,
    /// Tellings that come again, by the second in which they do.
    again: BTreeMap<u32, Vec<Telling>>,
    ledger: Ledger,
}

impl Storm {
    /// A storm before its first second.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn new(profile: Profile) -> Result<Self, ProfileError> {
        profile.checked()?;
        Ok(Self { profile, second: 0, again: BTreeMap::new(), ledger: Ledger::default() })
    }

    /// What was sent so far.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// A telling of a fact under the next number of a head-end.
    fn numbered(&mut self, head_end: HeadEnd, fact: Fact, flaw: Option<Flaw>) -> Telling {
        let sequence = self.ledger.numbered.entry(head_end).or_default();
        *sequence += 1;
        Telling { head_end, sequence: *sequence, fact, flaw }
    }

    /// Everything that is first told in the second; what comes again is kept for its own second.
    fn told_first(&mut self) -> Vec<Telling> {
        let (profile, second) = (self.profile, self.second);
        let mut tellings = Vec::new();
        for number in profile.before(second)..profile.before(second + 1) {
            let fact = profile.fact(number, second);
            let own = HeadEnd::ALL[fact.device as usize % HeadEnd::ALL.len()];
            let telling = self.numbered(own, fact, None);
            tellings.push(telling);
            self.ledger.facts += 1;
            if profile.falls(number, Purpose::StormTwice, u64::from(profile.twice_percent) * 10) {
                let again = match chance(profile.seed, number.into(), 1, Purpose::StormTwice) % 3 {
                    0 => {
                        let other = HeadEnd::ALL[(fact.device as usize + 1) % HeadEnd::ALL.len()];
                        self.numbered(other, fact, None)
                    }
                    _ => telling,
                };
                let later = profile.between(number, Purpose::StormAgain, (0, AGAIN_SECONDS + 1));
                let at = (second + u32::try_from(later).unwrap_or(0)).min(profile.seconds - 1);
                self.again.entry(at).or_default().push(again);
            }
            if profile.falls(number, Purpose::StormFlaw, profile.malformed_per_mille.into()) {
                let flaws = [Flaw::NoDevice, Flaw::Time, Flaw::NoCode];
                let flaw = flaws[(chance(profile.seed, number.into(), 1, Purpose::StormFlaw) % 3) as usize];
                let telling = self.numbered(own, fact, Some(flaw));
                self.ledger.unusable.insert((own, telling.sequence));
                tellings.push(telling);
            }
        }
        tellings
    }
}

impl Iterator for Storm {
    /// The batches of a second.
    type Item = Vec<Batch>;

    fn next(&mut self) -> Option<Vec<Batch>> {
        if self.second == self.profile.seconds {
            return None;
        }
        let mut tellings = self.told_first();
        tellings.extend(self.again.remove(&self.second).unwrap_or_default());
        self.second += 1;
        let malformed = tellings.iter().filter(|telling| telling.flaw.is_some()).count() as u64;
        self.ledger.malformed += malformed;
        self.ledger.told += tellings.len() as u64 - malformed;
        let mut batches = Vec::new();
        for head_end in HeadEnd::ALL {
            let own: Vec<_> = tellings.iter().filter(|telling| telling.head_end == head_end).copied().collect();
            let chunks = own.chunks(self.profile.batch_max);
            batches.extend(chunks.map(|chunk| Batch { head_end, tellings: chunk.to_vec() }));
        }
        Some(batches)
    }
}
