//! The readings book as its users see it.

use std::sync::Arc;

use jiff::civil::date;
use model::id::ChannelNumber;
use store::disk::RealDisk;
use store::readings::{AsOf, Batch, Config, DayRun, NO_VALUE, ReadingsBook};

#[test]
fn what_was_acknowledged_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let open = || ReadingsBook::open(Arc::new(RealDisk), dir.path(), Config::default()).unwrap();
    let (book, _) = open();
    let mut batch = Batch::new("HES-1", [7; 32], 1_000_000);
    batch.position = "file:17".into();
    batch.answer = b"ok".to_vec();
    let run = DayRun {
        channel: ChannelNumber(3),
        date: date(2024, 5, 1),
        day_start: 1_714_521_600,
        slots: 96,
        slot_seconds: 900,
        first: 4,
        values: &[1, 2, NO_VALUE, 70_000_000_000],
        qualities: &[],
        revision: None,
    };
    batch.push_run(&run).unwrap();
    let receipt = book.append(batch.clone()).unwrap();
    assert_eq!((receipt.created, receipt.sequence), (3, 1));
    drop(book);
    let (book, recovery) = open();
    assert_eq!(recovery.records_replayed, 1);
    let history = book.read(ChannelNumber(3), 1_714_521_600, 1_714_608_000, AsOf::Now).unwrap();
    assert_eq!(history.days[0].values[4..8], [1, 2, NO_VALUE, 70_000_000_000]);
    assert!(book.append(batch).unwrap().repeated);
    assert_eq!(book.answer_for(&[7; 32]).unwrap().as_deref(), Some(&b"ok"[..]));
    assert_eq!(book.position("HES-1").as_deref(), Some("file:17"));
}
