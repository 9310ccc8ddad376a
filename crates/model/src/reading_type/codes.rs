//! Names of the numbers of each reading type field (NAESB ESPI 4.0 and CIM17, which agree number
//! for number). Unknown numbers stay numbers.
//!
//! - [`kind`](super::kind): the long table of `measurementKind`.
//! - [`unit`](mod@super::unit): units and how people write them.

use crate::code::Code;

/// Fixed interval lengths in seconds per measuringPeriod code.
pub const MEASURING_PERIOD_SECONDS: &[(u16, u32)] =
    &[(2, 900), (7, 3600), (5, 1800), (6, 300), (3, 60), (1, 600), (31, 1200), (10, 120), (14, 180), (4, 86_400)];

/// Period of interest that qualifies the value. Numbers above 100 are private.
pub const MACRO_PERIODS: &[Code] = &[
    Code::known(0, "none"),
    Code::known(8, "billingPeriod"),
    Code::known(11, "daily"),
    Code::known(13, "monthly"),
    Code::known(22, "seasonal"),
    Code::known(24, "weekly"),
    Code::known(32, "specifiedPeriod"),
];

/// How several values became one.
pub const AGGREGATES: &[Code] = &[
    Code::known(0, "none"),
    Code::known(2, "average"),
    Code::known(4, "excess"),
    Code::known(5, "highThreshold"),
    Code::known(7, "lowThreshold"),
    Code::known(8, "maximum"),
    Code::known(9, "minimum"),
    Code::known(11, "nominal"),
    Code::known(12, "normal"),
    Code::known(16, "secondMaximum"),
    Code::known(17, "secondMinimum"),
    Code::known(23, "thirdMaximum"),
    Code::known(24, "fourthMaximum"),
    Code::known(25, "fifthMaximum"),
    Code::known(26, "sum"),
];

/// Interval length or demand block; `rolling 30/5` is a 30-minute window moved every 5 minutes.
pub const MEASURING_PERIODS: &[Code] = &[
    Code::known(0, "none"),
    Code::known(1, "10-minute"),
    Code::known(2, "15-minute"),
    Code::known(3, "1-minute"),
    Code::known(4, "24-hour"),
    Code::known(5, "30-minute"),
    Code::known(6, "5-minute"),
    Code::known(7, "60-minute"),
    Code::known(10, "2-minute"),
    Code::known(14, "3-minute"),
    Code::known(15, "present"),
    Code::known(16, "previous"),
    Code::known(31, "20-minute"),
    Code::known(50, "60-minute block"),
    Code::known(51, "30-minute block"),
    Code::known(52, "20-minute block"),
    Code::known(53, "15-minute block"),
    Code::known(54, "10-minute block"),
    Code::known(55, "5-minute block"),
    Code::known(56, "1-minute block"),
    Code::known(57, "rolling 60/30"),
    Code::known(58, "rolling 60/20"),
    Code::known(59, "rolling 60/15"),
    Code::known(60, "rolling 60/12"),
    Code::known(61, "rolling 60/10"),
    Code::known(62, "rolling 60/6"),
    Code::known(63, "rolling 60/5"),
    Code::known(64, "rolling 60/4"),
    Code::known(65, "rolling 30/15"),
    Code::known(66, "rolling 30/10"),
    Code::known(67, "rolling 30/6"),
    Code::known(68, "rolling 30/5"),
    Code::known(69, "rolling 30/3"),
    Code::known(70, "rolling 30/2"),
    Code::known(71, "rolling 15/5"),
    Code::known(72, "rolling 15/3"),
    Code::known(73, "rolling 15/1"),
    Code::known(74, "rolling 10/5"),
    Code::known(75, "rolling 10/2"),
    Code::known(76, "rolling 10/1"),
    Code::known(77, "rolling 5/1"),
    Code::unverified(79, "2-hour"),
    Code::unverified(83, "3-hour"),
    Code::unverified(92, "4-hour"),
    Code::unverified(93, "6-hour"),
    Code::unverified(94, "12-hour"),
];

/// Register, difference, cumulative demand ...
pub const ACCUMULATIONS: &[Code] = &[
    Code::known(0, "none"),
    Code::known(1, "bulkQuantity"),
    Code::known(2, "continuousCumulative"),
    Code::known(3, "cumulative"),
    Code::known(4, "deltaData"),
    Code::known(6, "indicating"),
    Code::known(9, "summation"),
    Code::known(10, "timeDelay"),
    Code::known(12, "instantaneous"),
    Code::known(13, "latchingQuantity"),
    Code::known(14, "boundedQuantity"),
];

/// Direction of flow; forward is delivered to the customer, reverse is received from it.
pub const FLOW_DIRECTIONS: &[Code] = &[
    Code::known(0, "none"),
    Code::known(1, "forward"),
    Code::known(2, "lagging"),
    Code::known(3, "leading"),
    Code::known(4, "net"),
    Code::known(5, "q1plusQ2"),
    Code::known(7, "q1plusQ3"),
    Code::known(8, "q1plusQ4"),
    Code::known(9, "q1minusQ4"),
    Code::known(10, "q2plusQ3"),
    Code::known(11, "q2plusQ4"),
    Code::known(12, "q2minusQ3"),
    Code::known(13, "q3plusQ4"),
    Code::known(14, "q3minusQ2"),
    Code::known(15, "quadrant1"),
    Code::known(16, "quadrant2"),
    Code::known(17, "quadrant3"),
    Code::known(18, "quadrant4"),
    Code::known(19, "reverse"),
    Code::known(20, "total"),
    Code::known(21, "totalByPhase"),
];

/// What flows.
pub const COMMODITIES: &[Code] = &[
    Code::known(0, "none"),
    Code::known(1, "electricity, secondary metered"),
    Code::known(2, "electricity, primary metered"),
    Code::known(3, "communication"),
    Code::known(4, "air"),
    Code::known(5, "insulating gas"),
    Code::known(6, "insulating oil"),
    Code::known(7, "natural gas"),
    Code::known(8, "propane"),
    Code::known(9, "potable water"),
    Code::known(10, "steam"),
    Code::known(11, "waste water"),
    Code::known(12, "heating fluid"),
    Code::known(13, "cooling fluid"),
    Code::known(14, "non-potable water"),
    Code::known(15, "NOx"),
    Code::known(16, "SO2"),
    Code::known(17, "CH4"),
    Code::known(18, "CO2"),
    Code::known(19, "carbon"),
    Code::known(20, "HCH"),
    Code::known(21, "PFC"),
    Code::known(22, "SF6"),
    Code::known(23, "TV licence"),
    Code::known(24, "internet"),
    Code::known(25, "refuse"),
    Code::known(26, "electricity, transmission metered"),
];

/// Phases. The number is a set of bits: measured conductors 128 A, 64 B, 32 C, 16 N, 512 S1, 256 S2 and
/// references 8 to A, 4 to B, 2 to C, 1 to N. ESPI lists 96 as AC, which the bits contradict.
pub const PHASES: &[Code] = &[
    Code::known(0, "none"),
    Code::known(16, "N"),
    Code::known(17, "N to ground"),
    Code::known(32, "C"),
    Code::known(33, "C to N"),
    Code::known(40, "C vs voltage A"),
    Code::known(41, "CA to N"),
    Code::known(64, "B"),
    Code::known(65, "B to N"),
    Code::known(66, "B to C"),
    Code::known(72, "B vs voltage A"),
    Code::unverified(96, "BC"),
    Code::known(97, "BC to N"),
    Code::known(128, "A"),
    Code::known(129, "A to N"),
    Code::known(132, "A to B"),
    Code::known(136, "A current vs voltage A"),
    Code::unverified(160, "AC"),
    Code::known(193, "AB to N"),
    Code::known(224, "ABC"),
    Code::known(225, "ABC to N"),
    Code::known(256, "S2"),
    Code::known(272, "S2 to N"),
    Code::known(512, "S1"),
    Code::known(528, "S1 to N"),
    Code::known(768, "S1 to S2"),
    Code::known(769, "S1, S2 to N"),
    Code::known(784, "S1, S2 to N"),
];

/// Powers of ten with their names.
pub const MULTIPLIERS: &[Code] = &[
    Code::known(-12, "pico"),
    Code::known(-9, "nano"),
    Code::known(-6, "micro"),
    Code::known(-3, "milli"),
    Code::known(-2, "centi"),
    Code::known(-1, "deci"),
    Code::known(0, "none"),
    Code::known(1, "deca"),
    Code::known(2, "hecto"),
    Code::known(3, "kilo"),
    Code::known(6, "mega"),
    Code::known(9, "giga"),
    Code::known(12, "tera"),
];

/// Currencies listed by ESPI; any ISO 4217 number is accepted.
pub const CURRENCIES: &[Code] = &[
    Code::known(0, "none"),
    Code::known(36, "AUD"),
    Code::known(124, "CAD"),
    Code::known(156, "CNY"),
    Code::known(208, "DKK"),
    Code::known(356, "INR"),
    Code::known(392, "JPY"),
    Code::known(578, "NOK"),
    Code::known(643, "RUB"),
    Code::known(752, "SEK"),
    Code::known(756, "CHF"),
    Code::known(826, "GBP"),
    Code::known(840, "USD"),
    Code::known(978, "EUR"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading_type::{kind, unit};

    #[test]
    fn tables_ascend_so_that_a_search_finds_every_row() {
        let tables = [
            MACRO_PERIODS,
            AGGREGATES,
            MEASURING_PERIODS,
            ACCUMULATIONS,
            FLOW_DIRECTIONS,
            COMMODITIES,
            PHASES,
            MULTIPLIERS,
            CURRENCIES,
            kind::MEASUREMENT_KINDS,
            unit::UNITS,
        ];
        for table in tables {
            assert!(table.is_sorted_by(|left, right| left.number < right.number), "{:?}", table.first());
        }
    }

    #[test]
    fn fixed_periods_have_a_name() {
        for (code, _) in MEASURING_PERIOD_SECONDS {
            assert!(crate::code::find(MEASURING_PERIODS, *code).is_some(), "{code}");
        }
    }
}
