//! What happens to meters and collectors, and how it is told.

use std::collections::BTreeMap;

use jiff::civil::date;
use jiff::tz::TimeZone;
use serde_json::Value;
use simulator::collection::Sent;
use simulator::happening::Thing;
use simulator::journey::Reason;
use simulator::premises::HeadEnd;
use simulator::script::STORM;
use simulator::utility::Unfit;
use simulator::{Collection, Network, Script, Settings, Utility};

fn utility(meters: u32, head_end: Option<HeadEnd>, script: &str) -> Result<Utility, Unfit> {
    let settings = Settings { seed: 7, meters, zone: TimeZone::UTC, head_end };
    let script: Script = script.parse().expect("a script");
    Utility::new(settings, &Network::made_up(meters), script)
}

fn day(head_end: HeadEnd, script: &str) -> Sent {
    let script = format!("[field]\nevents_of_all = true\nmeters_per_area = 8\n{script}");
    let utility = utility(8, Some(head_end), &script).expect("a utility");
    Collection::from(&utility, date(2026, 2, 3)).next_day().expect("a day")
}

fn fault(kind: &str, rest: &str, from: &str, to: &str) -> String {
    format!("[[fault]]\nkind = \"{kind}\"\n{rest}\nfrom = \"2026-02-03T{from}:00Z\"\nto = \"2026-02-03T{to}:00Z\"\n")
}

/// `device code time` of each event as a head-end tells it in JSON, and further members.
fn told(sent: &Sent) -> Vec<String> {
    let file = sent.files.iter().find(|file| file.name.ends_with(".events.json"));
    let Some(file) = file else { return Vec::new() };
    let document: Value = serde_json::from_slice(&file.bytes).expect("a document");
    assert_eq!(document["headEnd"], file.head_end.name());
    let events = document["events"].as_array().expect("a list");
    let sequences = events.iter().map(|event| event["sequence"].as_u64().expect("a number"));
    assert!(sequences.eq(1..=events.len() as u64), "numbered without a gap");
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or("-").to_owned();
    let clock = |event: &Value| text(event, "time").trim_start_matches("2026-02-03T").to_owned();
    events.iter().map(|event| format!("{} {} {}", text(event, "device"), text(event, "code"), clock(event))).collect()
}

#[test]
fn each_head_end_tells_in_words_and_with_a_clock_of_its_own() {
    let tamper = fault("tamper", "meter = \"M-000003\"\nhow = \"cover\"", "10:00", "11:00");
    let ahead = |name: &str, by: i32| {
        fault("head-end-clock", &format!("head_end = \"{name}\"\nseconds = {by}"), "00:00", "23:00")
    };
    let hourly = day(HeadEnd::Hourly, &(tamper.clone() + &ahead("hes-hourly", -3)));
    assert_eq!(told(&hourly), ["M-000003 TAMPER_COVER 09:59:57Z", "M-000003 TAMPER_CLEARED 10:59:57Z"]);
    let folder = day(HeadEnd::Folder, &(tamper.clone() + &ahead("hes-folder", 7)));
    assert_eq!(told(&folder), ["M-000003 201 10:00:07Z", "M-000003 209 11:00:07Z"]);
    let cloud = day(HeadEnd::Cloud, &tamper);
    let file = cloud.files.iter().find(|file| file.name.ends_with("events.xml")).expect("events");
    let xml = String::from_utf8_lossy(&file.bytes);
    assert!(xml.contains("ref=\"3.12.29.212\"") && xml.contains("<issuerTrackingID>2</issuerTrackingID>"), "{xml}");
}

#[test]
fn a_last_gasp_that_nobody_heard_is_told_with_the_power() {
    let dark = fault("open", "element = \"transformer.1\"", "10:00", "11:00");
    let reached = |field: &str| -> Vec<i64> {
        let script = format!("[field]\n{field}\n{dark}");
        let utility = utility(8, Some(HeadEnd::Hourly), &script).expect("a utility");
        let sent = Collection::from(&utility, date(2026, 2, 3)).next_day().expect("a day");
        let lost = sent.happenings.iter().filter(|(happening, _)| happening.kind.hourly == "LAST_GASP");
        lost.map(|(one, _)| one.journey.reached.expect("it came").duration_since(one.at).as_secs()).collect()
    };
    assert_eq!(reached(""), [24; 8], "20 s of radio and 4 s of link");
    let unheard = reached("last_gasp_lost_per_mille = 1000");
    assert!(unheard.len() == 8 && unheard.iter().all(|after| (3624..=3648).contains(after)), "{unheard:?}");
}

#[test]
fn collectors_modules_and_batteries_are_told_of() {
    let script = [
        fault("collector-down", "collector = \"AMRC-000001\"", "10:00", "11:00"),
        fault("link-down", "head_end = \"hes-hourly\"", "12:00", "20:30"),
        fault("module-dead", "meter = \"M-000002\"", "13:00", "14:00"),
        fault("wrong-clock", "meter = \"M-000004\"\nseconds = 96", "15:00", "16:00"),
        fault("wrong-clock", "meter = \"M-000005\"\nseconds = 84", "15:00", "16:00"),
    ];
    let told = told(&day(HeadEnd::Hourly, &script.concat()));
    let expected = [
        // Ahead by 96 s: 15:00:00 is 15:01:36 to it; once it is set, it is right.
        "M-000004 TIME_VARIANCE 15:01:36Z",
        "M-000004 TIME_RESET 16:00:00Z",
        "M-000005 TIME_RESET 16:00:00Z",
        "AMRC-000001 COLLECTOR_FAILED 10:00:00Z",
        "AMRC-000001 COLLECTOR_BACK 11:00:00Z",
        "AMRC-000001 LINK_FAILED 12:00:00Z",
        "AMRC-000001 LINK_BACK 20:30:00Z",
        "AMCD-000002 MODULE_FAILED 13:00:00Z",
        "AMCD-000002 MODULE_BACK 14:00:00Z",
    ];
    let sorted = |mut rows: Vec<String>| {
        rows.sort();
        rows
    };
    assert_eq!(sorted(told), sorted(expected.map(str::to_owned).to_vec()));
}

#[test]
fn a_storage_that_is_nearly_full_is_told_once_the_link_is_back() {
    let down = fault("link-down", "head_end = \"hes-folder\"", "12:00", "20:30");
    let utility = utility(8, Some(HeadEnd::Folder), &down).expect("a utility");
    let channels: u64 = (0..8).map(|meter| 1 + u64::from(utility.premises(meter).panels_kw != 0)).sum();
    // Room for ten hours: eight of them are there at 19:00.
    let script = format!("collector_storage_readings = {}\n{down}", channels * 10);
    let sent = day(HeadEnd::Folder, &script);
    let full = sent.happenings.iter().find(|(happening, _)| happening.kind.folder == "607").expect("told");
    assert_eq!(full.0.at.to_string(), "2026-02-03T19:00:00Z");
    assert_eq!(full.0.journey.reached.map(|at| at.to_string()), Some("2026-02-03T20:30:00Z".into()));
}

// covers: MOD-SCH
#[test]
fn another_firmware_changes_the_format_of_events_in_mid_run() {
    let script = [
        fault("tamper", "meter = \"M-000001\"\nhow = \"magnet\"", "09:00", "13:00"),
        fault("tamper", "meter = \"M-000002\"\nhow = \"magnet\"", "13:00", "14:00"),
        fault(
            "firmware",
            "head_end = \"hes-folder\"\nversion = \"9.1\"\nrenamed = { time = \"eventTime\" }\n\
             codes = { \"3.12.66.257\" = \"2203\" }",
            "12:00",
            "23:59",
        ),
    ];
    let sent = day(HeadEnd::Folder, &script.concat());
    let file = sent.files.iter().find(|file| file.name.ends_with("events.json")).expect("events");
    let document: Value = serde_json::from_slice(&file.bytes).expect("a document");
    let magnets: BTreeMap<&str, &Value> = document["events"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|event| event["code"] == "203" || event["code"] == "2203")
        .map(|event| (event["device"].as_str().expect("a name"), event))
        .collect();
    assert_eq!((&magnets["M-000001"]["code"], &magnets["M-000001"]["eventTime"]), (&"203".into(), &Value::Null));
    assert_eq!(magnets["M-000002"]["code"], "2203");
    assert_eq!(magnets["M-000002"]["eventTime"], "2026-02-03T13:00:00Z");
    assert_eq!(magnets["M-000002"]["time"], Value::Null);
    let upgraded = sent.happenings.iter().filter(|(happening, _)| happening.kind.hourly == "FIRMWARE_UPGRADED");
    assert_eq!(upgraded.count(), 16, "each of eight modules there and back");
}

#[test]
fn what_passes_by_the_meter_is_known_to_the_truth() {
    let script = fault("bypass", "meter = \"M-000000\"\nper_mille = 250", "00:00", "12:00");
    let date = date(2026, 2, 3);
    let [honest, stolen] = ["", &script].map(|script| {
        let utility = utility(1, Some(HeadEnd::Cloud), script).expect("a utility");
        utility.truth(0, &utility.day(date).expect("a day"))
    });
    for (quarter, (honest, stolen)) in honest.iter().zip(&stolen).enumerate() {
        let by = if quarter < 48 { honest.delivered * 250 / 1000 } else { 0 };
        assert_eq!(stolen.delivered, honest.delivered - by, "quarter {quarter}");
    }
}

#[test]
fn scripts_that_do_not_fit_are_refused() {
    let unfit = |script: &str| utility(8, None, script).map(drop).expect_err("unfit").to_string();
    let meter = fault("module-dead", "meter = \"M-000008\"", "00:00", "12:00");
    assert_eq!(unfit(&meter), "there is no meter M-000008; the last of 8 is M-000007");
    let collector = fault("collector-down", "collector = \"AMRC-000003\"", "00:00", "12:00");
    assert!(unfit(&collector).starts_with("there is no collector AMRC-000003"), "{}", unfit(&collector));
}

#[test]
fn the_ready_storm_runs_and_every_reading_is_accounted_for() {
    let utility = utility(100, None, STORM).expect("a utility");
    let mut collection = Collection::from(&utility, date(2026, 2, 2));
    let days: Vec<_> = (0..4).map(|_| collection.next_day().expect("a day")).collect();
    let sum = |of: fn(&Sent) -> u64| days.iter().map(of).sum::<u64>();
    assert!(0 < sum(|day| day.counts.lost) && 0 < sum(|day| day.counts.late) && 0 < sum(|day| day.counts.unmade));
    let accounted = sum(|day| day.accounts.len() as u64);
    let counted = sum(|day| day.counts.lost + day.counts.late + day.counts.unmade + day.counts.corrupt);
    assert_eq!(accounted, counted);
    let happenings = days.iter().flat_map(|day| &day.happenings);
    let never_told: Vec<_> = happenings.filter(|(_, day)| day.is_none()).map(|(one, _)| one).collect();
    assert!(never_told.iter().any(|one| one.thing == Thing::Meter(3)), "its module is dead");
    let reasons = [Some(Reason::ModuleDead), Some(Reason::CollectorFull)];
    assert!(never_told.iter().all(|one| reasons.contains(&one.journey.reason)));
}
