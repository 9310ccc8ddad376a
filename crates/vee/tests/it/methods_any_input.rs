//! What holds for every estimation method on any input: it answers, measured values stand, and the
//! order of the lists it is given changes nothing.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use proptest::prelude::*;
use vee::context::{AgreedValue, Companion, DayTemperature, Origin, Profile, RegisterPair, Role, Sources};
use vee::estimators::ESTIMATORS;
use vee::{
    Activity, CheckedPlan, ClockChange, Context, Day, Elsewhere, MISSING, Measured, Neighbour, Outcome, Total, run,
};

use crate::notation::{context, plan_of_method, stamp};

const DATE: Date = date(2026, 1, 14);
const START: i64 = 1_768_370_400;
const LABELS: [&str; 3] = ["A", "B", "C"];

static PLANS: LazyLock<Vec<CheckedPlan>> =
    LazyLock::new(|| ESTIMATORS.iter().map(|method| plan_of_method(method.id, &[])).collect());

/// A day as plain data.
#[derive(Clone, Debug)]
struct Slots {
    days_before: i64,
    slot_seconds: u32,
    values: Vec<i64>,
    statuses: Vec<Status>,
}

impl Slots {
    fn day(&self) -> Day<'_> {
        let start = Timestamp::from_second(START - self.days_before * 86_400).expect("in range");
        let date = DATE - jiff::Span::new().days(self.days_before);
        let (values, statuses) = (&self.values, &self.statuses);
        Day { date, start, slot_seconds: self.slot_seconds, clock_change: None, values, statuses }
    }
}

fn slots(cell: impl Strategy<Value = i64> + Clone + 'static, any_length: bool) -> impl Strategy<Value = Slots> {
    let status = prop_oneof![
        12 => Just(Status::VALIDATED),
        4 => Just(Status::NONE),
        1 => Just(Status::POWER_FAILURE),
        1 => Just(Status::ESTIMATED),
        1 => Just(Status::FAILED),
        1 => any::<u64>().prop_map(Status),
    ];
    let lengths = if any_length { vec![3600, 900, 7200, 1800, 1000] } else { vec![3600] };
    (0..400_i64, proptest::sample::select(lengths))
        .prop_flat_map(move |(days_before, slot_seconds)| {
            let count = (24 * 3600 / slot_seconds) as usize;
            let slots = proptest::collection::vec((cell.clone(), status.clone()), 0..=count);
            (Just(days_before), Just(slot_seconds), slots)
        })
        .prop_map(|(days_before, slot_seconds, slots)| {
            let (values, statuses) = slots.into_iter().unzip();
            Slots { days_before, slot_seconds, values, statuses }
        })
}

fn usual() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![8 => 0..4000_i64, 3 => Just(MISSING), 1 => -50..0_i64]
}

fn extreme() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![4 => any::<i64>(), 2 => Just(MISSING), 1 => Just(i64::MAX), 1 => Just(i64::MIN + 1), 2 => Just(0)]
}

/// Everything a method may look at, as plain data.
#[derive(Clone, Debug)]
struct Case {
    day: Slots,
    history: Vec<Slots>,
    companions: Vec<(Role, usize, i8, Slots)>,
    profile: Option<Slots>,
    outages: Vec<TimeRange>,
    totals: Vec<Total>,
    agreed: Vec<(u16, i64, bool, usize)>,
    temperatures: Vec<(i64, i32)>,
    holidays: Vec<i64>,
    daily_load: Option<i64>,
    before: Option<(i64, u16)>,
    flags: (bool, bool),
}

fn case(cell: impl Strategy<Value = i64> + Clone + 'static) -> impl Strategy<Value = Case> {
    let role = proptest::sample::select(vec![
        Role::Check,
        Role::Scada,
        Role::FlowIn,
        Role::FlowOut,
        Role::LoadProfile,
        Role::Sibling,
    ]);
    let companion = (role, 0..3_usize, -4..4_i8, slots(cell.clone(), true));
    let outage = (0..90_000_i64, 0..20_000_i64).prop_map(|(from, length)| range(from, from + length));
    let total = (0..24_i64, 1..30_i64, 0..9_000_i64, any::<bool>(), 0..3_u32);
    let totals = proptest::collection::vec(total.prop_map(total_of), 0..3);
    let given = (
        totals,
        proptest::collection::vec((0..30_u16, cell.clone(), any::<bool>(), 0..3_usize), 0..5),
        proptest::collection::btree_map(0..60_i64, -300..300_i32, 0..6),
        proptest::collection::vec(0..30_i64, 0..3),
        proptest::option::of(any::<i64>()),
        proptest::option::of((cell.clone(), 0..30_u16)),
        any::<(bool, bool)>(),
    );
    (
        slots(cell.clone(), false),
        proptest::collection::vec(slots(cell.clone(), true), 0..7),
        proptest::collection::vec(companion, 0..4),
        proptest::option::of(slots(cell, true)),
        proptest::collection::vec(outage, 0..3),
        given,
    )
        .prop_map(|(mut day, mut history, companions, profile, outages, given)| {
            let (totals, agreed, temperatures, holidays, daily_load, before, flags) = given;
            day.days_before = 0;
            history.sort_by_key(|day| day.days_before);
            history.dedup_by_key(|day| day.days_before);
            let temperatures = temperatures.into_iter().collect();
            Case {
                day,
                history,
                companions,
                profile,
                outages,
                totals,
                agreed,
                temperatures,
                holidays,
                daily_load,
                before,
                flags,
            }
        })
}

fn range(from: i64, to: i64) -> TimeRange {
    let instant = |seconds: i64| Timestamp::from_second(START + seconds).expect("in range");
    TimeRange { start: instant(from), end: instant(to) }
}

fn total_of((from, hours, used, beyond, count): (i64, i64, i64, bool, u32)) -> Total {
    let pair = RegisterPair {
        start: Decimal::new(1000, -3),
        end: Decimal::new(1000 + used, -3),
        multiplier: Decimal::new(1, 0),
        dials: 5,
        decimals: 3,
    };
    let elsewhere = beyond.then_some(Elsewhere { sum: 7, missing: count, estimated: count / 2 });
    Total { range: range(from * 3600, (from + hours) * 3600), measured: Measured::Register(pair), elsewhere }
}

fn outcome(case: &Case, plan: &CheckedPlan) -> Outcome {
    let history: Vec<Day<'_>> = case.history.iter().map(Slots::day).collect();
    let of_today = |slots: &'_ Slots| Slots { days_before: 0, ..slots.clone() };
    let others: Vec<Slots> = case.companions.iter().map(|(.., slots)| of_today(slots)).collect();
    let companions: Vec<Companion<'_>> = case
        .companions
        .iter()
        .zip(&others)
        .map(|((role, label, exponent, _), slots)| Companion {
            role: *role,
            label: LABELS[*label],
            unit: if *exponent == 0 { "m3" } else { "Wh" },
            exponent: *exponent,
            day: slots.day(),
        })
        .collect();
    let profile = case.profile.as_ref().map(of_today);
    let profile = profile.as_ref().map(|slots| Profile { name: "H0", exponent: -2, day: slots.day() });
    let agreed: Vec<AgreedValue<'_>> = case
        .agreed
        .iter()
        .map(|(slot, value, parties, by)| AgreedValue {
            slot: *slot,
            value: *value,
            origin: if *parties { Origin::Agreement } else { Origin::Person },
            by: LABELS[*by],
            reason: "test",
        })
        .collect();
    let dated = |days: i64| DATE - jiff::Span::new().days(days);
    let temperatures: Vec<DayTemperature> = case
        .temperatures
        .iter()
        .map(|(days, tenths)| DayTemperature { date: dated(*days), tenths_celsius: *tenths })
        .collect();
    let holidays: Vec<Date> = case.holidays.iter().map(|days| dated(*days)).collect();
    let context = Context {
        history: &history,
        holidays: &holidays,
        totals: &case.totals,
        outages: &case.outages,
        companions: &companions,
        negative_allowed: case.flags.0,
        activity: if case.flags.1 { Activity::Active } else { Activity::Inactive },
        before: case.before.map(|(value, slots)| Neighbour {
            value: Some(value).filter(|value| *value != MISSING),
            slots_between: slots,
            missing_at_edge: slots,
        }),
        sources: Sources {
            temperatures: &temperatures,
            profile,
            average_daily_load: case.daily_load.map(|load| Decimal::new(load, -3)),
            agreed: &agreed,
            buckets: &[],
            without_calendar: None,
        },
        ..context(-3)
    };
    run(&case.day.day(), &context, plan, stamp())
}

/// The same case with every list the other way round.
fn turned(case: &Case) -> Case {
    let mut turned = case.clone();
    turned.history.reverse();
    turned.companions.reverse();
    turned.outages.reverse();
    turned.totals.reverse();
    turned.agreed.reverse();
    turned.temperatures.reverse();
    turned.holidays.reverse();
    turned
}

#[track_caller]
fn check(case: &Case) {
    let day = case.day.day();
    for (method, plan) in ESTIMATORS.iter().zip(PLANS.iter()) {
        let outcome = outcome(case, plan);
        assert_eq!(outcome, self::outcome(&turned(case), plan), "{}: the order of a list matters", method.id);
        for listed in &outcome.final_day.values {
            let filled = !listed.method.is_empty();
            assert!(!filled || listed.value.is_some(), "{}: {listed:?}", method.id);
            assert!(!filled || listed.status.contains(Status::ESTIMATED), "{}: {listed:?}", method.id);
            assert!(!filled || day.value(listed.slot).is_none(), "{}: a measured value changed", method.id);
        }
        for done in outcome.estimations.iter().filter(|done| done.method == method.id) {
            assert!(!done.words.is_empty(), "{} gives no reason", method.id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_method_answers_and_leaves_measured_values_alone(case in case(usual())) {
        check(&case);
    }

    #[test]
    fn every_method_answers_calmly_to_extremes(case in case(extreme())) {
        check(&case);
    }

    #[test]
    fn odd_clocks_and_lengths_are_answered_calmly(
        values in proptest::collection::vec(prop_oneof![Just(MISSING), any::<i64>()], 0..20),
        slot_seconds: u32,
        other_seconds: u32,
        exponent: i8,
        at: u16,
        seconds: i32,
    ) {
        let start = Timestamp::from_second(START).expect("in range");
        let clock_change = Some(ClockChange { at: at % 24, seconds });
        let day = Day { date: DATE, start, slot_seconds, clock_change, values: &values, statuses: &[] };
        let other = Day { slot_seconds: other_seconds, ..day };
        let history = [7, 14, 364].map(|days| Day { date: DATE - jiff::Span::new().days(days), ..other });
        let companions = [Role::Check, Role::Scada, Role::FlowIn, Role::LoadProfile]
            .map(|role| Companion { role, label: "A", unit: "kWh", exponent, day: other });
        let sources = Sources {
            profile: Some(Profile { name: "H0", exponent, day: other }),
            average_daily_load: Some(Decimal::new(i64::MAX, exponent)),
            ..Sources::default()
        };
        let context = Context { history: &history, companions: &companions, sources, exponent, ..context(0) };
        for plan in PLANS.iter() {
            let _ = run(&day, &context, plan, stamp());
        }
    }
}
