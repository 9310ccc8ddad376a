//! One real meter over 26 months: its hours against its days and bills, and gaps that we hide in it.
//!
//! Skipped where the real data is not there.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::{LocalDay, TimeRange};
use vee::amount::Amount;
use vee::context::{RegisterPair, Sources};
use vee::plan::{OnFailure, ScalingMode};
use vee::sum_check::{Tolerance, sum_check};
use vee::{CheckedPlan, ClockChange, Context, Day, MISSING, Measured, Neighbour, Plan, Total, Verdict, run};

use crate::notation::{
    check_document, checked, context, final_values, plan_of_method, plan_of_rule, repository, stamp,
};

/// The meter counts hundredths of a kWh.
const EXPONENT: i8 = -2;

fn rows(file: &str) -> Option<Vec<(Timestamp, Option<Decimal>)>> {
    let folder = std::env::var_os("AMITY_REAL_DATA").map_or_else(|| repository().join("../shared/data"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join("meters").join(file)) else {
        eprintln!("skipped: no real data");
        return None;
    };
    let row = |line: &str| {
        let (start, value) = line.split_once(',').expect("two columns");
        (start.parse().expect("an instant"), value.parse().ok())
    };
    Some(text.lines().skip(1).map(row).collect())
}

/// The hourly meter, cut into local days.
struct Meter {
    zone: TimeZone,
    hours: BTreeMap<Timestamp, i64>,
    days: Vec<Hours>,
}

#[derive(Clone)]
struct Hours {
    local: LocalDay,
    values: Vec<i64>,
    statuses: Vec<Status>,
    clock_change: Option<ClockChange>,
}

impl Meter {
    fn read() -> Option<Self> {
        let zone = TimeZone::get("America/Chicago").expect("bundled zone");
        let rows = rows("il-electricity-cdd-hdd-hourly.csv")?;
        let hours: BTreeMap<Timestamp, i64> = rows
            .into_iter()
            .filter_map(|(start, value)| Some((start, value?.rescaled(EXPONENT).expect("hundredths"))))
            .collect();
        let (first, last) = (hours.first_key_value()?.0, hours.last_key_value()?.0);
        let mut days = Vec::new();
        let mut local = LocalDay::containing(*first, &zone)?;
        while local.range.end <= *last {
            let hour = |slot: u16| local.range.start + jiff::SignedDuration::from_hours(slot.into());
            let slots = local.slots(3600)?;
            let values: Vec<i64> = (0..slots).map(|slot| hours.get(&hour(slot)).copied().unwrap_or(MISSING)).collect();
            let statuses = vec![Status::VALIDATED; values.len()];
            days.push(Hours { local, values, statuses, clock_change: ClockChange::of(local, &zone, 3600) });
            local = LocalDay::of(local.date.tomorrow().ok()?, &zone)?;
        }
        Some(Self { zone, hours, days })
    }

    /// The mean of a day over the whole time, as a utility would know it from the bills.
    fn daily_load(&self) -> Decimal {
        let sum: i64 = self.hours.values().sum();
        Decimal::new(sum / i64::try_from(self.days.len()).expect("days"), EXPONENT)
    }

    fn sum(&self, range: TimeRange) -> i128 {
        self.hours.range(range.start..range.end).map(|(_, value)| i128::from(*value)).sum()
    }
}

impl Hours {
    fn day(&self) -> Day<'_> {
        Day {
            date: self.local.date,
            start: self.local.range.start,
            slot_seconds: 3600,
            clock_change: self.clock_change,
            values: &self.values,
            statuses: &self.statuses,
        }
    }
}

#[test]
fn hours_meet_all_809_days() {
    let (Some(meter), Some(daily)) = (Meter::read(), rows("il-electricity-cdd-hdd-daily.csv")) else { return };
    let plan = plan_of_rule("V50", OnFailure::Review);
    let (mut passed, mut lengths) = (0, BTreeMap::<usize, u32>::new());
    for pair in daily.windows(2) {
        let [(start, Some(amount)), (end, _)] = *pair else { continue };
        let hours = meter.days.iter().find(|hours| hours.local.range.start == start).expect("the day is there");
        let range = TimeRange { start, end };
        assert_eq!(range, hours.local.range);
        let totals = [Total { range, measured: Measured::Amount(amount), elsewhere: None }];
        let outcome = run(&hours.day(), &Context { totals: &totals, ..context(EXPONENT) }, &plan, stamp());
        assert_eq!(outcome.results[0].verdict, Verdict::Passed, "{start}: {:?}", outcome.final_day.failures);
        passed += 1;
        *lengths.entry(hours.values.len()).or_default() += 1;
    }
    assert_eq!(passed, 809);
    assert_eq!(lengths.get(&23), Some(&2), "two days of 23 hours");
    assert_eq!(lengths.get(&25), Some(&2), "two days of 25 hours");
}

#[test]
fn hours_meet_all_26_bills() {
    let (Some(meter), Some(bills)) = (Meter::read(), rows("il-electricity-cdd-hdd-billing_monthly.csv")) else {
        return;
    };
    let tolerance = Tolerance { quantity: Amount::new(5, -2), share: Amount::new(5, -3), together: true };
    let mut passed = 0;
    for pair in bills.windows(2) {
        let [(start, Some(amount)), (end, _)] = *pair else { continue };
        let sum = Amount::new(meter.sum(TimeRange { start, end }), EXPONENT.into());
        let check = sum_check(sum, &Measured::Amount(amount), tolerance).expect("small numbers");
        assert!(check.meets(), "{start}: {check:?}");
        passed += 1;
    }
    assert_eq!(passed, 26);
}

/// How a way of estimating did over the gaps of one length.
#[derive(Default)]
struct Score {
    gaps: u32,
    hidden: u64,
    filled: u64,
    true_sum: i128,
    /// Sum over hours of how far the estimate is from the truth.
    hour_error: i128,
    /// Sum over gaps of how far the total of the filled hours is from the truth.
    total_error: i128,
}

impl Score {
    /// `part / whole` in per cent with one decimal.
    fn percent(part: i128, whole: i128) -> String {
        if whole == 0 {
            return "-".into();
        }
        let tenths = (part * 2000 / whole + 1) / 2;
        format!("{}.{} %", tenths / 10, tenths % 10)
    }

    /// Whether it filled as much and is not further from the truth, over hours and over gaps.
    fn is_as_good_as(&self, other: &Self) -> bool {
        let no_worse = |own: i128, others: i128| own * other.true_sum <= others * self.true_sum;
        other.filled <= self.filled
            && no_worse(self.hour_error, other.hour_error)
            && no_worse(self.total_error, other.total_error)
    }

    fn row(&self, hours: usize, way: &str) -> String {
        format!(
            "| {hours} | {} | {way} | {} | {} | {} |",
            self.gaps,
            Self::percent(self.filled.into(), self.hidden.into()),
            Self::percent(self.hour_error, self.true_sum),
            Self::percent(self.total_error, self.true_sum),
        )
    }
}

/// The meter without some of its hours.
struct Hidden {
    days: Vec<Hours>,
    /// Day and slot of every hidden hour, in order.
    touched: Vec<(usize, usize)>,
}

impl Hidden {
    /// Hides the hours `[from, from + length)`.
    fn of(meter: &Meter, from: usize, length: usize) -> Self {
        let mut days = meter.days.clone();
        let mut hour = 0;
        let mut touched = Vec::new();
        for (at, day) in days.iter_mut().enumerate() {
            for slot in 0..day.values.len() {
                if (from..from + length).contains(&hour) {
                    (day.values[slot], day.statuses[slot]) = (MISSING, Status::NONE);
                    touched.push((at, slot));
                }
                hour += 1;
            }
        }
        Self { days, touched }
    }
}

/// Estimates what was hidden, day by day.
fn estimate(meter: &Meter, hidden: &Hidden, plan: &CheckedPlan, with_registers: bool, score: &mut Score) {
    let Hidden { days, touched } = hidden;
    let history: Vec<Day<'_>> = days.iter().map(|day| day.day()).collect();
    let mut filled: Vec<(i64, i64)> = Vec::new();
    for group in touched.chunk_by(|left, right| left.0 == right.0) {
        let at = group[0].0;
        let range = days[at].local.range;
        let totals = if with_registers { vec![register(meter, range)] } else { vec![] };
        let context = Context {
            history: &history,
            totals: &totals,
            before: Some(Neighbour::before(history[at.saturating_sub(8)..at].iter().rev())),
            after: Some(Neighbour::after(history[at + 1..].iter().take(8))),
            sources: Sources { average_daily_load: Some(meter.daily_load()), ..Sources::default() },
            ..context(EXPONENT)
        };
        let values = final_values(&history[at], &run(&history[at], &context, plan, stamp()));
        let truth = &meter.days[at].values;
        filled.extend(group.iter().filter_map(|(_, slot)| values[*slot].map(|value| (value, truth[*slot]))));
    }
    score.gaps += 1;
    score.hidden += touched.len() as u64;
    score.filled += filled.len() as u64;
    score.true_sum += filled.iter().map(|(_, truth)| i128::from(*truth)).sum::<i128>();
    score.hour_error += filled.iter().map(|(value, truth)| i128::from((value - truth).abs())).sum::<i128>();
    score.total_error += filled.iter().map(|(value, truth)| i128::from(value - truth)).sum::<i128>().abs();
}

/// The reads that a register with two decimals would have shown at both midnights.
fn register(meter: &Meter, range: TimeRange) -> Total {
    let used = i64::try_from(meter.sum(range)).expect("a day of energy");
    let (start, end) = (Decimal::new(100_000, EXPONENT), Decimal::new(100_000 + used, EXPONENT));
    let pair = RegisterPair { start, end, multiplier: Decimal::new(1, 0), dials: 6, decimals: 2 };
    Total { range, measured: Measured::Register(pair), elsewhere: None }
}

const HEAD: &str = "\
# How far estimates are from the truth

Made by the test `real_meter::estimation_error_md_is_up_to_date` of the crate `vee`; do not edit by hand.

A real household meter, hourly, 2015-11 to 2018-02, 21,927 kWh. Gaps of four lengths are hidden at many places spread evenly
over the whole time, and estimated as if they had never arrived. *Filled*: share of the hidden hours that got a value. *Error of an
hour*: mean distance of the estimate from the truth, as a share of the mean hour. *Error of a gap*: the same for the total of the gap,
which is what a bill of one rate sees. Like days are searched in the whole history before and after. A single household is the
hardest case there is: its hours jump between 0 and 21 kWh, so no method comes near an hour; the longer the gap, the nearer its total.

*E04 at any length* lifts the limit of two hours, to show why there is one; *E09 at any share* lifts the limit of missing intervals.
E13 is given the mean day of the whole time, which is more than a utility knows. *auto* decides by the length of the gap and by what is
there alone: a straight line below one hour, else E09, the mean of the ten nearest days of the same kind, since the error of a mean of
`n` like days is that of one day times `sqrt((1 + 1/n) / 2)`; this meter was looked at when it was made, so it is no independent proof.
Methods that need another meter, a profile, temperatures or people are not in the table, because this meter has none of them. *Default plan with registers* also knows the register
reads of both midnights of every day, so the total of every day is exact by scaling.

| hidden hours | gaps | way | filled | error of an hour | error of a gap |
| --- | --- | --- | --- | --- | --- |
";

#[test]
fn estimation_error_md_is_up_to_date() {
    let Some(meter) = Meter::read() else { return };
    let single = |id: &'static str| (id, plan_of_method(id, &[]), false);
    let ways: [(&str, CheckedPlan, bool); 11] = [
        ("E04 at any length", plan_of_method("E04", &[("gap_longest", "30 days")]), false),
        single("E05"),
        single("E06"),
        single("E07"),
        single("E08"),
        ("E09 at any share", plan_of_method("E09", &[("missing_most", "100 %")]), false),
        single("E17"),
        single("E13"),
        single("auto"),
        ("default plan", checked(without_waiting(ScalingMode::None)), false),
        ("default plan with registers", checked(without_waiting(ScalingMode::Proportional)), true),
    ];
    let mut text = HEAD.to_string();
    let mut worse: Vec<(usize, &str)> = Vec::new();
    for (length, gaps) in [(1, 200), (3, 200), (24, 100), (168, 50)] {
        let mut scores: Vec<(&str, Score)> = ways.iter().map(|(way, ..)| (*way, Score::default())).collect();
        let hours: usize = meter.days.iter().map(|day| day.values.len()).sum();
        for gap in 0..gaps {
            // A step that is no multiple of a day, so that gaps begin at every hour.
            let hidden = Hidden::of(&meter, 24 + gap * (hours - length - 48) / gaps, length);
            for ((_, plan, with_registers), (_, score)) in ways.iter().zip(&mut scores) {
                estimate(&meter, &hidden, plan, *with_registers, score);
            }
        }
        for (way, score) in &scores {
            writeln!(text, "{}", score.row(length, way)).expect("memory");
        }
        let of_auto = scores.iter().find(|(way, _)| *way == "auto").expect("a way");
        let single = scores.iter().filter(|(way, _)| way.starts_with('E'));
        worse.extend(single.filter(|(_, other)| !of_auto.1.is_as_good_as(other)).map(|(way, _)| (length, *way)));
    }
    check_document("docs/vee/estimation-error.md", &text);
    assert!(worse.is_empty(), "the automatic choice is behind: {worse:?}");
}

/// The default plan without the rule that would keep a real peak of the household for a person.
fn without_waiting(scaling: ScalingMode) -> Plan {
    let mut plan = Plan { scaling, ..Plan::standard() };
    plan.validate.retain(|entry| entry.rule == "V30" || entry.rule == "V50");
    for entry in plan.validate.iter_mut().filter(|entry| entry.rule == "V30") {
        entry.settings.insert("auto_fill_longest".into(), "30 days".into());
    }
    plan
}

#[test]
fn like_days_of_the_real_meter_are_found_across_both_clock_changes() {
    let Some(meter) = Meter::read() else { return };
    let history: Vec<Day<'_>> = meter.days.iter().map(|day| day.day()).collect();
    for (date, slots) in [("2016-03-13", 23), ("2016-11-06", 25), ("2017-03-12", 23), ("2017-11-05", 25)] {
        let date: Date = date.parse().expect("date");
        let local = LocalDay::of(date, &meter.zone).expect("a day");
        let hidden = Hours {
            local,
            clock_change: ClockChange::of(local, &meter.zone, 3600),
            values: vec![MISSING; slots],
            statuses: vec![Status::NONE; slots],
        };
        let day = hidden.day();
        let outcome =
            run(&day, &Context { history: &history, ..context(EXPONENT) }, &plan_of_method("E05", &[]), stamp());
        assert_eq!(outcome.final_day.values.len(), slots);
        assert!(outcome.final_day.values.iter().all(|listed| listed.value.is_some()), "{date}");
    }
}
