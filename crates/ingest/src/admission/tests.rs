//! Every check, one message at a time: what is changed in it, and what is found.

use model::id::{ChannelId, ChannelNumber, Mrid, Name, UsagePointId};
use model::master::Dated;
use model::quality::{Quality, nem12};
use model::quantity::{Decimal, DecimalError};
use model::reading::{ChannelKey, IntervalRun, QualitySpan, RegisterRead};

use super::*;

/// 2026-01-02T00:00:00Z, the moment of every check here.
const NOW: i64 = 1_767_312_000;

fn channel() -> Channel {
    let id = "6d0c1f7e-52f2-4a2b-8a51-000000000001".parse::<Mrid>().expect("mRID");
    Channel {
        number: ChannelNumber(1),
        id: ChannelId(id),
        label: "N1/E1".into(),
        usage_point: UsagePointId(id),
        suffix: "E1".into(),
        reading_type: "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("reading type"),
        unit: "kWh".into(),
        quantum: -3,
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: Some(900),
        zone: "UTC".into(),
    }
}

/// Four quarter-hours up to an hour before the check, in thousandths of a kWh.
fn readings() -> ChannelReadings {
    let run = IntervalRun {
        start: Timestamp::from_second(NOW - 7200).expect("instant"),
        length_seconds: 900,
        values: vec![100, 200, 300, 400],
        exponent: -3,
        qualities: Vec::new(),
    };
    ChannelReadings {
        channel: ChannelKey {
            usage_point: Some(Name::new("NMI", "N1")),
            meter: Some(Name::new("MeterSerialNumber", "M1")),
            suffix: "E1".into(),
            reading_type: channel().reading_type,
        },
        unit: "kWh".into(),
        values: Values::Intervals(run),
        revision: None,
        line: 7,
    }
}

#[track_caller]
fn found(readings: &ChannelReadings, target: &Target<'_>, limits: &Limits) -> Vec<(String, Severity)> {
    let now = Timestamp::from_second(NOW).expect("instant");
    let findings = check(readings, target, limits, "HES-1", now);
    assert!(findings.iter().all(|finding| finding.line == 7 && !finding.message.is_empty()));
    findings.into_iter().map(|finding| (finding.code.to_string(), finding.severity)).collect()
}

#[track_caller]
fn verdict(
    case: &str,
    readings: &ChannelReadings,
    target: &Target<'_>,
    limits: &Limits,
    expected: &[(&str, Severity)],
) {
    let expected: Vec<_> = expected.iter().map(|(code, severity)| ((*code).to_owned(), *severity)).collect();
    assert_eq!(found(readings, target, limits), expected, "{case}");
}

fn run_of(readings: &mut ChannelReadings) -> &mut IntervalRun {
    let Values::Intervals(run) = &mut readings.values else { panic!("intervals") };
    run
}

#[test]
fn what_the_message_says_is_held_against_the_registry() {
    let channel = channel();
    let plain = Target { channel: &channel, states: None, owner: None, meter: Some("M1") };
    let limits = Limits::default();
    let of_target = |case, target: Target<'_>, expected: &[(&str, Severity)]| {
        verdict(case, &readings(), &target, &limits, expected);
    };
    of_target("nothing wrong", plain.clone(), &[]);
    of_target("its owner sends", Target { owner: Some("HES-1"), ..plain.clone() }, &[]);
    of_target("another owns it", Target { owner: Some("HES-2"), ..plain.clone() }, &[("V02", Severity::Error)]);
    of_target("another meter", Target { meter: Some("M2"), ..plain.clone() }, &[("V14", Severity::Error)]);
    of_target("no meter known", Target { meter: None, ..plain }, &[]);
}

#[test]
fn every_state_in_the_period_is_asked() {
    use ConnectionState::{Closed, Connected, LogicallyDisconnected, PhysicallyDisconnected};
    let channel = channel();
    // The readings are of the hour from -2 h to -1 h; states are given by the seconds from then on.
    let with = |case, states: &[(i64, ConnectionState)], limits: &Limits, expected: &[(&str, Severity)]| {
        let mut history = History::default();
        for (second, state) in states {
            let from = Timestamp::from_second(NOW - 7200 + second).expect("instant");
            history.set_from(from, *state).expect("in order");
        }
        let target = Target { channel: &channel, states: Some(&history), owner: None, meter: None };
        verdict(case, &readings(), &target, limits, expected);
    };
    let plain = Limits::default();
    let (told, closed) = (("V04", Severity::Warning), ("V03", Severity::Error));
    with("connected", &[(-9, Connected)], &plain, &[]);
    with("closed before", &[(-9, Closed), (0, Connected)], &plain, &[]);
    with("closed after", &[(-9, Connected), (3600, Closed)], &plain, &[]);
    with("closed before its end", &[(-9, Connected), (3599, Closed)], &plain, &[closed, told]);
    with("nothing known at first", &[(1800, Connected)], &plain, &[]);
    with("installed too late", &[(-9, Closed), (1, Connected)], &plain, &[closed, told]);
    with("cut off", &[(-9, PhysicallyDisconnected)], &plain, &[told]);
    with("switched off in between", &[(-9, Connected), (9, LogicallyDisconnected), (10, Connected)], &plain, &[told]);
    let strict = Limits { refuse_inactive: true, ..Limits::default() };
    with("refused", &[(-9, LogicallyDisconnected)], &strict, &[("V04", Severity::Error)]);
}

#[test]
fn a_read_at_the_moment_of_a_change_is_of_both_sides() {
    let channel = channel();
    let at = Timestamp::from_second(NOW - 3600).expect("instant");
    let mut readings = readings();
    let read = RegisterRead { at, period_start: None, value: None, quality: Quality::default() };
    readings.values = Values::Registers(vec![read]);
    let registers = Channel { interval_seconds: None, ..channel };
    let at_second = |second: i64| Timestamp::from_second(NOW - 3600 + second).expect("instant");
    for (case, from, expected) in [("last read", 0, 0), ("first read after", -1, 2)] {
        let closed = Dated { value: ConnectionState::Closed, from: at_second(from), to: None };
        let history = History::try_from(vec![closed]).expect("history");
        let target = Target { channel: &registers, states: Some(&history), owner: None, meter: None };
        assert_eq!(found(&readings, &target, &Limits::default()).len(), expected, "{case}");
    }
}

/// What is found in the readings once something was changed in them.
#[track_caller]
fn with(case: &str, change: &dyn Fn(&mut ChannelReadings), expected: &[(&str, Severity)]) {
    let channel = channel();
    let target = Target { channel: &channel, states: None, owner: None, meter: None };
    let mut readings = readings();
    change(&mut readings);
    verdict(case, &readings, &target, &Limits::default(), expected);
}

#[test]
fn intervals_are_of_the_length_and_kind_of_their_channel() {
    with("another length", &|readings| run_of(readings).length_seconds = 1800, &[("V07", Severity::Error)]);
    with("no interval", &|readings| run_of(readings).values.clear(), &[("V09", Severity::Error)]);
    with(
        "register reads",
        &|readings| {
            let read = RegisterRead {
                at: Timestamp::from_second(NOW - 3600).expect("instant"),
                period_start: None,
                value: None,
                quality: Quality::default(),
            };
            readings.values = Values::Registers(vec![read]);
        },
        &[("V05", Severity::Error)],
    );
}

#[test]
fn units_are_of_the_same_quantity() {
    with("another quantity", &|readings| readings.unit = "kvarh".into(), &[("V06", Severity::Error)]);
    with(
        "the same quantity in Wh",
        &|readings| {
            readings.unit = "Wh".into();
            run_of(readings).exponent = 0;
        },
        &[],
    );
}

#[test]
fn numbers_fit_the_quantum_and_are_plausible() {
    with("finer than the quantum", &|readings| run_of(readings).exponent = -4, &[]);
    with(
        "finer and not whole",
        &|readings| {
            run_of(readings).exponent = -4;
            run_of(readings).values[0] = 101;
        },
        &[("V10", Severity::Error)],
    );
    with(
        "eleven digits",
        &|readings| {
            run_of(readings).exponent = 0;
            run_of(readings).values[0] = 12_345_678_901;
        },
        &[("V10", Severity::Error)],
    );
}

#[test]
fn nothing_ends_in_the_future() {
    let ends_at = |second: i64| {
        move |readings: &mut ChannelReadings| {
            run_of(readings).start = Timestamp::from_second(second - 3600).expect("instant");
        }
    };
    with("at the clock tolerance", &ends_at(NOW + 180), &[]);
    with("past the clock tolerance", &ends_at(NOW + 181), &[("V17", Severity::Error)]);
}

#[test]
fn flags_without_a_meaning_are_told() {
    with(
        "an unknown flag",
        &|readings| {
            let quality = Quality { flag: "Q9".into(), ..Quality::default() };
            run_of(readings).qualities = vec![QualitySpan { from: 0, to: 1, quality }];
        },
        &[("V11", Severity::Warning)],
    );
    with(
        "a known flag",
        &|readings| {
            let quality = nem12::quality("S14", Some(76), "").expect("flag");
            run_of(readings).qualities = vec![QualitySpan { from: 0, to: 1, quality }];
        },
        &[],
    );
}

#[test]
fn age_and_missing_values_are_told_where_the_settings_ask() {
    let channel = channel();
    let target = Target { channel: &channel, states: None, owner: None, meter: None };
    let mut old = readings();
    run_of(&mut old).start = Timestamp::from_second(NOW - 61 * 86_400).expect("instant");
    run_of(&mut old).values[2] = IntervalRun::MISSING;
    verdict("three years by default", &old, &target, &Limits::default(), &[]);
    let strict = Limits { age_days_max: 60, report_missing_values: true, ..Limits::default() };
    verdict("sixty days", &old, &target, &strict, &[("V08", Severity::Error), ("V16", Severity::Warning)]);
}

#[test]
fn scaling_between_units_is_exact() {
    let channel = channel();
    let scale = Scale::of(&readings(), &channel).expect("units fit");
    assert_eq!((scale.stored(1250, -3), scale.factor(-3)), (Ok(1250), Some(1)));
    let mut in_wh = readings();
    in_wh.unit = "Wh".into();
    let scale = Scale::of(&in_wh, &channel).expect("units fit");
    assert_eq!((scale.stored(1250, 0), scale.factor(0)), (Ok(1250), Some(1)));
    assert_eq!(scale.stored(5, -1), Err(DecimalError::Inexact(-3)));
}

// covers: V08
#[test]
fn a_month_begins_and_ends_with_a_first_where_the_settings_ask() {
    let monthly = |zone: &str| Channel {
        reading_type: "13.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("reading type"),
        interval_seconds: None,
        zone: zone.into(),
        ..channel()
    };
    let limits = Limits { months_begin_on_first: true, ..Limits::default() };
    let checked = |case: &str, zone: &str, limits: &Limits, from: &str, to: &str, expected: &[(&str, Severity)]| {
        let at = |text: &str| text.parse::<Timestamp>().expect("instant");
        let (value, quality) = (Some(Decimal::new(5, 0)), Quality::default());
        let read = RegisterRead { at: at(to), period_start: Some(at(from)), value, quality };
        let readings = ChannelReadings { values: Values::Registers(vec![read]), ..readings() };
        let channel = monthly(zone);
        let target = Target { channel: &channel, states: None, owner: None, meter: None };
        verdict(case, &readings, &target, limits, expected);
    };
    let refused = [("V08", Severity::Error)];
    let (november, december) = ("2025-11-01T00:00:00Z", "2025-12-01T00:00:00Z");
    checked("a month", "UTC", &limits, november, december, &[]);
    checked("of Copenhagen", "Europe/Copenhagen", &limits, "2025-09-30T22:00:00Z", "2025-10-31T23:00:00Z", &[]);
    checked("of another zone", "Europe/Copenhagen", &limits, november, december, &refused);
    checked("ends a day late", "UTC", &limits, november, "2025-12-02T00:00:00Z", &refused);
    checked("not asked", "UTC", &Limits::default(), november, "2025-12-02T00:00:00Z", &[]);
}
