//! What a reader leaves out of a message that is taken: it waits in quarantine, and every way on ends the wait.

use std::fmt::Write as _;
use std::io::{self, Read};

use formats::Options;
use ingest::correction::{Corrected, Correction, CorrectionError, correct};
use ingest::intake::{Message, Unknown};
use ingest::placement::zone_of;
use ingest::quarantine::{Detail, Otherwise, dropped, replay};
use ingest::record;
use jiff::SignedDuration;
use store::registry::quarantine::{QuarantineItem, QuarantineState};

use crate::taken_again::{Station, csv};

/// Three hours, the second of which cannot be read.
fn bad_second_hour() -> String {
    csv(&["UP1 0=1.5 1=2x 2=3.5"])
}

fn detail(item: &QuarantineItem) -> Detail {
    serde_json::from_str(&item.entry.finding).expect("a detail")
}

fn item(station: &Station, id: u64) -> QuarantineItem {
    station.runtime.block_on(station.intake.books().registry.quarantine().get(id)).expect("there")
}

/// The only item that waits.
#[track_caller]
fn only(station: &Station) -> QuarantineItem {
    let mut waiting = station.waiting();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    waiting.remove(0)
}

fn hand_in(station: &mut Station, item: &QuarantineItem, copy: &str) -> Result<Corrected, CorrectionError> {
    station.now += SignedDuration::from_mins(1);
    let correction = Correction { name: "copy.csv", by: "anna", note: "read on the meter" };
    let open = || Ok(Box::new(copy.as_bytes()) as Box<dyn Read>);
    correct(&mut station.intake, item, correction, &open, (Unknown::Quarantine, station.now))
}

// covers: THR-05
#[test]
fn a_row_that_cannot_be_read_waits_with_its_place_and_what_was_expected() {
    let mut station = Station::with(&["UP1"]);
    let receipt = station.send_bytes(&bad_second_hour(), Options::default());
    assert_eq!((receipt.accepted, receipt.stored, receipt.malformed, receipt.findings_count), (true, 2, 1, 1));
    let item = only(&station);
    let entry = &item.entry;
    assert_eq!((&*entry.code, &*entry.cause, entry.line, &*entry.source), ("malformed", "csv.value", 3, "HES"));
    assert_eq!(entry.batch, receipt.hash);
    assert_eq!(entry.message, "value: `2x`: expected a decimal number such as 12.345; this value is not read");
    assert!(entry.advice.contains("amity quarantine fix"), "{}", entry.advice);
    let raw = entry.raw.parse().expect("the id of the raw bytes");
    let record = record::line(&station.intake.books().raw, raw, entry.line).expect("readable").expect("there");
    assert_eq!(record.text, "UP1,kWh,2026-01-01T01:00:00Z,2026-01-01T02:00:00Z,2x");
}

// covers: THR-05
#[test]
fn rows_of_one_cause_are_one_item_and_the_same_file_adds_none() {
    let mut station = Station::with(&["UP1"]);
    let mut bytes = String::from("usage_point_id,uom,start,end,value\n");
    for _ in 0..5_000 {
        bytes += "UP1,kWh,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,x\n";
    }
    let _ = writeln!(bytes, "UP1,kWh,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,1.5");
    let _ = writeln!(bytes, "UP1,kWh,yesterday,2026-01-01T01:00:00Z,1.5");
    let receipt = station.send_bytes(&bytes, Options::default());
    assert_eq!((receipt.stored, receipt.malformed), (1, 5_001));
    let waiting = station.waiting();
    let told: Vec<_> = waiting.iter().map(|item| (&*item.entry.cause, detail(item).records, item.entry.line)).collect();
    assert_eq!(told, [("csv.value", 5_000, 2), ("csv.stamp", 1, 5_003)]);
    assert_eq!(detail(&waiting[0]).places.len(), 10);
    assert!(waiting[0].entry.message.ends_with("; 4999 more like it"), "{}", waiting[0].entry.message);

    assert!(station.send_bytes(&bytes, Options::default()).repeated);
    let replayed = station.replay();
    assert_eq!((replayed.released, replayed.refused_again), (0, 2));
    assert_eq!(station.waiting().iter().map(|item| item.id).collect::<Vec<_>>(), [waiting[0].id, waiting[1].id]);
}

// covers: THR-05
/// A file in each format with one thing wrong, and the same put right. The good halves are admitted the first time.
#[test]
fn what_the_source_sends_again_ends_the_wait_on_replay() {
    let day = |values: &str| format!("100,NEM12,202601050000,A,B\n200,UP1,,,E1,E1,,kWh,30,\n{values}900\n");
    let half_hours = |date: &str, count: usize| format!("300,{date},{}A,,,20260105000000,\n", "1.5,".repeat(count));
    let cmep = |fields: &str| format!("MEPMD01,19970819,S,,R,,202601050000,METER1,OK,E,KWH,1,00000100,{fields}\n");
    let wide = |row: &str| {
        let places: Vec<String> = (1..=24).map(|at| format!("v{at}")).collect();
        format!("usage_point_id,date,interval_minutes,{}\nUP1,2026-01-01,60,{row}\n", places.join(","))
    };
    let hours = |count: usize| vec!["1.5"; count].join(",");
    let cim = |value: &str| {
        let reading = |hour: u32, value: &str| {
            format!(
                "<IntervalReadings><timeStamp>2026-01-01T{hour:02}:00:00Z</timeStamp><value>{value}</value></IntervalReadings>"
            )
        };
        format!(
            "<MeterReadings xmlns=\"http://iec.ch/TC57/2011/MeterReadings#\"><MeterReading><IntervalBlocks>{}{}{}\
             <ReadingType ref=\"0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0\"/></IntervalBlocks><UsagePoint><Names><name>UP1</name>\
             </Names></UsagePoint></MeterReading></MeterReadings>",
            reading(1, "1.5"),
            reading(2, value),
            reading(3, "1.5")
        )
    };
    let cases = [
        (
            "nem12.value_count",
            day(&(half_hours("20260101", 47) + &half_hours("20260102", 48))),
            day(&half_hours("20260101", 48)),
        ),
        ("nem12.value", day(&half_hours("20260101", 48).replacen("1.5", "1..5", 1)), day(&half_hours("20260101", 48))),
        ("csv.value", bad_second_hour(), csv(&["UP1 1=2.5"])),
        ("csv.value_count", wide(&(hours(23) + ",")).replacen(",v24", "", 1), wide(&hours(24))),
        ("cmep.count", cmep("3,202601010100,,1.5,,,1.5"), cmep("3,202601010100,,1.5,,,1.5,,,1.5")),
        ("cmep.value", cmep("2,202601010100,,1.5,,,1x"), cmep("2,202601010100,,1.5,,,1.5")),
        ("cim.value", cim("1,5"), cim("1.5")),
    ];
    for (cause, wrong, right) in cases {
        let mut station = Station::with(&[]);
        let options = || Options { zone: Some(jiff::tz::TimeZone::UTC), ..Options::default() };
        let message = Message { unknown: Unknown::Register, zone: Some("UTC".into()), ..station.message(options()) };
        let first = station.intake.take(&message, &mut wrong.as_bytes(), station.now).expect("answered");
        assert!(first.accepted, "{cause}: {first:?}");
        assert_eq!(only(&station).entry.cause, cause, "{first:?}");
        let replayed = station.replay();
        assert_eq!((replayed.released, replayed.refused_again), (0, 1), "{cause} before it came again");
        let message = Message { unknown: Unknown::Register, zone: Some("UTC".into()), ..station.message(options()) };
        let again = station.intake.take(&message, &mut right.as_bytes(), station.now).expect("answered");
        assert!(again.accepted && again.malformed == 0, "{cause}: {again:?}");
        let waiting = only(&station);
        let replayed = station.replay();
        assert_eq!((replayed.released, replayed.refused_again), (1, 0), "{cause}: {again:?}");
        let closed = item(&station, waiting.id);
        assert_eq!(closed.state, QuarantineState::Released, "{cause}");
        assert_eq!(closed.closing.map(|closing| closing.reason), Some("admitted".to_owned()), "{cause}");
    }
}

#[test]
fn values_of_before_do_not_end_the_wait() {
    let mut station = Station::with(&["UP1"]);
    station.send(&["UP1 0=1 1=1 2=1"]);
    station.send_bytes(&bad_second_hour(), Options::default());
    let replayed = station.replay();
    assert_eq!((replayed.released, replayed.refused_again), (0, 1));
    assert_eq!(station.values(0, 3), [Some(1500), Some(1000), Some(3500)]);
}

#[test]
fn a_file_read_with_the_wrong_options_is_replayed_with_others() {
    let mut station = Station::with(&["UP1"]);
    let bytes = csv(&["UP1 0=1.5 1=2.5"]).replace('Z', "");
    assert!(!station.send_bytes(&bytes, Options::default()).accepted);
    let items = station.waiting();
    let otherwise = Otherwise { zone: Some("UTC".into()), ..Otherwise::default() };
    let replayed = replay(&mut station.intake, &items, Unknown::Quarantine, &otherwise, station.now).expect("replayed");
    assert_eq!((replayed.released, replayed.refused_again, replayed.stored), (1, 0, 2));
    assert_eq!(station.values(0, 2), [Some(1500), Some(2500)]);
}

#[test]
fn what_is_stored_is_not_stored_again_elsewhere() {
    let mut station = Station::with(&["UP1"]);
    // Another message waits as well, of which nothing is stored.
    station.send_bytes(&csv(&["UP1 5=1"]).replace('Z', ""), Options::default());
    let zone = Some(zone_of("+10:00").expect("a zone"));
    let local = csv(&["UP1 10=1.5 11=2x"]).replace('Z', "");
    assert_eq!(station.send_bytes(&local, Options { zone, ..Options::default() }).stored, 1);
    let (items, before) = (station.waiting(), station.values(0, 24));
    let say = |text: &str| Some(text.into());
    for (otherwise, what) in [
        (Otherwise { zone: say("UTC"), ..Otherwise::default() }, "another zone"),
        (Otherwise { usage_point: say("UP2"), ..Otherwise::default() }, "another usage point"),
        (Otherwise { unit: say("Wh"), ..Otherwise::default() }, "another unit"),
    ] {
        let refused = replay(&mut station.intake, &items, Unknown::Quarantine, &otherwise, station.now);
        let told = refused.expect_err(what).to_string();
        assert!(told.contains("message.csv are stored already, read with zone `+10:00`"), "{told}");
        assert!(told.contains(what) && told.contains("`amity quarantine fix`"), "{told}");
        assert_eq!((station.waiting(), station.values(0, 24)), (items.clone(), before.clone()), "{what}");
    }
    // The same zone said again is none that is another.
    let same = Otherwise { zone: say("+10:00"), ..Otherwise::default() };
    let replayed = replay(&mut station.intake, &items[1..], Unknown::Quarantine, &same, station.now).expect("replayed");
    assert_eq!((replayed.refused_again, replayed.stored), (1, 0));
}

// covers: THR-05
#[test]
fn another_cause_at_the_place_of_a_closed_one_waits() {
    let mut station = Station::with(&["UP1"]);
    // The second row has no offset and no number; of the first one the channel is not known.
    let bytes = "usage_point_id,uom,start,end,value\n\
                 UP9,kWh,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,1.5\n\
                 UP9,kWh,2026-01-01T01:00:00,2026-01-01T02:00:00,2x\n";
    station.send_bytes(bytes, Options::default());
    let closing = dropped("anna", "unusable", "", station.now).expect("a reason");
    let malformed = station.waiting().into_iter().find(|item| item.entry.cause == "csv.stamp").expect("waits");
    let quarantine = station.intake.books().registry.quarantine();
    let ids = [malformed.id];
    let closed = quarantine.close(&ids, QuarantineState::Dropped, &closing);
    assert_eq!(station.runtime.block_on(closed).expect("closed"), 1);
    let items = station.waiting();
    let otherwise = Otherwise { zone: Some("UTC".into()), ..Otherwise::default() };
    replay(&mut station.intake, &items, Unknown::Quarantine, &otherwise, station.now).expect("replayed");
    let waiting = station.waiting();
    let told: Vec<_> = waiting.iter().map(|item| (&*item.entry.code, &*item.entry.cause)).collect();
    assert_eq!(told, [("V01", ""), ("malformed", "csv.value")]);
}

#[test]
fn a_copy_of_a_copy_undoes_nothing_that_came_between() {
    let mut station = Station::with(&["UP1"]);
    station.send_bytes(&csv(&["UP1 0=1.5 1=2x 2=3x"]), Options::default());
    let first = only(&station);
    // The source itself corrects the first hour, and then a copy comes that is still wrong.
    station.send(&["UP1 0=1.75"]);
    hand_in(&mut station, &first, &csv(&["UP1 0=1.5 1=2.5 2=3x"])).expect("taken");
    let second = only(&station);
    hand_in(&mut station, &second, &csv(&["UP1 0=1.5 1=2.25 2=3.5"])).expect("taken");
    // Of what the copies say, the later one counts.
    assert_eq!(station.values(0, 3), [Some(1750), Some(2250), Some(3500)]);
    assert_eq!(station.waiting(), []);
}

// covers: SEC-AAY
#[test]
fn a_corrected_copy_takes_the_place_and_undoes_nothing_that_came_since() {
    let mut station = Station::with(&["UP1"]);
    station.send_bytes(&bad_second_hour(), Options::default());
    // The source itself corrects the third hour meanwhile.
    station.send(&["UP1 2=3.75"]);
    let waiting = only(&station);
    let copy = csv(&["UP1 0=1.25 1=2.5 2=3.5"]);
    let corrected = hand_in(&mut station, &waiting, &copy).expect("taken");
    assert_eq!((corrected.closed, corrected.receipt.accepted), (1, true));
    assert_eq!(station.values(0, 3), [Some(1250), Some(2500), Some(3750)]);
    assert_eq!(station.waiting(), []);

    let closed = item(&station, waiting.id);
    let closing = closed.closing.expect("kept");
    assert_eq!(
        (closing.by.as_deref(), &*closing.reason, &*closing.note),
        (Some("anna"), "corrected", "read on the meter")
    );
    assert_eq!(closing.replaced_by.as_ref(), Some(&corrected.receipt.hash));
    // Both are kept, and the copy says in whose place it came.
    let books = station.intake.books();
    let mut original = String::new();
    let raw = closed.entry.raw.parse().expect("an id");
    books.raw.read(raw).expect("kept").read_to_string(&mut original).expect("readable");
    assert_eq!(original, bad_second_hour());
    let noted = station.runtime.block_on(books.registry.batches().by_hash(&corrected.receipt.hash)).expect("asked");
    assert_eq!(noted.expect("noted").path, "copy.csv, corrected by anna, in place of message.csv");
}

#[test]
fn a_copy_that_does_not_help_changes_nothing() {
    let mut station = Station::with(&["UP1"]);
    station.send_bytes(&bad_second_hour(), Options::default());
    let waiting = only(&station);
    for (copy, why) in [
        ("no meter data".to_owned(), "the copy cannot be used"),
        (bad_second_hour(), "the bytes that wait"),
        ("usage_point_id,uom,start,end,value\n".to_owned(), "found none"),
        (csv(&["OTHER9 0=1.25 1=2.5 2=3.5"]), "lacks `UP1/"),
    ] {
        let refused = hand_in(&mut station, &waiting, &copy).expect_err(why);
        assert!(refused.to_string().contains(why), "{refused}");
        assert_eq!(station.waiting(), vec![waiting.clone()]);
    }
    let unsigned = Correction { name: "copy.csv", by: "anna", note: " " };
    let nothing = || Ok(Box::new(io::empty()) as Box<dyn Read>);
    let when = (Unknown::Quarantine, station.now);
    let refused = correct(&mut station.intake, &waiting, unsigned, &nothing, when).expect_err("nothing is said");
    assert!(refused.to_string().starts_with("note: say in a few words"), "{refused}");
}

#[test]
fn what_is_still_wrong_with_a_copy_waits_with_the_copy() {
    let mut station = Station::with(&["UP1"]);
    station.send_bytes(&csv(&["UP1 0=1.5 1=2x 2=3x", "UP2 0=1"]), Options::default());
    let waiting = station.waiting();
    assert_eq!(waiting.iter().map(|item| &*item.entry.code).collect::<Vec<_>>(), ["V01", "malformed"]);
    let corrected = hand_in(&mut station, &waiting[1], &csv(&["UP1 0=1.5 1=2.5 2=3x", "UP2 0=1"])).expect("taken");
    assert_eq!(corrected.closed, 2);
    let of_copy = station.waiting();
    assert!(of_copy.iter().all(|item| item.entry.batch == corrected.receipt.hash), "{of_copy:?}");
    assert_eq!(of_copy.iter().map(|item| &*item.entry.code).collect::<Vec<_>>(), ["V01", "malformed"]);
    // What is replayed of the copy ranks where it stood, too.
    station.register(&["UP2"], 3600);
    station.send(&["UP2 0=9"]);
    assert_eq!(station.replay().released, 1);
    assert_eq!(station.values(1, 1), [Some(9000)]);
}

#[test]
fn a_copy_settles_everything_that_could_not_be_read() {
    let mut station = Station::with(&["UP1"]);
    station.send_bytes(&(bad_second_hour() + "UP1,kWh,noon,evening,1\n"), Options::default());
    let waiting = station.waiting();
    assert!(matches!(&waiting[..], [value, time] if value.entry.cause != time.entry.cause), "{waiting:?}");
    let corrected = hand_in(&mut station, &waiting[1], &csv(&["UP1 0=1.25 1=2.5 2=3.5"])).expect("taken");
    assert_eq!((corrected.closed, station.waiting()), (2, vec![]));
}

// covers: SEC-AAY
#[test]
fn a_person_decides_against_an_item_and_it_stays_closed() {
    let mut station = Station::with(&["UP1"]);
    station.send_bytes(&csv(&["UP1 0=1.5 1=2x", "UP2 0=1"]), Options::default());
    let malformed = station.waiting().into_iter().find(|item| item.entry.code == "malformed").expect("waits");
    assert!(dropped("anna", "because", "", station.now).is_err());
    assert!(dropped("anna", "other", "", station.now).is_err());
    assert!(dropped(" ", "mistake", "", station.now).is_err());
    let closing = dropped("anna", "unusable", "the meter was scrapped", station.now).expect("a reason");
    let quarantine = station.intake.books().registry.quarantine();
    let ids = [malformed.id];
    let closed = quarantine.close(&ids, QuarantineState::Dropped, &closing);
    assert_eq!(station.runtime.block_on(closed).expect("closed"), 1);
    // Its message comes again for the other item, and does not bring it back.
    station.register(&["UP2"], 3600);
    assert_eq!(station.replay().released, 1);
    assert_eq!(station.waiting(), []);
    assert_eq!(item(&station, malformed.id).closing, Some(closing));
}

#[test]
fn a_message_without_anything_in_it_is_told() {
    let mut station = Station::with(&["UP1"]);
    for bytes in ["usage_point_id,uom,start,end,value\n", "100,NEM12,202601050000,A,B\n900\n"] {
        let receipt = station.send_bytes(bytes, Options::default());
        let told: Vec<_> = receipt.findings.iter().map(|finding| (&*finding.code, &*finding.severity)).collect();
        assert_eq!((receipt.accepted, told), (true, vec![("file.nothing", "warning")]));
    }
    // What could not be read says by itself why there is nothing.
    let receipt = station.send_bytes(&csv(&["UP1 0=x"]), Options::default());
    assert_eq!(receipt.findings.iter().map(|finding| &*finding.code).collect::<Vec<_>>(), ["csv.value"]);
}
