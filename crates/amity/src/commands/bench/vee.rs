//! Values checked, estimated and made final, with what the books do for it, on one core.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use ingest::plans::Plans;
use ingest::review::Decisions;
use ingest::validation::touched::Touched;
use ingest::validation::{self, Report};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::id::ChannelNumber;
use model::reading::{ChannelKey, ChannelReadings, Values};
use model::reading_type::ReadingType;
use smol_str::SmolStr;
use store::readings::{Config, Cursor, ReadingsBook};
use store::registry::directory::Directory;
use tokio::runtime::Runtime;
use vee::Plan;
use vee::scan::{Screen, ScreenLimits, SlotValue};

use super::keeping::{FleetFile, directory, in_book, intervals, open, quarter_hours, register_read};
use super::measure::{Figure, in_turn, rate};
use super::peak_memory_kib;
use crate::output::{self, Failure};
use crate::progress::grouped;
use crate::workload::{FILE_INTERVALS, INTERVAL_SECONDS, Piece, Workload};

/// The figures of [`value_checks`].
const VALUE_CHECKS: [&str; 2] = ["VEE value checks, 32-bit values", "VEE value checks, 64-bit values"];
/// The figures of [`runs`].
const RUNS: [&str; 2] = ["VEE whole run, durable", "VEE again, late data for 1 % of channels"];
/// The figure of [`memory`].
const MEMORY: &str = "VEE memory, 10 times the channels";

const ROUNDS: usize = 15;
const SLOTS: usize = 96;
const LIMITS: ScreenLimits = ScreenLimits { spike_hundredths: 280, spike_floor: 125, zero_run_fewest: 96 };

/// As many days as like-day methods look back.
const RUN_DAYS: u32 = 35;
/// Channels of the fleet for one that is run: every day of it is run with its history.
const CHANNELS_PER_RUN_CHANNEL: u32 = 25;
/// Readings per second and core, the best that anybody published.
const METERFLOW: u64 = 13_900;
/// One channel in so many has late data, on one day.
const LATE_ONE_IN: u32 = 100;

/// Days of the fleets whose memory is compared.
const MEMORY_DAYS: u32 = 3;
/// Small, so that the days that the book holds open are bounded for the smaller fleet already.
const MEMORY_ARENA_BYTES: u64 = 4 << 20;

/// Quarter-hours in Wh; two channel-days of a hundred have a gap.
fn made_up(seed: u64, channels: u32, days: u32) -> Workload {
    Workload { flaws_among: Some(500), ..Workload::new(seed, channels, days) }
}

/// Missing, negative, spike and zero run in one pass over a decoded fleet-day, beside the sum of the same arrays.
pub fn value_checks(channels: u32, seed: u64) -> [Figure; 2] {
    let workload = made_up(seed, channels, 1);
    let slots = (0..SLOTS as i64).map(|slot| workload.start + slot * i64::from(INTERVAL_SECONDS));
    let day = |channel| slots.clone().map(move |instant| workload.value(channel, instant));
    let values: Vec<Option<i64>> = (0..channels).flat_map(day).collect();
    let narrow: Vec<i32> = values.iter().map(|value| value.map_or(i32::MIN, |value| value as i32)).collect();
    let wide: Vec<i64> = values.iter().map(|value| value.unwrap_or(i64::MIN)).collect();
    let sum_of_narrow = |values: &[i32]| values.iter().map(|value| i64::from(*value)).sum();
    let sum_of_wide = |values: &[i64]| values.iter().copied().fold(0, i64::wrapping_add);
    [checks_beside(VALUE_CHECKS[0], &narrow, sum_of_narrow), checks_beside(VALUE_CHECKS[1], &wide, sum_of_wide)]
}

fn checks_beside<T: SlotValue>(name: &'static str, values: &[T], sum: impl Fn(&[T]) -> i64) -> Figure {
    let suspicious = |day: &&[T]| Screen::of(day, LIMITS) != Screen::default();
    let pair = in_turn(
        ROUNDS,
        || {
            black_box(black_box(values).chunks_exact(SLOTS).filter(suspicious).count());
        },
        || {
            black_box(sum(black_box(values)));
        },
    );
    Figure {
        name,
        ours: rate(values.len() as u64, pair.ours),
        peer_name: "sum of the same arrays",
        peer: rate(values.len() as u64, pair.peer),
        ratio: pair.speed,
        floor: 0.3,
        goal: 0.7,
        smaller_is_better: false,
    }
}

/// A run of the standard plan over every day of a fleet, and the one after late data for a few channels.
pub fn runs(channels: u32, seed: u64) -> Result<[Figure; 2], Failure> {
    let workload = made_up(seed, (channels / CHANNELS_PER_RUN_CHANNEL).max(LATE_ONE_IN), RUN_DAYS);
    output::say(&format!("taking in {} readings with gaps, and a register a day", grouped(workload.readings())));
    let folder = temporary_folder()?;
    let (books, touched) = taken_in(folder.path(), &workload)?;
    output::say("validating all of them");
    let whole = books.run(touched)?;
    if whole.report.days != u64::from(workload.channels * workload.days) {
        return Err(Failure::Usage(format!("the run over everything was not whole: {:?}", whole.report)));
    }
    output::say("validating again after late data");
    let late = (0..workload.channels).filter_map(|channel| held_back(&workload, channel));
    let before = Cursor { sequence: books.readings.sequence(), seen: u32::MAX };
    FleetFile::of(&workload, workload.files(), late).take_in(&books.readings, &books.directory)?;
    let late = Touched::after(&books.readings, &books.directory, books.plans.outlook(), before).map_err(in_book)?.days;
    let late_days = late.len();
    let again = books.run(late)?;
    Ok([whole_run(&workload, &whole), run_again(&whole, &again, late_days)])
}

fn whole_run(workload: &Workload, whole: &Ran) -> Figure {
    let Report { days, estimated, .. } = whole.report;
    let duration = whole.durable + whole.upkeep;
    Figure {
        name: RUNS[0],
        ours: format!(
            "{} ({} days, {} estimates, {:.2} s)",
            rate(workload.readings(), duration),
            grouped(days),
            grouped(estimated),
            duration.as_secs_f64()
        ),
        peer_name: "Meterflow, best published, a core",
        peer: rate(METERFLOW, Duration::from_secs(1)),
        ratio: workload.readings() as f64 / duration.as_secs_f64() / METERFLOW as f64,
        floor: 20.0,
        goal: 100.0,
        smaller_is_better: false,
    }
}

fn run_again(whole: &Ran, again: &Ran, late_days: usize) -> Figure {
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
    Figure {
        name: RUNS[1],
        ours: format!(
            "{:.1} ms ({late_days} days touched, {} run), files then tidied in {:.1} ms",
            milliseconds(again.durable),
            grouped(again.report.days),
            milliseconds(again.upkeep)
        ),
        peer_name: "the whole run, files not tidied",
        peer: format!("{:.2} s", whole.durable.as_secs_f64()),
        ratio: again.durable.as_secs_f64() / whole.durable.as_secs_f64(),
        floor: 0.015,
        goal: 0.01,
        smaller_is_better: true,
    }
}

fn temporary_folder() -> Result<tempfile::TempDir, Failure> {
    tempfile::tempdir().map_err(|error| Failure::work("no folder for the benchmark", error))
}

/// What a run needs.
struct Books {
    readings: ReadingsBook,
    directory: Arc<Directory>,
    plans: Plans,
}

/// A run and how long it took.
struct Ran {
    report: Report,
    /// Until every outcome was durable.
    durable: Duration,
    /// What the book did beside it to keep its files few: work of a thread of its own in an installation.
    upkeep: Duration,
}

impl Books {
    /// The books in a folder, with these channels registered.
    fn open(folder: &Path, config: Config, channels: impl Iterator<Item = ChannelReadings>) -> Result<Self, Failure> {
        let runtime = Runtime::new().map_err(|error| Failure::work("could not start", error))?;
        let directory = runtime.block_on(directory(folder, channels))?;
        // What is due is done in the thread that is timed.
        let (readings, _) = open(&folder.join("readings"), &Config { background: false, ..config })?;
        let plans = Plans::everywhere(Plan::standard()).expect("the standard plan is checked");
        Ok(Self { readings, directory, plans })
    }

    fn days_end(&self) -> Date {
        self.readings.days().last().map_or(Date::MAX, |last| last.saturating_add(1.day()))
    }

    /// Validates, estimates and stores these channel-days.
    fn run(&self, mut days: BTreeSet<(ChannelNumber, Date)>) -> Result<Ran, Failure> {
        let now = self.days_end().to_zoned(TimeZone::UTC).map_err(|error| Failure::work("no such day", error))?;
        let began = Instant::now();
        let mut upkeep = Duration::ZERO;
        let mut keep_up = |_| {
            let began = Instant::now();
            // What fails here fails again after the run, where it is told.
            let _ = self.readings.maintain();
            upkeep += began.elapsed();
        };
        let (stamp, decisions) = (validation::stamp(&self.readings, now.timestamp()), Decisions::default());
        let report =
            validation::run(&self.readings, &self.directory, &self.plans, &decisions, &mut days, stamp, &mut keep_up)
                .map_err(in_book)?;
        let durable = began.elapsed() - upkeep;
        self.readings.maintain().map_err(in_book)?;
        Ok(Ran { report, durable, upkeep: began.elapsed() - durable })
    }
}

/// Takes every file of a fleet into books in a folder, late data excepted; tells the channel-days that were touched.
fn taken_in(folder: &Path, workload: &Workload) -> Result<(Books, BTreeSet<(ChannelNumber, Date)>), Failure> {
    let channels = |channel| [intervals(channel, instant(0), &[]), register(workload, channel, workload.start)];
    let books = Books::open(folder, Config::default(), (0..workload.channels).flat_map(channels))?;
    for number in 0..workload.files() {
        let in_time = workload.file(number).filter(|piece| held_back(workload, piece.channel).as_ref() != Some(piece));
        let mut file = FleetFile::of(workload, number, in_time);
        file.rows.extend(registers(workload, number));
        file.take_in(&books.readings, &books.directory)?;
    }
    let touched = touched(&books)?;
    Ok((books, touched))
}

/// Every channel-day that has arrived, and those that registers speak of.
fn touched(books: &Books) -> Result<BTreeSet<(ChannelNumber, Date)>, Failure> {
    let mut all = Touched::default();
    loop {
        let mut more =
            Touched::after(&books.readings, &books.directory, books.plans.outlook(), all.to).map_err(in_book)?;
        if more.to == all.to {
            return Ok(all.days);
        }
        all.to = more.to;
        all.days.append(&mut more.days);
    }
}

/// Four hours of one day, for one channel in [`LATE_ONE_IN`]; the days take turns.
fn held_back(workload: &Workload, channel: u32) -> Option<Piece> {
    let day = i64::from(channel / LATE_ONE_IN % workload.days);
    let start = workload.start + day * 86_400 + i64::from(2 * FILE_INTERVALS * INTERVAL_SECONDS);
    channel.is_multiple_of(LATE_ONE_IN).then_some(Piece { channel, start })
}

/// The registers of a fleet, where a file begins at midnight.
fn registers(workload: &Workload, file: u32) -> impl Iterator<Item = ChannelReadings> {
    let at = workload.file_start(file);
    let channels = if at.rem_euclid(86_400) == 0 { workload.channels } else { 0 };
    (0..channels).map(move |channel| register(workload, channel, at))
}

fn register(workload: &Workload, channel: u32, at: i64) -> ChannelReadings {
    let intervals = intervals(channel, instant(at), &[]);
    let reading_type = ReadingType { measuring_period: 0, accumulation: 1, ..quarter_hours() };
    ChannelReadings {
        channel: ChannelKey { suffix: SmolStr::new_static("R1"), reading_type, ..intervals.channel },
        values: Values::Registers(vec![register_read(instant(at), workload.register(channel, at))]),
        ..intervals
    }
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("made-up days are within the years of the calendar")
}

/// The most memory a process holds that runs over ten times the channels, beside what it holds for the fleet; none
/// where the system does not tell.
pub fn memory(channels: u32, seed: u64) -> Result<Option<Figure>, Failure> {
    let few = (channels / CHANNELS_PER_RUN_CHANNEL).max(LATE_ONE_IN);
    output::say(&format!("memory of a run over {few} channels and over {}", few * 10));
    let (Some(of_few), Some(of_many)) = (run_memory(few, seed)?, run_memory(few * 10, seed)?) else {
        return Ok(None);
    };
    let told = |channels: u32, memory: &RunMemoryKib| {
        let RunMemoryKib { before, most } = memory;
        format!("{} MiB for {}, {} MiB before", most / 1024, grouped(channels.into()), before / 1024)
    };
    Ok(Some(Figure {
        name: MEMORY,
        ours: told(few * 10, &of_many),
        peer_name: "a tenth of the channels",
        peer: told(few, &of_few),
        ratio: of_many.most as f64 / of_few.most.max(1) as f64,
        floor: 2.0,
        goal: 1.2,
        smaller_is_better: true,
    }))
}

/// Memory of a process.
struct RunMemoryKib {
    /// When the books were open and the channel-days known.
    before: u64,
    /// The most up to the end.
    most: u64,
}

/// Runs in a process of its own: what earlier work left behind in memory would hide it.
fn run_memory(channels: u32, seed: u64) -> Result<Option<RunMemoryKib>, Failure> {
    let folder = temporary_folder()?;
    let (books, _) = taken_in(folder.path(), &made_up(seed, channels, MEMORY_DAYS))?;
    books.readings.seal(books.days_end()).map_err(in_book)?;
    drop(books);
    let failed = |error| Failure::work("could not measure memory in a process of its own", error);
    let program = std::env::current_exe().map_err(failed)?;
    let output = Command::new(program).args(["bench", "run-memory"]).arg(folder.path()).output().map_err(failed)?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::work("the process whose memory is measured failed", complaint));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [before, most] = numbers[..] else { return Ok(None) };
    Ok(Some(RunMemoryKib { before, most }))
}

/// Print how many KiB were held at most before and with a run over every channel-day of the books in a folder.
#[derive(Debug, Args)]
pub struct RunMemory {
    /// The folder.
    folder: PathBuf,
}

impl RunMemory {
    /// Runs and prints; nothing where the system does not tell.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let config = Config { arena_bytes: MEMORY_ARENA_BYTES, ..Config::default() };
        let books = Books::open(&self.folder, config, std::iter::empty())?;
        let dates = books.readings.days();
        let channels = books.directory.channels().filter(|channel| channel.interval_seconds.is_some());
        let days = channels.flat_map(|channel| dates.iter().map(|date| (channel.number, *date))).collect();
        let before = peak_memory_kib();
        books.run(days)?;
        if let (Some(before), Some(most)) = (before, peak_memory_kib()) {
            output::print(&format!("{before} {most}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
