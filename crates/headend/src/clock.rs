//! How far the clock of a head-end is ahead of ours, out of what it says and sends. Pure.
//!
//! There is evidence of two kinds:
//!
//! - **What it states.** An answer that tells the time (`Date` of HTTP) was written between question and answer, so the offset
//!   lies in a span as long as the answer took and as the statement is coarse. Spans of many answers have a part in common; the
//!   part that most of them share is what is known (K. Marzullo's intersection, as in RFC 5905, 11.2.1). A slow answer makes its
//!   own span wide and no other.
//! - **What its messages are stamped with.** Nothing is stamped after it came, so stamps show how far a clock is ahead *at
//!   least*. One that is behind looks like a network that is slow; only who knows how fast the fastest message is
//!   ([`Settings::fastest_milliseconds`]) can tell them apart.
//!
//! Only stamps of events are ever corrected, and only by a [`Correction`]: it holds for stamps after all that the clock showed
//! until it was made, so that the same stamp is corrected alike whenever it comes, and how often.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::feed::Settings;

/// Answers that are kept, and how many are needed; three of four have to agree.
const STATED_KEPT: usize = 16;
const STATED_MIN: usize = 5;
/// Messages that are kept, and how many are needed.
const STAMPED_KEPT: usize = 64;
const STAMPED_MIN: usize = 8;
/// What is older says nothing of a clock any more.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// One estimate of so long is kept for the picture of a day.
const PAST_EVERY_SECONDS: i64 = 1800;
const PAST_KEPT: usize = 48;
/// How much more stamps may be ahead than the clock, as it states, in milliseconds.
const BESIDE_MAX: i64 = 1000;
/// A clock is corrected where its offset is known to so many milliseconds, and corrected otherwise only where a stamp could be
/// more than a second from the truth by the correction that there is (decision M-03).
const KNOWN_TO: i64 = 600;
const ALIGNED_TO: i64 = 1000;
/// How far ahead of its head-end the clock of a device may be when a correction is made.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// What was observed of a clock lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ClockWatch {
    stated: VecDeque<Span>,
    stamped: VecDeque<Stamped>,
    past: VecDeque<Past>,
}

/// Where the offset lies by one answer, in milliseconds, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
struct Span {
    at: Timestamp,
    low: i64,
    high: i64,
}

/// What the stamps of a message say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Stamped {
    /// When it came.
    pub at: Timestamp,
    /// How far its newest stamp is after that, in milliseconds; below 0 as a rule.
    pub ahead_milliseconds: i64,
    /// How long before that nineteen of twenty events happened at the most, in milliseconds; `None` without events.
    pub lag_milliseconds: Option<i64>,
}

impl Stamped {
    /// What a message says that came at an instant: when it was written, as far as it says, and the stamps of its events.
    pub fn of(at: Timestamp, written: Option<Timestamp>, events: &[Timestamp]) -> Option<Self> {
        let mut ahead: Vec<i64> = events.iter().map(|stamp| stamp.as_millisecond() - at.as_millisecond()).collect();
        ahead.sort_unstable();
        // Single devices with clocks of their own: one in fifty is left out at the upper end, one in twenty at the lower.
        let newest = ahead.len().checked_sub(1 + ahead.len() / 50).map(|place| ahead[place]);
        let written = written.map(|written| written.as_millisecond() - at.as_millisecond());
        Some(Self {
            at,
            ahead_milliseconds: written.or(newest)?,
            lag_milliseconds: ahead.get(ahead.len() / 20).map(|oldest| -oldest),
        })
    }
}

/// What was thought of a clock at an instant of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Past {
    /// When.
    pub at: Timestamp,
    /// How far it was ahead, in milliseconds.
    pub milliseconds: i64,
    /// How far the truth may have been from that; `None` where there was no bound.
    #[serde(default)]
    pub within_milliseconds: Option<i64>,
}

/// How much is known of an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    /// Too little was observed, or nothing that could tell a clock that is behind from a slow network.
    Unknown,
    /// The clock is so far ahead, within a bound.
    Known,
    /// It is so far ahead at least.
    AtLeast,
    /// What it states does not agree with itself: it was set, or jumps.
    Unsettled,
    /// Messages are stamped from the future, by the very clock that it states.
    Contradicted,
}

/// How far a clock is ahead of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Offset {
    /// How much is known.
    pub knowledge: Knowledge,
    /// Milliseconds that it is ahead; below 0 it is behind. The middle of what can be.
    pub milliseconds: Option<i64>,
    /// How far the truth may be from that; `None` where there is no bound.
    pub within_milliseconds: Option<i64>,
    /// Answers or messages that it is known from.
    pub observations: usize,
}

impl Offset {
    const UNKNOWN: Self =
        Self { knowledge: Knowledge::Unknown, milliseconds: None, within_milliseconds: None, observations: 0 };

    fn between(knowledge: Knowledge, (low, high): (i64, i64), observations: usize) -> Self {
        let (milliseconds, within_milliseconds) = (Some((low + high) / 2), Some((high - low + 1) / 2));
        Self { knowledge, milliseconds, within_milliseconds, observations }
    }

    /// How far it is off at the least, in milliseconds.
    fn at_least(&self) -> i64 {
        (self.milliseconds.unwrap_or(0).abs() - self.within_milliseconds.unwrap_or(0)).max(0)
    }

    /// Why people are alarmed of the clock; `None` where they need not be.
    pub fn alarm(&self, settings: &Settings) -> Option<String> {
        let off = self.milliseconds.unwrap_or(0);
        let way = way(off);
        match self.knowledge {
            Knowledge::Unknown => None,
            Knowledge::Unsettled if self.observations < STATED_KEPT => None,
            Knowledge::Unsettled => {
                Some("its clock was set or jumps: what it says of the time does not agree".to_owned())
            }
            Knowledge::Contradicted => {
                Some("its messages are stamped later than the time that it says it is".to_owned())
            }
            Knowledge::Known | Knowledge::AtLeast => {
                let [events, intervals] =
                    [i64::from(settings.event_milliseconds_max), i64::from(settings.interval_seconds_max) * 1000];
                let is_off = |limit: i64| limit < self.at_least();
                let what = match () {
                    () if is_off(intervals) => format!("intervals are told to {}", seconds(intervals)),
                    () if is_off(events) => format!("events are told to {}", seconds(events)),
                    () => return None,
                };
                let least = if self.knowledge == Knowledge::AtLeast { " at least" } else { "" };
                Some(format!("its clock is {} {way}{least}; {what}", seconds(off)))
            }
        }
    }
}

/// Milliseconds as seconds, without a sign.
fn seconds(milliseconds: i64) -> String {
    let tenths = (milliseconds.abs() + 50) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

const fn way(milliseconds: i64) -> &'static str {
    if milliseconds < 0 { "behind" } else { "ahead" }
}

impl ClockWatch {
    /// Takes what an answer said of the time, to the second, with when it was asked and answered by our clock.
    pub fn heard(&mut self, said: Timestamp, (asked, answered): (Timestamp, Timestamp)) {
        let low = said.as_millisecond() - answered.as_millisecond();
        // A statement to the second was true until the next one.
        let high = said.as_millisecond() + 999 - asked.as_millisecond();
        // Ours was set back in between where it ends before it begins.
        if low <= high {
            keep(&mut self.stated, Span { at: answered, low, high }, STATED_KEPT);
        }
    }

    /// Takes what the stamps of a message say.
    pub fn stamped(&mut self, stamped: Stamped) {
        keep(&mut self.stamped, stamped, STAMPED_KEPT);
    }

    /// How far the clock is ahead, by all that was observed within a day.
    pub fn offset(&self, settings: &Settings, now: Timestamp) -> Offset {
        let since = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        let spans: Vec<Span> = self.stated.iter().filter(|span| since <= span.at).copied().collect();
        let ahead = self.ahead(since);
        if spans.is_empty() {
            return by_stamps(ahead, settings.fastest_milliseconds);
        }
        if spans.len() < STATED_MIN {
            return Offset::UNKNOWN;
        }
        let (agree, span) = shared(&spans);
        let knowledge = match ahead {
            _ if agree * 4 < spans.len() * 3 => Knowledge::Unsettled,
            Some((_, ahead)) if span.1 + BESIDE_MAX < ahead => Knowledge::Contradicted,
            _ => Knowledge::Known,
        };
        Offset::between(knowledge, span, spans.len())
    }

    /// How many messages there were, and how far one in ten of them was ahead at the least.
    fn ahead(&self, since: Timestamp) -> Option<(usize, i64)> {
        let lately = self.stamped.iter().filter(|stamped| since <= stamped.at);
        let mut ahead: Vec<i64> = lately.map(|stamped| stamped.ahead_milliseconds).collect();
        ahead.sort_unstable_by(|left, right| right.cmp(left));
        (STAMPED_MIN <= ahead.len()).then(|| (ahead.len(), ahead[ahead.len() / 10]))
    }

    /// How long nineteen of twenty messages took from what they tell until they came, in milliseconds, by a clock so far ahead.
    pub fn delay_milliseconds(&self, ahead_milliseconds: i64) -> i64 {
        let mut lags: Vec<i64> = self.stamped.iter().filter_map(|stamped| stamped.lag_milliseconds).collect();
        lags.sort_unstable_by(|left, right| right.cmp(left));
        lags.get(lags.len() / 20).map_or(0, |lag| (lag + ahead_milliseconds).max(0))
    }

    /// Keeps what is thought of the clock now for the picture of a day.
    pub fn remember(&mut self, offset: &Offset, now: Timestamp) {
        let Some(milliseconds) = offset.milliseconds else { return };
        let within_milliseconds = offset.within_milliseconds.filter(|_| offset.knowledge == Knowledge::Known);
        let slot = |at: Timestamp| at.as_second().div_euclid(PAST_EVERY_SECONDS);
        self.past.pop_back_if(|last| slot(last.at) == slot(now));
        keep(&mut self.past, Past { at: now, milliseconds, within_milliseconds }, PAST_KEPT);
    }

    /// What was thought of the clock within the last day, in order.
    pub fn past(&self, now: Timestamp) -> Vec<Past> {
        let since = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        self.past.iter().filter(|past| since <= past.at).copied().collect()
    }

    /// Why people are alarmed of the clock: of where it is, and of where it goes.
    pub fn alarm(&self, offset: &Offset, settings: &Settings, now: Timestamp) -> Option<String> {
        let reasons: Vec<String> = offset.alarm(settings).into_iter().chain(self.drift(settings, now)).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// How the clock went further off within a day, where that is more than it may be whatever is not known of it. One that is
    /// set right does not drift.
    fn drift(&self, settings: &Settings, now: Timestamp) -> Option<String> {
        let mut known = self.past(now).into_iter().filter_map(|past| Some((past, past.within_milliseconds?)));
        let ((first, within), (last, within_last)) = (known.next()?, known.next_back()?);
        let went = (last.milliseconds - first.milliseconds).abs() - within - within_last;
        let goes_off = first.milliseconds.abs() < last.milliseconds.abs();
        (goes_off && i64::from(settings.drift_milliseconds_max) < went).then(|| {
            let [from, to] =
                [first, last].map(|past| format!("{} {}", seconds(past.milliseconds), way(past.milliseconds)));
            format!("its clock drifts, from {from} at {:.0} to {to}", first.at)
        })
    }
}

fn keep<T>(kept: &mut VecDeque<T>, newest: T, most: usize) {
    if kept.len() == most {
        kept.pop_front();
    }
    kept.push_back(newest);
}

/// The part that most spans share, and how many do.
fn shared(spans: &[Span]) -> (usize, (i64, i64)) {
    let holds = |at: i64| spans.iter().filter(move |span| span.low <= at && at <= span.high);
    // It begins where some span does.
    let mut best = (0, (0, 0));
    for low in spans.iter().map(|span| span.low) {
        let count = holds(low).count();
        if best.0 < count {
            best = (count, (low, holds(low).map(|span| span.high).min().unwrap_or(low)));
        }
    }
    best
}

/// What stamps alone say.
fn by_stamps(ahead: Option<(usize, i64)>, fastest_milliseconds: Option<u32>) -> Offset {
    match (ahead, fastest_milliseconds) {
        (Some((messages, ahead)), Some(fastest)) => {
            Offset::between(Knowledge::Known, (ahead, ahead + i64::from(fastest)), messages)
        }
        (Some((observations, ahead)), None) if 0 < ahead => {
            Offset { knowledge: Knowledge::AtLeast, milliseconds: Some(ahead), within_milliseconds: None, observations }
        }
        _ => Offset::UNKNOWN,
    }
}

/// How stamps of events are corrected from a stamp on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Correction {
    /// The first stamp that it holds for, by the clock that is corrected.
    pub stamps_from: Timestamp,
    /// How far that clock is ahead, in milliseconds.
    pub milliseconds: i64,
}

/// The correction that has to follow those that there are, in order; `None` where they still do.
pub fn next_correction(
    offset: &Offset,
    corrections: &[Correction],
    settings: &Settings,
    now: Timestamp,
) -> Option<Correction> {
    let known = offset.milliseconds.filter(|_| offset.knowledge == Knowledge::Known)?;
    let within = offset.within_milliseconds.filter(|within| *within <= KNOWN_TO)?;
    let is_aligned = |by: i64| (known - by).abs() + within <= ALIGNED_TO;
    let last = corrections.last();
    let in_force = last.map_or(0, |last| last.milliseconds);
    let can_be = known.abs() <= i64::from(settings.corrected_seconds_max) * 1000;
    let milliseconds = if can_be && !is_aligned(0) { known } else { 0 };
    if milliseconds == in_force || can_be && is_aligned(in_force) {
        return None;
    }
    let ahead = SignedDuration::from_millis(known.max(in_force).max(0));
    let stamps_from = now.checked_add(ahead + MARGIN).ok()?;
    last.is_none_or(|last| last.stamps_from < stamps_from).then_some(Correction { stamps_from, milliseconds })
}

/// A stamp of an event as it is by our clock.
pub fn corrected(stamp: Timestamp, corrections: &[Correction]) -> Timestamp {
    let held = corrections.iter().rev().find(|correction| correction.stamps_from <= stamp);
    let by = SignedDuration::from_millis(held.map_or(0, |held| held.milliseconds));
    stamp.checked_sub(by).unwrap_or(stamp)
}
