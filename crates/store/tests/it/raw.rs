//! The raw book on a disk that loses power, fills up and breaks.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use store::disk::{Fault, SimulatedDisk};
use store::raw::{Error, RawBook, RawId};

fn open(disk: &SimulatedDisk) -> RawBook {
    RawBook::open(Arc::new(disk.clone()), Path::new("raw")).unwrap()
}

/// Bytes that hardly compress.
fn message(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..len).map(|_| next()).collect()
}

#[test]
fn messages_come_back_byte_for_byte() {
    let disk = SimulatedDisk::new();
    let messages = [vec![], b"<MeterReadings/>".repeat(1000), message(1, 300), message(2, 10 << 20), message(3, 5000)];
    let book = open(&disk);
    let ids: Vec<RawId> = messages.iter().map(|message| book.keep(message).unwrap()).collect();
    drop(book);
    let book = open(&disk);
    for (id, message) in ids.iter().zip(&messages) {
        assert_eq!(&book.read_all(*id).unwrap(), message);
        assert_eq!(id.to_string().parse(), Ok(*id));
        let mut reader = book.read(*id).unwrap();
        assert_eq!(reader.len(), message.len() as u64);
        assert_eq!(reader.hash(), *blake3::hash(message).as_bytes());
        assert_eq!(reader.read(&mut []).unwrap(), 0);
    }
    let mut sorted = ids.clone();
    sorted.sort();
    assert_eq!(book.ids().unwrap(), sorted);
    assert!(book.bytes().unwrap() > 10 << 20);
    assert!(matches!(book.read("77-0".parse().unwrap()), Err(Error::Unknown(_))));
    assert!("77".parse::<RawId>().is_err());
}

#[test]
fn an_unfinished_message_was_never_there() {
    let disk = SimulatedDisk::new();
    let book = open(&disk);
    let mut writer = book.begin().unwrap();
    writer.write(&message(1, 6 << 20)).unwrap();
    drop(writer);
    let kept = book.keep(b"kept").unwrap();
    assert_eq!(open(&disk).ids().unwrap(), [kept]);
}

#[test]
fn acknowledged_messages_survive_power_cuts() {
    // covers: THR-09
    for seed in 0..20 {
        let disk = SimulatedDisk::new();
        let book = open(&disk);
        let mut acknowledged = Vec::new();
        for number in 0..5 {
            let message = message(seed * 10 + number, 100 << number);
            acknowledged.push((book.keep(&message).unwrap(), message));
        }
        let mut unfinished = book.begin().unwrap();
        unfinished.write(&message(seed, 5000)).unwrap();
        let survivor = disk.power_cut(seed);
        let book = open(&survivor);
        for (id, message) in &acknowledged {
            assert_eq!(&book.read_all(*id).unwrap(), message, "seed {seed}");
        }
        book.keep(b"and goes on").unwrap();
        for (id, message) in &acknowledged {
            assert_eq!(&book.read_all(*id).unwrap(), message, "seed {seed}");
        }
    }
}

#[test]
fn damage_is_never_served() {
    let disk = SimulatedDisk::new();
    let book = open(&disk);
    let messages: Vec<_> = (0..4).map(|number| message(number, 200)).collect();
    let ids: Vec<_> = messages.iter().map(|message| book.keep(message).unwrap()).collect();
    let files = disk.files();
    for at in 0..files[0].1.len() {
        let mut damaged = files.clone();
        damaged[0].1[at] ^= 1 << (at % 8);
        let book = open(&SimulatedDisk::of(damaged));
        let outcomes: Vec<_> = ids.iter().map(|id| book.read_all(*id)).collect();
        let wrong =
            outcomes.iter().zip(&messages).filter(|(read, message)| read.as_ref().ok() != Some(message)).count();
        // Some bits of a zstd frame say nothing about the message.
        assert!(wrong <= 1, "byte {at}");
        for (read, message) in outcomes.iter().zip(&messages) {
            assert!(matches!(read, Err(Error::Damaged(_))) || read.as_ref().unwrap() == message, "byte {at}");
        }
    }
}

#[test]
fn a_failed_call_loses_nothing_that_was_acknowledged() {
    for fault in [Fault::Broken, Fault::Full, Fault::Short] {
        for call in 1.. {
            let disk = SimulatedDisk::new();
            let book = open(&disk);
            disk.fail(call, fault, false);
            let mut acknowledged = Vec::new();
            for number in 0..4 {
                let message = message(number, 300);
                if let Ok(id) = book.keep(&message) {
                    acknowledged.push((id, message));
                }
            }
            let calls = disk.heal();
            let book = open(&disk.power_cut(call));
            for (id, message) in &acknowledged {
                assert_eq!(&book.read_all(*id).unwrap(), message, "{fault:?} at call {call}");
            }
            if calls < call {
                assert_eq!(acknowledged.len(), 4);
                break;
            }
        }
    }
}
