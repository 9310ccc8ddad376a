//! Values of assumed meter time moved to their true time: what the editor previews and people propose.

use jiff::{SignedDuration, Timestamp};
use model::master::Channel;
use model::quality::Status;
use model::quantity::Decimal;
use model::review::{AskPreview, EditedValue, ShiftPreview};
use model::time::TimeRange;
use store::readings::{AsOf, NO_VALUE};
use vee::assumed_time::{self, Stamped};

use super::words::{Clock, local, sum};
use super::{Review, ReviewError};
use crate::validation::full_day::FullDay;

/// How far after a span its true time is looked for, and where an outage is: a meter is synchronised within weeks.
pub(super) const LOOK: SignedDuration = SignedDuration::from_hours(31 * 24);

impl Review {
    /// What moving the values of a span would write; `None` where the span holds no interval of assumed meter time.
    pub(super) fn shift(
        &self,
        channel: &Channel,
        clock: &Clock,
        asked: &AskPreview,
    ) -> Result<Option<ShiftPreview>, ReviewError> {
        let span = TimeRange { start: asked.from, end: asked.to };
        let length = SignedDuration::from_secs(i64::from(channel.interval_seconds.unwrap_or_default()));
        let far = asked.shift_to.map_or(asked.to, |to| to.max(asked.to)).saturating_add(LOOK).unwrap_or(Timestamp::MAX);
        let days = self.decided_days(channel, clock, TimeRange { start: asked.from, end: far }, AsOf::Now)?;
        let slots: Vec<Stamped> = days.iter().flat_map(slots).collect();
        let inside = |slot: &&Stamped| span.start <= slot.start && slot.start < span.end;
        if !slots.iter().filter(inside).any(|slot| slot.status.contains(Status::ASSUMED_TIME)) {
            return Ok(None);
        }
        let Some(true_start) = asked.shift_to.or_else(|| with_the_gap(&slots, span)) else {
            let words = "nothing was received after the span, so its true time is not known; say where it began";
            return Ok(Some(impossible(None, words.into())));
        };
        let to = Some(local(true_start, clock.zone()));
        Ok(Some(match assumed_time::shift(&slots, length, span, true_start) {
            Err(refusal) => impossible(to, refusal.to_string()),
            Ok(written) => ShiftPreview {
                to,
                eligible: true,
                words: "the values as measured at their true time, zeros before it, while supply was off".into(),
                total: sum(written.values().copied().map(i128::from).sum(), channel.quantum),
                values: written.into_iter().map(|(start, value)| edited(start, value, channel.quantum)).collect(),
            },
        }))
    }

    /// The stored days of a channel over a range with what was decided, each beside what was received.
    pub(super) fn decided_days(
        &self,
        channel: &Channel,
        clock: &Clock,
        range: TimeRange,
        as_of: AsOf,
    ) -> Result<Vec<DecidedDay>, ReviewError> {
        let (start, end) = (range.start.as_second(), range.end.as_second());
        let mut history = self.readings.read(channel.number, start, end, as_of)?;
        history.shape_silent_days(clock.zone(), channel.interval_seconds.unwrap_or_default(), (start, end));
        let of_length = history.days.iter().filter(|day| Some(day.slot_seconds) == channel.interval_seconds);
        let day = |day| DecidedDay {
            received: FullDay::received(&self.readings, day, clock.zone()),
            last: FullDay::decided(&self.readings, day, clock.zone()),
        };
        Ok(of_length.map(day).collect())
    }
}

/// A day as received and as decided.
pub(super) struct DecidedDay {
    pub(super) received: FullDay,
    pub(super) last: FullDay,
}

fn slots(day: &DecidedDay) -> impl Iterator<Item = Stamped> {
    let length = i64::from(day.received.slot_seconds);
    let start = day.received.start;
    (0..).zip(day.received.values.iter().zip(&day.last.statuses)).filter_map(move |(at, (value, status))| {
        let start = Timestamp::from_second(start + at * length).ok()?;
        Some(Stamped { start, received: Some(*value).filter(|value| *value != NO_VALUE), status: *status })
    })
}

/// Where a span begins when it ends with the gap after it: the meter recorded up to the moment its clock was set.
fn with_the_gap(slots: &[Stamped], span: TimeRange) -> Option<Timestamp> {
    let next = slots.iter().find(|slot| span.end <= slot.start && slot.received.is_some())?;
    span.start.checked_add(next.start.duration_since(span.end)).ok()
}

fn edited(start: Timestamp, value: i64, quantum: i8) -> EditedValue {
    EditedValue { start, value: Decimal::new(value, quantum).to_string() }
}

fn impossible(to: Option<String>, words: String) -> ShiftPreview {
    ShiftPreview { to, eligible: false, words, values: Vec::new(), total: "0".into() }
}
