//! The read and its surroundings in order, with the questions that rules and methods share.

use jiff::Timestamp;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;

use super::surroundings::{Change, Kind, Read, Setup, Surroundings};
use super::usage::{Standing, Usage, continues, unread_change, used};
use super::words::{TOO_LARGE, moment};
use crate::amount::Amount;
use crate::evidence::duration;
use crate::inputs_hash::InputsHash;

/// How much a read must be to serve as a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Measured and not failed.
    Actual,
    /// Estimates too.
    Estimated,
}

const UNUSABLE: Status = Status(Status::MISSING.0 | Status::FAILED.0 | Status::ESTIMATE_NEEDED.0 | Status::TEST_MODE.0);

const MADE: Status = Status(Status::ESTIMATED.0 | Status::SUBSTITUTE.0 | Status::FORECAST.0);

pub(crate) const DAY_SECONDS: i64 = 86_400;

/// A read in its surroundings.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    pub read: &'a Read,
    pub around: &'a Surroundings<'a>,
    /// In order of their first instant.
    pub setups: Vec<Setup>,
    /// Other reads of the kind of the channel that have a value, in order.
    pub reads: Vec<Read>,
}

/// What was used from one read to the next, both measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub range: TimeRange,
    pub usage: Amount,
}

/// The span that an estimate is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub span: TimeRange,
    /// The read that the span begins with; `None` for the amount of a stated period.
    pub base: Option<(Read, Decimal)>,
}

impl<'a> View<'a> {
    pub(crate) fn of(read: &'a Read, around: &'a Surroundings<'a>) -> Self {
        let mut setups = around.setups.to_vec();
        let parts = |decimal: Decimal| (decimal.digits, decimal.exponent);
        setups.sort_by_key(|setup| (setup.from, parts(setup.multiplier), setup.dials, setup.decimals));
        let same = |other: &Read| (other.at, other.period_start) == (read.at, read.period_start);
        let of_kind = |other: &Read| other.period_start.is_some() == (around.kind == Kind::Amount);
        let usable = |other: &&Read| !same(other) && (around.kind == Kind::Demand || of_kind(other));
        let mut reads: Vec<Read> = around.reads.iter().filter(usable).copied().collect();
        if around.kind == Kind::Counter {
            let openings: Vec<Read> = setups.iter().filter_map(opening).filter(|read| !same(read)).collect();
            // What stands at the moment of an exchange may be the last read of the old meter.
            reads.retain(|read| openings.iter().all(|opening| opening.at != read.at));
            reads.extend(openings);
        }
        reads.retain(|read| read.value.is_some());
        reads.sort_by_key(|read| (read.at, read.period_start, read.value.map(parts), read.status));
        reads.dedup_by_key(|read| (read.at, read.period_start));
        Self { read, around, setups, reads }
    }

    /// The setup at an instant.
    pub(crate) fn setup(&self, at: Timestamp) -> Result<&Setup, String> {
        let found = self.setups.iter().rev().find(|setup| setup.from <= at);
        found.ok_or_else(|| format!("no setup of the register is known at {}", moment(self, at)))
    }

    /// Whether the register counted on from one instant to a later one, without a change of its setup.
    pub(crate) fn counts_on(&self, earlier: Timestamp, later: Timestamp) -> Result<bool, String> {
        let mut setup = self.setup(earlier)?;
        for next in self.setups.iter().filter(|next| earlier < next.from && next.from <= later) {
            if !continues(setup, next) {
                return Ok(false);
            }
            setup = next;
        }
        Ok(true)
    }

    /// The first change of the multiplier since the measured read before at which the register was not read, with why that
    /// stands in the way.
    pub(crate) fn unread_change(&self) -> Option<(Timestamp, String)> {
        let is_standing = self.around.kind == Kind::Counter && self.read.period_start.is_none() && self.value().is_ok();
        let (before, _) = is_standing.then(|| self.before(Level::Actual).next()).flatten()?;
        unread_change(&self.setups, before.at, self.read.at)
    }

    /// The value of the read that is judged.
    pub(crate) fn value(&self) -> Result<Decimal, String> {
        self.read
            .value
            .filter(|_| !self.read.status.contains(Status::MISSING))
            .ok_or_else(|| "there is no value".into())
    }

    /// The last critical change at or before the read.
    pub(crate) fn critical_change(&self) -> Option<Timestamp> {
        let critical = |setup: &&Setup| setup.change == Change::Critical && setup.from <= self.read.at;
        self.setups.iter().rev().find(critical).map(|setup| setup.from)
    }

    /// Reads before the judged one that are good enough, the nearest first.
    pub(crate) fn before(&self, level: Level) -> impl Iterator<Item = (Read, Decimal)> {
        let enough = move |read: &&Read| read.at < self.read.at && is_enough(read.status, level);
        self.reads.iter().rev().filter(enough).filter_map(|read| Some((*read, read.value?)))
    }

    /// The measured read right before the judged one, even where a rule failed it.
    pub(crate) fn right_before(&self) -> Option<(Read, Decimal)> {
        let earlier =
            |read: &&Read| read.at < self.read.at && is_enough(read.status.without(Status::FAILED), Level::Actual);
        self.reads.iter().rev().find(earlier).and_then(|read| Some((*read, read.value?)))
    }

    /// The measured read right before the judged one, whatever rule failed it and whatever was to take its place.
    pub(crate) fn last(&self) -> Option<(Read, Decimal)> {
        let judged = Status::FAILED | Status::ESTIMATE_NEEDED;
        let measured = |read: &&Read| read.at < self.read.at && is_enough(read.status.without(judged), Level::Actual);
        self.reads.iter().rev().find(measured).and_then(|read| Some((*read, read.value?)))
    }

    /// What was used since the read right before the judged one. Of a read that the register fell to or from, which V55 tells,
    /// nothing follows: the last one that counts stands for it then.
    pub(crate) fn since_last(&self) -> Result<Segment, String> {
        let (Kind::Counter, None, Some((last, shown))) = (self.around.kind, self.read.period_start, self.last()) else {
            return self.now();
        };
        let counts = |from: Standing, to: Standing| self.used(from, to).is_ok();
        let (good, now) = (self.before(Level::Actual).next(), (self.read.at, self.value()?));
        let is_reached =
            good.is_none_or(|(read, value)| read.at == last.at || counts((read.at, value), (last.at, shown)));
        if !is_reached || !counts((last.at, shown), now) {
            return self.now();
        }
        let usage = self.used((last.at, shown), now)?;
        Ok(Segment { range: TimeRange { start: last.at, end: self.read.at }, usage })
    }

    /// The nearest measured read after the judged one.
    pub(crate) fn next(&self) -> Option<(Read, Decimal)> {
        let later = |read: &&Read| self.read.at < read.at && is_enough(read.status, Level::Actual);
        self.reads.iter().find(later).and_then(|read| Some((*read, read.value?)))
    }

    /// What was used between two standings.
    pub(crate) fn used(&self, earlier: Standing, later: Standing) -> Result<Amount, String> {
        used(&self.setups, earlier, later)
    }

    /// The span that the read ends and what was used in it.
    pub(crate) fn now(&self) -> Result<Segment, String> {
        let value = self.value()?;
        match (self.around.kind, self.read.period_start) {
            (Kind::Counter, None) => {
                let (before, earlier) = self.before(Level::Actual).next().ok_or("there is no measured read before")?;
                let usage = self.used((before.at, earlier), (self.read.at, value))?;
                Ok(Segment { range: TimeRange { start: before.at, end: self.read.at }, usage })
            }
            (Kind::Amount, Some(start)) if start < self.read.at => {
                Ok(Segment { range: TimeRange { start, end: self.read.at }, usage: value.into() })
            }
            _ => Err("the read does not say what was used".into()),
        }
    }

    /// What is known to have been used between other reads, in order.
    pub(crate) fn segments(&self) -> Vec<Segment> {
        let measured = self.reads.iter().filter(|read| is_enough(read.status, Level::Actual));
        let standings: Vec<(Read, Decimal)> = measured.filter_map(|read| Some((*read, read.value?))).collect();
        if self.around.kind == Kind::Amount {
            let amount = |(read, value): &(Read, Decimal)| {
                let range = TimeRange { start: read.period_start?, end: read.at };
                (range.start < range.end).then(|| Segment { range, usage: (*value).into() })
            };
            return standings.iter().filter_map(amount).collect();
        }
        let between = |pair: &[(Read, Decimal)]| {
            let [(earlier, start), (later, end)] = pair else { return None };
            let range = TimeRange { start: earlier.at, end: later.at };
            let usage = self.used((earlier.at, *start), (later.at, *end)).ok()?;
            (range.start < range.end).then_some(Segment { range, usage })
        };
        standings.windows(2).filter_map(between).collect()
    }

    /// The segments that end where the span that the read ends begins, or earlier.
    pub(crate) fn segments_before(&self, start: Timestamp) -> Vec<Segment> {
        let mut segments = self.segments();
        segments.retain(|segment| segment.range.end <= start);
        segments
    }

    /// The span that an estimate of the read is for: since the nearest earlier read that is good enough
    /// and not before a critical change, or the stated period.
    pub(crate) fn target(&self, level: Level, look_back_days: u32) -> Result<Target, String> {
        let end = self.read.at;
        match (self.around.kind, self.read.period_start) {
            (Kind::Counter, None) => {
                let (base, value) = self.base(level, look_back_days)?;
                Ok(Target { span: TimeRange { start: base.at, end }, base: Some((base, value)) })
            }
            (Kind::Amount, Some(start)) if start < end => Ok(Target { span: TimeRange { start, end }, base: None }),
            (Kind::Demand, _) => Err("a demand does not follow from use".into()),
            _ => Err("the read is not of the kind of its channel".into()),
        }
    }

    /// The nearest earlier read that may be counted on.
    pub(crate) fn base(&self, level: Level, look_back_days: u32) -> Result<(Read, Decimal), String> {
        let (base, value) = self.before(level).next().ok_or("no earlier read may serve as a base")?;
        if self.critical_change().is_some_and(|change| base.at < change) {
            return Err(format!("the nearest earlier read, of {}, is before a critical change", moment(self, base.at)));
        }
        let apart = TimeRange { start: base.at, end: self.read.at }.seconds();
        let longest = i64::from(look_back_days) * DAY_SECONDS;
        if longest < apart {
            let (found, limit) = (duration(apart), duration(longest));
            return Err(format!("the nearest earlier read is {found} back; the limit is {limit}"));
        }
        if !self.counts_on(base.at, self.read.at)? {
            return Err("the register was set up anew since the nearest earlier read".into());
        }
        Ok((base, value))
    }

    /// The hash of what every method uses: the target, its base and the setup.
    pub(crate) fn hash(&self, method: &str, target: &Target) -> InputsHash {
        let hash = InputsHash::of(method).number(target.span.start.as_second()).number(target.span.end.as_second());
        let base = target.base.map_or(String::new(), |(_, value)| value.to_string());
        let setup = self
            .setup(self.read.at)
            .map_or(String::new(), |setup| format!("{} {} {}", setup.multiplier, setup.dials, setup.decimals));
        hash.text(&base).text(&setup)
    }
}

impl Segment {
    /// What would be used in a span at the same rate.
    pub(crate) fn at_same_rate(self, span: TimeRange) -> Result<Usage, String> {
        Usage::share(self.usage, span.seconds(), self.range.seconds()).ok_or_else(|| TOO_LARGE.into())
    }

    /// Adds a segment to the hash of inputs.
    pub(crate) fn hashed(self, hash: InputsHash) -> InputsHash {
        let hash = hash.number(self.range.start.as_second()).number(self.range.end.as_second());
        hash.text(&self.usage.to_string())
    }
}

pub(crate) fn is_enough(status: Status, level: Level) -> bool {
    !status.intersects(UNUSABLE) && (level == Level::Estimated || !status.intersects(MADE))
}

fn opening(setup: &Setup) -> Option<Read> {
    setup.opening.map(|value| Read { at: setup.from, period_start: None, value: Some(value), status: Status::NONE })
}
