//! Which decisions hold for a channel-day: those that count, on the slots whose raw value is still the one that the
//! person saw. Newer measured data wins.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use model::id::ChannelNumber;
use model::lineage::{FinalDay, FinalValue};
use model::quality::Status;
use model::review::SHIFT;
use model::time::TimeRange;
use store::readings::NO_VALUE;
use store::registry::directory::Directory;
use store::registry::review::{DecidedDay, Decision, ExceptionState};
use store::registry::{Registry, RegistryError};
use vee::estimators::estimator;

use crate::plans::Plans;
use crate::validation::companions::circle;
use crate::validation::registers::OUTLOOK_DAYS;

/// The method of final estimates.
const FINAL_ESTIMATE: &str = "E20";
/// Channels from which on decisions are asked for by dates, not channel by channel.
const BY_DATES_FROM: usize = 1000;

/// The decisions that count on many days, and what still waits for one.
#[derive(Debug, Default)]
pub struct Decisions {
    /// For which time of a channel values of another interval length wait.
    other_length: HashMap<ChannelNumber, Vec<TimeRange>>,
    of_day: HashMap<(ChannelNumber, Date), Vec<Decision>>,
}

impl Decisions {
    /// Reads those on `days` and on the days and channels that a run over them may run or look at, `plans` deciding how far
    /// that is.
    ///
    /// # Errors
    /// What the registry says.
    pub async fn of(
        registry: &Registry,
        directory: &Directory,
        days: &BTreeSet<(ChannelNumber, Date)>,
        plans: &Plans,
    ) -> Result<Self, RegistryError> {
        let Some((channels, first, last)) = reached(directory, days, plans) else { return Ok(Self::default()) };
        let found = if channels.len() < BY_DATES_FROM {
            registry.review().decisions_of_channels(&channels, first, last).await?
        } else {
            registry.review().decisions_between(first, last).await?
        };
        Self::by_day(found).with_waits(registry, (first, last)).await
    }

    async fn with_waits(mut self, registry: &Registry, (first, last): (Date, Date)) -> Result<Self, RegistryError> {
        // Local days begin and end at most a day from those of UTC.
        let edge = |date: Date| date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
        let start = edge(first.saturating_sub(Span::new().days(1))).unwrap_or(Timestamp::MIN);
        let end = edge(last.saturating_add(Span::new().days(2))).unwrap_or(Timestamp::MAX);
        for wait in registry.interval_waits().within(TimeRange { start, end }).await? {
            self.other_length.entry(wait.channel).or_default().push(wait.range);
        }
        Ok(self)
    }

    /// For which time of a channel values of another interval length wait in quarantine.
    pub fn of_other_length(&self, channel: ChannelNumber) -> &[TimeRange] {
        self.other_length.get(&channel).map_or(&[], Vec::as_slice)
    }

    /// As [`Decisions::of`], as they counted at a moment.
    ///
    /// # Errors
    /// What the registry says.
    pub async fn as_of(
        registry: &Registry,
        directory: &Directory,
        days: &BTreeSet<(ChannelNumber, Date)>,
        plans: &Plans,
        moment: Timestamp,
    ) -> Result<Self, RegistryError> {
        let Some((_, first, last)) = reached(directory, days, plans) else { return Ok(Self::default()) };
        let found = registry.review().decisions_as_of(first, last, moment).await?;
        Self::by_day(found).with_waits(registry, (first, last)).await
    }

    fn by_day(found: Vec<Decision>) -> Self {
        let mut decisions = Self::default();
        for decision in found {
            decisions.of_day.entry((decision.day.channel, decision.day.date)).or_default().push(decision);
        }
        decisions
    }

    /// Those on one day, in the order of their approval.
    pub fn on(&self, channel: ChannelNumber, date: Date) -> &[Decision] {
        self.of_day.get(&(channel, date)).map_or(&[], Vec::as_slice)
    }
}

/// The channels and dates that a run over days may run or look at; `None` where there is no day.
fn reached(
    directory: &Directory,
    days: &BTreeSet<(ChannelNumber, Date)>,
    plans: &Plans,
) -> Option<(BTreeSet<ChannelNumber>, Date, Date)> {
    let (first, last) = (days.iter().map(|day| day.1).min()?, days.iter().map(|day| day.1).max()?);
    // A day that leans on a touched one may itself lean as far again.
    let outlook = plans.outlook();
    let reach = Span::new().days(2 * outlook.outcome_days().saturating_add(1));
    let later = outlook.summary_spans.iter().map(|(_, oldest)| *oldest).max().unwrap_or(0);
    let (first, last) = (first.saturating_sub(reach), last.saturating_add(reach));
    let last = last.saturating_add(Span::new().days(later));
    let mut channels = circle(directory, outlook, days.iter().map(|day| day.0));
    let registers = registers_near(directory, &channels);
    let far = if registers.is_empty() { Span::new() } else { Span::new().days(OUTLOOK_DAYS) };
    let (first, last) = (first.saturating_sub(far), last.saturating_add(far));
    channels.extend(registers);
    Some((channels, first, last))
}

/// The registers of the usage points of channels.
fn registers_near(directory: &Directory, channels: &BTreeSet<ChannelNumber>) -> BTreeSet<ChannelNumber> {
    let points: BTreeSet<_> =
        channels.iter().filter_map(|number| directory.channel(*number)).map(|channel| channel.usage_point).collect();
    let beside = points.into_iter().flat_map(|usage_point| directory.of_usage_point(usage_point));
    beside.filter(|channel| channel.interval_seconds.is_none()).map(|channel| channel.number).collect()
}

/// A stored decision as rules and methods take it.
pub(crate) fn input(decision: &Decision) -> vee::Decision {
    let place = |value: &Option<i64>| value.unwrap_or(NO_VALUE);
    let written = |values| match decision.method.as_deref() {
        Some(SHIFT) => vee::DecisionKind::Shift(values),
        method => match method.and_then(estimator) {
            Some(method) => vee::DecisionKind::Estimate(method.id, values),
            None => vee::DecisionKind::Set(values),
        },
    };
    vee::Decision {
        act: decision.act,
        from: decision.day.first,
        to: decision.day.end,
        basis: decision.day.basis.iter().map(place).collect(),
        kind: decision.day.new_values.clone().map_or(vee::DecisionKind::Accept, written),
        is_final: decision.method.as_deref() == Some(FINAL_ESTIMATE),
    }
}

/// What people decided about one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The value written last, in the channel's quantum, and the act that wrote it.
    pub set: Option<(u64, i64)>,
    /// Whether that value came of an estimation method.
    pub is_estimate: bool,
    /// The act that accepts what stands there: the written value, or else the one that validation has.
    pub accepted: Option<u64>,
}

impl Held {
    /// Whether a person decided anything.
    pub fn is_any(self) -> bool {
        self.set.is_some() || self.accepted.is_some()
    }
}

/// What holds for each slot of a day with these raw values; later decisions win.
pub fn holding(decisions: &[Decision], raw: &[i64]) -> Vec<Held> {
    let mut held = vec![Held::default(); raw.len()];
    for decision in decisions {
        for (at, slot) in held.iter_mut().enumerate().take(decision.day.end.into()).skip(decision.day.first.into()) {
            let place = at - usize::from(decision.day.first);
            if !stands(&decision.day, place, raw[at]) {
                continue;
            }
            match decision.day.new_values.as_ref().map(|values| values.get(place)) {
                // What was accepted before was another value.
                Some(Some(value)) => {
                    *slot =
                        Held { set: Some((decision.act, *value)), is_estimate: is_estimate(decision), accepted: None };
                }
                Some(None) => {}
                None => slot.accepted = Some(decision.act),
            }
        }
    }
    held
}

/// What holds where a plan keeps final estimates against newer data (V72), as validation decided it.
pub(crate) fn with_final_estimates(mut held: Vec<Held>, decisions: &[Decision], decided: &FinalDay) -> Vec<Held> {
    for line in decided.values.iter().filter(|line| line.status.contains(Status::FINAL_ESTIMATE)) {
        let act = decisions.iter().find_map(|decision| act_of(line, decision.act, &decision.day));
        if let (Some(held), Some(act), Some(value)) = (held.get_mut(usize::from(line.slot)), act, line.value)
            && held.set.is_none()
        {
            (held.set, held.is_estimate) = (Some((act, value)), true);
        }
    }
    held
}

/// The act, where a line of a final day is a value that it wrote: such a line has the act in the place of the hash of inputs.
pub(super) fn act_of(line: &FinalValue, act: u64, day: &DecidedDay) -> Option<u64> {
    let wrote = day.new_values.is_some() && (day.first..day.end).contains(&line.slot) && line.inputs_hash == act;
    (wrote && !line.method.is_empty() && line.status.contains(Status::EDITED)).then_some(act)
}

/// Whether what a decision writes came of an estimation method.
fn is_estimate(decision: &Decision) -> bool {
    decision.method.as_deref().and_then(estimator).is_some()
}

/// On how many slots of the day newer data has overtaken a decision.
pub fn overtaken(day: &DecidedDay, raw: &[i64]) -> usize {
    let slots = raw.iter().enumerate().take(day.end.into()).skip(day.first.into());
    slots.filter(|(at, raw)| !stands(day, at - usize::from(day.first), **raw)).count()
}

/// Whether the raw value at a place of a decision is the one that it was made on.
fn stands(day: &DecidedDay, place: usize, raw: i64) -> bool {
    day.basis.get(place).is_some_and(|basis| basis.unwrap_or(NO_VALUE) == raw)
}

/// What settles an exception over `[first, end)`: a decision for each of its slots; the last act is named.
pub fn settled(held: &[Held], first: u16, end: u16) -> Option<(ExceptionState, u64)> {
    let slots = held.get(first.into()..end.into())?;
    let edited = slots.iter().filter_map(|slot| slot.set.map(|(act, _)| act)).max();
    let accepted = slots.iter().filter_map(|slot| slot.accepted).max();
    let state = if edited.is_some() { ExceptionState::Edited } else { ExceptionState::Accepted };
    let act = edited.max(accepted)?;
    slots.iter().all(|slot| slot.is_any()).then_some((state, act))
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    const DATE: Date = jiff::civil::date(2026, 3, 1);

    /// A decision from slot `first` on; `_` is no value; without new values it accepts.
    fn decision(act: u64, first: u16, basis: &str, new_values: Option<&str>) -> Decision {
        let cells = |text: &str| text.split_whitespace().map(|cell| cell.parse().ok()).collect::<Vec<Option<i64>>>();
        let basis = cells(basis);
        let end = first + u16::try_from(basis.len()).unwrap();
        let new_values = new_values.map(|text| cells(text).into_iter().map(Option::unwrap).collect());
        let day = DecidedDay { channel: ChannelNumber(1), date: DATE, first, end, basis, new_values };
        Decision { act, method: None, day }
    }

    fn raw(text: &str) -> Vec<i64> {
        text.split_whitespace().map(|cell| cell.parse().unwrap_or(NO_VALUE)).collect()
    }

    /// A slot is `.`, `5` (value) `=7` (written by act 7), `ok7` (accepted by act 7), or both.
    #[track_caller]
    fn check(case: &str, decisions: &[Decision], values: &str, expected: &str) {
        let shown = |slot: &Held| {
            let set = slot.set.map_or(String::new(), |(act, value)| format!("{value}={act}"));
            let accepted = slot.accepted.map_or(String::new(), |act| format!("ok{act}"));
            if slot.is_any() { set + &accepted } else { ".".into() }
        };
        let held: Vec<String> = holding(decisions, &raw(values)).iter().map(shown).collect();
        assert_eq!(held.join(" "), expected, "{case}");
    }

    #[test]
    fn late_measured_data_beats_an_edit() {
        let edit = decision(7, 1, "_ _", Some("5 6"));
        check("nothing came", from_ref(&edit), "1 _ _ 4", ". 5=7 6=7 .");
        check("one value came", from_ref(&edit), "1 _ 9 4", ". 5=7 . .");
        check("both came", from_ref(&edit), "1 8 9 4", ". . . .");
        assert_eq!(overtaken(&edit.day, &raw("1 _ 9 4")), 1);
    }

    #[test]
    fn a_corrected_value_opens_what_was_accepted() {
        let accept = decision(3, 0, "900 2", None);
        check("as it was", from_ref(&accept), "900 2", "ok3 ok3");
        check("corrected", &[accept], "90 2", ". ok3");
    }

    #[test]
    fn the_last_word_wins() {
        let (first, second) = (decision(1, 0, "1 1 1", Some("5 5 5")), decision(2, 1, "1", Some("6")));
        check("edit over edit", &[first.clone(), second.clone()], "1 1 1", "5=1 6=2 5=1");
        check("approved in the other order", &[second, first.clone()], "1 1 1", "5=1 5=1 5=1");
        let accept = decision(3, 0, "1 1", None);
        check("an edit is accepted", &[first.clone(), accept.clone()], "1 1 1", "5=1ok3 5=1ok3 5=1");
        check("an edit is newer than what was accepted", &[accept, first], "1 1 1", "5=1 5=1 5=1");
    }

    #[test]
    fn days_of_another_length_do_not_fit() {
        check("beyond the end", &[decision(1, 1, "1 1", Some("5 5"))], "1 1", ". 5=1");
        check("no values", &[decision(1, 0, "1", None)], "", "");
    }

    #[test]
    fn an_exception_is_settled_by_a_word_for_each_slot() {
        let held = holding(&[decision(1, 0, "1 1", None), decision(2, 1, "1 1", Some("5 5"))], &raw("1 1 1 1"));
        assert_eq!(settled(&held, 0, 1), Some((ExceptionState::Accepted, 1)));
        assert_eq!(settled(&held, 0, 3), Some((ExceptionState::Edited, 2)));
        assert_eq!(settled(&held, 2, 4), None, "one slot is left");
        assert_eq!(settled(&held, 2, 9), None, "beyond the day");
    }
}
