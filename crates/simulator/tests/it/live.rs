//! A utility as time goes on.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use simulator::dialect::File;
use simulator::premises::HeadEnd;
use simulator::{Collection, Live, Network, Script, Settings, Utility};

fn utility(head_end: HeadEnd, script: &str) -> Utility {
    let settings = Settings { seed: 7, meters: 8, zone: TimeZone::UTC, head_end: Some(head_end) };
    let script: Script = format!("[field]\nevents_of_all = true\n{script}").parse().expect("a script");
    Utility::new(settings, &Network::made_up(8), script).expect("a utility")
}

/// After a whole day, 2026-02-03.
fn live(utility: &Utility) -> Live {
    let mut collection = Collection::from(utility, date(2026, 2, 3));
    collection.next_day().expect("a day");
    collection.live()
}

fn at(clock: &str) -> Timestamp {
    format!("2026-02-04T{clock}Z").parse().expect("an instant")
}

/// The lines of readings that tell no header, as a head-end writes them.
fn lines(files: &[File]) -> Vec<String> {
    let text = |file: &File| String::from_utf8_lossy(&file.bytes).into_owned();
    let mut lines: Vec<_> =
        files.iter().flat_map(|file| text(file).lines().skip(1).map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.sort();
    lines
}

#[test]
fn what_is_told_bit_by_bit_is_the_whole_day() {
    let utility = utility(HeadEnd::Hourly, "");
    let mut whole = Collection::from(&utility, date(2026, 2, 3));
    whole.next_day().expect("a day");
    let whole = whole.next_day().expect("another day");
    let mut live = live(&utility);
    let mut told = Vec::new();
    // Every seven minutes of the day and an hour more, so that the last one is there.
    for minutes in (0..=25 * 60).step_by(7) {
        let now = at("00:00:00") + jiff::SignedDuration::from_mins(minutes);
        told.extend(live.until(&utility, now));
    }
    let whole = lines(&whole.files);
    // The hour that ends at 01:00 of the next day is of the next day.
    let told: Vec<_> = lines(&told).into_iter().filter(|line| !line.contains("2026-02-05T01:00:00Z")).collect();
    assert_eq!(told, whole, "the same readings in the same words, none twice and none beside them");
    assert_eq!(whole.len() % 24, 0);
}

#[test]
fn events_come_when_they_are_known_and_once() {
    let dark = "[[fault]]\nkind = \"open\"\nelement = \"transformer.1\"\nfrom = \"2026-02-04T10:00:00Z\"\nto = \"2026-02-04T10:30:00Z\"\n";
    let utility = utility(HeadEnd::Folder, dark);
    let mut live = live(&utility);
    let mut events = |clock: &str| {
        let files = live.until(&utility, at(clock));
        let files = files.iter().filter(|file| file.name.ends_with(".json"));
        files.map(|file| String::from_utf8_lossy(&file.bytes).matches("\"101\"").count()).sum::<usize>()
    };
    // The last gasps take 20 s of radio and 4 s of link.
    assert_eq!([events("10:00:23"), events("10:00:24"), events("10:20:00")], [0, 8, 0]);
}

#[test]
fn a_meter_without_power_is_read_later_from_where_it_was_left() {
    let dark = "[[fault]]\nkind = \"open\"\nelement = \"transformer.1\"\nfrom = \"2026-02-04T10:30:00Z\"\nto = \"2026-02-04T12:30:00Z\"\n";
    let utility = utility(HeadEnd::Folder, dark);
    let mut live = live(&utility);
    let mut hours = |clock: &str| {
        let files = live.until(&utility, at(clock));
        let readings = files.iter().filter(|file| file.name.ends_with(".cmep"));
        let text: String = readings.map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).collect();
        let first = text.lines().next().unwrap_or_default().split(',').nth(13).unwrap_or_default().to_owned();
        (text.lines().count(), first)
    };
    assert_eq!(hours("10:05:00"), (8, "10".into()), "the hours from 00:00 to 10:00 of each meter");
    assert_eq!(hours("12:05:00"), (0, String::new()), "all are dark");
    assert_eq!(hours("13:05:00"), (8, "3".into()), "10:00 to 13:00");
}

#[test]
fn the_script_of_today_fits_a_town_of_a_hundred_meters() {
    let script = simulator::script::today(at("12:00:00"));
    assert!(script.contains("from = \"2026-02-04T12:01:00Z\"") && script.contains("to = \"2026-02-04T12:06:00Z\""));
    let settings = Settings { seed: 7, meters: 100, zone: TimeZone::UTC, head_end: None };
    let script: Script = script.parse().expect("a script");
    assert!(Utility::new(settings, &Network::made_up(100), script).is_ok());
}
