//! Reading types: the 18-field mRID of IEC 61968-9 edition 2.
//!
//! - [`codes`], [`kind`]: names of the numbers of each field; unknown numbers stay numbers.
//! - [`mod@unit`]: units as people write them.

pub mod codes;
mod describe;
pub mod kind;
pub mod unit;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

pub use unit::{parse_unit, unit_symbol, usual_quantum};

/// What a value measures: 18 numbers joined by dots, e.g. `0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0`
/// (60-minute kWh delivered). Zero means "not applicable" in every field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReadingType {
    /// Period of interest: 0 none, 8 billing period, 11 daily, 13 monthly.
    pub macro_period: u16,
    /// Average, maximum, minimum ...
    pub aggregate: u16,
    /// Interval length or demand block: 2 = 15 min, 5 = 30 min, 7 = 60 min.
    pub measuring_period: u16,
    /// 1 register (bulk quantity), 4 delta.
    pub accumulation: u16,
    /// 1 forward (delivered), 19 reverse (received), 4 net.
    pub flow_direction: u16,
    /// 1 electricity, 7 natural gas, 9 water.
    pub commodity: u16,
    /// 12 energy, 8 demand, 54 voltage.
    pub measurement_kind: u16,
    /// Numerator of the harmonic order.
    pub interharmonic_numerator: u16,
    /// Denominator of the harmonic order.
    pub interharmonic_denominator: u16,
    /// Numerator of the argument.
    pub argument_numerator: u16,
    /// Denominator of the argument.
    pub argument_denominator: u16,
    /// Time-of-use bucket.
    pub tou: u16,
    /// Critical-peak bucket.
    pub cpp: u16,
    /// Tariff block.
    pub consumption_tier: u16,
    /// Phase code.
    pub phases: u16,
    /// Power of ten of the value.
    pub multiplier: i8,
    /// Base unit: 72 Wh, 73 VArh, 42 m3.
    pub unit: u16,
    /// ISO 4217 number.
    pub currency: u16,
}

/// Why a text is not a reading type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReadingType {
    /// Not 18 parts.
    #[error("expected 18 numbers joined by dots, found {found} in `{text}`")]
    FieldCount {
        /// How many parts there are.
        found: usize,
        /// The text.
        text: SmolStr,
    },
    /// A part is not a number of its field.
    #[error("field {field} of the reading type is `{text}`, expected a whole number")]
    Field {
        /// The name of the field in the standard.
        field: &'static str,
        /// The part.
        text: SmolStr,
    },
}

/// The names of the 18 fields in order, as the standard writes them.
pub const FIELDS: [&str; 18] = [
    "macroPeriod",
    "aggregate",
    "measuringPeriod",
    "accumulation",
    "flowDirection",
    "commodity",
    "measurementKind",
    "interharmonicNumerator",
    "interharmonicDenominator",
    "argumentNumerator",
    "argumentDenominator",
    "tou",
    "cpp",
    "consumptionTier",
    "phases",
    "multiplier",
    "unit",
    "currency",
];

impl ReadingType {
    /// Interval length in seconds when the measuring period is a fixed one.
    pub fn interval_seconds(self) -> Option<u32> {
        codes::MEASURING_PERIOD_SECONDS
            .iter()
            .find(|(code, _)| *code == self.measuring_period)
            .map(|(_, seconds)| *seconds)
    }

    /// The measuring period code of an interval length in seconds, 0 where the code set has none.
    pub fn measuring_period_of(seconds: u32) -> u16 {
        codes::MEASURING_PERIOD_SECONDS.iter().find(|(_, length)| *length == seconds).map_or(0, |(code, _)| *code)
    }
}

impl FromStr for ReadingType {
    type Err = InvalidReadingType;

    fn from_str(text: &str) -> Result<Self, InvalidReadingType> {
        let found = text.split('.').count();
        if found != FIELDS.len() {
            return Err(InvalidReadingType::FieldCount { found, text: text.into() });
        }
        let mut numbers = [0_u16; 18];
        let mut multiplier = 0_i8;
        for (at, part) in text.split('.').enumerate() {
            let invalid = || InvalidReadingType::Field { field: FIELDS[at], text: part.into() };
            if FIELDS[at] == "multiplier" {
                multiplier = part.trim().parse().map_err(|_| invalid())?;
            } else {
                numbers[at] = part.trim().parse().map_err(|_| invalid())?;
            }
        }
        let [
            macro_period,
            aggregate,
            measuring_period,
            accumulation,
            flow_direction,
            commodity,
            measurement_kind,
            interharmonic_numerator,
            interharmonic_denominator,
            argument_numerator,
            argument_denominator,
            tou,
            cpp,
            consumption_tier,
            phases,
            _,
            unit,
            currency,
        ] = numbers;
        Ok(Self {
            macro_period,
            aggregate,
            measuring_period,
            accumulation,
            flow_direction,
            commodity,
            measurement_kind,
            interharmonic_numerator,
            interharmonic_denominator,
            argument_numerator,
            argument_denominator,
            tou,
            cpp,
            consumption_tier,
            phases,
            multiplier,
            unit,
            currency,
        })
    }
}

impl fmt::Display for ReadingType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = [
            self.macro_period,
            self.aggregate,
            self.measuring_period,
            self.accumulation,
            self.flow_direction,
            self.commodity,
            self.measurement_kind,
            self.interharmonic_numerator,
            self.interharmonic_denominator,
            self.argument_numerator,
            self.argument_denominator,
            self.tou,
            self.cpp,
            self.consumption_tier,
            self.phases,
        ];
        for number in before {
            write!(f, "{number}.")?;
        }
        write!(f, "{}.{}.{}", self.multiplier, self.unit, self.currency)
    }
}

impl Serialize for ReadingType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ReadingType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = SmolStr::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_invalid(text: &str, message: &str) {
        let error = text.parse::<ReadingType>().expect_err(text);
        assert_eq!(error.to_string(), message);
    }

    #[test]
    fn other_text_is_refused_with_the_field() {
        check_invalid("1.2.3", "expected 18 numbers joined by dots, found 3 in `1.2.3`");
        check_invalid(
            "0.0.7.4.1.1.kWh.0.0.0.0.0.0.0.0.3.72.0",
            "field measurementKind of the reading type is `kWh`, expected a whole number",
        );
        check_invalid(
            "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.300.72.0",
            "field multiplier of the reading type is `300`, expected a whole number",
        );
        check_invalid(
            "-1.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0",
            "field macroPeriod of the reading type is `-1`, expected a whole number",
        );
    }

    #[test]
    fn interval_lengths_and_period_codes_agree() {
        for (code, seconds) in codes::MEASURING_PERIOD_SECONDS {
            let reading_type = ReadingType { measuring_period: *code, ..ReadingType::default() };
            assert_eq!(reading_type.interval_seconds(), Some(*seconds));
            assert_eq!(ReadingType::measuring_period_of(*seconds), *code);
        }
        assert_eq!(ReadingType::measuring_period_of(7), 0);
        assert_eq!(ReadingType { measuring_period: 71, ..ReadingType::default() }.interval_seconds(), None);
    }

    proptest! {
        #[test]
        fn print_then_parse_is_the_same(numbers in any::<[u16; 17]>(), multiplier in any::<i8>()) {
            let mut parts: Vec<String> = numbers.iter().map(u16::to_string).collect();
            parts.insert(15, multiplier.to_string());
            let text = parts.join(".");
            let parsed: ReadingType = text.parse().expect("18 numbers");
            prop_assert_eq!(parsed.to_string(), text);
            let _ = parsed.describe();
        }
    }
}
