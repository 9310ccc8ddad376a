//! Values checked, estimated and made final, with what the books do for it, on one core.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::Args;
use ingest::review::Decisions;
use ingest::validation::{self, Report};
use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::reading::{ChannelKey, ChannelReadings, Values};
use model::reading_type::ReadingType;
use smol_str::SmolStr;
use store::readings::{Config, ReadingsBook};
use store::registry::directory::Directory;
use tokio::runtime::Runtime;
use vee::scan::{Screen, ScreenLimits, SlotValue};
use vee::{CheckedPlan, Plan};

use super::keeping::{FleetFile, directory, in_book, intervals, open, quarter_hours, register_read};
use super::measure::{Figure, in_turn, rate};
use super::peak_memory_kib;
use crate::output::{self, Failure};
use crate::progress::grouped;
use crate::workload::{FILE_INTERVALS, INTERVAL_SECONDS, Piece, Workload};

/// The figures of [`value_checks`].
pub const VALUE_CHECKS: [&str; 2] = ["VEE value checks, 32-bit values", "VEE value checks, 64-bit values"];
/// The figures of [`runs`].
pub const RUNS: [&str; 2] = ["VEE whole run, durable", "VEE again, late data for 1 % of channels"];
/// The figure of [`memory`].
pub const MEMORY: &str = "VEE memory, 10 times the channels";

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
    let mut fleet = Fleet::taken_in(workload, Config::default())?;
    output::say("validating all of them");
    let touched = std::mem::take(&mut fleet.touched);
    let whole = fleet.run(touched)?;
    if whole.report.days != u64::from(workload.channels * workload.days) || whole.report.failures != 0 {
        return Err(Failure::Usage(format!("the run over everything was not whole: {:?}", whole.report)));
    }
    output::say("validating again after late data");
    let late = fleet.take_in_late()?;
    let late_days = late.len();
    let again = fleet.run(late)?;
    Ok([whole_run(&workload, &whole), run_again(&whole, &again, late_days)])
}

fn whole_run(workload: &Workload, whole: &Ran) -> Figure {
    let Report { days, estimated, .. } = whole.report;
    Figure {
        name: RUNS[0],
        ours: format!(
            "{} ({} days, {} estimates, {:.2} s)",
            rate(workload.readings(), whole.duration),
            grouped(days),
            grouped(estimated),
            whole.duration.as_secs_f64()
        ),
        peer_name: "Meterflow, best published, a core",
        peer: rate(METERFLOW, Duration::from_secs(1)),
        ratio: workload.readings() as f64 / whole.duration.as_secs_f64() / METERFLOW as f64,
        floor: 20.0,
        goal: 100.0,
        smaller_is_better: false,
    }
}

fn run_again(whole: &Ran, again: &Ran, late_days: usize) -> Figure {
    Figure {
        name: RUNS[1],
        ours: format!(
            "{:.1} ms ({late_days} days touched, {} run)",
            again.duration.as_secs_f64() * 1e3,
            grouped(again.report.days)
        ),
        peer_name: "the whole run",
        peer: format!("{:.2} s", whole.duration.as_secs_f64()),
        ratio: again.duration.as_secs_f64() / whole.duration.as_secs_f64(),
        floor: 0.015,
        goal: 0.01,
        smaller_is_better: true,
    }
}

/// A made-up fleet in books of its own.
struct Fleet {
    workload: Workload,
    book: ReadingsBook,
    directory: Directory,
    plan: CheckedPlan,
    touched: BTreeSet<(ChannelNumber, Date)>,
    _folder: tempfile::TempDir,
}

/// A run and how long it took.
struct Ran {
    report: Report,
    duration: Duration,
}

impl Fleet {
    /// Takes in every file, late data excepted.
    fn taken_in(workload: Workload, config: Config) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(|error| Failure::work("no folder for the benchmark", error))?;
        let runtime = Runtime::new().map_err(|error| Failure::work("could not start", error))?;
        let first = |channel| [intervals(channel, instant(0), &[]), register(&workload, channel, workload.start)];
        let directory = runtime.block_on(directory(folder.path(), (0..workload.channels).flat_map(first)))?;
        // What is due is done in the thread that is timed.
        let (book, _) = open(&folder.path().join("readings"), &Config { background: false, ..config })?;
        let plan = Plan::standard().check().expect("the standard plan is checked");
        let mut fleet = Self { workload, book, directory, plan, touched: BTreeSet::new(), _folder: folder };
        for number in 0..workload.files() {
            let in_time = workload.file(number).filter(|piece| !is_held_back(&workload, piece));
            let mut file = FleetFile::of(&workload, number, in_time);
            file.rows.extend(registers(&workload, number));
            fleet.touched.append(&mut file.take_in(&fleet.book, &fleet.directory)?.touched);
        }
        Ok(fleet)
    }

    /// Takes in what was held back, and tells the channel-days that it touched.
    fn take_in_late(&self) -> Result<BTreeSet<(ChannelNumber, Date)>, Failure> {
        let number = self.workload.files();
        let late = (0..self.workload.channels).filter_map(|channel| held_back(&self.workload, channel));
        let file = FleetFile::of(&self.workload, number, late);
        Ok(file.take_in(&self.book, &self.directory)?.touched)
    }

    /// Validates, estimates and stores these channel-days.
    fn run(&self, mut days: BTreeSet<(ChannelNumber, Date)>) -> Result<Ran, Failure> {
        let end = self.workload.start + i64::from(self.workload.days) * 86_400;
        let began = Instant::now();
        let mut upkeep = Ok(());
        let keep_up = &mut |_| {
            if upkeep.is_ok() {
                upkeep = self.book.maintain();
            }
        };
        let decisions = Decisions::default();
        let report =
            validation::run(&self.book, &self.directory, &self.plan, &decisions, &mut days, instant(end), keep_up)
                .map_err(in_book)?;
        upkeep.and_then(|()| self.book.maintain()).map_err(in_book)?;
        Ok(Ran { report, duration: began.elapsed() })
    }
}

/// Four hours of one day, for one channel in [`LATE_ONE_IN`]; the days take turns.
fn held_back(workload: &Workload, channel: u32) -> Option<Piece> {
    let day = i64::from(channel / LATE_ONE_IN % workload.days);
    let start = workload.start + day * 86_400 + i64::from(2 * FILE_INTERVALS * INTERVAL_SECONDS);
    channel.is_multiple_of(LATE_ONE_IN).then_some(Piece { channel, start })
}

fn is_held_back(workload: &Workload, piece: &Piece) -> bool {
    held_back(workload, piece.channel).as_ref() == Some(piece)
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

/// Memory that a run takes for ten times the channels, beside what it takes for the fleet; none where the system does
/// not tell.
pub fn memory(channels: u32, seed: u64) -> Result<Option<Figure>, Failure> {
    let few = (channels / CHANNELS_PER_RUN_CHANNEL).max(LATE_ONE_IN);
    output::say(&format!(
        "memory of a run over {} channels and over {}",
        grouped(few.into()),
        grouped((few * 10).into())
    ));
    let (Some(of_few), Some(of_many)) = (run_memory_kib(few, seed)?, run_memory_kib(few * 10, seed)?) else {
        return Ok(None);
    };
    let told =
        |channels: u32, kib: u64| format!("{:.1} MiB, {} channels", kib as f64 / 1024.0, grouped(channels.into()));
    Ok(Some(Figure {
        name: MEMORY,
        ours: told(few * 10, of_many),
        peer_name: "the same run, a tenth of the channels",
        peer: told(few, of_few),
        ratio: of_many as f64 / of_few.max(1) as f64,
        floor: 2.0,
        goal: 1.2,
        smaller_is_better: true,
    }))
}

/// Runs it in a process of its own: what earlier figures left behind in memory would hide it.
fn run_memory_kib(channels: u32, seed: u64) -> Result<Option<u64>, Failure> {
    let failed = |error| Failure::work("could not measure memory in a process of its own", error);
    let program = std::env::current_exe().map_err(failed)?;
    let (channels, seed) = (channels.to_string(), seed.to_string());
    let arguments = ["bench", "run-memory", "--channels", &channels, "--seed", &seed];
    let output = Command::new(program).args(arguments).output().map_err(failed)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok().filter(|_| output.status.success()))
}

/// Print the KiB by which a run over a made-up fleet raises the most memory held.
#[derive(Debug, Args)]
pub struct RunMemory {
    /// Channels of the fleet.
    #[arg(long)]
    channels: u32,
    /// Decides every value.
    #[arg(long)]
    seed: u64,
}

impl RunMemory {
    /// Measures and prints; exit status 1 where the system does not tell.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let config = Config { arena_bytes: 32 << 20, ..Config::default() };
        let mut fleet = Fleet::taken_in(made_up(self.seed, self.channels, MEMORY_DAYS), config)?;
        let touched = std::mem::take(&mut fleet.touched);
        // Linux: the most memory held counts from here on.
        let counts_anew = std::fs::write("/proc/self/clear_refs", "5").is_ok();
        let before = peak_memory_kib().filter(|_| counts_anew);
        fleet.run(touched)?;
        let (Some(before), Some(after)) = (before, peak_memory_kib()) else { return Ok(ExitCode::FAILURE) };
        output::say(&format!("{before} KiB before, {after} KiB at most"));
        output::print(&after.saturating_sub(before).to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}
