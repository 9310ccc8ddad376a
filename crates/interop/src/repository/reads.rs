//! The register reads of a local day as they are stored.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::Name;
use model::master::Channel;
use model::quantity::Decimal;
use model::time::LocalDay;
use model::time::zone::zone_of;
use store::readings::{AsOf, Error, ReadingsBook, RegisterRead};
use store::registry::directory::Directory;
use store::registry::fact::FactKind;

use super::File;
use super::csv::{NAME, READ_FIELDS, VERSION, record};
use super::stamp::stamp;

/// The decimals that a read has at least.
const HUNDREDTHS: i8 = -2;
/// A register in bulk and in a cumulative total (`accumulation` of IEC 61968-9).
const GOES_ON_COUNTING: [u16; 2] = [1, 3];

/// Reads that are handed over.
#[derive(Clone, Copy)]
pub struct Reads<'a> {
    /// The readings.
    pub book: &'a ReadingsBook,
    /// Master data.
    pub directory: &'a Directory,
    /// The local day; in each zone its own.
    pub date: Date,
    /// Only what came after this moment: what the files before have is not told again.
    pub after: Option<Timestamp>,
}

/// What a file has, and what is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The file.
    pub file: File,
    /// Channels of intervals: a repository derives them from the reads (O-07).
    pub without_registers: u64,
    /// Channels of which something is damaged, by label.
    pub damaged: Vec<String>,
}

impl Reads<'_> {
    /// The file of so many before it; `progress` is told of channels.
    ///
    /// # Errors
    /// What the readings book says.
    pub fn file(self, number: usize, now: Timestamp, progress: &mut dyn FnMut(u64)) -> Result<Made, Error> {
        let date = self.date.to_string();
        let mut text = record(["H", NAME, VERSION, "reads", &date, &now.to_string()]);
        text.push_str(&record(["F"].into_iter().chain(READ_FIELDS)));
        let (mut entries, mut without_registers, mut damaged) = (0, 0, Vec::new());
        let mut channels: Vec<&Channel> = self.directory.channels().collect();
        channels.sort_unstable_by(|one, other| one.label.cmp(&other.label));
        for channel in channels {
            progress(1);
            if !is_counter(channel) {
                without_registers += u64::from(channel.interval_seconds.is_some());
                continue;
            }
            let Ok(zone) = zone_of(&channel.zone) else { continue };
            let Some(day) = LocalDay::of(self.date, &zone) else { continue };
            // A read at the first instant closes the day before; the one at the last belongs to this day (O-06).
            let (start, end) = (day.range.start.as_second() + 1, day.range.end.as_second() + 1);
            let history = self.book.read(channel.number, start, end, AsOf::Now)?;
            if !history.damaged.is_empty() {
                damaged.push(channel.label.to_string());
            }
            for read in history.registers.iter().filter(|read| read.is_standing() && self.is_new(read)) {
                if let Some(line) = self.line(channel, &zone, read) {
                    text.push_str(&line);
                    entries += 1;
                }
            }
        }
        text.push_str(&record(["T", &entries.to_string()]));
        let name = format!("reads-{date}-{}.csv", number + 1);
        Ok(Made { file: File { name, text, entries }, without_registers, damaged })
    }

    fn is_new(&self, read: &RegisterRead) -> bool {
        self.after.is_none_or(|after| after.as_microsecond() < read.received_at)
    }

    fn line(&self, channel: &Channel, zone: &TimeZone, read: &RegisterRead) -> Option<String> {
        let at = Timestamp::from_second(read.at).ok()?;
        let value = written(Decimal::new(read.value?, channel.quantum)).to_string();
        // The read at an exchange is that of the meter that goes, but for the first of the one that comes.
        let before = Timestamp::from_second(read.at - i64::from(!read.is_opening())).ok()?;
        let meter = self.directory.meters_at(channel.usage_point, before).last();
        let first = |names: &[Name]| names.first().map(|name| name.value.to_string()).unwrap_or_default();
        let point = first(self.directory.usage_point_names(channel.usage_point));
        let module = meter.and_then(|meter| self.directory.facts.at(FactKind::ModuleId, meter.0, before));
        let meter = meter.map(|meter| first(self.directory.meter_names(meter))).unwrap_or_default();
        let quality = self.book.quality(read.quality).unwrap_or_default();
        let quality = quality.status.words().collect::<Vec<_>>().join(";");
        let (kind, multiplier) =
            (channel.reading_type.to_string(), self.directory.multiplier_at(channel, before).to_string());
        let stamp = stamp(at, zone);
        let module = module.unwrap_or_default();
        Some(record(["R", &point, &meter, module, &kind, &channel.unit, &multiplier, &stamp, &value, &quality]))
    }
}

/// A read without the zeros that only its place in the book has; to 0.01 at least (Ontario 2.3.3).
fn written(value: Decimal) -> Decimal {
    let short = value.normalized();
    // Finer ones keep every digit.
    short.rescaled(HUNDREDTHS).map_or(short, |digits| Decimal::new(digits, HUNDREDTHS))
}

/// Whether a channel is a register that goes on counting: a Meter Read of the specification.
fn is_counter(channel: &Channel) -> bool {
    let reading_type = channel.reading_type;
    channel.interval_seconds.is_none()
        && reading_type.macro_period == 0
        && reading_type.measuring_period == 0
        && GOES_ON_COUNTING.contains(&reading_type.accumulation)
}
