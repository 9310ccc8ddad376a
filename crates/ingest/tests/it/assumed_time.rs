//! A night in which a meter assumed the time: what people may do about it, and where its energy went.
//!
//! Power failed at 02:00 and came back at 05:00. The meter measured 0.8 and 0.9 kWh until its clock was set at 07:00, and
//! stamped them with 02:00 and 03:00; 04:00 to 07:00 was never recorded. Every other hour is 1 kWh.

use model::quality::Quality;
use model::review::{AskPreview, Edit, OutageBalance, Preview, Propose, Refusal, SHIFT};
use store::readings::{Batch, DayRun, NO_VALUE};
use store::registry::review::Verdict;
use vee::assumed_time::FIVE;

use crate::review_fixture::{NIGHT, Utility, accept, refused, word};

fn night() -> Utility {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/plans/assumed-time-as-printed.toml");
    let plan = std::fs::read_to_string(path).expect("an example");
    let utility = Utility::with_plan(1, &toml::from_str(&plan).expect("a plan"));
    let mut values = [1000; 24];
    values[2..7].copy_from_slice(&[800, 900, NO_VALUE, NO_VALUE, NO_VALUE]);
    let qualities = [(2, 4, utility.book.quality_id(&Quality::of(FIVE)))];
    let day_start = utility.at(NIGHT, 0).as_second();
    let mut batch = Batch::new("HES-1", [9; 32], utility.now().as_microsecond());
    let run = DayRun {
        channel: model::id::ChannelNumber(0),
        date: NIGHT,
        day_start,
        slots: 24,
        slot_seconds: 3600,
        first: 0,
        values: &values,
        qualities: &qualities,
        revision: None,
    };
    batch.push_run(&run).expect("a run");
    utility.book.append(batch).expect("stored");
    utility.validate(&[(0, NIGHT)]);
    utility
}

fn preview(utility: &Utility, (from, to): (i64, i64), shift_to: Option<i64>) -> Preview {
    let at = |slot| utility.at(NIGHT, slot);
    let asked = AskPreview { channel: "0".into(), from: at(from), to: at(to), shift_to: shift_to.map(at) };
    utility.review.preview(&asked, utility.now()).expect("previewed")
}

/// Measured, zeroed, placed elsewhere and unplaced of the only outage.
fn balance(utility: &Utility) -> [String; 4] {
    let mut outages = utility.explained(0).assumed_time;
    assert_eq!(outages.len(), 1, "{outages:?}");
    let OutageBalance { measured, zeroed, elsewhere, unplaced, .. } = outages.remove(0);
    [measured, zeroed, elsewhere, unplaced]
}

fn propose(utility: &Utility, edits: Vec<Edit>, method: &str) -> u64 {
    let (reason, note) = ("clock".into(), "the clock was set at seven".into());
    let asked = Propose { edits, method: method.into(), reason, note, by: "Ada".into(), key: None };
    utility.review.propose(&asked, utility.now()).expect("proposed").act
}

fn statuses(utility: &Utility, slot: usize) -> Vec<&'static str> {
    utility.explained(0).values[slot].statuses.clone()
}

// covers: AMT-FUP-04
#[test]
fn values_are_moved_to_their_true_time_approved_and_taken_back() {
    let utility = night();
    assert_eq!(utility.finals(0, 1, 8), "1.000 0.000 0.000 - - - 1.000");
    assert_eq!(balance(&utility), ["1.7", "1.7", "0", "1.7"], "taken away and put nowhere");
    let before = utility.explained(0);

    let shift = preview(&utility, (2, 4), None).shift.expect("a span of assumed time");
    assert_eq!((shift.to.as_deref(), shift.total.as_str()), (Some("2026-03-01T05:00:00+00:00"), "1.7"));
    let edits = vec![Edit { channel: "0".into(), values: shift.values }];
    let act = propose(&utility, edits, SHIFT);
    assert_eq!(utility.finals(0, 1, 8), "1.000 0.000 0.000 - - - 1.000", "a proposal counts for nothing");
    let own = refused(utility.review.decide(act, Verdict::Approve, &word("Ada"), utility.now()));
    assert!(matches!(own, Refusal::NotAllowed(_)), "{own:?}");
    utility.review.decide(act, Verdict::Approve, &word("Ben"), utility.now()).expect("approved");
    assert_eq!(utility.finals(0, 1, 8), "1.000 0.000 0.000 0.000 0.800 0.900 1.000");
    assert_eq!(balance(&utility), ["1.7", "1.7", "1.7", "0"], "all of it is where it was used");
    let hour = statuses(&utility, 2);
    assert!(hour.contains(&"edited") && !hour.contains(&"assumed meter time"), "{hour:?}");
    assert!(utility.explained(0).is_current, "a run today decides the same");
    let kept = utility.review.proposals(&Default::default()).expect("listed").proposals;
    assert_eq!((kept[0].method.as_deref(), kept[0].decided_by.as_deref()), (Some("shift"), Some("Ben")));

    utility.review.decide(act, Verdict::Undo, &word("Ada"), utility.now()).expect("undone");
    let after = utility.explained(0);
    assert_eq!((after.values, after.assumed_time), (before.values, before.assumed_time));
}

#[test]
fn the_true_time_may_be_told_and_what_does_not_fit_is_refused() {
    let utility = night();
    let early = preview(&utility, (2, 4), Some(4)).shift.expect("a span of assumed time");
    let values: Vec<&str> = early.values.iter().map(|edited| edited.value.as_str()).collect();
    assert_eq!(values, ["0.000", "0.000", "0.800", "0.900"]);
    let late = preview(&utility, (2, 4), Some(6)).shift.expect("a span of assumed time");
    assert!(!late.eligible && late.values.is_empty(), "{late:?}");
    assert!(late.words.contains("2026-03-01T07:00:00Z has a measured value of its own"), "{}", late.words);
    let wide = preview(&utility, (1, 4), None).shift.expect("a span with assumed time");
    assert!(!wide.eligible && wide.words.contains("is not one of assumed meter time"), "{}", wide.words);
    assert_eq!(preview(&utility, (7, 9), None).shift, None, "measured hours have nothing to move");
}

// covers: AMT-FUP-01, AMT-FUP-04
#[test]
fn accepted_or_zeroed_by_hand_it_stays_an_interval_of_assumed_time() {
    let utility = night();
    let zero = preview(&utility, (2, 4), None).methods.into_iter().find(|method| method.method == "E15");
    let zero = zero.expect("the zero fill of the plan");
    assert_eq!((zero.eligible, zero.total.as_str()), (true, "0"), "{}", zero.words);
    let act = utility.propose("Ada", 2, "0 0").expect("proposed");
    utility.review.decide(act, Verdict::Approve, &word("Ben"), utility.now()).expect("approved");
    let zeroed = statuses(&utility, 2);
    assert!(["edited", "assumed meter time"].iter().all(|word| zeroed.contains(word)), "{zeroed:?}");
    utility.review.decide(act, Verdict::Undo, &word("Ada"), utility.now()).expect("undone");

    let found: Vec<_> = utility.exceptions().into_iter().filter(|one| one.rule == "U-AMT").collect();
    utility.review.accept(&accept(&found, "Ada"), utility.now()).expect("accepted");
    assert_eq!(utility.finals(0, 1, 5), "1.000 0.800 0.900 -");
    let accepted = statuses(&utility, 2);
    assert!(["accepted", "assumed meter time"].iter().all(|word| accepted.contains(word)), "{accepted:?}");
    assert_eq!(balance(&utility), ["1.7", "0", "0", "0"], "what is accepted was not taken away");
}

#[test]
fn a_balance_tells_how_the_time_left_out_is_known() {
    let outage = night().explained(0).assumed_time.remove(0);
    let times = [outage.from, outage.to, outage.left_out_to.unwrap_or_default()];
    assert_eq!(times.map(|time| time[11..16].to_owned()), ["02:00", "04:00", "07:00"]);
    assert!(outage.words.starts_with("no event tells when the clock was set, so it is the gap"), "{}", outage.words);
}
