//! The published vectors of `docs/vee/golden`: any other product can be tested against them.
//!
//! Each file says at its top what its columns are and how the answers were calculated.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::quantity::Decimal;
use model::time::TimeRange;
use vee::context::RegisterPair;
use vee::plan::{EstimatorEntry, OnFailure, Plan, RuleEntry};
use vee::scaling::{NegativeTotal, scale};
use vee::{Activity, Context, Day, Measured, Neighbour, Total, Validation, Verdict, run};

use crate::notation::{
    Series, cell, checked, context, empty_plan, final_values, plan_of_method, plan_of_rule, quanta, repository, stamp,
};

/// The rows of a file by column name.
pub struct Golden {
    file: &'static str,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

pub struct Row<'a> {
    golden: &'a Golden,
    cells: &'a [String],
}

impl Golden {
    pub fn read(file: &'static str) -> Self {
        let path = repository().join("docs/vee/golden").join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let split = |line: &str| line.split(',').map(str::to_string).collect::<Vec<String>>();
        let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(split);
        let columns = lines.next().expect("a line of column names");
        let rows: Vec<Vec<String>> = lines.collect();
        assert!(!rows.is_empty(), "{file} has no rows");
        assert!(rows.iter().all(|row| row.len() == columns.len()), "{file}: every row has every column");
        Self { file, columns, rows }
    }

    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row { golden: self, cells })
    }
}

impl<'a> Row<'a> {
    pub fn get(&self, column: &str) -> &'a str {
        self.find(column).unwrap_or_else(|| panic!("{} has no column {column}", self.golden.file))
    }

    /// The cell of a column that the file may do without; `None` where it is empty too.
    pub fn given(&self, column: &str) -> Option<&'a str> {
        self.find(column).filter(|cell| !cell.is_empty())
    }

    /// The cell of a column that the file may do without.
    pub fn find(&self, column: &str) -> Option<&'a str> {
        let at = self.golden.columns.iter().position(|name| name == column);
        at.map(|at| self.cells[at].as_str())
    }

    pub fn number<T: std::str::FromStr>(&self, column: &str) -> T {
        let text = self.get(column);
        text.parse().unwrap_or_else(|_| panic!("{}, {}: {column} `{text}`", self.golden.file, self.get("case")))
    }

    pub fn slot_seconds(&self) -> u32 {
        60 * self.number::<u32>("interval_minutes")
    }
}

/// `pass`, `none` (not applicable), or the slots that fail: `3..4 7..9`.
pub fn verdict(rule: &str, day: &Day<'_>, context: &Context<'_>) -> String {
    let outcome = run(day, context, &plan_of_rule(rule, OnFailure::Review), stamp());
    match outcome.results[0].verdict {
        Verdict::Passed => "pass".into(),
        Verdict::NotApplicable => "none".into(),
        Verdict::Failed => {
            let spans = outcome.final_day.failures.iter().map(|failure| format!("{}..{}", failure.from, failure.to));
            spans.collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn v30_gap() {
    // covers: V30
    for row in Golden::read("v30_gap.csv").rows() {
        let series = Series::read(row.get("values"), -3);
        let day = series.ordinary_day(row.slot_seconds());
        assert_eq!(verdict("V30", &day, &context(-3)), row.get("answer"), "{}", row.get("case"));
    }
}

#[test]
fn v31_spike() {
    // covers: V31
    for row in Golden::read("v31_spike.csv").rows() {
        let series = Series::read(row.get("values"), -3);
        let day = series.ordinary_day(row.slot_seconds());
        let context = Context { unit: row.get("unit"), ..context(-3) };
        assert_eq!(verdict("V31", &day, &context), row.get("answer"), "{}", row.get("case"));
    }
}

#[test]
fn v36_zero_on_active() {
    // covers: V36
    for row in Golden::read("v36_zero_on_active.csv").rows() {
        let series = Series::read(row.get("values"), -3);
        let day = series.ordinary_day(row.slot_seconds());
        let activity = if row.get("active") == "yes" { Activity::Active } else { Activity::Inactive };
        let context = Context { activity, zero_days_before: row.number("zero_days_before"), ..context(-3) };
        assert_eq!(verdict("V36", &day, &context), row.get("answer"), "{}", row.get("case"));
    }
}

#[test]
fn v38_negative() {
    // covers: V38
    for row in Golden::read("v38_negative.csv").rows() {
        let series = Series::read(row.get("values"), -3);
        let day = series.ordinary_day(row.slot_seconds());
        let context = Context { negative_allowed: row.get("negative_allowed") == "yes", ..context(-3) };
        assert_eq!(verdict("V38", &day, &context), row.get("answer"), "{}", row.get("case"));
    }
}

#[test]
fn v75_revalidated_estimates() {
    // covers: V75
    for row in Golden::read("v75_revalidated_estimates.csv").rows() {
        let series = Series::read(row.get("values"), -3);
        let fixed = EstimatorEntry {
            settings: BTreeMap::from([("value_to_substitute".into(), row.get("value").into())]),
            ..EstimatorEntry::new("E15")
        };
        let limits = RuleEntry {
            settings: BTreeMap::from([("high".into(), "10 kWh/h".into())]),
            ..RuleEntry::new("V32", OnFailure::Warn)
        };
        let plan = Plan {
            validate: vec![RuleEntry::new("V30", OnFailure::Estimate), limits],
            estimate: vec![fixed],
            validate_estimates: row.get("revalidate") == "yes",
            ..empty_plan()
        };
        let outcome = run(&series.ordinary_day(3600), &context(-3), &checked(plan), stamp());
        let again = outcome.exceptions.iter().filter(|exception| exception.validation == Validation::Secondary);
        let slots: Vec<String> = again.map(|exception| format!("{}..{}", exception.from, exception.to)).collect();
        let answer = if slots.is_empty() { "pass".into() } else { slots.join(" ") };
        assert_eq!(answer, row.get("answer"), "{}", row.get("case"));
    }
}

#[test]
fn v50_sum_check() {
    // covers: V50
    for row in Golden::read("v50_sum_check.csv").rows() {
        let series = Series::read(row.get("values"), -3);
        let day = series.ordinary_day(3600);
        let end = day.start + jiff::SignedDuration::from_hours(series.values.len() as i64);
        let decimal = |column: &str| row.number::<Decimal>(column);
        let measured = match row.get("amount") {
            "" => Measured::Register(RegisterPair {
                start: decimal("start"),
                end: decimal("end"),
                multiplier: decimal("multiplier"),
                dials: row.number("dials"),
                decimals: row.number("decimals"),
            }),
            _ => Measured::Amount(decimal("amount")),
        };
        let totals = [Total { range: TimeRange { start: day.start, end }, measured, elsewhere: None }];
        let context = Context { totals: &totals, ..context(-3) };
        assert_eq!(verdict("V50", &day, &context), row.get("answer"), "{}", row.get("case"));
    }
}

#[test]
fn e04_linear_interpolation() {
    // covers: E04
    for row in Golden::read("e04_linear.csv").rows() {
        let exponent = row.number("exponent");
        let series = Series::read(row.get("values"), exponent);
        let day = series.ordinary_day(row.slot_seconds());
        let neighbour = |column: &str| {
            let mut parts = Some(row.get(column)).filter(|text| !text.is_empty())?.split_whitespace();
            let value = parts.next().filter(|cell| *cell != "_").map(|cell| quanta(cell, exponent));
            let missing = parts.next().map_or(0, |count| count.parse().expect("count"));
            Some(Neighbour { value, slots_between: missing, missing_at_edge: missing })
        };
        let context = Context { before: neighbour("before"), after: neighbour("after"), ..context(exponent) };
        let outcome = run(&day, &context, &plan_of_method("E04", &[]), stamp());
        let answer: Vec<String> = final_values(&day, &outcome).into_iter().map(|value| cell(value, exponent)).collect();
        assert_eq!(answer.join(" "), row.get("answer"), "{}", row.get("case"));
    }
}

#[test]
fn e05_reference_days() {
    // covers: E05
    let golden = Golden::read("e05_reference_days.csv");
    let rows: Vec<Row<'_>> = golden.rows().collect();
    for case in rows.chunk_by(|left, right| left.get("case") == right.get("case")) {
        check_reference_days(case);
    }
}

#[track_caller]
fn check_reference_days(rows: &[Row<'_>]) {
    let of = |role: &'static str| rows.iter().filter(move |row| row.get("role") == role);
    let target = of("target").next().expect("a target row");
    let (date, series) = (target.get("date"), Series::read(target.get("values"), 0));
    let references: Vec<(String, Series)> =
        of("reference").map(|row| (row.get("date").into(), Series::read(row.get("values"), 0))).collect();
    let start = |date: &str| format!("{date}T06:00:00Z");
    let history: Vec<Day<'_>> =
        references.iter().map(|(date, series)| series.day(date, &start(date), 6 * 3600)).collect();
    let holidays: Vec<Date> = of("holiday").map(|row| row.number("date")).collect();
    let day = series.day(date, &start(date), 6 * 3600);
    let context = Context { history: &history, holidays: &holidays, ..context(0) };
    let outcome = run(&day, &context, &plan_of_method("E05", &[]), stamp());
    let found: Vec<String> = final_values(&day, &outcome).into_iter().map(|value| cell(value, 0)).collect();
    let answer = of("answer").next().expect("an answer row");
    assert_eq!(found.join(" "), answer.get("values"), "{}", answer.get("case"));
}

#[test]
fn proportional_scaling() {
    // covers: SCALING-PROPORTIONAL, SCALING-ROUNDING
    for row in Golden::read("scaling.csv").rows() {
        let numbers =
            |text: &str| text.split_whitespace().map(|cell| cell.parse().expect("number")).collect::<Vec<i64>>();
        let parts = scale(&numbers(row.get("seeds")), row.number("total"), NegativeTotal::Refuse);
        match row.get("answer") {
            "refused" => assert!(parts.is_err(), "{}", row.get("case")),
            answer => assert_eq!(parts, Ok(numbers(answer)), "{}", row.get("case")),
        }
    }
}
