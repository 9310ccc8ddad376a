//! Late and corrected data: days that stood on the earlier values are run again, others are left alone.

use jiff::civil::{Date, date};
use model::id::ChannelNumber;
use model::lineage::FinalDay;
use store::readings::AsOf;

use crate::review_fixture::Utility;

const MONDAYS: [Date; 3] = [date(2026, 2, 2), date(2026, 2, 9), date(2026, 2, 16)];
const GAP_DAY: Date = date(2026, 2, 23);

/// Three Mondays of 100 Wh an hour, and a fourth with five hours missing.
fn utility_with_a_gap() -> Utility {
    let utility = Utility::with_channels(1);
    for monday in MONDAYS {
        utility.arrive(0, monday, 0, "100");
    }
    utility.arrive(0, GAP_DAY, 0, &["100"; 8].join(" "));
    utility.arrive(0, GAP_DAY, 13, &["100"; 11].join(" "));
    let days: Vec<_> = MONDAYS.iter().chain([&GAP_DAY]).map(|date| (0, *date)).collect();
    utility.validate(&days);
    utility
}

fn decided(utility: &Utility, date: Date) -> FinalDay {
    utility.book.final_day(ChannelNumber(0), date, AsOf::Now).expect("readable").expect("a validated day")
}

fn estimates(utility: &Utility) -> Vec<(u16, Option<i64>)> {
    decided(utility, GAP_DAY).values.iter().map(|value| (value.slot, value.value)).collect()
}

#[test]
fn a_corrected_reference_day_mends_the_estimate_that_stood_on_it() {
    let utility = utility_with_a_gap();
    assert_eq!(estimates(&utility), (8..13).map(|slot| (slot, Some(100))).collect::<Vec<_>>());
    utility.arrive(0, MONDAYS[2], 0, "400");
    utility.validate(&[(0, MONDAYS[2])]);
    // (400 + 100 + 100) / 3
    assert_eq!(estimates(&utility), (8..13).map(|slot| (slot, Some(200))).collect::<Vec<_>>());
}

#[test]
fn days_that_do_not_change_are_not_decided_anew() {
    let utility = utility_with_a_gap();
    let before = decided(&utility, MONDAYS[1]);
    utility.arrive(0, MONDAYS[2], 0, "400");
    utility.validate(&[(0, MONDAYS[2])]);
    assert_eq!(decided(&utility, MONDAYS[1]), before);
}

#[test]
fn measured_values_that_come_late_take_the_place_of_the_estimate() {
    let utility = utility_with_a_gap();
    utility.arrive(0, GAP_DAY, 8, "120 130 140 150 160");
    utility.validate(&[(0, GAP_DAY)]);
    assert_eq!(estimates(&utility), []);
    assert!(decided(&utility, GAP_DAY).failures.is_empty());
}

#[test]
fn a_clock_that_goes_back_hides_no_later_run() {
    let utility = utility_with_a_gap();
    utility.wait_until("2026-03-01T00:00:00Z");
    utility.arrive(0, GAP_DAY, 8, "120 130 140 150 160");
    utility.validate(&[(0, GAP_DAY)]);
    assert_eq!(estimates(&utility), []);
    let utility = utility.reopened();
    utility.wait_until("2026-02-28T00:00:00Z");
    utility.arrive(0, GAP_DAY, 9, "-130");
    utility.validate(&[(0, GAP_DAY)]);
    assert!(!decided(&utility, GAP_DAY).failures.is_empty(), "the negative value fails");
}

#[test]
fn a_damaged_day_is_told_and_not_estimated() {
    // covers: THR-08
    let utility = Utility::with_channels(1);
    let [before, day, after] = [date(2026, 2, 10), date(2026, 2, 11), date(2026, 2, 12)];
    for date in [before, day, after] {
        utility.arrive(0, date, 0, "100");
    }
    utility.damage(day);
    let report = utility.run(&[(0, day)]);
    assert_eq!((report.damaged, report.estimated), (1, 0), "{report:?}");
    // Fetched again, it is a day like any other.
    utility.arrive(0, day, 0, "100");
    let report = utility.run(&[(0, day)]);
    assert_eq!(report.estimated, 0);
}
