//! What a message says, without storing it: channels, counts, exact sums, spans, qualities, findings.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};

use formats::{Format, Options, Refused, Sink};
use jiff::Timestamp;
use model::event::EndDeviceEvent;
use model::finding::{Finding, Severity};
use model::quality::Quality;
use model::quantity::Sum;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, MessageHeader, RegisterRead, Values};
use model::reading_type::ReadingType;
use smol_str::SmolStr;

/// Findings kept for one input; the rest are counted.
pub const FINDINGS_MAX: usize = 1000;

/// What is known of one channel of a message.
#[derive(Clone, Debug)]
pub struct ChannelInventory {
    /// The name people type: `<usage point or meter>/<suffix or reading type>`.
    pub label: String,
    /// What is measured.
    pub reading_type: ReadingType,
    /// The unit in the words of the source.
    pub unit: SmolStr,
    /// Values given, register reads included.
    pub count: u64,
    /// Exact total of the values in the source's own unit.
    pub sum: Sum,
    /// Start of the first interval, or moment of the first read.
    pub first: Timestamp,
    /// End of the last interval, or moment of the last read.
    pub last: Timestamp,
    /// How many values carry each flag, in the words of the source.
    pub qualities: BTreeMap<SmolStr, u64>,
}

/// What one input holds.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The format, by content; `None` where it is not one Amity reads.
    pub format: Option<Format>,
    /// Whether anything of the input may be used.
    pub accepted: bool,
    /// The first envelope or header.
    pub message: Option<MessageHeader>,
    /// Channels in the order of their first value.
    pub channels: Vec<ChannelInventory>,
    /// Device events seen.
    pub events: u64,
    /// The first [`FINDINGS_MAX`] findings.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub findings_count: u64,
    by_key: HashMap<ChannelKey, usize>,
}

impl Inventory {
    /// The inventory of a stream of bytes; `format` is recognised by content where not given.
    pub fn of(bytes: &mut dyn Read, format: Option<Format>, options: &Options) -> Self {
        let mut inventory = Self { accepted: true, ..Self::default() };
        let outcome = read(bytes, format, options, &mut inventory);
        match outcome {
            Ok(format) => inventory.format = Some(format),
            Err(ReadError { format, finding }) => {
                inventory.format = format;
                inventory.accepted = false;
                inventory.finding(finding);
            }
        }
        inventory
    }

    /// The inventory of an input that holds nothing to read, such as an empty folder.
    pub fn empty(finding: Finding) -> Self {
        Self { accepted: true, ..Self::unreadable(finding) }
    }

    /// The inventory of an input that could not be opened.
    pub fn unreadable(finding: Finding) -> Self {
        Self { findings: vec![finding], findings_count: 1, ..Self::default() }
    }

    /// The worst severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    fn channel(&mut self, readings: &ChannelReadings, first: Timestamp) -> &mut ChannelInventory {
        let at = match self.by_key.get(&readings.channel) {
            Some(at) => *at,
            None => {
                self.by_key.insert(readings.channel.clone(), self.channels.len());
                self.channels.push(ChannelInventory {
                    label: readings.channel.label(),
                    reading_type: readings.channel.reading_type,
                    unit: readings.unit.clone(),
                    count: 0,
                    sum: Sum::default(),
                    first,
                    last: first,
                    qualities: BTreeMap::new(),
                });
                self.channels.len() - 1
            }
        };
        &mut self.channels[at]
    }
}

impl ChannelInventory {
    fn cover(&mut self, first: Timestamp, last: Timestamp) {
        self.first = self.first.min(first);
        self.last = self.last.max(last);
    }

    /// Adds a value; `false` where the exact total would need more than 38 digits.
    fn add(&mut self, digits: i128, exponent: i8) -> bool {
        self.sum.add(digits, exponent).is_ok()
    }

    fn flag(&mut self, quality: &Quality, count: u64) {
        if 0 < count && !quality.flag.is_empty() {
            *self.qualities.entry(quality.flag.clone()).or_default() += count;
        }
    }

    fn add_run(&mut self, run: &IntervalRun) -> bool {
        let given = || run.values.iter().filter(|value| **value != IntervalRun::MISSING);
        self.count += given().count() as u64;
        let total: i128 = given().map(|value| i128::from(*value)).sum();
        for span in &run.qualities {
            self.flag(&span.quality, u64::from(span.to.saturating_sub(span.from)));
        }
        self.add(total, run.exponent)
    }

    fn add_read(&mut self, read: &RegisterRead) -> bool {
        self.cover(read.period_start.unwrap_or(read.at), read.at);
        self.flag(&read.quality, 1);
        let Some(value) = read.value else { return true };
        self.count += 1;
        self.add(i128::from(value.digits), value.exponent)
    }
}

/// The end of an interval run; `None` beyond the years a timestamp can hold.
pub(crate) fn end_of(run: &IntervalRun) -> Option<Timestamp> {
    let seconds = i64::try_from(run.values.len()).ok()?.checked_mul(i64::from(run.length_seconds))?;
    Timestamp::from_second(run.start.as_second().checked_add(seconds)?).ok()
}

impl Sink for Inventory {
    fn message(&mut self, header: &MessageHeader) {
        self.message.get_or_insert_with(|| header.clone());
    }

    fn readings(&mut self, readings: &ChannelReadings) {
        let exact = match &readings.values {
            Values::Intervals(run) => {
                let channel = self.channel(readings, run.start);
                if let Some(end) = end_of(run) {
                    channel.cover(run.start, end);
                }
                channel.add_run(run)
            }
            Values::Registers(reads) => {
                let Some(first) = reads.first() else { return };
                let channel = self.channel(readings, first.period_start.unwrap_or(first.at));
                // Every read is added, also after one that does not fit.
                reads.iter().filter(|read| !channel.add_read(read)).count() == 0
            }
        };
        if !exact {
            let message = "the total of this channel needs more than 38 digits; the sum shown leaves values out";
            self.finding(Finding::new(readings.line, "value", "inspect.sum", message));
        }
    }

    fn event(&mut self, _event: &EndDeviceEvent) {
        self.events += 1;
    }

    fn finding(&mut self, finding: Finding) {
        self.findings_count += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        } else if finding.severity == Severity::Refused {
            // A refusal decides the exit status, so it is kept even in a full list.
            self.findings[FINDINGS_MAX - 1] = finding;
        }
    }
}

/// Why a stream could not be read to its end.
#[derive(Debug)]
pub struct ReadError {
    /// The format, where it was recognised.
    pub format: Option<Format>,
    /// What was wrong.
    pub finding: Finding,
}

const CHUNK_BYTES: usize = 256 << 10;

/// Reads a stream of a format (recognised by content where not given) into a sink.
///
/// # Errors
/// [`ReadError`] when the input is refused, of no known format, or cannot be read to its end.
pub fn read(
    bytes: &mut dyn Read,
    format: Option<Format>,
    options: &Options,
    sink: &mut dyn Sink,
) -> Result<Format, ReadError> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let unreadable = |format, error: &io::Error| ReadError { format, finding: crate::files::unreadable(error) };
    let mut filled = 0;
    while filled < formats::DETECT_BYTES {
        match bytes.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) => return Err(unreadable(format, &error)),
        }
    }
    let Some(found) = format.or_else(|| formats::detect(&chunk[..filled])) else {
        return Err(ReadError { format: None, finding: unknown_format(&chunk[..filled]) });
    };
    let mut reader = formats::reader(found, options);
    let refused = |Refused(finding)| ReadError { format: Some(found), finding };
    let mut watched = Watched { sink, tells_anything: false };
    while 0 < filled {
        reader.push(&chunk[..filled], &mut watched).map_err(refused)?;
        filled = bytes.read(&mut chunk).map_err(|error| unreadable(Some(found), &error))?;
    }
    reader.finish(&mut watched).map_err(refused)?;
    if !watched.tells_anything {
        let what = format!("it is {} without a reading or an event", found.name());
        sink.finding(crate::files::nothing(&what));
    }
    Ok(found)
}

/// Passes on what a reader tells, and knows whether there was anything in it: values, events, or why there are none.
struct Watched<'s> {
    sink: &'s mut dyn Sink,
    tells_anything: bool,
}

impl Sink for Watched<'_> {
    fn message(&mut self, header: &MessageHeader) {
        self.sink.message(header);
    }

    fn readings(&mut self, readings: &ChannelReadings) {
        self.tells_anything = true;
        self.sink.readings(readings);
    }

    fn event(&mut self, event: &EndDeviceEvent) {
        self.tells_anything = true;
        self.sink.event(event);
    }

    fn finding(&mut self, finding: Finding) {
        self.tells_anything |= finding.severity == Severity::Error;
        self.sink.finding(finding);
    }
}

fn unknown_format(prefix: &[u8]) -> Finding {
    let known: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
    let found = if prefix.is_empty() { "an empty file" } else { "content of none of these kinds" };
    let message =
        format!("expected one of {}, found {found}; name the format with --format if you know it", known.join(", "));
    Finding::new(1, "file", "format.unknown", message).with_severity(Severity::Refused)
}
