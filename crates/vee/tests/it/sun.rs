//! Sunrise and sunset against PyEphem 4 (VSOP87), the center of the sun 50 arc minutes below a level horizon
//! and no other refraction.

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use model::time::LocalDay;

/// The two agree within half a minute.
const APART_MOST: i64 = 30;

fn day(date: Date, zone: &str) -> LocalDay {
    LocalDay::of(date, &TimeZone::get(zone).expect("a zone")).expect("in range")
}

#[test]
fn the_sun_rises_and_sets_as_an_ephemeris_says() {
    for (place, north, east, date, zone, rise, set) in [
        (
            "Toronto",
            43.65,
            -79.38,
            date(2026, 6, 21),
            "America/Toronto",
            "2026-06-21T09:36:04Z",
            "2026-06-22T01:02:42Z",
        ),
        (
            "Toronto",
            43.65,
            -79.38,
            date(2026, 12, 21),
            "America/Toronto",
            "2026-12-21T12:47:51Z",
            "2026-12-21T21:43:33Z",
        ),
        (
            "Sydney",
            -33.87,
            151.21,
            date(2026, 3, 1),
            "Australia/Sydney",
            "2026-02-28T19:42:36Z",
            "2026-03-01T08:31:54Z",
        ),
        (
            "Quito",
            -0.18,
            -78.47,
            date(2026, 3, 20),
            "America/Guayaquil",
            "2026-03-20T11:18:00Z",
            "2026-03-20T23:24:30Z",
        ),
        ("Oslo", 59.91, 10.75, date(2026, 11, 1), "Europe/Oslo", "2026-11-01T06:38:37Z", "2026-11-01T15:21:36Z"),
        (
            "Auckland",
            -36.85,
            174.76,
            date(2026, 12, 31),
            "Pacific/Auckland",
            "2026-12-30T17:04:04Z",
            "2026-12-31T07:43:09Z",
        ),
    ] {
        let sun = vee::sun::over(north, east, day(date, zone)).expect("rises and sets");
        for (found, expected) in [(sun.rise, rise), (sun.set, set)] {
            let expected: Timestamp = expected.parse().expect("an instant");
            let apart = found.as_second() - expected.as_second();
            assert!(apart.abs() <= APART_MOST, "{place} {date}: {found}, expected {expected}");
        }
    }
}

#[test]
fn where_it_does_not_rise_or_set_nothing_is_said() {
    for date in [date(2026, 6, 21), date(2026, 12, 21)] {
        assert_eq!(vee::sun::over(69.65, 18.96, day(date, "Europe/Oslo")), None, "Tromso, {date}");
        assert_eq!(vee::sun::over(90.0, 0.0, day(date, "UTC")), None, "the pole, {date}");
    }
    assert_eq!(vee::sun::over(f64::NAN, 0.0, day(date(2026, 6, 21), "UTC")), None);
}
