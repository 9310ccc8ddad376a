//! A sink that keeps everything, and the real files that tests read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use formats::{Format, Options, Refused, Sink, reader};
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::quantity::Sum;
use model::reading::{ChannelReadings, IntervalRun, MessageHeader, Values};

/// Everything a reader told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    pub messages: Vec<MessageHeader>,
    pub readings: Vec<ChannelReadings>,
    pub events: Vec<EndDeviceEvent>,
    pub findings: Vec<Finding>,
    pub refused: Option<Refused>,
}

impl Sink for Collected {
    fn message(&mut self, header: &MessageHeader) {
        self.messages.push(header.clone());
    }

    fn readings(&mut self, readings: &ChannelReadings) {
        self.readings.push(readings.clone());
    }

    fn event(&mut self, event: &EndDeviceEvent) {
        self.events.push(event.clone());
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }
}

/// Values of one channel added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub count: usize,
    pub sum: String,
    pub start: String,
    pub end: String,
    pub flags: BTreeMap<String, usize>,
}

impl Collected {
    /// The findings as `line code`.
    pub fn codes(&self) -> Vec<String> {
        self.findings.iter().map(|finding| format!("{} {}", finding.line, finding.code)).collect()
    }

    /// Count, sum, first start, last end and flags per channel label.
    pub fn totals(&self) -> BTreeMap<String, Total> {
        let mut sums: BTreeMap<String, (Sum, Total)> = BTreeMap::new();
        for piece in &self.readings {
            let (sum, total) = sums.entry(piece.channel.label()).or_default();
            match &piece.values {
                Values::Intervals(run) => add_run(run, sum, total),
                Values::Registers(reads) => {
                    for read in reads {
                        let Some(value) = read.value else { continue };
                        sum.add(value.digits.into(), value.exponent).expect("fits");
                        total.count += 1;
                        widen(total, read.period_start.unwrap_or(read.at), read.at);
                        *total.flags.entry(read.quality.flag.to_string()).or_default() += 1;
                    }
                }
            }
            total.sum = sum.to_string();
        }
        sums.into_iter().map(|(label, (_, total))| (label, total)).collect()
    }
}

fn add_run(run: &IntervalRun, sum: &mut Sum, total: &mut Total) {
    for value in run.values.iter().filter(|value| **value != IntervalRun::MISSING) {
        sum.add((*value).into(), run.exponent).expect("fits");
        total.count += 1;
    }
    let seconds = i64::from(run.length_seconds) * i64::try_from(run.values.len()).expect("short");
    let end = jiff::Timestamp::from_second(run.start.as_second() + seconds).expect("in range");
    widen(total, run.start, end);
    for span in &run.qualities {
        *total.flags.entry(span.quality.flag.to_string()).or_default() += (span.to - span.from) as usize;
    }
}

fn widen(total: &mut Total, start: jiff::Timestamp, end: jiff::Timestamp) {
    let (start, end) = (start.to_string(), end.to_string());
    if total.start.is_empty() || start < total.start {
        total.start = start;
    }
    if total.end < end {
        total.end = end;
    }
}

/// Reads a whole input in pieces of `piece` bytes.
pub fn read_in_pieces(format: Format, options: &Options, input: &[u8], piece: usize) -> Collected {
    let mut collected = Collected::default();
    let mut reader = reader(format, options);
    for bytes in input.chunks(piece) {
        if let Err(refused) = reader.push(bytes, &mut collected) {
            collected.refused = Some(refused);
            return collected;
        }
    }
    collected.refused = reader.finish(&mut collected).err();
    collected
}

/// Reads a whole input at once.
pub fn read(format: Format, input: &str) -> Collected {
    read_in_pieces(format, &Options::default(), input.as_bytes(), input.len().max(1))
}

/// The folder of real files, `None` (said aloud) where this machine has none.
pub fn real_data(folder: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("AMITY_REAL_DATA").map_or(beside, PathBuf::from);
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no real data in {}", path.display());
    None
}
