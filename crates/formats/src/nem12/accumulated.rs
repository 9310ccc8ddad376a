//! The 250 record of NEM13: two reads of a register and the quantity between them.

use model::finding::Severity;
use model::quality::{Quality, Status};
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, RegisterRead, Values};
use smol_str::{SmolStr, format_smolstr};

use super::stream::{Identity, channel};
use super::{day, market_time, reader};
use crate::Sink;
use crate::text::{Fields, Line, measure, text};

/// The words of a register read.
pub struct Read<'a> {
    /// The register.
    pub value: &'a SmolStr,
    /// When it was read, in market time.
    pub at: &'a SmolStr,
    /// What the source says of it.
    pub quality: Quality,
}

/// Reads the fields after the record indicator.
pub fn read(line: &Line<'_>, fields: &mut Fields<'_>, sink: &mut dyn Sink) {
    let [nmi, _configuration, register, suffix, _stream_id, serial, direction] =
        std::array::from_fn(|_| text(&fields.next_or_empty()));
    let [previous_value, previous_at, previous_flag, previous_reason, previous_remark] =
        std::array::from_fn(|_| text(&fields.next_or_empty()));
    let [current_value, current_at, current_flag, current_reason, current_remark] =
        std::array::from_fn(|_| text(&fields.next_or_empty()));
    let [quantity, unit, _next_read, updated] = std::array::from_fn(|_| text(&fields.next_or_empty()));

    let Some(mut channel) = channel(line, Identity { nmi, register, suffix, serial, unit: &unit }, sink) else {
        return;
    };
    channel.reading_type.flow_direction = flow_direction(line, &direction, sink);
    let previous_quality = day::quality(line, [&previous_flag, &previous_reason, &previous_remark], sink);
    let current_quality = day::quality(line, [&current_flag, &current_reason, &current_remark], sink);
    let previous = Read { value: &previous_value, at: &previous_at, quality: previous_quality };
    let current = Read { value: &current_value, at: &current_at, quality: current_quality.clone() };
    let previous = register_read(line, ["PreviousRegisterRead", "PreviousRegisterReadDateTime"], previous, sink);
    let current = register_read(line, ["CurrentRegisterRead", "CurrentRegisterReadDateTime"], current, sink);
    let revision = reader::stamp(line, "UpdateDateTime", updated.as_bytes(), sink);

    let piece = |channel: ChannelKey, reads: Vec<RegisterRead>| ChannelReadings {
        channel,
        unit: unit.clone(),
        values: Values::Registers(reads),
        revision,
        line: line.number,
    };
    if let (Some(previous), Some(current)) = (&previous, &current) {
        let amount = quantity_read(line, &quantity, [previous, current], sink);
        sink.readings(&piece(channel.clone(), vec![amount]));
    }
    let reads: Vec<RegisterRead> = previous.into_iter().chain(current).collect();
    if !reads.is_empty() {
        sink.readings(&piece(register_channel(&channel), reads));
    }
}

/// The register whose advance a stream tells: `<suffix>-register`, so that reads and amounts never
/// share a channel.
pub fn register_channel(stream: &ChannelKey) -> ChannelKey {
    ChannelKey {
        suffix: format_smolstr!("{}-register", stream.suffix),
        reading_type: measure::register_of(stream.reading_type),
        ..stream.clone()
    }
}

/// A read of a register; `None` where value or time cannot be read, told under the two field names.
pub fn register_read(
    line: &Line<'_>,
    names: [&'static str; 2],
    read: Read<'_>,
    sink: &mut dyn Sink,
) -> Option<RegisterRead> {
    let Some(at) = market_time::instant(read.at.as_bytes()) else {
        let message = format!("`{}` is not CCYYMMDDhhmmss; this read is not accepted", read.at);
        sink.finding(line.finding(names[1], "nem12.date_time", message));
        return None;
    };
    let value = match Decimal::parse(read.value.as_bytes()) {
        Ok(value) => Some(value),
        Err(_) if read.value.is_empty() && read.quality.status.contains(Status::MISSING) => None,
        Err(error) => {
            let message = format!("`{}`: {error}; this read is not accepted", read.value);
            sink.finding(line.finding(names[0], "nem12.value", message));
            return None;
        }
    };
    Some(RegisterRead { at, period_start: None, value, quality: read.quality })
}

/// The quantity between two reads, as the sender states it. It is checked against the advance of
/// the register, counting a rollover of its dials once.
fn quantity_read(line: &Line<'_>, quantity: &SmolStr, reads: [&RegisterRead; 2], sink: &mut dyn Sink) -> RegisterRead {
    let [previous, current] = reads;
    let value = Decimal::parse(quantity.as_bytes()).ok();
    let mut found = current.quality.clone();
    found.status |= previous.quality.status;
    if let (Some(value), Some(from), Some(to)) = (value, previous.value, current.value) {
        if !is_advance(value, from, to) {
            let message = format!(
                "the quantity is {value} but the register went from {from} to {to}; check the multiplier and the reads"
            );
            sink.finding(line.finding("Quantity", "nem12.quantity", message).with_severity(Severity::Warning));
        }
    } else if value.is_none() {
        let message = format!("`{quantity}` is not a decimal number; the period has no amount");
        sink.finding(line.finding("Quantity", "nem12.value", message));
        found.status |= Status::MISSING;
    }
    RegisterRead { at: current.at, period_start: Some(previous.at), value, quality: found }
}

/// Whether a quantity is the advance from one read to the next, a register of as many dials as the
/// first read has digits rolling over at most once.
fn is_advance(quantity: Decimal, from: Decimal, to: Decimal) -> bool {
    let exponent = quantity.exponent.min(from.exponent).min(to.exponent);
    let [Ok(quantity), Ok(from), Ok(to)] = [quantity, from, to].map(|value| value.rescaled(exponent)) else {
        return false;
    };
    let mut capacity = 1_i128;
    while capacity <= i128::from(from.unsigned_abs()) {
        capacity *= 10;
    }
    let advance = i128::from(to) - i128::from(from);
    let quantity = i128::from(quantity);
    quantity == advance || (advance < 0 && quantity == advance + capacity)
}

/// `E` is what the customer takes (forward), `I` what it feeds in.
fn flow_direction(line: &Line<'_>, indicator: &SmolStr, sink: &mut dyn Sink) -> u16 {
    match indicator.as_str() {
        "E" => measure::FORWARD,
        "I" => measure::REVERSE,
        other => {
            let message = format!("`{other}` is neither E nor I; the direction is left open");
            sink.finding(
                line.finding("DirectionIndicator", "nem12.direction", message).with_severity(Severity::Warning),
            );
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_the_advance_with_at_most_one_rollover() {
        for (quantity, from, to, expected) in [
            ("172", "38841", "39013", true),
            ("31", "38841", "39013", false),
            ("-1490", "43501", "44991", false),
            ("15", "99990", "00005", true),
            ("15.5", "99990.0", "5.5", true),
            ("-99985", "99990", "5", true),
            ("100015", "99990", "5", false),
        ] {
            let [amount, first, last] = [quantity, from, to].map(|text| text.parse::<Decimal>().expect("decimal"));
            assert_eq!(is_advance(amount, first, last), expected, "{quantity} {from} {to}");
        }
    }
}
