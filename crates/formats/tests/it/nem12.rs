//! NEM12 and NEM13 on the files of market participants and on cases made by hand.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use formats::{Format, Options, detect};
use serde_json::Value;

use crate::collect::{Collected, read, read_in_pieces, real_data};

/// The bytes of a file, or of the only member of a zip.
fn bytes_of(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("a readable file");
    if !bytes.starts_with(b"PK") {
        return bytes;
    }
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a zip");
    let mut member = Vec::new();
    archive.by_index(0).expect("a member").read_to_end(&mut member).expect("an intact member");
    member
}

// The expected numbers come from two independent readers of the format.
#[test]
fn real_files_give_the_expected_values() {
    let Some(folder) = real_data("nem12") else { return };
    let expected = fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    let expected: Vec<Value> = serde_json::from_str(&expected).expect("JSON");
    for case in &expected {
        let file = case["file"].as_str().expect("a file name");
        let input = bytes_of(&folder.join(file));
        let format = detect(&input).expect(file);
        let found = read_in_pieces(format, &Options::default(), &input, input.len());
        assert_eq!(found.refused, None, "{file}");
        assert_eq!(found, read_in_pieces(format, &Options::default(), &input, 7), "{file} in small pieces");
        assert_eq!(
            file.starts_with("invalid"),
            found.findings.iter().any(|finding| finding.code != "nem12.unit" && finding.code != "nem12.quantity"),
            "{file}: {:?}",
            found.codes()
        );
        check_totals(file, &case["nemreader"]["detail"], &found);
        check_flags(file, &case["effective_quality_value_counts_after_400"], &found);
        check_sum(file, &case["mdff"], &found);
    }
}

fn check_totals(file: &str, detail: &Value, found: &Collected) {
    let totals = found.totals();
    for (label, numbers) in detail.as_object().into_iter().flatten() {
        let total = totals.get(label).unwrap_or_else(|| panic!("{file}: no channel {label} in {totals:?}"));
        assert_eq!(total.count as u64, numbers[0].as_u64().expect("count"), "{file} {label}");
        assert_near(&total.sum, &numbers[1], file);
        for (instant, civil) in [(&total.start, &numbers[2]), (&total.end, &numbers[3])] {
            let market = instant
                .parse::<jiff::Timestamp>()
                .expect("RFC 3339")
                .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(10)));
            assert_eq!(
                market.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                civil.as_str().expect("a stamp"),
                "{file} {label}"
            );
        }
    }
}

fn check_flags(file: &str, expected: &Value, found: &Collected) {
    let Some(expected) = expected.as_object() else { return };
    let mut flags = std::collections::BTreeMap::new();
    for total in found.totals().into_values() {
        for (flag, count) in total.flags {
            *flags.entry(flag).or_insert(0) += count as u64;
        }
    }
    let expected = expected.iter().map(|(flag, count)| (flag.clone(), count.as_u64().expect("a count"))).collect();
    assert_eq!(flags, expected, "{file}");
}

fn check_sum(file: &str, mdff: &Value, found: &Collected) {
    let Some(count) = mdff["values"].as_u64() else { return };
    assert_eq!(found.totals().values().map(|total| total.count as u64).sum::<u64>(), count, "{file}");
    let mut sum = model::quantity::Sum::default();
    for total in found.totals().values() {
        let total: model::quantity::Decimal = total.sum.parse().expect("decimal");
        sum.add(total.digits.into(), total.exponent).expect("fits");
    }
    assert_near(&sum.to_string(), &mdff["sum"], file);
}

/// The expected sums are floats rounded by their readers.
fn assert_near(found: &str, expected: &Value, case: &str) {
    let found: f64 = found.parse().expect("decimal");
    let expected = expected.as_f64().expect("number");
    assert!((found - expected).abs() < 0.0051, "{case}: found {found}, expected {expected}");
}

#[test]
fn nothing_but_other_text_is_refused() {
    assert!(read(Format::Nem12, "hello\nworld\n").refused.is_some());
    assert!(read(Format::Nem12, "\n \n").refused.is_some());
}
