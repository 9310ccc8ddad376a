//! `amity bench generate`: the files of a made-up utility.
//!
//! Two head-ends: one sends IEC 61968-9 XML every four hours, one sends CSV every four hours; both send a register
//! read at each midnight. With flaws there are gaps, spikes, a negative value now and then, a night in which one
//! collector is silent, and one broken file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use formats::cim::MeterReadingsWriter;
use ingest::placement::zone_of;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::id::Name;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, MessageHeader, Values};
use model::reading_type::ReadingType;
use model::time::LocalDay;
use serde_json::json;
use smol_str::SmolStr;

use super::keeping::{quarter_hours, register_read};
use crate::clock;
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
    from: Option<Date>,
    /// Zone of the utility; its days are whole.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    zone: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// The instants that the files are about.
struct Days {
    /// Local midnights, the one after the last day included.
    midnights: Vec<i64>,
}

impl Days {
    fn of(first: Date, count: u32, zone: &TimeZone) -> Result<Self, Failure> {
        let midnight = |day: u32| {
            let date = first.checked_add(i64::from(day).days()).ok()?;
            Some(LocalDay::of(date, zone)?.range.start.as_second())
        };
        let midnights = (0..=count).map(midnight).collect::<Option<_>>();
        midnights
            .map(|midnights| Self { midnights })
            .ok_or_else(|| Failure::Usage("the days are outside the years of the calendar".into()))
    }

    fn start(&self) -> i64 {
        self.midnights.first().copied().unwrap_or(0)
    }

    fn end(&self) -> i64 {
        self.midnights.last().copied().unwrap_or(0)
    }
}

impl Generate {
    /// Writes the files.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let zone = zone_of(&self.zone).map_err(|error| Failure::Usage(format!("--zone: {error}")))?;
        let today = clock::now().to_zoned(zone.clone()).date();
        let first = self.from.unwrap_or_else(|| today.saturating_sub(i64::from(self.days).days()));
        let days = Days::of(first, self.days, &zone)?;
        // A clock change makes the days together an hour longer or shorter than their number of 24 hours.
        let mut workload = Workload::new(self.seed, self.channels, self.days + 1);
        workload.start = days.start();
        workload.flaws_among = (!self.flawless).then_some(1000);
        workload.silent_night = !self.flawless;
        let in_folder = |error| Failure::work(format!("could not write into {}", self.folder.display()), error);
        fs::create_dir_all(&self.folder).map_err(in_folder)?;
        let mut files = 0;
        for file in 0..workload.files() {
            files += write_file(&self.folder, &workload, &days, file).map_err(in_folder)?;
        }
        if workload.flaws_among.is_some() {
            fs::write(self.folder.join("hes-1-broken-off.xml"), broken_off(&workload, &days)).map_err(in_folder)?;
            files += 1;
        }
        if self.json {
            output::print_json(&json!({ "files": files, "interval_readings": workload.readings() }))?;
        } else {
            output::say(&format!("{files} files with {} interval readings", grouped(workload.readings())));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn write_file(folder: &Path, workload: &Workload, days: &Days, file: u32) -> std::io::Result<u32> {
    let stamp = instant(workload.file_start(file)).strftime("%Y%m%dT%H%M").to_string();
    let (xml, csv): (Vec<_>, Vec<_>) =
        pieces(workload, days, file).into_iter().partition(|(channel, _)| channel % 3 != 0);
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
fn pieces(workload: &Workload, days: &Days, file: u32) -> Vec<(u32, ChannelReadings)> {
    let within = workload.file(file).filter(|piece| piece.start < days.end());
    let mut pieces: Vec<_> = within.map(|piece| (piece.channel, four_hours(workload, days, piece))).collect();
    let four_hours = workload.file_start(file)..workload.file_start(file + 1);
    for midnight in days.midnights.iter().filter(|midnight| four_hours.contains(midnight)) {
        pieces.extend((0..workload.channels).map(|channel| (channel, register(workload, channel, *midnight))));
    }
    pieces
}

fn four_hours(workload: &Workload, days: &Days, piece: Piece) -> ChannelReadings {
    let at = |slot: u32| piece.start + i64::from(slot * INTERVAL_SECONDS);
    let value = |slot| workload.value(piece.channel, at(slot)).unwrap_or(IntervalRun::MISSING);
    let slots = (0..FILE_INTERVALS).take_while(|slot| at(*slot) < days.end());
    let run = IntervalRun {
        start: instant(piece.start),
        length_seconds: INTERVAL_SECONDS,
        values: slots.map(value).collect(),
        exponent: -3,
        qualities: Vec::new(),
    };
    readings(piece.channel, "E1", quarter_hours(), Values::Intervals(run))
}

fn register(workload: &Workload, channel: u32, at: i64) -> ChannelReadings {
    let read = register_read(instant(at), workload.register(channel, at));
    let reading_type = ReadingType { measuring_period: 0, accumulation: 1, ..quarter_hours() };
    readings(channel, "R1", reading_type, Values::Registers(vec![read]))
}

fn readings(channel: u32, suffix: &'static str, reading_type: ReadingType, values: Values) -> ChannelReadings {
    ChannelReadings {
        channel: ChannelKey {
            usage_point: Some(Name::new("UsagePoint", format!("UP{:05}", channel + 1))),
            meter: Some(Name::new("MeterSerialNumber", format!("M{:07}", 4_100_000 + channel))),
            suffix: SmolStr::new_static(suffix),
            reading_type,
        },
        unit: "kWh".into(),
        values,
        revision: None,
        line: 0,
    }
}

/// A message that was cut off on its way.
fn broken_off(workload: &Workload, days: &Days) -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = MessageHeader { verb: "created".into(), noun: "MeterReadings".into(), ..MessageHeader::default() };
    let mut writer = MeterReadingsWriter::new(&header, &mut bytes);
    for (_, readings) in pieces(workload, days, 0).iter().take(20) {
        writer.write(readings, &mut bytes);
    }
    writer.finish(&mut bytes);
    bytes.truncate(bytes.len() * 2 / 3);
    bytes
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("made-up days are within the years of the calendar")
}
