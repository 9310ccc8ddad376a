//! In whatever order readings, corrections, registers and decisions arrive: running the touched days and those that lean on
//! them leaves what a run over everything leaves. Days of which nothing arrives are among them: what is expected of them hangs
//! on what arrives before and after.
//!
//! One plan may judge all days, or several plans some days each; a day without a plan stays as received. A check meter stands
//! beside the channel, days are compared with sums of earlier ones, registers roll over, plans keep earlier versions, and
//! people write final estimates.
//!
//! Fifteen hundred histories, the same in every run; `AMITY_CASES=N PROPTEST_RNG_SEED=M` makes up others (CONTRIBUTING.md).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::lineage::FinalDay;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use proptest::prelude::*;
use vee::channel::{Beside, ChannelDays, DayBeside, OtherChannel, ReceivedDay};
use vee::context::{DaySummary, Decision, DecisionKind, RegisterPair, Role};
use vee::meter_times::MeterTimes;
use vee::plan::book::{Attachment, CheckedPlanBook, PlanBook, Scope};
use vee::plan::needs::Outlook;
use vee::plan::{DatedPlans, EstimatorEntry, OnFailure, ProcessEntry, RuleEntry, ScalingMode};
use vee::process::ReceivedVersion;
use vee::{Activity, CheckedPlan, Context, MISSING, Measured, Plan, Total};

use crate::notation::stamp;

const SLOTS: u16 = 4;
const SLOT_SECONDS: u32 = 21_600;
const DAYS: i32 = 12;

fn first_day() -> Date {
    date(2026, 1, 5)
}

fn day_at(number: i32) -> Date {
    first_day().saturating_add(jiff::Span::new().days(number))
}

fn instant(day: i32, slot: u16) -> Timestamp {
    let start: Timestamp = "2026-01-05T00:00:00Z".parse().expect("instant");
    start + jiff::SignedDuration::from_secs(i64::from(day) * 86_400 + i64::from(slot) * i64::from(SLOT_SECONDS))
}

/// Something that arrives.
#[derive(Clone, Debug)]
enum Arrival {
    /// Values from a slot on; [`MISSING`] where the source says there is none.
    Values { day: i32, from: u16, values: Vec<i64> },
    /// What a register of five dials counted from one day to another, from a standing on.
    Register { from: i32, to: i32, start: i64, counted: i64 },
    /// A person accepts or writes a slot as it stands, for good or not.
    Decision { day: i32, slot: u16, written: Option<i64>, is_final: bool },
    /// Values of the check meter for a day.
    Check { day: i32, values: Vec<i64> },
}

fn value() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 800..1400_i64, 1 => Just(0), 1 => Just(9000), 1 => Just(-5), 1 => Just(MISSING)]
}

fn arrival() -> impl Strategy<Value = Arrival> {
    let values = (0..DAYS, 0..SLOTS, proptest::collection::vec(value(), 1..=4));
    prop_oneof![
        8 => values.prop_map(|(day, from, values)| Arrival::Values { day, from, values }),
        3 => (0..DAYS, prop::sample::select(vec![0_i64, 1000]))
            .prop_map(|(day, value)| Arrival::Values { day, from: 0, values: vec![value; 4] }),
        2 => (0..DAYS - 1, 1..4, prop::sample::select(vec![0_i64, 98_000]), 3000..9000_i64)
            .prop_map(|(from, days, start, counted)| Arrival::Register { from, to: from + days, start, counted }),
        1 => (0..DAYS, 0..SLOTS, proptest::option::of(500..1500_i64), any::<bool>())
            .prop_map(|(day, slot, written, is_final)| Arrival::Decision { day, slot, written, is_final }),
        2 => (0..DAYS, proptest::collection::vec(value(), 4))
            .prop_map(|(day, values)| Arrival::Check { day, values }),
    ]
}

/// Data arrives for every day, or for one in so many.
fn stride() -> impl Strategy<Value = i32> {
    prop_oneof![9 => Just(1), 1 => Just(8)]
}

/// What master data says: nothing, that the meter went, or when it came, went and was cut off.
fn meter_times() -> impl Strategy<Value = MeterTimes> {
    let span =
        |from: (i32, u16), to: (i32, u16)| TimeRange { start: instant(from.0, from.1), end: instant(to.0, to.1) };
    let went = MeterTimes { dated: Vec::new(), undated: vec![span((0, 0), (9, 2))] };
    let dated = MeterTimes { dated: vec![span((2, 1), (80, 2))], undated: Vec::new() };
    let cut_off = dated.clone().without(span((5, 2), (7, 1)));
    prop_oneof![4 => Just(MeterTimes::default()), 1 => Just(went), 1 => Just(dated), 1 => Just(cut_off)]
}

/// What the books hold.
#[derive(Default)]
struct Books {
    stride: i32,
    meter_times: MeterTimes,
    days: BTreeMap<Date, ReceivedDay>,
    /// Every value that came, in order.
    versions: BTreeMap<Date, Vec<ReceivedVersion>>,
    checks: BTreeMap<Date, ReceivedDay>,
    totals: BTreeMap<(i32, i32), Total>,
    outcomes: BTreeMap<Date, FinalDay>,
    acts: u64,
}

impl Books {
    /// Takes something in and answers the days of the channel that it touches.
    fn take(&mut self, arrival: &Arrival) -> Vec<Date> {
        match arrival {
            Arrival::Values { day, from, values } => {
                let day = &(day * self.stride);
                let received = self.days.entry(day_at(*day)).or_insert_with(|| empty_day(*day));
                for (slot, value) in (*from..SLOTS).zip(values) {
                    received.values[usize::from(slot)] = *value;
                    let version = ReceivedVersion { slot, value: *value, status: Status::NONE };
                    self.versions.entry(day_at(*day)).or_default().push(version);
                }
                vec![day_at(*day)]
            }
            Arrival::Register { from, to, start, counted } => {
                let range = TimeRange { start: instant(*from, 0), end: instant(*to, 0) };
                let pair = RegisterPair {
                    start: Decimal::new(*start, 0),
                    end: Decimal::new((start + counted) % 100_000, 0),
                    multiplier: Decimal::new(1, 0),
                    dials: 5,
                    decimals: 0,
                };
                let total = Total { range, measured: Measured::Register(pair), elsewhere: None };
                self.totals.insert((*from, *to), total);
                (*from..*to).map(day_at).collect()
            }
            Arrival::Check { day, values } => {
                let day = day * self.stride;
                self.checks.insert(day_at(day), ReceivedDay { values: values.clone(), ..empty_day(day) });
                Vec::new()
            }
            Arrival::Decision { day, slot, written, is_final } => {
                let day = &(day * self.stride);
                let Some(received) = self.days.get_mut(&day_at(*day)) else { return Vec::new() };
                self.acts += 1;
                let basis = vec![received.values[usize::from(*slot)]];
                let kind = written.map_or(DecisionKind::Accept, |value| DecisionKind::Set(vec![value]));
                received.decisions.push(Decision {
                    act: self.acts,
                    from: *slot,
                    to: slot + 1,
                    basis,
                    kind,
                    is_final: *is_final && written.is_some(),
                });
                vec![day_at(*day)]
            }
        }
    }

    fn channel<'p>(&self, plans: &DatedPlans<'p>) -> ChannelDays<'p> {
        let facts = Context::of(model::id::ChannelNumber(7), "Wh", 0);
        let days = self.dates().map(|number| (day_at(number), self.received(number, plans)));
        let check = self.checks.iter().map(|(date, day)| (*date, day.clone()));
        let check = ChannelDays::new(facts.clone(), Vec::new(), plans.clone(), check);
        let beside =
            |number| (day_at(number), DayBeside { companions: vec![(Role::Check, 0)], ..DayBeside::default() });
        ChannelDays::new(facts, self.totals.values().cloned().collect(), plans.clone(), days)
            .with_meter_times(self.meter_times.clone())
            .with(Beside {
                summaries: self.days.iter().map(|(date, day)| summary(*date, &day.values)).collect(),
                days: self.dates().map(beside).collect(),
                channels: vec![OtherChannel { label: "check", days: check }],
                ..Beside::default()
            })
    }

    /// A day with those versions that count by its plan.
    fn received(&self, number: i32, plans: &DatedPlans<'_>) -> ReceivedDay {
        let date = day_at(number);
        let mut day = self.days.get(&date).cloned().unwrap_or_else(|| empty_day(number));
        let rules = plans.on(date).ok().map(CheckedPlan::processes).filter(|rules| rules.judge_versions());
        if let (Some(rules), Some(versions)) = (rules, self.versions.get(&date)) {
            day.kept = rules.keep(("Wh", 0), versions, (&mut day.values, &mut day.statuses));
        }
        day
    }

    /// The days to run for a batch, as a driver finds them: those that are compared with touched ones, and those beside
    /// values of the check meter, farther where an outcome leans on others.
    fn touched(&mut self, batch: &[Arrival], outlook: &Outlook) -> BTreeSet<Date> {
        let own: BTreeSet<Date> = batch.iter().flat_map(|arrival| self.take(arrival)).collect();
        let mut touched = own.clone();
        let later = |date: &Date, days: u16| date.saturating_add(jiff::Span::new().days(days));
        for date in &own {
            for (youngest, oldest) in &outlook.summary_spans {
                touched.extend((*youngest..=*oldest).map(|days| later(date, days)));
            }
        }
        for arrival in batch {
            let Arrival::Check { day, .. } = arrival else { continue };
            let date = day_at(day * self.stride);
            touched.insert(date);
            let before = date.yesterday().expect("in range");
            let judged_anew = (0..=outlook.reach_days + 1).map(|days| later(&before, days));
            touched.extend(judged_anew.filter(|date| self.leans(*date)));
        }
        touched
    }

    fn leans(&self, date: Date) -> bool {
        self.outcomes.get(&date).is_some_and(FinalDay::leans_on_others)
    }

    /// Every day that has ended.
    fn dates(&self) -> impl Iterator<Item = i32> + use<> {
        0..DAYS * self.stride
    }

    fn run(&mut self, plans: &DatedPlans<'_>, touched: &BTreeSet<Date>) {
        let channel = self.channel(plans);
        for date in channel.to_run(touched, |date| self.leans(date)) {
            let outcome = channel.outcome(date, stamp()).expect("a day");
            self.outcomes.insert(date, outcome.final_day);
        }
    }
}

/// Whether a day of which nothing is there any more and nothing expected has no trace of what was decided before.
fn says_nothing(day: &FinalDay) -> bool {
    day.values.is_empty() && day.failures.is_empty()
}

/// A day of received values in few numbers.
fn summary(date: Date, values: &[i64]) -> DaySummary {
    let known = || values.iter().copied().filter(|value| *value != MISSING);
    DaySummary {
        date,
        slots: SLOTS,
        sum: known().map(i128::from).sum(),
        highest: known().max(),
        missing: SLOTS - known().count() as u16,
        estimated: 0,
        edited: 0,
        outage: 0,
    }
}

fn empty_day(day: i32) -> ReceivedDay {
    ReceivedDay {
        start: instant(day, 0),
        slot_seconds: SLOT_SECONDS,
        clock_change: None,
        values: vec![MISSING; usize::from(SLOTS)],
        statuses: vec![Status::NONE; usize::from(SLOTS)],
        local_day: None,
        activity: Activity::Active,
        decisions: Vec::new(),
        kept: Vec::new(),
    }
}

/// The standard plan, a short-sighted one, and one with longer memories whose estimates are validated too.
fn plans() -> [Plan; 3] {
    let mut short = Plan::standard();
    short.name = "short".into();
    short.estimate = vec![EstimatorEntry::new("E04")];
    let mut wide = Plan::standard();
    wide.validate.push(RuleEntry::new("V33", OnFailure::Estimate));
    wide.validate.push(RuleEntry::new("V37", OnFailure::Warn));
    wide.validate.push(RuleEntry::new("V34", OnFailure::Estimate));
    wide.validate.push(RuleEntry::new("V35", OnFailure::Warn));
    wide.validate.push(RuleEntry::new("V60", OnFailure::Estimate));
    wide.validate_estimates = true;
    wide.estimate = ["E04", "E08", "E09", "auto", "E17"].map(EstimatorEntry::new).to_vec();
    let kept = [("V71", "change_least", "0.05 kWh"), ("V72", "honor", "on")];
    let kept = kept
        .map(|(rule, name, text)| ProcessEntry { rule: rule.into(), settings: [(name.into(), text.into())].into() });
    wide.process = kept.to_vec();
    short.estimate.insert(0, EstimatorEntry::new("E01"));
    for entry in &mut wide.validate {
        match entry.rule.as_str() {
            "V31" => entry.on_failure = OnFailure::Estimate,
            "V36" => drop(entry.settings.insert("days".into(), "3 days".into())),
            _ => {}
        }
    }
    wide.name = "wide".into();
    wide.scaling = ScalingMode::Boundary;
    [Plan::standard(), short, wide]
}

/// Which plan holds from which day on, by its place among [`plans`]; `None` where none does.
type Dates = Vec<(i32, Option<usize>)>;

fn book(dates: &Dates) -> CheckedPlanBook {
    let plans = plans();
    let mut book = PlanBook::default();
    for part in plans.clone().map(PlanBook::of_plan) {
        book.validation_set.extend(part.validation_set);
        book.estimation_set.extend(part.estimation_set);
        book.plan.extend(part.plan);
    }
    for (at, (from, plan)) in dates.iter().enumerate() {
        let Some(plan) = plan.map(|plan| plans[plan].name.clone()) else { continue };
        let until = dates.get(at + 1).map(|(day, _)| day_at(*day));
        let from = (0 < at).then(|| day_at(*from));
        book.attach.push(Attachment { plan, version: 1, to: Scope::Everywhere, from, until });
    }
    book.check().unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// One plan for all days, or another one (or none) from some days on.
fn dates() -> impl Strategy<Value = Dates> {
    let changes = proptest::collection::btree_map(1..DAYS, proptest::option::weighted(0.9, 0..3_usize), 0..5);
    (0..3_usize, changes).prop_map(|(first, changes)| std::iter::once((0, Some(first))).chain(changes).collect())
}

fn config() -> ProptestConfig {
    let cases = std::env::var("AMITY_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig { cases: cases.unwrap_or(1500), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_order_of_arrival_leaves_what_a_run_from_scratch_leaves(
        batches in proptest::collection::vec(proptest::collection::vec(arrival(), 1..6), 1..8),
        dates in dates(),
        stride in stride(),
        meter_times in meter_times(),
    ) {
        let book = book(&dates);
        let (plans, outlook) = (book.of_usage_point("UP-7", &[]), book.outlook());
        let mut books = Books { stride, meter_times, ..Books::default() };
        let every_day: BTreeSet<Date> = books.dates().map(day_at).collect();
        books.run(&plans, &every_day);
        for batch in &batches {
            let touched = books.touched(batch, &outlook);
            books.run(&plans, &touched);
        }
        let channel = books.channel(&plans);
        for date in every_day {
            let outcome = books.outcomes.get(&date);
            if channel.says_something(date) {
                let scratch = channel.outcome(date, stamp()).expect("a day").final_day;
                prop_assert_eq!(outcome, Some(&scratch), "{}", date);
                let judged_by = plans.on(date).map_or("", |plan| plan.name());
                prop_assert_eq!(scratch.plan_name.as_str(), judged_by, "{}", date);
            } else {
                prop_assert!(outcome.is_none_or(says_nothing), "{}: {:?}", date, outcome);
            }
        }
    }
}
