//! What people do with what rules found, from the queue to the final value and back.

use ingest::review::{Policy, Refusal};
use model::review::{AskCheck, AskGroups, AskPreview, AskProposals, Edit, EditedValue};
use store::readings::AsOf;
use store::registry::review::Verdict;

use crate::review_fixture::{NIGHT, Utility, accept, refused, word};

/// Hours 4 to 7 of the night are missing; without history no method fills four hours.
const GAP: &str =
    "1000 1000 1000 1000 _ _ _ _ 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000";
/// Hour 5 is far above the third highest.
const SPIKE: &str = "1000 1000 1000 1000 1000 9000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000 1000";

fn with_a_gap() -> Utility {
    let utility = Utility::with_channels(1);
    utility.arrive(0, NIGHT, 0, GAP);
    utility.validate(&[(0, NIGHT)]);
    utility
}

#[test]
fn fifty_gaps_of_one_silent_collector_are_accepted_in_one_act() {
    let utility = Utility::with_channels(50);
    (0..50).for_each(|channel| utility.arrive(channel, NIGHT, 0, GAP));
    utility.validate(&(0..50).map(|channel| (channel, NIGHT)).collect::<Vec<_>>());
    let groups = utility.review.groups(&AskGroups::default()).expect("grouped");
    let group = &groups.groups[0];
    assert_eq!((groups.groups.len(), groups.total), (1, 50));
    assert_eq!((group.rule.as_deref(), group.rule_name, group.date), (Some("V30"), Some("gap"), Some(NIGHT)));
    assert_eq!((group.count, group.channels, group.routed, group.effect.as_str()), (50, 50, 50, "blocked"));
    assert!(group.next_step.starts_with("Ask the head-end to read the gap once more"), "{}", group.next_step);

    let accepted = utility.review.accept(&accept(&utility.exceptions(), "Ada"), utility.now()).expect("accepted");
    assert_eq!((accepted.state.as_str(), accepted.accepted), ("approved", 50));
    let settled = utility.exceptions();
    assert!(settled.iter().all(|one| one.state == "accepted" && one.act == Some(accepted.act)));
    let of_one = AskGroups { channel: Some("3".into()), date: Some(NIGHT), ..AskGroups::default() };
    assert_eq!(utility.review.groups(&of_one).expect("grouped").total, 0);
    let accepted_one = AskGroups { state: Some("accepted".into()), ..of_one };
    assert_eq!(utility.review.groups(&accepted_one).expect("grouped").groups[0].count, 1);
    assert_eq!(utility.review.groups(&AskGroups::default()).expect("grouped").total, 0);
    let again = refused(utility.review.accept(&accept(&settled[..1], "Ben"), utility.now()));
    assert!(matches!(again, Refusal::Conflict(_)), "{again:?}");
}

// covers: AMT-FUP-01
#[test]
fn an_accepted_value_stays_as_measured_and_waits_no_longer() {
    let utility = Utility::with_channels(1);
    utility.arrive(0, NIGHT, 0, SPIKE);
    utility.validate(&[(0, NIGHT)]);
    let open = utility.exceptions();
    assert_eq!(utility.states(), "V31 open");
    assert!(open[0].routed && open[0].evidence.contains("9"), "{open:?}");
    assert_eq!(open[0].start.as_deref(), Some("2026-03-01T05:00:00+00:00"));
    let act = utility.review.accept(&accept(&open, "Ada"), utility.now()).expect("accepted").act;
    assert_eq!(utility.states(), "V31 accepted");
    let explained = utility.explained(0);
    let hour = &explained.values[5];
    assert_eq!((hour.raw.as_deref(), hour.last.as_deref()), (Some("9.000"), Some("9.000")));
    assert!(hour.statuses.contains(&"accepted") && !hour.statuses.contains(&"failed validation"), "{hour:?}");
    assert!(explained.is_current);
    assert_eq!((explained.decisions[0].act, explained.decisions[0].by.as_str()), (act, "Ada"));
    let kept = utility.review.proposals(&AskProposals::default()).expect("listed").proposals;
    assert_eq!((kept[0].kind.as_str(), kept[0].reason.as_str()), ("accept", "communication"));
    assert_eq!(kept[0].days[0].before, [Some("9.000".to_owned())]);
    assert_eq!(kept[0].days[0].start.as_deref(), Some("2026-03-01T05:00:00+00:00"));
}

#[test]
fn a_corrected_value_is_judged_anew() {
    let utility = Utility::with_channels(1);
    utility.arrive(0, NIGHT, 0, SPIKE);
    utility.validate(&[(0, NIGHT)]);
    utility.review.accept(&accept(&utility.exceptions(), "Ada"), utility.now()).expect("accepted");
    utility.arrive(0, NIGHT, 5, "8000");
    utility.validate(&[(0, NIGHT)]);
    assert_eq!(utility.states(), "V31 open", "what was accepted was another value");
    utility.arrive(0, NIGHT, 5, "1100");
    utility.validate(&[(0, NIGHT)]);
    assert_eq!(utility.states(), "V31 resolved");
}

#[test]
fn own_proposal_cannot_be_approved() {
    let utility = with_a_gap();
    let act = utility.propose("Ada", 4, "0 0 0 0").expect("proposed");
    let own = refused(utility.review.decide(act, Verdict::Approve, &word(" ada "), utility.now()));
    assert!(matches!(&own, Refusal::NotAllowed(words) if words.contains("another person")), "{own:?}");
    assert_eq!(utility.finals(0, 3, 9), "1.000 - - - - 1.000", "a proposal counts for nothing");
    let withdrawn = utility.review.decide(act, Verdict::Reject, &word("Ada"), utility.now()).expect("withdrawn");
    assert_eq!(withdrawn.state, "rejected");
    let late = refused(utility.review.decide(act, Verdict::Approve, &word("Ben"), utility.now()));
    assert!(matches!(late, Refusal::Conflict(_)), "{late:?}");
}

#[test]
fn a_house_that_trusts_one_person_needs_no_second() {
    let policy = Policy { edit_needs_second_person: false, accept_needs_second_person: true, ..Policy::default() };
    let utility = Utility::of(1, "UTC", 3600, policy);
    utility.arrive(0, NIGHT, 0, GAP);
    utility.validate(&[(0, NIGHT)]);
    let accepted = utility.review.accept(&accept(&utility.exceptions(), "Ada"), utility.now()).expect("proposed");
    assert_eq!((accepted.state.as_str(), utility.states().as_str()), ("proposed", "V30 open"));
    utility.review.decide(accepted.act, Verdict::Approve, &word("Ben"), utility.now()).expect("approved");
    assert_eq!(utility.states(), "V30 accepted");
    utility.propose("Ada", 4, "1 1 1 1").expect("written");
    assert_eq!(
        (utility.finals(0, 4, 8).as_str(), utility.states().as_str()),
        ("1.000 1.000 1.000 1.000", "V30 edited")
    );
}

// covers: AMT-FUP-04
#[test]
fn undo_brings_back_what_was() {
    let utility = with_a_gap();
    let before = utility.explained(0);
    let act = utility.propose("Ada", 4, "0 0.25 0 0").expect("proposed");
    utility.review.decide(act, Verdict::Approve, &word("Ben"), utility.now()).expect("approved");
    let edited = utility.explained(0);
    assert_eq!(utility.finals(0, 3, 9), "1.000 0.000 0.250 0.000 0.000 1.000");
    assert_eq!((edited.values[5].raw.as_deref(), edited.values[5].method.as_deref()), (None, Some("E22")));
    assert!(edited.values[5].statuses.contains(&"edited"), "{:?}", edited.values[5].statuses);
    assert!(edited.is_current);
    assert_eq!(utility.states(), "V30 edited");

    utility.review.decide(act, Verdict::Undo, &word("Ada"), utility.now()).expect("undone");
    let after = utility.explained(0);
    assert_eq!((after.values, after.results), (before.values, before.results));
    let [decision] = &after.decisions[..] else { panic!("{:?}", after.decisions) };
    assert_eq!((decision.state.as_str(), decision.undone_by.as_deref()), ("undone", Some("Ada")));
    assert_eq!(utility.states(), "V30 open");
    let acts = utility.review.proposals(&AskProposals::default()).expect("listed").proposals;
    let said = (acts[0].proposed_by.as_str(), acts[0].decided_by.as_deref(), acts[0].undone_by.as_deref());
    assert_eq!(said, ("Ada", Some("Ben"), Some("Ada")), "who did what stays on record");
}

#[test]
fn late_measured_data_beats_an_edit() {
    let utility = with_a_gap();
    let act = utility.propose("Ada", 4, "1.1 1.1 1.1 1.1").expect("proposed");
    utility.review.decide(act, Verdict::Approve, &word("Ben"), utility.now()).expect("approved");
    utility.arrive(0, NIGHT, 4, "1200 1300");
    utility.validate(&[(0, NIGHT)]);
    assert_eq!(utility.finals(0, 4, 8), "1.200 1.300 1.100 1.100", "the measured hours count, the others stay edited");
    assert_eq!(utility.explained(0).decisions[0].slots_overtaken, 2);
    utility.arrive(0, NIGHT, 6, "1400 1500");
    utility.validate(&[(0, NIGHT)]);
    assert_eq!(utility.finals(0, 4, 8), "1.200 1.300 1.400 1.500");
    assert_eq!(utility.states(), "V30 resolved");
}

#[test]
fn a_restart_finds_nothing_twice() {
    let utility = with_a_gap();
    let before = utility.exceptions();
    let restarted = utility.restarted();
    assert_eq!(restarted.follow(utility.now()).expect("followed"), 0, "the feed was read to its end before");
    utility.validate(&[(0, NIGHT)]);
    let after = utility.exceptions();
    assert_eq!(after.len(), 1);
    assert_eq!((after[0].id, after[0].first_seen), (before[0].id, before[0].first_seen));
}

#[test]
fn a_follower_that_comes_too_late_looks_at_every_day() {
    let utility = Utility::with_channels(2);
    for channel in [0, 1] {
        utility.arrive(channel, NIGHT, 0, GAP);
        utility.run(&[(channel, NIGHT)]);
        utility.book.seal(jiff::civil::Date::MAX).expect("sealed");
    }
    let lost = utility.book.changes(store::readings::Cursor::default(), 10);
    assert!(matches!(lost, Err(store::readings::Error::CursorTooOld { .. })), "{lost:?}");
    utility.review.follow(utility.now()).expect("followed");
    assert_eq!(utility.states(), "V30 open, V30 open");
    assert_eq!(utility.review.follow(utility.now()).expect("followed"), 0);
}

#[test]
fn an_act_that_was_cut_off_is_made_up_for() {
    let utility = with_a_gap();
    let act = utility.propose("Ada", 4, "2 2 2 2").expect("proposed");
    // The program ended between the approval and the run over its day.
    utility.ask(utility.registry.review().decide(act, Verdict::Approve, "Ben", "", utility.now()));
    assert_eq!(utility.explained(0).values[4].last, None);
    let restarted = utility.restarted();
    assert_eq!(restarted.settle_waiting(utility.now()).expect("settled"), 1);
    assert_eq!(
        (utility.finals(0, 4, 8).as_str(), utility.states().as_str()),
        ("2.000 2.000 2.000 2.000", "V30 edited")
    );
    assert_eq!(restarted.settle_waiting(utility.now()).expect("settled"), 0);
}

#[test]
fn an_act_sent_again_is_done_once() {
    let utility = with_a_gap();
    let mut asked = accept(&utility.exceptions(), "Ada");
    asked.key = Some("page-17".into());
    let first = utility.review.accept(&asked, utility.now()).expect("accepted");
    assert_eq!(utility.review.accept(&asked, utility.now()).expect("the same answer"), first);
    let act = utility.propose("Ada", 4, "2 2").expect("proposed");
    let twice = refused(utility.propose("Ada", 4, "2 2"));
    assert!(matches!(&twice, Refusal::Conflict(words) if words.contains(&act.to_string())), "{twice:?}");
    let approve = || utility.review.decide(act, Verdict::Approve, &word("Ben"), utility.now());
    assert_eq!(approve().expect("approved"), approve().expect("the same answer"));
}

/// 23 hours of 1 kWh and a counter that went on by 24.5 leave 1.5 kWh for the hour of the spike.
#[test]
fn a_previewed_estimate_meets_the_register_that_the_spike_missed() {
    let utility = Utility::with_channels(1);
    utility.counts(utility.counter(), NIGHT, 100_000, 124_500);
    utility.arrive(0, NIGHT, 0, SPIKE);
    utility.validate(&[(0, NIGHT)]);
    assert_eq!(utility.states(), "V31 open, V50 open");
    let hour = AskPreview { channel: "0".into(), from: utility.at(NIGHT, 5), to: utility.at(NIGHT, 6), shift_to: None };
    let preview = utility.review.preview(&hour, utility.now()).expect("previewed");
    let [line, days, ..] = &preview.methods[..] else { panic!("{:?}", preview.methods) };
    assert_eq!((line.method, days.method), ("E04", "E05"), "in the order of the plan");
    assert_eq!((line.eligible, line.values[0].as_deref()), (true, Some("1.500")), "{}", line.words);
    let zero = preview.methods.iter().find(|method| method.method == "E15").expect("E15");
    assert_eq!(zero.values[0].as_deref(), Some("0.000"), "what is stated is not scaled");
    let register = preview.register.expect("a counter");
    assert_eq!((register.by_method["E04"].as_deref(), register.measured.as_str()), (Some("24.5"), "24.5"));
}

#[test]
fn an_estimation_by_hand_covers_a_year_at_most() {
    // covers: SCALING-MANUAL-SPAN
    let utility = with_a_gap();
    let asked = |hours: i64| {
        let (from, to) = (utility.at(NIGHT, 0), utility.at(NIGHT, hours));
        let asked = AskPreview { channel: "0".into(), from, to, shift_to: None };
        utility.review.preview(&asked, utility.now())
    };
    let is_told = |hours| {
        let refusal = refused(asked(hours));
        matches!(refusal, Refusal::Invalid { field: "to", detail } if detail.contains("366 days"))
    };
    // What then stands in the way is that nothing arrived of the days after the first.
    let why = asked(366 * 24).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(why.contains("nothing arrived"), "{why}");
    assert!(is_told(366 * 24 + 1));
}

/// Worked case of the catalogue, E04: 75, four missing, 100 gives 80, 85, 90, 95.
#[test]
fn every_method_is_previewed_with_its_total_and_the_register() {
    let utility = Utility::of(1, "UTC", 900, Policy::default());
    let register = utility.register();
    let values: Vec<&str> = (0..96).map(|slot| if slot <= 40 { "75" } else { "100" }).collect();
    utility.arrive(0, NIGHT, 0, &values.join(" "));
    // 41 x 0.075 + 55 x 0.100 is 8.575; with the line from 75 to 100 in slots 41 to 44 it is 8.525.
    utility.amount(register, NIGHT, 8525);
    utility.validate(&[(0, NIGHT)]);
    let at = |slot| utility.at(NIGHT, slot);
    let span = |from, to| AskPreview { channel: "0".into(), from: at(from), to: at(to), shift_to: None };
    let preview = utility.review.preview(&span(41, 45), utility.now()).expect("previewed");
    assert_eq!(preview.now, vec![Some("0.100".to_owned()); 4]);
    assert_eq!(preview.starts[0], "2026-03-01T10:15:00+00:00");
    let line = preview.methods.iter().find(|method| method.method == "E04").expect("E04");
    assert_eq!(line.values.iter().flatten().collect::<Vec<_>>(), ["0.080", "0.085", "0.090", "0.095"]);
    assert_eq!((line.eligible, line.total.as_str()), (true, "0.35"));
    let days = preview.methods.iter().find(|method| method.method == "E05").expect("E05");
    assert!(!days.eligible && !days.words.is_empty(), "no day to refer to: {days:?}");
    let register = preview.register.expect("a stated amount");
    assert_eq!((register.measured.as_str(), register.sum_now.as_deref()), ("8.525", Some("8.575")));
    assert_eq!(register.by_method["E04"].as_deref(), Some("8.525"));
    assert!(!register.by_method.contains_key("E05"));
    assert_eq!(
        utility.review.preview(&span(94, 97), utility.now()).err().map(|error| error.to_string()).as_deref(),
        Some("from: nothing arrived of `UP-0/E1` on 2026-03-02")
    );
    let crooked = AskPreview { from: utility.at(NIGHT, 41) + jiff::SignedDuration::from_secs(1), ..span(41, 45) };
    assert!(matches!(refused(utility.review.preview(&crooked, utility.now())), Refusal::Invalid { field: "from", .. }));
}

#[test]
fn an_edit_is_checked_before_it_is_proposed() {
    let utility = Utility::with_channels(1);
    let register = utility.register();
    utility.arrive(0, NIGHT, 0, GAP);
    utility.amount(register, NIGHT, 24_000);
    utility.validate(&[(0, NIGHT)]);
    let check = |values: &str| {
        let values = (4..).zip(values.split_whitespace());
        let values = values.map(|(slot, value)| EditedValue { start: utility.at(NIGHT, slot), value: value.into() });
        let edits = vec![Edit { channel: "UP-0/E1".into(), values: values.collect() }];
        utility.review.check(&AskCheck { edits }, utility.now())
    };
    let verdict = |day: &model::review::CheckedDay, rule: &str| {
        day.results.iter().find(|result| result.rule == rule).map(|result| result.verdict)
    };
    let good = check("1 1 1 1").expect("checked").days.remove(0);
    assert_eq!((verdict(&good, "V30"), verdict(&good, "V50")), (Some("passed"), Some("passed")));
    assert_eq!((good.sum.as_str(), good.register_difference.as_deref()), ("24", Some("0")));
    let bad = check("1 9 1 1").expect("checked").days.remove(0);
    assert_eq!((verdict(&bad, "V31"), verdict(&bad, "V50")), (Some("failed"), Some("failed")));
    assert_eq!((bad.sum.as_str(), bad.register_difference.as_deref()), ("32", Some("8")));
    let partly = check("1").expect("checked").days.remove(0);
    assert_eq!((verdict(&partly, "V30"), partly.register_difference), (Some("failed"), None));
    let fine = refused(check("0.0001"));
    assert!(fine.to_string().contains("is no value of `UP-0/E1` in kWh to 0.001"), "{fine}");
    assert_eq!(utility.finals(0, 4, 8), "- - - -", "nothing is stored");
}

#[test]
fn the_repeated_hour_of_autumn_is_two_hours() {
    let autumn = jiff::civil::date(2024, 11, 3);
    let utility =
        Utility::of(1, "America/Toronto", 3600, Policy { edit_needs_second_person: false, ..Policy::default() });
    utility.arrive(0, autumn, 0, "1000");
    utility.validate(&[(0, autumn)]);
    let start = "2024-11-03T01:00:00-05:00".parse().expect("an instant");
    let edits = vec![Edit { channel: "0".into(), values: vec![EditedValue { start, value: "7".into() }] }];
    let asked = model::review::Propose {
        edits,
        method: "value".into(),
        reason: "agreed".into(),
        note: "by letter".into(),
        by: "Ada".into(),
        key: None,
    };
    utility.review.propose(&asked, utility.now()).expect("written");
    let explained = utility.review.explain("0", autumn, utility.now()).expect("explained");
    assert_eq!(explained.values.len(), 25);
    let hours: Vec<_> = explained.values[1..3].iter().map(|hour| (hour.start.as_str(), hour.last.as_deref())).collect();
    let expected = [("2024-11-03T01:00:00-04:00", Some("1.000")), ("2024-11-03T01:00:00-05:00", Some("7.000"))];
    assert_eq!(hours, expected);
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let utility = with_a_gap();
    let check = |refusal: Refusal, words: &str| assert!(refusal.to_string().contains(words), "{refusal}");
    let open = utility.exceptions();
    let accept_with = |reason: &str, note: &str, by: &str| {
        let mut asked = accept(&open, by);
        (asked.reason, asked.note) = (reason.into(), note.into());
        refused(utility.review.accept(&asked, utility.now()))
    };
    check(accept_with("because", "", "Ada"), "reason: expected one of real-use");
    check(accept_with("other", "", "Ada"), "note: say in a few words");
    check(accept_with("vacant", "", " "), "by: expected the name of a person");
    let mut unknown = accept(&open, "Ada");
    unknown.exceptions.push(99);
    check(refused(utility.review.accept(&unknown, utility.now())), "exception `99` is not in the registry");
    check(refused(utility.propose("Ada", 4, "many")), "`many` is no value");
    check(refused(utility.propose("Ada", 24, "1")), "nothing arrived of `UP-0/E1` on 2026-03-02");
    let groups = AskGroups { by: Some("colour".into()), ..AskGroups::default() };
    check(refused(utility.review.groups(&groups)), "by: expected one of cause, rule-date, rule");
    check(refused(utility.review.decide(77, Verdict::Undo, &word("Ada"), utility.now())), "act `77`");
}

#[test]
fn an_explanation_of_then_tells_nothing_that_came_later() {
    let utility = Utility::with_channels(1);
    utility.arrive(0, NIGHT, 0, "1000");
    utility.validate(&[(0, NIGHT)]);
    let act = utility.propose("Ada", 4, "0.5").expect("proposed");
    utility.review.decide(act, Verdict::Approve, &word("Ben"), utility.now()).expect("approved");
    let then = utility.now().as_microsecond();
    utility.review.decide(act, Verdict::Undo, &word("Cy"), utility.now()).expect("undone");
    let told = |as_of| {
        let told = utility.review.explain_as_of("0", NIGHT, as_of, utility.now()).expect("explained").decisions;
        let one = told.into_iter().next().expect("a decision");
        (one.proposed_by, one.by, one.state, one.undone_by)
    };
    let (ada, ben) = ("Ada".to_owned(), "Ben".to_owned());
    assert_eq!(told(AsOf::At(then)), (ada.clone(), ben.clone(), "approved".into(), None));
    assert_eq!(told(AsOf::Now), (ada, ben, "undone".into(), Some("Cy".into())));
}
