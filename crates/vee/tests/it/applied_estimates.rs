//! Values that a person wrote: what came of an estimation method stays an estimate, what was typed stands as measured.

use model::quality::Status;
use vee::context::Elsewhere;
use vee::{Context, Day, Decision, DecisionKind, MISSING, Outcome, Plan, run};

use crate::notation::{Series, checked, context, final_values, stamp};

const LIKE_DAY: Status = Status::ESTIMATED.with(Status::LIKE_DAY);
const WRITTEN: Status = Status::EDITED.with(Status::ACCEPTED);

fn written(kind: DecisionKind, is_final: bool) -> [Decision; 1] {
    [Decision { act: 7, from: 1, to: 2, basis: vec![MISSING], kind, is_final }]
}

/// What became of a gap in the second hour, into which act 7 wrote.
#[track_caller]
fn check(kind: DecisionKind, is_final: bool, expected: (&str, Status)) {
    let series = Series::read("5 _ 5", 0);
    let day = series.ordinary_day(3600);
    let decisions = written(kind, is_final);
    let outcome: Outcome =
        run(&day, &Context { decisions: &decisions, ..context(0) }, &checked(Plan::standard()), stamp());
    assert_eq!(final_values(&day, &outcome)[1], Some(70));
    let line = outcome.final_day.values.iter().find(|line| line.slot == 1).expect("a written line");
    assert_eq!(
        (line.method.as_str(), line.status.without(Status::VALIDATED), line.inputs_hash),
        (expected.0, expected.1, 7)
    );
}

#[test]
fn an_applied_estimate_keeps_its_method_and_its_marks() {
    let estimate = |method| DecisionKind::Estimate(method, vec![70]);
    check(estimate("E05"), false, ("E05", LIKE_DAY | WRITTEN));
    check(estimate("E04"), false, ("E04", Status::ESTIMATED | Status::INTERPOLATED | WRITTEN));
    check(estimate("E20"), true, ("E20", Status::ESTIMATED | Status::FINAL_ESTIMATE | WRITTEN));
    check(DecisionKind::Set(vec![70]), false, ("E22", WRITTEN));
    check(DecisionKind::Shift(vec![70]), false, ("E22", WRITTEN));
}

/// E05 takes the three nearest like days: the mean of a written 70 and two measured 10 is 30; where the 70 is an estimate, the
/// next three have 10 each.
#[test]
fn an_applied_estimate_is_no_reference_of_like_days() {
    for (case, status, expected) in [("typed", WRITTEN, 30), ("estimated", LIKE_DAY | WRITTEN, 10)] {
        let series = Series::read("5 _ 5", 0);
        let day = series.ordinary_day(3600);
        let (high, low) = ([70; 3], [10; 3]);
        let (marked, plain) = ([status; 3], [Status::VALIDATED; 3]);
        let past = |weeks: i64, values, statuses| {
            let date = day.date.saturating_sub(jiff::Span::new().days(7 * weeks));
            Day { date, start: day.start - jiff::SignedDuration::from_hours(168 * weeks), values, statuses, ..day }
        };
        let history = [past(1, &high, &marked), past(2, &low, &plain), past(3, &low, &plain), past(4, &low, &plain)];
        let plan = checked(Plan { estimate: vec![vee::plan::EstimatorEntry::new("E05")], ..Plan::standard() });
        let outcome = run(&day, &Context { history: &history, ..context(0) }, &plan, stamp());
        assert_eq!(final_values(&day, &outcome)[1], Some(expected), "{case}");
    }
}

/// A register over several days is met with what people wrote, whatever it came of; an estimate of the source is open.
#[test]
fn an_applied_estimate_stands_under_a_register() {
    let series = Series::read("5 6", 0);
    let day = series.ordinary_day(3600);
    for (case, status, expected) in [("written", LIKE_DAY | WRITTEN, 0), ("of the source", Status::ESTIMATED, 1)] {
        let statuses = [Status::VALIDATED, status];
        let other = Day { statuses: &statuses, ..day };
        let after = model::time::TimeRange { start: day.whole().end, end: day.whole().end };
        let elsewhere = Elsewhere::of(day.whole(), after, &[other]);
        assert_eq!((elsewhere.sum, elsewhere.estimated), (11, expected), "{case}");
    }
}
