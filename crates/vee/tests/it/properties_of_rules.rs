//! What holds for every rule that is built, in any surroundings: it answers, in words, about slots of the
//! day, and does not care in which order the surroundings are listed.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::{LocalDay, TimeRange};
use proptest::prelude::*;
use proptest::sample::select;
use vee::context::{Alarm, Companion, DaySummary, Device, Load, Profile, Role, Site, Sources, Sun};
use vee::plan::{OnFailure, RuleEntry};
use vee::rules::RULES;
use vee::{Activity, CheckedPlan, ClockChange, Context, Day, MISSING, Neighbour, Outcome, Plan, Verdict, run};

use crate::notation::{checked, context, empty_plan, stamp};

/// Every rule with its defaults.
static EVERY_RULE: LazyLock<CheckedPlan> = LazyLock::new(|| {
    let entry = |rule: &str| RuleEntry::new(rule, OnFailure::Review);
    checked(Plan { validate: RULES.iter().map(|rule| entry(rule.id)).collect(), ..empty_plan() })
});

const DATE: Date = jiff::civil::date(2026, 1, 14);
const START: i64 = 1_768_370_400;

/// A companion: role, unit, label, exponent, seconds of a slot, values.
type Beside = (Role, &'static str, &'static str, i8, u32, Vec<i64>);

/// Any surroundings, as owned parts.
#[derive(Clone, Debug)]
struct Case {
    slots: Vec<(i64, Status)>,
    slot_seconds: u32,
    start: Timestamp,
    clock_change: Option<ClockChange>,
    unit: &'static str,
    exponent: i8,
    activity: Activity,
    negative_allowed: bool,
    neighbours: (Option<Neighbour>, Option<Neighbour>),
    outages: Vec<TimeRange>,
    summaries: Vec<DaySummary>,
    device: Device<'static>,
    alarms: Vec<Alarm<'static>>,
    site: Site,
    companions: Vec<Beside>,
    profile: Option<Vec<i64>>,
}

/// Mostly near the day, sometimes anywhere.
fn instant() -> impl Strategy<Value = Timestamp> {
    let any_second = Timestamp::MIN.as_second()..Timestamp::MAX.as_second();
    prop_oneof![8 => START - 100_000..START + 100_000, 1 => any_second]
        .prop_map(|second| Timestamp::from_second(second).expect("in range"))
}

fn range() -> impl Strategy<Value = TimeRange> {
    (instant(), instant()).prop_map(|(start, end)| TimeRange { start, end })
}

/// Mostly the day itself, of 23 to 25 hours.
fn local_range() -> impl Strategy<Value = TimeRange> {
    let second = |second| Timestamp::from_second(second).expect("in range");
    let day = (23..26_i64).prop_map(move |hours| TimeRange { start: second(START), end: second(START + hours * 3600) });
    prop_oneof![4 => day, 1 => range()]
}

fn value() -> impl Strategy<Value = i64> {
    prop_oneof![90 => 0..4000_i64, 30 => Just(0), 6 => Just(MISSING), 1 => any::<i64>()]
}

fn seconds() -> impl Strategy<Value = u32> {
    prop_oneof![8 => select(vec![300_u32, 900, 1800, 3600]), 1 => any::<u32>(), 1 => Just(0)]
}

fn unit() -> impl Strategy<Value = &'static str> {
    prop_oneof![6 => Just("kWh"), 1 => select(vec!["Wh", "kvarh", "V2h", "A2h", "m3", ""])]
}

fn exponent() -> impl Strategy<Value = i8> {
    prop_oneof![8 => -6..3_i8, 1 => any::<i8>()]
}

fn neighbour() -> impl Strategy<Value = Option<Neighbour>> {
    let any_neighbour = (proptest::option::of(value()), any::<u16>(), any::<u16>());
    proptest::option::of(any_neighbour).prop_map(|parts| {
        parts.map(|(value, slots_between, missing_at_edge)| Neighbour { value, slots_between, missing_at_edge })
    })
}

fn summary() -> impl Strategy<Value = DaySummary> {
    let date = prop_oneof![
        8 => prop_oneof![1..8_i64, 361..368_i64].prop_map(|days| DATE - jiff::Span::new().days(days)),
        1 => select(vec![Date::MIN, Date::MAX]),
    ];
    let sum = prop_oneof![8 => 0..400_000_i128, 1 => any::<i128>()];
    let few = || prop_oneof![9 => Just(0_u16), 1 => any::<u16>()];
    (
        date,
        prop_oneof![8 => 20..40_u16, 1 => any::<u16>()],
        sum,
        proptest::option::of(value()),
        few(),
        few(),
        few(),
        few(),
    )
        .prop_map(|(date, slots, sum, highest, missing, estimated, edited, outage)| DaySummary {
            date,
            slots,
            sum,
            highest,
            missing,
            estimated,
            edited,
            outage,
        })
}

fn device() -> impl Strategy<Value = Device<'static>> {
    use proptest::option::of;
    let offset = || of(prop_oneof![4 => -2000..2000_i64, 1 => any::<i64>()]);
    let rating = of((any::<i64>(), exponent()).prop_map(|(digits, exponent)| Decimal::new(digits, exponent)));
    (offset(), offset(), of(instant()), of(value()), rating).prop_map(|(clock, reader, sync, capacity, rating)| {
        Device {
            clock_offset_seconds: clock,
            reader_offset_seconds: reader,
            last_good_sync: sync,
            interval_capacity: capacity,
            service_rating: rating,
            ..Device::default()
        }
    })
}

fn alarm() -> impl Strategy<Value = Alarm<'static>> {
    let name = select(vec!["Clock error", "RAM failed", "Cover opened"]);
    (name, instant(), proptest::option::of(instant())).prop_map(|(name, raised, ended)| Alarm { name, raised, ended })
}

fn site() -> impl Strategy<Value = Site> {
    let load = select(vec![Load::Ordinary, Load::Irregular, Load::Constant, Load::Solar]);
    let sun = proptest::option::of((instant(), instant()).prop_map(|(rise, set)| Sun { rise, set }));
    let local_day = proptest::option::of(local_range().prop_map(|range| LocalDay { date: DATE, range }));
    (load, sun, local_day).prop_map(|(load, sun, local_day)| Site { load, local_day, sun })
}

fn companion() -> impl Strategy<Value = Beside> {
    let role = select(vec![
        (Role::Check, "kWh"),
        (Role::Reactive, "kvarh"),
        (Role::VoltageSquared(1), "V2h"),
        (Role::VoltageSquared(9), "V2h"),
        (Role::CurrentSquared(3), "A2h"),
        (Role::Sibling, "kWh"),
    ]);
    let values = proptest::collection::vec(value(), 0..50);
    (role, unit(), exponent(), seconds(), values, 0..4_u8).prop_map(
        |((role, usual), unit, exponent, seconds, values, odd)| {
            (role, if odd == 0 { unit } else { usual }, "", exponent, seconds, values)
        },
    )
}

fn case() -> impl Strategy<Value = Case> {
    use proptest::collection::vec;
    let status = prop_oneof![6 => Just(Status::NONE), 1 => any::<u64>().prop_map(Status)];
    let start = prop_oneof![4 => Just(Timestamp::from_second(START).expect("in range")), 1 => instant()];
    let day = (vec((value(), status), 0..40), seconds(), start, proptest::option::of((any::<u16>(), any::<i32>())));
    let channel = (unit(), exponent(), any::<bool>(), any::<bool>(), neighbour(), neighbour());
    let around = (vec(range(), 0..3), vec(summary(), 0..24), device(), vec(alarm(), 0..4), site());
    let beside = (vec(companion(), 0..6), proptest::option::of(vec(value(), 0..30)));
    (day, channel, around, beside).prop_map(|(day, channel, around, beside)| {
        let (mut companions, mut summaries) = (beside.0, around.1);
        // A label names one companion and a date one summary.
        for (companion, label) in companions.iter_mut().zip(["a", "b", "c", "d", "e", "f"]) {
            companion.2 = label;
        }
        summaries.sort_by_key(|summary| summary.date);
        summaries.dedup_by_key(|summary| summary.date);
        Case {
            slots: day.0,
            slot_seconds: day.1,
            start: day.2,
            clock_change: day.3.map(|(at, seconds)| ClockChange { at, seconds }),
            unit: channel.0,
            exponent: channel.1,
            activity: if channel.2 { Activity::Active } else { Activity::Inactive },
            negative_allowed: channel.3,
            neighbours: (channel.4, channel.5),
            outages: around.0,
            summaries,
            device: around.2,
            alarms: around.3,
            site: around.4,
            companions,
            profile: beside.1,
        }
    })
}

fn outcome(case: &Case) -> Outcome {
    let (values, statuses): (Vec<i64>, Vec<Status>) = case.slots.iter().copied().unzip();
    let Case { start, slot_seconds, clock_change, .. } = *case;
    let day = Day { date: DATE, start, slot_seconds, clock_change, values: &values, statuses: &statuses };
    let beside = |slot_seconds, values| Day { slot_seconds, clock_change: None, values, statuses: &[], ..day };
    let companions: Vec<Companion<'_>> = (case.companions.iter())
        .map(|(role, unit, label, exponent, seconds, values)| Companion {
            role: *role,
            label,
            unit,
            exponent: *exponent,
            day: beside(*seconds, values),
        })
        .collect();
    let profile = (case.profile.as_ref()).map(|values| Profile {
        name: "any",
        exponent: case.exponent,
        day: beside(slot_seconds, values),
    });
    let context = Context {
        unit: case.unit,
        exponent: case.exponent,
        activity: case.activity,
        negative_allowed: case.negative_allowed,
        before: case.neighbours.0,
        after: case.neighbours.1,
        outages: &case.outages,
        summaries: &case.summaries,
        device: Device { alarms: &case.alarms, ..case.device },
        site: case.site,
        companions: &companions,
        sources: Sources { profile, ..Sources::default() },
        ..context(-3)
    };
    run(&day, &context, &EVERY_RULE, stamp())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_rule_answers_in_words_about_slots_of_the_day(case in case()) {
        let outcome = outcome(&case);
        prop_assert_eq!(outcome.results.len(), RULES.len());
        for result in &outcome.results {
            let reasoned = result.verdict == Verdict::NotApplicable;
            prop_assert_eq!(reasoned, !result.reason.is_empty(), "{:?}", result);
            let failed = outcome.final_day.failures.iter().any(|failure| failure.rule == result.rule);
            prop_assert_eq!(failed, result.verdict == Verdict::Failed, "{:?}", result);
        }
        for failure in &outcome.final_day.failures {
            prop_assert!(failure.from < failure.to && usize::from(failure.to) <= case.slots.len(), "{failure:?}");
            prop_assert!(!failure.evidence.is_empty(), "{failure:?}");
        }
    }

    #[test]
    fn the_order_of_surroundings_does_not_matter(case in case()) {
        let mut turned = case.clone();
        turned.outages.reverse();
        turned.summaries.reverse();
        turned.alarms.reverse();
        turned.companions.reverse();
        prop_assert_eq!(outcome(&case), outcome(&turned));
    }
}
