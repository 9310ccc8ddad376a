//! The readings book beside a naive one: whatever arrives, in whatever order, through sealing, rolling and
//! reopening, both answer the same, now and as of any moment.
//!
//! The naive book keeps every arrival in a list and folds it for each answer.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::{Date, date};
use model::id::ChannelNumber;
use model::quality::{Quality, Status};
use proptest::prelude::*;
use store::disk::SimulatedDisk;
use store::readings::{
    AsOf, Batch, ChangeKind, ChannelHistory, Config, Cursor, DayRun, NO_VALUE, QualityId, ReadingsBook, RegisterEntry,
    Subject, Summary,
};

const SLOTS: u16 = 24;
const SLOT_SECONDS: u32 = 3600;

/// Limits so small that everything happens within a few batches.
pub fn small() -> Config {
    Config {
        arena_bytes: 1 << 30,
        open_days: 3,
        log_file_bytes: 16 << 10,
        log_bytes: 64 << 10,
        spare_log_files: 1,
        layers: 1,
        roll_after_days: 2,
        rolled_days: 3,
        background: false,
        ..Config::default()
    }
}

/// The days of the test: around the end of a month, so that months are rolled.
fn day(number: u8) -> Date {
    date(2024, 1, 28).saturating_add(jiff::Span::new().days(i64::from(number)))
}

fn day_start(number: u8) -> i64 {
    1_706_400_000 + i64::from(number) * 86_400
}

#[derive(Clone, Debug)]
struct Run {
    channel: u8,
    day: u8,
    first: u8,
    values: Vec<i64>,
    quality: u8,
    revision: Option<i64>,
}

#[derive(Clone, Debug)]
enum Step {
    Batch(Vec<Run>),
    /// What arrived some batches ago is taken in again.
    Again(Vec<Run>, u8),
    Seal(u8),
    Maintain,
    Reopen,
}

fn value() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 0_i64..4, 1 => Just(NO_VALUE), 1 => any::<i64>(), 1 => -300_000_i64..300_000]
}

fn run() -> impl Strategy<Value = Run> {
    // Revisions lie before and after the moments of arrival, which are seconds 1 to 40.
    let revision = prop_oneof![Just(None), (0_i64..60).prop_map(Some)];
    (0_u8..4, 0_u8..8, 0_u8..20, prop::collection::vec(value(), 1..5), 0_u8..3, revision).prop_map(
        |(channel, day, first, values, quality, revision)| Run { channel, day, first, values, quality, revision },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(run(), 1..6).prop_map(Step::Batch),
        2 => (prop::collection::vec(run(), 1..6), 0_u8..6).prop_map(|(runs, ago)| Step::Again(runs, ago)),
        1 => (0_u8..9).prop_map(Step::Seal),
        1 => Just(Step::Maintain),
        1 => Just(Step::Reopen),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Current {
    value: i64,
    quality: u32,
    /// The moment that counts, and whether it came by itself then.
    rank: (i64, bool),
}

/// What is current of each slot after the first arrivals, and what each arrival changed.
#[derive(Clone, Debug, Default)]
struct Naive {
    slots: BTreeMap<(u8, u8, u16), Current>,
    changes: Vec<(u64, u8, u8, u16, ChangeKind)>,
}

impl Naive {
    fn take(&mut self, sequence: u64, received_second: i64, first_second: Option<i64>, run: &Run) {
        for (slot, &value) in (u16::from(run.first)..).zip(&run.values) {
            if value == NO_VALUE && run.quality == 0 {
                continue;
            }
            let arrival = (first_second.unwrap_or(received_second), first_second.is_none());
            let rank = run.revision.map_or(arrival, |revision| (revision, true));
            let new = Current { value, quality: u32::from(run.quality), rank };
            let key = (run.channel, run.day, slot);
            let kind = match self.slots.get_mut(&key) {
                None => ChangeKind::Created,
                Some(old) if (old.value, old.quality) == (new.value, new.quality) => {
                    if old.rank.0 < rank.0 {
                        old.rank = (rank.0, run.revision.is_some());
                    }
                    continue;
                }
                Some(old) if old.rank <= rank => ChangeKind::Changed,
                Some(_) => continue,
            };
            self.slots.insert(key, new);
            self.changes.push((sequence, run.channel, run.day, slot, kind));
        }
    }
}

struct Both {
    disk: SimulatedDisk,
    book: Option<ReadingsBook>,
    /// After each batch.
    states: Vec<Naive>,
}

impl Both {
    fn open(disk: &SimulatedDisk) -> ReadingsBook {
        let (book, recovery) = ReadingsBook::open(Arc::new(disk.clone()), Path::new("book"), small()).unwrap();
        assert_eq!(recovery.damaged, []);
        assert_eq!(recovery.torn_tail, None);
        for number in 1..3 {
            let quality = Quality { flag: format!("E{number}").into(), ..Quality::of(Status::ESTIMATED) };
            assert_eq!(book.quality_id(&quality), QualityId(number));
        }
        book
    }

    fn book(&self) -> &ReadingsBook {
        self.book.as_ref().unwrap()
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Batch(runs) => self.append(runs, None),
            Step::Again(runs, ago) => self.append(runs, Some((self.states.len() as i64 - i64::from(*ago)).max(0))),
            Step::Seal(number) => self.book().seal(day(*number)).unwrap(),
            Step::Maintain => self.book().maintain().unwrap(),
            Step::Reopen => {
                self.book = None;
                self.book = Some(Self::open(&self.disk));
            }
        }
    }

    fn append(&mut self, runs: &[Run], first_second: Option<i64>) {
        let second = self.states.len() as i64;
        let mut key = [0; 32];
        key[..8].copy_from_slice(&second.to_le_bytes());
        let mut batch = Batch::new("source", key, second * 1_000_000);
        batch.position = second.to_string();
        batch.first_received_at = first_second.map(|second| second * 1_000_000);
        let mut state = self.states.last().cloned().unwrap_or_default();
        for run in runs {
            let end = u16::from(run.first) + run.values.len() as u16;
            let span = [(u16::from(run.first), end, QualityId(run.quality.into()))];
            batch
                .push_run(&DayRun {
                    channel: ChannelNumber(run.channel.into()),
                    date: day(run.day),
                    day_start: day_start(run.day),
                    slots: SLOTS,
                    slot_seconds: SLOT_SECONDS,
                    first: run.first.into(),
                    values: &run.values,
                    qualities: if run.quality == 0 { &[] } else { &span },
                    revision: run.revision,
                })
                .unwrap();
        }
        let receipt = self.book().append(batch).unwrap();
        for run in runs {
            state.take(receipt.sequence, second, first_second, run);
        }
        self.states.push(state);
    }

    fn check(&self) {
        let empty = Naive::default();
        let now = self.states.last().unwrap_or(&empty);
        self.check_moment(now, AsOf::Now);
        for (second, state) in self.states.iter().enumerate() {
            self.check_moment(state, AsOf::At(second as i64 * 1_000_000));
        }
        self.check_moment(&empty, AsOf::At(-1));
        self.check_scan(now);
        self.check_changes(now);
        assert_eq!(self.book().verify().unwrap().damaged, []);
        let position = self.states.len().checked_sub(1).map(|second| second.to_string());
        assert_eq!(self.book().position("source"), position);
    }

    fn check_moment(&self, expected: &Naive, as_of: AsOf) {
        let mut found = BTreeMap::new();
        for channel in 0..4 {
            let history = self.book().read(ChannelNumber(channel.into()), 0, i64::MAX, as_of).unwrap();
            assert_eq!(history.damaged, []);
            self.check_figures(ChannelNumber(channel.into()), &history, as_of);
            for day in history.days {
                let number = ((day.day_start - day_start(0)) / 86_400) as u8;
                note(&mut found, channel, number, &day.values, &day.qualities);
            }
        }
        assert_eq!(found, plain(expected), "{as_of:?}");
    }

    /// The figures of days are those of what a read answers.
    fn check_figures(&self, channel: ChannelNumber, history: &ChannelHistory, as_of: AsOf) {
        let figures = self.book().figures(channel, (0..8).map(day), as_of).unwrap();
        let found = figures.into_iter().map(|(date, figures)| {
            let Summary { count, sum, max, .. } = figures.summary;
            (date, usize::from(count), sum, max, figures.qualities)
        });
        let expected = history.days.iter().filter(|day| day.slot_seconds != 0).map(|day| {
            let values = day.values.iter().copied().filter(|value| *value != NO_VALUE);
            let sum = values.clone().map(i128::from).sum::<i128>();
            (day.date, values.clone().count(), sum, values.max(), day.qualities.clone())
        });
        assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{as_of:?}");
    }

    fn check_scan(&self, expected: &Naive) {
        let mut found = BTreeMap::new();
        for number in 0..8 {
            let damaged = self.book().scan_day(day(number), |scanned| {
                note(&mut found, scanned.channel.0 as u8, number, scanned.values, scanned.qualities);
                let summary = self.book().summary(scanned.channel, day(number)).unwrap().unwrap();
                let values = scanned.values.iter().filter(|value| **value != NO_VALUE);
                assert_eq!(usize::from(summary.count), values.clone().count());
                assert_eq!(summary.sum, values.clone().map(|value| i128::from(*value)).sum());
                assert_eq!(summary.max, values.max().copied());
            });
            assert_eq!(damaged.unwrap(), []);
        }
        assert_eq!(found, plain(expected));
    }

    /// What each slot of the first day said from revision to revision, in the order of the revisions.
    fn check_ranked(&self, pieces: &[Run]) {
        let mut in_order: Vec<&Run> = pieces.iter().collect();
        in_order.sort_by_key(|run| run.revision);
        for channel in 0..2 {
            let mut expected: BTreeMap<u16, Vec<Option<i64>>> = BTreeMap::new();
            for run in in_order.iter().filter(|run| run.channel == channel) {
                let values = (u16::from(run.first)..).zip(&run.values);
                values.for_each(|(slot, value)| expected.entry(slot).or_default().push(Some(*value)));
            }
            let mut found: BTreeMap<u16, Vec<Option<i64>>> = BTreeMap::new();
            for version in self.book().ranked_versions(ChannelNumber(channel.into()), day(0), AsOf::Now).unwrap() {
                found.entry(version.slot).or_default().push(version.value);
            }
            expected.values_mut().chain(found.values_mut()).for_each(Vec::dedup);
            assert_eq!(found, expected, "channel {channel}");
        }
    }

    fn check_changes(&self, expected: &Naive) {
        let (mut cursor, mut found) = (Cursor::default(), Vec::new());
        loop {
            let changes = self.book().changes(cursor, 3).unwrap();
            let Some(last) = changes.last() else { break };
            assert!(cursor < last.cursor);
            cursor = last.cursor;
            for change in changes.into_iter().filter(|change| change.subject != Subject::Versions) {
                assert_eq!(change.subject, Subject::Intervals);
                let number = (change.date - day(0)).get_days() as u8;
                let slots = change.first..change.end;
                found.extend(
                    slots.map(|slot| (change.cursor.sequence, change.channel.0 as u8, number, slot, change.kind)),
                );
            }
        }
        assert_eq!(found, expected.changes);
    }
}

type Plain = BTreeMap<(u8, u8, u16), (i64, u32)>;

fn plain(state: &Naive) -> Plain {
    state.slots.iter().map(|(key, current)| (*key, (current.value, current.quality))).collect()
}

/// Slots without value and quality never arrived.
fn note(found: &mut Plain, channel: u8, day: u8, values: &[i64], qualities: &[(u16, u16, QualityId)]) {
    assert_eq!(values.len(), usize::from(SLOTS));
    for (slot, &value) in (0..).zip(values) {
        let quality = qualities.iter().find(|(from, to, _)| (*from..*to).contains(&slot)).map_or(0, |span| span.2.0);
        if (value, quality) != (NO_VALUE, 0) {
            found.insert((channel, day, slot), (value, quality));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn both_books_answer_the_same(steps in prop::collection::vec(step(), 1..40)) {
        let disk = SimulatedDisk::new();
        let mut both = Both { book: Some(Both::open(&disk)), disk, states: Vec::new() };
        for step in &steps {
            both.take(step);
        }
        both.check();
        both.take(&Step::Reopen);
        both.check();
        both.take(&Step::Maintain);
        both.check();
    }

    #[test]
    fn the_order_of_arrival_does_not_matter_where_revisions_differ(
        revisions in prop::collection::vec((0_u8..2, 0_u8..20, prop::collection::vec(0_i64..5, 1..5)), 1..12),
        order in any::<prop::sample::Index>(),
        seed in any::<u64>(),
    ) {
        // Each revision says something of one channel's day; whole, split in two or twice, in any order.
        let mut pieces = Vec::new();
        for (revision, (channel, first, values)) in revisions.iter().enumerate() {
            let run = Run {
                channel: *channel, day: 0, first: *first, values: values.clone(), quality: 0, revision: Some(revision as i64),
            };
            let (front, back) = values.split_at(values.len() / 2);
            match (seed >> revision) & 3 {
                0 => pieces.push(run),
                1 => pieces.extend([run.clone(), run]),
                _ => for (first, values) in [(*first, front), (*first + front.len() as u8, back)] {
                    if !values.is_empty() {
                        pieces.push(Run { first, values: values.into(), ..run.clone() });
                    }
                },
            }
        }
        let mut ordered = Naive::default();
        for piece in &pieces {
            ordered.take(0, 0, None, piece);
        }
        let turn = order.index(pieces.len());
        pieces.rotate_left(turn);
        if seed & 1 << 40 != 0 {
            pieces.reverse();
        }
        let disk = SimulatedDisk::new();
        let mut both = Both { book: Some(Both::open(&disk)), disk, states: Vec::new() };
        for (at, piece) in pieces.iter().enumerate() {
            both.append(std::slice::from_ref(piece), None);
            if (seed >> 41).wrapping_add(at as u64).is_multiple_of(4) {
                both.take(&Step::Seal(8));
            }
        }
        both.check_moment(&ordered, AsOf::Now);
        both.check_ranked(&pieces);
    }
}

#[test]
fn a_register_read_keeps_its_versions() {
    let disk = SimulatedDisk::new();
    let entry = |value, revision| RegisterEntry {
        channel: ChannelNumber(9),
        at: day_start(1),
        period_start: None,
        value,
        quality: QualityId(0),
        revision,
    };
    // (value, revision) in the order of arrival at seconds 1, 2, 3 ...; then what is current after each.
    let arrivals = [
        (Some(100), Some(10), Some(100)),
        (Some(100), Some(10), Some(100)),
        (Some(120), Some(30), Some(120)),
        (Some(110), Some(20), Some(120)),
        (None, Some(40), None),
    ];
    let mut book = Both::open(&disk);
    for round in 0..3 {
        if round == 0 {
            for (second, (value, revision, _)) in (1_u8..).zip(arrivals) {
                let mut batch = Batch::new("source", [second; 32], i64::from(second) * 1_000_000);
                batch.push_register(&entry(value, revision)).unwrap();
                book.append(batch).unwrap();
                book.seal(day(i64::from(second) as u8 % 3)).unwrap();
            }
        }
        for (second, (.., expected)) in (1_i64..).zip(arrivals) {
            let at = AsOf::At(second * 1_000_000);
            let history = book.read(ChannelNumber(9), day_start(1), day_start(2), at).unwrap();
            assert_eq!(history.registers.len(), 1);
            assert_eq!(history.registers[0].value, expected, "second {second}, round {round}");
        }
        drop(book);
        book = Both::open(&disk);
        book.seal(day(5)).unwrap();
    }
    let outside = book.read(ChannelNumber(9), day_start(1) + 1, day_start(2), AsOf::Now).unwrap();
    assert_eq!(outside.registers, []);
}
