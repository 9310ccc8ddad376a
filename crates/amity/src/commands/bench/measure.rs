//! A figure beside its peer: both are taken in turn in one run, and the median ratio is what is told.

use std::time::{Duration, Instant};

use serde::Serialize;

/// One line of the result.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: &'static str,
    /// Our figure with its unit, for people.
    pub ours: String,
    /// What it is held against.
    pub peer_name: &'static str,
    /// The peer's figure with its unit.
    pub peer: String,
    /// The ratio that the goal is about.
    pub ratio: f64,
    /// Smallest acceptable ratio, or largest where `smaller_is_better`.
    pub floor: f64,
    /// The ratio aimed for.
    pub goal: f64,
    /// Whether the ratio should be small (sizes, waiting times).
    pub smaller_is_better: bool,
}

impl Figure {
    /// Whether the floor is held.
    pub fn holds(&self) -> bool {
        if self.smaller_is_better { self.ratio <= self.floor } else { self.floor <= self.ratio }
    }

    /// Whether the goal is reached.
    pub fn reaches_goal(&self) -> bool {
        if self.smaller_is_better { self.ratio <= self.goal } else { self.goal <= self.ratio }
    }
}

/// The durations of two pieces of work done in turn.
pub struct Pair {
    /// Median duration of ours.
    pub ours: Duration,
    /// Median duration of the peer.
    pub peer: Duration,
    /// Median over the rounds of peer time by our time: above 1 we are faster.
    pub speed: f64,
}

/// Runs both in turn, once to warm up and then `rounds` times.
pub fn in_turn(rounds: usize, mut ours: impl FnMut(), mut peer: impl FnMut()) -> Pair {
    let time = |work: &mut dyn FnMut()| {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    time(&mut ours);
    time(&mut peer);
    let rounds: Vec<_> = (0..rounds).map(|_| (time(&mut ours), time(&mut peer))).collect();
    Pair {
        ours: median(rounds.iter().map(|round| round.0).collect()),
        peer: median(rounds.iter().map(|round| round.1).collect()),
        speed: median_of(rounds.iter().map(|round| round.1.as_secs_f64() / round.0.as_secs_f64()).collect()),
    }
}

/// The middle duration.
pub fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}

fn median_of(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// `count` things in a duration, as `12.3 M/s`.
pub fn rate(count: u64, duration: Duration) -> String {
    let per_second = count as f64 / duration.as_secs_f64().max(1e-9);
    match per_second {
        fast if 1e9 <= fast => format!("{:.2} G/s", fast / 1e9),
        fast if 1e6 <= fast => format!("{:.2} M/s", fast / 1e6),
        fast if 1e3 <= fast => format!("{:.1} k/s", fast / 1e3),
        slow => format!("{slow:.1} /s"),
    }
}
