//! A channel's history as runs to draw: raw values, what validation made of them, and the quality of each.
//!
//! Pure. Whole days come in, the asked range goes out; local days of which nothing arrived lie between the others
//! as runs without a value, so that a gap is seen and counted.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::lineage::FinalDay;
use model::quality::assumed_time::{AssumedTime, Treated};
use model::quality::{Quality, Status};
use model::time::{LocalDay, TimeRange};
use serde::Serialize;
use smol_str::SmolStr;
use store::readings::{Day, NO_VALUE, QualityId};

use crate::status::{QualityClass, StatusWords, final_status};

/// One interval of the asked range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// First instant, epoch seconds.
    pub(crate) start: i64,
    /// Length.
    pub(crate) seconds: u32,
    /// As received.
    pub(crate) raw: Option<i64>,
    /// What holds.
    pub(crate) last: Option<i64>,
    /// Index of the status as received.
    pub(crate) raw_status: u16,
    /// Index of the status that holds.
    pub(crate) final_status: u16,
}

/// The slots of a range and the statuses their indexes mean.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub(crate) slots: Vec<Slot>,
    pub(crate) statuses: Vec<StatusWords>,
    /// Whether any day of it was validated.
    pub(crate) is_decided: bool,
    /// Intervals of assumed meter time that are left out.
    pub(crate) left_out: usize,
    indexes: HashMap<(Status, SmolStr, bool), u16>,
}

/// What a profile cannot know from the days.
pub(crate) struct Frame<'a> {
    /// The instants asked for, epoch seconds.
    pub(crate) start: i64,
    /// First instant after.
    pub(crate) end: i64,
    /// The zone of the local days.
    pub(crate) zone: &'a TimeZone,
    /// The interval length of the channel, for days of which nothing arrived.
    pub(crate) interval_seconds: u32,
    /// Where the channel's readings begin and end, epoch seconds. Nothing is expected before, and no day after; of a
    /// day that has begun to arrive all is expected.
    pub(crate) expected: (i64, i64),
    /// What is shown of intervals of assumed meter time.
    pub(crate) assumed_time: AssumedTime,
}

impl Profile {
    /// The slots of `days` within the frame; `quality` says what a quality number means.
    pub(crate) fn of(days: &[Day], frame: &Frame<'_>, quality: impl Fn(QualityId) -> Quality) -> Self {
        let mut profile = Self::default();
        let mut known: HashMap<QualityId, Quality> = HashMap::new();
        let mut expected = frame.start.max(frame.expected.0);
        for day in days {
            let length = if day.slot_seconds == 0 { frame.interval_seconds } else { day.slot_seconds };
            let Some(shaped) = Shaped::of(day, length, frame.zone) else { continue };
            profile.add_missing(expected, shaped.start, frame);
            expected = expected.max(shaped.end());
            profile.is_decided |= day.final_day.is_some();
            profile.add_day(day, &shaped, frame, &mut |id| known.entry(id).or_insert_with(|| quality(id)).clone());
        }
        profile.add_missing(expected, frame.end.min(frame.expected.1), frame);
        profile
    }

    fn add_day(
        &mut self,
        day: &Day,
        shaped: &Shaped,
        frame: &Frame<'_>,
        quality: &mut dyn FnMut(QualityId) -> Quality,
    ) {
        let mut spans = day.qualities.iter().peekable();
        for slot in 0..shaped.slots {
            while spans.peek().is_some_and(|(_, to, _)| *to <= slot) {
                spans.next();
            }
            let start = shaped.start + i64::from(slot) * i64::from(shaped.seconds);
            if start < frame.start || frame.end <= start {
                continue;
            }
            let said = match spans.peek() {
                Some((from, _, id)) if *from <= slot => quality(*id),
                _ => Quality::default(),
            };
            let raw = day.values.get(usize::from(slot)).copied().filter(|value| *value != NO_VALUE);
            let last = final_value(day.final_day.as_ref(), slot, raw);
            // What validation does not list as missing was not expected.
            let is_expected = frame.expected.0 <= start && day.final_day.as_ref().is_none_or(|day| day.lists(slot));
            if last.is_none() && !is_expected {
                continue;
            }
            let status = final_status(day.final_day.as_ref(), slot, said.status);
            let (last, status) = match frame.assumed_time.treated(status) {
                Treated::LeftOut => {
                    self.left_out += 1;
                    continue;
                }
                Treated::Received => (raw, said.status | Status::ASSUMED_TIME),
                Treated::Final => (last, status),
            };
            let raw_status = self.index(said.status, &said.flag, raw.is_some());
            let final_status = self.index(status, &SmolStr::default(), last.is_some());
            self.slots.push(Slot { start, seconds: shaped.seconds, raw, last, raw_status, final_status });
        }
    }

    /// Slots without a value for what was expected in `[from, to)` and is not in any day.
    fn add_missing(&mut self, from: i64, to: i64, frame: &Frame<'_>) {
        let seconds = i64::from(frame.interval_seconds);
        if seconds == 0 || to <= from {
            return;
        }
        let status = self.index(Status::NONE, &SmolStr::default(), false);
        let slots = (0..(to - from) / seconds).map(|slot| Slot {
            start: from + slot * seconds,
            seconds: frame.interval_seconds,
            raw: None,
            last: None,
            raw_status: status,
            final_status: status,
        });
        self.slots.extend(slots);
    }

    fn index(&mut self, status: Status, flag: &SmolStr, has_value: bool) -> u16 {
        let next = u16::try_from(self.statuses.len()).unwrap_or(u16::MAX);
        let statuses = &mut self.statuses;
        *self.indexes.entry((status, flag.clone(), has_value)).or_insert_with(|| {
            statuses.push(StatusWords::of(status, flag, has_value));
            next
        })
    }

    /// The class of a status index.
    pub(crate) fn class(&self, index: u16) -> QualityClass {
        self.statuses.get(usize::from(index)).map_or(QualityClass::Measured, |status| status.class)
    }
}

/// The instants of a stored day.
struct Shaped {
    start: i64,
    seconds: u32,
    slots: u16,
}

impl Shaped {
    /// A day of which nothing arrived has no shape of its own: the zone gives it.
    fn of(day: &Day, seconds: u32, zone: &TimeZone) -> Option<Self> {
        if day.slot_seconds != 0 {
            let slots = u16::try_from(day.values.len()).ok()?;
            return Some(Self { start: day.day_start, seconds, slots });
        }
        let local = LocalDay::of(day.date, zone)?;
        Some(Self { start: local.range.start.as_second(), seconds, slots: local.slots(seconds)? })
    }

    fn end(&self) -> i64 {
        self.start + i64::from(self.slots) * i64::from(self.seconds)
    }
}

/// What finally holds in a slot.
pub(crate) fn final_value(final_day: Option<&FinalDay>, slot: u16, raw: Option<i64>) -> Option<i64> {
    let Some(day) = final_day else { return raw };
    match day.values.binary_search_by_key(&slot, |value| value.slot) {
        Ok(at) => day.values[at].value,
        Err(_) => raw,
    }
}

/// Consecutive steps of one length, as sent.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Run {
    start: Timestamp,
    interval_seconds: u32,
    raw: Vec<Option<i64>>,
    #[serde(rename = "final", skip_serializing_if = "Vec::is_empty")]
    last: Vec<Option<i64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    raw_max: Vec<Option<i64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    final_max: Vec<Option<i64>>,
    raw_quality: Vec<(u32, u32, u16)>,
    final_quality: Vec<(u32, u32, u16)>,
}

/// The slots as runs; with more than `points_max` of them, as buckets of lowest and highest value.
pub(crate) fn runs(profile: &Profile, points_max: usize) -> (Vec<Run>, bool) {
    let bucket = profile.slots.len().div_ceil(points_max.max(1)).max(1);
    let mut runs: Vec<Run> = Vec::new();
    let mut end = (i64::MIN, 0);
    for stretch in profile
        .slots
        .chunk_by(|left, right| left.seconds == right.seconds && left.start + i64::from(left.seconds) == right.start)
    {
        for step in stretch.chunks(bucket) {
            let seconds = step.iter().map(|slot| slot.seconds).sum();
            if end != (step[0].start, seconds) {
                let start = Timestamp::from_second(step[0].start).unwrap_or_default();
                runs.push(Run { start, interval_seconds: seconds, ..Run::default() });
            }
            end = (step[0].start + i64::from(seconds), seconds);
            if let Some(run) = runs.last_mut() {
                run.push(profile, step, 1 < bucket);
            }
        }
    }
    (runs, 1 < bucket)
}

impl Run {
    fn push(&mut self, profile: &Profile, step: &[Slot], is_bucket: bool) {
        let at = u32::try_from(self.raw.len()).unwrap_or(u32::MAX);
        self.raw.push(step.iter().filter_map(|slot| slot.raw).min());
        if profile.is_decided {
            self.last.push(step.iter().filter_map(|slot| slot.last).min());
        }
        if is_bucket {
            self.raw_max.push(step.iter().filter_map(|slot| slot.raw).max());
            if profile.is_decided {
                self.final_max.push(step.iter().filter_map(|slot| slot.last).max());
            }
        }
        let gravest = |index: fn(&Slot) -> u16| step.iter().map(index).max_by_key(|index| profile.class(*index));
        lengthen(&mut self.raw_quality, at, gravest(|slot| slot.raw_status));
        lengthen(&mut self.final_quality, at, gravest(|slot| slot.final_status));
    }
}

fn lengthen(spans: &mut Vec<(u32, u32, u16)>, at: u32, status: Option<u16>) {
    let Some(status) = status else { return };
    match spans.last_mut() {
        Some((_, to, last)) if *to == at && *last == status => *to += 1,
        _ => spans.push((at, at + 1, status)),
    }
}

/// The local days of a range.
pub(crate) fn local_days(range: TimeRange, zone: &TimeZone) -> impl Iterator<Item = LocalDay> + use<'_> {
    let first = LocalDay::containing(range.start, zone);
    std::iter::successors(first, |day| LocalDay::of(day.date.tomorrow().ok()?, zone))
        .take_while(move |day| day.range.start < range.end)
}

/// The days of a history by date, the finest interval length where a date has several.
pub(crate) fn by_date(days: &[Day]) -> HashMap<Date, &Day> {
    let mut by_date: HashMap<Date, &Day> = HashMap::new();
    for day in days {
        let finer =
            |known: &Day| day.slot_seconds != 0 && (known.slot_seconds == 0 || day.slot_seconds < known.slot_seconds);
        if by_date.get(&day.date).is_none_or(|known| finer(known)) {
            by_date.insert(day.date, day);
        }
    }
    by_date
}

#[cfg(test)]
mod tests {
    use model::id::ChannelNumber;
    use model::lineage::FinalValue;

    use super::*;

    const HOUR: i64 = 3600;

    /// Hours of a UTC day; `_` where nothing arrived.
    fn day(date: Date, values: &str) -> Day {
        let day_start = date.to_zoned(TimeZone::UTC).expect("in range").timestamp().as_second();
        let values = values.split_whitespace().map(|cell| cell.parse().unwrap_or(NO_VALUE)).collect();
        Day { date, day_start, slot_seconds: 3600, values, qualities: Vec::new(), superseded: 0, final_day: None }
    }

    fn frame(start: i64, end: i64) -> Frame<'static> {
        static UTC: TimeZone = TimeZone::UTC;
        Frame {
            start,
            end,
            zone: &UTC,
            interval_seconds: 3600,
            expected: (0, 3 * 24 * HOUR),
            assumed_time: AssumedTime::Estimate,
        }
    }

    fn shown(runs: &[Run]) -> String {
        let cell = |value: &Option<i64>| value.map_or("_".to_owned(), |value| value.to_string());
        let run = |run: &Run| {
            let values: Vec<String> = run.raw.iter().map(cell).collect();
            format!("{}s {}", run.interval_seconds, values.join(" "))
        };
        runs.iter().map(run).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn a_day_of_which_nothing_arrived_is_a_gap() {
        let first = day(jiff::civil::date(1970, 1, 1), &"1 ".repeat(24));
        let third = day(jiff::civil::date(1970, 1, 3), &"3 ".repeat(24));
        let profile = Profile::of(&[first, third], &frame(22 * HOUR, 50 * HOUR), |_| Quality::default());
        let (runs, is_bucketed) = runs(&profile, 1000);
        assert!(!is_bucketed);
        assert_eq!(shown(&runs), format!("3600s 1 1 {}3 3", "_ ".repeat(24)));
        assert_eq!(profile.class(profile.slots[5].final_status), QualityClass::Missing);
    }

    #[test]
    fn nothing_is_expected_before_the_first_reading_and_after_its_last_day() {
        let only = day(jiff::civil::date(1970, 1, 1), &format!("_ _ 1 {}_ _", "1 ".repeat(19)));
        let ends = Frame { expected: (2 * HOUR, 22 * HOUR), ..frame(-48 * HOUR, 200 * HOUR) };
        let profile = Profile::of(&[only], &ends, |_| Quality::default());
        assert_eq!((profile.slots.len(), profile.slots[0].start), (22, 2 * HOUR));
    }

    #[test]
    fn final_values_lie_over_the_raw_ones() {
        let mut only = day(jiff::civil::date(1970, 1, 1), &format!("1 _ {}", "1 ".repeat(22)));
        only.final_day = Some(FinalDay {
            channel: ChannelNumber(0),
            date: only.date,
            run: 1,
            decided_at: Timestamp::UNIX_EPOCH,
            plan_name: "residential".into(),
            plan_version: 1,
            status: Status::VALIDATED,
            values: vec![FinalValue {
                slot: 1,
                value: Some(7),
                status: Status::ESTIMATED | Status::INTERPOLATED,
                method: "E04".into(),
                inputs_hash: 0,
            }],
            failures: Vec::new(),
        });
        let profile = Profile::of(&[only], &frame(0, 3 * HOUR), |_| Quality::default());
        let last: Vec<Option<i64>> = profile.slots.iter().map(|slot| slot.last).collect();
        assert_eq!(last, [Some(1), Some(7), Some(1)]);
        let words = |index: u16| profile.statuses[usize::from(index)].words.as_str();
        assert_eq!(words(profile.slots[1].raw_status), "missing");
        assert_eq!(words(profile.slots[1].final_status), "estimated, interpolated");
        assert_eq!(words(profile.slots[2].final_status), "validated");
    }

    #[test]
    fn buckets_keep_the_lowest_the_highest_and_the_gravest() {
        let only = day(jiff::civil::date(1970, 1, 1), &format!("5 9 _ 2 {}", "4 ".repeat(20)));
        let profile = Profile::of(&[only], &frame(0, 7 * HOUR), |_| Quality::default());
        let (runs, is_bucketed) = runs(&profile, 4);
        assert!(is_bucketed);
        // Seven hours in steps of two: three whole steps and the rest in a run of its own.
        assert_eq!(shown(&runs), "7200s 5 2 4 | 3600s 4");
        assert_eq!(runs[0].raw_max, [Some(9), Some(2), Some(4)]);
        let second = runs[0].raw_quality.iter().find(|(from, to, _)| *from <= 1 && 1 < *to).expect("a span");
        assert_eq!(profile.class(second.2), QualityClass::Missing);
    }

    #[test]
    fn local_days_follow_the_zone() {
        let zone = TimeZone::get("America/Toronto").expect("bundled");
        let instant = |text: &str| text.parse::<Timestamp>().expect("instant");
        let range = TimeRange { start: instant("2024-11-02T12:00:00Z"), end: instant("2024-11-04T05:00:00Z") };
        let hours: Vec<i64> = local_days(range, &zone).map(|day| day.range.seconds() / HOUR).collect();
        assert_eq!(hours, [24, 25]);
    }
}
