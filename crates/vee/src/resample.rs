//! Values of one length of slot in slots of another: exact splitting and summing.
//!
//! A longer value is split into equal parts by largest remainders, the earlier parts first, so that
//! the parts add up to it (60 min in 15 min: 10 gives 3, 3, 2, 2); shorter values are summed, and a sum
//! with a part missing is missing. Lengths of which neither is a multiple of the other do not fit.
//! Catalogue E08 and 3.6: such values are marked with CHOPPED or AGGREGATED.

use model::quality::Status;

use crate::amount::Amount;
use crate::day::{Day, LocalTime};
use crate::evidence::duration;

/// How slots of two days are brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matching {
    /// The same instants: another series of the same day.
    Instants,
    /// The same reading of the local clock: another day.
    LocalTime,
}

/// Where a slot of one day is found in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    /// One of so many equal parts of a slot; the only one of one where the slots are as long.
    Part { slot: u16, part: u32, of: u32 },
    /// These slots together.
    Whole(Vec<u16>),
}

impl Cover {
    /// Where a slot of a day is found in another day; `None` where it is not, or not whole.
    pub(crate) fn of(day: &Day<'_>, slot: u16, other: &Day<'_>, matching: Matching) -> Option<Self> {
        let (length, other_length) = (i64::from(day.slot_seconds), i64::from(other.slot_seconds));
        if length == 0 || other_length == 0 {
            return None;
        }
        let elapsed = day.start.as_second().checked_sub(other.start.as_second())? + i64::from(slot) * length;
        let time = day.local_time(slot);
        let beginning = |seconds: i64| match matching {
            Matching::Instants => slot_after(other, elapsed + seconds),
            Matching::LocalTime => other.slot_at(LocalTime { seconds: time.seconds + seconds, ..time }),
        };
        if other_length % length == 0 {
            let into = if matching == Matching::Instants { elapsed } else { time.seconds }.rem_euclid(other_length);
            let (part, of) = (u32::try_from(into / length).ok()?, u32::try_from(other_length / length).ok()?);
            return Some(Self::Part { slot: beginning(-into)?, part, of });
        }
        let count = length / other_length;
        if length % other_length != 0 || i64::from(other.slots()) < count {
            return None;
        }
        (0..count).map(|at| beginning(at * other_length)).collect::<Option<_>>().map(Self::Whole)
    }

    /// The value there, with every whole value moved by a power of ten and rounded to a whole number
    /// first, ties to even.
    pub(crate) fn value(&self, power: i32, value_of: impl Fn(u16) -> Option<i64>) -> Option<i64> {
        let converted = |whole: i128| i64::try_from(Amount::new(whole, power).rounded(0)?).ok();
        match self {
            Self::Part { slot, part, of } => Some(equal_part(converted(value_of(*slot)?.into())?, *part, *of)),
            Self::Whole(slots) => {
                converted(slots.iter().map(|slot| value_of(*slot).map(i128::from)).sum::<Option<i128>>()?)
            }
        }
    }
}

/// The slot of a day that begins so many seconds after its start.
fn slot_after(day: &Day<'_>, seconds: i64) -> Option<u16> {
    let length = i64::from(day.slot_seconds);
    let whole = 0 <= seconds && seconds % length == 0;
    whole.then(|| u16::try_from(seconds / length).ok()).flatten().filter(|slot| *slot < day.slots())
}

/// One of so many equal parts of a total by largest remainders; all of them add up to it.
pub(crate) fn equal_part(total: i64, part: u32, of: u32) -> i64 {
    let of = i64::from(of.max(1));
    total.div_euclid(of) + i64::from(i64::from(part) < total.rem_euclid(of))
}

/// What values of one length are marked with in slots of another; nothing where they are as long.
pub(crate) fn mark_of_change(from_seconds: u32, to_seconds: u32) -> Status {
    match from_seconds.cmp(&to_seconds) {
        std::cmp::Ordering::Equal => Status::NONE,
        std::cmp::Ordering::Greater => Status::CHOPPED,
        std::cmp::Ordering::Less => Status::AGGREGATED,
    }
}

/// What splitting or summing is done to values of one length for slots of another; empty for none.
pub(crate) fn change_of_length(from_seconds: u32, to_seconds: u32) -> String {
    let length = |seconds: u32| duration(seconds.into());
    match from_seconds.cmp(&to_seconds) {
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Greater => {
            format!(", values of {} split into {}", length(from_seconds), length(to_seconds))
        }
        std::cmp::Ordering::Less => {
            format!(", values of {} summed to {}", length(from_seconds), length(to_seconds))
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn day(slot_seconds: u32, values: &[i64]) -> Day<'_> {
        let start = "2026-01-14T06:00:00Z".parse().expect("instant");
        Day { date: date(2026, 1, 14), start, slot_seconds, clock_change: None, values, statuses: &[] }
    }

    #[test]
    fn a_longer_value_is_split_and_shorter_ones_are_summed() {
        // 10 over four quarters: 3 + 3 + 2 + 2, the earlier parts with the larger share.
        check(3600, &[10, 7], 900, "3 3 2 2 2 2 2 1");
        check(900, &[3, 3, 2, 2, 1, 1, 1, 1], 3600, "10 4");
        check(900, &[3, 3, 2, 2, 1, 1, 1], 3600, "10 _");
        check(900, &[-1, -1], 300, "0 0 -1 0 0 -1");
        check(3600, &[5, 6], 3600, "5 6");
        check(1200, &[5, 6], 900, "_ _ _");
    }

    #[track_caller]
    fn check(from: u32, values: &[i64], to: u32, expected: &str) {
        let slots = expected.split(' ').count();
        let zeros = vec![0; slots];
        let (source, target) = (day(from, values), day(to, &zeros));
        for matching in [Matching::Instants, Matching::LocalTime] {
            let found: Vec<String> = (0..target.slots())
                .map(|slot| Cover::of(&target, slot, &source, matching)?.value(0, |at| source.value(at)))
                .map(|value| value.map_or("_".into(), |value: i64| value.to_string()))
                .collect();
            assert_eq!(found.join(" "), expected, "{matching:?}");
        }
    }

    proptest! {
        #[test]
        fn parts_add_up_to_the_whole(total: i64, of in 1..200_u32) {
            let sum: i128 = (0..of).map(|part| i128::from(equal_part(total, part, of))).sum();
            prop_assert_eq!(sum, i128::from(total));
        }
    }
}
