//! How head-ends write what they send.

mod events;

use std::fmt::Write;

use formats::cim::write_meter_readings;
use formats::csv;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::quantity::Decimal;
use model::reading::{ChannelReadings, IntervalRun, MessageHeader, Values};

use crate::premises::HeadEnd;
use crate::script::Script;
use crate::utility::Day;

pub(crate) use events::{Numbered, events};

/// A file as a head-end sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Who sends it.
    pub head_end: HeadEnd,
    /// Its name, the date of its day first.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Readings of a day as their head-end writes them; the parts of a day count from 1.
pub(crate) fn file(head_end: HeadEnd, readings: &[ChannelReadings], script: &Script, day: &Day, part: u32) -> File {
    let (name, bytes) = match head_end {
        HeadEnd::Cloud => {
            let mut bytes = Vec::new();
            write_meter_readings(&header("MeterReadings", day, script, part), readings, &mut bytes);
            (file_name(day, "readings", "xml", part), bytes)
        }
        HeadEnd::Hourly => {
            let mut writer = csv::Writer::new();
            readings.iter().for_each(|piece| writer.write(piece));
            (file_name(day, "", "csv", part), writer.take())
        }
        HeadEnd::Folder => {
            let lines = readings.iter().map(|piece| cmep(piece, day)).collect::<String>();
            (file_name(day, "", "cmep", part), lines.into())
        }
    };
    File { head_end, name, bytes }
}

/// `2026-03-07.readings.xml`; later parts of the day have their number: `2026-03-07.readings.2.xml`.
fn file_name(day: &Day, what: &str, ending: &str, part: u32) -> String {
    let number = if part == 1 { String::new() } else { part.to_string() };
    let words = [&day.local.date.to_string(), what, &number, ending];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(".")
}

fn header(noun: &'static str, day: &Day, script: &Script, part: u32) -> MessageHeader {
    let source = HeadEnd::Cloud.name();
    let part = if part == 1 { String::new() } else { format!("-{part}") };
    let end = day.local.range.end;
    MessageHeader {
        verb: "created".into(),
        noun: noun.into(),
        id: format!("{source}-{}-{noun}{part}", day.local.date).into(),
        source: source.into(),
        timestamp: Some(end + SignedDuration::from_secs(script.head_end_clock(HeadEnd::Cloud, end))),
    }
}

/// One record MEPMD01: the first stamp is given, the others follow from the interval; `N` flags an interval without a
/// value. Stamps are UTC and mark the end of an interval.
fn cmep(piece: &ChannelReadings, day: &Day) -> String {
    let Values::Intervals(run) = &piece.values else { return String::new() };
    let meter = piece.channel.meter.as_ref().map_or("", |name| name.value.as_str());
    let unit = if piece.channel.reading_type.flow_direction == 19 { "GKWH" } else { "KWH" };
    let (created, hours) = (stamp(day.local.range.end), run.length_seconds / 3600);
    let mut line = format!(
        "MEPMD01,19970819,{},,AMITY,,{created},{meter},OK,E,{unit},1,0000{hours:02}00,{}",
        HeadEnd::Folder.name(),
        run.values.len()
    );
    for (at, value) in run.values.iter().enumerate() {
        let end = run.start.as_second() + i64::from(run.length_seconds);
        let first = if at == 0 { Timestamp::from_second(end).map(stamp).unwrap_or_default() } else { String::new() };
        let written = match *value {
            IntervalRun::MISSING => write!(line, ",{first},N,"),
            value => write!(line, ",{first},,{}", Decimal::new(value, run.exponent)),
        };
        written.expect("a text grows");
    }
    line + "\r\n"
}

fn stamp(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M").to_string()
}
