//! The long form from the model.

use model::quality::Quality;
use model::quantity::Decimal;
use model::reading::{ChannelReadings, IntervalRun, Values};

use super::quality;
use crate::intervals::{Interval, intervals};
use crate::text::fields::write_field;

const HEADER: &str =
    "usage_point_id,meter_id,channel,reading_type,uom,start,end,value,quality,status,reason,remark,version\n";

/// Writes one row a value, and one for each that is said to be missing, into a buffer that the caller empties as it likes.
///
/// Every row stands alone. What reads back equal is everything but the kind and authority of names
/// and a flag beside codes.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
}

impl Default for Writer {
    fn default() -> Self {
        Self { out: HEADER.as_bytes().to_vec() }
    }
}

impl Writer {
    /// A writer that has written the header.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes the rows of one piece.
    pub fn write(&mut self, readings: &ChannelReadings) {
        match &readings.values {
            Values::Intervals(run) => self.intervals(readings, run),
            Values::Registers(reads) => {
                for read in reads {
                    let start = read.period_start.map_or(String::new(), |start| start.to_string());
                    self.row(readings, [&start, &read.at.to_string()], read.value, &read.quality);
                }
            }
        }
    }

    /// What was written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn intervals(&mut self, readings: &ChannelReadings, run: &IntervalRun) {
        for interval in intervals(run).filter(Interval::is_known) {
            let stamps = [interval.start, interval.end].map(|second| {
                jiff::Timestamp::from_second(second).map_or(String::new(), |instant| instant.to_string())
            });
            self.row(readings, [&stamps[0], &stamps[1]], interval.value, interval.quality);
        }
    }

    fn row(&mut self, readings: &ChannelReadings, stamps: [&str; 2], value: Option<Decimal>, quality: &Quality) {
        let channel = &readings.channel;
        let [flag, status] = quality::write(quality);
        let cells = [
            channel.usage_point.as_ref().map_or("", |name| name.value.as_str()),
            channel.meter.as_ref().map_or("", |name| name.value.as_str()),
            channel.suffix.as_str(),
            &channel.reading_type.to_string(),
            readings.unit.as_str(),
            stamps[0],
            stamps[1],
            &value.map_or(String::new(), |value| value.to_string()),
            &flag,
            &status,
            &quality.reason.map_or(String::new(), |reason| reason.to_string()),
            quality.remark.as_str(),
            &readings.revision.map_or(String::new(), |revision| revision.to_string()),
        ];
        for (at, cell) in cells.iter().enumerate() {
            if 0 < at {
                self.out.push(b',');
            }
            write_field(&mut self.out, cell);
        }
        self.out.push(b'\n');
    }
}
