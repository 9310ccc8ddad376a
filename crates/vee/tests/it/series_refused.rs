//! Series of a file that cannot be tried: each fault with its line, what was expected and what to do.

use std::fmt::Write;

use model::finding::Finding;
use vee::trial::read_series;

/// Rows of so many values each, so many minutes apart, one after the other from midnight on.
fn rows(parts: &[(u32, u32)]) -> String {
    let (mut text, mut minute) = ("time,value\n".to_owned(), 0);
    for (count, minutes) in parts {
        for _ in 0..*count {
            writeln!(text, "2026-01-14T{:02}:{:02}:00Z,1", minute / 60, minute % 60).expect("memory");
            minute += minutes;
        }
    }
    text
}

fn only(text: &str) -> Finding {
    let findings = read_series(text).expect_err(text);
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    finding.clone()
}

#[test]
fn an_interval_length_that_changes_is_refused() {
    for (case, parts, line, found, expected) in [
        ("hours, then quarter-hours", [(12, 60), (48, 15)], 3, "1 h apart from 2026-01-14T00:00:00Z", "15 min as from"),
        ("quarter-hours, then hours", [(8, 15), (6, 60)], 11, "1 h apart from 2026-01-14T02:00:00Z", "15 min as from"),
        ("half-hours, then quarter-hours", [(4, 30), (4, 15)], 3, "30 min apart from", "15 min as from"),
    ] {
        let finding = only(&rows(&parts));
        assert_eq!((finding.line, finding.field.as_str()), (line, "time"), "{case}");
        assert!(finding.message.contains(found) && finding.message.contains(expected), "{case}: {}", finding.message);
    }
}

#[test]
fn gaps_are_no_other_length() {
    // A gap of an hour without rows, and hours that are written as quarter-hours without values.
    let with_gap = read_series(&rows(&[(4, 15), (1, 60), (4, 15)])).expect("a series");
    assert_eq!((with_gap.interval_seconds, with_gap.values.len()), (900, 12));
    let empty =
        "time,value\n2026-01-14T00:00:00Z,\n2026-01-14T01:00:00Z,\n2026-01-14T02:00:00Z,1\n2026-01-14T02:15:00Z,1\n";
    assert_eq!(read_series(empty).expect("a series").interval_seconds, 900);
}

#[test]
fn a_register_that_cannot_be_is_refused() {
    for (setting, expected) in [
        ("multiplier: 0", "found `0`, expected a number above 0"),
        ("multiplier: -40", "found `-40`, expected a number above 0"),
        ("dials: 0", "found `0`, expected a number of digits from 1 to 18"),
        ("dials: 19", "found `19`, expected a number of digits from 1 to 18"),
    ] {
        let finding = only(&format!("# {setting}\n{}", rows(&[(2, 60)])));
        let field = setting.split(':').next().expect("a name");
        assert_eq!((finding.line, finding.field.as_str()), (1, field));
        assert!(finding.message.starts_with(expected), "{}", finding.message);
    }
    assert_eq!(read_series(&format!("# dials: 18\n{}", rows(&[(2, 60)]))).expect("a series").dials, 18);
}
