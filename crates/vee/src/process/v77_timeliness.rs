//! V77 timeliness: what share of the data was delivered at each deadline.
//!
//! Sources: California (1998): 80, 90 and 99 % of validated interval data at three deadlines, 85, 95 and 99 %
//! of monthly data; Ontario: 98 % of the reads of a day by 05:00 local time of the next day. What counts as
//! delivered is the caller's: in California validated values, in Ontario measured ones and no estimate, a
//! duplicate once. Shares are compared exactly: `100 * delivered` against `required * expected`.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Rule;
use crate::amount::Amount;

/// The rule in the table; its limits belong to the market and not to a plan.
pub static RULE: Rule = Rule {
    id: "V77",
    name: "timeliness",
    purpose: "Finds deadlines at which too small a share of the data had been delivered.",
    settings: &[],
};

/// California, interval data: the share in per cent at the first, second and third deadline.
pub const CALIFORNIA_INTERVAL: [u8; 3] = [80, 90, 99];

/// California, monthly data.
pub const CALIFORNIA_MONTHLY: [u8; 3] = [85, 95, 99];

/// Ontario, the reads of a day.
pub const ONTARIO: u8 = 98;

/// A share that must be there at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// What arrived at this instant is in time.
    pub at: Timestamp,
    /// The share in per cent.
    pub per_cent: u8,
}

/// Values that arrived at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
    /// How many that count.
    pub values: u64,
}

/// How a deadline was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeliness {
    /// The deadline.
    pub deadline: Deadline,
    /// How many values had arrived.
    pub delivered: u64,
    /// How many were expected.
    pub expected: u64,
    /// Whether the share was reached; nothing expected is always met.
    pub met: bool,
    /// One sentence with the numbers.
    pub evidence: String,
}

/// The three deadlines of a market with their shares.
pub fn deadlines(at: [Timestamp; 3], per_cent: [u8; 3]) -> [Deadline; 3] {
    std::array::from_fn(|place| Deadline { at: at[place], per_cent: per_cent[place] })
}

/// The Ontario deadline of a daily read period: 05:00 local time of the next day, the earlier one where
/// the clock shows it twice.
///
/// `None` outside the years jiff can represent.
pub fn ontario(date: Date, zone: &TimeZone) -> Option<Deadline> {
    let at = date.tomorrow().ok()?.at(5, 0, 0, 0).to_zoned(zone.clone()).ok()?.timestamp();
    Some(Deadline { at, per_cent: ONTARIO })
}

/// Judges deliveries against each deadline, in the order of the deadlines.
pub fn timeliness(expected: u64, deliveries: &[Delivery], deadlines: &[Deadline]) -> Vec<Timeliness> {
    deadlines.iter().map(|deadline| judged(expected, deliveries, *deadline)).collect()
}

fn judged(expected: u64, deliveries: &[Delivery], deadline: Deadline) -> Timeliness {
    let in_time = deliveries.iter().filter(|delivery| delivery.at <= deadline.at);
    let delivered = in_time.fold(0_u64, |sum, delivery| sum.saturating_add(delivery.values));
    let met = u128::from(deadline.per_cent) * u128::from(expected) <= 100 * u128::from(delivered);
    let share = match expected {
        0 => "nothing was expected".into(),
        _ => format!("{} %", Amount::new(i128::from(delivered) * 10_000 / i128::from(expected), -2)),
    };
    let evidence = format!(
        "{delivered} of {expected} values had arrived by {}: {share}; the limit is {} %",
        deadline.at, deadline.per_cent
    );
    Timeliness { deadline, delivered, expected, met, evidence }
}
