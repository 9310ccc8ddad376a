//! The 200 record: which channel the days that follow belong to, and what it measures.

use model::finding::Severity;
use model::id::Name;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, Values};
use model::reading_type::ReadingType;
use smol_str::SmolStr;

use super::nmi;
use crate::Sink;
use crate::text::{Fields, Line, measure, text};

/// A data stream: its channel and the day being read.
#[derive(Debug)]
pub struct Stream {
    /// The piece that every 300 record of the stream is read into.
    pub readings: ChannelReadings,
    /// Values of a day.
    pub count: u32,
}

impl Stream {
    /// Reads the fields after the record indicator; `None` where no day of it could be placed.
    pub fn read(line: &Line<'_>, fields: &mut Fields<'_>, sink: &mut dyn Sink) -> Option<Self> {
        let [nmi, _configuration, register, suffix, _stream_id, serial, unit, length] =
            std::array::from_fn(|_| text(&fields.next_or_empty()));
        let Some(minutes) = minutes(&length) else {
            sink.finding(line.finding(
                "IntervalLength",
                "nem12.interval_length",
                format!("`{length}` is not a length in minutes that divides a day; this stream is not read"),
            ));
            return None;
        };
        let channel = channel(line, Identity { nmi, register, suffix, serial, unit: &unit }, sink)?;
        let channel = ChannelKey {
            reading_type: ReadingType {
                measuring_period: ReadingType::measuring_period_of(minutes * 60),
                ..channel.reading_type
            },
            ..channel
        };
        let run = IntervalRun {
            start: jiff::Timestamp::UNIX_EPOCH,
            length_seconds: minutes * 60,
            values: vec![0; (1440 / minutes) as usize],
            exponent: 0,
            qualities: Vec::new(),
        };
        let readings =
            ChannelReadings { channel, unit, values: Values::Intervals(run), revision: None, line: line.number };
        Some(Self { readings, count: 1440 / minutes })
    }
}

/// The lengths the format names, and those of old files.
fn minutes(length: &str) -> Option<u32> {
    length.parse().ok().filter(|minutes| matches!(minutes, 1 | 5 | 10 | 15 | 30))
}

/// The fields by which a 200 or 250 record names a channel.
pub struct Identity<'a> {
    /// National metering identifier.
    pub nmi: SmolStr,
    /// RegisterID.
    pub register: SmolStr,
    /// NMISuffix.
    pub suffix: SmolStr,
    /// MeterSerialNumber.
    pub serial: SmolStr,
    /// UOM.
    pub unit: &'a str,
}

/// The channel of a stream with the reading type of its values, without their length.
pub fn channel(line: &Line<'_>, identity: Identity<'_>, sink: &mut dyn Sink) -> Option<ChannelKey> {
    let Identity { nmi, register, suffix, serial, unit } = identity;
    if nmi.is_empty() {
        sink.finding(line.finding("NMI", "nem12.no_nmi", "the NMI is empty; this stream is not read"));
        return None;
    }
    if let Some(digit) = wrong_check_digit(&nmi) {
        let message = format!("the check digit of `{nmi}` should be {digit}; check the NMI");
        sink.finding(line.finding("NMI", "nem12.nmi_checksum", message).with_severity(Severity::Warning));
    }
    // The format ignores case, where `m` alone would be milli.
    let measured = measure::of_unit(&unit.to_ascii_uppercase());
    if measured.is_none() {
        let message = if unit.is_empty() {
            "the unit is empty; values are kept without one".to_owned()
        } else {
            format!("`{unit}` is not a unit of the format such as kWh; values are kept under it")
        };
        sink.finding(line.finding("UOM", "nem12.unit", message).with_severity(Severity::Warning));
    }
    let suffix = if suffix.is_empty() { register } else { suffix };
    let reading_type = with_direction(measured.unwrap_or_default(), &suffix);
    let meter = (!serial.is_empty()).then(|| Name::new("MeterSerialNumber", serial));
    Some(ChannelKey { usage_point: Some(Name::new("NMI", nmi)), meter, suffix, reading_type })
}

fn wrong_check_digit(nmi: &str) -> Option<u8> {
    let (body, written) = nmi.split_at_checked(10)?;
    let digit = nmi::check_digit(body)?;
    (!written.is_empty() && written != digit.to_string()).then_some(digit)
}

/// Direction and averaging by the first letter of the NMISuffix. Import and export are seen from
/// the market, so export (E, Q) is what the customer takes: forward.
fn with_direction(measured: ReadingType, suffix: &str) -> ReadingType {
    let (flow_direction, aggregate) = match suffix.bytes().next() {
        Some(b'E' | b'F' | b'Q' | b'R') => (measure::FORWARD, measured.aggregate),
        Some(b'B' | b'C' | b'K' | b'L') => (measure::REVERSE, measured.aggregate),
        Some(b'D' | b'P') => (measure::FORWARD, measure::AVERAGE),
        Some(b'A' | b'J') => (measure::REVERSE, measure::AVERAGE),
        Some(b'S') => (0, measure::AVERAGE),
        _ => (0, measured.aggregate),
    };
    ReadingType { flow_direction, aggregate, commodity: measure::ELECTRICITY, ..measured }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direction_follows_the_suffix() {
        for (suffix, unit, expected) in [
            ("E1", "kWh", "0.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0"),
            ("B1", "KWH", "0.0.0.4.19.1.12.0.0.0.0.0.0.0.0.3.72.0"),
            ("Q1", "kvarh", "0.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.73.0"),
            ("K2", "MVArh", "0.0.0.4.19.1.12.0.0.0.0.0.0.0.0.6.73.0"),
            ("V1", "V", "0.0.0.6.0.1.54.0.0.0.0.0.0.0.0.0.29.0"),
        ] {
            let measured = measure::of_unit(unit).expect(unit);
            assert_eq!(with_direction(measured, suffix).to_string(), expected, "{suffix} {unit}");
        }
    }

    #[test]
    fn an_eleventh_character_is_the_check_digit() {
        assert_eq!(wrong_check_digit("20019857328"), None);
        assert_eq!(wrong_check_digit("20019857327"), Some(8));
        assert_eq!(wrong_check_digit("2001985732"), None);
        assert_eq!(wrong_check_digit("C123"), None);
    }
}
