//! Channel-days of the book as the pieces that writers of formats take.

use ingest::placement::zone_of;
use interop::payload::channel_key;
use jiff::Timestamp;
use model::lineage::FinalDay;
use model::master::Channel;
use model::quality::{Quality, Status};
use model::quantity::Decimal;
use model::reading::{ChannelReadings, IntervalRun, QualitySpan, RegisterRead, Values};
use model::time::TimeRange;
use store::readings::{AsOf, Day, NO_VALUE, ReadingsBook};
use store::registry::directory::Directory;

/// Which values are taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// As received.
    Raw,
    /// With what validation and estimation decided.
    Final,
}

/// What is taken out of the book.
pub struct Extract<'a> {
    /// The book.
    pub book: &'a ReadingsBook,
    /// Names of usage points and meters.
    pub directory: &'a Directory,
    /// Which values.
    pub layer: Layer,
    /// The instants.
    pub range: TimeRange,
    /// The state of knowledge.
    pub as_of: AsOf,
}

/// Decimals that amounts have at least: utilities write kWh with three.
const DECIMALS_USUAL: i8 = -3;

impl Extract<'_> {
    /// The pieces of a channel: one for each day, then its register reads.
    ///
    /// # Errors
    /// What the readings book says.
    pub fn pieces(&self, channel: &Channel) -> Result<Vec<ChannelReadings>, store::readings::Error> {
        let (start, end) = (self.range.start.as_second(), self.range.end.as_second());
        let mut history = self.book.read(channel.number, start, end, self.as_of)?;
        if let (Layer::Final, Some(length), Ok(zone)) = (self.layer, channel.interval_seconds, zone_of(&channel.zone)) {
            history.shape_silent_days(&zone, length, (start, end));
        }
        let mut pieces = Vec::new();
        for day in history.days.iter().filter(|day| day.slot_seconds != 0) {
            let revision = self.revision(channel, day)?;
            let Some(run) = self.run(channel, day) else { continue };
            pieces.push(self.piece(channel, day.day_start, Values::Intervals(run), revision));
        }
        if let (Some(first), Some(last)) = (history.registers.first(), history.registers.last()) {
            let reads = history.registers.iter().filter_map(|read| {
                Some(RegisterRead {
                    at: Timestamp::from_second(read.at).ok()?,
                    period_start: read.period_start.and_then(|start| Timestamp::from_second(start).ok()),
                    value: read.value.map(|value| Decimal::new(value, channel.quantum).normalized()),
                    quality: self.book.quality(read.quality).unwrap_or_default(),
                })
            });
            let revision = last.revision;
            pieces.push(self.piece(channel, first.at, Values::Registers(reads.collect()), revision));
        }
        Ok(pieces)
    }

    fn piece(&self, channel: &Channel, at: i64, values: Values, revision: Option<i64>) -> ChannelReadings {
        let at = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
        ChannelReadings {
            channel: channel_key(self.directory, channel, at),
            unit: channel.unit.clone(),
            values,
            revision: revision.and_then(|second| Timestamp::from_second(second).ok()),
            line: 0,
        }
    }

    /// The latest revision among the current values of a day.
    fn revision(&self, channel: &Channel, day: &Day) -> Result<Option<i64>, store::readings::Error> {
        let versions = self.book.versions(channel.number, day.date)?;
        let of_day = versions.iter().filter(|version| version.is_current && version.slot_seconds == day.slot_seconds);
        Ok(of_day.filter_map(|version| version.revision).max())
    }

    fn run(&self, channel: &Channel, day: &Day) -> Option<IntervalRun> {
        let mut values = day.values.clone();
        let mut qualities: Vec<Quality> = vec![Quality::default(); values.len()];
        for (from, to, id) in &day.qualities {
            let quality = self.book.quality(*id).unwrap_or_default();
            let spanned = qualities.iter_mut().take(usize::from(*to)).skip(usize::from(*from));
            spanned.for_each(|slot| slot.clone_from(&quality));
        }
        if let (Layer::Final, Some(decided)) = (self.layer, &day.final_day) {
            lay_over(decided, &mut values, &mut qualities);
        }
        let (exponent, values) = written(values, channel.quantum);
        Some(IntervalRun {
            start: Timestamp::from_second(day.day_start).ok()?,
            length_seconds: day.slot_seconds,
            values,
            exponent,
            qualities: spans(qualities),
        })
    }
}

fn lay_over(decided: &FinalDay, values: &mut [i64], qualities: &mut [Quality]) {
    for quality in qualities.iter_mut() {
        quality.status |= decided.status;
    }
    for one in &decided.values {
        let slot = usize::from(one.slot);
        if let (Some(value), Some(quality)) = (values.get_mut(slot), qualities.get_mut(slot)) {
            *value = one.value.unwrap_or(NO_VALUE);
            *quality = Quality::of(one.status);
        }
    }
}

/// Values with no more decimals than they need, and not fewer than usual.
fn written(values: Vec<i64>, quantum: i8) -> (i8, Vec<i64>) {
    let given = || values.iter().filter(|value| **value != NO_VALUE && **value != 0);
    let finest = given().map(|value| Decimal::new(*value, quantum).normalized().exponent).min().unwrap_or(0);
    let exponent = finest.min(DECIMALS_USUAL).max(quantum);
    let shown = |value: i64| match value {
        NO_VALUE => IntervalRun::MISSING,
        value => Decimal::new(value, quantum).rescaled(exponent).unwrap_or(value),
    };
    (exponent, values.into_iter().map(shown).collect())
}

fn spans(qualities: Vec<Quality>) -> Vec<QualitySpan> {
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
            assert_eq!(written(values.to_vec(), -6), (exponent, expected.to_vec()));
        };
        check(&[1_250_000, 0], -3, &[1250, 0]);
        check(&[1_250_500], -4, &[12_505]);
        check(&[1], -6, &[1]);
        check(&[NO_VALUE, 5_000_000], -3, &[IntervalRun::MISSING, 5000]);
        check(&[], -3, &[]);
    }
}
