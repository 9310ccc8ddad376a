//! The pipeline over register reads: what it decides, what it leaves alone, and what holds for any read.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use proptest::prelude::*;
use vee::Verdict;
use vee::amount::Amount;
use vee::context::DayTemperature;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry};
use vee::register::estimators::ESTIMATORS;
use vee::register::rules::RULES;
use vee::register::{Change, CheckedRegisterPlan, Kind, Outcome, Read, RegisterPlan, RuleResult, Setup, SpanSum};

use crate::register_notation::{Situation, checked, plan_of_method, plan_of_rule, settings_of};

const SECONDS: i64 = 1_767_225_600;

fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(SECONDS + hours * 3600).expect("in range")
}

fn read(hours: i64, value: Option<Decimal>) -> Read {
    Read { at: at(hours), period_start: None, value, status: Status::NONE }
}

fn setup(multiplier: Decimal, dials: u8, decimals: u8) -> Setup {
    let (closing, opening) = (None, None);
    Setup { from: Timestamp::MIN, multiplier, dials, decimals, closing, opening, change: Change::Minor }
}

fn sum(from: i64, to: i64, sum: Amount) -> SpanSum {
    SpanSum { range: TimeRange { start: at(from), end: at(to) }, sum, missing: 0, estimated: 0 }
}

fn situation(read: Read, setup: Setup, reads: Vec<Read>) -> Situation {
    Situation {
        zone: TimeZone::UTC,
        kind: Kind::Counter,
        read,
        setups: vec![setup],
        reads,
        interval_sums: vec![],
        profile_sums: vec![],
        time_of_use: vec![],
        stated_multiplier: None,
        demand_resets: None,
        daily_trend: None,
        temperatures: vec![],
    }
}

fn whole(digits: i64) -> Decimal {
    Decimal::new(digits, 0)
}

fn daily(value: Option<i64>) -> Situation {
    let reads = vec![read(-24, Some(whole(100))), read(0, Some(whole(110)))];
    let mut daily = situation(read(24, value.map(whole)), setup(whole(1), 5, 0), reads);
    daily.interval_sums = vec![sum(0, 24, Amount::new(12, 0))];
    daily
}

fn standard() -> CheckedRegisterPlan {
    checked(RegisterPlan::standard())
}

#[test]
fn a_good_read_is_validated_as_it_is() {
    let outcome = daily(Some(122)).run(&standard());
    let read = &outcome.final_read;
    assert_eq!((read.raw, read.value, read.status), (Some(whole(122)), Some(whole(122)), Status::VALIDATED));
    assert_eq!((read.method.as_str(), read.inputs_hash), ("", 0));
    assert!(read.failures.is_empty() && outcome.estimations.is_empty());
}

#[test]
fn a_failed_read_waits_for_a_person() {
    let outcome = daily(Some(90)).run(&standard());
    let read = &outcome.final_read;
    assert_eq!((read.value, read.status), (Some(whole(90)), Status::FAILED));
    let failures: Vec<(&str, bool, &str)> = read
        .failures
        .iter()
        .map(|failure| (failure.rule.as_str(), failure.blocks, failure.evidence.as_str()))
        .collect();
    let evidence = "the register fell from 110 to 90, which is no roll-over of 5 dials; \
                    it was read at 2026-01-01 00:00 and at 2026-01-02 00:00";
    assert_eq!(failures, [("V55", true, evidence)]);
}

#[test]
fn a_missing_read_is_estimated_and_says_how() {
    let outcome = daily(None).run(&standard());
    let read = &outcome.final_read;
    assert_eq!((read.raw, read.value, read.method.as_str()), (None, Some(whole(122)), "R01"));
    assert_eq!(read.status, Status::ESTIMATED | Status::DERIVED);
    assert_ne!(read.inputs_hash, 0);
    assert_eq!(outcome.estimations.len(), 1, "the first method that gives a read is taken");
    assert_eq!(outcome.estimations[0].words, "110 at 2026-01-01 00:00 and 12 kWh in the intervals of 24 h since");
}

#[test]
fn methods_are_tried_in_order_and_each_says_why_not() {
    let mut daily = daily(None);
    daily.interval_sums.clear();
    let outcome = daily.run(&standard());
    let tried: Vec<&str> = outcome.estimations.iter().map(|done| done.method).collect();
    assert_eq!(tried, ["R01", "R04", "R05", "R02"]);
    assert_eq!(outcome.final_read.value, Some(whole(120)), "10 a day carried on");
    assert!(outcome.estimations.iter().all(|done| !done.words.is_empty()));
    daily.reads.clear();
    let outcome = daily.run(&standard());
    assert_eq!(outcome.final_read.value, None);
    assert_eq!(outcome.final_read.status, Status::MISSING | Status::ESTIMATE_NEEDED);
}

#[test]
fn the_plan_says_what_a_failure_means() {
    let check = |on_failure, status: Status, expected: Status| {
        let mut daily = daily(Some(90));
        daily.read.status = status;
        let read = daily.run(&plan_of_rule("V55", on_failure, "")).final_read;
        assert_eq!(read.status, expected, "{on_failure:?}");
        read
    };
    let source = Status::SOURCE_GOOD;
    assert!(!check(OnFailure::Warn, source, Status::QUESTIONABLE).failures[0].blocks);
    assert!(check(OnFailure::Review, source, Status::FAILED).failures[0].blocks);
    let open = Status::FAILED | Status::ESTIMATE_NEEDED | Status::MISSING;
    assert_eq!(check(OnFailure::Estimate, source, open).value, None);
    assert_eq!(check(OnFailure::Estimate, Status::ACCEPTED, Status::ACCEPTED).value, Some(whole(90)));
}

#[test]
fn a_failed_read_is_replaced_where_the_plan_says_so() {
    let mut plan = RegisterPlan::standard();
    plan.validate.retain(|entry| entry.rule == "V55");
    plan.validate[0].on_failure = OnFailure::Estimate;
    let read = daily(Some(90)).run(&checked(plan)).final_read;
    assert_eq!((read.raw, read.value), (Some(whole(90)), Some(whole(122))));
    assert_eq!(read.status, Status::ESTIMATED | Status::DERIVED);
    assert!(!read.failures[0].blocks, "the estimate took its place");
}

#[test]
fn plans_are_data() {
    let plan = RegisterPlan::standard();
    let text = toml::to_string(&plan).expect("TOML");
    assert_eq!(toml::from_str::<RegisterPlan>(&text).expect("TOML"), plan);
    let json = serde_json::to_string(&plan).expect("JSON");
    assert_eq!(serde_json::from_str::<RegisterPlan>(&json).expect("JSON"), plan);
    assert!(toml::from_str::<RegisterPlan>("colour = 1").is_err());
    assert!(RegisterPlan::default().check("register", 1).is_ok(), "no register part judges nothing");
}

#[test]
fn findings_name_their_place() {
    let rule = |rule: &str, settings: &str| RuleEntry {
        settings: settings_of(settings),
        ..RuleEntry::new(rule, OnFailure::Warn)
    };
    let method =
        |method: &str, exclude_from_scaling| EstimatorEntry { exclude_from_scaling, ..EstimatorEntry::new(method) };
    let plan = RegisterPlan {
        validate: vec![rule("V59", "days=3"), rule("V50", ""), rule("V59", "")],
        estimate: vec![method("E04", false), method("R01", true)],
    };
    let findings = plan.check("register", 1).expect_err("five faults");
    let found: Vec<(&str, &str)> =
        findings.iter().map(|finding| (finding.field.as_str(), finding.message.as_str())).collect();
    assert_eq!(
        found[0],
        ("register.validate[0].settings.days", "V59: found `3`, expected a whole number such as `3 days`")
    );
    assert_eq!(found[1].0, "register.validate[1].rule");
    assert!(found[1].1.starts_with("V50 is a rule of intervals: it belongs under [[validate]]; here are V51, V52"));
    assert_eq!(found[2], ("register.validate[2]", "`V59` is listed twice; keep one entry"));
    assert_eq!(found[3].0, "register.estimate[0].method");
    assert_eq!(found[4].0, "register.estimate[1].exclude_from_scaling");
}

#[test]
fn hashes_tell_when_an_input_changed() {
    let hash = |situation: &Situation| situation.run(&plan_of_method("R01", "")).final_read.inputs_hash;
    let first = hash(&daily(None));
    assert_eq!(first, hash(&daily(None)));
    let mut other = daily(None);
    other.interval_sums[0].sum = Amount::new(121, -1);
    assert_ne!(first, hash(&other), "read the same, made from other intervals");
    let mut other = daily(None);
    other.reads[1].value = Some(whole(109));
    assert_ne!(first, hash(&other));
    let mut other = daily(None);
    other.reads[0].value = Some(whole(99));
    assert_eq!(first, hash(&other), "not used");
}

/// Every rule and every method.
fn everything() -> RegisterPlan {
    let rule = |id: &str| RuleEntry::new(id, OnFailure::Warn);
    RegisterPlan { validate: RULES.iter().map(|entry| rule(entry.id)).collect(), estimate: vec![] }
}

fn decimals() -> impl Strategy<Value = Decimal> {
    let digits = prop_oneof![0..200_000_i64, any::<i64>()];
    let exponent = prop_oneof![-3..=0_i8, any::<i8>()];
    (digits, exponent).prop_map(|(digits, exponent)| Decimal::new(digits, exponent))
}

fn moments() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        9 => (-900..900_i64).prop_map(at),
        1 => Just(Timestamp::MIN),
        1 => Just(Timestamp::MAX),
    ]
}

fn reads() -> impl Strategy<Value = Read> {
    let status = prop_oneof![4 => Just(Status::NONE), 1 => Just(Status::ESTIMATED), 1 => any::<u64>().prop_map(Status)];
    let period = proptest::option::of(moments());
    (moments(), period, proptest::option::of(decimals()), status).prop_map(|(at, period_start, value, status)| Read {
        at,
        period_start,
        value,
        status,
    })
}

fn setups() -> impl Strategy<Value = Setup> {
    let change = prop_oneof![Just(Change::Minor), Just(Change::Critical)];
    let read = || proptest::option::of(decimals());
    let digits = || prop_oneof![0..7_u8, any::<u8>()];
    (moments(), decimals(), digits(), digits(), read(), read(), change).prop_map(
        |(from, multiplier, dials, decimals, closing, opening, change)| Setup {
            from,
            multiplier,
            dials,
            decimals,
            closing,
            opening,
            change,
        },
    )
}

fn sums() -> impl Strategy<Value = SpanSum> {
    (moments(), moments(), decimals(), 0..2_u32, 0..2_u32).prop_map(|(start, end, sum, missing, estimated)| SpanSum {
        range: TimeRange { start, end },
        sum: sum.into(),
        missing,
        estimated,
    })
}

fn situations() -> impl Strategy<Value = Situation> {
    let kind = prop_oneof![Just(Kind::Counter), Just(Kind::Amount), Just(Kind::Demand)];
    let temperature = (-900..900_i64, any::<i32>()).prop_map(|(hours, tenths_celsius)| DayTemperature {
        date: at(hours).to_zoned(TimeZone::UTC).date(),
        tenths_celsius,
    });
    let option = || proptest::option::of(decimals());
    (
        (kind, reads(), option(), option(), proptest::option::of((0..9_u32, 0..9_u32))),
        proptest::collection::vec(setups(), 0..4),
        proptest::collection::vec(reads(), 0..8),
        proptest::collection::vec(sums(), 0..8),
        proptest::collection::vec(temperature, 0..60),
        proptest::collection::vec((option(), option()), 0..3),
    )
        .prop_map(|((kind, read, stated, trend, resets), setups, reads, sums, temperatures, registers)| {
            Situation {
                zone: TimeZone::get("America/Chicago").expect("bundled zone"),
                kind,
                read,
                setups,
                reads,
                profile_sums: sums.clone(),
                interval_sums: sums,
                time_of_use: registers.into_iter().map(|(before, now)| ("T".into(), before, now)).collect(),
                stated_multiplier: stated,
                demand_resets: resets,
                daily_trend: trend,
                temperatures,
            }
        })
}

fn of_every_kind(situation: &Situation) -> Vec<Outcome> {
    let methods = ESTIMATORS.iter().map(|method| situation.run(&plan_of_method(method.id, "")));
    methods.chain([situation.run(&checked(everything()))]).collect()
}

fn amount(value: Option<Decimal>) -> i64 {
    value.expect("an estimate").rescaled(0).expect("whole")
}

proptest! {
    #[test]
    fn any_read_is_answered_calmly_and_in_any_order(mut situation in situations()) {
        let outcomes = of_every_kind(&situation);
        for outcome in &outcomes {
            let explained = |result: &RuleResult| result.reason.is_empty() != (result.verdict == Verdict::NotApplicable);
            prop_assert!(outcome.results.iter().all(explained));
            prop_assert!(outcome.estimations.iter().all(|done| !done.words.is_empty()));
            prop_assert_eq!(outcome.final_read.raw, situation.read.value);
        }
        situation.reads.reverse();
        situation.setups.reverse();
        situation.interval_sums.reverse();
        situation.temperatures.reverse();
        let distinct = |mut moments: Vec<Timestamp>| {
            let all = moments.len();
            moments.sort_unstable();
            moments.dedup();
            moments.len() == all
        };
        if distinct(situation.reads.iter().map(|read| read.at).collect())
            && distinct(situation.setups.iter().map(|setup| setup.from).collect())
            && distinct(situation.interval_sums.iter().map(|sum| sum.range.start).collect())
        {
            prop_assert_eq!(outcomes, of_every_kind(&situation));
        }
    }

    /// What R01 puts on the register is what the intervals say, but for less than one count.
    #[test]
    fn r01_keeps_every_watt_hour(
        base in 0..100_000_i64,
        parts in proptest::collection::vec(0..5_000_i64, 1..30),
        multiplier in 1..200_i64,
        decimals in 0..4_u8,
    ) {
        let setup = setup(whole(multiplier), 9, decimals);
        let hours = parts.len() as i64;
        let mut case = situation(read(hours, None), setup, vec![read(0, Some(whole(base)))]);
        case.interval_sums =
            (0..).zip(&parts).map(|(hour, part)| sum(hour, hour + 1, Amount::new((*part).into(), -3))).collect();
        let value = case.run(&plan_of_method("R01", "")).final_read.value.expect("an estimate");
        let count = 10_i64.pow(3 - u32::from(decimals)) * multiplier;
        let registered = (value.rescaled(-3).expect("fine") - base * 1000) * multiplier;
        let left = parts.iter().sum::<i64>() - registered;
        prop_assert!(0 <= left && left < count, "{left} of a count of {count}");
    }

    /// The parts that R05 makes of a delta add up to it, wherever it is cut.
    #[test]
    fn r05_parts_add_up_to_the_delta(
        total in 0..1_000_000_i64,
        mut cuts in proptest::collection::vec(1..99_i64, 1..8),
        known in proptest::collection::vec(proptest::option::of(0..100_i64), 10),
    ) {
        cuts.extend([0, 100]);
        cuts.sort_unstable();
        cuts.dedup();
        let period = |from, to, value| Read { period_start: Some(at(from)), ..read(to, value) };
        let sums: Vec<SpanSum> = (0..)
            .zip(&known)
            .filter_map(|(tenth, known)| Some(sum(tenth * 10, tenth * 10 + 10, Amount::new((*known)?.into(), 0))))
            .collect();
        let known_total: i64 = known.iter().flatten().sum();
        prop_assume!(known_total <= total && known.iter().any(Option::is_none));
        let part = |from, to| {
            let whole = vec![period(0, 100, Some(whole(total)))];
            let mut case = situation(period(from, to, None), setup(Decimal::new(1, 0), 6, 0), whole);
            case.kind = Kind::Amount;
            case.interval_sums.clone_from(&sums);
            amount(case.run(&plan_of_method("R05", "")).final_read.value)
        };
        let parts: Vec<i64> = cuts.windows(2).map(|cut| if cut == [0, 100] { total } else { part(cut[0], cut[1]) }).collect();
        prop_assert!(parts.iter().all(|part| 0 <= *part));
        prop_assert_eq!(parts.iter().sum::<i64>(), total);
        // The same as reads of a counter: never above the read after, which closes the span.
        let reads = vec![read(0, Some(whole(0))), read(100, Some(whole(total)))];
        let mut last = 0;
        for cut in cuts.iter().filter(|cut| 0 < **cut && **cut < 100) {
            let mut case = situation(read(*cut, None), setup(whole(1), 7, 0), reads.clone());
            case.interval_sums.clone_from(&sums);
            let value = amount(case.run(&plan_of_method("R05", "")).final_read.value);
            prop_assert!(last <= value && value <= total);
            last = value;
        }
    }
}
