//! The unit words of CMEP 1.20 and the reading types they stand for.

use model::reading_type::{ReadingType, parse_unit, unit_symbol};
use smol_str::SmolStr;

use crate::text::measure::{self, BULK_QUANTITY, FORWARD, INDICATING, REVERSE};

/// What the values of a record are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Amounts or states of an interval.
    Interval,
    /// Dial readings at a moment.
    Register,
}

/// A unit word.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    /// The word.
    pub word: &'static str,
    /// What its values are.
    pub values: Values,
    /// The sign turns: CMEP counts reactive energy that the customer produces as positive, a
    /// forward quantity what it takes.
    pub turns_sign: bool,
    multiplier: i8,
    unit: u16,
    flow_direction: u16,
    is_demand: bool,
}

const fn interval(word: &'static str, multiplier: i8, unit: u16, flow_direction: u16) -> Unit {
    Unit { word, values: Values::Interval, turns_sign: false, multiplier, unit, flow_direction, is_demand: false }
}

const fn register(word: &'static str, multiplier: i8, unit: u16) -> Unit {
    Unit { values: Values::Register, ..interval(word, multiplier, unit, FORWARD) }
}

const fn demand(word: &'static str, unit: u16, flow_direction: u16) -> Unit {
    Unit { is_demand: true, ..interval(word, 3, unit, flow_direction) }
}

const fn turned(unit: Unit) -> Unit {
    Unit { turns_sign: true, ..unit }
}

/// CMEP 1.20, units. Unit codes of IEC 61968-9: 38 W, 61 VA, 63 VAr, 71 VAh, 72 Wh, 73 VArh,
/// 80 money, 111 count, 119 ft3, 128 US gal, 132 Btu, 169 therm; 0 where it has none.
const UNITS: &[Unit] = &[
    register("KWHREG", 3, 72),
    register("KVAHREG", 3, 71),
    register("KVARHREG", 3, 73),
    register("GASREG", 0, 0),
    interval("PULSE", 0, 111, 0),
    demand("KW", 38, FORWARD),
    demand("KVA", 61, FORWARD),
    turned(demand("KVAR", 63, FORWARD)),
    interval("KWH", 3, 72, FORWARD),
    interval("KVAH", 3, 71, FORWARD),
    turned(interval("KVARH", 3, 73, FORWARD)),
    demand("GKW", 38, REVERSE),
    demand("GKVA", 61, REVERSE),
    demand("GKVAR", 63, REVERSE),
    interval("GKWH", 3, 72, REVERSE),
    interval("GKVAH", 3, 71, REVERSE),
    interval("GKVARH", 3, 73, REVERSE),
    interval("VOLTS", 0, 29, 0),
    interval("BTU", 0, 132, FORWARD),
    interval("THERM", 0, 169, FORWARD),
    interval("GAL", 0, 128, FORWARD),
    interval("CF", 0, 119, FORWARD),
    interval("CCF", 2, 119, FORWARD),
    interval("MCF", 3, 119, FORWARD),
    interval("ACFT", 0, 0, FORWARD),
    interval("LBS", 0, 0, FORWARD),
    interval("$", 0, 80, 0),
];

/// The unit of a word.
pub fn find(word: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.word == word)
}

impl Unit {
    /// The unit of its values as people write it: `KWH` as it stands, `kWh` for `GKWH` and `KWHREG`, whose further letters
    /// say what is measured. A word without a unit in IEC 61968-9 stays.
    pub fn text(&self) -> SmolStr {
        let is_plain = self.unit == 0 || parse_unit(self.word) == Some((self.multiplier, self.unit));
        if is_plain { SmolStr::new_static(self.word) } else { unit_symbol(self.multiplier, self.unit) }
    }

    /// The reading type of its values, without interval length and commodity.
    pub fn reading_type(&self) -> ReadingType {
        const DEMAND: u16 = 8;
        const MAXIMUM: u16 = 8;
        let measured =
            ReadingType { flow_direction: self.flow_direction, ..measure::of_code(self.multiplier, self.unit) };
        match self.values {
            Values::Register => ReadingType { accumulation: BULK_QUANTITY, ..measured },
            Values::Interval if self.is_demand => {
                ReadingType { aggregate: MAXIMUM, accumulation: INDICATING, measurement_kind: DEMAND, ..measured }
            }
            Values::Interval => measured,
        }
    }
}

/// The commodity of a CMEP word: electricity, gas, water, steam.
pub fn commodity(word: &str) -> Option<u16> {
    match word {
        "E" => Some(measure::ELECTRICITY),
        "G" => Some(7),
        "W" => Some(9),
        "S" => Some(10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // CMEP units against the reading types of IEC 61968-9.
    #[test]
    fn words_become_reading_types() {
        for (word, expected) in [
            ("KWHREG", "0.0.0.1.1.0.12.0.0.0.0.0.0.0.0.3.72.0"),
            ("KWH", "0.0.0.4.1.0.12.0.0.0.0.0.0.0.0.3.72.0"),
            ("GKWH", "0.0.0.4.19.0.12.0.0.0.0.0.0.0.0.3.72.0"),
            ("KW", "0.8.0.6.1.0.8.0.0.0.0.0.0.0.0.3.38.0"),
            ("CCF", "0.0.0.4.1.0.58.0.0.0.0.0.0.0.0.2.119.0"),
            ("VOLTS", "0.0.0.6.0.0.54.0.0.0.0.0.0.0.0.0.29.0"),
        ] {
            assert_eq!(find(word).map(|unit| unit.reading_type().to_string()).as_deref(), Some(expected), "{word}");
        }
        assert!(find("kwh").is_none());
    }

    #[test]
    fn units_are_those_that_people_write() {
        let texts = [
            ("KWH", "KWH"),
            ("GKWH", "kWh"),
            ("KWHREG", "kWh"),
            ("CCF", "CCF"),
            ("MCF", "MCF"),
            ("VOLTS", "V"),
            ("LBS", "LBS"),
        ];
        for (word, expected) in texts {
            assert_eq!(find(word).map(Unit::text).as_deref(), Some(expected), "{word}");
        }
    }
}
