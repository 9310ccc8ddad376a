//! Stored formats are read for ever: a small book of each version lies in `fixtures` and must tell the same.
//!
//! A new format version adds a folder, written with `AMITY_WRITE_FIXTURES=1`, and leaves the others as they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::{Date, date};
use model::id::ChannelNumber;
use model::lineage::FinalDay;
use model::quality::{Quality, Status};
use store::disk::{Disk, OpenMode, RealDisk, SimulatedDisk, read_all, write_all_at};
use store::readings::{AsOf, Batch, Config, Cursor, DayRun, NO_VALUE, ReadingsBook, RegisterEntry, Subject};

const START: i64 = 1_709_164_800;

fn config() -> Config {
    Config {
        log_file_bytes: 8 << 10,
        layers: 1,
        open_days: 100,
        roll_after_days: 1,
        background: false,
        ..Config::default()
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures")
}

/// Everything a format has to carry: a rolled month, a sealed day with a correction, an open day, gaps, spikes, wide
/// values, qualities, registers with and without period, final days, answers and positions.
fn write(book: &ReadingsBook) {
    let quality = Quality { flag: "S14".into(), reason: Some(32), ..Quality::of(Status::SUBSTITUTE) };
    let spans = [(3, 5, book.quality_id(&quality))];
    for day in 0..4_i32 {
        let mut batch = Batch::new("HES", [day as u8 + 1; 32], i64::from(day) * 1_000_000);
        batch.position = format!("file:{day}");
        batch.answer = format!("answer {day}").into_bytes();
        for channel in 0..2 {
            let values: Vec<i64> = (0..24).map(|slot| value(channel, day, slot)).collect();
            batch.push_run(&run(channel, day, &values, &spans, Some(50))).unwrap();
        }
        batch
            .push_register(&RegisterEntry {
                channel: ChannelNumber(5),
                at: START + i64::from(day) * 86_400,
                period_start: (day % 2 == 1).then_some(START),
                value: (day != 2).then_some(i64::from(day) * 1_000_000_007),
                quality: spans[0].2,
                revision: None,
            })
            .unwrap();
        batch.push_final(&final_day(day)).unwrap();
        book.append(batch).unwrap();
    }
    book.seal(day_date(3)).unwrap();
    let mut correction = Batch::new("HES", [9; 32], 9_000_000);
    correction.push_run(&run(0, 1, &[4242], &[], Some(60))).unwrap();
    book.append(correction).unwrap();
    book.seal(day_date(3)).unwrap();
    book.maintain().unwrap();
    let mut late = Batch::new("HES", [10; 32], 10_000_000);
    late.push_run(&run(1, 2, &[-1], &[], Some(40))).unwrap();
    book.append(late).unwrap();
}

fn day_date(day: i32) -> Date {
    date(2024, 2, 29).saturating_add(jiff::Span::new().days(day))
}

fn value(channel: u32, day: i32, slot: i64) -> i64 {
    match (channel, slot) {
        (0, 7) => NO_VALUE,
        (0, 9) => 5_000_000_000 + i64::from(day),
        (0, _) => 100 + slot * 3,
        // A counter in tens.
        _ => 1_234_560 + slot * 10,
    }
}

fn run<'a>(
    channel: u32,
    day: i32,
    values: &'a [i64],
    qualities: &'a [(u16, u16, store::readings::QualityId)],
    revision: Option<i64>,
) -> DayRun<'a> {
    DayRun {
        channel: ChannelNumber(channel),
        date: day_date(day),
        day_start: START + i64::from(day) * 86_400,
        slots: 24,
        slot_seconds: 3600,
        first: 0,
        values,
        qualities,
        revision,
    }
}

fn final_day(day: i32) -> FinalDay {
    FinalDay {
        channel: ChannelNumber(0),
        date: day_date(day),
        run: 3,
        decided_at: jiff::Timestamp::from_second(START).unwrap(),
        plan_name: "default".into(),
        plan_version: 1,
        status: Status::VALIDATED,
        values: Vec::new(),
        failures: Vec::new(),
    }
}

/// `plan` is the name of the plan that the format keeps with outcomes.
fn check(book: &ReadingsBook, plan: &str) {
    let channel = ChannelNumber(0);
    let history = book.read(channel, START, START + 4 * 86_400, AsOf::Now).unwrap();
    assert_eq!(history.damaged, []);
    for (day, content) in (0..4).zip(&history.days) {
        let mut expected: Vec<i64> = (0..24).map(|slot| value(0, day, slot)).collect();
        expected[0] = if day == 1 { 4242 } else { expected[0] };
        assert_eq!((content.date, &content.values), (day_date(day), &expected));
        assert_eq!(content.final_day, Some(FinalDay { plan_name: plan.into(), ..final_day(day) }));
        let [(3, 5, quality)] = content.qualities[..] else { panic!("{:?}", content.qualities) };
        assert_eq!(book.quality(quality).unwrap().reason, Some(32));
    }
    let before = book.read(channel, START, START + 4 * 86_400, AsOf::At(3_000_000)).unwrap();
    assert_eq!(before.days[1].values[0], 100);
    let counter = book.read(ChannelNumber(1), START, START + 4 * 86_400, AsOf::Now).unwrap();
    assert_eq!(counter.days[2].values, (0..24).map(|slot| value(1, 2, slot)).collect::<Vec<_>>());
    let versions = book.versions(ChannelNumber(1), day_date(2)).unwrap();
    assert!(versions.iter().any(|version| version.value == Some(-1) && !version.is_current));
    let reads = book.read(ChannelNumber(5), START, START + 4 * 86_400, AsOf::Now).unwrap().registers;
    let told: Vec<_> = reads.iter().map(|read| (read.value, read.period_start)).collect();
    let expected =
        [(Some(0), None), (Some(1_000_000_007), Some(START)), (None, None), (Some(3_000_000_021), Some(START))];
    assert_eq!(told, expected);
    assert_eq!(book.answer_for(&[2; 32]).unwrap().as_deref(), Some(&b"answer 1"[..]));
    assert_eq!(book.position("HES").as_deref(), Some("file:3"));
    // Each batch of the four tells a day before and after its gap, a whole day, the register read and the final day;
    // then comes the correction. Of the older version that came last, a book that was written before such were told of may say
    // nothing.
    let changes = book.changes(Cursor::default(), 100).unwrap();
    assert_eq!(changes.iter().filter(|change| change.subject != Subject::Versions).count(), 4 * 5 + 1);
    let verified = book.verify().unwrap();
    assert_eq!(verified.damaged, []);
    assert!(verified.segments >= 2 && verified.records >= 1, "{verified:?}");
}

#[test]
fn every_format_version_is_read() {
    let newest = fixtures().join("readings-2");
    if std::env::var_os("AMITY_WRITE_FIXTURES").is_some() {
        let (book, _) = ReadingsBook::open(Arc::new(RealDisk), &newest, config()).unwrap();
        write(&book);
    }
    // Version 1 did not keep the name of the plan.
    for (folder, plan) in [(fixtures().join("readings-1"), ""), (newest, "default")] {
        // Opening a book writes to it; the fixture stays as it is.
        let copy = copied(&folder);
        let (book, recovery) = ReadingsBook::open(Arc::new(copy), Path::new("book"), config()).unwrap();
        assert_eq!(recovery.damaged, []);
        check(&book, plan);
    }
}

#[test]
fn a_book_of_today_tells_the_same() {
    let disk = SimulatedDisk::new();
    let (book, _) = ReadingsBook::open(Arc::new(disk.clone()), Path::new("book"), config()).unwrap();
    write(&book);
    check(&book, "default");
}

fn copied(folder: &Path) -> SimulatedDisk {
    let copy = SimulatedDisk::new();
    for inside in ["", "log", "segments", "answers", "feed"] {
        for name in RealDisk.list(&folder.join(inside)).unwrap() {
            let bytes = read_all(&RealDisk, &folder.join(inside).join(&name)).unwrap();
            let path = Path::new("book").join(inside).join(&name);
            let file = copy.open(&path, OpenMode::Create).unwrap();
            write_all_at(&*file, &bytes, 0).unwrap();
        }
    }
    copy
}

#[test]
fn a_catalog_of_another_version_is_told_and_kept() {
    let check = |change: fn(&str) -> String, found: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        ReadingsBook::open(Arc::new(RealDisk), folder.path(), config()).expect("a new book");
        let paths = ["catalog-a.json", "catalog-b.json"].map(|name| folder.path().join(name));
        let written = std::fs::read_to_string(&paths[0]).expect("a catalog");
        let document = change(written.lines().next().expect("a document"));
        let text = format!("{document}\n{}\n", blake3::hash(document.as_bytes()).to_hex());
        paths.iter().for_each(|path| std::fs::write(path, &text).expect("write"));
        let error = ReadingsBook::open(Arc::new(RealDisk), folder.path(), config()).err().expect("refused").to_string();
        assert!(error.contains(&format!("has format {found}, this version of Amity reads format 1")), "{error}");
        assert!(error.contains("nothing is damaged"), "{error}");
        assert_eq!(std::fs::read_to_string(&paths[1]).expect("the catalog"), text, "kept as it was");
    };
    check(|document| document.replace("\"format\":1", "\"format\":2"), "2");
    check(|document| document.replace("\"format\":1", "\"format\":0"), "0");
    check(|document| document.replacen('{', "{\"new\":[],", 1), "1 with other fields");
}
