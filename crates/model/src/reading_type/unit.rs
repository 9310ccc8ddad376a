//! Units: the codes of the standard and how people and file formats write them.

use smol_str::{SmolStr, format_smolstr};

use crate::code::{Code, find};

/// Base units with their symbol. Compensated volumes are corrected to base conditions.
pub const UNITS: &[Code] = &[
    Code::known(0, "none"),
    Code::known(2, "m"),
    Code::known(3, "g"),
    Code::known(4, "rev/s"),
    Code::known(5, "A"),
    Code::known(6, "K"),
    Code::known(7, "mol"),
    Code::known(8, "cd"),
    Code::known(9, "deg"),
    Code::known(10, "rad"),
    Code::known(11, "sr"),
    Code::known(21, "Gy"),
    Code::known(22, "Bq"),
    Code::known(23, "degC"),
    Code::known(24, "Sv"),
    Code::known(25, "F"),
    Code::known(27, "s"),
    Code::known(28, "H"),
    Code::known(29, "V"),
    Code::known(30, "ohm"),
    Code::known(31, "J"),
    Code::known(32, "N"),
    Code::known(33, "Hz"),
    Code::known(34, "lux"),
    Code::known(35, "lumen"),
    Code::known(36, "Wb"),
    Code::known(37, "T"),
    Code::known(38, "W"),
    Code::known(39, "Pa"),
    Code::known(41, "m2"),
    Code::known(42, "m3"),
    Code::known(43, "m/s"),
    Code::known(44, "m/s2"),
    Code::known(45, "m3/s"),
    Code::known(46, "m/m3"),
    Code::known(47, "kg.m"),
    Code::known(48, "g/m3"),
    Code::known(49, "m2/s"),
    Code::known(50, "W/(m.K)"),
    Code::known(51, "J/K"),
    Code::known(53, "S"),
    Code::known(54, "rad/s"),
    Code::known(61, "VA"),
    Code::known(63, "VAr"),
    Code::known(65, "pf"),
    Code::known(66, "Vs"),
    Code::known(67, "V2"),
    Code::known(68, "As"),
    Code::known(69, "A2"),
    Code::known(70, "A2s"),
    Code::known(71, "VAh"),
    Code::known(72, "Wh"),
    Code::known(73, "VArh"),
    Code::known(74, "V/Hz"),
    Code::known(75, "Hz/s"),
    Code::known(76, "characters"),
    Code::known(77, "characters/s"),
    Code::known(78, "g.m2"),
    Code::known(79, "B"),
    Code::known(80, "money"),
    Code::known(81, "W/s"),
    Code::known(82, "litre/s"),
    Code::known(100, "Q"),
    Code::known(101, "Qh"),
    Code::known(102, "ohm.m"),
    Code::known(103, "A/m"),
    Code::known(104, "V2h"),
    Code::known(105, "A2h"),
    Code::known(106, "Ah"),
    Code::known(107, "Wh/m3"),
    Code::known(108, "timestamp"),
    Code::known(109, "status"),
    Code::known(111, "count"),
    Code::known(113, "Bm"),
    Code::known(114, "code"),
    Code::known(115, "Wh/rev"),
    Code::known(116, "VArh/rev"),
    Code::known(117, "VAh/rev"),
    Code::known(118, "end device event code"),
    Code::known(119, "ft3"),
    Code::known(120, "ft3 compensated"),
    Code::known(123, "ft3 compensated/h"),
    Code::known(125, "m3/h"),
    Code::known(126, "m3 compensated/h"),
    Code::known(127, "m3 uncompensated/h"),
    Code::known(128, "gal"),
    Code::known(129, "gal/h"),
    Code::known(130, "imperial gal"),
    Code::known(131, "imperial gal/h"),
    Code::known(132, "Btu"),
    Code::known(133, "Btu/h"),
    Code::known(134, "litre"),
    Code::known(137, "litre/h"),
    Code::known(138, "litre compensated/h"),
    Code::known(139, "litre uncompensated/h"),
    Code::known(140, "Pa gauge"),
    Code::known(141, "psi absolute"),
    Code::known(142, "psi gauge"),
    Code::known(143, "litre/litre"),
    Code::known(144, "g/g"),
    Code::known(145, "mol/m3"),
    Code::known(146, "mol/mol"),
    Code::known(147, "mol/kg"),
    Code::known(148, "m/m"),
    Code::known(149, "s/s"),
    Code::known(150, "Hz/Hz"),
    Code::known(151, "V/V"),
    Code::known(152, "A/A"),
    Code::known(153, "W/VA"),
    Code::known(154, "revolution"),
    Code::known(155, "Pa absolute"),
    Code::known(156, "litre uncompensated"),
    Code::known(157, "litre compensated"),
    Code::known(158, "katal"),
    Code::known(159, "min"),
    Code::known(160, "h"),
    Code::known(161, "Q45"),
    Code::known(162, "Q60"),
    Code::known(163, "Q45h"),
    Code::known(164, "Q60h"),
    Code::known(165, "J/kg"),
    Code::known(166, "m3 uncompensated"),
    Code::known(167, "m3 compensated"),
    Code::known(168, "W/W"),
    Code::known(169, "therm"),
];

/// Units that people write with a prefix letter (`kWh`); others show their power of ten (`10^3 m3`).
const PREFIXED: [u16; 21] = [2, 3, 5, 27, 29, 30, 31, 33, 38, 39, 53, 61, 63, 71, 72, 73, 100, 101, 106, 113, 140];

/// Letters of the powers of ten.
const PREFIXES: [(i8, &str); 10] =
    [(-9, "n"), (-6, "u"), (-3, "m"), (-2, "c"), (-1, "d"), (0, ""), (3, "k"), (6, "M"), (9, "G"), (12, "T")];

/// Words for units that are not a prefix and a symbol of [`UNITS`], in lower case.
const WORDS: &[(&str, i8, u16)] = &[
    ("ccf", 2, 119),
    ("hcf", 2, 119),
    ("mcf", 3, 119),
    ("cf", 0, 119),
    ("ft^3", 0, 119),
    ("cubic feet", 0, 119),
    ("m^3", 0, 42),
    ("m\u{b3}", 0, 42),
    ("cubic meters", 0, 42),
    ("cubic metres", 0, 42),
    ("l", 0, 134),
    ("kl", 3, 134),
    ("liter", 0, 134),
    ("liters", 0, 134),
    ("litres", 0, 134),
    ("gallon", 0, 128),
    ("gallons", 0, 128),
    ("us gal", 0, 128),
    ("kgal", 3, 128),
    ("therms", 0, 169),
    ("thm", 0, 169),
    ("mmbtu", 6, 132),
    ("dbm", -1, 113),
    ("power factor", 0, 65),
    ("c", 0, 23),
    ("\u{b0}c", 0, 23),
    ("\u{b0}f", 0, 25),
];

/// How a power of ten of a unit is written: `kWh`, `ccf`, `10^3 m3`; `unit 200` where it has no name.
pub fn unit_symbol(multiplier: i8, unit: u16) -> SmolStr {
    if (multiplier, unit) == (2, 119) {
        return SmolStr::new_static("ccf");
    }
    let symbol = match find(UNITS, unit) {
        Some(_) if unit == 0 => SmolStr::default(),
        Some(code) => SmolStr::new_static(code.name),
        None => format_smolstr!("unit {unit}"),
    };
    let prefix = PREFIXES.iter().find(|(power, _)| *power == multiplier && (PREFIXED.contains(&unit) || *power == 0));
    match prefix {
        Some((_, letter)) => format_smolstr!("{letter}{symbol}"),
        None if symbol.is_empty() => format_smolstr!("10^{multiplier}"),
        None => format_smolstr!("10^{multiplier} {symbol}"),
    }
}

/// Reads a unit as people write it: `kWh`, `KWH`, `MVArh`, `m3`, `ccf`, `therm`.
///
/// Exact spelling first, so `mV` is milli and `MV` mega; then any case, where `m` is mega. A format
/// that ignores case (NEM12) passes the text in upper case, or a stray `mWh` would be read as milli.
pub fn parse_unit(text: &str) -> Option<(i8, u16)> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if let Some(unit) = parse_symbol(text, |left, right| left == right) {
        return Some(unit);
    }
    let lower = text.to_lowercase();
    if let Some((_, multiplier, unit)) = WORDS.iter().find(|(word, _, _)| *word == lower) {
        return Some((*multiplier, *unit));
    }
    parse_symbol(text, str::eq_ignore_ascii_case)
        .map(|(multiplier, unit)| (if multiplier == -3 { 6 } else { multiplier }, unit))
}

/// The power of ten of the finest digit that values in a unit usually need: a thousandth of the base unit, which is a
/// millionth of a kWh; a thousandth of a unit that nobody knows.
pub fn usual_quantum(unit: &str) -> i8 {
    match parse_unit(unit) {
        Some((power, _)) if 0 <= power => -3 - power,
        _ => -3,
    }
}

fn parse_symbol(text: &str, same: fn(&str, &str) -> bool) -> Option<(i8, u16)> {
    let whole = UNITS.iter().find(|code| code.number != 0 && same(code.name, text));
    if let Some(code) = whole {
        return Some((0, u16::try_from(code.number).ok()?));
    }
    let letter = text.get(..1)?;
    let (multiplier, _) = PREFIXES.iter().find(|(_, prefix)| same(prefix, letter))?;
    let unit = PREFIXED.iter().find(|unit| find(UNITS, **unit).is_some_and(|code| same(code.name, &text[1..])))?;
    Some((*multiplier, *unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_in_any_case() {
        for text in ["kWh", "KWH", "kwh", "Kwh", " kWh "] {
            check(text, Some((3, 72)));
        }
        check("Wh", Some((0, 72)));
        check("MWh", Some((6, 72)));
        check("MWH", Some((6, 72)));
        check("mwh", Some((6, 72)));
        check("mWh", Some((-3, 72)));
        check("kVArh", Some((3, 73)));
        check("KVARH", Some((3, 73)));
        check("MVArh", Some((6, 73)));
        check("kvah", Some((3, 71)));
        check("kW", Some((3, 38)));
        check("W", Some((0, 38)));
        check("kvar", Some((3, 63)));
        check("V", Some((0, 29)));
        check("mV", Some((-3, 29)));
        check("kV", Some((3, 29)));
        check("A", Some((0, 5)));
        check("pf", Some((0, 65)));
        check("M3", Some((0, 42)));
        check("m\u{b3}", Some((0, 42)));
        check("CCF", Some((2, 119)));
        check("ft3", Some((0, 119)));
        check("therm", Some((0, 169)));
        check("GAL", Some((0, 128)));
        check("MJ", Some((6, 31)));
        check("GJ", Some((9, 31)));
        check("Hz", Some((0, 33)));
        check("litre", Some((0, 134)));
        for text in ["", "furlong", "kkWh", "none", "\u{e9}Wh"] {
            check(text, None);
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Option<(i8, u16)>) {
        assert_eq!(parse_unit(text), expected, "{text}");
    }

    #[test]
    fn symbols_are_written_as_people_write_them() {
        assert_eq!(unit_symbol(3, 72), "kWh");
        assert_eq!(unit_symbol(0, 72), "Wh");
        assert_eq!(unit_symbol(2, 119), "ccf");
        assert_eq!(unit_symbol(0, 42), "m3");
        assert_eq!(unit_symbol(3, 42), "10^3 m3");
        assert_eq!(unit_symbol(2, 72), "10^2 Wh");
        assert_eq!(unit_symbol(-1, 113), "dBm");
        assert_eq!(unit_symbol(0, 0), "");
        assert_eq!(unit_symbol(3, 999), "10^3 unit 999");
    }

    #[test]
    fn every_written_symbol_with_a_letter_prefix_is_read_back() {
        for unit in PREFIXED {
            for (multiplier, _) in PREFIXES {
                let symbol = unit_symbol(multiplier, unit);
                let found = parse_unit(&symbol);
                // A few symbols already mean another unit: `cd` is candela, `Pa` pascal.
                if find(UNITS, unit).is_some_and(|code| code.name != "Pa gauge") {
                    assert_eq!(found, Some((multiplier, unit)), "{symbol}");
                }
            }
        }
    }
}
