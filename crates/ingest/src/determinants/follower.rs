//! The feed of final days becomes answers and changes.
//!
//! How far the feed was read is kept in the commit of what was found, so that a restart at any point neither loses a
//! change nor tells one twice. A request is computed of what the books hold now, so looking at it once more is harmless.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::id::ChannelNumber;
use store::readings::{Change, Cursor, Error, Subject};
use store::registry::determinant::{Outcome, Request, RequestFilter, RequestState};
use store::registry::review::Step;

use super::Determinants;
use super::gather::READS_AROUND;
use crate::review::ReviewError;

/// The name under which its position is kept.
const FOLLOWER: &str = "determinants";
/// Changes of one step.
const STEP_CHANGES: usize = 4096;
/// Requests that are looked at for one commit.
const STEP_REQUESTS: usize = 256;

/// Local days begin at most this far from those of UTC.
const DAYS_AROUND: SignedDuration = SignedDuration::from_hours(2 * 24);

/// First and last day that each channel's new values may matter to.
type Touched = BTreeMap<ChannelNumber, (Date, Date)>;

impl Determinants {
    /// Answers what can be answered by now, and tells what has changed; answers how many messages that made.
    ///
    /// An installation that only collects computes nothing and follows nothing.
    ///
    /// # Errors
    /// What the books say; steps that were made before stay.
    pub fn follow(&self, now: Timestamp) -> Result<usize, ReviewError> {
        if self.role.may_compute().is_err() {
            return Ok(0);
        }
        let _alone = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.follow_changes(now)? + self.answer_due(now)?)
    }

    /// Looks once more at what was asked for on channels of which master data changed, such as a multiplier, and tells what
    /// that changes; answers how many messages that made.
    ///
    /// # Errors
    /// What the books say.
    pub fn look_again(&self, channels: &[ChannelNumber], now: Timestamp) -> Result<usize, ReviewError> {
        if self.role.may_compute().is_err() {
            return Ok(0);
        }
        let _alone = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = self.runtime.block_on(self.registry.determinants().requests_on(channels))?;
        self.settle(requests.iter(), now)
    }

    fn settle<'r>(&self, requests: impl Iterator<Item = &'r Request>, now: Timestamp) -> Result<usize, ReviewError> {
        let outcomes = self.outcomes(requests, now)?;
        for outcome in &outcomes {
            self.runtime.block_on(self.registry.determinants().settle(outcome, now))?;
        }
        Ok(messages(&outcomes))
    }

    fn follow_changes(&self, now: Timestamp) -> Result<usize, ReviewError> {
        let mut told = 0;
        loop {
            let from = self.runtime.block_on(self.registry.review().position(FOLLOWER))?;
            let Some(at) = from else {
                told += self.begin_anew(None, now)?;
                continue;
            };
            let changes = match self.readings.changes(at, STEP_CHANGES) {
                Err(Error::CursorTooOld { .. }) => {
                    told += self.begin_anew(from, now)?;
                    continue;
                }
                changes => changes?,
            };
            let Some(last) = changes.last() else { return Ok(told) };
            let touched = touched(&changes);
            let channels: Vec<ChannelNumber> = touched.keys().copied().collect();
            let requests = self.runtime.block_on(self.registry.determinants().requests_on(&channels))?;
            let outcomes = self.outcomes(requests.iter().filter(|request| overlaps(request, &touched)), now)?;
            told += self.step((from, last.cursor), &outcomes, now)?;
        }
    }

    /// Looks at every request that is alive, where the feed was never followed or no longer reaches back.
    fn begin_anew(&self, from: Option<Cursor>, now: Timestamp) -> Result<usize, ReviewError> {
        let reached = Cursor { sequence: self.readings.sequence(), seen: u32::MAX };
        let (mut told, mut at) = (0, from);
        for state in [RequestState::Open, RequestState::Created] {
            let filter = RequestFilter { state: Some(state), ..RequestFilter::default() };
            for some in self.runtime.block_on(self.registry.determinants().requests(&filter))?.chunks(STEP_REQUESTS) {
                let stays = at.unwrap_or_default();
                let outcomes = self.outcomes(some.iter(), now)?;
                told += self.step((at, stays), &outcomes, now)?;
                at = Some(stays);
            }
        }
        Ok(told + self.step((at, reached), &[], now)?)
    }

    /// Looks at open requests whose cut-off has come.
    fn answer_due(&self, now: Timestamp) -> Result<usize, ReviewError> {
        let filter =
            RequestFilter { state: Some(RequestState::Open), cut_off_until: Some(now), ..RequestFilter::default() };
        let due = self.runtime.block_on(self.registry.determinants().requests(&filter))?;
        self.settle(due.iter(), now)
    }

    fn outcomes<'r>(
        &self,
        requests: impl Iterator<Item = &'r Request>,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, ReviewError> {
        requests.filter_map(|request| self.outcome(request, now).transpose()).collect()
    }

    fn step(
        &self,
        (from, to): (Option<Cursor>, Cursor),
        outcomes: &[Outcome],
        now: Timestamp,
    ) -> Result<usize, ReviewError> {
        let step = Step { follower: FOLLOWER, from, to };
        self.runtime.block_on(self.registry.determinants().follow(step, outcomes, now))?;
        Ok(messages(outcomes))
    }
}

fn messages(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| outcome.issue.is_some() || outcome.was != outcome.state).count()
}

/// The days that may lean on what was decided, and on register reads, which count before anything is decided of them.
fn touched(changes: &[Change]) -> Touched {
    let mut touched = Touched::new();
    for change in changes.iter().filter(|change| !matches!(change.subject, Subject::Intervals | Subject::Versions)) {
        let is_of_reads = matches!(change.subject, Subject::Registers | Subject::FinalReads);
        let around = if is_of_reads { READS_AROUND } else { DAYS_AROUND };
        let (from, to) = (change.date.saturating_sub(around), change.date.saturating_add(around));
        let (first, last) = touched.entry(change.channel).or_insert((from, to));
        *first = from.min(*first);
        *last = to.max(*last);
    }
    touched
}

/// Whether a request may rest on any of these days.
fn overlaps(request: &Request, touched: &Touched) -> bool {
    let date = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let (first, last) = (date(request.period.start), date(request.period.end));
    touched.values().any(|(from, to)| *from <= last && first <= *to)
}
