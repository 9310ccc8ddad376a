//! When an order is asked for, again, and given up. Pure.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The tries of an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Seconds from the order to each try, ascending.
    pub tries_after_seconds: Vec<u32>,
    /// Seconds that an answer to the last try may take; then the order is given up.
    pub answer_seconds: u32,
}

impl Schedule {
    /// The tries of a gap: five over five days. The first waits an hour, for what is only late comes by itself.
    pub fn of_gaps() -> Self {
        Self { tries_after_seconds: vec![3_600, 21_600, 86_400, 172_800, 432_000], answer_seconds: 21_600 }
    }

    /// The tries of what somebody waits for.
    pub fn on_demand() -> Self {
        Self { tries_after_seconds: vec![0, 60, 300], answer_seconds: 300 }
    }

    /// The tries of what is read by schedule: at once, after half an hour and after two; an answer may take six hours more.
    pub fn of_schedules() -> Self {
        Self { tries_after_seconds: vec![0, 1_800, 7_200], answer_seconds: 21_600 }
    }

    /// What cannot be asked, in words that name the setting.
    ///
    /// # Errors
    /// The name of the setting, what it is and what was expected.
    pub fn check(&self) -> Result<(), String> {
        let tries = &self.tries_after_seconds;
        if tries.is_empty() || !tries.is_sorted() {
            return Err(format!(
                "tries_after_seconds: {tries:?}, expected one or more numbers, each at least the last"
            ));
        }
        Ok(())
    }

    /// How many tries there are.
    pub fn tries(&self) -> u32 {
        u32::try_from(self.tries_after_seconds.len()).unwrap_or(u32::MAX)
    }

    /// When an order is asked for first.
    pub fn first_try(&self, ordered_at: Timestamp) -> Timestamp {
        later(ordered_at, self.after(0))
    }

    /// When an order is asked for again of which this was the try of a number, from 1; `None` after the last one. Where tries
    /// were held up, the next ones keep their distance.
    pub fn next_try(&self, tried_at: Timestamp, number: u32) -> Option<Timestamp> {
        let next = *self.tries_after_seconds.get(number as usize)?;
        Some(later(tried_at, next - self.after(number.saturating_sub(1) as usize)))
    }

    /// When an order is given up.
    pub fn deadline(&self, ordered_at: Timestamp) -> Timestamp {
        let last = self.tries_after_seconds.len().saturating_sub(1);
        later(later(ordered_at, self.after(last)), self.answer_seconds)
    }

    fn after(&self, number: usize) -> u32 {
        self.tries_after_seconds.get(number).copied().unwrap_or_default()
    }
}

fn later(at: Timestamp, seconds: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: B1-S9.04
    #[test]
    fn a_gap_is_tried_five_times_over_five_days() {
        let (schedule, ordered) = (Schedule::of_gaps(), Timestamp::UNIX_EPOCH);
        let hours = |at: Timestamp| at.as_second() / 3600;
        let mut tries = vec![schedule.first_try(ordered)];
        while let Some(next) = schedule.next_try(*tries.last().expect("one"), tries.len() as u32) {
            tries.push(next);
        }
        assert_eq!(tries.iter().map(|at| hours(*at)).collect::<Vec<_>>(), [1, 6, 24, 48, 120]);
        assert_eq!((schedule.tries(), hours(schedule.deadline(ordered))), (5, 126));
    }

    #[test]
    fn settings_that_cannot_be_are_named() {
        let check = |tries: &[u32]| Schedule { tries_after_seconds: tries.into(), answer_seconds: 1 }.check();
        assert_eq!(check(&[0, 0, 9]), Ok(()));
        for wrong in [&[][..], &[9, 3]] {
            assert!(check(wrong).is_err_and(|error| error.starts_with("tries_after_seconds: ")));
        }
    }
}
