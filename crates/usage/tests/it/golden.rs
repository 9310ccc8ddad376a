//! The published vectors of V73 and V74: any other product can be tested against them.
//!
//! Each file says at its top what its columns are and how the answers were calculated.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use usage::quality::Counts;
use usage::series::{Earlier, Reference, StatusSpan};
use usage::v73_billing_quality_gate::{Gate, OnException};
use usage::v74_usage_high_low::HighLow;
use usage::{Account, Channel, Cycle, Determinant, DeterminantSet, MISSING, Role, Run};

use crate::notation::timeline;

#[test]
fn v73_billing_quality_gate() {
    // covers: V73
    let rows = rows::<4>("v73_billing_quality_gate.csv");
    for [case, intervals, gate, answer] in &rows {
        let found = determinant(&Given { intervals, gate: parsed_gate(gate), ..Given::default() });
        let kinds: Vec<String> = found.exceptions.iter().map(|exception| kind(&exception.evidence)).collect();
        assert!(found.exceptions.iter().all(|exception| exception.rule == "V73"), "{case}");
        assert_eq!(if kinds.is_empty() { "-".into() } else { kinds.join(" ") }, *answer, "{case}");
    }
}

#[test]
fn v74_usage_high_low() {
    // covers: V74
    for [case, quantity, days, earlier, against, above, below, answer] in &rows::<8>("v74_usage_high_low.csv") {
        let order = against.split(' ').map(named).collect();
        let percent = |text: &str| text.parse().expect("a percentage");
        let high_low = HighLow { against: order, above_percent: percent(above), below_percent: percent(below) };
        let earlier: Vec<_> = earlier.split_whitespace().map(reference).collect();
        let days = days.parse().expect("days");
        let given =
            Given { quantity: Some((quantity.as_str(), days)), earlier, high_low: Some(high_low), ..Given::default() };
        let found = determinant(&given);
        let outcome = match (found.exceptions.as_slice(), found.notes.as_slice()) {
            ([], []) => "within",
            ([], [note]) if note.starts_with("V74 not applicable: ") => "not applicable",
            ([one], []) if one.rule == "V74" => "outside",
            other => panic!("{case}: {other:?}"),
        };
        assert_eq!(outcome, answer, "{case}");
    }
}

/// Rows of a file without its remarks and head.
fn rows<const COLUMNS: usize>(file: &str) -> Vec<[String; COLUMNS]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/vee/golden").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1);
    let row = |line: &str| -> [String; COLUMNS] {
        let cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        cells.try_into().unwrap_or_else(|cells| panic!("{file}: every row has every column: {cells:?}"))
    };
    lines.map(row).collect()
}

/// One determinant and what it rests on.
#[derive(Default)]
struct Given<'a> {
    intervals: &'a str,
    gate: Gate,
    quantity: Option<(&'a str, i64)>,
    earlier: Vec<(Earlier, Decimal, i64)>,
    high_low: Option<HighLow>,
}

fn determinant(given: &Given<'_>) -> Determinant {
    let (values, statuses) = match given.quantity {
        Some((quantity, days)) => one_value(quantity, days),
        None => laid(given.intervals),
    };
    let start = Timestamp::from_second(1_767_934_800).expect("midnight in Toronto, 2026-01-09");
    let period = TimeRange { start, end: start + SignedDuration::from_hours(values.len() as i64) };
    let gate = Gate { on_exception: OnException::Deliver, ..given.gate.clone() };
    let set = serde_json::json!({
        "name": "golden", "version": 1, "gate": gate,
        "meters": [{ "name": "site", "unit": "kWh", "terms": [{ "channel": "a", "sign": "plus" }] }],
        "determinants": [
            { "id": "kwh", "unit": "kWh", "meter": "site", "measure": "usage", "high_low": given.high_low },
        ],
    });
    let set: DeterminantSet = serde_json::from_value(set).expect("a set");
    let set = set.check().expect("a right set");
    let cycle = Cycle::new(Role::Repository, &set, &timeline(period), &[]).expect("a cycle");
    let run = Run { start, length_seconds: 3600, values: &values, status: Status::VALIDATED, exceptions: &statuses };
    let channels = [Channel { name: "a", unit: "kWh", exponent: -3, runs: &[run], registers: &[] }];
    let reference = |(of, quantity, days): &(Earlier, Decimal, i64)| Reference {
        determinant: "kwh",
        of: *of,
        quantity: *quantity,
        seconds: days * 86_400,
    };
    let references: Vec<_> = given.earlier.iter().map(reference).collect();
    let account = Account { channels: &channels, references: &references };
    cycle.determinants(&account).expect("determinants").remove(0)
}

/// Everything in the first hour of so many days.
fn one_value(quantity: &str, days: i64) -> (Vec<i64>, Vec<StatusSpan>) {
    let quantity: Decimal = quantity.parse().expect("a quantity");
    let mut values = vec![0; usize::try_from(days * 24).expect("hours")];
    values[0] = quantity.rescaled(-3).expect("thousandths");
    (values, Vec::new())
}

fn laid(intervals: &str) -> (Vec<i64>, Vec<StatusSpan>) {
    let (mut values, mut statuses) = (Vec::new(), Vec::new());
    for cell in intervals.split(' ') {
        let (count, word) = cell.split_once('x').expect("count and status");
        let from = values.len();
        values.extend(vec![if word == "_" { MISSING } else { 1 }; count.parse().expect("a count")]);
        let status = match word {
            "v" | "_" => Status::VALIDATED,
            "e" => Status::ESTIMATED,
            "d" => Status::EDITED,
            "f" => Status::FAILED,
            "n" => Status::NONE,
            "q" => Status::VALIDATED | Status::QUESTIONABLE,
            "a" => Status::FAILED | Status::ACCEPTED,
            "u" => Status::ESTIMATED | Status::UNSCALED,
            _ => panic!("`{word}` is no status"),
        };
        statuses.push(StatusSpan { from, to: values.len(), status });
    }
    (values, statuses)
}

fn parsed_gate(text: &str) -> Gate {
    let limits = text.split_whitespace().map(|limit| limit.split_once('=').expect("kind and percent"));
    let limits: serde_json::Map<String, serde_json::Value> =
        limits.map(|(kind, percent)| (kind.into(), percent.parse::<u8>().expect("percent").into())).collect();
    serde_json::from_value(limits.into()).expect("a gate")
}

fn named(text: &str) -> Earlier {
    if text == "previous" { Earlier::Previous } else { Earlier::LastYear }
}

fn reference(text: &str) -> (Earlier, Decimal, i64) {
    let cells: Vec<&str> = text.split(':').collect();
    (named(cells[0]), cells[1].parse().expect("a quantity"), cells[2].parse().expect("days"))
}

/// `estimated:5` of "5 of 96 intervals are estimated; the limit is 5 %".
fn kind(evidence: &str) -> String {
    let (count, rest) = evidence.split_once(" of ").expect("a count");
    let word = rest.split_once(" are ").and_then(|(_, rest)| rest.split_once(';')).expect("a kind").0;
    let name = match word {
        "not validated" => "not_validated",
        "accepted by hand" => "accepted",
        other => other,
    };
    assert!(serde_json::to_value(Counts::default()).expect("counts").get(name).is_some(), "{name}");
    format!("{name}:{count}")
}
