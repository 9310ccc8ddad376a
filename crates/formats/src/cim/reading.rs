//! One IntervalReadings or Readings element: from its texts to a value placed in time.

use jiff::tz::TimeZone;
use model::finding::{Finding, Severity};
use model::quantity::Decimal;
use model::reading::IntervalRun;
use model::time::parse_rfc3339_seconds;

use super::quality::{QualityReader, QualityText};
use super::schema::Field;
use super::stamp::{Moment, moment};
use crate::Sink;

/// A text inside a reading, found by the pull parser or by the scanner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) field: Field,
    /// Which ReadingQualities element of the reading it is in, from 0.
    pub(super) quality: usize,
    pub(super) text: &'a [u8],
    /// One-based line of the element.
    pub(super) line: u64,
}

/// One reading as compact as it can wait for the reading type, which comes after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// End of the interval, or moment of the read, in seconds of the epoch.
    pub(super) end: i64,
    start: i64,
    revision: i64,
    /// [`IntervalRun::MISSING`] where the source gives no value.
    pub(super) digits: i64,
    pub(super) exponent: i8,
    /// Number of the quality.
    pub(super) quality: u32,
    line: u32,
}

impl Entry {
    const NONE: i64 = i64::MIN;

    /// Start of the stated period.
    pub(super) fn start(&self) -> Option<i64> {
        (self.start != Self::NONE).then_some(self.start)
    }

    /// When the source reported this version.
    pub(super) fn revision(&self) -> Option<i64> {
        (self.revision != Self::NONE).then_some(self.revision)
    }

    /// The value; `None` where the source gives none.
    pub(super) fn value(&self) -> Option<Decimal> {
        (self.digits != IntervalRun::MISSING).then_some(Decimal::new(self.digits, self.exponent))
    }

    /// One-based line.
    pub(super) fn line(&self) -> u64 {
        u64::from(self.line)
    }

    /// The entry so many seconds and steps of lines after this one.
    pub(super) fn moved(mut self, digits: i64, seconds: i64, line_step: u64, steps: i64) -> Self {
        self.digits = digits;
        self.end += seconds;
        let lines = line_step.saturating_mul(steps.unsigned_abs());
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self
    }
}

/// Turns the texts of readings into entries.
#[derive(Debug)]
pub(super) struct Entries {
    zone: Option<TimeZone>,
    pub(super) qualities: QualityReader,
    clock: Clock,
    previous: Option<i64>,
    inferred_told: bool,
    /// The last reading whose value could not be read, until it is taken.
    pub(super) unread: Option<Unread>,
}

/// A reading whose value could not be read.
#[derive(Clone, Debug)]
pub(super) struct Unread {
    pub(super) finding: Finding,
    /// End of the interval, or moment of the read, in seconds of the epoch.
    pub(super) end: i64,
    /// Start of the stated period.
    pub(super) start: Option<i64>,
}

/// Stamps of the usual form; most are of the day of the stamp before.
#[derive(Debug, Default)]
struct Clock {
    date: [u8; 11],
    midnight: i64,
}

impl Clock {
    fn second(&mut self, text: &[u8]) -> Option<i64> {
        if let Some((date, &[h1, h2, b':', m1, m2, b':', s1, s2, b'Z'])) = text.split_first_chunk::<11>()
            && *date == self.date
        {
            let pair = |tens: u8, ones: u8, below: i64| {
                let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
                let number = i64::from(tens) * 10 + i64::from(ones);
                (tens < 10 && ones < 10 && number < below).then_some(number)
            };
            return Some(self.midnight + pair(h1, h2, 24)? * 3600 + pair(m1, m2, 60)? * 60 + pair(s1, s2, 60)?);
        }
        let second = parse_rfc3339_seconds(text)?;
        if let Some((date, [.., b'Z'])) = text.split_first_chunk::<11>() {
            self.date = *date;
            self.midnight = second - second.rem_euclid(86_400);
        }
        Some(second)
    }
}

impl Entries {
    pub(super) fn new(zone: Option<TimeZone>) -> Self {
        Self {
            zone,
            qualities: QualityReader::default(),
            clock: Clock::default(),
            previous: None,
            inferred_told: false,
            unread: None,
        }
    }

    /// Says that the next reading does not continue the series of the one before.
    pub(super) fn series_begins(&mut self) {
        self.previous = None;
    }

    /// The entry of a reading; one that cannot be placed is a finding, one without a proper value is [`Self::unread`].
    pub(super) fn entry(&mut self, line: u64, parts: &[Part<'_>], sink: &mut dyn Sink) -> Option<Entry> {
        let mut texts = Texts::default();
        let mut qualities: Vec<QualityText<'_>> = Vec::new();
        for part in parts {
            match part.field {
                Field::Stamp => texts.stamp = Some(*part),
                Field::Value => texts.value = Some(*part),
                Field::Reported => texts.reported = Some(*part),
                Field::PeriodStart => texts.period_start = Some(*part),
                Field::PeriodEnd => texts.period_end = Some(*part),
                Field::QualityRef | Field::QualityComment | Field::QualitySource => collect(&mut qualities, *part),
                _ => {}
            }
        }
        let Some(end) = texts.period_end.or(texts.stamp) else {
            let message = "the reading has no timeStamp, expected the end of its interval; it was not accepted";
            sink.finding(Finding::new(line, "timeStamp", "1.7", message));
            return None;
        };
        let end = self.second(end, sink)?;
        let start = match texts.period_start {
            Some(start) => self.second(start, sink)?,
            None => Entry::NONE,
        };
        let revision = texts.reported.and_then(|reported| self.second(reported, sink)).unwrap_or(Entry::NONE);
        let value = match texts.value {
            Some(value) if !value.text.is_empty() => match decimal(value) {
                Ok(value) => value,
                Err(finding) => {
                    self.previous = Some(end);
                    self.unread =
                        Some(Unread { finding, end, start: Some(start).filter(|start| *start != Entry::NONE) });
                    return None;
                }
            },
            _ => Decimal::new(IntervalRun::MISSING, 0),
        };
        self.previous = Some(end);
        Some(Entry {
            end,
            start,
            revision,
            digits: value.digits,
            exponent: value.exponent,
            quality: self.qualities.number(&qualities),
            line: u32::try_from(line).unwrap_or(u32::MAX),
        })
    }

    /// The entry of a reading whose texts are all of the usual form; `None` leaves it to [`Self::entry`].
    pub(super) fn usual(&mut self, line: u64, parts: &[Part<'_>]) -> Option<Entry> {
        let (mut end, mut period_end, mut start, mut revision) = (None, None, Entry::NONE, Entry::NONE);
        let mut value = Decimal::new(IntervalRun::MISSING, 0);
        let mut qualities: Vec<QualityText<'_>> = Vec::new();
        for part in parts {
            match part.field {
                Field::Stamp => end = Some(self.clock.second(part.text)?),
                Field::Value => value = Decimal::parse(part.text).ok()?,
                Field::Reported => revision = parse_rfc3339_seconds(part.text)?,
                Field::PeriodStart => start = parse_rfc3339_seconds(part.text)?,
                Field::PeriodEnd => period_end = Some(parse_rfc3339_seconds(part.text)?),
                Field::QualityRef | Field::QualityComment | Field::QualitySource => collect(&mut qualities, *part),
                _ => {}
            }
        }
        let end = period_end.or(end)?;
        self.previous = Some(end);
        let quality = self.qualities.number(&qualities);
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Some(Entry { end, start, revision, digits: value.digits, exponent: value.exponent, quality, line })
    }

    fn second(&mut self, part: Part<'_>, sink: &mut dyn Sink) -> Option<i64> {
        let (text, line, field) = (part.text, part.line, part.field.name());
        match moment(text, self.zone.as_ref(), self.previous) {
            Ok(Moment { second, inferred: false }) => Some(second),
            Ok(Moment { second, .. }) => {
                if !self.inferred_told {
                    self.inferred_told = true;
                    let message = "stamps carry no offset; they were read in the zone given for this source";
                    sink.finding(
                        Finding::new(line, field, "cim.offset_inferred", message).with_severity(Severity::Note),
                    );
                }
                Some(second)
            }
            Err(error) => {
                let what = match part.field {
                    Field::Reported => "the version of the reading is unknown",
                    _ => "the reading was not accepted",
                };
                let message = format!("found `{}`, {error}; {what}", shown(text));
                sink.finding(Finding::new(line, field, "cim.time", message));
                None
            }
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Texts<'a> {
    stamp: Option<Part<'a>>,
    value: Option<Part<'a>>,
    reported: Option<Part<'a>>,
    period_start: Option<Part<'a>>,
    period_end: Option<Part<'a>>,
}

/// Elements of one reading; more of them than this would be no statement.
const QUALITIES_MAX: usize = 64;

fn collect<'a>(qualities: &mut Vec<QualityText<'a>>, part: Part<'a>) {
    if QUALITIES_MAX <= part.quality {
        return;
    }
    if qualities.len() <= part.quality {
        qualities.resize(part.quality + 1, QualityText::default());
    }
    let quality = &mut qualities[part.quality];
    match part.field {
        Field::QualityRef => quality.code = part.text,
        Field::QualityComment => quality.comment = part.text,
        _ => quality.source = part.text,
    }
}

fn decimal(part: Part<'_>) -> Result<Decimal, Finding> {
    Decimal::parse(part.text).map_err(|error| {
        let message = format!("found `{}`, {error}; the reading was not accepted", shown(part.text));
        Finding::new(part.line, "value", "cim.value", message)
    })
}

/// The beginning of a text, for a message.
pub(super) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().take(64).collect()
}
