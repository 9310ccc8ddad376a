//! The expected readings of a channel on a day, held against what was known by the deadline and what is known now.

use jiff::Timestamp;
use model::time::TimeRange;
use serde::Serialize;

/// What the book has of an expected reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing ever arrived.
    #[default]
    Nothing,
    /// The source says that it has no value.
    NoValue,
    /// The source estimated it.
    Estimate,
    /// Measured.
    Measured {
        /// Whether the clock that stamped it was in doubt.
        time_in_doubt: bool,
    },
    /// Stored, and cannot be read any more.
    Damaged,
}

/// Why a reading does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// It came after the deadline.
    Late,
    /// Its source estimated it.
    EstimatedBySource,
    /// Its source says that it has no value.
    NoValue,
    /// It is stored and damaged.
    Damaged,
    /// Something of its channel waits in quarantine.
    InQuarantine,
    /// Of all meters of its source nothing came that day.
    SourceSilent,
    /// Of its meter nothing came that day.
    MeterSilent,
    /// Other readings of its meter came.
    NotReceived,
}

impl Reason {
    /// Every reason, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::SourceSilent,
        Self::MeterSilent,
        Self::NotReceived,
        Self::Late,
        Self::InQuarantine,
        Self::EstimatedBySource,
        Self::NoValue,
        Self::Damaged,
    ];

    /// The word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::EstimatedBySource => "estimated_by_source",
            Self::NoValue => "no_value",
            Self::Damaged => "damaged",
            Self::InQuarantine => "in_quarantine",
            Self::SourceSilent => "source_silent",
            Self::MeterSilent => "meter_silent",
            Self::NotReceived => "not_received",
        }
    }

    /// The words for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Late => "came after the deadline",
            Self::EstimatedBySource => "estimated by the source",
            Self::NoValue => "the source has no value",
            Self::Damaged => "stored and damaged",
            Self::InQuarantine => "waits in quarantine",
            Self::SourceSilent => "the source was silent",
            Self::MeterSilent => "the meter was silent",
            Self::NotReceived => "did not come",
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// Counts of readings. Those expected are in time, late, or something else that does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Expected.
    pub expected: u64,
    /// Measured and there by the deadline.
    pub in_time: u64,
    /// Measured and there after the deadline.
    pub late: u64,
    /// Estimates of the source.
    pub estimated: u64,
    /// Not there at all.
    pub missing: u64,
    /// Of those in time, how many a clock in doubt stamped.
    pub time_in_doubt: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.expected += other.expected;
        self.in_time += other.in_time;
        self.late += other.late;
        self.estimated += other.estimated;
        self.missing += other.missing;
        self.time_in_doubt += other.time_in_doubt;
    }
}

/// Consecutive readings of a channel that do not count, for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Miss {
    /// The start of the first.
    pub from: Timestamp,
    /// The end of the last.
    pub to: Timestamp,
    /// How many.
    pub readings: u64,
    /// Why.
    pub reason: Reason,
}

/// Holds expected readings, by their intervals in order, against what was found at the deadline and what is found now; the
/// three are of one length.
pub(super) fn judge(expected: &[TimeRange], by_deadline: &[Found], now: &[Found]) -> (Tally, Vec<Miss>) {
    let mut tally = Tally::default();
    let mut misses: Vec<Miss> = Vec::new();
    for (reading, (early, later)) in expected.iter().zip(by_deadline.iter().zip(now)) {
        tally.expected += 1;
        let Some(reason) = count(&mut tally, *early, *later) else { continue };
        match misses.last_mut() {
            Some(last) if last.reason == reason && last.to == reading.start => {
                last.to = reading.end;
                last.readings += 1;
            }
            _ => misses.push(Miss { from: reading.start, to: reading.end, readings: 1, reason }),
        }
    }
    (tally, misses)
}

/// Counts a reading; answers why it does not count.
fn count(tally: &mut Tally, early: Found, later: Found) -> Option<Reason> {
    match (early, later) {
        (Found::Measured { time_in_doubt }, _) => {
            tally.in_time += 1;
            tally.time_in_doubt += u64::from(time_in_doubt);
            None
        }
        (_, Found::Measured { .. }) => {
            tally.late += 1;
            Some(Reason::Late)
        }
        (_, Found::Estimate) => {
            tally.estimated += 1;
            Some(Reason::EstimatedBySource)
        }
        (_, found) => {
            tally.missing += 1;
            Some(match found {
                Found::NoValue => Reason::NoValue,
                Found::Damaged => Reason::Damaged,
                _ => Reason::NotReceived,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(count: i64) -> Vec<TimeRange> {
        let at = |hour: i64| Timestamp::from_second(1_770_000_000 + 3600 * hour).expect("an instant");
        (0..count).map(|hour| TimeRange { start: at(hour), end: at(hour + 1) }).collect()
    }

    const MEASURED: Found = Found::Measured { time_in_doubt: false };

    // covers: ONT-2.3.1a
    #[test]
    fn only_what_was_measured_and_there_in_time_counts() {
        let early =
            [MEASURED, Found::Measured { time_in_doubt: true }, Found::Nothing, Found::Estimate, Found::Nothing];
        let now = [MEASURED, MEASURED, MEASURED, Found::Estimate, Found::Nothing];
        let (tally, misses) = judge(&hours(5), &early, &now);
        let expected = Tally { expected: 5, in_time: 2, late: 1, estimated: 1, missing: 1, time_in_doubt: 1 };
        assert_eq!(tally, expected);
        let reasons: Vec<_> = misses.iter().map(|miss| miss.reason).collect();
        assert_eq!(reasons, [Reason::Late, Reason::EstimatedBySource, Reason::NotReceived]);
    }

    #[test]
    fn what_was_withdrawn_after_the_deadline_had_been_collected() {
        let (tally, misses) = judge(&hours(1), &[MEASURED], &[Found::NoValue]);
        assert_eq!((tally.in_time, misses), (1, vec![]));
    }

    #[test]
    fn neighbours_that_miss_for_one_reason_are_told_as_one() {
        let now = [Found::Nothing, Found::Nothing, MEASURED, Found::Nothing, Found::NoValue];
        let (_, misses) = judge(&hours(5), &now, &now);
        let told: Vec<_> = misses.iter().map(|miss| (miss.readings, miss.reason)).collect();
        assert_eq!(told, [(2, Reason::NotReceived), (1, Reason::NotReceived), (1, Reason::NoValue)]);
        assert_eq!((misses[0].from, misses[0].to), (hours(1)[0].start, hours(2)[1].end));
    }
}
