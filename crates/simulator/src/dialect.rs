//! How head-ends write what they send.

use std::fmt::Write;

use formats::cim::{write_end_device_events, write_meter_readings};
use formats::csv;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::event::EndDeviceEvent;
use model::quantity::Decimal;
use model::reading::{ChannelReadings, IntervalRun, MessageHeader, Values};

use crate::premises::HeadEnd;
use crate::utility::Day;

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

/// The readings of a day as their head-end writes them.
pub(crate) fn file(head_end: HeadEnd, readings: &[ChannelReadings], day: &Day) -> File {
    let date = day.local.date;
    let (name, bytes) = match head_end {
        HeadEnd::Cloud => {
            let mut bytes = Vec::new();
            write_meter_readings(&header("MeterReadings", day), readings, &mut bytes);
            (format!("{date}.readings.xml"), bytes)
        }
        HeadEnd::Hourly => {
            let mut writer = csv::Writer::new();
            readings.iter().for_each(|piece| writer.write(piece));
            (format!("{date}.csv"), writer.take())
        }
        HeadEnd::Folder => {
            (format!("{date}.cmep"), readings.iter().map(|piece| cmep(piece, day)).collect::<String>().into())
        }
    };
    File { head_end, name, bytes }
}

/// The events of a day; `None` where there is none.
pub(crate) fn events(events: &[EndDeviceEvent], day: &Day) -> Option<File> {
    let mut bytes = Vec::new();
    write_end_device_events(&header("EndDeviceEvents", day), events, &mut bytes);
    let name = format!("{}.events.xml", day.local.date);
    (!events.is_empty()).then_some(File { head_end: HeadEnd::Cloud, name, bytes })
}

fn header(noun: &'static str, day: &Day) -> MessageHeader {
    MessageHeader {
        verb: "created".into(),
        noun: noun.into(),
        id: format!("{}-{}-{noun}", HeadEnd::Cloud.name(), day.local.date).into(),
        source: HeadEnd::Cloud.name().into(),
        timestamp: Some(day.local.range.end),
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
