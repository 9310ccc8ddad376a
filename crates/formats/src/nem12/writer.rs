//! NEM12 from the model.

use std::fmt::Write as _;

use jiff::Timestamp;
use model::quality::{Quality, Status, nem12};
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, Values};
use smol_str::{SmolStr, format_smolstr};

use super::market_time::{OFFSET, stamp};
use crate::intervals::intervals;
use crate::text::fields::write_field;
use crate::text::measure;

const DAY_SECONDS: i64 = 86_400;

/// Why readings cannot be told in NEM12.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Register reads and amounts of periods.
    #[error("channel {0} has register reads, NEM12 holds intervals only")]
    Registers(SmolStr),
    /// The length is not 1, 5, 10, 15 or 30 minutes.
    #[error("channel {channel} has intervals of {seconds} s, NEM12 has 5, 15 and 30 minutes")]
    Length {
        /// The channel.
        channel: SmolStr,
        /// Its length.
        seconds: u32,
    },
    /// An interval does not begin on a multiple of its length after midnight of market time.
    #[error("channel {channel}: the interval from {start} is not aligned to the day of market time")]
    Unaligned {
        /// The channel.
        channel: SmolStr,
        /// Its start.
        start: Timestamp,
    },
    /// NEM12 has no sign: the direction is in the channel.
    #[error("channel {channel} has the negative value {value}, NEM12 has none")]
    Negative {
        /// The channel.
        channel: SmolStr,
        /// The value.
        value: Decimal,
    },
    /// No usage point to name in the 200 record.
    #[error("channel {0} has no usage point, NEM12 needs an NMI")]
    NoUsagePoint(SmolStr),
}

/// Writes NEM12 into a buffer that the caller empties as it likes.
///
/// Give the pieces of a channel together and in order of time. A day that the pieces cover in part
/// is filled with zeros under flag `N`, and a value that is missing is written so too: the format has no
/// empty value, and the market operator's example files write it so.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    stream: Option<Stream>,
    day: Option<Day>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stream {
    channel: ChannelKey,
    unit: SmolStr,
    length_seconds: u32,
}

/// A day of a stream while its values come.
#[derive(Debug)]
struct Day {
    /// Days since 1970 in market time.
    number: i64,
    values: Vec<(Option<Decimal>, Quality)>,
    revision: Option<Timestamp>,
}

impl Writer {
    /// A writer that has written the header with the participants and the time of creation.
    pub fn new(from: &str, to: &str, created: Timestamp) -> Self {
        let mut out = b"100,NEM12,".to_vec();
        out.extend_from_slice(&stamp(created).as_bytes()[..12]);
        for participant in [from, to] {
            out.push(b',');
            write_field(&mut out, participant);
        }
        out.extend_from_slice(b"\r\n");
        Self { out, stream: None, day: None }
    }

    /// Writes the days of one piece; the last one waits for the next piece.
    ///
    /// # Errors
    /// [`WriteError`]; what was written before stays valid.
    pub fn write(&mut self, readings: &ChannelReadings) -> Result<(), WriteError> {
        let label = || SmolStr::from(readings.channel.label());
        let Values::Intervals(run) = &readings.values else { return Err(WriteError::Registers(label())) };
        let seconds = run.length_seconds;
        if !matches!(seconds, 60 | 300 | 600 | 900 | 1800) {
            return Err(WriteError::Length { channel: label(), seconds });
        }
        let market_start = run.start.as_second() + i64::from(OFFSET.seconds());
        if market_start % i64::from(seconds) != 0 || run.start.subsec_nanosecond() != 0 {
            return Err(WriteError::Unaligned { channel: label(), start: run.start });
        }
        if let Some(digits) = run.values.iter().find(|digits| **digits < 0 && **digits != IntervalRun::MISSING) {
            return Err(WriteError::Negative { channel: label(), value: Decimal::new(*digits, run.exponent) });
        }
        self.begin_stream(readings, seconds)?;
        self.add(run, readings.revision);
        Ok(())
    }

    /// Writes the day that waits and the end record.
    pub fn finish(&mut self) {
        self.end_day();
        self.out.extend_from_slice(b"900\r\n");
    }

    /// What was written since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn begin_stream(&mut self, readings: &ChannelReadings, length_seconds: u32) -> Result<(), WriteError> {
        let channel = &readings.channel;
        let stream = Stream { channel: channel.clone(), unit: readings.unit.clone(), length_seconds };
        if self.stream.as_ref() == Some(&stream) {
            return Ok(());
        }
        let Some(nmi) = &channel.usage_point else { return Err(WriteError::NoUsagePoint(channel.label().into())) };
        self.end_day();
        let suffix = suffix(channel);
        let serial = channel.meter.as_ref().map_or("", |meter| meter.value.as_str());
        let minutes = format_smolstr!("{}", length_seconds / 60);
        self.out.extend_from_slice(b"200");
        for field in [nmi.value.as_str(), &suffix, &suffix, &suffix, "", serial, &readings.unit, &minutes, ""] {
            self.out.push(b',');
            write_field(&mut self.out, field);
        }
        self.out.extend_from_slice(b"\r\n");
        self.stream = Some(stream);
        Ok(())
    }

    fn add(&mut self, run: &IntervalRun, revision: Option<Timestamp>) {
        let length = i64::from(run.length_seconds);
        let count = usize::try_from(DAY_SECONDS / length).expect("a day has at most 1440 intervals of a minute");
        for interval in intervals(run) {
            let at = interval.start + i64::from(OFFSET.seconds());
            let number = at.div_euclid(DAY_SECONDS);
            if self.day.as_ref().is_none_or(|day| day.number != number) {
                self.end_day();
                self.day = Some(Day { number, values: vec![(None, Quality::default()); count], revision });
            }
            if let Some(day) = &mut self.day {
                let position = usize::try_from(at.rem_euclid(DAY_SECONDS) / length).unwrap_or_default();
                day.values[position] = (interval.value, interval.quality.clone());
                day.revision = day.revision.max(revision);
            }
        }
    }

    fn end_day(&mut self) {
        let Some(day) = self.day.take() else { return };
        let Ok(midnight) = Timestamp::from_second(day.number * DAY_SECONDS - i64::from(OFFSET.seconds())) else {
            return;
        };
        let mut text = format!("300,{}", &stamp(midnight)[..8]);
        for (value, _) in &day.values {
            match value {
                Some(value) => write!(text, ",{value}").expect("a string takes all"),
                None => text.push_str(",0"),
            }
        }
        self.out.extend_from_slice(text.as_bytes());
        let parts = parts(&day.values);
        let updated = day.revision.map(stamp).unwrap_or_default();
        let whole = if let [(_, words)] = parts.as_slice() { words.clone() } else { Words::variable() };
        self.quality(&whole);
        self.out.extend_from_slice(format!(",{updated},\r\n").as_bytes());
        if let [_] = parts.as_slice() {
            return;
        }
        let mut first = 1;
        for (length, words) in parts {
            self.out.extend_from_slice(format!("400,{first},{}", first + length - 1).as_bytes());
            self.quality(&words);
            self.out.extend_from_slice(b"\r\n");
            first += length;
        }
    }

    fn quality(&mut self, words: &Words) {
        let reason = words.reason.map_or(String::new(), |reason| reason.to_string());
        for field in [words.flag.as_str(), &reason, &words.remark] {
            self.out.push(b',');
            write_field(&mut self.out, field);
        }
    }
}

/// QualityMethod, ReasonCode and ReasonDescription.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Words {
    flag: SmolStr,
    reason: Option<u16>,
    remark: SmolStr,
}

impl Words {
    fn variable() -> Self {
        Self { flag: "V".into(), reason: None, remark: SmolStr::default() }
    }

    fn of(value: Option<Decimal>, quality: &Quality) -> Self {
        let missing = Quality::of(Status::MISSING);
        let is_missing = value.is_none() && !quality.status.contains(Status::MISSING);
        let (flag, reason, remark) = nem12::flag_of(if is_missing { &missing } else { quality });
        if flag == "V" {
            // An interval cannot be variable itself: substituted, and not accepted as it stands.
            return Self { flag: "S18".into(), reason: Some(45), remark };
        }
        Self { flag, reason, remark }
    }
}

/// How many intervals in a row share a quality.
fn parts(values: &[(Option<Decimal>, Quality)]) -> Vec<(usize, Words)> {
    let mut parts: Vec<(usize, Words)> = Vec::new();
    for (value, quality) in values {
        let words = Words::of(*value, quality);
        match parts.last_mut() {
            Some((length, last)) if *last == words => *length += 1,
            _ => parts.push((1, words)),
        }
    }
    parts
}

/// The NMISuffix: the channel's own where it is one, else the first meter's of its kind.
fn suffix(channel: &ChannelKey) -> SmolStr {
    const REACTIVE: u16 = 73;
    if (1..=2).contains(&channel.suffix.len()) {
        return channel.suffix.clone();
    }
    let is_reverse = channel.reading_type.flow_direction == measure::REVERSE;
    match (channel.reading_type.unit == REACTIVE, is_reverse) {
        (false, false) => "E1".into(),
        (false, true) => "B1".into(),
        (true, false) => "Q1".into(),
        (true, true) => "K1".into(),
    }
}
