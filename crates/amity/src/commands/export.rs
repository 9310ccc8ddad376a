//! `amity export`: readings in the formats that others read.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use ingest::placement::zone_of;
use interop::channel_day::{Manner, Passed, Told, left_out};
use interop::message::Stage;
use model::id::ChannelNumber;
use model::master::Channel;
use model::quality::assumed_time::AssumedTime;
use model::reading::{ChannelReadings, MessageHeader, Values};
use model::time::TimeRange;
use store::readings::AsOf;

use super::time_span::{TimeSpan, instant};
use crate::clock;
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::Progress;

/// Write readings as IEC 61968-9 XML, NEM12, CSV or Parquet.
///
/// Times without an offset are in the zone of each channel. Exit status 0: everything was written; 1: something is damaged and
/// left out.
#[derive(Debug, Args)]
pub struct Export {
    /// Only channels whose label begins with this.
    prefix: Option<String>,
    /// The format.
    #[arg(long, value_enum)]
    format: Written,
    #[command(flatten)]
    span: TimeSpan,
    /// What was known at this time, instead of now.
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// Values as received, without what validation and estimation decided.
    #[arg(long)]
    raw: bool,
    /// What to do with final values of assumed meter time: exclude (a gap), accept (as received) or estimate (as final).
    #[arg(long, value_name = "TREATMENT", default_value_t, conflicts_with = "raw")]
    assumed_time: AssumedTime,
    /// File to write; standard output where not given.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Formats that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Written {
    Cim,
    Nem12,
    Csv,
    Parquet,
}

impl Written {
    /// What it tells of values that validation let stand.
    fn passed(self) -> Passed {
        match self {
            Self::Cim | Self::Nem12 => Passed::AsReceived,
            Self::Csv | Self::Parquet => Passed::Validated,
        }
    }
}

impl Export {
    /// Writes channel by channel.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        let zone = zone_of(&installation.settings.zone).map_err(|error| Failure::Usage(error.to_string()))?;
        let as_of = match &self.as_of {
            Some(text) => AsOf::At(instant("--as-of", text, &zone)?.as_microsecond()),
            None => AsOf::Now,
        };
        let directory = installation.ask(installation.books.registry.directory())?;
        let stage = if self.raw { Stage::Received } else { Stage::Final };
        let mut channels = installation.ask(installation.books.registry.channels().page(ChannelNumber(0), u32::MAX))?;
        let prefix = self.prefix.as_deref().unwrap_or("");
        channels.retain(|channel| channel.label.starts_with(prefix));
        if channels.is_empty() {
            output::say(&format!("no label begins with `{prefix}`; `amity registry list` shows what is there"));
        }
        let ranges = channels.iter().map(|channel| self.range(channel)).collect::<Result<Vec<_>, _>>()?;
        let file: Box<dyn Write + Send> = match &self.output {
            Some(path) => Box::new(
                File::create(caller::path(path))
                    .map_err(|error| Failure::work(format!("could not write {}", path.display()), error))?,
            ),
            None => output::results()?,
        };
        let decimals = channels.iter().map(|channel| channel.quantum.min(0).unsigned_abs()).max().unwrap_or(0);
        let mut writer = Writer::new(self.format, BufWriter::new(file), decimals)?;
        let mut progress = Progress::new("wrote", "channels");
        let (mut left_out_count, mut is_whole) = (0, true);
        for (channel, range) in channels.iter().zip(ranges).take_while(|_| !output::nobody_reads()) {
            let manner = Manner { assumed_time: self.assumed_time, passed: self.format.passed() };
            let told = Told { book: &installation.books.readings, directory: &directory, channel, manner };
            let (pieces, damaged) = told
                .pieces(range, as_of, stage)
                .map_err(|error| Failure::work(format!("could not read {}", channel.label), error))?;
            left_out_count += pieces.iter().map(of_piece).sum::<usize>();
            is_whole &= damaged.is_empty();
            damaged.iter().for_each(|damage| output::say(&format!("{}: left out: {damage}", channel.label)));
            writer.write(&pieces)?;
            progress.add(1, &channel.label);
        }
        writer.finish()?;
        progress.finish();
        if 0 < left_out_count {
            output::say(&format!("{left_out_count} intervals of assumed meter time are left out"));
        }
        if let Some(path) = &self.output {
            output::say(&format!("wrote {}", path.display()));
        }
        Ok(ExitCode::from(u8::from(!is_whole)))
    }

    /// The instants that are asked for of a channel.
    fn range(&self, channel: &Channel) -> Result<TimeRange, Failure> {
        self.span.range(&zone_of(&channel.zone).map_err(|error| Failure::Usage(error.to_string()))?)
    }
}

/// How many intervals of assumed meter time are left out of a piece.
fn of_piece(piece: &ChannelReadings) -> usize {
    match &piece.values {
        Values::Intervals(run) => left_out(run),
        Values::Registers(_) => 0,
    }
}

/// A writer of one format over a file.
enum Writer {
    Cim(Box<formats::cim::MeterReadingsWriter>, Out),
    Nem12(Box<formats::nem12::Writer>, Out),
    Csv(formats::csv::Writer, Out),
    Parquet(Box<formats::parquet::Writer<Out>>),
}

type Out = BufWriter<Box<dyn Write + Send>>;

fn not_written(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::work("could not write the export", error)
}

impl Writer {
    fn new(format: Written, mut out: Out, decimals: u8) -> Result<Self, Failure> {
        let now = clock::now();
        Ok(match format {
            Written::Cim => {
                let header = MessageHeader {
                    verb: "created".into(),
                    noun: "MeterReadings".into(),
                    id: uuid::Uuid::new_v4().to_string().into(),
                    source: "Amity".into(),
                    timestamp: Some(now),
                };
                let mut bytes = Vec::new();
                let writer = formats::cim::MeterReadingsWriter::new(&header, &mut bytes);
                out.write_all(&bytes).map_err(not_written)?;
                Self::Cim(Box::new(writer), out)
            }
            Written::Nem12 => Self::Nem12(Box::new(formats::nem12::Writer::new("AMITY", "", now)), out),
            Written::Csv => Self::Csv(formats::csv::Writer::new(), out),
            Written::Parquet => {
                Self::Parquet(Box::new(formats::parquet::Writer::new(out, decimals).map_err(not_written)?))
            }
        })
    }

    fn write(&mut self, pieces: &[ChannelReadings]) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        match self {
            Self::Cim(writer, out) => {
                pieces.iter().for_each(|piece| writer.write(piece, &mut bytes));
                out.write_all(&bytes).map_err(not_written)
            }
            Self::Nem12(writer, out) => {
                let mut left_out = pieces.iter().filter_map(|piece| writer.write(piece).err());
                if let Some(reason) = left_out.next() {
                    let more = left_out.count();
                    let more = if more == 0 { String::new() } else { format!(", and {more} more of this channel") };
                    output::say(&format!("left out: {reason}{more}"));
                }
                out.write_all(&writer.take()).map_err(not_written)
            }
            Self::Csv(writer, out) => {
                pieces.iter().for_each(|piece| writer.write(piece));
                out.write_all(&writer.take()).map_err(not_written)
            }
            Self::Parquet(writer) => pieces.iter().try_for_each(|piece| writer.write(piece)).map_err(not_written),
        }
    }

    fn finish(self) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        let mut out = match self {
            Self::Cim(writer, out) => {
                writer.finish(&mut bytes);
                out
            }
            Self::Nem12(mut writer, out) => {
                writer.finish();
                bytes = writer.take();
                out
            }
            Self::Csv(_, out) => out,
            Self::Parquet(writer) => writer.finish().map_err(not_written)?,
        };
        out.write_all(&bytes).and_then(|()| out.flush()).map_err(not_written)
    }
}
