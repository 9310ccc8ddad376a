//! Values that hold from one instant to another, at most one at a time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

/// A value that holds over `[from, to)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T> {
    /// The value.
    pub value: T,
    /// First instant at which it holds.
    pub from: Timestamp,
    /// First instant at which it holds no more; `None` while no end is known.
    pub to: Option<Timestamp>,
}

impl<T> Dated<T> {
    /// Whether it holds at an instant.
    pub fn holds(&self, instant: Timestamp) -> bool {
        self.from <= instant && self.to.is_none_or(|to| instant < to)
    }
}

/// Dated values of one owner in order of time. They never overlap; gaps are allowed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Dated<T>>")]
pub struct History<T> {
    links: Vec<Dated<T>>,
}

/// Why dated values do not make a history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// A value ends before it begins, or as it begins.
    #[error("a value that holds from {from} cannot end at {to}")]
    Empty {
        /// Its first instant.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
    /// Two values at one time.
    #[error("another value holds at {at} already; end it first or correct the earlier dates")]
    Overlap {
        /// An instant at which both would hold.
        at: Timestamp,
    },
    /// Nothing to end.
    #[error("no value holds at {at}")]
    NothingToEnd {
        /// The wanted end.
        at: Timestamp,
    },
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self { links: Vec::new() }
    }
}

impl<T> History<T> {
    /// The value that holds at an instant.
    pub fn at(&self, instant: Timestamp) -> Option<&T> {
        let after = self.links.partition_point(|link| link.from <= instant);
        let latest = self.links.get(after.checked_sub(1)?)?;
        latest.holds(instant).then_some(&latest.value)
    }

    /// The values that hold at some instant between two, oldest first. What ends with `start` or begins with `end` is
    /// not among them, so that at a single instant only a value that holds before it and after it counts.
    pub fn between(&self, start: Timestamp, end: Timestamp) -> &[Dated<T>] {
        let first = self.links.partition_point(|link| link.to.is_some_and(|to| to <= start));
        let after = self.links.partition_point(|link| link.from < end);
        self.links.get(first..after).unwrap_or(&[])
    }

    /// Every value with its dates, oldest first.
    pub fn links(&self) -> &[Dated<T>] {
        &self.links
    }

    /// Lets a value hold from an instant on, and ends the open one before it there.
    ///
    /// # Errors
    /// [`HistoryError::Overlap`] where the last value begins at or after the instant, or ends after it.
    /// The history is unchanged then.
    pub fn set_from(&mut self, from: Timestamp, value: T) -> Result<(), HistoryError> {
        if let Some(last) = self.links.last_mut() {
            if from <= last.from {
                return Err(HistoryError::Overlap { at: last.from });
            }
            match last.to {
                None => last.to = Some(from),
                Some(to) if from < to => return Err(HistoryError::Overlap { at: from }),
                Some(_) => {}
            }
        }
        self.links.push(Dated { value, from, to: None });
        Ok(())
    }

    /// Ends the open value.
    ///
    /// # Errors
    /// [`HistoryError::NothingToEnd`] without an open value, [`HistoryError::Empty`] before it began.
    pub fn end_at(&mut self, to: Timestamp) -> Result<(), HistoryError> {
        let open = self.links.last_mut().filter(|last| last.to.is_none());
        let open = open.ok_or(HistoryError::NothingToEnd { at: to })?;
        if to <= open.from {
            return Err(HistoryError::Empty { from: open.from, to });
        }
        open.to = Some(to);
        Ok(())
    }
}

impl<T> TryFrom<Vec<Dated<T>>> for History<T> {
    type Error = HistoryError;

    /// Takes dated values in any order.
    fn try_from(mut links: Vec<Dated<T>>) -> Result<Self, HistoryError> {
        links.sort_by_key(|link| link.from);
        for link in &links {
            if let Some(to) = link.to.filter(|to| *to <= link.from) {
                return Err(HistoryError::Empty { from: link.from, to });
            }
        }
        for pair in links.windows(2) {
            if pair[0].to.is_none_or(|to| pair[1].from < to) {
                return Err(HistoryError::Overlap { at: pair[1].from });
            }
        }
        Ok(Self { links })
    }
}

impl<T: Serialize> Serialize for History<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.links.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn dated(value: char, from: i64, to: Option<i64>) -> Dated<char> {
        Dated { value, from: second(from), to: to.map(second) }
    }

    #[test]
    fn a_new_value_ends_the_one_before() {
        let mut history = History::default();
        history.set_from(second(10), 'a').expect("first");
        history.set_from(second(20), 'b').expect("later");
        history.end_at(second(30)).expect("open");
        history.set_from(second(40), 'c').expect("after a gap");
        let found: String = [9, 10, 19, 20, 29, 30, 39, 40, 99]
            .map(|at| history.at(second(at)).copied().unwrap_or('-'))
            .iter()
            .collect();
        assert_eq!(found, "-aabb--cc");
        assert_eq!(history.links()[0], dated('a', 10, Some(20)));
    }

    #[test]
    fn a_span_has_the_values_that_hold_inside_it() {
        let history = History::try_from(vec![dated('a', 10, Some(20)), dated('b', 20, Some(30)), dated('c', 40, None)]);
        let history = history.expect("history");
        let check = |start: i64, end: i64, expected: &str| {
            let found: String = history.between(second(start), second(end)).iter().map(|link| link.value).collect();
            assert_eq!(found, expected, "{start} to {end}");
        };
        check(0, 10, "");
        check(0, 11, "a");
        check(19, 21, "ab");
        check(20, 30, "b");
        check(30, 40, "");
        check(0, 99, "abc");
        check(15, 15, "a");
        check(20, 20, "");
        check(30, 20, "");
    }

    #[test]
    fn overlaps_are_refused_and_change_nothing() {
        let mut history = History::try_from(vec![dated('a', 10, Some(20))]).expect("history");
        let before = history.clone();
        assert_eq!(history.set_from(second(10), 'b'), Err(HistoryError::Overlap { at: second(10) }));
        assert_eq!(history.set_from(second(5), 'b'), Err(HistoryError::Overlap { at: second(10) }));
        assert_eq!(history.set_from(second(19), 'b'), Err(HistoryError::Overlap { at: second(19) }));
        assert_eq!(history.end_at(second(30)), Err(HistoryError::NothingToEnd { at: second(30) }));
        assert_eq!(history, before);
        history.set_from(second(20), 'b').expect("adjacent");
        let empty = HistoryError::Empty { from: second(20), to: second(20) };
        assert_eq!(history.end_at(second(20)), Err(empty));
    }

    #[test]
    fn dated_values_are_put_in_order_and_checked() {
        let ordered = History::try_from(vec![dated('b', 20, None), dated('a', 10, Some(20))]).expect("adjacent");
        assert_eq!(ordered.at(second(20)), Some(&'b'));
        let refused = [
            vec![dated('a', 10, Some(10))],
            vec![dated('a', 10, None), dated('b', 20, None)],
            vec![dated('a', 10, Some(21)), dated('b', 20, None)],
            vec![dated('a', 10, Some(20)), dated('b', 10, Some(20))],
        ];
        for links in refused {
            assert!(History::try_from(links.clone()).is_err(), "{links:?}");
        }
    }

    proptest! {
        #[test]
        fn at_most_one_value_holds(steps in proptest::collection::vec((0_i64..50, any::<char>(), any::<bool>()), 0..20)) {
            let mut history = History::default();
            for (at, value, ends) in steps {
                let _ = if ends { history.end_at(second(at)) } else { history.set_from(second(at), value) };
            }
            for at in 0..50 {
                let holding: Vec<_> = history.links().iter().filter(|link| link.holds(second(at))).collect();
                prop_assert!(holding.len() <= 1);
                prop_assert_eq!(history.at(second(at)), holding.first().map(|link| &link.value));
            }
            prop_assert_eq!(History::try_from(history.links().to_vec()), Ok(history.clone()));
        }

        #[test]
        fn a_history_is_accepted_exactly_when_nothing_overlaps(
            spans in proptest::collection::vec((0_i64..30, 1_i64..10), 0..6),
        ) {
            let links: Vec<_> = spans.iter().map(|(from, length)| dated('x', *from, Some(from + length))).collect();
            let crowded = (0..40).any(|at| 1 < links.iter().filter(|link| link.holds(second(at))).count());
            prop_assert_eq!(History::try_from(links).is_err(), crowded);
        }
    }
}
