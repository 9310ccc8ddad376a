//! Progress of long work on standard error: a line that renews itself for a person, now and then a plain line
//! for a log, nothing when it is quick.

use std::time::{Duration, Instant};

use crate::output;

/// Work that is being done.
pub struct Progress {
    what: &'static str,
    unit: &'static str,
    began: Instant,
    told: Option<Instant>,
    every: Duration,
    renews: bool,
    done: u64,
}

impl Progress {
    /// Starts counting work; `what` and `unit` are words such as `stored` and `readings`.
    pub fn new(what: &'static str, unit: &'static str) -> Self {
        let renews = output::watched();
        let every = if renews { Duration::from_millis(200) } else { Duration::from_secs(10) };
        Self { what, unit, began: Instant::now(), told: None, every, renews, done: 0 }
    }

    /// Says that more of it is done.
    pub fn add(&mut self, count: u64, place: &str) {
        self.done += count;
        let since = self.told.unwrap_or(self.began);
        if since.elapsed() < self.every {
            return;
        }
        self.told = Some(Instant::now());
        let line = format!("{} {} {} ({}/s) {place}", self.what, grouped(self.done), self.unit, grouped(self.rate()));
        if self.renews {
            output::say_over(&line);
        } else {
            output::say(&line);
        }
    }

    /// Things done per second so far.
    pub fn rate(&self) -> u64 {
        let seconds = self.began.elapsed().as_secs_f64().max(1e-6);
        (self.done as f64 / seconds) as u64
    }

    /// Ends the renewing line.
    pub fn finish(self) {
        if self.renews && self.told.is_some() {
            output::say("");
        }
    }
}

/// A number with its thousands apart: `1 234 567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if 0 < at && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_stand_apart() {
        for (number, expected) in [(0, "0"), (999, "999"), (1000, "1 000"), (1_234_567, "1 234 567")] {
            assert_eq!(grouped(number), expected);
        }
    }
}
