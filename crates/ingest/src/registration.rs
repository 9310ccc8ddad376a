//! Registering channels as a message describes them, where a person or a setting allows it.

use model::id::Name;
use model::quantity::Decimal;
use model::reading::{ChannelReadings, IntervalRun, Values};
use model::reading_type::parse_unit;
use smol_str::SmolStr;
use store::registry::channel::ChannelEntry;

/// The entry for the channel of a piece of a message, in a zone.
///
/// The quantum is fine enough for every digit of the piece and for those that are usual later: a thousandth of the base
/// unit, which is a millionth of a kWh. `None` where the message names neither usage point nor meter.
pub fn entry(readings: &ChannelReadings, zone: &SmolStr) -> Option<ChannelEntry> {
    let key = &readings.channel;
    let usage_point = match (&key.usage_point, &key.meter) {
        (Some(usage_point), _) => usage_point.clone(),
        (None, Some(meter)) => Name { kind: "UsagePoint".into(), ..meter.clone() },
        (None, None) => return None,
    };
    Some(ChannelEntry {
        usage_point,
        meter: key.meter.clone(),
        meter_from: None,
        suffix: key.suffix.clone(),
        reading_type: key.reading_type,
        unit: readings.unit.clone(),
        quantum: quantum(readings),
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: match &readings.values {
            Values::Intervals(run) => Some(run.length_seconds),
            Values::Registers(_) => None,
        },
        zone: zone.clone(),
    })
}

fn quantum(readings: &ChannelReadings) -> i8 {
    let finest = match &readings.values {
        Values::Intervals(run) => finest_of_run(run),
        Values::Registers(reads) => {
            reads.iter().filter_map(|read| read.value).map(|value| value.normalized().exponent).min().unwrap_or(0)
        }
    };
    let usual = match parse_unit(&readings.unit) {
        Some((power, _)) if 0 <= power => -3 - power,
        _ => -3,
    };
    finest.min(usual)
}

fn finest_of_run(run: &IntervalRun) -> i8 {
    let given = run.values.iter().filter(|value| **value != IntervalRun::MISSING);
    given.map(|value| Decimal::new(*value, run.exponent).normalized().exponent).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::reading::ChannelKey;

    use super::*;

    #[track_caller]
    fn check(unit: &str, values: &[i64], exponent: i8, expected: i8) {
        let run = IntervalRun {
            start: Timestamp::UNIX_EPOCH,
            length_seconds: 900,
            values: values.to_vec(),
            exponent,
            qualities: Vec::new(),
        };
        let readings = ChannelReadings {
            channel: ChannelKey { usage_point: Some(Name::new("NMI", "N1")), ..ChannelKey::default() },
            unit: unit.into(),
            values: Values::Intervals(run),
            revision: None,
            line: 1,
        };
        let entry = entry(&readings, &"UTC".into()).expect("named");
        assert_eq!(entry.quantum, expected, "{unit}");
    }

    #[test]
    fn the_quantum_keeps_every_digit() {
        check("kWh", &[1250], -3, -6);
        check("kWh", &[12_345_678], -7, -7);
        check("Wh", &[12], 0, -3);
        check("MWh", &[1], -6, -9);
        check("", &[1], 0, -3);
    }
}
