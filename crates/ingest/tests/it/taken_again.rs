//! Messages that come, or are taken in, more than once: nothing is undone, counted twice or lost.

use std::io::{self, Read};
use std::sync::Arc;

use formats::Options;
use ingest::Intake;
use ingest::admission::Limits;
use ingest::flags::FlagMaps;
use ingest::intake::{Books, Message, Receipt, Unknown};
use ingest::placement::zone_of;
use ingest::quarantine::{Otherwise, Replayed, replay};
use jiff::{SignedDuration, Timestamp};
use model::id::{ChannelNumber, Name};
use model::quantity::Decimal;
use model::reading_type::ReadingType;
use store::disk::RealDisk;
use store::raw::RawBook;
use store::readings::{AsOf, Config, NO_VALUE, ReadingsBook};
use store::registry::Registry;
use store::registry::channel::ChannelEntry;
use store::registry::quarantine::{QuarantineFilter, QuarantineItem, QuarantineState};
use tokio::runtime::Runtime;

/// Hours are counted from here.
const START: &str = "2026-01-01T00:00:00Z";

/// An intake whose clock goes a minute on with every message.
pub struct Station {
    pub intake: Intake,
    pub runtime: Runtime,
    pub now: Timestamp,
    _folder: tempfile::TempDir,
}

impl Station {
    pub fn with(usage_points: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runtime = Runtime::new().expect("a runtime");
        let disk = Arc::new(RealDisk);
        let (readings, _) =
            ReadingsBook::open(disk.clone(), &folder.path().join("readings"), Config::default()).expect("a book");
        let raw = RawBook::open(disk, &folder.path().join("raw")).expect("a book");
        let url = format!("sqlite:{}", folder.path().join("registry.sqlite").display());
        let registry = runtime.block_on(Registry::open(&url)).expect("a registry");
        let books = Books { readings: Arc::new(readings), raw: Arc::new(raw), registry };
        let intake = Intake::new(books, Limits::default(), "UTC".into(), runtime.handle().clone()).expect("an intake");
        let station = Self { intake, runtime, now: at(100), _folder: folder };
        station.register(usage_points, 3600);
        station
    }

    /// The same, with what flags of sources mean.
    pub fn with_flags(self, flags: FlagMaps) -> Self {
        Self { intake: self.intake.with_flags(flags), ..self }
    }

    pub fn register(&self, usage_points: &[&str], interval_seconds: u32) {
        let hourly: ReadingType = "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type");
        let entry = |usage_point: &&str| ChannelEntry {
            usage_point: Name::new("UsagePoint", *usage_point),
            meter: None,
            meter_from: None,
            suffix: "".into(),
            reading_type: hourly,
            unit: "kWh".into(),
            quantum: -3,
            multiplier: Decimal::new(1, 0),
            dials: None,
            interval_seconds: Some(interval_seconds),
            zone: "UTC".into(),
        };
        let entries: Vec<_> = usage_points.iter().map(entry).collect();
        let registry = &self.intake.books().registry;
        self.runtime.block_on(registry.channels().register(&entries)).expect("registered");
    }

    /// Lets only this source send readings of the first usage point.
    fn set_owner(&self, owner: Option<&str>) {
        let registry = &self.intake.books().registry;
        let directory = self.runtime.block_on(registry.directory()).expect("loaded");
        let usage_point = directory.channel(ChannelNumber(0)).expect("registered").usage_point;
        let owners = [(usage_point, owner.map(Into::into))];
        self.runtime.block_on(registry.usage_points().set_owners(&owners)).expect("entered");
    }

    /// Takes hours in: `UP 0=1.5 1=2.5`, one line a usage point.
    pub fn send(&mut self, lines: &[&str]) -> Receipt {
        self.send_bytes(&csv(lines), Options::default())
    }

    /// What is said of the bytes that come next.
    pub fn message(&mut self, options: Options) -> Message {
        self.now += SignedDuration::from_mins(1);
        let zone = options.zone.as_ref().map(|_| "+10:00".into());
        Message {
            source: "HES".into(),
            name: "message.csv".into(),
            format: None,
            zone,
            options,
            unknown: Unknown::Quarantine,
            position: String::new(),
            replaces: None,
        }
    }

    pub fn send_bytes(&mut self, bytes: &str, options: Options) -> Receipt {
        let message = self.message(options);
        self.intake.take(&message, &mut bytes.as_bytes(), self.now).expect("answered")
    }

    pub fn waiting(&self) -> Vec<QuarantineItem> {
        let open = QuarantineFilter { state: Some(QuarantineState::Open), ..QuarantineFilter::default() };
        self.runtime.block_on(self.intake.books().registry.quarantine().list(&open)).expect("listed")
    }

    pub fn replay(&mut self) -> Replayed {
        self.now += SignedDuration::from_mins(1);
        let items = self.waiting();
        replay(&mut self.intake, &items, Unknown::Quarantine, &Otherwise::default(), self.now).expect("replayed")
    }

    /// The first hours of a channel in Wh.
    pub fn values(&self, channel: u32, hours: usize) -> Vec<Option<i64>> {
        let (start, end) = (at(0).as_second(), at(24).as_second());
        let book = &self.intake.books().readings;
        let history = book.read(ChannelNumber(channel), start, end, AsOf::Now).expect("readable");
        let values = history.days.first().map(|day| day.values.clone()).unwrap_or_default();
        values.into_iter().take(hours).map(|value| (value != NO_VALUE).then_some(value)).collect()
    }

    pub fn raw_bytes(&self) -> u64 {
        self.intake.books().raw.bytes().expect("counted")
    }
}

pub fn at(hour: i64) -> Timestamp {
    START.parse::<Timestamp>().expect("an instant") + SignedDuration::from_hours(hour)
}

pub fn csv(lines: &[&str]) -> String {
    let mut text = String::from("usage_point_id,uom,start,end,value\n");
    for line in lines {
        let (usage_point, hours) = line.split_once(' ').expect("a usage point and hours");
        for hour in hours.split(' ') {
            let (hour, value) = hour.split_once('=').expect("an hour and a value");
            let hour: i64 = hour.parse().expect("an hour");
            text += &format!("{usage_point},kWh,{},{},{value}\n", at(hour), at(hour + 1));
        }
    }
    text
}

// covers: THR-09
#[test]
fn a_replay_undoes_no_correction() {
    let mut station = Station::with(&["UP1"]);
    station.send(&["UP1 0=1.5 1=1.5", "UP2 0=2.5 1=2.5"]);
    let corrected = station.send(&["UP1 0=1.75"]);
    assert_eq!(corrected.replaced, 1);
    station.register(&["UP2"], 3600);
    station.send(&["UP2 0=2.75"]);
    let replayed = station.replay();
    assert_eq!((replayed.released, replayed.refused_again, replayed.stored), (1, 0, 1));
    assert_eq!(station.values(0, 2), [Some(1750), Some(1500)]);
    assert_eq!(station.values(1, 2), [Some(2750), Some(2500)]);
}

#[test]
fn a_replayed_correction_corrects_what_came_before_it_only() {
    let mut station = Station::with(&["UP1"]);
    station.send(&["UP1 0=1.5 1=1.5 2=1.5"]);
    station.set_owner(Some("OTHER"));
    station.send(&["UP1 0=1.75 1=1.75 2=1.75"]);
    station.set_owner(None);
    // One hour is corrected once more, one is confirmed as it was first.
    station.send(&["UP1 1=1.8 2=1.5"]);
    let replayed = station.replay();
    assert_eq!((replayed.released, replayed.refused_again), (1, 0));
    assert_eq!(station.values(0, 3), [Some(1750), Some(1800), Some(1500)]);
}

#[test]
fn a_clock_that_was_set_back_changes_nothing_of_this() {
    let mut station = Station::with(&["UP1"]);
    station.send(&["UP1 0=1.5", "UP2 0=2.5"]);
    station.now -= SignedDuration::from_hours(1);
    station.send(&["UP1 0=1.75"]);
    station.register(&["UP2"], 3600);
    station.send(&["UP2 0=2.75"]);
    station.replay();
    assert_eq!((station.values(0, 1), station.values(1, 1)), (vec![Some(1750)], vec![Some(2750)]));
}

#[test]
fn a_refused_file_is_taken_with_what_was_missing() {
    let mut station = Station::with(&["UP1"]);
    let local = csv(&["UP1 10=1.5"]).replace('Z', "");
    let refused = station.send_bytes(&local, Options::default());
    assert!(!refused.accepted, "{refused:?}");
    assert!(station.send_bytes(&local, Options::default()).repeated);
    let zone = Some(zone_of("+10:00").expect("a zone"));
    let taken = station.send_bytes(&local, Options { zone: zone.clone(), ..Options::default() });
    assert_eq!((taken.accepted, taken.repeated, taken.stored), (true, false, 1), "{taken:?}");
    // 10:00 at +10:00 is midnight of UTC.
    assert_eq!(station.values(0, 2), [Some(1500), None]);
    assert_eq!(station.waiting(), []);

    let with_zone = station.send_bytes(&local, Options { zone, ..Options::default() });
    assert_eq!((with_zone.repeated, with_zone.stored), (true, 1), "{with_zone:?}");
    assert_eq!(with_zone.findings, []);
    let without = station.send_bytes(&local, Options::default());
    assert!(without.repeated && without.findings[0].message.contains("quarantine replay"), "{without:?}");
    assert_eq!(station.values(0, 2), [Some(1500), None]);
}

#[test]
fn the_first_answer_tells_what_was_replaced_and_nothing_is_kept_twice() {
    let mut station = Station::with(&["UP1"]);
    station.send(&["UP1 0=1.5 1=1.5"]);
    let first = station.send(&["UP1 0=1.75 1=1.5 2=1.5"]);
    assert_eq!((first.stored, first.duplicates, first.replaced), (1, 1, 1));
    let kept = station.raw_bytes();
    let again = station.send(&["UP1 0=1.75 1=1.5 2=1.5"]);
    assert_eq!(Receipt { repeated: false, ..again }, first);
    assert_eq!(station.raw_bytes(), kept);
}

#[test]
fn what_waits_for_another_reason_is_the_same_item() {
    let mut station = Station::with(&["UP1"]);
    station.send(&["UP1 0=1", "UP2 0=1 1=1", "UP3 0=1"]);
    station.register(&["UP2"], 900);
    let replayed = station.replay();
    assert_eq!((replayed.released, replayed.refused_again), (0, 2));
    let told = |item: &QuarantineItem| (item.entry.channel.to_string(), item.entry.code.clone(), item.tries);
    let waiting: Vec<_> = station.waiting().iter().map(told).collect();
    let reasons: Vec<_> = waiting.iter().map(|(_, code, tries)| (code.as_str(), *tries)).collect();
    assert_eq!(reasons, [("V07", 2), ("V01", 2)], "{waiting:?}");
}

#[test]
fn options_that_do_not_help_leave_one_item_and_the_right_ones_none() {
    let mut station = Station::with(&["UP1"]);
    let bare = format!("start,value\n{},1.5\n{},1.5\n", at(0), at(1));
    let named = |name: &str| Options { usage_point: Some(name.into()), unit: Some("kWh".into()), ..Options::default() };
    assert_eq!(station.send_bytes(&bare, Options::default()).stored, 0);
    for unknown in ["UP8", "UP9"] {
        assert_eq!(station.send_bytes(&bare, named(unknown)).quarantined, 2);
        let waiting: Vec<_> = station.waiting().into_iter().map(|item| (item.entry.code, item.entry.channel)).collect();
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert!(waiting[0].0 == "V01" && waiting[0].1.contains(unknown), "{waiting:?}");
    }
    assert_eq!(station.send_bytes(&bare, named("UP1")).stored, 2);
    assert_eq!((station.waiting(), station.values(0, 2)), (vec![], vec![Some(1500), Some(1500)]));
}

/// Gives its bytes and then fails, as a gzip stream that was cut off does.
struct CutOff<'b>(&'b [u8]);

impl Read for CutOff<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }
}

#[test]
fn what_was_cut_off_is_refused_by_replay_too_and_is_not_the_whole_message() {
    let mut station = Station::with(&["UP1"]);
    let whole = csv(&["UP1 0=1.5 1=1.5"]);
    let cut = |text: &str, station: &mut Station| {
        let message = station.message(Options::default());
        station.intake.take(&message, &mut CutOff(text.as_bytes()), station.now).expect("answered")
    };
    // All the bytes came but not their checksum; the last value lost digits; the format is refused before the end.
    for text in [whole.as_str(), &whole[..whole.len() - 3], &whole.replace('Z', "")] {
        let refused = cut(text, &mut station);
        assert_eq!((refused.accepted, refused.findings[0].code.as_str()), (false, "file.unreadable"), "{refused:?}");
        assert!(cut(text, &mut station).repeated);
    }
    let replayed = station.replay();
    assert_eq!((replayed.released, replayed.refused_again, replayed.stored), (0, 3, 0));
    let waiting: Vec<_> = station.waiting().into_iter().map(|item| (item.entry.code, item.tries)).collect();
    assert_eq!(waiting, vec![("file.unreadable".to_owned(), 2); 3]);
    assert_eq!(station.values(0, 2), []);
    let taken = station.send(&["UP1 0=1.5 1=1.5"]);
    assert_eq!((taken.repeated, taken.stored), (false, 2), "{taken:?}");
}

#[test]
fn what_one_message_gives_twice_is_told_where_it_differs() {
    let mut station = Station::with(&["UP1"]);
    let receipt = station.send(&["UP1 0=1 1=2 2=3", "UP1 1=2 2=4 3=5"]);
    assert!(receipt.accepted, "{receipt:?}");
    let told: Vec<_> = receipt.findings.iter().map(|finding| (finding.line, finding.code.as_str())).collect();
    // The second line of the message begins at its fifth row; it says one hour differently.
    assert_eq!(told, [(5, "value.twice")]);
    let message = &receipt.findings[0].message;
    assert!(message.contains("2026-01-01T02:00:00Z of UP1") && message.contains("3 and then 4 kWh"), "{message}");
    assert_eq!(station.values(0, 4), [Some(1000), Some(2000), Some(4000), Some(5000)]);

    let same = station.send(&["UP1 4=1 5=2", "UP1 4=1 5=2"]);
    let doubled: Vec<_> = same.findings.iter().map(|finding| (finding.line, finding.code.as_str())).collect();
    assert_eq!((doubled, same.stored), (vec![(4, "V09")], 2));
    let apart = station.send(&["UP1 6=1", "UP1 7=1", "UP1 6=2"]);
    assert_eq!(apart.findings.len(), 1, "{apart:?}");
    // Another message may well correct it.
    assert_eq!(station.send(&["UP1 6=3"]).findings, []);
    let versions =
        csv(&["UP1 8=1", "UP1 8=2"]).replace("value", "value,version").replace(",1\n", ",1,2026-01-05T01:00:00Z\n");
    let versions = versions.replace(",2\n", ",2,2026-01-05T00:00:00Z\n");
    assert_eq!(station.send_bytes(&versions, Options::default()).findings, []);
    assert_eq!(station.values(0, 9)[8], Some(1000));
}

#[test]
fn an_older_version_is_not_told_as_a_replacement() {
    let mut station = Station::with(&["UP1"]);
    let versioned = |value: &str, made: &str| {
        let text = csv(&["UP1 0=1 1=1"]).replace("value\n", "value,version\n");
        text.replace(",1\n", &format!(",{value},{made}\n"))
    };
    station.send_bytes(&versioned("1", "2026-01-02T06:00:00Z"), Options::default());
    let newer = station.send_bytes(&versioned("3", "2026-01-02T08:00:00Z"), Options::default());
    assert_eq!((newer.replaced, newer.older), (2, 0));
    let older = station.send_bytes(&versioned("2", "2026-01-02T07:00:00Z"), Options::default());
    assert_eq!((older.stored, older.duplicates, older.replaced, older.older), (0, 0, 0, 2));
    assert_eq!(station.values(0, 2), [Some(3000), Some(3000)]);
    let again = station.send_bytes(&versioned("2", "2026-01-02T07:00:00Z"), Options::default());
    assert_eq!(Receipt { repeated: false, ..again }, older);
}
