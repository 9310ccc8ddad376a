//! The words of evidence: amounts with units, local times, lengths of time, and reasons that many give.

use crate::amount::Amount;
use crate::context::Context;
use crate::day::Day;

/// Why a comparison was not made where 38 digits are not enough.
pub(crate) const TOO_LARGE: &str = "the values are too large to compare exactly";

/// Why a rule about whole days does not apply.
pub(crate) const INCOMPLETE: &str = "the day is not complete";

/// Why a rule does not apply to a day without slots.
pub(crate) const NO_INTERVALS: &str = "the day has no intervals";

/// Why a rule about peaks does not apply.
pub(crate) const NO_VALUES: &str = "no interval has a value";

/// `18.4 kWh`.
pub(crate) fn quantity(context: &Context<'_>, quanta: i64) -> String {
    format!("{} {}", context.amount(quanta.into()), context.unit)
}

/// The local time at which a slot begins: `14:00`, `01:00 (second)`; `24:00` for the end of the day.
pub(crate) fn clock(day: &Day<'_>, slot: u16) -> String {
    if slot == day.slots() {
        return "24:00".into();
    }
    let time = day.local_time(slot);
    let (hours, minutes, seconds) = (time.seconds / 3600, time.seconds / 60 % 60, time.seconds % 60);
    let second = if time.repeated { " (second)" } else { "" };
    if seconds == 0 {
        format!("{hours:02}:{minutes:02}{second}")
    } else {
        format!("{hours:02}:{minutes:02}:{seconds:02}{second}")
    }
}

/// `3 values from 14:00 to 14:45` or `1 value at 14:00`.
pub(crate) fn span(day: &Day<'_>, from: u16, to: u16) -> String {
    match to.saturating_sub(from) {
        1 => format!("1 value at {}", clock(day, from)),
        count => format!("{count} values from {} to {}", clock(day, from), clock(day, to)),
    }
}

/// `1 value`, `3 values`; the noun is given for one.
pub(crate) fn counted(count: u32, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// `45 min`, `2 h`, `1 h 15 min`, `3 days`.
pub(crate) fn duration(seconds: i64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (hours, 0, 0) if 24 < hours && hours % 24 == 0 => format!("{} days", hours / 24),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, 0) => format!("{hours} h"),
        (hours, minutes, 0) => format!("{hours} h {minutes} min"),
        (hours, minutes, seconds) => format!("{hours} h {minutes} min {seconds} s"),
    }
}

/// `left / right`, which is above a limit: rounded up to two decimals, or to as many as it takes to tell it from the limit; `None`
/// where the right side is not above zero.
pub(crate) fn ratio_above(left: impl Into<i128>, right: impl Into<i128>, limit: Amount) -> Option<Amount> {
    let (left, right) = (left.into().checked_neg()?, right.into());
    let below_zero = ratio_below(left, right, Amount::ZERO.minus(limit)?)?;
    Amount::ZERO.minus(below_zero)
}

/// As [`ratio_above`], rounded down, of a ratio below a limit.
pub(crate) fn ratio_below(left: impl Into<i128>, right: impl Into<i128>, limit: Amount) -> Option<Amount> {
    let (left, right) = (left.into(), right.into());
    let bounds = |decimals: u8| {
        let digits = left.checked_mul(10_i128.checked_pow(decimals.into())?)?;
        let amount = |digits: i128| Amount::new(digits, -i32::from(decimals));
        (0 < right).then(|| (amount(digits.div_euclid(right)), amount(-(-digits).div_euclid(right))))
    };
    let is_told_apart = |(_, up): &(Amount, Amount)| up.compared(limit).is_some_and(|order| order.is_lt());
    let mut precise = (DECIMALS..=DECIMALS_MAX).filter_map(bounds);
    precise.find(is_told_apart).or_else(|| bounds(DECIMALS)).map(|(down, _)| down)
}

/// Decimals of a ratio, and the most that tell it from its limit.
const DECIMALS: u8 = 2;
const DECIMALS_MAX: u8 = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_never_reads_as_its_limit() {
        let limit = |text: &str| text.parse::<model::quantity::Decimal>().expect("a number").into();
        let above = |left: i128, right: i128, text: &str| {
            ratio_above(left, right, limit(text)).expect("above zero").to_string()
        };
        // 10/3 = 3.333..; 2801/1000; 2.8000001; 1.0001.
        assert_eq!(above(10, 3, "2.8"), "3.34");
        assert_eq!(above(2801, 1000, "2.8"), "2.801");
        assert_eq!(above(28_000_001, 10_000_000, "2.8"), "2.8000001");
        assert_eq!(above(10_001, 10_000, "1"), "1.0001");
        let below = |left: i128, right: i128, text: &str| {
            ratio_below(left, right, limit(text)).expect("above zero").to_string()
        };
        assert_eq!(below(1, 3, "0.5"), "0.33");
        assert_eq!(below(4999, 10_000, "0.5"), "0.4999");
        assert_eq!(ratio_above(1, 0, Amount::ZERO).map(|ratio| ratio.to_string()), None);
    }
}
