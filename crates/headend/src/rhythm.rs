//! How often something comes of who sends by itself and of whom nobody has said it. Pure.
//!
//! Of each of the last days on which something came the longest pause is kept, and the second longest of them is what is
//! usual: a burst at night is no rhythm of seconds, one outage is forgiven, and a rhythm that changes is learned within
//! two days.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Days that are kept, and how many are needed.
const DAYS_KEPT: usize = 8;
const DAYS_MIN: usize = 3;
/// Nothing is expected more often than by so many seconds.
const SHORTEST: u32 = 60;
const DAY_SECONDS: i64 = 86_400;

/// The longest pauses of the last days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Rhythm(VecDeque<Longest>);

/// The longest pause that ended on a day of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
struct Longest {
    day: i64,
    seconds: u32,
}

impl Rhythm {
    /// Something came, after what came before.
    pub fn came(&mut self, before: Option<Timestamp>, at: Timestamp) {
        let Some(pause) = before.map(|before| at.as_second() - before.as_second()) else { return };
        // What is told late says nothing.
        let Ok(seconds) = u32::try_from(pause) else { return };
        let day = at.as_second().div_euclid(DAY_SECONDS);
        match self.0.back_mut().filter(|last| last.day == day) {
            Some(last) => last.seconds = last.seconds.max(seconds),
            None => {
                if self.0.len() == DAYS_KEPT {
                    self.0.pop_front();
                }
                self.0.push_back(Longest { day, seconds });
            }
        }
    }

    /// Seconds within which something comes as a rule; `None` while too few days were seen.
    pub fn usual_seconds(&self) -> Option<u32> {
        let mut pauses: Vec<u32> = self.0.iter().map(|longest| longest.seconds).collect();
        pauses.sort_unstable_by(|left, right| right.cmp(left));
        (DAYS_MIN <= pauses.len()).then(|| pauses[1].max(SHORTEST))
    }
}
