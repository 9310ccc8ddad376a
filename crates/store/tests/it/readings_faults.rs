//! The readings book on a disk that loses power, breaks, fills up and lies.
//!
//! One scenario runs again and again: batches with readings of several days, sealed and rolled in between, and the
//! book opened anew. The oracle is always the same: what was acknowledged is there, once; nothing else than what was
//! sent is there; and what is damaged is said to be.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::{Date, date};
use model::id::ChannelNumber;
use model::lineage::FinalDay;
use model::quality::{Quality, Status};
use store::disk::{Fault, SimulatedDisk};
use store::readings::{
    AsOf, Batch, Config, Cursor, DayRun, Error, Lost, NO_VALUE, ReadingsBook, Recovery, RegisterEntry,
};

use crate::readings_model::small;

const CHANNELS: u32 = 3;
const BATCHES: u8 = 20;

fn first_day() -> Date {
    date(2024, 1, 29)
}

fn day(number: u8) -> Date {
    first_day().saturating_add(jiff::Span::new().days(i64::from(number)))
}

const START: i64 = 1_706_486_400;

/// The true value of a slot: different for each channel, day and slot, so that nothing can be mistaken.
fn truth(channel: u32, number: u8, slot: u16) -> i64 {
    i64::from(channel) * 1_000_000 + i64::from(number) * 10_000 + i64::from(slot) * 7
}

fn key(number: u8) -> [u8; 32] {
    [number + 101; 32]
}

/// Batch `number` brings half of a day for every channel, a register read and, late, two slots of the day before.
fn batch(book: &ReadingsBook, number: u8) -> Batch {
    let mut batch = Batch::new("HES", key(number), i64::from(number) * 1_000_000);
    batch.position = format!("offset {number}");
    batch.answer = vec![number; 9];
    let quality = book.quality_id(&Quality { reason: Some((number / 4).into()), ..Quality::of(Status::ESTIMATED) });
    let (of_day, first) = (number / 2, u16::from(number % 2) * 12);
    for channel in 0..CHANNELS {
        let values: Vec<i64> = (first..first + 12).map(|slot| truth(channel, of_day, slot)).collect();
        let mut run = DayRun {
            channel: ChannelNumber(channel),
            date: day(of_day),
            day_start: START + i64::from(of_day) * 86_400,
            slots: 26,
            slot_seconds: 3600,
            first,
            values: &values,
            qualities: &[(first, first + 12, quality)],
            revision: None,
        };
        batch.push_run(&run).unwrap();
        if let Some(before) = of_day.checked_sub(2).filter(|_| first == 0) {
            let late: Vec<i64> = (24..26).map(|slot| truth(channel, before, slot)).collect();
            run = DayRun {
                date: day(before),
                day_start: START + i64::from(before) * 86_400,
                first: 24,
                values: &late,
                qualities: &[],
                ..run
            };
            batch.push_run(&run).unwrap();
        }
    }
    let at = START + i64::from(number) * 43_200;
    let value = Some(i64::from(number) * 1000);
    let entry =
        RegisterEntry { channel: ChannelNumber(CHANNELS), at, period_start: None, value, quality, revision: None };
    batch.push_register(&entry).unwrap();
    let final_day = FinalDay {
        channel: ChannelNumber(0),
        date: day(of_day),
        run: number.into(),
        decided_at: jiff::Timestamp::from_second(START).unwrap(),
        plan_name: "residential".into(),
        plan_version: 1,
        status: Status::VALIDATED,
        values: Vec::new(),
        failures: Vec::new(),
    };
    batch.push_final(&final_day).unwrap();
    batch
}

fn config() -> Config {
    // Batches are some 700 bytes: a few fit a file.
    Config { log_file_bytes: 4096, log_bytes: 16 << 10, ..small() }
}

fn open(disk: &SimulatedDisk) -> Result<(ReadingsBook, Recovery), Error> {
    ReadingsBook::open(Arc::new(disk.clone()), Path::new("book"), config())
}

/// Runs the scenario from the first batch that is not acknowledged yet; what fails is gone on from. Returns which
/// batches are acknowledged.
fn run(disk: &SimulatedDisk, acknowledged: &mut Vec<u8>, stop_at: u8) -> Option<Error> {
    let book = match open(disk) {
        Ok((book, _)) => book,
        Err(error) => return Some(error),
    };
    let mut first_error = None;
    for number in 0..stop_at {
        if acknowledged.contains(&number) {
            continue;
        }
        match book.append(batch(&book, number)) {
            Ok(_) => acknowledged.push(number),
            Err(error) => first_error = first_error.or(Some(error)),
        }
        if number % 3 == 2
            && let Err(error) = book.maintain()
        {
            first_error = first_error.or(Some(error));
        }
    }
    first_error
}

/// Every slot and every register read of the book.
fn stored(book: &ReadingsBook) -> (BTreeMap<(u32, i64), i64>, Vec<store::readings::Damage>) {
    let (mut values, mut damaged) = (BTreeMap::new(), Vec::new());
    for channel in 0..=CHANNELS {
        let history = book.read(ChannelNumber(channel), START - 1_000_000, START + 100 * 86_400, AsOf::Now).unwrap();
        damaged.extend(history.damaged);
        for day in history.days {
            for (slot, value) in (0..).zip(day.values).filter(|(_, value)| *value != NO_VALUE) {
                values.insert((channel, day.day_start * 100 + slot), value);
            }
        }
        for read in history.registers {
            values.insert((channel, read.at), read.value.unwrap());
        }
    }
    (values, damaged)
}

/// What these batches say.
fn expected(batches: &[u8]) -> BTreeMap<(u32, i64), i64> {
    let mut values = BTreeMap::new();
    for &number in batches {
        let (of_day, first) = (number / 2, u16::from(number % 2) * 12);
        let late = of_day.checked_sub(2).filter(|_| first == 0).map(|before| (before, 24..26));
        for (of_day, slots) in [Some((of_day, first..first + 12)), late].into_iter().flatten() {
            for slot in slots {
                for channel in 0..CHANNELS {
                    let start = START + i64::from(of_day) * 86_400;
                    values.insert((channel, start * 100 + i64::from(slot)), truth(channel, of_day, slot));
                }
            }
        }
        values.insert((CHANNELS, START + i64::from(number) * 43_200), i64::from(number) * 1000);
    }
    values
}

/// After whatever happened: all that was acknowledged is there, once, with its answer; what is more is a batch that
/// was sent, whole.
#[track_caller]
fn check(book: &ReadingsBook, acknowledged: &[u8], case: &str) {
    let known: Vec<u8> = (0..BATCHES).filter(|number| book.answer_for(&key(*number)).unwrap().is_some()).collect();
    for number in acknowledged {
        assert!(known.contains(number), "{case}: batch {number} was acknowledged");
        assert_eq!(book.answer_for(&key(*number)).unwrap(), Some(vec![*number; 9]), "{case}");
    }
    let (values, damaged) = stored(book);
    assert_eq!(damaged, [], "{case}");
    assert_eq!(values, expected(&known), "{case}");
    if let Some(last) = acknowledged.last() {
        let position = book.position("HES").unwrap();
        assert!(known.iter().any(|number| position == format!("offset {number}")), "{case}: after {last}");
    }
    assert_eq!(book.verify().unwrap().damaged, [], "{case}");
    check_feed(book, &values, case);
}

/// The feed told every interval value exactly once: nothing in the scenario is changed after.
#[track_caller]
fn check_feed(book: &ReadingsBook, values: &BTreeMap<(u32, i64), i64>, case: &str) {
    let mut told = BTreeMap::new();
    for change in book.changes(Cursor::default(), usize::MAX).unwrap() {
        let start = START + i64::from((change.date - first_day()).get_days()) * 86_400;
        for slot in change.first..change.end {
            *told.entry((change.channel.0, start * 100 + i64::from(slot))).or_insert(0) += 1;
        }
    }
    let intervals = values.keys().filter(|(channel, _)| *channel < CHANNELS).map(|key| (*key, 1)).collect();
    assert_eq!(told, intervals, "{case}");
}

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() {
    // covers: THR-09
    for seed in 0..60_u64 {
        let mut disk = SimulatedDisk::new();
        let mut acknowledged = Vec::new();
        for round in 1..=4_u8 {
            let stop_at = (seed as u8 % 7 + round * 5).min(BATCHES);
            assert!(run(&disk, &mut acknowledged, stop_at).is_none(), "seed {seed}");
            disk = disk.power_cut(seed * 10 + u64::from(round));
            let (book, recovery) = open(&disk).unwrap();
            let case = format!("seed {seed}, round {round}");
            assert_eq!(recovery.damaged, [], "{case}");
            check(&book, &acknowledged, &case);
        }
    }
}

#[test]
fn a_power_cut_in_the_middle_of_a_call_takes_nothing_that_was_acknowledged() {
    // Everything after a call is lost: the disk breaks there for ever, and then the power goes.
    let calls = calls_of_the_scenario();
    for call in (1..=calls).step_by(3) {
        let disk = SimulatedDisk::new();
        let mut acknowledged = Vec::new();
        disk.fail(call, Fault::Broken, true);
        run(&disk, &mut acknowledged, BATCHES);
        let survivor = disk.power_cut(call);
        let (book, recovery) = open(&survivor).unwrap();
        assert_eq!(recovery.damaged, [], "call {call}");
        check(&book, &acknowledged, &format!("call {call}"));
    }
}

fn calls_of_the_scenario() -> u64 {
    let disk = SimulatedDisk::new();
    disk.fail(u64::MAX, Fault::Broken, false);
    assert!(run(&disk, &mut Vec::new(), BATCHES).is_none());
    disk.heal()
}

#[test]
fn any_call_may_fail_once_or_for_ever() {
    // covers: THR-09
    let calls = calls_of_the_scenario();
    for fault in [Fault::Broken, Fault::Full, Fault::Short] {
        for for_ever in [false, true] {
            for call in 1..=calls {
                // Every call fails once as broken or full; of the rest a part is enough.
                if (for_ever || fault == Fault::Short) && call % 5 != 0 {
                    continue;
                }
                let disk = SimulatedDisk::new();
                let mut acknowledged = Vec::new();
                disk.fail(call, fault, for_ever);
                run(&disk, &mut acknowledged, BATCHES);
                disk.heal();
                let case = format!("{fault:?} at call {call}, for ever: {for_ever}");
                {
                    let (book, _) = open(&disk).unwrap();
                    check(&book, &acknowledged, &case);
                }
                assert!(run(&disk, &mut acknowledged, BATCHES).is_none(), "{case}");
                let (book, _) = open(&disk).unwrap();
                check(&book, &(0..BATCHES).collect::<Vec<_>>(), &case);
            }
        }
    }
}

#[test]
fn after_a_failed_sync_the_book_only_reads() {
    let disk = SimulatedDisk::new();
    let mut acknowledged = Vec::new();
    let (book, _) = open(&disk).unwrap();
    for number in 0..4 {
        book.append(batch(&book, number)).unwrap();
        acknowledged.push(number);
    }
    // A batch is one write and one sync: the second call.
    disk.fail(2, Fault::Broken, false);
    let failed = book.append(batch(&book, 4)).unwrap_err();
    assert!(!failed.is_temporary() && failed.to_string().contains("sync"), "{failed}");
    let calls = disk.heal();
    for number in 4..8 {
        assert!(matches!(book.append(batch(&book, number)), Err(Error::ReadOnly(_))));
    }
    assert!(matches!(book.maintain(), Err(Error::ReadOnly(_))));
    assert!(book.read_only().unwrap().contains("sync"));
    assert_eq!(calls, 2, "no sync is tried again");
    let (values, _) = stored(&book);
    assert_eq!(values, expected(&acknowledged));
}

#[test]
fn a_full_disk_refuses_keeps_serving_and_goes_on_by_itself() {
    // covers: THR-09
    let disk = SimulatedDisk::new();
    let (book, _) = open(&disk).unwrap();
    let mut acknowledged = Vec::new();
    book.append(batch(&book, 0)).unwrap();
    acknowledged.push(0);
    disk.limit(Some(disk.used() + 3000));
    let mut refused = 0;
    for number in 1..BATCHES {
        match book.append(batch(&book, number)) {
            Ok(_) => acknowledged.push(number),
            Err(error) => {
                assert!(error.is_temporary(), "{error}");
                refused += 1;
            }
        }
        if let Err(error) = book.maintain() {
            assert!(error.is_temporary(), "{error}");
        }
        assert_eq!(stored(&book).0, expected(&acknowledged));
    }
    assert!(refused > 0 && acknowledged.len() > 1, "{refused} refused");
    disk.limit(None);
    for number in 0..BATCHES {
        let repeated = book.append(batch(&book, number)).unwrap().repeated;
        assert_eq!(repeated, acknowledged.contains(&number));
    }
    check(&book, &(0..BATCHES).collect::<Vec<_>>(), "space is back");
    drop(book);
    check(&open(&disk).unwrap().0, &(0..BATCHES).collect::<Vec<_>>(), "after opening anew");
}

#[test]
fn damage_is_detected_or_harmless() {
    // covers: THR-08
    let disk = SimulatedDisk::new();
    let mut acknowledged = Vec::new();
    assert!(run(&disk, &mut acknowledged, BATCHES / 2).is_none());
    let before = disk.files();
    assert!(run(&disk, &mut acknowledged, BATCHES).is_none());
    let files = disk.files();
    let whole = expected(&acknowledged);
    let (mut harmless, mut detected) = (0, 0);
    for seed in 0..1000_u64 {
        let damaged = damage(&files, &before, seed);
        let opened = open(&SimulatedDisk::of(damaged));
        let (book, recovery) = match opened {
            Ok(opened) => opened,
            Err(Error::Damaged(_) | Error::OtherFormat { .. }) => {
                detected += 1;
                continue;
            }
            Err(error) => panic!("seed {seed}: {error}"),
        };
        let (values, told) = stored(&book);
        for (place, value) in &values {
            assert_eq!(whole.get(place), Some(value), "seed {seed}: wrong at {place:?}");
        }
        let known = !recovery.damaged.is_empty() || !told.is_empty();
        if values.len() < whole.len() {
            assert!(known, "seed {seed}: {} of {} values, nothing said", values.len(), whole.len());
        }
        let found = book.verify().unwrap();
        if found.damaged.is_empty() {
            harmless += 1;
        } else {
            detected += 1;
            // What was fetched again is taken, and the book goes on.
            book.append(batch(&book, BATCHES - 1)).unwrap();
        }
    }
    assert!(detected > 300 && harmless > 10, "{detected} detected, {harmless} harmless");
}

/// Flips a bit, blanks a stretch, cuts a file, or puts an older copy or another file in its place.
fn damage(
    files: &[(std::path::PathBuf, Vec<u8>)],
    before: &[(std::path::PathBuf, Vec<u8>)],
    seed: u64,
) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % limit.max(1) as u64) as usize
    };
    let mut files = files.to_vec();
    for _ in 0..=below(2) {
        let at = below(files.len());
        let len = files[at].1.len();
        if len == 0 {
            continue;
        }
        match below(6) {
            0 | 1 => files[at].1[below(len)] ^= 1 << below(8),
            2 => {
                let start = below(len);
                let end = (start + 1 + below(600)).min(len);
                files[at].1[start..end].fill(0);
            }
            3 => files[at].1.truncate(below(len)),
            4 => {
                if let Some((_, old)) = before.iter().find(|(path, _)| *path == files[at].0) {
                    files[at].1.clone_from(old);
                }
            }
            _ => {
                let other = below(files.len());
                let same_kind = files[at].0.extension() == files[other].0.extension();
                if same_kind {
                    files[at].1 = files[other].1.clone();
                }
            }
        }
    }
    files
}

#[test]
fn a_damaged_log_record_is_told_with_its_source_position() {
    let disk = SimulatedDisk::new();
    let (book, _) = open(&disk).unwrap();
    for number in 0..3 {
        book.append(batch(&book, number)).unwrap();
    }
    drop(book);
    let mut files = disk.files();
    let log = files.iter_mut().find(|(path, _)| path.extension().is_some_and(|ext| ext == "log")).unwrap();
    // The answer of the second batch lies in its head; its body begins right after.
    let head_end = log.1.windows(9).position(|nine| nine == [1; 9]).unwrap() + 9;
    log.1[head_end + 20] ^= 1;
    let damaged = SimulatedDisk::of(files);
    let (book, recovery) = open(&damaged).unwrap();
    let [damage] = &recovery.damaged[..] else { panic!("one damage, not {:?}", recovery.damaged) };
    let position = Some(("HES".into(), "offset 1".into()));
    assert!(matches!(&damage.lost, Lost::Batches { position: told, .. } if *told == position), "{damage}");
    assert!(damage.to_string().contains("fetch `offset 1` of `HES` again"), "{damage}");
    assert_eq!(stored(&book).0, expected(&[0, 2]));
    assert_eq!(book.answer_for(&key(1)).unwrap(), None);
    book.append(batch(&book, 1)).unwrap();
    assert_eq!(stored(&book).0, expected(&[0, 1, 2]));
    book.settle(damage).unwrap();
    drop(book);
    let (book, _) = open(&damaged).unwrap();
    assert_eq!(stored(&book), (expected(&[0, 1, 2]), vec![]));
}

#[test]
fn two_processes_do_not_share_a_book() {
    let disk = SimulatedDisk::new();
    let first = open(&disk).unwrap();
    assert!(matches!(open(&disk), Err(Error::InUse(_))));
    drop(first);
    assert!(open(&disk).is_ok());
}
