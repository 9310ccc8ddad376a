//! When a head-end is asked: often while it has something, seldom while it has not, never above its contract, and less
//! and less while it fails. Deliveries come first; requests to fetch something share the contract and wait until it has
//! nothing more, but not for ever. Pure: the caller has the clock.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest a failing head-end is left alone.
const FAILING_SECONDS_MAX: i64 = 300;
/// The longest wait that a head-end is granted: one that asks for more is asked again, and may ask again.
const GRANTED_MAX: SignedDuration = SignedDuration::from_hours(1);
/// Failures in a row that are counted: doubled so often, a second is more than the longest wait.
const FAILURES_MAX: u32 = 10;
/// After so many deliveries in a row a request may go in between.
const DELIVERIES_FIRST: u32 = 20;

/// How often a head-end may be asked (M-08).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contract {
    /// Seconds until it is asked again after it had nothing.
    pub every_seconds: u32,
    /// Requests of a minute at the most; 0 is without limit.
    pub requests_per_minute: u32,
}

impl Default for Contract {
    fn default() -> Self {
        Self { every_seconds: 30, requests_per_minute: 0 }
    }
}

/// How asking ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It gave something: there may be more.
    Delivered,
    /// It had nothing.
    Nothing,
    /// It asked to wait.
    Busy(Option<SignedDuration>),
    /// It failed, or what it gave could not be stored.
    Failed,
    /// Something was requested of it, and it said whether it will do it.
    Requested,
}

/// When one head-end is asked next.
#[derive(Clone, Debug)]
pub struct Pace {
    contract: Contract,
    next: Timestamp,
    /// When `next` was decided.
    since: Timestamp,
    /// When the last minute's worth of requests began: those of the minute before now, oldest first.
    asked: std::collections::VecDeque<Timestamp>,
    failures: u32,
    /// How asking ended last.
    last: Option<Outcome>,
    /// Deliveries since a request was made or nothing was left.
    deliveries: u32,
}

impl Pace {
    /// A head-end that may be asked from now on.
    pub fn new(contract: Contract, now: Timestamp) -> Self {
        let asked = std::collections::VecDeque::new();
        Self { contract, next: now, since: now, asked, failures: 0, last: None, deliveries: 0 }
    }

    /// When it is asked next.
    pub fn due(&self) -> Timestamp {
        self.free().map_or(self.next, |free| free.max(self.next))
    }

    /// How long until it is asked next. A clock that went back makes nobody wait for the time that was.
    pub fn wait(&self, now: Timestamp) -> SignedDuration {
        self.until(self.due(), now)
    }

    /// How long until something may be requested of it; `None` while its deliveries go first. Where it had none, a request
    /// may go before the next question for one, so that a narrow contract leaves room for both.
    pub fn wait_to_request(&self, now: Timestamp) -> Option<SignedDuration> {
        match self.last? {
            Outcome::Requested => None,
            Outcome::Delivered if self.deliveries < DELIVERIES_FIRST => None,
            Outcome::Busy(_) | Outcome::Failed => Some(self.wait(now)),
            _ => Some(self.free().map_or(SignedDuration::ZERO, |free| self.until(free, now))),
        }
    }

    /// When the contract allows another request, where it does not now.
    fn free(&self) -> Option<Timestamp> {
        let limit = self.contract.requests_per_minute as usize;
        let oldest = self.asked.front().filter(|_| 0 < limit && limit <= self.asked.len())?;
        oldest.checked_add(MINUTE).ok()
    }

    fn until(&self, due: Timestamp, now: Timestamp) -> SignedDuration {
        if now < self.since { SignedDuration::ZERO } else { now.duration_until(due).max(SignedDuration::ZERO) }
    }

    /// It is asked now.
    pub fn ask(&mut self, now: Timestamp) {
        // A clock that went back would otherwise keep requests of the future, and wait for them.
        self.asked.retain(|asked| *asked <= now && now < asked.checked_add(MINUTE).unwrap_or(Timestamp::MAX));
        if 0 < self.contract.requests_per_minute {
            self.asked.push_back(now);
        }
    }

    /// Asking ended.
    pub fn ended(&mut self, now: Timestamp, outcome: Outcome) {
        self.deliveries = if outcome == Outcome::Delivered { self.deliveries.saturating_add(1) } else { 0 };
        self.failures = if outcome == Outcome::Failed { (self.failures + 1).min(FAILURES_MAX) } else { 0 };
        let wait = match outcome {
            // What was requested may be there at once.
            Outcome::Delivered | Outcome::Requested => SignedDuration::ZERO,
            Outcome::Nothing | Outcome::Busy(None) => self.every(),
            Outcome::Busy(Some(wait)) => wait.clamp(SignedDuration::ZERO, GRANTED_MAX),
            Outcome::Failed => SignedDuration::from_secs((1_i64 << (self.failures - 1)).min(FAILING_SECONDS_MAX)),
        };
        (self.next, self.since) = (now.checked_add(wait).unwrap_or(now), now);
        self.last = Some(outcome);
    }

    /// Requests within the minute before it was asked last, this one among them; 0 where the contract has no limit.
    pub fn asked_in_minute(&self) -> usize {
        self.asked.len()
    }

    /// How often it failed in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    fn every(&self) -> SignedDuration {
        SignedDuration::from_secs(self.contract.every_seconds.max(1).into())
    }
}

const MINUTE: SignedDuration = SignedDuration::from_secs(60);

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_770_000_000 + second).expect("an instant")
    }

    fn outcome() -> impl Strategy<Value = Outcome> {
        prop_oneof![
            5 => Just(Outcome::Delivered),
            1 => Just(Outcome::Nothing),
            1 => (0_i64..100).prop_map(|wait| Outcome::Busy(Some(SignedDuration::from_secs(wait)))),
            1 => Just(Outcome::Busy(None)),
            1 => Just(Outcome::Failed),
            1 => Just(Outcome::Requested),
        ]
    }

    #[track_caller]
    fn check(case: &str, outcomes: &[Outcome], waits: &[i64]) {
        let mut pace = Pace::new(Contract { every_seconds: 30, requests_per_minute: 0 }, at(0));
        let found: Vec<i64> = outcomes
            .iter()
            .map(|outcome| {
                pace.ended(at(0), *outcome);
                (pace.due().as_second() - at(0).as_second()).max(0)
            })
            .collect();
        assert_eq!(found, waits, "{case}");
    }

    #[test]
    fn waits_follow_from_what_a_head_end_said() {
        use Outcome::{Busy, Delivered, Failed, Nothing};
        check("more may be there", &[Delivered, Nothing, Delivered], &[0, 30, 0]);
        check("as long as it asks", &[Busy(Some(SignedDuration::from_secs(7))), Busy(None)], &[7, 30]);
        check("doubled while it fails", &[Failed, Failed, Failed, Nothing, Failed], &[1, 2, 4, 30, 1]);
        check("not for ever", &[Busy(Some(SignedDuration::from_hours(9000)))], &[3600]);
        let often = [Failed; 12];
        check("as seldom as ever", &often, &[1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    }

    #[test]
    fn requests_wait_for_deliveries_and_share_the_contract() {
        let seconds = |pace: &Pace, second| pace.wait_to_request(at(second)).map(|wait| wait.as_secs());
        let mut pace = Pace::new(Contract { every_seconds: 30, requests_per_minute: 2 }, at(0));
        assert_eq!(seconds(&pace, 0), None, "nobody knows yet what it has");
        pace.ask(at(0));
        pace.ended(at(0), Outcome::Delivered);
        assert_eq!(seconds(&pace, 0), None, "there may be more");
        pace.ask(at(1));
        pace.ended(at(1), Outcome::Nothing);
        assert_eq!(seconds(&pace, 1), Some(59), "two of the minute are used up");
        pace.ask(at(60));
        pace.ended(at(60), Outcome::Requested);
        assert_eq!(pace.due(), at(61), "what it fetches may be there at once, and the contract has room from then on");
        assert_eq!(seconds(&pace, 61), None, "first is looked whether it is there");
        pace.ended(at(61), Outcome::Busy(Some(SignedDuration::from_secs(90))));
        assert_eq!(seconds(&pace, 61), Some(90), "it asked to be left alone");

        let mut pace = Pace::new(Contract::default(), at(0));
        (1..DELIVERIES_FIRST).for_each(|_| pace.ended(at(0), Outcome::Delivered));
        assert_eq!(seconds(&pace, 0), None);
        pace.ended(at(0), Outcome::Delivered);
        assert_eq!(seconds(&pace, 0), Some(0), "not for ever");
        pace.ended(at(0), Outcome::Requested);
        pace.ended(at(0), Outcome::Delivered);
        assert_eq!(seconds(&pace, 0), None, "and then deliveries again");
    }

    #[test]
    fn a_clock_that_goes_back_stops_nothing() {
        let mut pace = Pace::new(Contract { every_seconds: 30, requests_per_minute: 1 }, at(0));
        pace.ask(at(0));
        pace.ended(at(0), Outcome::Nothing);
        assert_eq!(pace.wait(at(10)), SignedDuration::from_secs(50), "the minute of the contract");
        assert_eq!(pace.wait(at(-3600)), SignedDuration::ZERO);
        pace.ask(at(-3600));
        pace.ended(at(-3600), Outcome::Nothing);
        assert_eq!(pace.wait(at(-3600)), SignedDuration::from_secs(60), "what was asked in the future is forgotten");
    }

    proptest! {
        #[test]
        fn no_minute_has_more_requests_than_the_contract(
            outcomes in vec(outcome(), 1..200), limit in 1_u32..20, every_seconds in 0_u32..90
        ) {
            let mut pace = Pace::new(Contract { every_seconds, requests_per_minute: limit }, at(0));
            let mut asked = Vec::new();
            let mut now = at(0);
            for outcome in outcomes {
                now = pace.due().max(now);
                pace.ask(now);
                asked.push(now.as_second());
                pace.ended(now, outcome);
            }
            for (place, first) in asked.iter().enumerate() {
                let within = asked[place..].iter().take_while(|second| **second < first + 60).count();
                prop_assert!(within <= limit as usize, "{within} from {first}");
            }
        }
    }
}
