//! Buckets too short for the windows of a demand.
//!
//! Wednesday 14 January 2026 in Toronto, a critical peak from 10:30 to 11:15. No hour lies inside it; the half-hour from
//! 10:30 does. Quarter-hours of 0.1 kWh, 1.0 kWh at 10:45.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::time::TimeRange;
use usage::{Cycle, Determinant, Role};

use crate::notation::{Readings, TORONTO, checked_set, codes, days, instant, timeline, with_account, written};

const SET: &str = r#"
    name = "critical"
    version = 1
    gate = { on_exception = "deliver", missing = 100 }
    meters = [{ name = "site", unit = "kWh", terms = [{ channel = "a", sign = "plus" }] }]
    determinants = [
        { id = "kwh", unit = "kWh", meter = "site", measure = "usage" },
        { id = "hour", unit = "kW", meter = "site", bucket = "critical-peak", measure = { demand = { minutes = 60, windows = "block" } }, high_low = { against = ["previous"], above_percent = 10, below_percent = 10 } },
        { id = "slide", unit = "kW", meter = "site", bucket = "critical-peak", measure = { demand = { minutes = 60, windows = "sliding" } } },
        { id = "half", unit = "kW", meter = "site", bucket = "critical-peak", measure = { demand = { minutes = 30, windows = "block" } } },
    ]
"#;

fn answered(values: &str) -> Result<Vec<Determinant>, String> {
    let set = checked_set(SET);
    let event = TimeRange { start: instant("2026-01-14T15:30:00Z"), end: instant("2026-01-14T16:15:00Z") };
    let day = timeline(days(TORONTO, "2026-01-14", "2026-01-15")).with_events("critical-peak", &[event]);
    let cycle = Cycle::new(Role::Repository, &set, &day.expect("a bucket"), &[]).expect("the cycle");
    let midnight: Timestamp = instant("2026-01-14T05:00:00Z");
    let readings = [Readings::of("a", "kWh", -1).run(midnight, 900, values)];
    with_account(&readings, |account| cycle.determinants(account).map_err(|findings| codes(&findings)))
}

#[test]
fn a_demand_without_any_window_has_no_amount_and_says_why() {
    let told = answered("43x0.1 1.0 52x0.1").expect("the others are answered");
    let lines = written(&Ok(told.clone()), &TimeZone::get(TORONTO).expect("zone"));
    let amounts: Vec<&str> = lines.lines().map(|line| line.split(',').nth(3).expect("a quantity")).collect();
    // 95 x 0.1 + 1.0; 0.1 + 1.0 in half an hour.
    assert_eq!(amounts, ["10.5 kWh", "- kW", "- kW", "2.2 kW"], "{lines}");
    let why = "no amount: no window of 60 min lies wholly inside any stretch of the bucket; use shorter windows or longer \
               stretches";
    assert_eq!((told[1].notes.as_slice(), told[2].notes.as_slice()), (&[why.to_owned()][..], &[why.to_owned()][..]));
    assert_eq!((told[1].counts.expected, told[1].peak), (3, None), "it still rests on three quarter-hours");
}

#[test]
fn a_window_that_only_lacks_values_still_waits_for_them() {
    assert_eq!(answered("96x_"), Err("half usage.no_window".into()));
}
