//! Register reads on their way: judged on arrival, with what is before and after them, and shown to people.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::id::{ChannelNumber, MeterId, Name};
use model::lineage::FinalRead;
use model::quality::Status;
use model::quantity::Decimal;
use store::readings::{AsOf, Batch, RegisterEntry};
use store::registry::channel::ChannelEntry;
use store::registry::link::Relation;

use crate::review_fixture::{Utility, accept};

pub const FIRST: Date = date(2026, 1, 5);

/// A utility with an hourly channel of Wh, and a counter of five dials in kWh beside it.
pub fn with_register() -> (Utility, ChannelNumber) {
    let utility = Utility::with_channels(1);
    let register = register(&utility, None, None);
    (utility, register)
}

pub fn register(utility: &Utility, meter: Option<&str>, meter_from: Option<Timestamp>) -> ChannelNumber {
    register_of(utility, 0, meter, meter_from)
}

/// A register of five dials whose last digit is worth so much.
fn register_of(utility: &Utility, quantum: i8, meter: Option<&str>, meter_from: Option<Timestamp>) -> ChannelNumber {
    let entry = ChannelEntry {
        usage_point: Name::new("UsagePoint", "UP-0"),
        meter: meter.map(|name| Name::new("Meter", name)),
        meter_from,
        suffix: "R1".into(),
        reading_type: "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum,
        multiplier: Decimal::new(1, 0),
        dials: Some(5),
        interval_seconds: None,
        zone: "UTC".into(),
    };
    utility.ask(utility.registry.channels().register(&[entry])).first().expect("registered").number
}

fn midnight(date: Date) -> i64 {
    date.to_zoned(jiff::tz::TimeZone::UTC).expect("in range").timestamp().as_second()
}

/// Midnight reads of the days from `from` on arrive; `_` is one that the source reports as missing, `.` is none.
pub fn arrive(utility: &Utility, register: ChannelNumber, from: Date, reads: &str) {
    let now = utility.now().as_microsecond();
    let mut key = [0_u8; 32];
    key[..8].copy_from_slice(&now.to_le_bytes());
    let mut batch = Batch::new("HES-2", key, now);
    for (number, cell) in (0..).zip(reads.split_whitespace()).filter(|(_, cell)| *cell != ".") {
        let date = from.saturating_add(jiff::Span::new().days(number));
        let (value, quality) = (cell.parse().ok(), Default::default());
        let entry =
            RegisterEntry { channel: register, at: midnight(date), period_start: None, value, quality, revision: None };
        batch.push_register(&entry).expect("a read");
    }
    utility.book.append(batch).expect("stored");
    due(utility);
}

/// Validates what is due and brings the queue up to date.
pub fn due(utility: &Utility) {
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
}

fn finals(utility: &Utility, register: ChannelNumber) -> Vec<FinalRead> {
    utility.book.read(register, i64::MIN / 2, i64::MAX / 2, AsOf::Now).expect("readable").final_reads
}

/// The final reads with their method and the rules that they failed: `120R05!V57`.
pub fn shown(utility: &Utility, register: ChannelNumber) -> String {
    let one = |read: &FinalRead| {
        let rules: Vec<&str> = read.failures.iter().map(|failure| failure.rule.as_str()).collect();
        let rules = if rules.is_empty() { String::new() } else { format!("!{}", rules.join(",")) };
        format!("{}{}{rules}", read.value.map_or("_".into(), |value| value.to_string()), read.method)
    };
    finals(utility, register).iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn reads_are_judged_on_arrival() {
    let (utility, register) = with_register();
    arrive(&utility, register, FIRST, "100 110 120 5 140");
    assert_eq!(shown(&utility, register), "100 110 120 5!V55 140");
    let failed = &finals(&utility, register)[3];
    assert!(failed.status.contains(Status::FAILED) && failed.failures[0].blocks);
    assert!(failed.failures[0].evidence.contains("fell from 120 to 5"), "{}", failed.failures[0].evidence);
    assert_eq!((failed.raw, failed.value), (Some(Decimal::new(5, 0)), Some(Decimal::new(5, 0))), "raw never changes");
}

#[test]
fn the_order_of_arrival_leaves_no_trace() {
    let (utility, register) = with_register();
    arrive(&utility, register, FIRST, "100 110 120 9999 140 _ 160");
    let expected = shown(&utility, register);
    assert_eq!(expected, "100 110 120 9999!V52,V55 140 150R05 160");
    let (other, same) = with_register();
    arrive(&other, same, date(2026, 1, 8), "9999 140");
    arrive(&other, same, FIRST, "100 . 120");
    arrive(&other, same, date(2026, 1, 10), "_");
    arrive(&other, same, date(2026, 1, 6), "110");
    arrive(&other, same, date(2026, 1, 11), "160");
    assert_eq!(shown(&other, same), expected);
}

#[test]
fn a_correction_mends_what_leant_on_it() {
    let (utility, register) = with_register();
    arrive(&utility, register, FIRST, "100 110 _ 130");
    assert_eq!(shown(&utility, register), "100 110 120R05 130");
    let before = utility.now().as_microsecond();
    arrive(&utility, register, date(2026, 1, 8), "150");
    assert_eq!(shown(&utility, register), "100 110 130R05 150");
    let then = utility.book.final_reads(register, date(2026, 1, 7), AsOf::At(before)).expect("readable");
    assert_eq!(then[0].value, Some(Decimal::new(120, 0)), "as it was known before the correction");
}

#[test]
fn a_missing_read_is_made_from_intervals_once_they_are_there() {
    let (utility, register) = with_register();
    arrive(&utility, register, FIRST, "100 110 _");
    // Carried on at 10 a day.
    assert_eq!(shown(&utility, register), "100 110 120R02");
    // 24 hours of 500 Wh are 12 kWh.
    utility.arrive(0, date(2026, 1, 6), 0, "500");
    due(&utility);
    assert_eq!(shown(&utility, register), "100 110 122R01");
}

/// By hand: 24 hours of 1.015 kWh are 24.36 kWh, whatever digits other reads happen to end in.
#[test]
fn a_read_is_as_fine_as_its_register() {
    let utility = Utility::with_channels(1);
    let register = register_of(&utility, -3, None, None);
    arrive(&utility, register, FIRST, "100000 _");
    utility.arrive(0, FIRST, 0, "1015");
    due(&utility);
    assert_eq!(shown(&utility, register), "100.000 124.360R01");
}

/// By hand: 24 kWh by the register, 25.5 kWh by its intervals; two counts of the last digit and 0.1 % are 0.026 kWh.
#[test]
fn a_sum_is_held_to_the_digits_of_the_register() {
    let utility = Utility::with_channels(1);
    let register = register_of(&utility, -3, None, None);
    arrive(&utility, register, FIRST, "100000 124000");
    utility.arrive(0, FIRST, 0, &["1000 ".repeat(23).as_str(), "2500"].concat());
    due(&utility);
    assert_eq!(utility.states(), "V50 open");
}

#[test]
fn a_register_rolls_over_as_its_dials_say() {
    let (utility, register) = with_register();
    arrive(&utility, register, FIRST, "99970 99980 99990 0 10");
    assert_eq!(shown(&utility, register), "99970 99980 99990 0 10");
    assert!(utility.exceptions().is_empty());
}

/// Hours of 500 Wh on three days, without the tenth and eleventh of the second.
fn three_days(utility: &Utility) {
    for day in [5, 7] {
        utility.arrive(0, date(2026, 1, day), 0, "500");
    }
    let cells: Vec<&str> = (0..24).map(|hour| if hour == 10 || hour == 11 { "_" } else { "500" }).collect();
    utility.arrive(0, date(2026, 1, 6), 0, &cells.join(" "));
}

/// What stands in the gap of [`three_days`].
fn in_gap(utility: &Utility) -> Option<i64> {
    let day =
        utility.book.final_day(ChannelNumber(0), date(2026, 1, 6), AsOf::Now).expect("readable").expect("decided");
    let gap: Vec<_> = day.values.iter().filter(|value| !value.method.is_empty()).collect();
    assert_eq!(gap.iter().map(|value| value.slot).collect::<Vec<_>>(), [10, 11]);
    assert_eq!(gap[0].value, gap[1].value);
    gap[0].value
}

#[test]
fn a_read_that_failed_scales_nothing() {
    let (utility, register) = with_register();
    three_days(&utility);
    // 14 kWh on the second day, 11 of them measured: 1.5 kWh in each hour of the gap.
    arrive(&utility, register, FIRST, "100 112 126 138");
    assert_eq!(in_gap(&utility), Some(1500));
    // 26 kWh on both days around the bad read, 23 of them measured.
    arrive(&utility, register, date(2026, 1, 7), "9999");
    assert_eq!(shown(&utility, register), "100 112 9999!V52,V55 138");
    assert_eq!(in_gap(&utility), Some(1500));
    assert!(!utility.states().contains("V50 open"), "{}", utility.states());
    arrive(&utility, register, date(2026, 1, 7), "122");
    assert_eq!((shown(&utility, register).as_str(), in_gap(&utility)), ("100 112 122 138", Some(500)));
}

#[test]
fn a_later_read_takes_back_what_an_earlier_one_scaled() {
    let (utility, register) = with_register();
    three_days(&utility);
    // 28 kWh on the second day are much, but no rule objects yet: 8.5 kWh in each hour of the gap.
    arrive(&utility, register, FIRST, "100 112 140");
    assert_eq!((shown(&utility, register).as_str(), in_gap(&utility)), ("100 112 140", Some(8500)));
    // The register does not fall: 140 was wrong, and 26 kWh were used on both days.
    arrive(&utility, register, date(2026, 1, 8), "138");
    assert_eq!((shown(&utility, register).as_str(), in_gap(&utility)), ("100 112 140!V55 138", Some(1500)));
    assert_eq!(utility.states(), "V30 open, V55 open");
    // A person knows better: the read counts again at once, and the next one is the one that fell.
    let wrong: Vec<_> = utility.exceptions().into_iter().filter(|exception| exception.rule == "V55").collect();
    utility.review.accept(&accept(&wrong, "Ada"), utility.now()).expect("accepted");
    due(&utility);
    assert_eq!(in_gap(&utility), Some(8500));
}

#[test]
fn an_exchanged_meter_begins_anew() {
    let (utility, old) = with_register();
    let noon: Timestamp = "2026-01-07T12:00:00Z".parse().expect("instant");
    register(&utility, Some("OLD"), None);
    arrive(&utility, old, FIRST, "500 510 520 3 13");
    assert_eq!(shown(&utility, old), "500 510 520 3!V55 13", "nobody entered the exchange");
    exchange(&utility, noon);
    utility.validate(&[(old.0, date(2026, 1, 8))]);
    assert_eq!(shown(&utility, old), "500 510 520 3 13");
    assert_eq!(utility.states(), "V55 resolved");
}

/// The meter `OLD` gives way to `NEW` at an instant.
pub fn exchange(utility: &Utility, at: Timestamp) {
    let directory = utility.ask(utility.registry.directory());
    let usage_point = directory.channels().next().expect("a channel").usage_point;
    let old: MeterId = directory.meters_at(usage_point, at).next().expect("the old meter");
    utility.ask(utility.registry.master().close_link(Relation::MeterAtUsagePoint, old.0, at));
    register(utility, Some("NEW"), Some(at));
}

#[test]
fn a_failed_read_waits_in_the_queue_until_a_person_accepts_it() {
    let (utility, register) = with_register();
    arrive(&utility, register, FIRST, "100 110 120 5 140");
    assert_eq!(utility.states(), "V55 open");
    let exception = &utility.exceptions()[0];
    assert_eq!((exception.date, exception.start.as_deref()), (date(2026, 1, 8), Some("2026-01-08T00:00:00+00:00")));
    let told = utility.review.explain(&register.to_string(), date(2026, 1, 8), utility.now()).expect("explained");
    assert!(told.is_current && told.values.len() == 1, "{told:?}");
    let v55 = told.results.iter().find(|verdict| verdict.rule == "V55").expect("a verdict");
    assert_eq!(v55.verdict, "failed");
    assert!(v55.evidence.contains("fell from 120 to 5"), "{}", v55.evidence);

    utility.review.accept(&accept(&utility.exceptions(), "Ada"), utility.now()).expect("accepted");
    due(&utility);
    assert_eq!(utility.states(), "V55 accepted");
    assert!(finals(&utility, register)[3].status.contains(Status::ACCEPTED));
    // A corrected value was not what the person saw.
    arrive(&utility, register, date(2026, 1, 8), "130");
    assert_eq!(shown(&utility, register), "100 110 120 130 140");
    assert!(!finals(&utility, register)[3].status.contains(Status::ACCEPTED));
    assert_eq!(utility.states(), "V55 resolved");
}
