//! Days of which nothing arrived, what is expected at the ends of a channel, and what a restart must not forget.

use jiff::civil::{Date, date};
use model::id::ChannelNumber;
use model::lineage::FinalDay;
use model::master::ConnectionState;
use store::readings::AsOf;
use store::registry::link::Relation;
use store::registry::usage_point::StateChange;

use crate::review_fixture::Utility;

fn february(day: i8) -> Date {
    date(2026, 2, day)
}

fn decided(utility: &Utility, date: Date) -> Option<FinalDay> {
    utility.book.final_day(ChannelNumber(0), date, AsOf::Now).expect("readable")
}

/// A day in short: `-` not decided, else the slots with an estimate or a gap and how the rules ended:
/// `0..24=E05` estimated, `15..24=?` left open, `ok` as received.
fn short(utility: &Utility, date: Date) -> String {
    let Some(day) = decided(utility, date) else { return "-".into() };
    let (Some(first), Some(last)) = (day.values.first(), day.values.last()) else { return "ok".into() };
    let is_open = day.values.iter().any(|value| value.value.is_none());
    assert_eq!(day.failures.iter().any(|failure| failure.rule == "V30" && failure.blocks), is_open, "{date}");
    let word = if is_open { "?" } else { first.method.as_str() };
    format!("{}..{}={word}", first.slot, last.slot + 1)
}

#[track_caller]
fn check(utility: &Utility, case: &str, days: std::ops::RangeInclusive<i8>, expected: &str) {
    let shown: Vec<_> = days.map(|day| short(utility, february(day))).collect();
    assert_eq!(shown.join(" "), expected, "{case}");
}

/// Values of 100 Wh an hour from noon of Monday the 9th on; nothing on 17, 18 and 19; the last one before 15:00 on the
/// 25th. All of it arrives at 06:00 on 2 March. The meter is known to be there since that noon.
fn gappy() -> Utility {
    let utility = Utility::with_meter_since(february(9), 12);
    utility.arrive(0, february(9), 12, &["100"; 12].join(" "));
    for day in (10..=16).chain(20..=24) {
        utility.arrive(0, february(day), 0, "100");
    }
    utility.arrive(0, february(25), 0, &["100"; 15].join(" "));
    utility
}

#[test]
fn a_silent_meter_is_estimated_from_its_first_reading_on() {
    let utility = gappy();
    utility.validate_due();
    check(&utility, "before the first reading and after", 8..=10, "- ok ok");
    check(&utility, "a hole of three days", 16..=20, "ok 0..24=E05 0..24=E05 0..24=E05 ok");
    // 1 March ended six hours ago; it is waited for.
    check(&utility, "after the last reading", 25..=28, "15..24=E05 0..24=E05 0..24=E05 0..24=E05");
    assert_eq!(short(&utility, date(2026, 3, 1)), "-");
    let estimated: i64 = decided(&utility, february(18)).expect("decided").values.iter().filter_map(|v| v.value).sum();
    assert_eq!(estimated, 2400, "every like day has 100 Wh in each hour");
}

#[test]
fn silence_is_swept_once_a_day_and_left_to_a_person_when_it_is_long() {
    let utility = Utility::with_meter_since(february(2), 0);
    for day in 2..=19 {
        utility.arrive(0, february(day), 0, "100");
    }
    utility.wait_until("2026-02-27T10:30:00Z");
    utility.validate_due();
    check(&utility, "seven days", 19..=28, &format!("ok{} - -", " 0..24=E05".repeat(7)));
    assert_eq!(utility.validate_due(), (0, 0), "nothing ended since");
    utility.wait_until("2026-02-28T09:30:00Z");
    assert_eq!(utility.validate_due(), (0, 0), "the 27th may still arrive");
    utility.wait_until("2026-02-28T10:01:00Z");
    assert_eq!(utility.validate_due(), (8, 0), "the gap of eight days waits for a person");
    check(&utility, "eight days", 19..=28, &format!("ok{} -", " 0..24=?".repeat(8)));
    utility.wait_until("2026-03-01T10:01:00Z");
    assert_eq!(utility.validate_due(), (1, 0), "what was said of the gap does not change any more");
    utility.arrive(0, february(24), 0, "100");
    utility.validate_due();
    check(&utility, "a day in the middle arrives", 19..=28, &format!("ok{0} ok{0}", " 0..24=E05".repeat(4)));
}

#[test]
fn nothing_is_expected_once_the_silence_was_too_long() {
    let utility = Utility::with_meter_since(date(2025, 12, 1), 0);
    utility.arrive(0, date(2025, 12, 1), 0, "100");
    utility.validate_due();
    let last = date(2026, 1, 5);
    assert_eq!(short(&utility, last), "0..24=?", "35 days after the last reading");
    assert_eq!(short(&utility, last.tomorrow().expect("a date")), "-");
}

#[test]
fn of_a_meter_without_dates_nothing_is_missing_after_its_last_reading() {
    let utility = Utility::with_channels(1);
    utility.arrive(0, february(20), 0, "100");
    utility.arrive(0, february(21), 0, &["100"; 15].join(" "));
    utility.validate_due();
    check(&utility, "it may have been taken away", 20..=23, "ok ok - -");
    utility.arrive(0, february(24), 0, "100");
    utility.validate_due();
    // The 21st and 22nd are a weekend, which has no like day; the 23rd is a Monday.
    check(&utility, "it was not", 20..=25, "ok 15..24=? 0..24=? 0..24=E05 ok -");
    utility.arrive(0, date(2026, 1, 10), 6, &["100"; 18].join(" "));
    utility.validate_due();
    assert_eq!(short(&utility, date(2026, 1, 11)), "-", "more than 35 days apart it is another beginning");
}

#[test]
fn an_older_first_reading_makes_the_days_after_it_expected() {
    let utility = Utility::with_channels(1);
    utility.arrive(0, february(25), 12, &["100"; 12].join(" "));
    utility.validate_due();
    check(&utility, "nothing is missing before", 20..=25, "- - - - - ok");
    utility.arrive(0, february(23), 18, &["100"; 6].join(" "));
    utility.validate_due();
    check(&utility, "an older reading", 22..=25, "- ok 0..24=? 0..12=?");
}

#[test]
fn a_dated_meter_is_expected_to_measure_from_its_first_instant_to_its_last() {
    let utility = Utility::with_meter_since(february(3), 8);
    for day in 5..=11 {
        utility.arrive(0, february(day), 0, "100");
    }
    let directory = utility.ask(utility.registry.directory());
    let usage_point = directory.channel(ChannelNumber(0)).expect("registered").usage_point;
    let meter = directory.meters_at(usage_point, utility.at(february(9), 0)).next().expect("a meter");
    let end = utility.at(february(12), 9);
    utility.ask(utility.registry.master().close_link(Relation::MeterAtUsagePoint, meter.0, end));
    utility.validate_due();
    check(&utility, "it came on the 3rd", 2..=5, "- 8..24=E05 0..24=E05 ok");
    check(&utility, "it went on the 12th", 11..=13, "ok 0..9=E05 -");
}

#[test]
fn nothing_is_expected_while_the_usage_point_is_cut_off() {
    let utility = Utility::with_channels(1);
    for day in (2..=12).chain(16..=28) {
        utility.arrive(0, february(day), 0, "100");
    }
    let directory = utility.ask(utility.registry.directory());
    let usage_point = directory.channel(ChannelNumber(0)).expect("registered").usage_point;
    let change = |day, state| StateChange { usage_point, state, from: utility.at(february(day), 6) };
    let changes = [change(13, ConnectionState::PhysicallyDisconnected), change(15, ConnectionState::Connected)];
    utility.ask(utility.registry.usage_points().change_states(&changes));
    utility.validate_due();
    check(&utility, "cut off from 06:00 on the 13th to 06:00 on the 15th", 12..=16, "ok 0..6=E05 - 6..24=E05 ok");
}

#[test]
fn what_was_acknowledged_is_validated_after_a_restart() {
    let utility = gappy().reopened();
    assert_eq!(decided(&utility, february(10)), None, "it stopped between acknowledgement and validation");
    assert_eq!(utility.validate_due(), (20, 0));
    let before = decided(&utility, february(10));
    let utility = utility.reopened();
    assert_eq!(utility.validate_due(), (0, 0), "all of it was validated");
    utility.arrive(0, february(10), 3, "700");
    let utility = utility.reopened();
    assert!(0 < utility.validate_due().0, "a correction");
    assert_ne!(decided(&utility, february(10)), before);
}

#[test]
fn everything_is_validated_where_the_feed_does_not_reach_back() {
    let utility = gappy();
    utility.book.seal(date(2026, 3, 1)).expect("sealed");
    let utility = utility.reopened();
    assert_eq!(utility.validate_due(), (20, 0));
    assert_eq!(utility.validate_due(), (0, 0));
}

#[test]
fn days_that_had_not_ended_are_validated_when_they_have() {
    let utility = Utility::with_meter_since(february(24), 0);
    utility.wait_until("2026-02-25T15:10:00Z");
    utility.arrive(0, february(24), 0, "100");
    utility.arrive(0, february(25), 0, &["100"; 15].join(" "));
    assert_eq!(utility.validate_due(), (1, 1));
    let utility = utility.reopened();
    assert_eq!(utility.validate_due(), (0, 0), "it has not ended");
    utility.wait_until("2026-02-26T00:05:00Z");
    assert_eq!(utility.validate_due(), (1, 0), "as soon as it has");
    check(&utility, "the evening is missing", 24..=26, "ok 15..24=E05 -");
}

#[test]
fn a_register_that_arrives_alone_judges_the_day_again() {
    let utility = Utility::with_channels(1);
    let register = utility.register();
    utility.arrive(0, february(25), 0, "100");
    utility.validate_due();
    assert!(decided(&utility, february(25)).expect("decided").failures.is_empty());
    utility.amount(register, february(25), 9000);
    let utility = utility.reopened();
    utility.validate_due();
    let failures = decided(&utility, february(25)).expect("decided").failures;
    assert_eq!(failures.iter().map(|failure| failure.rule.as_str()).collect::<Vec<_>>(), ["V50"]);
}
