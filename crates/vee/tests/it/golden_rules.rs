//! The published vectors of the rules outside the standard plan, one file and one line here for each.
//!
//! The files share their columns; [`Given`] says how each is written. A file has only the columns it
//! needs, and an empty cell is an input that is not known.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::quality::Status;
use model::quantity::Decimal;
use model::time::{LocalDay, TimeRange};
use vee::context::{Alarm, Companion, DaySummary, Device, Load, Profile, Role, Site, Sources, Sun};
use vee::plan::{OnFailure, RuleEntry};
use vee::{ClockChange, Context, Day, Neighbour, Outcome, Plan, Verdict, run};

use crate::golden::{Golden, Row};
use crate::notation::{Series, cell, checked, context, empty_plan, final_values, quanta, stamp};

#[test]
fn v20_reader_clock() {
    // covers: V20
    check("V20", "v20_reader_clock.csv");
}

#[test]
fn v21_meter_time() {
    // covers: ONT-2.4.3a, V21
    check("V21", "v21_meter_time.csv");
}

#[test]
fn v22_overflow() {
    // covers: V22
    check("V22", "v22_overflow.csv");
}

#[test]
fn v23_test_mode() {
    // covers: V23
    check("V23", "v23_test_mode.csv");
}

#[test]
fn v24_outage_intervals() {
    // covers: V24
    check("V24", "v24_outage_intervals.csv");
}

#[test]
fn v25_hardware_flags() {
    // covers: V25
    check("V25", "v25_hardware_flags.csv");
}

#[test]
fn v26_irregular_interval() {
    // covers: V26
    check("V26", "v26_irregular_interval.csv");
}

#[test]
fn v28_missing_quantity() {
    // covers: V28
    check("V28", "v28_missing_quantity.csv");
}

#[test]
fn v29_alarm() {
    // covers: V29
    check("V29", "v29_alarm.csv");
}

#[test]
fn v32_demand_limits() {
    // covers: V32
    check("V32", "v32_demand_limits.csv");
}

#[test]
fn v33_consecutive_tolerance() {
    // covers: V33
    check("V33", "v33_consecutive_tolerance.csv");
}

#[test]
fn v34_historical_maximum() {
    // covers: V34
    check("V34", "v34_historical_maximum.csv");
}

#[test]
fn v35_high_low_usage() {
    // covers: V35
    check("V35", "v35_high_low_usage.csv");
}

#[test]
fn v37_static_value() {
    // covers: V37
    check("V37", "v37_static_value.csv");
}

#[test]
fn v39_consecutive_pattern() {
    // covers: V39
    check("V39", "v39_consecutive_pattern.csv");
}

#[test]
fn v41_reactive_without_active() {
    // covers: V41
    check("V41", "v41_reactive_without_active.csv");
}

#[test]
fn v42_power_factor() {
    // covers: V42
    check("V42", "v42_power_factor.csv");
}

#[test]
fn v43_load_factor() {
    // covers: V43
    check("V43", "v43_load_factor.csv");
}

#[test]
fn v44_use_during_outage() {
    // covers: V44
    check("V44", "v44_use_during_outage.csv");
}

#[test]
fn v45_voltage_current() {
    // covers: V45
    check("V45", "v45_voltage_current.csv");
}

#[test]
fn v46_generation_at_night() {
    // covers: V46
    check("V46", "v46_generation_at_night.csv");
}

#[test]
fn v47_stuck_then_double() {
    // covers: V47
    check("V47", "v47_stuck_then_double.csv");
}

#[test]
fn v48_day_shape() {
    // covers: V48
    check("V48", "v48_day_shape.csv");
}

#[test]
fn v60_check_meter() {
    // covers: V60
    check("V60", "v60_check_meter.csv");
}

#[test]
fn v76_irregular_use() {
    // covers: V76
    check("V76", "v76_irregular_use.csv");
    for rule in ["V31", "V35"] {
        let golden = Golden::read("v76_irregular_use.csv");
        for row in golden.rows().filter(|row| row.given("load") == Some("irregular")) {
            let bare = RuleEntry::new(rule, OnFailure::Review);
            let outcome = Given::read(&row).outcome(bare);
            assert_eq!(outcome.results[0].verdict, Verdict::NotApplicable, "{rule} {}", row.get("case"));
        }
    }
}

#[test]
fn what_estimation_filled_is_not_missing_at_the_end() {
    let mut plan = Plan::standard();
    plan.validate.push(RuleEntry::new("V28", OnFailure::Review));
    let plan = checked(plan);
    for (values, verdict, blocks) in [("1 _ 3", Verdict::Passed, false), ("1 _ _ _ _ 3", Verdict::Failed, true)] {
        let series = Series::read(values, -3);
        let outcome = run(&series.ordinary_day(3600), &context(-3), &plan, stamp());
        let last = outcome.results.last().expect("a result");
        assert_eq!((last.rule.as_str(), last.verdict), ("V28", verdict), "{values}");
        let found = outcome.final_day.failures.iter().any(|failure| failure.rule == "V28" && failure.blocks);
        assert_eq!(found, blocks, "{values}");
    }
}

#[track_caller]
fn check(rule: &str, file: &'static str) {
    for row in Golden::read(file).rows() {
        let outcome = Given::read(&row).outcome(entry(rule, row.given("settings")));
        let case = format!("{file}, {}: {}", row.get("case"), outcome.results[0].reason);
        assert_eq!(answer(&outcome), row.get("answer"), "{case}");
        assert!(outcome.final_day.failures.iter().all(|failure| !failure.evidence.is_empty()), "{case}");
        if let Some(mended) = row.given("mended") {
            assert_eq!(Given::read(&row).mended(entry(rule, row.given("settings"))), mended, "{case}");
        }
    }
}

/// Settings are written `high = 5 kWh/h | low = 1 kWh/h`.
fn entry(rule: &str, settings: Option<&str>) -> RuleEntry {
    let settings = settings.into_iter().flat_map(|text| text.split('|'));
    let settings = settings.map(|setting| {
        let (name, text) = setting.split_once('=').expect("name = text");
        (name.trim().into(), text.trim().into())
    });
    RuleEntry { settings: settings.collect(), ..RuleEntry::new(rule, OnFailure::Review) }
}

/// `pass`, `none` (not applicable), or the slots that fail: `3..4 7..9`, with `w` where they are only
/// questionable although the plan asks for review.
fn answer(outcome: &Outcome) -> String {
    match outcome.results[0].verdict {
        Verdict::Passed => "pass".into(),
        Verdict::NotApplicable => "none".into(),
        Verdict::Failed => {
            let spans =
                outcome.final_day.failures.iter().map(|failure| {
                    format!("{}..{}{}", failure.from, failure.to, if failure.blocks { "" } else { "w" })
                });
            spans.collect::<Vec<_>>().join(" ")
        }
    }
}

/// A row, read.
struct Given {
    unit: String,
    negative_allowed: bool,
    date: Date,
    start: Timestamp,
    slot_seconds: u32,
    clock_change: Option<ClockChange>,
    series: Series,
    before: Option<Neighbour>,
    after: Option<Neighbour>,
    outages: Vec<TimeRange>,
    summaries: Vec<DaySummary>,
    alarms: Vec<(String, Timestamp, Option<Timestamp>)>,
    device: Device<'static>,
    site: Site,
    companions: Vec<(Role, &'static str, Series)>,
    companion_seconds: u32,
    check_unit: String,
    profile: Option<Series>,
}

const EXPONENT: i8 = -3;

const COMPANIONS: [(&str, Role, &str); 6] = [
    ("check", Role::Check, "kWh"),
    ("reactive", Role::Reactive, "kvarh"),
    ("v1", Role::VoltageSquared(1), "V2h"),
    ("v2", Role::VoltageSquared(2), "V2h"),
    ("i1", Role::CurrentSquared(1), "A2h"),
    ("i3", Role::CurrentSquared(3), "A2h"),
];

impl Given {
    fn read(row: &Row<'_>) -> Self {
        let slot_seconds = 60 * row.given("interval_minutes").map_or(60, |minutes| minutes.parse().expect("minutes"));
        let local = local_day(row.given("day").unwrap_or("ordinary"));
        let mut series = cells(row.get("values"));
        for flag in row.given("flags").into_iter().flat_map(|flags| flags.split(';')) {
            let (slots, word) = flag.trim().split_once(' ').expect("slots and a status");
            let (from, to) = span(slots);
            series.statuses[from as usize..to as usize].iter_mut().for_each(|status| *status |= named(word));
        }
        let instant = |text: &str| text.parse::<Timestamp>().expect("instant");
        let seconds = |column: &str| row.given(column).map(|seconds| seconds.parse::<i64>().expect("seconds"));
        let device = Device {
            clock_offset_seconds: seconds("clock_offset"),
            reader_offset_seconds: seconds("reader_offset"),
            last_good_sync: row.given("last_good_sync").map(instant),
            interval_capacity: row.given("capacity").map(|capacity| quanta(capacity, EXPONENT)),
            service_rating: row.given("service_rating").map(|rating| rating.parse::<Decimal>().expect("kVA")),
            ..Device::default()
        };
        let sun = row.given("sun").map(|sun| {
            let (rise, set) = sun.split_once(' ').expect("rise and set");
            Sun { rise: instant(rise), set: instant(set) }
        });
        let load = match row.given("load") {
            None => Load::Ordinary,
            Some("irregular") => Load::Irregular,
            Some("constant") => Load::Constant,
            Some("solar") => Load::Solar,
            Some(other) => panic!("no load `{other}`"),
        };
        let minutes = |text: &str| {
            let (from, to) = span(text);
            let at = |minutes: u32| local.range.start + SignedDuration::from_mins(minutes.into());
            TimeRange { start: at(from), end: at(to) }
        };
        let companions =
            COMPANIONS.iter().filter_map(|(column, role, _)| Some((*role, *column, cells(row.given(column)?))));
        Self {
            unit: row.given("unit").unwrap_or("kWh").into(),
            negative_allowed: row.given("negative_allowed") == Some("yes"),
            date: local.date,
            start: local.range.start,
            slot_seconds,
            clock_change: ClockChange::of(local, &zone(), slot_seconds),
            series,
            before: row.given("before").map(neighbour),
            after: row.given("after").map(neighbour),
            outages: row.given("outage_minutes").into_iter().flat_map(str::split_whitespace).map(minutes).collect(),
            summaries: row
                .given("days")
                .into_iter()
                .flat_map(str::split_whitespace)
                .map(|day| summary(local.date, day))
                .collect(),
            alarms: row.given("alarms").into_iter().flat_map(|alarms| alarms.split(';')).map(alarm).collect(),
            device,
            site: Site { load, local_day: row.given("local_day").map(local_day), sun },
            companions: companions.collect(),
            companion_seconds: row
                .given("companion_minutes")
                .map_or(slot_seconds, |text| 60 * text.parse::<u32>().expect("minutes")),
            check_unit: row.given("check_unit").unwrap_or("kWh").into(),
            profile: row.given("profile").map(cells),
        }
    }

    fn outcome(&self, entry: RuleEntry) -> Outcome {
        let companions: Vec<Companion<'_>> =
            self.companions.iter().map(|companion| self.companion(companion)).collect();
        let alarms: Vec<Alarm<'_>> =
            self.alarms.iter().map(|(name, raised, ended)| Alarm { name, raised: *raised, ended: *ended }).collect();
        let profile = self.profile.as_ref().map(|series| Profile {
            name: "dwelling",
            exponent: EXPONENT,
            day: self.day_of(series, self.slot_seconds),
        });
        let context = Context {
            unit: &self.unit,
            negative_allowed: self.negative_allowed,
            before: self.before,
            after: self.after,
            outages: &self.outages,
            summaries: &self.summaries,
            device: Device { alarms: &alarms, ..self.device },
            site: self.site,
            companions: &companions,
            sources: Sources { profile, ..Sources::default() },
            ..context(EXPONENT)
        };
        let day = Day { clock_change: self.clock_change, ..self.day_of(&self.series, self.slot_seconds) };
        run(&day, &context, &checked(Plan { validate: vec![entry], ..empty_plan() }), stamp())
    }

    /// The values where what fails is estimated and no method helps; `-` where one is missing then.
    fn mended(&self, rule: RuleEntry) -> String {
        let outcome = self.outcome(RuleEntry { on_failure: OnFailure::Estimate, ..rule });
        let day = self.day_of(&self.series, self.slot_seconds);
        let values = final_values(&day, &outcome);
        if values.contains(&None) {
            return "-".into();
        }
        let values: Vec<String> = values.into_iter().map(|value| cell(value, EXPONENT)).collect();
        values.join(" ")
    }

    fn day_of<'a>(&self, series: &'a Series, slot_seconds: u32) -> Day<'a> {
        let Series { values, statuses } = series;
        Day { date: self.date, start: self.start, slot_seconds, clock_change: None, values, statuses }
    }

    fn companion<'a>(&'a self, (role, label, series): &'a (Role, &'static str, Series)) -> Companion<'a> {
        let unit = COMPANIONS.iter().find(|(column, ..)| column == label).expect("a column").2;
        let unit = if *role == Role::Check { self.check_unit.as_str() } else { unit };
        Companion { role: *role, label, unit, exponent: EXPONENT, day: self.day_of(series, self.companion_seconds) }
    }
}

fn zone() -> TimeZone {
    TimeZone::get("America/Chicago").expect("bundled zone")
}

/// `ordinary`, `spring` (23 hours) or `autumn` (25 hours), all in Chicago.
fn local_day(word: &str) -> LocalDay {
    let date = match word {
        "ordinary" => "2026-01-14",
        "spring" => "2016-03-13",
        "autumn" => "2016-11-06",
        other => panic!("no day `{other}`"),
    };
    LocalDay::of(date.parse().expect("date"), &zone()).expect("in range")
}

/// Cells as everywhere, with `0.5*23` for a cell that is repeated.
fn cells(text: &str) -> Series {
    let repeated = |cell: &str| match cell.split_once('*') {
        Some((cell, times)) => vec![cell.to_string(); times.parse().expect("times")],
        None => vec![cell.to_string()],
    };
    let cells: Vec<String> = text.split_whitespace().flat_map(repeated).collect();
    Series::read(&cells.join(" "), EXPONENT)
}

/// `3` or `3..5`.
fn span(text: &str) -> (u32, u32) {
    let number = |text: &str| text.parse::<u32>().expect("number");
    text.split_once("..").map_or_else(|| (number(text), number(text) + 1), |(from, to)| (number(from), number(to)))
}

fn named(word: &str) -> Status {
    Status::NAMED.iter().find(|(_, name)| *name == word).unwrap_or_else(|| panic!("no status `{word}`")).0
}

/// A good value that touches the day.
fn neighbour(value: &str) -> Neighbour {
    Neighbour { value: Some(quanta(value, EXPONENT)), slots_between: 0, missing_at_edge: 0 }
}

/// `7:12/1.5` is a day 7 days before with 12 kWh and a peak of 1.5; then, in any order, `/m`, `/e`, `/c`,
/// `/o` where it has missing, estimated, changed (edited) or outage values, and `/s23` for 23 slots.
fn summary(date: Date, text: &str) -> DaySummary {
    let (age, rest) = text.split_once(':').expect("days before");
    let mut parts = rest.split('/');
    let mut number = || quanta(parts.next().expect("sum and peak"), EXPONENT);
    let (sum, highest) = (number(), number());
    let mut day = DaySummary {
        date: date - jiff::Span::new().days(age.parse::<i64>().expect("days")),
        slots: 24,
        sum: sum.into(),
        highest: Some(highest),
        missing: 0,
        estimated: 0,
        edited: 0,
        outage: 0,
    };
    for part in parts {
        match part {
            "m" => day.missing = 1,
            "e" => day.estimated = 1,
            "c" => day.edited = 1,
            "o" => day.outage = 1,
            slots => day.slots = slots.strip_prefix('s').expect("s and slots").parse().expect("slots"),
        }
    }
    day
}

/// `Clock error 2026-01-14T07:00:00Z 2026-01-14T08:00:00Z`, or `active` in place of the end.
fn alarm(text: &str) -> (String, Timestamp, Option<Timestamp>) {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let ended = words.pop().filter(|end| *end != "active").map(|end| end.parse().expect("instant"));
    let raised = words.pop().expect("an instant").parse().expect("instant");
    (words.join(" "), raised, ended)
}
