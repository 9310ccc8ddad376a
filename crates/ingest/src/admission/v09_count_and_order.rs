//! V09 count and order: a message brings every position of its period once and in order.
//!
//! Source: DH3 E87 (as many positions as duration by resolution, consecutive, without duplicates), IESO. A run without
//! intervals is refused. Whatever else is out of order is taken and told with its line: a position that came before in the
//! message and, where that is asked for, one before its predecessor and a hole between the first and the last. Positions are
//! compared within one interval length of a channel; versions of a source may each bring them. Register reads have no
//! positions. Formats that say how many values follow are held to it where they are read (crate `formats`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::id::ChannelNumber;
use model::master::Channel;
use model::reading::{ChannelReadings, Values};
use smol_str::SmolStr;

use super::{Report, span};

impl Report<'_> {
    pub(super) fn count(&mut self) {
        if let Values::Intervals(run) = &self.readings.values
            && (run.values.is_empty() || run.length_seconds == 0)
        {
            self.tell(Severity::Error, "values", "V09", "the run has no interval".to_owned());
        }
    }
}

/// The positions that a message brought so far.
#[derive(Debug, Default)]
pub struct Positions {
    versions: BTreeMap<Key, Version>,
    left_out: LeftOut,
}

/// What readers left out and told themselves: the end of each span, by channel and first second.
type LeftOut = BTreeMap<(ChannelNumber, i64), i64>;

/// Channel, interval length in seconds, version of the source.
type Key = (ChannelNumber, u32, Option<Timestamp>);

/// The positions of one version.
#[derive(Debug, Default)]
struct Version {
    label: SmolStr,
    /// The end of the piece that came last.
    last_end: i64,
    /// Whether it was told that pieces come backwards: a message that does so does it throughout.
    is_backwards: bool,
    /// What came, in stretches that neither overlap nor touch, by their first second.
    stretches: BTreeMap<i64, Stretch>,
}

/// Positions without a hole.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// One past the last second.
    end: i64,
    /// The line of its first position.
    line: u64,
}

impl Positions {
    /// Notes the positions of a piece; tells where they came before in the message, or belong before what came last.
    pub fn add(&mut self, channel: &Channel, readings: &ChannelReadings) -> Option<Finding> {
        let Values::Intervals(run) = &readings.values else { return None };
        let (start, end) = span(readings).map(|(start, end)| (start.as_second(), end.as_second()))?;
        if end <= start {
            return None;
        }
        let key = (channel.number, run.length_seconds, readings.revision);
        let version = self.versions.entry(key).or_insert_with(|| Version {
            label: channel.label.clone(),
            last_end: start,
            ..Version::default()
        });
        let told = version.doubled(start, end, run.length_seconds).or_else(|| version.backwards(start));
        version.cover(start, end, readings.line);
        told.map(|(severity, message)| out_of_order(readings.line, severity, message))
    }

    /// Notes what a reader left out: it came, and is no hole.
    pub fn leave_out(&mut self, channel: &Channel, from: Timestamp, to: Timestamp) {
        self.left_out.insert((channel.number, from.as_second()), to.as_second());
    }

    /// The holes between the first and the last position of each channel and interval length.
    pub fn holes(self) -> Vec<Finding> {
        let Self { versions, left_out } = self;
        let versions: Vec<(Key, Version)> = versions.into_iter().collect();
        let series = versions.chunk_by(|(one, _), (other, _)| (one.0, one.1) == (other.0, other.1));
        series.flat_map(|series| holes(series, &left_out)).collect()
    }
}

impl Version {
    fn doubled(&self, start: i64, end: i64, length_seconds: u32) -> Option<(Severity, String)> {
        let before = self.stretches.range(..end).rev().take_while(|(_, stretch)| start < stretch.end);
        let twice = before.map(|(from, stretch)| (start.max(*from), end.min(stretch.end)));
        let (first, seconds) = twice.fold((end, 0), |(_, seconds), (from, to)| (from, seconds + to - from));
        let count = seconds / i64::from(length_seconds).max(1);
        let message = format!(
            "{} of {} came before in this message, the first from {}; the later one counts, send each interval once",
            if count == 1 { "an interval".to_owned() } else { format!("{count} intervals") },
            self.label,
            instant(first),
        );
        (0 < seconds).then_some((Severity::Warning, message))
    }

    fn backwards(&mut self, start: i64) -> Option<(Severity, String)> {
        if self.is_backwards || self.last_end <= start {
            return None;
        }
        self.is_backwards = true;
        let message = format!(
            "the intervals of {} from {} on come after one that ends at {}; send them in order of time",
            self.label,
            instant(start),
            instant(self.last_end),
        );
        Some((Severity::Note, message))
    }

    fn cover(&mut self, start: i64, end: i64, line: u64) {
        let touching = self.stretches.range(..=end).rev().take_while(|(_, stretch)| start <= stretch.end);
        let touching: Vec<(i64, Stretch)> = touching.map(|(from, stretch)| (*from, *stretch)).collect();
        let (mut from, mut whole) = (start, Stretch { end, line });
        for (known_from, known) in touching {
            self.stretches.remove(&known_from);
            whole.end = whole.end.max(known.end);
            if known_from <= from {
                (from, whole.line) = (known_from, known.line);
            }
        }
        self.stretches.insert(from, whole);
        self.last_end = end;
    }
}

/// The holes of one channel and interval length, whichever version of the source came; not those in which something was left out.
fn holes(versions: &[(Key, Version)], left_out: &LeftOut) -> Vec<Finding> {
    let Some(((channel, length_seconds, _), Version { label, .. })) = versions.first() else { return Vec::new() };
    let stretches = versions.iter().flat_map(|(_, version)| &version.stretches);
    let mut stretches: Vec<(i64, Stretch)> = stretches.map(|(from, stretch)| (*from, *stretch)).collect();
    stretches.sort_by_key(|(from, _)| *from);
    let mut holes = Vec::new();
    let mut reached = i64::MAX;
    for (from, stretch) in stretches {
        let last_left_out = left_out.range((*channel, i64::MIN)..(*channel, from)).next_back();
        if reached < from && last_left_out.is_none_or(|(_, end)| *end <= reached) {
            let message = format!(
                "no interval of {length_seconds} s of {label} from {} to {}, though it has some on both sides; send them",
                instant(reached),
                instant(from)
            );
            holes.push(out_of_order(stretch.line, Severity::Note, message));
        }
        reached = if reached == i64::MAX { stretch.end } else { reached.max(stretch.end) };
    }
    holes
}

fn out_of_order(line: u64, severity: Severity, message: String) -> Finding {
    Finding::new(line, "start", "V09", message).with_severity(severity)
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}
