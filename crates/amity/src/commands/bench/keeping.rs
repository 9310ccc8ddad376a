//! How fast and how small readings are kept, and how fast they come back.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ingest::admission::Limits;
use ingest::admitter::Admitter;
use ingest::registration;
use jiff::Timestamp;
use model::id::{ChannelNumber, Name};
use model::quality::Quality;
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, RegisterRead, Values};
use model::reading_type::ReadingType;
use smol_str::SmolStr;
use store::disk::RealDisk;
use store::readings::{AsOf, Config, ReadingsBook};
use store::registry::Registry;
use store::registry::directory::Directory;
use tokio::runtime::Runtime;

use super::measure::{Figure, in_turn, median, rate};
use super::{parquet_peer, peak_memory_mib, postgres_peer};
use crate::output::{self, Failure};
use crate::workload::{FILE_INTERVALS, INTERVAL_SECONDS, Piece, Workload};

/// Size of the fleet.
#[derive(Clone, Copy, Debug)]
pub struct Fleet {
    /// Channels.
    pub channels: u32,
    /// Days of 96 intervals.
    pub days: u32,
    /// Seed of every value.
    pub seed: u64,
}

const SCAN_ROUNDS: usize = 5;
const COLD_READS: usize = 200;
/// Channels of the month for cold reads.
const MONTH_CHANNELS: u32 = 5_000;

const INGEST: &str = "durable ingest from partial-day files";
const REPLAY: &str = "replay after a crash";
const SIZE: &str = "bytes per reading";
const SCAN: &str = "fleet-day scan, one thread";
const COLD_MONTH: &str = "one channel, 31 days, cold";

/// Every figure about keeping.
pub fn measure(fleet: Fleet, with_postgres: bool) -> Result<Vec<Figure>, Failure> {
    let workload = Workload::new(fleet.seed, fleet.channels, fleet.days);
    let folder = tempfile::tempdir().map_err(|error| Failure::work("no folder for the benchmark", error))?;
    let runtime = Runtime::new().map_err(|error| Failure::work("could not start", error))?;
    output::say(&format!("registering {} channels", fleet.channels));
    let channels = (0..fleet.channels).map(|channel| intervals(channel, Timestamp::UNIX_EPOCH, &[]));
    let directory = runtime.block_on(directory(folder.path(), channels))?;
    let mut figures = Vec::new();

    output::say(&format!("taking in {} readings", workload.readings()));
    let config = Config { background: false, open_days: 60, ..Config::default() };
    let book_folder = folder.path().join("readings");
    let book = open(&book_folder, &config)?.0;
    let taken = take_in(&book, &directory, &workload)?;
    let memory_mib = peak_memory_mib();
    if with_postgres {
        output::say("the same rows into PostgreSQL, by COPY to a stage and upsert");
        let peer = runtime.block_on(postgres_peer::rows_per_second(&workload))?;
        figures.push(ingest_figure(&taken, peer, memory_mib));
    }
    drop(book);
    output::say("replaying the log");
    let (book, replay) = replay(&book_folder, &config, &taken)?;
    figures.push(replay);

    output::say("sealing the days");
    let last = book.days().last().copied().and_then(|date| date.tomorrow().ok());
    if let Some(after_last) = last {
        book.seal(after_last).map_err(in_book)?;
    }
    figures.push(size(&book, &workload)?);
    figures.push(scan(&book, &workload)?);
    drop(book);
    output::say("a month of one channel, cold");
    figures.push(cold_month(folder.path(), &directory, fleet)?);
    Ok(figures)
}

pub(super) fn in_book(error: store::readings::Error) -> Failure {
    Failure::work("the readings book refused", error)
}

pub(super) fn open(folder: &Path, config: &Config) -> Result<(ReadingsBook, store::readings::Recovery), Failure> {
    ReadingsBook::open(Arc::new(RealDisk), folder, config.clone()).map_err(in_book)
}

/// The channels of these readings, registered.
pub(super) async fn directory(
    folder: &Path,
    channels: impl Iterator<Item = ChannelReadings>,
) -> Result<Arc<Directory>, Failure> {
    let in_registry = |error| Failure::work("the registry refused", error);
    let registry =
        Registry::open(&format!("sqlite:{}", folder.join("registry.sqlite").display())).await.map_err(in_registry)?;
    let zone = SmolStr::new_static("UTC");
    let entries: Vec<_> = channels.filter_map(|channel| registration::entry(&channel, &zone)).collect();
    registry.channels().register(&entries).await.map_err(in_registry)?;
    registry.directory().await.map_err(in_registry)
}

pub(super) fn intervals(channel: u32, start: Timestamp, values: &[i64]) -> ChannelReadings {
    ChannelReadings {
        channel: ChannelKey {
            usage_point: Some(Name::new("UsagePoint", format!("UP{channel:06}"))),
            meter: None,
            suffix: SmolStr::new_static("E1"),
            reading_type: quarter_hours(),
        },
        unit: SmolStr::new_static("kWh"),
        values: Values::Intervals(IntervalRun {
            start,
            length_seconds: INTERVAL_SECONDS,
            values: values.to_vec(),
            exponent: -3,
            qualities: Vec::new(),
        }),
        revision: None,
        line: 1,
    }
}

/// 15-minute kWh delivered.
pub(super) fn quarter_hours() -> ReadingType {
    ReadingType {
        measuring_period: 2,
        accumulation: 4,
        flow_direction: 1,
        commodity: 1,
        measurement_kind: 12,
        multiplier: 3,
        unit: 72,
        ..ReadingType::default()
    }
}

/// A file of a fleet, as a reader gives it.
pub(super) struct FleetFile {
    /// Its number.
    pub number: u32,
    /// When it came.
    pub received_at: Timestamp,
    /// What it says.
    pub rows: Vec<ChannelReadings>,
}

/// What a file brought.
pub(super) struct Brought {
    /// Values in it.
    pub offered: u64,
    /// Values that were not there before.
    pub created: u64,
    /// How long it took until they were durable.
    pub duration: Duration,
}

impl FleetFile {
    /// The file of these pieces.
    pub fn of(workload: &Workload, number: u32, pieces: impl Iterator<Item = Piece>) -> Self {
        let received_at = Timestamp::from_second(workload.file_start(number) + 2 * 86_400).expect("in range");
        let row = |piece: Piece| {
            let at = |slot: u32| piece.start + i64::from(slot * INTERVAL_SECONDS);
            let value = |slot| workload.value(piece.channel, at(slot)).unwrap_or(IntervalRun::MISSING);
            let values: Vec<i64> = (0..FILE_INTERVALS).map(value).collect();
            intervals(piece.channel, Timestamp::from_second(piece.start).expect("in range"), &values)
        };
        Self { number, received_at, rows: pieces.map(row).collect() }
    }

    /// Admits, places and stores the file in one durable commit.
    pub fn take_in(&self, book: &ReadingsBook, directory: &Directory) -> Result<Brought, Failure> {
        let began = Instant::now();
        let limits = Limits::default();
        let mut admitter = Admitter::new(directory, book, &limits, "bench", self.received_at);
        self.rows.iter().for_each(|row| admitter.admit(row));
        let mut batch = std::mem::take(&mut admitter.batch);
        batch.source = "bench".into();
        batch.key[..4].copy_from_slice(&self.number.to_le_bytes());
        batch.key[31] = 1;
        batch.position = self.number.to_string();
        batch.received_at = self.received_at.as_microsecond();
        let offered = batch.readings();
        let created = book.append(batch).map_err(in_book)?.created;
        let duration = began.elapsed();
        book.maintain().map_err(in_book)?;
        if !admitter.rejected.is_empty() {
            return Err(Failure::Usage("the benchmark's own rows were rejected".into()));
        }
        Ok(Brought { offered, created, duration })
    }
}

/// What taking in a fleet took.
struct Taken {
    offered: u64,
    created: u64,
    duration: Duration,
}

/// Takes in every file of a fleet; making up the rows is not timed.
fn take_in(book: &ReadingsBook, directory: &Directory, workload: &Workload) -> Result<Taken, Failure> {
    let mut taken = Taken { offered: 0, created: 0, duration: Duration::ZERO };
    for number in 0..workload.files() {
        let brought = FleetFile::of(workload, number, workload.file(number)).take_in(book, directory)?;
        taken.offered += brought.offered;
        taken.created += brought.created;
        taken.duration += brought.duration;
    }
    if taken.created != workload.readings() {
        return Err(Failure::Usage(format!("stored {} of {} readings", taken.created, workload.readings())));
    }
    Ok(taken)
}

fn ingest_figure(taken: &Taken, peer_per_second: f64, memory_mib: Option<u64>) -> Figure {
    let ours = taken.offered as f64 / taken.duration.as_secs_f64();
    let memory = memory_mib.map_or_else(String::new, |mib| format!(", {mib} MiB"));
    Figure {
        name: INGEST,
        ours: format!("{}{memory}", rate(taken.offered, taken.duration)),
        peer_name: "PostgreSQL COPY + upsert",
        peer: rate(peer_per_second as u64, Duration::from_secs(1)),
        ratio: ours / peer_per_second,
        floor: 20.0,
        goal: 40.0,
        smaller_is_better: false,
    }
}

fn replay(folder: &Path, config: &Config, taken: &Taken) -> Result<(ReadingsBook, Figure), Failure> {
    let began = Instant::now();
    let (book, recovery) = open(folder, config)?;
    let duration = began.elapsed();
    let stored: u64 = book.days().len() as u64;
    let figure = Figure {
        name: REPLAY,
        ours: format!(
            "{} ({} records, {stored} days, {:.2} s)",
            rate(taken.offered, duration),
            recovery.records_replayed,
            duration.as_secs_f64()
        ),
        peer_name: "own ingest",
        peer: rate(taken.offered, taken.duration),
        ratio: taken.duration.as_secs_f64() / duration.as_secs_f64(),
        floor: 0.4,
        goal: 0.7,
        smaller_is_better: false,
    };
    Ok((book, figure))
}

fn size(book: &ReadingsBook, workload: &Workload) -> Result<Figure, Failure> {
    let statistics = book.statistics();
    let bytes = statistics.day_segment_bytes + statistics.month_segment_bytes + statistics.feed_bytes;
    let peer = parquet_peer::channel_days(workload)?.len() as u64;
    let readings = workload.readings() as f64;
    Ok(Figure {
        name: SIZE,
        ours: format!("{:.3} B", bytes as f64 / readings),
        peer_name: "Parquet row per channel-day, zstd",
        peer: format!("{:.3} B", peer as f64 / readings),
        ratio: bytes as f64 / peer as f64,
        floor: 1.25,
        goal: 1.05,
        smaller_is_better: true,
    })
}

fn scan(book: &ReadingsBook, workload: &Workload) -> Result<Figure, Failure> {
    let Some(date) = book.days().get(1).or(book.days().first()).copied() else {
        return Err(Failure::Usage("nothing to scan".into()));
    };
    let one_day = Workload { days: 1, start: workload.start + 86_400, ..*workload };
    let file = parquet_peer::channel_days(&one_day)?;
    let (mut ours, mut peers) = (0_i64, 0_i64);
    let pair = in_turn(
        SCAN_ROUNDS,
        || {
            ours = 0;
            let sum = &mut ours;
            let scanned = book.scan_day(date, |day| *sum += day.values.iter().sum::<i64>());
            black_box(scanned.is_ok());
        },
        || peers = black_box(parquet_peer::sum(&file)),
    );
    // The registered quantum is a millionth of a kWh, the rows are Wh.
    if workload.days > 1 && ours != peers * 1000 {
        return Err(Failure::Usage(format!("the scan found {ours}, the peer {peers}")));
    }
    let readings = one_day.readings();
    Ok(Figure {
        name: SCAN,
        ours: rate(readings, pair.ours),
        peer_name: "Parquet channel-day, direct",
        peer: rate(readings, pair.peer),
        ratio: pair.speed,
        floor: 2.0,
        goal: 4.0,
        smaller_is_better: false,
    })
}

/// One channel over 31 days with nothing in the page cache, beside one cold read of 4 KiB.
fn cold_month(folder: &Path, directory: &Directory, fleet: Fleet) -> Result<Figure, Failure> {
    let channels = fleet.channels.min(MONTH_CHANNELS);
    let workload = Workload { late_percent: 0, duplicate_percent: 0, ..Workload::new(fleet.seed, channels, 31) };
    let book_folder = folder.join("month");
    let config = Config { background: false, roll_after_days: 0, rolled_days: 0, ..Config::default() };
    let book = open(&book_folder, &config)?.0;
    take_in(&book, directory, &workload)?;
    let after = book.days().last().and_then(|date| date.tomorrow().ok());
    if let Some(after) = after {
        book.seal(after).map_err(in_book)?;
    }
    book.maintain().map_err(in_book)?;
    let files = segment_files(&book_folder);
    let (start, end) = (workload.start, workload.start + 31 * 86_400);
    let mut ours = Vec::new();
    let mut peers = Vec::new();
    for round in 0..COLD_READS as u64 {
        let channel =
            ChannelNumber((round.wrapping_mul(2_654_435_761) % u64::from(channels)) as u32 + first_channel(directory));
        forget(&files);
        let began = Instant::now();
        let history = book.read(channel, start, end, AsOf::Now).map_err(in_book)?;
        ours.push(began.elapsed());
        if history.days.len() != 31 {
            return Err(Failure::Usage(format!("channel {channel} has {} of 31 days", history.days.len())));
        }
        forget(&files);
        peers.extend(cold_block(&files, round));
    }
    ours.sort();
    let p99 = ours[ours.len() * 99 / 100];
    let (ours, peer) = (median(ours), median(peers));
    Ok(Figure {
        name: COLD_MONTH,
        ours: format!("p50 {:.0} us, p99 {:.0} us", ours.as_secs_f64() * 1e6, p99.as_secs_f64() * 1e6),
        peer_name: "one cold random read of 4 KiB",
        peer: format!("p50 {:.0} us", peer.as_secs_f64() * 1e6),
        ratio: ours.as_secs_f64() / peer.as_secs_f64(),
        floor: 20.0,
        goal: 5.0,
        smaller_is_better: true,
    })
}

fn first_channel(directory: &Directory) -> u32 {
    directory.channels().map(|channel| channel.number.0).min().unwrap_or(0)
}

fn segment_files(folder: &Path) -> Vec<std::fs::File> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(file) = std::fs::File::open(&path) {
                files.push(file);
            }
        }
    }
    files
}

/// Asks the system to drop what it caches of the files.
fn forget(files: &[std::fs::File]) {
    for file in files {
        // Where the system does not listen, both sides of the comparison are warm.
        let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    }
}

fn cold_block(files: &[std::fs::File], round: u64) -> Option<Duration> {
    use std::os::unix::fs::FileExt;
    let largest = files.iter().max_by_key(|file| file.metadata().map_or(0, |data| data.len()))?;
    let blocks = largest.metadata().ok()?.len() / 4096;
    let offset = (round.wrapping_mul(11_400_714_819_323_198_485) % blocks.max(1)) * 4096;
    let mut block = [0; 4096];
    let began = Instant::now();
    largest.read_at(&mut block, offset).ok()?;
    black_box(&block);
    Some(began.elapsed())
}

/// A register read at the end of a day, in kWh.
pub(super) fn register_read(at: Timestamp, watt_hours: i64) -> RegisterRead {
    RegisterRead { at, period_start: None, value: Some(Decimal::new(watt_hours, -3)), quality: Quality::default() }
}
