//! A head-end that sends other units, signs and intervals than before: one finding of it, within a day.

use ingest::feeds::values::{Finding, Mismatch, by_values, follow};
use jiff::civil::date;
use store::registry::alert::Which;
use store::registry::quarantine::QuarantineEntry;

use crate::review_fixture::Utility;

/// Ten hourly channels, of 10 to 100 kWh an hour: the first six are owned by HES-1, the others by HES-2. Eight days came of all
/// of them, the last the 8th of March.
fn utility() -> Utility {
    let utility = Utility::with_channels(10);
    let directory = utility.ask(utility.registry.directory());
    for number in 0..10 {
        let point = directory.channel(model::id::ChannelNumber(number)).expect("registered").usage_point;
        let owner = if number < 6 { "HES-1" } else { "HES-2" };
        utility.ask(utility.registry.usage_points().set_owners(&[(point, Some(owner.into()))]));
        for day in 1..=8 {
            // Weekends are twice as much.
            let factor = if day % 7 == 0 { 2 } else { 1 };
            utility.arrive(number, date(2026, 3, day), 0, &(i64::from(number + 1) * 10_000 * factor).to_string());
        }
    }
    utility
}

/// On the 9th the first so many channels send this; the others are as ever, and channel 9 has ten times as much.
fn findings(changed: u32, sent: impl Fn(i64) -> i64) -> Vec<(String, Mismatch, usize, usize)> {
    let utility = utility();
    for number in 0..10 {
        let usual = i64::from(number + 1) * 10_000;
        let value = match number {
            number if number < changed => sent(usual),
            9 => usual * 10,
            _ => usual * 2,
        };
        utility.arrive(number, date(2026, 3, 9), 0, &vec![value.to_string(); 8].join(" "));
    }
    found(&utility, 9).into_iter().map(|one| (one.head_end.to_string(), one.mismatch, one.channels, one.of)).collect()
}

fn found(utility: &Utility, day: i8) -> Vec<Finding> {
    let today = date(2026, 3, day);
    let directory = utility.ask(utility.registry.directory());
    by_values(&utility.book, &directory, (today, utility.at(today, 9))).expect("readable")
}

// covers: MOD-COM
#[test]
fn a_change_of_unit_or_sign_is_found_on_the_day_it_begins_and_told_once_of_its_head_end() {
    let one = |mismatch, channels| vec![("HES-1".to_owned(), mismatch, channels, 6)];
    assert_eq!(findings(0, |usual| usual), []);
    assert_eq!(findings(6, |usual| usual * 1000), one(Mismatch::Thousandfold, 6), "Wh are sent as kWh");
    assert_eq!(findings(3, |usual| usual * 1000), one(Mismatch::Thousandfold, 3), "by some of its meters");
    assert_eq!(findings(2, |usual| usual * 1000), [], "two meters are meters");
    assert_eq!(findings(6, |usual| usual / 1000), one(Mismatch::Thousandth, 6), "kWh are sent as Wh");
    assert_eq!(findings(6, |_| 0), [], "an outage is no unit");
    assert_eq!(findings(6, |usual| -usual), one(Mismatch::Sign, 6));
    assert_eq!(findings(6, |usual| usual * 299), [], "a third of a thousand and less is no change of unit");
    assert_eq!(findings(6, |usual| usual * 334), one(Mismatch::Thousandfold, 6));
    assert_eq!(findings(6, |usual| usual * 3001), [], "nor more than three thousand");
}

#[test]
fn energy_that_goes_both_ways_has_no_sign_to_turn() {
    let utility = utility();
    for number in 0..6 {
        for day in [3, 9] {
            utility.arrive(number, date(2026, 3, day), 0, &(i64::from(number + 1) * -10_000).to_string());
        }
    }
    assert_eq!(found(&utility, 9), []);
}

// covers: MOD-COM
#[test]
fn it_is_an_alert_of_the_head_end_until_its_values_are_as_before() {
    let utility = utility();
    let lasting = || {
        let alerts = utility.ask(utility.registry.alerts().list(Which::Open, 10));
        let told = alerts.iter().filter(|alert| alert.cleared_at.is_none());
        told.map(|alert| format!("{} {}", alert.condition.kind, alert.condition.component)).collect::<Vec<_>>()
    };
    for number in 0..6 {
        utility.arrive(number, date(2026, 3, 9), 0, &(i64::from(number + 1) * -10_000).to_string());
    }
    for (day, hour) in [(9, 9), (9, 12), (10, 9)] {
        let now = utility.at(date(2026, 3, day), hour);
        utility.ask(follow(&utility.registry, found(&utility, day), now));
        assert_eq!(lasting(), ["values HES-1 sign"], "once, however often it is looked at");
    }
    for number in 0..6 {
        utility.arrive(number, date(2026, 3, 10), 0, &(i64::from(number + 1) * 10_000).to_string());
    }
    utility.ask(follow(&utility.registry, found(&utility, 10), utility.at(date(2026, 3, 10), 23)));
    assert_eq!(lasting(), Vec::<String>::new());
}

// covers: MOD-COM
#[test]
fn what_it_says_of_units_and_lengths_is_one_finding_however_many_pieces_wait() {
    let utility = utility();
    let now = utility.at(date(2026, 3, 9), 12);
    let entry = |item: u32, (source, code, channel): (&str, &str, &str)| QuarantineEntry {
        batch: "hash".into(),
        item,
        source: source.into(),
        raw: "raw".into(),
        line: 1,
        channel: channel.into(),
        code: code.into(),
        cause: String::new(),
        message: "unit `kvarh`, the channel is registered in `Wh`".into(),
        advice: String::new(),
        finding: String::new(),
    };
    let waiting = [
        ("HES-1", "V06", "UP-0/E1"),
        ("HES-1", "V06", "UP-1/E1"),
        ("HES-1", "V06", "UP-1/E1"),
        ("HES-1", "V06", "UP-2/E1"),
        ("HES-1", "V10", "UP-3/E1"),
        ("HES-2", "V07", "UP-6/E1"),
    ];
    let entries: Vec<_> = (0..).zip(waiting).map(|(item, waiting)| entry(item, waiting)).collect();
    utility.ask(utility.registry.quarantine().add(&entries, now));
    let told = utility.ask(follow(&utility.registry, Vec::new(), now));
    let words: Vec<String> = told.iter().map(|one| format!("{}: {}", one.head_end, one.words())).collect();
    let expected = "HES-1: what it says of 3 of 6 channels is refused: unit `kvarh`, the channel is registered in `Wh`";
    assert_eq!(words, [expected]);
    let day_after = utility.at(date(2026, 3, 10), 13);
    assert_eq!(utility.ask(follow(&utility.registry, Vec::new(), day_after)), [], "it waits longer than a day");
}
