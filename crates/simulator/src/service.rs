//! A head-end as a web service: what it has, in order, by cursor, and never more often than it allows. Pure.
//!
//! It answers `GET /deliveries?after=N` as `headend::rest` expects: the delivery after the one of that number, or that there
//! is none yet, or how long to wait. Of `POST /requests` it tells those that it had before.

use std::collections::{HashSet, VecDeque};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// How many days a head-end keeps what it has, the last one included (Ontario 2.8.1).
const KEPT_DAYS: i64 = 60;

/// Whether a head-end still has a file of a name that begins with its date, once a day is over.
pub fn is_kept(name: &str, last: Date) -> bool {
    let date = name.get(..10).and_then(|date| date.parse::<Date>().ok());
    date.is_none_or(|date| last.saturating_sub(KEPT_DAYS.days()) < date)
}

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200: the delivery of this place, from 0, with the position that follows it.
    Delivery(usize),
    /// 204: none yet.
    Nothing,
    /// 429: asked too often; seconds to wait.
    Wait(u32),
    /// 400: the position is none that was ever given.
    Unknown,
}

/// How a request to fetch something is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// 202: it is done now.
    New,
    /// 202: it was done before, and is not again.
    Before,
    /// 429: asked too often; seconds to wait.
    Wait(u32),
}

/// A web service and what it allows.
#[derive(Clone, Debug)]
pub struct Service {
    deliveries: usize,
    requests_per_minute: u32,
    asked: VecDeque<Timestamp>,
    requests: HashSet<String>,
}

impl Service {
    /// A service that has so many deliveries and allows so many requests a minute; 0 allows any.
    pub fn new(deliveries: usize, requests_per_minute: u32) -> Self {
        Self { deliveries, requests_per_minute, asked: VecDeque::new(), requests: HashSet::new() }
    }

    /// It has one more delivery, after those before.
    pub fn add(&mut self) {
        self.deliveries += 1;
    }

    /// The answer to a request to fetch something, by its id.
    pub fn request(&mut self, id: &str, now: Timestamp) -> Accepted {
        match self.wait(now) {
            Some(seconds) => Accepted::Wait(seconds),
            None if self.requests.insert(id.to_owned()) => Accepted::New,
            None => Accepted::Before,
        }
    }

    /// Counts what is asked at an instant; the seconds to wait where that is too often.
    fn wait(&mut self, now: Timestamp) -> Option<u32> {
        self.asked.retain(|asked| now < *asked + MINUTE);
        if 0 < self.requests_per_minute && self.requests_per_minute as usize <= self.asked.len() {
            let free = self.asked.front().map_or(now, |oldest| *oldest + MINUTE);
            let seconds = now.duration_until(free).as_secs() + 1;
            return Some(u32::try_from(seconds).unwrap_or(1));
        }
        self.asked.push_back(now);
        None
    }

    /// The answer to a question with this position at an instant.
    pub fn answer(&mut self, after: Option<&str>, now: Timestamp) -> Answer {
        if let Some(seconds) = self.wait(now) {
            return Answer::Wait(seconds);
        }
        match after.map_or(Ok(0), str::parse::<usize>) {
            Ok(place) if place < self.deliveries => Answer::Delivery(place),
            Ok(place) if place == self.deliveries => Answer::Nothing,
            _ => Answer::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: ONT-2.8.1
    #[test]
    fn sixty_days_are_kept_and_no_more() {
        let last = jiff::civil::date(2026, 3, 1);
        // March 1 and 28 days of February are 29; January 1 to 31 are 31 more.
        assert!(is_kept("2026-03-01.csv", last) && is_kept("2026-01-01.readings.2.xml", last));
        assert!(!is_kept("2025-12-31.csv", last), "the 61st day");
    }

    #[test]
    fn deliveries_come_in_order_and_not_too_often() {
        let mut service = Service::new(2, 3);
        let at = |second| Timestamp::from_second(second).expect("an instant");
        assert_eq!(service.answer(None, at(0)), Answer::Delivery(0));
        assert_eq!(service.answer(Some("1"), at(1)), Answer::Delivery(1));
        assert_eq!(service.answer(Some("2"), at(2)), Answer::Nothing);
        assert_eq!(service.answer(Some("2"), at(20)), Answer::Wait(41), "three of the minute are used up");
        assert_eq!(service.answer(Some("2"), at(61)), Answer::Nothing, "the first is a minute ago");
        for position in ["3", "-1", "", "x"] {
            assert_eq!(Service::new(2, 0).answer(Some(position), at(0)), Answer::Unknown, "{position}");
        }
    }

    #[test]
    fn a_request_is_done_once_and_counts() {
        let mut service = Service::new(0, 3);
        let at = |second| Timestamp::from_second(second).expect("an instant");
        assert_eq!(service.request("r-1", at(0)), Accepted::New);
        assert_eq!(service.request("r-1", at(1)), Accepted::Before);
        service.add();
        assert_eq!(service.answer(None, at(2)), Answer::Delivery(0));
        assert_eq!(service.request("r-2", at(3)), Accepted::Wait(58));
        assert_eq!(service.request("r-2", at(60)), Accepted::New, "one that had to wait was not done");
    }
}
