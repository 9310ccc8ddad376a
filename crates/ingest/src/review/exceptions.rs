//! What is an exception of a final day: every rule that failed, and what became of those that failed before.

use std::collections::BTreeMap;

use model::lineage::{FinalDay, RuleFailure};
use model::quality::Status;
use smol_str::SmolStr;
use store::registry::review::{Effect, Exception, ExceptionState, Found};

use super::holding::{Held, settled};

/// The exceptions of a day of so many slots that are new or changed, given those that are kept of it; without a number, none
/// is known to reach the end of the day.
///
/// The same day, decisions and kept exceptions give the same answer; with that answer kept, the next is without news
/// but for the run.
pub fn of_day(final_day: &FinalDay, slots: Option<u16>, held: &[Held], kept: &[Exception]) -> Vec<Found> {
    let key = |rule: &SmolStr, from: u16, to: u16| (rule.clone(), from, to);
    let kept: BTreeMap<_, _> =
        kept.iter().map(|kept| (key(&kept.found.rule, kept.found.first, kept.found.end), &kept.found)).collect();
    let mut failing = BTreeMap::new();
    for failure in final_day.failures.iter().filter(|failure| failure.from < failure.to) {
        let known = kept.get(&key(&failure.rule, failure.from, failure.to)).copied();
        failing.entry(key(&failure.rule, failure.from, failure.to)).or_insert_with(|| Found {
            reaches_end: Some(failure.to) == slots,
            ..found(final_day, failure, held, known)
        });
    }
    let gone = kept.iter().filter(|(key, _)| !failing.contains_key(*key));
    let mut news: Vec<Found> = gone.filter_map(|(_, kept)| no_longer_failing(kept, held)).collect();
    news.extend(failing.into_values());
    news
}

fn found(final_day: &FinalDay, failure: &RuleFailure, held: &[Held], known: Option<&Found>) -> Found {
    let settled = settled_of(&failure.rule, held, (failure.from, failure.to));
    // On accepted values a rule leaves no mark; what it meant before still holds.
    let effect = known.filter(|_| settled.is_some()).map_or_else(|| effect(final_day, failure), |known| known.effect);
    Found {
        channel: final_day.channel,
        date: final_day.date,
        rule: failure.rule.clone(),
        first: failure.from,
        end: failure.to,
        reaches_end: false,
        effect,
        severity: failure.severity,
        direction: failure.direction,
        routed: failure.routed && settled.is_none(),
        evidence: failure.evidence.clone(),
        run: final_day.run,
        plan_version: final_day.plan_version,
        state: settled.map_or(ExceptionState::Open, |(state, _)| state),
        act: settled.map(|(_, act)| act),
    }
}

/// What settles an exception of a rule. That newer data does not replace a final estimate is settled by who accepts it, not by
/// the estimate itself; nor does an estimate end that a channel is estimated for too long.
fn settled_of(rule: &str, held: &[Held], (first, end): (u16, u16)) -> Option<(ExceptionState, u64)> {
    match rule {
        "V72" => {
            let accepted: Vec<Held> = held.iter().map(|held| Held { set: None, ..*held }).collect();
            settled(&accepted, first, end)
        }
        "V70" => {
            let of_estimate = |held: &Held| Held { set: held.set.filter(|_| !held.is_estimate), ..*held };
            settled(&held.iter().map(of_estimate).collect::<Vec<_>>(), first, end)
        }
        _ => settled(held, first, end),
    }
}

/// The rule was mended by a person, or no longer fails by itself; `None` where that is known already.
fn no_longer_failing(kept: &Found, held: &[Held]) -> Option<Found> {
    let settled = settled_of(&kept.rule, held, (kept.first, kept.end));
    let state = settled.map_or(ExceptionState::Resolved, |(state, _)| state);
    let news = Found { state, act: settled.map(|(_, act)| act), routed: false, ..kept.clone() };
    (news != *kept).then_some(news)
}

/// What became of the values. A warning leaves some that are questionable and that no method replaced.
fn effect(final_day: &FinalDay, failure: &RuleFailure) -> Effect {
    if failure.blocks {
        return Effect::Blocked;
    }
    let doubted = |slot: u16| match final_day.values.binary_search_by_key(&slot, |value| value.slot) {
        Ok(at) => {
            let value = &final_day.values[at];
            value.method.is_empty() && value.status.contains(Status::QUESTIONABLE)
        }
        Err(_) => final_day.status.contains(Status::QUESTIONABLE),
    };
    if (failure.from..failure.to).any(doubted) { Effect::Questionable } else { Effect::Estimated }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::id::ChannelNumber;
    use model::lineage::{Direction, ExceptionSeverity, FinalValue};

    use super::*;

    fn failure(rule: &str, from: u16, to: u16, blocks: bool) -> RuleFailure {
        RuleFailure {
            rule: rule.into(),
            from,
            to,
            blocks,
            routed: blocks,
            severity: ExceptionSeverity::High,
            direction: Direction::TooHigh,
            evidence: format!("{rule} at {from}"),
        }
    }

    fn day(failures: Vec<RuleFailure>) -> FinalDay {
        FinalDay {
            channel: ChannelNumber(1),
            date: jiff::civil::date(2026, 3, 1),
            run: 5,
            decided_at: Timestamp::UNIX_EPOCH,
            plan_name: "residential".into(),
            plan_version: 1,
            status: Status::VALIDATED,
            values: vec![FinalValue {
                slot: 6,
                value: Some(0),
                status: Status::QUESTIONABLE,
                method: "".into(),
                inputs_hash: 0,
            }],
            failures,
        }
    }

    fn keep(found: &[Found]) -> Vec<Exception> {
        let kept = |(id, found): (u64, &Found)| Exception {
            id,
            found: found.clone(),
            assignee: None,
            comment: None,
            comment_by: None,
            first_seen: Timestamp::UNIX_EPOCH,
            changed_at: Timestamp::UNIX_EPOCH,
        };
        (1..).zip(found).map(kept).collect()
    }

    fn told(found: &[Found]) -> String {
        let one = |found: &Found| {
            let routed = if found.routed { "!" } else { "" };
            format!("{} {}-{} {} {}{routed}", found.rule, found.first, found.end, found.effect, found.state)
        };
        found.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    const NOBODY: &[Held] = &[];
    const SLOTS: Option<u16> = Some(8);

    #[test]
    fn every_failure_is_an_exception_and_only_what_waits_is_routed() {
        let failed = day(vec![failure("V31", 5, 6, true), failure("V30", 2, 4, false), failure("V36", 6, 7, false)]);
        let found = of_day(&failed, SLOTS, NOBODY, &[]);
        assert_eq!(told(&found), "V30 2-4 estimated open, V31 5-6 blocked open!, V36 6-7 questionable open");
        let ends =
            |slots| of_day(&failed, slots, NOBODY, &[]).iter().map(|found| found.reaches_end).collect::<Vec<_>>();
        assert_eq!((ends(Some(6)), ends(None)), (vec![false, true, false], vec![false; 3]), "a day of six slots");
        let twice = day(vec![failure("V30", 2, 4, false), failure("V30", 2, 4, false), failure("V30", 9, 9, true)]);
        assert_eq!(
            told(&of_day(&twice, SLOTS, NOBODY, &[])),
            "V30 2-4 estimated open",
            "one row for one place; none for no slot"
        );
    }

    // covers: AMT-VAL-06
    #[test]
    fn the_plan_says_what_waits_for_a_person() {
        let routed =
            |rule: &str, slot: u16, blocks, routed| RuleFailure { routed, ..failure(rule, slot, slot + 1, blocks) };
        let failed =
            day(vec![routed("V30", 2, false, true), routed("V31", 5, true, false), routed("V36", 6, false, true)]);
        let found = of_day(&failed, SLOTS, NOBODY, &[]);
        assert_eq!(told(&found), "V30 2-3 estimated open!, V31 5-6 blocked open, V36 6-7 questionable open!");
        assert_eq!((found[0].severity, found[0].direction), (ExceptionSeverity::High, Direction::TooHigh));
        let mut held = vec![Held::default(); 8];
        held[2] = Held { accepted: Some(9), ..Held::default() };
        let settled = of_day(&failed, SLOTS, &held, &keep(&found));
        assert_eq!(told(&settled[..1]), "V30 2-3 estimated accepted", "what is settled waits no longer");
    }

    #[test]
    fn a_rule_that_fails_no_longer_is_resolved_once() {
        let kept = keep(&of_day(&day(vec![failure("V31", 5, 6, true)]), SLOTS, NOBODY, &[]));
        let found = of_day(&day(Vec::new()), SLOTS, NOBODY, &kept);
        assert_eq!(told(&found), "V31 5-6 blocked resolved");
        assert_eq!(of_day(&day(Vec::new()), SLOTS, NOBODY, &keep(&found)), []);
        let again = of_day(&day(vec![failure("V31", 5, 6, true)]), SLOTS, NOBODY, &keep(&found));
        assert_eq!(told(&again), "V31 5-6 blocked open!", "it opens where the rule fails once more");
    }

    #[test]
    fn decisions_settle_exceptions_and_undo_opens_them() {
        let failed = day(vec![failure("V31", 5, 6, true)]);
        let kept = keep(&of_day(&failed, SLOTS, NOBODY, &[]));
        let mut held = vec![Held::default(); 8];
        held[5] = Held { accepted: Some(9), ..Held::default() };
        let accepted = of_day(&day(vec![failure("V31", 5, 6, false)]), SLOTS, &held, &kept);
        assert_eq!((told(&accepted).as_str(), accepted[0].act), ("V31 5-6 blocked accepted", Some(9)));
        held[5] = Held { set: Some((10, 4)), ..Held::default() };
        let edited = of_day(&day(Vec::new()), SLOTS, &held, &keep(&accepted));
        assert_eq!((told(&edited).as_str(), edited[0].act), ("V31 5-6 blocked edited", Some(10)));
        let opened = of_day(&failed, SLOTS, NOBODY, &keep(&edited));
        assert_eq!((told(&opened).as_str(), opened[0].act), ("V31 5-6 blocked open!", None));
    }
}
