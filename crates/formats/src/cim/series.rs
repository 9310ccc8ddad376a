//! Readings of a block while they wait, eight bytes each where they come at even steps.

use model::quantity::Decimal;
use model::reading::IntervalRun;

use super::block::Kind;
use super::reading::Entry;

/// Readings in the order of the message.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    stretches: Vec<Stretch>,
    readings: usize,
}

/// Readings at even steps that share all but time and value.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    /// The first of them.
    pub(super) first: Entry,
    /// Seconds from one to the next; 0 for a single one.
    pub(super) step: i64,
    /// Lines from one to the next.
    pub(super) line_step: u64,
    /// Digits of each, at the exponent of the first.
    pub(super) digits: Vec<i64>,
    last_end: i64,
    last_line: u64,
}

impl Stretch {
    fn begin(entry: Entry) -> Self {
        let (last_end, last_line) = (entry.end, entry.line());
        Self { first: entry, step: 0, line_step: 0, digits: vec![entry.digits], last_end, last_line }
    }

    /// Adds an entry that goes on evenly; `false` when it does not.
    fn add(&mut self, entry: &Entry, kind: Kind) -> bool {
        let (step, line_step) = (entry.end.wrapping_sub(self.last_end), entry.line().wrapping_sub(self.last_line));
        let even = match self.digits.len() {
            1 => 0 < step,
            _ => step == self.step && line_step == self.line_step,
        };
        let alike = entry.start().is_none() && self.first.start().is_none() && entry.quality == self.first.quality;
        if !even || !alike || entry.revision() != self.first.revision() {
            return false;
        }
        let Some(digits) = self.digits_of(entry, kind) else { return false };
        self.digits.push(digits);
        (self.step, self.line_step) = (step, line_step);
        (self.last_end, self.last_line) = (entry.end, entry.line());
        true
    }

    fn digits_of(&self, entry: &Entry, kind: Kind) -> Option<i64> {
        if entry.digits == IntervalRun::MISSING || entry.exponent == self.first.exponent {
            return Some(entry.digits);
        }
        // The intervals of a run share an exponent in the end; a register read keeps its own.
        if kind == Kind::Register || entry.exponent < self.first.exponent {
            return None;
        }
        let digits = Decimal::new(entry.digits, entry.exponent).rescaled(self.first.exponent).ok();
        digits.filter(|digits| *digits != IntervalRun::MISSING)
    }

    /// End of the last of them.
    pub(super) fn last_end(&self) -> i64 {
        self.last_end
    }

    /// The readings one by one.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        self.digits.iter().zip(0..).map(|(digits, at)| self.first.moved(*digits, at * self.step, self.line_step, at))
    }
}

impl Series {
    /// Adds a reading of the one or the other element.
    pub(super) fn push(&mut self, entry: Entry, kind: Kind) {
        self.readings += 1;
        if !self.stretches.last_mut().is_some_and(|stretch| stretch.add(&entry, kind)) {
            self.stretches.push(Stretch::begin(entry));
        }
    }

    /// How many readings there are.
    pub(super) fn len(&self) -> usize {
        self.readings
    }

    pub(super) fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// The smallest step forward from one reading to the next.
    pub(super) fn smallest_step(&self) -> Option<i64> {
        let between = self.stretches.windows(2).map(|pair| pair[1].first.end.saturating_sub(pair[0].last_end));
        let within = self.stretches.iter().map(|stretch| stretch.step);
        within.chain(between).filter(|step| 0 < *step).min()
    }
}
