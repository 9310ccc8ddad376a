//! The published vectors of the scaling modes (`docs/vee/golden/scaling_modes.csv`).

use jiff::{SignedDuration, Timestamp};
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use vee::context::{AgreedValue, Bucket, Origin, RegisterPair, Sources};
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry, ScalingLimits, ScalingMode};
use vee::{Context, Measured, Plan, Stamp, Total, run};

use crate::golden::{Golden, Row};
use crate::notation::{Series, checked, context, empty_plan, final_values, stamp};

#[test]
fn scaling_modes() {
    // covers: SCALING-PROPORTIONAL, SCALING-BOUNDARY, SCALING-PARTIAL, SCALING-TOU, SCALING-PARTIAL-TOU, SCALING-NEGATIVE
    // covers: SCALING-EXCLUDED, SCALING-STATUSES, SCALING-LATE, SCALING-ELHUB, SCALING-ROUNDING
    for row in Golden::read("scaling_modes.csv").rows() {
        assert_eq!(scaled(&row), row.get("answer"), "{}", row.get("case"));
    }
}

fn scaled(row: &Row<'_>) -> String {
    let cells: Vec<&str> = row.get("values").split(' ').collect();
    let is_made = |cell: &str| cell.ends_with(['e', 'i', 'x']);
    let received: Vec<&str> = cells.iter().map(|cell| if is_made(cell) { "_" } else { cell }).collect();
    let (series, agreed) = (Series::read(&received.join(" "), 0), agreed(&cells));
    let day = series.ordinary_day(3600);
    let start = day.whole().start;
    let totals: Vec<Total> = parts(row.get("registers")).map(|part| register(start, part)).collect();
    let buckets: Vec<(&str, [TimeRange; 1], [Total; 1])> = parts(row.get("buckets"))
        .map(|part| {
            let (name, rest) = part.split_once(' ').expect("name, hours and count");
            let counted = rest.split_once(' ').expect("hours and count").1;
            (name, [register(start, rest).range], [register(start, &format!("0..{} {counted}", cells.len()))])
        })
        .collect();
    let buckets: Vec<Bucket<'_>> = buckets.iter().map(|(name, hours, totals)| Bucket { name, hours, totals }).collect();
    let sources = Sources { agreed: &agreed, buckets: &buckets, ..Sources::default() };
    let now = match row.given("passed_days") {
        Some(days) => day.whole().end + SignedDuration::from_hours(24 * days.parse::<i64>().expect("days")),
        None => Timestamp::MAX,
    };
    let context = Context { totals: &totals, sources, ..context(0) };
    let outcome = run(&day, &context, &checked(plan(row)), Stamp { now, ..stamp() });
    let unscaled = |slot: usize| {
        let mut listed = outcome.final_day.values.iter();
        listed.any(|value| usize::from(value.slot) == slot && value.status.contains(Status::UNSCALED))
    };
    let shown = final_values(&day, &outcome)
        .into_iter()
        .enumerate()
        .map(|(slot, value)| format!("{}{}", value.expect("a value"), if unscaled(slot) { "u" } else { "" }));
    shown.collect::<Vec<_>>().join(" ")
}

/// Estimates that a vector states are agreed values; those it excludes from scaling were written by a person.
fn agreed(cells: &[&str]) -> Vec<AgreedValue<'static>> {
    let of = |(slot, cell): (usize, &&str)| {
        let origin = match cell.chars().last()? {
            'e' => Origin::Agreement,
            'x' => Origin::Person,
            _ => return None,
        };
        let value = cell.trim_end_matches(['e', 'x']).parse().expect("a number");
        Some(AgreedValue { slot: u16::try_from(slot).expect("a slot"), value, origin, by: "vector", reason: "" })
    };
    cells.iter().enumerate().filter_map(of).collect()
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty())
}

/// `0..4 30`
fn register(start: Timestamp, text: &str) -> Total {
    let (hours, counted) = text.split_once(' ').expect("hours and count");
    let (from, to) = hours.split_once("..").expect("hours");
    let at = |hour: &str| start + SignedDuration::from_hours(hour.parse().expect("an hour"));
    let measured = Measured::Register(RegisterPair {
        start: Decimal::new(1000, 0),
        end: Decimal::new(1000 + counted.parse::<i64>().expect("a count"), 0),
        multiplier: Decimal::new(1, 0),
        dials: 9,
        decimals: 0,
    });
    Total { range: TimeRange { start: at(from), end: at(to) }, measured, elsewhere: None }
}

fn plan(row: &Row<'_>) -> Plan {
    let scaling: ScalingMode = serde_json::from_value(row.get("scaling").into()).expect("a mode");
    let limit = |name: &str| row.given("limits")?.strip_prefix(name)?.strip_prefix(" = ");
    let scaling_limits = ScalingLimits {
        wait_days: limit("wait_days").map_or(0, |days| days.parse().expect("days")),
        only_statuses: limit("only_statuses").map(Into::into).into_iter().collect(),
    };
    let written = EstimatorEntry { exclude_from_scaling: true, ..EstimatorEntry::new("E22") };
    Plan {
        scaling,
        scaling_limits,
        validate: vec![RuleEntry::new("V30", OnFailure::Estimate)],
        estimate: vec![written, EstimatorEntry::new("E18"), EstimatorEntry::new("E04")],
        ..empty_plan()
    }
}
