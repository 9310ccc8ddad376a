//! What the readings book holds of a channel, cut into the pieces that writers of formats take: what subscribers are
//! told, and what is exported.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::Name;
use model::lineage::{FinalDay, FinalRead};
use model::master::Channel;
use model::quality::assumed_time::{AssumedTime, Treated};
use model::quality::{Quality, Status};
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, QualitySpan, RegisterRead, Values};
use model::time::zone::zone_of;
use model::time::{LocalDay, TimeRange};
use store::readings::{self, AsOf, Damage, Day, NO_VALUE, ReadingsBook};
use store::registry::directory::Directory;

use super::message::Stage;

/// Decimals that amounts have at least: utilities write kWh with three.
const DECIMALS_USUAL: i8 = -3;

/// The quality of a gap where an interval of assumed meter time is left out.
const LEFT_OUT: Status = Status::MISSING.with(Status::ASSUMED_TIME);

/// How many intervals of assumed meter time are left out of a run.
pub fn left_out(run: &IntervalRun) -> usize {
    let spans = run.qualities.iter().filter(|span| span.quality == Quality::of(LEFT_OUT));
    spans.map(|span| (span.to - span.from) as usize).sum()
}

/// A channel that is told of.
pub struct Told<'a> {
    /// The book.
    pub book: &'a ReadingsBook,
    /// Names of usage points and meters.
    pub directory: &'a Directory,
    /// The channel.
    pub channel: &'a Channel,
    /// How final values are told.
    pub manner: Manner,
}

/// How final values are told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// What is told of those of assumed meter time.
    pub assumed_time: AssumedTime,
    /// What is told of those that validation let stand.
    pub passed: Passed,
}

/// What is told of a value that validation let stand as it was received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passed {
    /// What its source said of it and nothing else: for formats that tell quality in the flags or codes of a source.
    #[default]
    AsReceived,
    /// That it is validated as well: for formats that have the words of Amity.
    Validated,
}

impl Manner {
    /// The quality of a value that stands, given what its source said and its final status; `None` where it was judged to be
    /// other than its source said.
    fn standing(self, received: &Quality, status: Status) -> Option<Quality> {
        if status.without(Status::VALIDATED) != received.status.without(Status::VALIDATED) {
            return None;
        }
        let status = match self.passed {
            Passed::AsReceived => received.status,
            Passed::Validated => received.status | status,
        };
        Some(Quality { status, ..received.clone() })
    }
}

/// Which slots of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slots {
    /// Every one.
    All,
    /// These, counted from the start of the day.
    Numbered(Range<usize>),
    /// Those that begin in these instants.
    Within(TimeRange),
}

impl Slots {
    /// The slots that a day has of them.
    fn of(self, day_start: i64, length_seconds: u32, count: usize) -> Range<usize> {
        let first_from = |instant: Timestamp| {
            let seconds = instant.as_second().saturating_sub(day_start).max(0).unsigned_abs();
            usize::try_from(seconds.div_ceil(u64::from(length_seconds).max(1))).unwrap_or(usize::MAX).min(count)
        };
        match self {
            Self::All => 0..count,
            Self::Numbered(slots) => slots.start..slots.end.min(count),
            Self::Within(range) => first_from(range.start)..first_from(range.end),
        }
    }
}

impl Told<'_> {
    /// Everything of some instants in a stage, as it was known at a time: a piece for each day, of the intervals that begin
    /// in them, then the register reads; and what of it is damaged and therefore left out.
    ///
    /// # Errors
    /// What the readings book says.
    pub fn pieces(
        &self,
        range: TimeRange,
        as_of: AsOf,
        stage: Stage,
    ) -> Result<(Vec<ChannelReadings>, Vec<Damage>), readings::Error> {
        let (start, end) = (range.start.as_second(), range.end.as_second());
        let history = self.book.read(self.channel.number, start, end, as_of)?;
        let mut pieces = Vec::new();
        for day in &history.days {
            let revision = self.revision(day)?;
            let run = self.intervals(day, Slots::Within(range), stage);
            pieces.extend(run.and_then(|run| self.readings(Values::Intervals(run), revision)));
        }
        let reads = self.registers(history.registers.iter());
        let revision = history.registers.last().and_then(|last| last.revision);
        pieces.extend(reads.and_then(|reads| self.readings(reads, revision)));
        Ok((pieces, history.damaged))
    }

    /// Values under the registered words of the channel; `None` where there are none.
    pub fn readings(&self, values: Values, revision: Option<i64>) -> Option<ChannelReadings> {
        let at = match &values {
            Values::Intervals(run) => run.start,
            Values::Registers(reads) => reads.first()?.at,
        };
        Some(ChannelReadings {
            channel: channel_key(self.directory, self.channel, at),
            unit: self.channel.unit.clone(),
            values,
            revision: revision.and_then(|second| Timestamp::from_second(second).ok()),
            line: 0,
        })
    }

    /// The slots of a day, as far as it has them; `None` where nothing is known of any, as of a day of which nothing arrived
    /// and nothing was expected. A slot without value and without quality did not arrive and was not expected.
    pub fn intervals(&self, day: &Day, slots: Slots, stage: Stage) -> Option<IntervalRun> {
        let decided = day.final_day.as_ref().filter(|_| stage == Stage::Final);
        let (day_start, length_seconds, mut values) = match (day.slot_seconds, decided) {
            (0, None) => return None,
            (0, Some(_)) => empty_day(self.channel, day.date)?,
            _ => (day.day_start, day.slot_seconds, day.values.clone()),
        };
        let mut qualities = self.qualities(day, values.len());
        if let Some(decided) = decided {
            lay_over(decided, self.manner, &mut values, &mut qualities);
        }
        let slots = slots.of(day_start, length_seconds, values.len());
        let said = |slot: usize| values[slot] != NO_VALUE || qualities[slot] != Quality::default();
        if !slots.clone().any(said) {
            return None;
        }
        let (exponent, values) =
            written(values.get(slots.clone()).filter(|some| !some.is_empty())?, self.channel.quantum);
        let start = day_start + i64::try_from(slots.start).ok()? * i64::from(length_seconds);
        Some(IntervalRun {
            start: Timestamp::from_second(start).ok()?,
            length_seconds,
            values,
            exponent,
            qualities: spans(qualities.drain(slots)),
        })
    }

    /// Register reads and amounts of periods; `None` where there is none.
    pub fn registers<'r>(&self, reads: impl Iterator<Item = &'r readings::RegisterRead>) -> Option<Values> {
        let read = |read: &readings::RegisterRead| {
            let amount = |value| {
                let (exponent, values) = written(&[value], self.channel.quantum);
                Decimal::new(values[0], exponent)
            };
            Some(RegisterRead {
                at: Timestamp::from_second(read.at).ok()?,
                period_start: read
                    .period_start
                    .filter(|_| !read.is_opening())
                    .and_then(|start| Timestamp::from_second(start).ok()),
                value: read.value.map(amount),
                quality: self.book.quality(read.quality).unwrap_or_default(),
            })
        };
        let reads: Vec<RegisterRead> = reads.filter_map(read).collect();
        (!reads.is_empty()).then_some(Values::Registers(reads))
    }

    /// Register reads and amounts of periods as validation decided them; `None` where there is none.
    ///
    /// `received` are the reads that were decided on.
    pub fn final_registers<'r>(
        &self,
        reads: impl Iterator<Item = &'r FinalRead>,
        received: &[readings::RegisterRead],
    ) -> Option<Values> {
        let quality = |read: &FinalRead| {
            let place = (read.at.as_second(), read.period_start.map(Timestamp::as_second));
            let stands = read.method.is_empty() && read.value == read.raw;
            let received = received.iter().find(|one| stands && (one.at, one.period_start) == place)?;
            self.manner.standing(&self.book.quality(received.quality).unwrap_or_default(), read.status)
        };
        let read = |read: &FinalRead| RegisterRead {
            at: read.at,
            period_start: read.period_start.filter(|_| !read.is_opening()),
            value: read.value,
            quality: quality(read).unwrap_or_else(|| Quality::of(read.status)),
        };
        let reads: Vec<RegisterRead> = reads.map(read).collect();
        (!reads.is_empty()).then_some(Values::Registers(reads))
    }

    /// The qualities as received, slot by slot.
    fn qualities(&self, day: &Day, slots: usize) -> Vec<Quality> {
        let mut qualities = vec![Quality::default(); slots];
        for (from, to, id) in &day.qualities {
            let quality = self.book.quality(*id).unwrap_or_default();
            let spanned = qualities.iter_mut().take(usize::from(*to)).skip(usize::from(*from));
            spanned.for_each(|slot| slot.clone_from(&quality));
        }
        qualities
    }

    /// The latest revision among the current values of a day.
    fn revision(&self, day: &Day) -> Result<Option<i64>, readings::Error> {
        let versions = self.book.versions(self.channel.number, day.date)?;
        let of_day = versions.iter().filter(|version| version.is_current && version.slot_seconds == day.slot_seconds);
        Ok(of_day.filter_map(|version| version.revision).max())
    }
}

/// The registered words for a channel: the name in its label first, and the meter that was there.
fn channel_key(directory: &Directory, channel: &Channel, at: Timestamp) -> ChannelKey {
    let names = directory.usage_point_names(channel.usage_point);
    let in_label =
        |name: &&Name| channel.label.strip_prefix(name.value.as_str()).is_some_and(|rest| rest.starts_with('/'));
    let meter = directory.meters_at(channel.usage_point, at).find_map(|meter| directory.meter_names(meter).first());
    ChannelKey {
        usage_point: names.iter().find(in_label).or(names.first()).cloned(),
        meter: meter.cloned(),
        suffix: channel.suffix.clone(),
        reading_type: channel.reading_type,
    }
}

/// A local day of which nothing arrived: its start, interval length and slots without a value.
fn empty_day(channel: &Channel, date: Date) -> Option<(i64, u32, Vec<i64>)> {
    let zone = zone_of(&channel.zone).ok()?;
    let seconds = channel.interval_seconds?;
    let day = LocalDay::of(date, &zone)?;
    Some((day.range.start.as_second(), seconds, vec![NO_VALUE; usize::from(day.slots(seconds)?)]))
}

/// Lays what was decided over the values; what is left out becomes a gap that says why.
fn lay_over(decided: &FinalDay, manner: Manner, values: &mut [i64], qualities: &mut [Quality]) {
    for (at, (value, quality)) in values.iter_mut().zip(qualities.iter_mut()).enumerate() {
        let listed = u16::try_from(at).ok().and_then(|slot| decided.listed(slot));
        if *value == NO_VALUE && listed.is_none() {
            continue;
        }
        let status = listed.map_or(quality.status | decided.status, |one| one.status);
        let stands = listed.is_none_or(|one| one.method.is_empty() && one.value.unwrap_or(NO_VALUE) == *value);
        match (manner.assumed_time.treated(status), listed) {
            (Treated::LeftOut, _) => (*value, *quality) = (NO_VALUE, Quality::of(LEFT_OUT)),
            (Treated::Received, _) => quality.status |= Status::ASSUMED_TIME,
            (Treated::Final, _) if stands && let Some(standing) = manner.standing(quality, status) => {
                *quality = standing
            }
            (Treated::Final, Some(one)) => (*value, *quality) = (one.value.unwrap_or(NO_VALUE), Quality::of(status)),
            (Treated::Final, None) => quality.status = status,
        }
    }
}

/// Values with no more decimals than they need, and not fewer than usual.
fn written(values: &[i64], quantum: i8) -> (i8, Vec<i64>) {
    let given = || values.iter().filter(|value| **value != NO_VALUE && **value != 0);
    let finest = given().map(|value| Decimal::new(*value, quantum).normalized().exponent).min().unwrap_or(0);
    let exponent = finest.min(DECIMALS_USUAL).max(quantum);
    let shown = |value: &i64| match *value {
        NO_VALUE => IntervalRun::MISSING,
        value => Decimal::new(value, quantum).rescaled(exponent).unwrap_or(value),
    };
    (exponent, values.iter().map(shown).collect())
}

/// Runs of one quality; slots without a word of it are left out.
fn spans(qualities: impl Iterator<Item = Quality>) -> Vec<QualitySpan> {
    let mut spans: Vec<QualitySpan> = Vec::new();
    for (at, quality) in (0_u32..).zip(qualities) {
        if quality == Quality::of(Status::NONE) {
            continue;
        }
        match spans.last_mut() {
            Some(last) if last.to == at && last.quality == quality => last.to = at + 1,
            _ => spans.push(QualitySpan { from: at, to: at + 1, quality }),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_every_digit_and_the_usual_decimals() {
        let check = |values: &[i64], exponent: i8, expected: &[i64]| {
            assert_eq!(written(values, -6), (exponent, expected.to_vec()));
        };
        check(&[1_250_000, 0], -3, &[1250, 0]);
        check(&[1_250_500], -4, &[12_505]);
        check(&[1], -6, &[1]);
        check(&[NO_VALUE, 5_000_000], -3, &[IntervalRun::MISSING, 5000]);
        check(&[], -3, &[]);
    }
}
