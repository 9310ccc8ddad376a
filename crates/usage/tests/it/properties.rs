//! What holds for any account: buckets and parts make the whole, windows and sums are what their definition says.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use model::quantity::Sum;
use proptest::prelude::*;
use usage::{CheckedSet, Cycle, Determinant, MISSING, Role};

use crate::notation::{OwnedRun, Readings, TORONTO, checked_set, days, timeline, with_account};

static SET: LazyLock<CheckedSet> = LazyLock::new(|| {
    let usage = |id: &str, meter: &str, bucket: &str| {
        let bucket = if bucket.is_empty() { String::new() } else { format!(", bucket = \"{bucket}\"") };
        format!("{{ id = \"{id}\", unit = \"kWh\", meter = \"{meter}\", measure = \"usage\"{bucket} }},")
    };
    let demand = |id: &str, minutes: u8, windows: &str| {
        format!(
            "{{ id = \"{id}\", unit = \"kW\", meter = \"a\", \
             measure = {{ demand = {{ minutes = {minutes}, windows = \"{windows}\" }} }} }},"
        )
    };
    checked_set(&format!(
        r#"
        name = "all"
        version = 1
        across_edge = "split"
        gate = {{ on_exception = "deliver" }}
        meters = [
            {{ name = "a", unit = "kWh", terms = [{{ channel = "a", sign = "plus", losses = ["1.031"] }}] }},
            {{ name = "b", unit = "kWh", terms = [{{ channel = "b", sign = "plus" }}] }},
            {{ name = "a-b", unit = "kWh", terms = [
                {{ channel = "a", sign = "plus", losses = ["1.031"] }}, {{ channel = "b", sign = "minus" }},
            ] }},
            {{ name = "kept", unit = "kWh", terms = [
                {{ channel = "a", sign = "plus", losses = ["1.031"] }}, {{ channel = "b", sign = "minus" }},
            ], netting = {{ over = "interval", keep = "delivered" }} }},
            {{ name = "sent", unit = "kWh", terms = [
                {{ channel = "a", sign = "plus", losses = ["1.031"] }}, {{ channel = "b", sign = "minus" }},
            ], netting = {{ over = "interval", keep = "received" }} }},
        ]
        determinants = [{}{}{}{}{}{}{}{}{}{}]
        "#,
        usage("all", "a", ""),
        usage("off", "a", "off-peak"),
        usage("mid", "a", "mid-peak"),
        usage("on", "a", "on-peak"),
        usage("b", "b", ""),
        usage("a-b", "a-b", ""),
        usage("kept", "kept", ""),
        usage("sent", "sent", ""),
        demand("block", 60, "block"),
        demand("slide", 60, "sliding"),
    ))
});

/// Three days around a change of the clock, or none.
const PERIODS: [(&str, &str); 3] =
    [("2026-03-07", "2026-03-10"), ("2026-10-31", "2026-11-03"), ("2026-04-29", "2026-05-02")];

/// Two channels of equal shape, by a length that divides an hour.
fn readings() -> impl Strategy<Value = (usize, [Readings; 2])> {
    let cell = || prop_oneof![12 => 0..5000_i64, 1 => -500..0_i64];
    let values = proptest::collection::vec((cell(), cell()), 300);
    (0..PERIODS.len(), prop_oneof![Just(900_u32), Just(1200), Just(3600)], values).prop_map(
        |(period, length, values)| {
            let range = days(TORONTO, PERIODS[period].0, PERIODS[period].1);
            let count = usize::try_from(range.seconds()).expect("seconds") / length as usize;
            let channel = |name: &str, values: Vec<i64>| Readings {
                runs: vec![OwnedRun { start: range.start, length_seconds: length, values, statuses: Vec::new() }],
                ..Readings::of(name, "kWh", -3)
            };
            let (a, b) = values.into_iter().cycle().take(count).unzip();
            (period, [channel("a", a), channel("b", b)])
        },
    )
}

fn determinants(period: usize, readings: &[Readings], cuts: &[Timestamp]) -> Vec<Determinant> {
    let timeline = timeline(days(TORONTO, PERIODS[period].0, PERIODS[period].1));
    let cycle = Cycle::new(Role::Repository, &SET, &timeline, cuts).expect("the cycle");
    with_account(readings, |account| cycle.determinants(account).expect("determinants"))
}

/// The sum of the determinants of some names, in millionths: thousandths with a loss of three decimals.
fn sum(all: &[Determinant], ids: &[&str]) -> i128 {
    let mut sum = Sum::default();
    for one in all.iter().filter(|one| ids.contains(&one.id.as_str())) {
        let quantity = one.quantity.expect("a quantity");
        sum.add(quantity.digits.into(), quantity.exponent).expect("fits");
    }
    sum.in_units(-6).expect("millionths")
}

proptest! {
    #[test]
    fn buckets_make_the_total_and_counts_do_too((period, mut readings) in readings(), holes in proptest::collection::vec(0..60_usize, 0..5)) {
        for hole in holes {
            readings[0].runs[0].values[hole] = MISSING;
        }
        let all = determinants(period, &readings, &[]);
        prop_assert_eq!(sum(&all, &["off", "mid", "on"]), sum(&all, &["all"]));
        let counts = all[1].counts.plus(&all[2].counts).plus(&all[3].counts);
        prop_assert_eq!(counts, all[0].counts);
        prop_assert_eq!(counts.expected as usize, readings[0].runs[0].values.len());
    }

    #[test]
    fn sums_of_channels_are_linear((period, readings) in readings()) {
        let all = determinants(period, &readings, &[]);
        prop_assert_eq!(sum(&all, &["a-b"]), sum(&all, &["all"]) - sum(&all, &["b"]));
        prop_assert_eq!(sum(&all, &["a-b"]), sum(&all, &["kept"]) - sum(&all, &["sent"]));
    }

    #[test]
    fn parts_between_rate_changes_make_the_whole((period, readings) in readings(), seconds in proptest::collection::vec(0..7200_i64, 0..4)) {
        let start = days(TORONTO, PERIODS[period].0, PERIODS[period].1).start;
        // Far enough apart for a window of demand between them.
        let hours = [6, 30, 50].map(|hour| hour * 3600);
        let cuts: Vec<Timestamp> = hours.iter().zip(&seconds).map(|(hour, second)| start + SignedDuration::from_secs(hour + second)).collect();
        let parts = determinants(period, &readings, &cuts);
        let whole = determinants(period, &readings, &[]);
        for id in ["all", "off", "mid", "on", "b", "a-b", "kept", "sent"] {
            prop_assert_eq!(sum(&parts, &[id]), sum(&whole, &[id]), "{}", id);
        }
    }

    #[test]
    fn demand_is_the_largest_of_all_windows((period, readings) in readings()) {
        let all = determinants(period, &readings, &[]);
        let run = &readings[0].runs[0];
        let size = 3600 / run.length_seconds as usize;
        // 1.031 of each, in millionths.
        let value = |value: &i64| value * 1031;
        let values: Vec<i64> = run.values.iter().map(value).collect();
        let sliding = values.windows(size).map(|window| window.iter().sum::<i64>()).max().expect("a window");
        let block = values.chunks(size).map(|window| window.iter().sum::<i64>()).max().expect("a window");
        prop_assert_eq!((sum(&all, &["block"]), sum(&all, &["slide"])), (block.into(), sliding.into()));
        for demand in all.iter().filter(|one| one.unit == "kW") {
            let peak = demand.peak.expect("a peak");
            let at = usize::try_from((peak.start.as_second() - run.start.as_second()) / i64::from(run.length_seconds)).expect("inside");
            prop_assert_eq!(i128::from(values[at..at + size].iter().sum::<i64>()), sum(std::slice::from_ref(demand), &[&demand.id]));
        }
    }

    #[test]
    fn any_account_is_answered_calmly(
        starts in proptest::collection::vec((any::<i32>(), any::<u32>(), proptest::collection::vec(any::<i64>(), 0..40)), 0..3),
        exponent: i8,
        spans in proptest::collection::vec((0..50_usize, 0..50_usize, any::<u64>()), 0..4),
    ) {
        let start = days(TORONTO, PERIODS[0].0, PERIODS[0].1).start;
        let runs: Vec<OwnedRun> = starts.into_iter().map(|(offset, length, values)| OwnedRun {
            start: start + SignedDuration::from_secs(i64::from(offset % 200_000)),
            length_seconds: if length % 3 == 0 { length } else { length % 7200 },
            values,
            statuses: spans.iter().map(|(from, to, status)| usage::series::StatusSpan { from: *from, to: *to, status: model::quality::Status(*status) }).collect(),
        }).collect();
        let readings = [Readings { runs: runs.clone(), ..Readings::of("a", "kWh", exponent) }, Readings { runs, ..Readings::of("b", "kWh", -3) }];
        let timeline = timeline(days(TORONTO, PERIODS[0].0, PERIODS[0].1));
        let cycle = Cycle::new(Role::Repository, &SET, &timeline, &[]).expect("the cycle");
        let _ = with_account(&readings, |account| cycle.determinants(account));
    }
}
