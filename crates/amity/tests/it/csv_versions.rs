//! Versions that are numbers beside values without a version, as `docs/formats/csv.md` tells.

use crate::program::Program;

fn row(value: &str, version: &str) -> String {
    format!(
        "usage_point_id,uom,start,end,value,version\nUP1,kWh,2026-01-02T04:00:00Z,2026-01-02T05:00:00Z,{value},{version}\n"
    )
}

/// The value that counts after rows came one after the other, each `value version`, and how many were told to be older.
#[track_caller]
fn check(case: &str, rows: &[&str], expected: &str) {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let mut older = 0;
    for (at, cells) in rows.iter().enumerate() {
        let (value, version) = cells.split_once(' ').unwrap_or((cells, ""));
        let file = program.file(&format!("{at}.csv"), row(value, version));
        let told = program.json(&["ingest", &file, "--json"]);
        older += told["receipt"]["older"].as_u64().unwrap_or_else(|| panic!("{told}"));
    }
    let read = program.json(&["read", "0", "--from", "2026-01-02T04:00", "--to", "2026-01-02T05:00", "--json"]);
    let value = read["intervals"][0]["value"].as_str().unwrap_or("-");
    assert_eq!(format!("{value}, {older} older"), expected, "{case}");
}

#[test]
fn a_value_without_a_version_stands_over_numbered_ones_in_any_order() {
    check("numbers count up", &["1 3", "2 4"], "2, 0 older");
    check("a lower number comes late", &["2 4", "1 3"], "2, 1 older");
    check("first without a version", &["1", "2 3"], "1, 1 older");
    check("then without a version", &["2 3", "1"], "1, 0 older");
    check("a later moment", &["1", "2 2099-01-01T00:00:00Z"], "2, 0 older");
    check("an earlier moment", &["1", "2 2020-01-01T00:00:00Z"], "1, 1 older");
}
