//! How the tests write days: one cell a slot, `_` missing, `o` after a value for an outage interval,
//! `v` validated, `e` estimated, `a` accepted.

use std::path::PathBuf;

use jiff::Timestamp;
use model::id::ChannelNumber;
use model::quality::Status;
use model::quantity::Decimal;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry, ScalingLimits, ScalingMode};
use vee::{CheckedPlan, Context, Day, MISSING, Plan, Stamp};

/// The values and statuses of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub values: Vec<i64>,
    pub statuses: Vec<Status>,
}

impl Series {
    /// Reads cells in the channel's unit at a quantum of `10^exponent`.
    pub fn read(text: &str, exponent: i8) -> Self {
        let (values, statuses) = text.split_whitespace().map(|cell| read_cell(cell, exponent)).unzip();
        Self { values, statuses }
    }

    /// The series as a day that begins at an instant.
    pub fn day<'a>(&'a self, date: &str, start: &str, slot_seconds: u32) -> Day<'a> {
        Day {
            date: date.parse().expect("date"),
            start: start.parse().expect("instant"),
            slot_seconds,
            clock_change: None,
            values: &self.values,
            statuses: &self.statuses,
        }
    }

    /// A winter Wednesday in Chicago.
    pub fn ordinary_day(&self, slot_seconds: u32) -> Day<'_> {
        self.day("2026-01-14", "2026-01-14T06:00:00Z", slot_seconds)
    }
}

fn read_cell(cell: &str, exponent: i8) -> (i64, Status) {
    if cell == "_" {
        return (MISSING, Status::NONE);
    }
    let (number, status) = match cell.split_at(cell.len() - 1) {
        (number, "o") => (number, Status::POWER_FAILURE),
        (number, "v") => (number, Status::VALIDATED),
        (number, "e") => (number, Status::ESTIMATED),
        (number, "a") => (number, Status::ACCEPTED),
        _ => (cell, Status::NONE),
    };
    (quanta(number, exponent), status)
}

/// A decimal in quanta of `10^exponent`.
pub fn quanta(text: &str, exponent: i8) -> i64 {
    let decimal: Decimal = text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"));
    decimal.rescaled(exponent).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Quanta as a decimal; `_` where there is no value.
pub fn cell(value: Option<i64>, exponent: i8) -> String {
    value.map_or("_".into(), |value| {
        let decimal = Decimal::new(value, exponent);
        if value == 0 { "0".into() } else { decimal.normalized_to_point().to_string() }
    })
}

trait NormalizedToPoint {
    fn normalized_to_point(self) -> Self;
}

impl NormalizedToPoint for Decimal {
    /// Without trailing zeros after the point, and never `1e3`.
    fn normalized_to_point(self) -> Self {
        let normal = self.normalized();
        if normal.exponent < 0 { normal } else { Self::new(normal.rescaled(0).expect("small"), 0) }
    }
}

/// A context of kWh at a quantum of `10^exponent`.
pub fn context<'a>(exponent: i8) -> Context<'a> {
    Context::of(ChannelNumber(7), "kWh", exponent)
}

/// A plan of one rule with its defaults.
pub fn plan_of_rule(rule: &str, on_failure: OnFailure) -> CheckedPlan {
    checked(Plan { validate: vec![RuleEntry::new(rule, on_failure)], ..empty_plan() })
}

/// A plan that estimates gaps by one method.
pub fn plan_of_method(method: &str, settings: &[(&str, &str)]) -> CheckedPlan {
    let settings = settings.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    let gap = RuleEntry::new("V30", OnFailure::Estimate);
    let method = EstimatorEntry { settings, ..EstimatorEntry::new(method) };
    checked(Plan { validate: vec![gap], estimate: vec![method], ..empty_plan() })
}

pub fn empty_plan() -> Plan {
    Plan {
        name: "test".into(),
        version: 1,
        scaling: ScalingMode::Proportional,
        scaling_limits: ScalingLimits::default(),
        validate: vec![],
        user_rule: vec![],
        formula: vec![],
        validate_estimates: false,
        estimate: vec![],
        register: None,
        process: vec![],
    }
}

#[track_caller]
pub fn checked(plan: Plan) -> CheckedPlan {
    plan.check().unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// The first run, at a fixed moment.
pub fn stamp() -> Stamp {
    Stamp { run: 1, now: Timestamp::UNIX_EPOCH }
}

/// The final value of every slot: that of the outcome where it lists one, else the received one.
pub fn final_values(day: &Day<'_>, outcome: &vee::Outcome) -> Vec<Option<i64>> {
    let mut values: Vec<Option<i64>> = (0..day.slots()).map(|slot| day.value(slot)).collect();
    for listed in &outcome.final_day.values {
        values[usize::from(listed.slot)] = listed.value;
    }
    values
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compares a generated document with the one in the repository, or writes it where
/// `AMITY_WRITE_DOCUMENTS` is set.
#[track_caller]
pub fn check_document(path: &str, text: &str) {
    let file = repository().join(path);
    if std::env::var_os("AMITY_WRITE_DOCUMENTS").is_some() {
        std::fs::write(&file, text).expect("the repository can be written");
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == text, "{path} is out of date; run this test with AMITY_WRITE_DOCUMENTS=1");
}
