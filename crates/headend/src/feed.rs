//! Up to when everything of a head-end has come, how old that is, and whether too little comes. Pure.
//!
//! Whoever decides over a span of time asks for [`FeedStatus::watermark`] of each head-end: one whose watermark lies before the
//! end of the span is [`missing`] from the decision, and waiting or saying so is up to whoever decides (decision M-03).
//! A head-end from which nothing came for twice as long as is expected is stale (decision M-02), whether it answers or not.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::{ClockWatch, Correction, Knowledge, Offset, Past};
use crate::rhythm::Rhythm;

/// Seconds within which something comes of a head-end that is asked, where the settings do not say it.
const ASKED_SECONDS: u32 = 43_200;

/// What is expected of what a head-end sends, and of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Seconds within which something new comes; after twice as many it is stale. Without, half a day of who is asked, and
    /// what is learned of who sends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_seconds: Option<u32>,
    /// The share of the channels expected of it, in per cent, that must be without a gap up to when its intervals count as
    /// complete.
    pub complete_per_cent: u8,
    /// Milliseconds that its clock may be off for events.
    pub event_milliseconds_max: u32,
    /// Seconds that it may be off for intervals; beyond, they may lie at a wrong time (Ontario 2.4.3).
    pub interval_seconds_max: u32,
    /// Milliseconds by which its clock may go further off within a day.
    pub drift_milliseconds_max: u32,
    /// Stamps of events are corrected where the clock is off by so many seconds at the most; 0 corrects none.
    pub corrected_seconds_max: u32,
    /// Milliseconds that its fastest messages take at the most, where somebody knows: what tells a clock that is behind from a
    /// slow network where it never says what time it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fastest_milliseconds: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            expected_seconds: None,
            complete_per_cent: 98,
            event_milliseconds_max: 2000,
            interval_seconds_max: 90,
            drift_milliseconds_max: 1000,
            corrected_seconds_max: 300,
            fastest_milliseconds: None,
        }
    }
}

impl Settings {
    /// What cannot be, in words that name the setting.
    ///
    /// # Errors
    /// The name of the setting, what it is and what was expected.
    pub fn check(&self) -> Result<(), String> {
        if self.expected_seconds == Some(0) {
            return Err("feed.expected_seconds is 0: expected at least 1".into());
        }
        if !(1..=100).contains(&self.complete_per_cent) {
            return Err(format!("feed.complete_per_cent is {}: expected 1 to 100", self.complete_per_cent));
        }
        Ok(())
    }
}

/// What was seen of a feed; small, and kept over restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Feed {
    /// Its clock.
    pub clock: ClockWatch,
    rhythm: Rhythm,
    since: Option<Timestamp>,
    came_at: Option<Timestamp>,
    caught_up_at: Option<Timestamp>,
}

/// How a feed stands at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeedStatus {
    /// Who sends it.
    pub name: String,
    /// Whether it is asked for what it has; others send by themselves.
    pub is_asked: bool,
    /// Everything that happened before has come, as far as nineteen of twenty messages tell; `None` while it never had nothing more.
    pub watermark: Option<Timestamp>,
    /// Seconds since then.
    pub age_seconds: Option<i64>,
    /// Milliseconds that nineteen of twenty messages take, from what they tell of until they are here.
    pub delay_milliseconds: i64,
    /// When something came last.
    pub came_at: Option<Timestamp>,
    /// Seconds within which something is expected; `None` of who sends by itself while that is not known.
    pub expected_seconds: Option<u32>,
    /// Where that is known from.
    pub expected_by: Option<ExpectedBy>,
    /// Whether nothing came for twice as long.
    pub is_stale: bool,
    /// Since when it is.
    pub stale_since: Option<Timestamp>,
    /// How far its clock is ahead.
    pub clock: Offset,
    /// Why people are alarmed of its clock.
    pub clock_alarm: Option<String>,
    /// How stamps of its events are corrected.
    pub correction: Option<Correction>,
    /// What was thought of its clock within the last day.
    pub clock_past: Vec<Past>,
    /// The share of its channels, in per cent, up to when its intervals count as complete.
    pub complete_per_cent: u8,
}

/// Where it is known from how often something is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExpectedBy {
    /// The settings say it.
    Settings,
    /// It is what holds of who is asked where the settings say nothing.
    Default,
    /// It is what was usual of late.
    Learned,
}

/// Who is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Whether it is asked for what it has; others send by themselves, and have sent all when they have sent.
    pub is_asked: bool,
    /// What is expected of it.
    pub settings: &'a Settings,
    /// How stamps are corrected, in order.
    pub corrections: &'a [Correction],
}

impl Feed {
    /// Begins to expect something; `false` where it is expected already.
    pub fn begin(&mut self, now: Timestamp) -> bool {
        let is_new = self.since.is_none();
        self.since.get_or_insert(now);
        is_new
    }

    /// Something came.
    pub fn came(&mut self, at: Timestamp) {
        self.rhythm.came(self.came_at, at);
        self.came_at = self.came_at.max(Some(at));
    }

    /// It had nothing more: everything that it had until then is here.
    pub fn caught_up(&mut self, until: Timestamp) {
        self.caught_up_at = self.caught_up_at.max(Some(until));
    }

    /// How it stands.
    pub fn status(&self, of: &Watched<'_>, now: Timestamp) -> FeedStatus {
        let clock = self.clock.offset(of.settings, now);
        let ahead = clock.milliseconds.filter(|_| clock.knowledge == Knowledge::Known).unwrap_or(0);
        let delay_milliseconds = self.clock.delay_milliseconds(ahead);
        let (expected_seconds, expected_by) = self.expected(of).unzip();
        let patience = expected_seconds.map(|seconds| SignedDuration::from_secs(2 * i64::from(seconds)));
        let last = self.came_at.or(self.since);
        let due = last.zip(patience).and_then(|(last, patience)| last.checked_add(patience).ok());
        let stale_since = due.filter(|due| *due < now);
        // What it says that it has counts no more once it should have had something.
        let is_asked = of.is_asked && stale_since.is_none();
        let complete = if is_asked { self.caught_up_at } else { self.came_at };
        let watermark = complete.and_then(|at| at.checked_sub(SignedDuration::from_millis(delay_milliseconds)).ok());
        FeedStatus {
            name: of.name.to_owned(),
            is_asked: of.is_asked,
            watermark,
            age_seconds: watermark.map(|at| now.duration_since(at).as_secs()),
            delay_milliseconds,
            came_at: self.came_at,
            expected_seconds,
            expected_by,
            is_stale: stale_since.is_some(),
            stale_since,
            clock_alarm: self.clock.alarm(&clock, of.settings, now),
            clock,
            correction: of.corrections.last().copied(),
            clock_past: self.clock.past(now),
            complete_per_cent: of.settings.complete_per_cent,
        }
    }

    /// Seconds within which something is expected, and where that is known from.
    fn expected(&self, of: &Watched<'_>) -> Option<(u32, ExpectedBy)> {
        let set = of.settings.expected_seconds.map(|seconds| (seconds, ExpectedBy::Settings));
        set.or_else(|| match of.is_asked {
            true => Some((ASKED_SECONDS, ExpectedBy::Default)),
            false => Some((self.rhythm.usual_seconds()?, ExpectedBy::Learned)),
        })
    }
}

/// The head-ends that a decision over a span that ends at an instant lacks: who are asked and of whom not everything has come,
/// or who are stale.
pub fn missing(feeds: &[FeedStatus], end: Timestamp) -> Vec<&str> {
    let is_behind = |feed: &FeedStatus| feed.watermark.is_none_or(|watermark| watermark < end);
    let lacks = |feed: &&FeedStatus| feed.is_stale || feed.is_asked && is_behind(feed);
    feeds.iter().filter(lacks).map(|feed| feed.name.as_str()).collect()
}
