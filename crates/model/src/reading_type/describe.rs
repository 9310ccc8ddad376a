//! A phrase for people in place of 18 numbers.

use super::{ReadingType, codes, kind, unit};
use crate::code::{Code, find};

impl ReadingType {
    /// What is measured, in words: `60-minute energy delivered, kWh`.
    ///
    /// Numbers without a name appear as `kind 164`; nothing is left out except zeros, a plain
    /// difference, and electricity, which most channels are.
    pub fn describe(self) -> String {
        let mut words: Vec<String> = Vec::new();
        let mut say = |word: String| {
            if !word.is_empty() {
                words.push(word);
            }
        };
        say(name(codes::MACRO_PERIODS, self.macro_period, "period"));
        say(name(codes::AGGREGATES, self.aggregate, "aggregate"));
        say(name(codes::MEASURING_PERIODS, self.measuring_period, "measuring period"));
        say(manner(self.accumulation));
        if !matches!(self.commodity, 1 | 2) {
            say(name(codes::COMMODITIES, self.commodity, "commodity"));
        }
        say(name(kind::MEASUREMENT_KINDS, self.measurement_kind, "kind"));
        say(direction(self.flow_direction));
        say(register(self.accumulation));
        let mut phrase = words.join(" ");
        for detail in self.details() {
            phrase.push_str(", ");
            phrase.push_str(&detail);
        }
        phrase
    }

    fn details(self) -> Vec<String> {
        let mut details = Vec::new();
        if self.interharmonic_numerator != 0 {
            details.push(fraction("harmonic", self.interharmonic_numerator, self.interharmonic_denominator));
        }
        if self.argument_numerator != 0 {
            details.push(fraction("argument", self.argument_numerator, self.argument_denominator));
        }
        let buckets = [("rate", self.tou), ("critical peak", self.cpp), ("tier", self.consumption_tier)];
        details
            .extend(buckets.iter().filter(|(_, number)| *number != 0).map(|(word, number)| format!("{word} {number}")));
        if self.phases != 0 {
            details.push(match find(codes::PHASES, self.phases) {
                Some(code) => format!("phase {}", code.name),
                None => format!("phases {}", self.phases),
            });
        }
        let symbol = unit::unit_symbol(self.multiplier, self.unit);
        if !symbol.is_empty() {
            details.push(symbol.into());
        }
        if self.currency != 0 {
            details.push(name(codes::CURRENCIES, self.currency, "currency"));
        }
        details
    }
}

fn name(table: &'static [Code], number: u16, field: &str) -> String {
    match find(table, number) {
        Some(_) if number == 0 => String::new(),
        Some(code) => spaced(code.name),
        None if number == 0 => String::new(),
        None => format!("{field} {number}"),
    }
}

/// How the value came about, where that is said before the kind.
fn manner(accumulation: u16) -> String {
    match accumulation {
        1 | 4 | 9 | 13 | 14 => String::new(),
        other => name(codes::ACCUMULATIONS, other, "accumulation"),
    }
}

/// Kinds of register, said after the kind.
fn register(accumulation: u16) -> String {
    match accumulation {
        1 => "register".into(),
        9 => "summation register".into(),
        13 => "latching register".into(),
        14 => "bounded register".into(),
        _ => String::new(),
    }
}

fn direction(flow: u16) -> String {
    match flow {
        1 => "delivered".into(),
        19 => "received".into(),
        20 => "delivered and received".into(),
        15..=18 => format!("quadrant {}", flow - 14),
        5..=14 => {
            let quadrants = name(codes::FLOW_DIRECTIONS, flow, "direction");
            quadrants.replace("plus", " plus").replace("minus", " minus")
        }
        other => name(codes::FLOW_DIRECTIONS, other, "direction"),
    }
}

fn fraction(word: &str, numerator: u16, denominator: u16) -> String {
    if denominator <= 1 { format!("{word} {numerator}") } else { format!("{word} {numerator}/{denominator}") }
}

/// Breaks the standard's run-together names: `powerFactor` to `power factor`.
/// A name that is written in words already stays.
fn spaced(name: &str) -> String {
    if name.contains(|letter: char| !letter.is_ascii_alphanumeric()) || name.starts_with(char::is_uppercase) {
        return name.into();
    }
    let mut text = String::new();
    let mut lower_before = false;
    for letter in name.chars() {
        if lower_before && letter.is_uppercase() {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
        lower_before = !letter.is_uppercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mrid: &str, expected: &str) {
        let reading_type: ReadingType = mrid.parse().expect("reading type");
        assert_eq!(reading_type.describe(), expected, "{mrid}");
        assert_eq!(reading_type.to_string(), mrid);
    }

    #[test]
    fn worked_examples_read_well() {
        check("0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0", "60-minute energy delivered, kWh");
        check("0.0.2.4.19.1.12.0.0.0.0.0.0.0.0.3.72.0", "15-minute energy received, kWh");
        check("0.0.2.4.4.1.12.0.0.0.0.0.0.0.0.3.72.0", "15-minute energy net, kWh");
        check("11.0.4.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0", "daily 24-hour energy delivered, kWh");
        check("0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0", "energy delivered register, kWh");
        check("8.0.0.1.1.1.12.0.0.0.0.2.0.0.0.3.72.0", "billing period energy delivered register, rate 2, kWh");
        check("0.0.2.4.15.1.12.0.0.0.0.0.0.0.0.3.73.0", "15-minute energy quadrant 1, kVArh");
        check(
            "8.8.53.6.1.1.8.0.0.0.0.0.0.0.0.3.38.0",
            "billing period maximum 15-minute block indicating demand delivered, kW",
        );
        check("0.0.0.12.0.1.54.0.0.0.0.0.0.0.129.0.29.0", "instantaneous voltage, phase A to N, V");
        check("0.0.0.12.0.1.54.3.1.0.0.0.0.0.129.0.29.0", "instantaneous voltage, harmonic 3, phase A to N, V");
        check("0.0.0.12.0.1.38.0.0.0.0.0.0.0.0.0.65.0", "instantaneous power factor, pf");
        check("11.0.4.4.1.7.58.0.0.0.0.0.0.0.0.2.119.0", "daily 24-hour natural gas volume delivered, ccf");
        check("0.0.0.1.1.9.58.0.0.0.0.0.0.0.0.0.42.0", "potable water volume delivered register, m3");
        check("0.0.2.4.8.1.12.0.0.0.0.0.0.0.0.3.72.0", "15-minute energy q1 plus q4, kWh");
        check("0.0.0.0.0.1.45.0.0.0.0.3.0.0.0.0.80.124", "tariff rate, rate 3, money, CAD");
    }

    #[test]
    fn unknown_numbers_are_shown() {
        check("0.0.2.9.15.2.164.0.0.0.0.0.0.0.0.3.73.0", "15-minute kind 164 quadrant 1 summation register, kVArh");
        check("1001.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0", "period 1001");
        check("0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0", "");
    }
}
