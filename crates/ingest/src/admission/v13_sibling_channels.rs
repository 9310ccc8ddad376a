//! V13 sibling channels: the channels of a usage point that come in one message come for the same period.
//!
//! Source: Oracle Sibling IMD check: every other channel of the same device configuration has data for the same period. Siblings have
//! intervals of one length; a register is read at a moment and has none. What did not come at all is told by V15, what has no value
//! within its period by V16.

use model::finding::{Finding, Severity};

use super::arrivals::{Arrival, Arrivals};

/// The channels of a usage point whose period is not that of all its siblings together; `None` where all are the same.
pub fn siblings_of_other_periods(usage_point: &str, arrivals: &Arrivals) -> Option<Finding> {
    let mut apart = Vec::new();
    for (label, arrival) in arrivals.iter().filter(|(_, arrival)| arrival.interval_seconds.is_some()) {
        let siblings = || arrivals.values().filter(|other| other.interval_seconds == arrival.interval_seconds);
        let start = siblings().map(|other| other.start).min().unwrap_or(arrival.start);
        let end = siblings().map(|other| other.end).max().unwrap_or(arrival.end);
        if (start, end) != (arrival.start, arrival.end) {
            let Arrival { start: own_start, end: own_end, .. } = arrival;
            apart.push(format!("{label} has data from {own_start} to {own_end}, its siblings from {start} to {end}"));
        }
    }
    let message = || format!("channels of usage point `{usage_point}` came for other periods: {}", apart.join("; "));
    (!apart.is_empty()).then(|| Finding::new(0, "channels", "V13", message()).with_severity(Severity::Note))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::admission::arrivals::add;

    /// `E1 900 0 3600` for a channel, the length of its intervals (0 for a register), and the seconds of its first instant and its end.
    fn told(pieces: &[&str]) -> Option<String> {
        let mut arrivals = Arrivals::new();
        for piece in pieces {
            let words: Vec<&str> = piece.split(' ').collect();
            let number = |at: usize| words[at].parse::<i64>().expect("a number");
            let instant = |at: usize| Timestamp::from_second(number(at)).expect("an instant");
            let interval_seconds = u32::try_from(number(1)).ok().filter(|length| 0 < *length);
            add(&mut arrivals, &words[0].into(), Arrival { interval_seconds, start: instant(2), end: instant(3) });
        }
        siblings_of_other_periods("N1", &arrivals).map(|finding| finding.message)
    }

    #[test]
    fn periods_of_siblings_are_compared() {
        assert_eq!(told(&["E1 900 0 3600"]), None, "no sibling");
        assert_eq!(told(&["E1 900 0 3600", "B1 900 0 3600"]), None);
        assert_eq!(told(&["E1 900 0 1800", "B1 900 0 3600", "E1 900 2700 3600"]), None, "two pieces of one period");
        let words = "channels of usage point `N1` came for other periods: B1 has data from 1970-01-01T00:00:00Z to \
                     1970-01-01T00:45:00Z, its siblings from 1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z";
        assert_eq!(told(&["E1 900 0 3600", "B1 900 0 2700"]).as_deref(), Some(words));
        let both = told(&["E1 900 0 1800", "B1 900 1800 3600"]).expect("told");
        assert!(both.contains("B1 has data from") && both.contains("; E1 has data from"), "{both}");
    }

    #[test]
    fn channels_of_another_kind_are_no_siblings() {
        assert_eq!(told(&["E1 900 0 3600", "V1 3600 0 7200"]), None, "another length");
        assert_eq!(told(&["E1 900 0 3600", "R1 0 3600 3600"]), None, "a register");
    }
}
