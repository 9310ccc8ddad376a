//! What to do now, and what follows from an answer: pure functions of state, settings and time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::readings::Cursor;
use store::registry::subscription::{DeliveryState, SubscriptionState};

/// How long to wait after failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Delay after the first failure; it doubles with each further one.
    pub first: Duration,
    /// The longest delay, also where a subscriber asks for more.
    pub longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(15 * 60) }
    }
}

/// Where a message ends in its feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the feed of readings.
    Readings(Cursor),
    /// In the feed of determinants: the number of the message.
    Determinants(u64),
}

impl Place {
    /// The state of a subscriber that has come there, and to which nothing else is owed.
    fn reached(self, before: &DeliveryState) -> DeliveryState {
        match self {
            Self::Readings(cursor) => DeliveryState::starting_at(Some(cursor), before.determinants),
            Self::Determinants(number) => DeliveryState::starting_at(before.position, Some(number)),
        }
    }
}

/// What a subscriber answered to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has the message (any 2xx).
    Accepted,
    /// It wants no messages any more (410).
    Gone,
    /// It has not, or nobody knows: any other status, no connection, no answer in time.
    Failed {
        /// Why, for people.
        error: String,
        /// How long it asked to be left alone (`Retry-After`).
        retry_after: Option<Duration>,
    },
}

impl Answer {
    /// The answer that a status means.
    pub fn of_status(status: u16, retry_after: Option<Duration>) -> Self {
        match status {
            200..=299 => Self::Accepted,
            410 => Self::Gone,
            300..=399 => Self::Failed { error: format!("HTTP {status}; redirects are not followed"), retry_after },
            _ => Self::Failed { error: format!("HTTP {status}"), retry_after },
        }
    }
}

/// When the next message may be sent; `None`: now.
pub fn wait_until(state: &DeliveryState, now: Timestamp) -> Option<Timestamp> {
    state.next_attempt.filter(|next| now < *next)
}

/// The state after an answer to the message that ends at `to`, and whether the subscription changes with it.
///
/// `seed` is any number that differs between subscribers and attempts; it spreads retries over time.
pub fn after_answer(
    state: &DeliveryState,
    to: Place,
    answer: &Answer,
    retry: Retry,
    seed: u64,
    now: Timestamp,
) -> (DeliveryState, Option<SubscriptionState>) {
    match answer {
        Answer::Accepted => {
            let accepted = DeliveryState { delivered_at: Some(now), ..to.reached(state) };
            (accepted, None)
        }
        Answer::Gone => {
            let error = "HTTP 410: the subscriber wants no more messages";
            let gone = DeliveryState { last_error: Some(error.to_owned()), next_attempt: None, ..state.clone() };
            (gone, Some(SubscriptionState::Disabled))
        }
        Answer::Failed { error, retry_after } => {
            let attempts = state.attempts.saturating_add(1);
            let wait = retry_after.unwrap_or_default().max(backoff(attempts, retry, seed)).min(retry.longest);
            let failed = DeliveryState {
                attempts,
                next_attempt: Some(later(now, wait)),
                last_error: Some(error.clone()),
                ..state.clone()
            };
            (failed, None)
        }
    }
}

/// The doubled delay, of which the upper half is up to the seed.
fn backoff(attempts: u32, retry: Retry, seed: u64) -> Duration {
    let doubled = 2_u32.checked_pow(attempts.saturating_sub(1)).and_then(|factor| retry.first.checked_mul(factor));
    let delay = doubled.unwrap_or(retry.longest).min(retry.longest);
    let half = delay / 2;
    let parts = u32::try_from(seed % 1000).unwrap_or(0);
    half + half * parts / 1000
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURSOR: Cursor = Cursor { sequence: 9, seen: 4 };
    const TO: Place = Place::Readings(CURSOR);
    const RETRY: Retry = Retry { first: Duration::from_secs(10), longest: Duration::from_secs(60) };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a timestamp")
    }

    #[test]
    fn statuses_have_three_meanings() {
        for status in [200, 202, 204, 299] {
            assert_eq!(Answer::of_status(status, None), Answer::Accepted);
        }
        assert_eq!(Answer::of_status(410, None), Answer::Gone);
        for status in [100, 301, 307, 400, 401, 404, 413, 429, 500, 503] {
            assert!(matches!(Answer::of_status(status, None), Answer::Failed { .. }), "{status}");
        }
    }

    #[test]
    fn acceptance_moves_the_place_and_clears_the_failure() {
        let failed = DeliveryState {
            attempts: 3,
            next_attempt: Some(at(50)),
            last_error: Some("HTTP 503".into()),
            ..DeliveryState::starting_at(Some(Cursor { sequence: 9, seen: 0 }), Some(4))
        };
        let (state, change) = after_answer(&failed, TO, &Answer::Accepted, RETRY, 0, at(60));
        let expected =
            DeliveryState { delivered_at: Some(at(60)), ..DeliveryState::starting_at(Some(CURSOR), Some(4)) };
        assert_eq!((state, change), (expected, None));
    }

    // Hand-computed: 10, 20, 40, then the limit of 60; half of it certain, half by the seed in thousandths.
    #[test]
    fn failures_wait_longer_each_time() {
        let failed = Answer::Failed { error: "HTTP 503".into(), retry_after: None };
        let mut state = DeliveryState::starting_at(Some(Cursor::default()), None);
        for (seed, wait) in [(0, 5), (500, 15), (0, 20), (0, 30), (1000, 30), (0, 30)] {
            let (next, change) = after_answer(&state, TO, &failed, RETRY, seed, at(1000));
            assert_eq!((next.next_attempt, change), (Some(at(1000 + wait)), None), "attempt {}", next.attempts);
            assert_eq!(next.position, state.position);
            assert_eq!(wait_until(&next, at(1000)), Some(at(1000 + wait)));
            assert_eq!(wait_until(&next, at(1000 + wait)), None);
            state = next;
        }
        assert_eq!(state.attempts, 6);
        state.attempts = u32::MAX;
        assert_eq!(after_answer(&state, TO, &failed, RETRY, 0, at(0)).0.next_attempt, Some(at(30)));
    }

    #[test]
    fn a_subscriber_may_ask_for_a_pause_up_to_the_limit() {
        let asked =
            |seconds| Answer::Failed { error: "HTTP 429".into(), retry_after: Some(Duration::from_secs(seconds)) };
        let state = DeliveryState::default();
        for (seconds, wait) in [(1, 5), (40, 40), (3600, 60), (u64::MAX, 60)] {
            let (next, _) = after_answer(&state, TO, &asked(seconds), RETRY, 0, at(0));
            assert_eq!(next.next_attempt, Some(at(wait)), "asked for {seconds}");
        }
    }

    #[test]
    fn a_subscriber_that_is_gone_is_disabled_where_it_stopped() {
        let state = DeliveryState::starting_at(Some(Cursor { sequence: 9, seen: 0 }), Some(4));
        let (next, change) = after_answer(&state, TO, &Answer::Gone, RETRY, 0, at(0));
        assert_eq!((next.position, change), (state.position, Some(SubscriptionState::Disabled)));
        assert!(next.last_error.is_some_and(|error| error.contains("410")));
    }
}
