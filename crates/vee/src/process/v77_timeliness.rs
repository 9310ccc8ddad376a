//! V77 timeliness: what share of the data was delivered at each deadline.
//!
//! Sources: Ontario: 98 % of the reads of a day by 05:00 local time of the next day; Elhub: 07:00 of the next day, and ready
//! for billing with the end of the fifth; Estfeed: 10:00 of the next day. Their shares are not published: 98 % is a proposal.
//! California (1998) has three deadlines for the same data, each with its share (80, 90 and 99 %, of monthly data 85, 95 and
//! 99 %), and leaves their instants to the market: [`timeliness`] judges any number of them. What counts as
//! delivered is the caller's: in California validated values, in Ontario measured ones and no estimate, a
//! duplicate once. Shares are compared exactly: `delivered` against `share * expected`.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use smol_str::SmolStr;

use super::Rule;
use crate::amount::Amount;
use crate::settings::{InvalidSetting, SettingForm, SettingKind, Settings};

/// The rule in the table.
pub static RULE: Rule = Rule {
    id: "V77",
    name: "timeliness",
    purpose: "Finds deadlines at which too small a share of the data had been delivered.",
    settings: &[DEADLINE, SHARE],
};

const DEADLINE: SettingForm = SettingForm {
    name: "deadline",
    kind: SettingKind::Choice(&["ontario", "elhub", "elhub-billing", "estfeed"]),
    default: "ontario",
    meaning: "local time: 05:00, 07:00 of the next day, the end of the fifth day after, or 10:00 of the next day",
};

const SHARE: SettingForm = SettingForm {
    name: "share",
    kind: SettingKind::ShareUpTo(100),
    default: "98 %",
    meaning: "what share of the values of a day must have arrived by then",
};

/// Ontario, the reads of a day, in per cent.
pub const ONTARIO: u8 = 98;

/// When the values of a day are due, and how many of them.
#[derive(Clone, Debug)]
pub struct DueDay(Settings);

impl Default for DueDay {
    fn default() -> Self {
        Self(Settings::read(RULE.settings, &BTreeMap::new()).expect("the defaults of the rule are right"))
    }
}

impl DueDay {
    /// Reads the limits over their defaults.
    ///
    /// # Errors
    /// Every setting that is unknown or of the wrong kind.
    pub fn read(given: &BTreeMap<SmolStr, SmolStr>) -> Result<Self, Vec<InvalidSetting>> {
        Settings::read(RULE.settings, given).map(Self)
    }

    /// The deadline of a local day, the earlier instant where the clock shows it twice; `None` outside the years jiff can
    /// represent.
    pub fn deadline(&self, date: Date, zone: &TimeZone) -> Option<Deadline> {
        let (days, hour) = match self.0.choice(&DEADLINE) {
            "elhub" => (1, 7),
            "elhub-billing" => (6, 0),
            "estfeed" => (1, 10),
            _ => (1, 5),
        };
        let due = date.checked_add(jiff::Span::new().days(days)).ok()?.to_datetime(Time::constant(hour, 0, 0, 0));
        Some(Deadline { at: due.to_zoned(zone.clone()).ok()?.timestamp(), share: self.0.share(&SHARE) })
    }
}

/// A share that must be there at an instant.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    /// What arrived at this instant is in time.
    pub at: Timestamp,
    /// The share as a fraction of one.
    pub share: Amount,
}

impl Deadline {
    /// A share in per cent.
    pub fn of_per_cent(at: Timestamp, per_cent: u8) -> Self {
        Self { at, share: Amount::new(per_cent.into(), -2) }
    }
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
#[derive(Clone, Debug)]
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

/// Judges deliveries against each deadline, in the order of the deadlines.
pub fn timeliness(expected: u64, deliveries: &[Delivery], deadlines: &[Deadline]) -> Vec<Timeliness> {
    deadlines.iter().map(|deadline| judged(expected, deliveries, *deadline)).collect()
}

fn judged(expected: u64, deliveries: &[Delivery], deadline: Deadline) -> Timeliness {
    let in_time = deliveries.iter().filter(|delivery| delivery.at <= deadline.at);
    let delivered = in_time.fold(0_u64, |sum, delivery| sum.saturating_add(delivery.values));
    let required = deadline.share.times(Amount::new(expected.into(), 0));
    let met = required.and_then(|least| least.compared(Amount::new(delivered.into(), 0))).is_some_and(Ordering::is_le);
    let share = match expected {
        0 => "nothing was expected".into(),
        _ => format!("{} %", Amount::new(i128::from(delivered) * 10_000 / i128::from(expected), -2)),
    };
    let evidence = format!(
        "{delivered} of {expected} values had arrived by {}: {share}; the limit is {} %",
        deadline.at,
        deadline.share.shifted(2)
    );
    Timeliness { deadline, delivered, expected, met, evidence }
}
