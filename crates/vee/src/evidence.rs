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

/// `left / right` with two decimals, rounded up, so that a ratio above a limit never reads as the
/// limit; `None` where the right side is not above zero.
pub(crate) fn ratio(left: impl Into<i128>, right: impl Into<i128>) -> Option<Amount> {
    let below_zero = ratio_down(left.into().checked_neg()?, right)?;
    Amount::ZERO.minus(below_zero)
}

/// As [`ratio`], rounded down, for ratios below a limit.
pub(crate) fn ratio_down(left: impl Into<i128>, right: impl Into<i128>) -> Option<Amount> {
    let (hundredths, right) = (left.into().checked_mul(100)?, right.into());
    (0 < right).then(|| Amount::new(hundredths.div_euclid(right), -2))
}
