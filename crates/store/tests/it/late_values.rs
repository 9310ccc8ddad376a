//! A late value waits for what is sealed of its day; readers of other days do not wait with it.

use std::any::Any;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};

use jiff::civil::date;
use model::id::ChannelNumber;
use store::disk::{Disk, DiskFile, OpenMode, SimulatedDisk};
use store::readings::{AsOf, Batch, Config, DayRun, ReadingsBook};

/// A disk that, when it is asked to, tells of the next file that is opened for reading and waits.
struct SlowDisk {
    disk: SimulatedDisk,
    gate: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
}

impl Disk for SlowDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.disk.create_dir(path)
    }

    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Box<dyn DiskFile>> {
        let gate = self.gate.lock().unwrap().take_if(|_| mode == OpenMode::Read);
        if let Some((opening, go_on)) = gate {
            opening.send(()).unwrap();
            go_on.recv().unwrap();
        }
        self.disk.open(path, mode)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.disk.list(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.sync_dir(dir)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Any + Send + Sync>> {
        self.disk.lock(path)
    }
}

fn batch(key: u8, day: i8, first: u16, value: i64) -> Batch {
    let mut batch = Batch::new("HES", [key; 32], i64::from(key) * 1_000_000);
    let run = DayRun {
        channel: ChannelNumber(0),
        date: date(2024, 1, day),
        day_start: start(day),
        slots: 24,
        slot_seconds: 3600,
        first,
        values: &[value],
        qualities: &[],
        revision: None,
    };
    batch.push_run(&run).unwrap();
    batch
}

fn start(day: i8) -> i64 {
    1_704_067_200 + i64::from(day - 1) * 86_400
}

#[test]
fn readers_do_not_wait_for_the_disk_of_a_late_value() {
    let disk = Arc::new(SlowDisk { disk: SimulatedDisk::new(), gate: Mutex::default() });
    let config = Config { background: false, ..Config::default() };
    let open = || ReadingsBook::open(disk.clone(), Path::new("book"), config.clone()).unwrap().0;
    let book = open();
    book.append(batch(1, 1, 0, 11)).unwrap();
    book.seal(date(2024, 1, 2)).unwrap();
    book.append(batch(2, 9, 0, 99)).unwrap();
    drop(book);
    let book = open();
    let values = |day: i8| {
        let history = book.read(ChannelNumber(0), start(day), start(day) + 86_400, AsOf::Now).unwrap();
        history.days.first().map(|day| day.values[..2].to_vec())
    };

    let ((opening, is_opening), (go_on, may_go_on)) = (mpsc::channel(), mpsc::channel());
    *disk.gate.lock().unwrap() = Some((opening, may_go_on));
    let late = book.submit(batch(3, 1, 1, 12)).unwrap();
    is_opening.recv().unwrap();
    assert_eq!(values(9), Some(vec![99, store::readings::NO_VALUE]));
    go_on.send(()).unwrap();
    assert_eq!((late.wait().unwrap().late, values(1)), (1, Some(vec![11, 12])));
}
