//! `amity bench generate`: the files of a made-up utility.
//!
//! Two head-ends: one sends IEC 61968-9 XML every four hours, one sends CSV every four hours; both send a register
//! read at each midnight. With flaws there are gaps, spikes, a negative value now and then, and one broken file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use formats::cim::MeterReadingsWriter;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::id::Name;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, MessageHeader, Values};
use model::reading_type::ReadingType;
use smol_str::SmolStr;

use super::keeping::{quarter_hours, register_read};
use crate::output::{self, Failure};
use crate::progress::grouped;
use crate::workload::{FILE_INTERVALS, INTERVAL_SECONDS, Piece, Workload};

/// Write the files of a made-up utility into a folder.
#[derive(Debug, Args)]
pub struct Generate {
    /// The folder.
    folder: PathBuf,
    /// How many meters.
    #[arg(long, default_value_t = 200)]
    channels: u32,
    /// How many days, up to yesterday.
    #[arg(long, default_value_t = 35)]
    days: u32,
    /// Decides every value.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Without gaps, spikes and broken files.
    #[arg(long)]
    flawless: bool,
    /// First day instead of the one that makes the last day yesterday.
    #[arg(long, value_name = "DATE")]
    from: Option<jiff::civil::Date>,
}

impl Generate {
    /// Writes the files.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let first = self.from.unwrap_or_else(|| today.saturating_sub(i64::from(self.days).days()));
        let start = first.to_zoned(TimeZone::UTC).map_err(|error| Failure::Usage(format!("--from: {error}")))?;
        let mut workload = Workload::new(self.seed, self.channels, self.days);
        workload.start = start.timestamp().as_second();
        workload.flaws = !self.flawless;
        let in_folder = |error| Failure::work(format!("could not write into {}", self.folder.display()), error);
        fs::create_dir_all(&self.folder).map_err(in_folder)?;
        let mut files = 0;
        for file in 0..workload.files() {
            files += write_file(&self.folder, &workload, file).map_err(in_folder)?;
        }
        if workload.flaws {
            fs::write(self.folder.join("hes-1-broken-off.xml"), broken_off(&workload)).map_err(in_folder)?;
            files += 1;
        }
        output::say(&format!("{files} files with {} interval readings", grouped(workload.readings())));
        Ok(ExitCode::SUCCESS)
    }
}

fn write_file(folder: &Path, workload: &Workload, file: u32) -> std::io::Result<u32> {
    let stamp = instant(workload.file_start(file)).strftime("%Y%m%dT%H%M").to_string();
    let (xml, csv): (Vec<_>, Vec<_>) = pieces(workload, file).into_iter().partition(|(channel, _)| channel % 3 != 0);
    let mut files = 0;
    if !xml.is_empty() {
        let header = MessageHeader {
            verb: "created".into(),
            noun: "MeterReadings".into(),
            id: format!("hes-1-{stamp}").into(),
            source: "HES-1".into(),
            timestamp: Some(instant(workload.file_start(file))),
        };
        let mut bytes = Vec::new();
        let readings = xml.iter().map(|(_, readings)| readings);
        formats::cim::write_meter_readings(&header, readings, &mut bytes);
        fs::write(folder.join(format!("hes-1-{stamp}.xml")), bytes)?;
        files += 1;
    }
    if !csv.is_empty() {
        let mut writer = formats::csv::Writer::new();
        csv.iter().for_each(|(_, readings)| writer.write(readings));
        fs::write(folder.join(format!("hes-2-{stamp}.csv")), writer.take())?;
        files += 1;
    }
    Ok(files)
}

/// What a file says: four hours of each channel, and the register at midnight.
fn pieces(workload: &Workload, file: u32) -> Vec<(u32, ChannelReadings)> {
    let mut pieces: Vec<_> = workload.file(file).map(|piece| (piece.channel, four_hours(workload, piece))).collect();
    let start = workload.file_start(file);
    let last = workload.start + i64::from(workload.days) * 86_400;
    if start.rem_euclid(86_400) == 0 && start <= last {
        pieces.extend((0..workload.channels).map(|channel| (channel, register(workload, channel, start))));
    }
    pieces
}

fn four_hours(workload: &Workload, piece: Piece) -> ChannelReadings {
    let at = |slot: u32| piece.start + i64::from(slot * INTERVAL_SECONDS);
    let value = |slot| workload.value(piece.channel, at(slot)).unwrap_or(IntervalRun::MISSING);
    let run = IntervalRun {
        start: instant(piece.start),
        length_seconds: INTERVAL_SECONDS,
        values: (0..FILE_INTERVALS).map(value).collect(),
        exponent: -3,
        qualities: Vec::new(),
    };
    readings(piece.channel, quarter_hours(), Values::Intervals(run))
}

fn register(workload: &Workload, channel: u32, at: i64) -> ChannelReadings {
    let read = register_read(instant(at), workload.register(channel, at));
    let reading_type = ReadingType { measuring_period: 0, accumulation: 1, ..quarter_hours() };
    readings(channel, reading_type, Values::Registers(vec![read]))
}

fn readings(channel: u32, reading_type: ReadingType, values: Values) -> ChannelReadings {
    ChannelReadings {
        channel: ChannelKey {
            usage_point: Some(Name::new("UsagePoint", format!("UP{:05}", channel + 1))),
            meter: Some(Name::new("MeterSerialNumber", format!("M{:07}", 4_100_000 + channel))),
            suffix: SmolStr::default(),
            reading_type,
        },
        unit: "kWh".into(),
        values,
        revision: None,
        line: 0,
    }
}

/// A message that was cut off on its way.
fn broken_off(workload: &Workload) -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = MessageHeader { verb: "created".into(), noun: "MeterReadings".into(), ..MessageHeader::default() };
    let mut writer = MeterReadingsWriter::new(&header, &mut bytes);
    for (_, readings) in pieces(workload, 0).iter().take(20) {
        writer.write(readings, &mut bytes);
    }
    writer.finish(&mut bytes);
    bytes.truncate(bytes.len() * 2 / 3);
    bytes
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("made-up days are within the years of the calendar")
}
