//! Modules, collectors and links that do not always work, by hand calculation.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use simulator::collection::{Account, Sent};
use simulator::journey::{Journey, Reason};
use simulator::premises::HeadEnd;
use simulator::{Collection, Network, Settings, Utility};

const DAY: Date = date(2026, 2, 3);

/// Sixteen meters in areas of eight, all of one head-end, in UTC: transformers are areas.
fn utility(head_end: HeadEnd, script: &str) -> Utility {
    let settings = Settings { seed: 7, meters: 16, zone: TimeZone::UTC, head_end: Some(head_end) };
    Utility::new(settings, &Network::made_up(16), script.parse().expect("a script")).expect("a utility")
}

fn fault(kind: &str, rest: &str, from: &str, to: &str) -> String {
    format!("[[fault]]\nkind = \"{kind}\"\n{rest}\nfrom = \"2026-02-03T{from}:00Z\"\nto = \"2026-02-03T{to}:00Z\"\n")
}

fn day(utility: &Utility) -> Sent {
    Collection::from(utility, DAY).next_day().expect("a day")
}

fn at(clock: &str) -> Timestamp {
    format!("2026-02-03T{clock}:00Z").parse().expect("an instant")
}

/// Channels of so many meters: those with panels have two.
fn channels(utility: &Utility, meters: std::ops::Range<u32>) -> u64 {
    meters.map(|meter| 1 + u64::from(utility.premises(meter).panels_kw != 0)).sum()
}

fn journey(utility: &Utility, meter: u32, clock: &str) -> Journey {
    utility.journey(meter, &utility.module(meter), utility.premises(meter).head_end, at(clock))
}

/// How long after a moment a reading was there, in seconds.
fn seconds_after(journey: Journey, clock: &str) -> i64 {
    journey.reached.expect("it came").duration_since(at(clock)).as_secs()
}

// covers: ONT-2.4.1
#[test]
fn a_collector_without_its_link_keeps_what_it_has_room_for() {
    // From 06:00 to 18:30 an hourly read waits at 06:00, 07:00 .. 18:00: thirteen for each channel.
    let of = |readings: u64| {
        let field = format!("[field]\nmeters_per_area = 8\ncollector_storage_readings = {readings}\n");
        let down = fault("link-down", "head_end = \"hes-hourly\"\ncollector = \"AMRC-000001\"", "06:00", "18:30");
        utility(HeadEnd::Hourly, &(field + &down))
    };
    let channels = channels(&of(0), 0..8);
    let room_for_all = day(&of(13 * channels));
    assert_eq!((room_for_all.counts.lost, room_for_all.counts.late), (0, 0), "all of it comes with its own day");
    let waited = journey(&of(13 * channels), 0, "06:00");
    assert_eq!(waited.reason, Some(Reason::LinkDown));
    assert!((4..=8).contains(&seconds_after(waited, "18:30")));

    let sent = day(&of(5 * channels));
    assert_eq!(sent.counts.lost, 8 * channels, "14:00 to 18:00 are kept, 06:00 to 13:00 lost");
    let reason = |account: &Account| account.reason == Reason::CollectorFull && account.sent.is_none();
    assert!(sent.accounts.iter().all(reason));
    let stamps = sent.accounts.iter().filter(|account| account.meter == 0).map(|account| account.stamp);
    let hours = (6..=13).map(|hour| at(&format!("{hour:02}:00")));
    assert!(stamps.take(8).eq(hours));
    assert_eq!(sent.accounts.len() as u64, 8 * channels, "the other collector has its link");
}

// covers: ONT-2.7.2b
#[test]
fn modules_of_a_lost_collector_reach_the_next_one() {
    let down = fault("collector-down", "collector = \"AMRC-000000\"", "06:00", "20:00");
    let of = |share: u16| {
        let field = format!("[field]\nmeters_per_area = 8\nneighbour_per_mille = {share}\n");
        utility(HeadEnd::Cloud, &(field + &down))
    };
    let reaches = journey(&of(1000), 5, "09:00");
    assert_eq!(reaches.collector.map(|collector| collector.to_string()), Some("AMRC-000003".into()));
    // The radio takes 20 to 40 s, the link 4 to 8 s.
    assert!((24..=48).contains(&seconds_after(reaches, "09:00")) && reaches.reason.is_none());
    assert_eq!(day(&of(1000)).counts.lost, 0);

    let alone = journey(&of(0), 5, "09:00");
    assert_eq!(alone.reason, Some(Reason::CollectorDown));
    assert!((24..=48).contains(&seconds_after(alone, "20:00")));
    let both = down.clone() + &fault("collector-down", "collector = \"AMRC-000003\"", "05:00", "10:00");
    let field = "[field]\nmeters_per_area = 8\nneighbour_per_mille = 1000\n".to_owned();
    let several = journey(&utility(HeadEnd::Cloud, &(field + &both)), 5, "09:00");
    assert!((24..=48).contains(&seconds_after(several, "10:00")), "the next one is back first");
}

// covers: ONT-2.7.2a, ONT-2.7.2c
#[test]
fn a_collector_outlives_an_outage_by_its_battery_and_keeps_what_it_has() {
    let field = "[field]\nmeters_per_area = 8\nneighbour_per_mille = 0\ncollector_backup_hours = 2\n";
    let dark = fault("open", "element = \"transformer.1\"", "06:00", "12:00");
    let down = fault("link-down", "head_end = \"hes-hourly\"\ncollector = \"AMRC-000001\"", "05:00", "09:00");
    let utility = utility(HeadEnd::Hourly, &(field.to_owned() + &dark + &down));
    let collector = utility.module(0).collector;
    let down: Vec<_> = utility.collector_down(collector).iter().map(|span| (span.start, span.end)).collect();
    assert_eq!(down, [(at("08:00"), at("12:00"))], "two hours after the power");
    // Made at 05:00, stored while the link is down and while there is no power, sent once both are back.
    let stored = journey(&utility, 0, "05:00");
    assert_eq!(stored.reason, Some(Reason::LinkDown));
    assert!((4..=8).contains(&seconds_after(stored, "12:00")));
    let dark = journey(&utility, 0, "07:00");
    assert_eq!(dark.reason, Some(Reason::NoPower), "the module itself has no power");
    assert_eq!(day(&utility).counts.lost, 0);
}

#[test]
fn a_weak_radio_is_tried_again_and_a_dead_module_says_nothing() {
    let field = "[field]\ntries = 3\nretry_minutes = 10\n".to_owned();
    let deaf = field.clone() + &fault("weak-radio", "head_end = \"hes-cloud\"\nper_mille = 1000", "06:00", "06:25");
    let deaf = utility(HeadEnd::Cloud, &deaf);
    // 06:00, 06:10 and 06:20 fail; from 06:15 on, 06:25 is the second try.
    assert_eq!(
        (journey(&deaf, 0, "06:00").reached, journey(&deaf, 0, "06:00").reason),
        (None, Some(Reason::WeakRadio))
    );
    assert!((24..=48).contains(&seconds_after(journey(&deaf, 0, "06:15"), "06:25")));
    let dead = field + &fault("module-dead", "meter = \"M-000003\"", "06:00", "20:00");
    let dead = utility(HeadEnd::Hourly, &dead);
    let sent = day(&dead);
    // Hours that end at 06:00 to 19:00 are lost, and the one at 20:00 is told by the new module.
    assert_eq!(sent.counts.lost, 14 * channels(&dead, 3..4));
    assert!(sent.accounts.iter().all(|account| account.meter == 3 && account.reason == Reason::ModuleDead));
}

#[test]
fn what_reaches_its_head_end_after_the_day_is_closed_comes_with_the_day_on_which_it_does() {
    // An hour and a half of congestion: 23:00 comes at 00:30 and some seconds, after the files were closed.
    let slow = fault("congested", "head_end = \"hes-hourly\"\nseconds = 5400", "22:30", "23:59");
    let utility = utility(HeadEnd::Hourly, &slow);
    let mut collection = Collection::from(&utility, DAY);
    let (first, second) = (collection.next_day().expect("a day"), collection.next_day().expect("a day"));
    let channels = channels(&utility, 0..16);
    assert_eq!((first.counts.late, second.counts.late), (channels, 0));
    let account = first.accounts[0];
    assert_eq!((account.stamp, account.reason), (at("23:00"), Reason::Congested));
    assert_eq!(account.sent, Some(date(2026, 2, 4)));
    let rows = |sent: &Sent| String::from_utf8_lossy(&sent.files[0].bytes).lines().count() as u64 - 1;
    assert_eq!((rows(&first), rows(&second)), (23 * channels, 25 * channels));
}

// covers: ONT-2.3.2
#[test]
fn values_that_change_on_their_way_are_known_to_the_truth() {
    let script = fault("corrupt", "head_end = \"hes-hourly\"\nper_mille = 1000", "10:30", "11:30");
    let [good, changed] = ["", &script].map(|script| day(&utility(HeadEnd::Hourly, script)));
    let channels = channels(&utility(HeadEnd::Hourly, ""), 0..16);
    assert_eq!((changed.counts.corrupt, changed.accounts.len() as u64), (channels, channels));
    let text = |sent: &Sent| String::from_utf8_lossy(&sent.files[0].bytes).into_owned();
    let (good, changed) = (text(&good), text(&changed));
    let differ: Vec<_> = good.lines().zip(changed.lines()).filter(|(good, changed)| good != changed).collect();
    assert_eq!(differ.len() as u64, channels);
    let value = |line: &str| line.split(',').nth(7).expect("a value").replace('.', "").parse::<i64>().expect("digits");
    assert!(differ.iter().all(|(good, changed)| value(changed) - value(good) == 1000), "10.00 kWh more");
}

// covers: ONT-2.4.2c
#[test]
fn the_last_meters_may_lie_in_another_zone() {
    let script = "[west]\nzone = \"America/Winnipeg\"\nper_mille = 500\n".parse().expect("a script");
    let zone = TimeZone::get("America/Toronto").expect("a zone");
    let settings = Settings { seed: 7, meters: 16, zone, head_end: Some(HeadEnd::Hourly) };
    let utility = Utility::new(settings, &Network::made_up(16), script).expect("a utility");
    let sent = day(&utility);
    let text = String::from_utf8_lossy(&sent.files[0].bytes).into_owned();
    let first_of = |meter: &str| {
        let row = text.lines().find(|line| line.starts_with(meter)).expect("a row");
        row.split(',').nth(6).expect("a stamp").to_owned()
    };
    // Midnight of the 3rd is 05:00 UTC in Toronto and 06:00 UTC in Winnipeg; a read closes each hour.
    assert_eq!([first_of("UP-000007"), first_of("UP-000008")], ["2026-02-03T06:00:00Z", "2026-02-03T07:00:00Z"]);
    assert_eq!(sent.counts.made, 24 * channels(&utility, 0..16));
}
