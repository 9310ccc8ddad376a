//! The readings book as its users see it, on a real disk.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use model::id::ChannelNumber;
use model::lineage::{Direction, ExceptionSeverity, FinalDay, FinalValue, RuleFailure};
use model::quality::{Quality, Status};
use model::time::LocalDay;
use store::disk::RealDisk;
use store::readings::{
    AsOf, Batch, ChangeKind, Config, Cursor, Damage, DayRun, Error, InvalidReading, Lost, NO_VALUE, QualityId,
    ReadingsBook, RegisterEntry, Subject,
};

const CHANNEL: ChannelNumber = ChannelNumber(3);
const DAY: Date = date(2024, 5, 1);
const DAY_START: i64 = 1_714_521_600;

fn by_hand() -> Config {
    Config { background: false, ..Config::default() }
}

fn open(dir: &Path, config: Config) -> ReadingsBook {
    let (book, recovery) = ReadingsBook::open(Arc::new(RealDisk), dir, config).unwrap();
    assert_eq!(recovery.damaged, []);
    book
}

fn run(first: u16, values: &[i64]) -> DayRun<'_> {
    DayRun {
        channel: CHANNEL,
        date: DAY,
        day_start: DAY_START,
        slots: 96,
        slot_seconds: 900,
        first,
        values,
        qualities: &[],
        revision: None,
    }
}

fn batch(key: u8, received_second: i64, runs: &[DayRun<'_>]) -> Batch {
    let mut batch = Batch::new("HES-1", [key; 32], received_second * 1_000_000);
    for run in runs {
        batch.push_run(run).unwrap();
    }
    batch
}

#[test]
fn what_was_acknowledged_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(dir.path(), by_hand());
    let estimated = Quality { flag: "E52".into(), ..Quality::of(Status::ESTIMATED) };
    let spans = [(6, 7, book.quality_id(&estimated))];
    let values = [1, 2, NO_VALUE, 70_000_000_000];
    let mut first = batch(7, 1, &[DayRun { qualities: &spans, ..run(4, &values) }]);
    first.position = "file:17".into();
    first.answer = b"ok".to_vec();
    let receipt = book.append(first.clone()).unwrap();
    // The third slot says that there is no value, with a quality: it is stored.
    assert_eq!((receipt.created, receipt.repeated), (4, false));
    let history = book.read(CHANNEL, DAY_START, DAY_START + 86_400, AsOf::Now).unwrap();
    drop(book);
    for round in 0..3 {
        let book = open(dir.path(), by_hand());
        assert_eq!(book.read(CHANNEL, DAY_START, DAY_START + 86_400, AsOf::Now).unwrap(), history, "round {round}");
        assert_eq!(history.days[0].values[4..8], values);
        assert_eq!(history.days[0].qualities, spans);
        assert_eq!(book.quality(spans[0].2).as_ref(), Some(&estimated));
        let again = book.append(first.clone()).unwrap();
        assert_eq!((again.repeated, again.sequence, again.created), (true, receipt.sequence, 0));
        assert_eq!(book.answer_for(&[7; 32]).unwrap().as_deref(), Some(&b"ok"[..]));
        assert_eq!(book.position("HES-1").as_deref(), Some("file:17"));
        assert_eq!(book.position("HES-2"), None);
        book.seal(Date::MAX).unwrap();
        assert_eq!(book.statistics().open_days, 0);
        assert_eq!(book.days(), [DAY]);
    }
}

#[test]
fn a_day_has_the_hours_of_its_zone() {
    let zone = TimeZone::get("Europe/Vienna").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let book = open(dir.path(), by_hand());
    // The clock went forward on 31 March and back on 27 October 2024.
    let cases = [(date(2024, 3, 31), 92), (date(2024, 4, 1), 96), (date(2024, 10, 27), 100)];
    let mut all = Batch::new("HES-1", [1; 32], 0);
    for (date, slots) in cases {
        let day = LocalDay::of(date, &zone).unwrap();
        assert_eq!(day.slots(900), Some(slots));
        let values: Vec<i64> = (0..i64::from(slots)).collect();
        let day_start = day.range.start.as_second();
        all.push_run(&DayRun { date, day_start, slots, values: &values, ..run(0, &values) }).unwrap();
    }
    book.append(all).unwrap();
    for _ in 0..2 {
        for (date, slots) in cases {
            let range = LocalDay::of(date, &zone).unwrap().range;
            let (start, end) = (range.start.as_second(), range.end.as_second());
            let history = book.read(CHANNEL, start, end, AsOf::Now).unwrap();
            let [day] = &history.days[..] else { panic!("one day, not {:?}", history.days) };
            assert_eq!((day.date, day.day_start, day.values.len()), (date, start, usize::from(slots)));
            assert_eq!(book.summary(CHANNEL, date).unwrap().unwrap().count, slots);
            assert_eq!(book.read(CHANNEL, end, end, AsOf::Now).unwrap().days, []);
        }
        book.seal(Date::MAX).unwrap();
    }
}

#[test]
fn a_meter_may_change_its_interval_within_a_day() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(dir.path(), by_hand());
    book.append(batch(1, 1, &[run(0, &[5; 40])])).unwrap();
    let half_hours = DayRun { slots: 48, slot_seconds: 1800, ..run(20, &[11; 28]) };
    book.append(batch(2, 2, &[half_hours])).unwrap();
    for _ in 0..2 {
        let days = book.read(CHANNEL, DAY_START, DAY_START + 1, AsOf::Now).unwrap().days;
        let lengths: Vec<_> = days.iter().map(|day| (day.slot_seconds, day.values.len())).collect();
        assert_eq!(lengths, [(1800, 48), (900, 96)]);
        // The figures are those of the shorter interval.
        assert_eq!(book.summary(CHANNEL, DAY).unwrap().unwrap().sum, 200);
        let mut scanned = Vec::new();
        assert_eq!(
            book.scan_day(DAY, |day| scanned.push(day.values.iter().filter(|v| **v == 11).count())).unwrap(),
            []
        );
        scanned.sort_unstable();
        assert_eq!(scanned, [0, 28]);
        book.seal(Date::MAX).unwrap();
    }
}

#[test]
fn every_version_of_a_slot_is_kept() {
    // covers: THR-08
    let dir = tempfile::tempdir().unwrap();
    let book = open(dir.path(), by_hand());
    // Arrival second, value, source revision; the third is older than what is there.
    let arrivals = [(1, 10, Some(100)), (2, 20, Some(300)), (3, 30, Some(200)), (4, 20, Some(300)), (5, 40, Some(400))];
    let mut receipts = Vec::new();
    for (second, value, revision) in arrivals {
        let arrival = batch(second as u8, second, &[DayRun { revision, ..run(8, &[value]) }]);
        receipts.push(book.append(arrival).unwrap());
        book.seal(if second == 2 { Date::MAX } else { Date::MIN }).unwrap();
    }
    let effects: Vec<_> = receipts.iter().map(|r| (r.created, r.changed, r.superseded, r.duplicates, r.late)).collect();
    assert_eq!(effects, [(1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 1, 0, 1), (0, 0, 0, 1, 1), (0, 1, 0, 0, 1)]);
    for _ in 0..2 {
        let versions = book.versions(CHANNEL, DAY).unwrap();
        let told: Vec<_> =
            versions.iter().map(|v| (v.received_at / 1_000_000, v.value, v.revision, v.is_current)).collect();
        let expected = [
            (1, Some(10), Some(100), false),
            (2, Some(20), Some(300), false),
            (3, Some(30), Some(200), false),
            (5, Some(40), Some(400), true),
        ];
        assert_eq!(told, expected);
        for (moment, value) in [(1, 10), (2, 20), (3, 20), (4, 20), (5, 40)] {
            let history = book.read(CHANNEL, DAY_START, DAY_START + 1, AsOf::At(moment * 1_000_000)).unwrap();
            assert_eq!(history.days[0].values[8], value, "second {moment}");
        }
        assert_eq!(book.read(CHANNEL, DAY_START, DAY_START + 1, AsOf::At(0)).unwrap().days, []);
        book.seal(Date::MAX).unwrap();
    }
    let changes = book.changes(Cursor::default(), 10).unwrap();
    let told: Vec<_> = changes.iter().map(|change| (change.cursor.sequence, change.subject, change.kind)).collect();
    let expected = [
        (1, Subject::Intervals, ChangeKind::Created),
        (2, Subject::Intervals, ChangeKind::Changed),
        (3, Subject::Versions, ChangeKind::Changed),
        (5, Subject::Intervals, ChangeKind::Changed),
    ];
    assert_eq!(told, expected);
}

#[test]
fn time_of_arrival_never_runs_backwards() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(dir.path(), by_hand());
    book.append(batch(1, 50, &[run(0, &[1])])).unwrap();
    // The clock was set back; what arrives after is not known before.
    let receipt = book.append(batch(2, 20, &[run(0, &[2])])).unwrap();
    assert_eq!((receipt.received_at, receipt.changed), (50_000_000, 1));
    let at = |second: i64| book.read(CHANNEL, DAY_START, DAY_START + 1, AsOf::At(second * 1_000_000)).unwrap().days;
    assert_eq!(at(49), []);
    assert_eq!(at(50)[0].values[0], 2);
}

fn decided(run: u64, method: &str) -> FinalDay {
    FinalDay {
        channel: CHANNEL,
        date: DAY,
        run,
        decided_at: jiff::Timestamp::from_second(DAY_START + 90_000).unwrap(),
        plan_name: "residential".into(),
        plan_version: 2,
        status: Status::VALIDATED,
        values: vec![FinalValue {
            slot: 5,
            value: Some(7),
            status: Status::ESTIMATED,
            method: method.into(),
            inputs_hash: 99,
        }],
        failures: vec![RuleFailure {
            rule: "V30".into(),
            from: 5,
            to: 6,
            blocks: true,
            routed: false,
            severity: ExceptionSeverity::Low,
            direction: Direction::TooLow,
            evidence: "no value".into(),
        }],
    }
}

#[test]
fn what_validation_decided_lies_over_the_values() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(dir.path(), by_hand());
    for (second, (run_number, method)) in (1..).zip([(1, "E04"), (2, "E05"), (2, "E05")]) {
        let mut batch = batch(second as u8, second, &[run(0, &[1, 2, 3])]);
        batch.push_final(&decided(run_number, method)).unwrap();
        let receipt = book.append(batch).unwrap();
        assert_eq!(receipt.finals, u64::from(second < 3));
    }
    for _ in 0..2 {
        let method = |as_of| book.final_day(CHANNEL, DAY, as_of).unwrap().map(|day| day.values[0].method.clone());
        assert_eq!(method(AsOf::Now).as_deref(), Some("E05"));
        assert_eq!(method(AsOf::At(1_000_000)).as_deref(), Some("E04"));
        assert_eq!(method(AsOf::At(0)), None);
        let days = book.read(CHANNEL, DAY_START, DAY_START + 1, AsOf::Now).unwrap().days;
        assert_eq!(days[0].final_day, Some(decided(2, "E05")));
        assert_eq!(days[0].values[..4], [1, 2, 3, NO_VALUE]);
        book.seal(Date::MAX).unwrap();
    }
    let subjects: Vec<_> = book.changes(Cursor::default(), 10).unwrap().iter().map(|change| change.subject).collect();
    assert_eq!(subjects, [Subject::Intervals, Subject::Final, Subject::Final]);
    // A day that validation decided on before anything arrived.
    let mut early = Batch::new("vee", [9; 32], 9_000_000);
    early.push_final(&FinalDay { date: date(2024, 5, 2), ..decided(3, "E05") }).unwrap();
    book.append(early).unwrap();
    let days = book.read(CHANNEL, DAY_START + 86_400, DAY_START + 86_401, AsOf::Now).unwrap().days;
    assert!(days.iter().any(|day| day.slot_seconds == 0 && day.final_day.is_some()));
}

#[test]
fn many_threads_share_the_syncs_and_memory_stays_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        arena_bytes: 300 << 10,
        log_file_bytes: 128 << 10,
        log_bytes: 512 << 10,
        open_days: 2,
        ..Config::default()
    };
    let book = open(dir.path(), config.clone());
    let value = |thread: i64, day: i64, slot: i64| thread * 1_000_000 + day * 1000 + slot;
    let day_of = |day: i64| DAY.saturating_add(jiff::Span::new().days(day));
    std::thread::scope(|scope| {
        for thread in 0..4_i64 {
            let book = &book;
            scope.spawn(move || {
                for day in 0..60_i64 {
                    let values: Vec<i64> = (0..96).map(|slot| value(thread, day, slot)).collect();
                    let mut key = [thread as u8; 32];
                    key[0] = day as u8;
                    let mut batch = Batch::new("HES-1", key, day);
                    let run = DayRun {
                        channel: ChannelNumber(thread as u32),
                        date: day_of(day),
                        day_start: DAY_START + day * 86_400,
                        ..run(0, &values)
                    };
                    batch.push_run(&run).unwrap();
                    assert_eq!(book.append(batch).unwrap().created, 96);
                    assert!(book.statistics().memory_bytes < 1 << 20);
                }
            });
        }
    });
    assert_eq!(book.wait_beyond(239, Duration::from_secs(60)), 240);
    drop(book);
    let book = open(dir.path(), config);
    for thread in 0..4_i64 {
        let history = book.read(ChannelNumber(thread as u32), 0, i64::MAX, AsOf::Now).unwrap();
        assert_eq!(history.days.len(), 60);
        for (day, content) in (0..).zip(&history.days) {
            let expected: Vec<i64> = (0..96).map(|slot| value(thread, day, slot)).collect();
            assert_eq!(content.values, expected);
        }
    }
    let statistics = book.statistics();
    assert!(statistics.month_segment_bytes > 0 && statistics.log_used_bytes <= 1 << 20, "{statistics:?}");
    assert_eq!(book.verify().unwrap().damaged, []);
}

#[test]
fn a_reader_that_comes_too_late_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(dir.path(), Config { feed_bytes: 1, ..by_hand() });
    for number in 0..3 {
        book.append(batch(number, 1, &[run(number.into(), &[1])])).unwrap();
        book.seal(Date::MAX).unwrap();
    }
    let Err(Error::CursorTooOld { oldest }) = book.changes(Cursor::default(), 10) else {
        panic!("the first changes are given up")
    };
    let kept = book.changes(Cursor { sequence: oldest, seen: 0 }, 10).unwrap();
    assert_eq!(kept.last().map(|change| change.cursor.sequence), Some(3));
}

#[test]
fn what_cannot_be_stored_is_refused_with_the_reason() {
    let check = |run: DayRun<'_>, expected: &str| {
        let refused = Batch::new("HES-1", [0; 32], 0).push_run(&run).unwrap_err();
        assert!(refused.to_string().contains(expected), "{refused}");
    };
    check(run(95, &[1, 2]), "within the 96 slots of the day, found 2 from slot 95");
    check(run(0, &[]), "found 0 from slot 0");
    check(DayRun { slots: 0, ..run(0, &[1]) }, "no usable length");
    check(DayRun { slots: 200, ..run(0, &[1]) }, "no usable length");
    check(DayRun { day_start: DAY_START + 3 * 86_400, ..run(0, &[1]) }, "cannot begin at");
    check(DayRun { day_start: i64::MIN, ..run(0, &[1]) }, "cannot begin at");
    let one = QualityId(1);
    check(DayRun { qualities: &[(0, 3, one)], ..run(0, &[1, 2]) }, "outside the 2 values");
    check(DayRun { qualities: &[(1, 2, one), (0, 1, one)], ..run(0, &[1, 2]) }, "out of order");
    check(DayRun { qualities: &[(1, 1, one)], ..run(0, &[1, 2]) }, "out of order");
    let entry = RegisterEntry {
        channel: CHANNEL,
        at: DAY_START,
        period_start: Some(DAY_START + 1),
        value: Some(1),
        quality: QualityId(0),
        revision: None,
    };
    let mut empty = Batch::new("HES-1", [0; 32], 0);
    assert_eq!(empty.push_register(&entry), Err(InvalidReading::Period { at: DAY_START }));
    let far = RegisterEntry { at: i64::MAX, period_start: None, ..entry };
    assert_eq!(empty.push_register(&far), Err(InvalidReading::Time(i64::MAX)));
    assert!(empty.is_empty());

    let dir = tempfile::tempdir().unwrap();
    let book = open(dir.path(), Config { log_file_bytes: 4096, ..by_hand() });
    let unknown = batch(1, 1, &[DayRun { qualities: &[(0, 1, QualityId(5))], ..run(0, &[1]) }]);
    assert!(matches!(book.append(unknown), Err(Error::UnknownQuality(5))));
    let mut large = batch(2, 1, &[]);
    large.answer = vec![0; 4000];
    assert!(matches!(book.append(large), Err(Error::BatchTooLarge { .. })));
    assert_eq!(book.sequence(), 0);
}

#[test]
fn the_first_read_of_a_meter_stands_beside_the_last_of_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(dir.path(), by_hand());
    let entry = |period_start, value| RegisterEntry {
        channel: CHANNEL,
        at: DAY_START + 60,
        period_start,
        value: Some(value),
        quality: QualityId(0),
        revision: None,
    };
    for (number, read) in [(1, entry(Some(DAY_START + 60), 5)), (2, entry(None, 30)), (3, entry(None, 31))] {
        let mut reads = batch(number, number.into(), &[]);
        reads.push_register(&read).unwrap();
        book.append(reads).unwrap();
    }
    let kept = |book: &ReadingsBook| {
        let reads = book.read(CHANNEL, DAY_START, DAY_START + 86_400, AsOf::Now).unwrap().registers;
        reads.iter().map(|read| (read.value, read.is_opening(), read.is_standing())).collect::<Vec<_>>()
    };
    let expected = [(Some(31), false, true), (Some(5), true, true)];
    assert_eq!(kept(&book), expected);
    book.seal(Date::MAX).unwrap();
    assert_eq!(kept(&book), expected);
    drop(book);
    assert_eq!(kept(&open(dir.path(), by_hand())), expected);
}

#[test]
fn a_segment_that_is_gone_is_told_and_the_rest_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let book = open(dir.path(), by_hand());
    let next = DayRun { date: date(2024, 5, 2), day_start: DAY_START + 86_400, ..run(0, &[2]) };
    book.append(batch(1, 1, &[run(0, &[1]), next])).unwrap();
    book.seal(Date::MAX).unwrap();
    drop(book);
    let segments = dir.path().join("segments");
    let mut names: Vec<_> = std::fs::read_dir(&segments).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    std::fs::remove_file(&names[0]).unwrap();
    let book = open(dir.path(), by_hand());
    let history = book.read(CHANNEL, DAY_START, DAY_START + 2 * 86_400, AsOf::Now).unwrap();
    assert_eq!(history.days.iter().map(|day| day.date).collect::<Vec<_>>(), [date(2024, 5, 2)]);
    let file = Path::new("segments").join(names[0].file_name().unwrap());
    let damage = Damage { file, lost: Lost::Days { from: DAY, to: DAY } };
    assert_eq!(history.damaged, [damage.clone()]);
    assert_eq!(book.scan_day(DAY, |_| panic!("nothing is left")).unwrap(), [damage.clone()]);
    assert_eq!(book.verify().unwrap().damaged, [damage.clone()]);
    // Fetched again, the day is there; the damage is told until someone settles it.
    book.append(batch(2, 2, &[run(0, &[1])])).unwrap();
    assert_eq!(book.damage(), [damage.clone()]);
    book.settle(&damage).unwrap();
    let history = book.read(CHANNEL, DAY_START, DAY_START + 2 * 86_400, AsOf::Now).unwrap();
    assert_eq!((history.days.len(), history.damaged), (2, vec![]));
}
