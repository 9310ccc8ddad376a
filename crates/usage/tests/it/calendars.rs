//! Calendars: what is refused when they are loaded, and which bucket holds when.

use usage::{Calendar, Timeline};

use crate::notation::{TORONTO, checked_calendar, codes, days, instant, three_buckets, timeline, told};

#[test]
fn every_second_of_a_month_has_one_bucket() {
    // March 2026: 22 weekdays of 6 h on-peak and 6 h mid-peak; 743 hours, for the clock is put forward on the 8th.
    check_hours("2026-03-01", "2026-04-01", 743 - 264, 132, 132);
    // November 2026: 21 weekdays; 721 hours, for the clock is put back on the 1st, which is also a holiday.
    check_hours("2026-11-01", "2026-12-01", 721 - 252, 126, 126);
    // December 2026: 23 weekdays, of which the 25th is a holiday.
    check_hours("2026-12-01", "2027-01-01", 744 - 264, 132, 132);
    // July 2026: 23 weekdays, no holiday in this calendar.
    check_hours("2026-07-01", "2026-08-01", 744 - 276, 138, 138);
    // The turn of the season on 1 May: 30 April winter, 1 May summer, both weekdays.
    check_hours("2026-04-30", "2026-05-02", 24, 12, 12);
}

#[track_caller]
fn check_hours(first: &str, after: &str, off: i64, mid: i64, on: i64) {
    let timeline = timeline(days(TORONTO, first, after));
    let found: Vec<(&str, i64)> = timeline.seconds().map(|(bucket, seconds)| (bucket, seconds / 3600)).collect();
    assert_eq!(found, [("off-peak", off), ("mid-peak", mid), ("on-peak", on), ("critical-peak", 0)], "{first}");
}

/// One season and one schedule for every day.
fn daily(zone: &str, bands: &[(&str, &str, &str)]) -> String {
    let bands: Vec<String> = bands
        .iter()
        .map(|(from, to, bucket)| format!("{{ from = \"{from}\", to = \"{to}\", bucket = \"{bucket}\" }}"))
        .collect();
    format!(
        "name = \"daily\"\nversion = 1\nzone = \"{zone}\"\nbuckets = [\"low\", \"high\"]\n\
         [[seasons]]\nname = \"year\"\nfirst = \"01-01\"\nlast = \"12-31\"\n[[seasons.days]]\n\
         on = [\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\", \"saturday\", \"sunday\", \"holiday\"]\n\
         bands = [{}]",
        bands.join(", ")
    )
}

#[test]
fn bands_follow_the_clock_when_it_jumps() {
    let night = [("00:00", "01:30", "low"), ("01:30", "02:30", "high"), ("02:30", "24:00", "low")];
    // Put back at 02:00: the clock shows 01:30 to 02:00 twice, then 02:00 to 02:30.
    check_high(TORONTO, "2026-11-01", &night, 90 * 60);
    // Put forward at 02:00 to 03:00: only 01:30 to 02:00 is ever shown.
    check_high(TORONTO, "2026-03-08", &night, 30 * 60);
    check_high(TORONTO, "2026-06-01", &night, 60 * 60);
    // Lord Howe puts its clock back from 02:00 to 01:30: 01:30 to 02:00 twice, and 02:00 to 02:30 once.
    check_high("Australia/Lord_Howe", "2026-04-05", &night, 90 * 60);
    // Cairo puts its clock forward at midnight: 00:00 to 01:00 is never shown.
    check_high("Africa/Cairo", "2026-04-24", &[("00:00", "02:00", "high"), ("02:00", "24:00", "low")], 60 * 60);
}

#[track_caller]
fn check_high(zone: &str, date: &str, bands: &[(&str, &str, &str)], seconds: i64) {
    let calendar = checked_calendar(&daily(zone, bands));
    let next = date.parse::<jiff::civil::Date>().expect("date").tomorrow().expect("a day").to_string();
    let range = days(zone, date, &next);
    let timeline = Timeline::of(&calendar, range).unwrap_or_else(|finding| panic!("{finding}"));
    let found: Vec<i64> = timeline.seconds().map(|(_, seconds)| seconds).collect();
    assert_eq!(found, [range.seconds() - seconds, seconds], "{zone} {date}");
}

#[test]
fn holes_overlaps_and_unknown_names_are_told() {
    let whole = [("00:00", "24:00", "low")];
    check_daily(&whole, "");
    check_daily(&[("00:00", "07:00", "low"), ("08:00", "24:00", "high")], "seasons[0].days[0].bands calendar.hole");
    check_daily(&[("00:00", "09:00", "low"), ("08:00", "24:00", "high")], "seasons[0].days[0].bands calendar.overlap");
    check_daily(&[("00:00", "24:00", "dear")], "seasons[0].days[0].bands[0].bucket calendar.bucket");
    check_daily(
        &[("00:00", "24:01", "low")],
        "seasons[0].days[0].bands[0] calendar.time; seasons[0].days[0].bands calendar.hole",
    );
    check_daily(&[], "seasons[0].days[0].bands calendar.hole");
}

#[track_caller]
fn check_daily(bands: &[(&str, &str, &str)], expected: &str) {
    let calendar: Calendar = toml::from_str(&daily(TORONTO, bands)).expect("a calendar");
    let found = calendar.check().err().map(|findings| codes(&findings)).unwrap_or_default();
    assert_eq!(found, expected, "{bands:?}");
}

#[test]
fn seasons_and_kinds_of_day_are_whole_as_well() {
    check_changed("a day of no season", |calendar| calendar.seasons[0].last = "04-29".into(), "seasons calendar.hole");
    check_changed("a day of two", |calendar| calendar.seasons[1].first = "04-30".into(), "seasons calendar.overlap");
    check_changed(
        "no date",
        |calendar| calendar.seasons[0].first = "02-30".into(),
        "seasons[0].first calendar.date; seasons calendar.hole",
    );
    check_changed("no holiday", |calendar| calendar.seasons[1].days[0].on.truncate(2), "seasons[1].days calendar.hole");
    check_changed("no zone", |calendar| calendar.zone = "Ontario".into(), "zone calendar.zone");
    check_changed("holiday twice", |calendar| calendar.holidays.extend_from_within(..1), "holidays calendar.repeated");
    check_changed("bucket twice", |calendar| calendar.buckets.extend_from_within(..1), "buckets calendar.repeated");
    let unknown = "name = \"x\"\nversion = 1\nzone = \"UTC\"\nbuckets = []\nseasons = []\nseason = 1";
    assert!(toml::from_str::<Calendar>(unknown).is_err(), "unknown names are refused");
}

#[track_caller]
fn check_changed(case: &str, change: impl FnOnce(&mut Calendar), expected: &str) {
    let mut calendar = three_buckets();
    change(&mut calendar);
    let findings = calendar.check().expect_err(case);
    assert_eq!(codes(&findings), expected, "{case}: {}", told(&findings));
}

#[test]
fn events_lie_over_the_calendar() {
    // Wednesday 14 January 2026, 16:00 to 20:00 local: 1 h mid-peak, 2 h on-peak, 1 h off-peak become critical.
    let event = model::time::TimeRange { start: instant("2026-01-14T21:00:00Z"), end: instant("2026-01-15T01:00:00Z") };
    let later = model::time::TimeRange { start: instant("2026-01-15T00:00:00Z"), end: instant("2026-01-15T02:00:00Z") };
    let day = || timeline(days(TORONTO, "2026-01-14", "2026-01-15"));
    let hours = |timeline: Timeline| timeline.seconds().map(|(_, seconds)| seconds / 3600).collect::<Vec<_>>();
    assert_eq!(hours(day()), [12, 6, 6, 0]);
    assert_eq!(hours(day().with_events("critical-peak", &[event]).expect("a bucket")), [11, 5, 4, 4]);
    let both = day().with_events("critical-peak", &[event, later]).expect("a bucket");
    assert_eq!(hours(both), [10, 5, 4, 5], "overlapping events count once");
    let finding = day().with_events("super-peak", &[event]).expect_err("no such bucket");
    assert_eq!(finding.code, "usage.bucket");
}

#[test]
fn another_calendar_may_hold_from_an_instant_on() {
    // Wednesday 14 January by three prices (12 h off, 6 h mid, 6 h on), Thursday by another calendar with a bucket of its own.
    let other = checked_calendar(&daily(TORONTO, &[("00:00", "08:00", "low"), ("08:00", "24:00", "high")]));
    let thursday = Timeline::of(&other, days(TORONTO, "2026-01-15", "2026-01-16")).expect("a day");
    let both = timeline(days(TORONTO, "2026-01-14", "2026-01-15")).then(&thursday).expect("they touch");
    let hours: Vec<(&str, i64)> = both.seconds().map(|(bucket, seconds)| (bucket, seconds / 3600)).collect();
    let expected = [("off-peak", 12), ("mid-peak", 6), ("on-peak", 6), ("critical-peak", 0), ("low", 8), ("high", 16)];
    assert_eq!(hours, expected);
}

#[test]
fn a_period_is_whole_and_not_endless() {
    let calendar = three_buckets().check().unwrap_or_else(|findings| panic!("{}", told(&findings)));
    let range = |start: &str, end: &str| model::time::TimeRange { start: instant(start), end: instant(end) };
    let cases = [
        ("empty", range("2026-01-01T05:00:00Z", "2026-01-01T05:00:00Z")),
        ("backwards", range("2026-01-02T05:00:00Z", "2026-01-01T05:00:00Z")),
        ("a fraction", range("2026-01-01T05:00:00.5Z", "2026-01-02T05:00:00Z")),
        ("a century", range("1926-01-01T05:00:00Z", "2026-01-02T05:00:00Z")),
    ];
    for (case, range) in cases {
        assert_eq!(Timeline::of(&calendar, range).expect_err(case).code, "usage.period", "{case}");
    }
    let (march, may) =
        (timeline(days(TORONTO, "2026-03-01", "2026-04-01")), timeline(days(TORONTO, "2026-05-01", "2026-06-01")));
    assert_eq!(march.then(&may).expect_err("April is missing").code, "usage.calendar_change");
}
