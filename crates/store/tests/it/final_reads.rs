//! What validation decided about register reads lies over them, as it was known at any moment.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::id::ChannelNumber;
use model::lineage::{Direction, ExceptionSeverity, FinalRead, ReadFailure};
use model::quality::Status;
use model::quantity::Decimal;
use store::disk::RealDisk;
use store::readings::{AsOf, Batch, Config, Cursor, ReadingsBook, RegisterEntry, Subject};

const CHANNEL: ChannelNumber = ChannelNumber(3);
const DAY: Date = date(2024, 5, 1);
/// 2024-05-01T06:00:00Z.
const AT: i64 = 1_714_543_200;

fn open(dir: &Path) -> ReadingsBook {
    let config = Config { background: false, ..Config::default() };
    let (book, recovery) = ReadingsBook::open(Arc::new(RealDisk), dir, config).unwrap();
    assert_eq!(recovery.damaged, []);
    book
}

fn decided(run: u64, method: &str) -> FinalRead {
    FinalRead {
        channel: CHANNEL,
        at: Timestamp::from_second(AT).unwrap(),
        period_start: None,
        run,
        decided_at: Timestamp::from_second(AT).unwrap(),
        plan_name: "residential".into(),
        plan_version: 1,
        raw: Some(Decimal::new(100, -1)),
        value: Some(Decimal::new(105, -1)),
        status: Status::ESTIMATED,
        method: method.into(),
        inputs_hash: 7,
        failures: vec![ReadFailure {
            rule: "V57".into(),
            blocks: false,
            routed: true,
            severity: ExceptionSeverity::Low,
            direction: Direction::TooHigh,
            evidence: "too many digits".into(),
        }],
    }
}

#[test]
fn decisions_are_versions_beside_the_raw_reads() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = open(dir.path());
    let entry = RegisterEntry {
        channel: CHANNEL,
        at: AT,
        period_start: None,
        value: Some(100),
        quality: Default::default(),
        revision: None,
    };
    for (second, (run, method)) in (1..).zip([(1, "R01"), (2, "R05"), (2, "R05")]) {
        let mut batch = Batch::new("vee", [second as u8; 32], second * 1_000_000);
        batch.push_register(&entry).unwrap();
        batch.push_final_reads(CHANNEL, DAY, &[decided(run, method)]);
        assert_eq!(book.append(batch).unwrap().finals, u64::from(second < 3), "the same again is nothing new");
    }
    // In memory, sealed, and after a restart.
    for round in 0..3 {
        let known = |as_of| book.final_reads(CHANNEL, DAY, as_of).unwrap();
        assert_eq!(known(AsOf::Now), [decided(2, "R05")], "{round}");
        assert_eq!(known(AsOf::At(1_000_000)), [decided(1, "R01")]);
        assert_eq!(known(AsOf::At(0)), []);
        let history = book.read(CHANNEL, AT, AT + 1, AsOf::Now).unwrap();
        assert_eq!(history.registers.iter().map(|read| read.value).collect::<Vec<_>>(), [Some(100)]);
        assert_eq!(history.final_reads, [decided(2, "R05")]);
        assert_eq!(book.read(CHANNEL, AT + 1, AT + 9, AsOf::Now).unwrap().final_reads, [], "outside the time");
        assert_eq!(book.final_day(CHANNEL, DAY, AsOf::Now).unwrap(), None, "no day of intervals");
        if round == 0 {
            book.seal(Date::MAX).unwrap();
        } else {
            drop(book);
            book = open(dir.path());
        }
    }
    let subjects: Vec<_> = book.changes(Cursor::default(), 10).unwrap().iter().map(|change| change.subject).collect();
    assert_eq!(subjects, [Subject::Registers, Subject::FinalReads, Subject::FinalReads]);
}
