//! Every id of the rule books: what it is called and whether it is built.
//!
//! Whether a row is built is never written down: it follows from the tables of [`crate::rules`], [`crate::estimators`],
//! [`crate::register`] and [`crate::process`], so that `docs/vee/rules.md`, which is made from this list, cannot lie.

use crate::estimators::estimator;
use crate::rules::rule;
use crate::{process, register};

/// A row of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `V..` validates, `E..` and `auto` estimate intervals, `R..` estimates register reads.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
}

/// Where a rule or method stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In a table of this crate.
    Built,
    /// In a table of this crate; an installation does not ask it yet.
    Library,
    /// An envelope check, made when a batch is admitted, before this crate sees it.
    Admission,
    /// A check of billing determinants, in the crate `usage`.
    Determinants,
    /// A switch of a plan.
    Plan,
}

impl Entry {
    /// Where it stands.
    pub fn state(self) -> State {
        let number = self.id.get(1..).and_then(|digits| digits.parse::<u8>().ok());
        match number {
            _ if rule(self.id).is_some() || estimator(self.id).is_some() => State::Built,
            _ if register::rules::rule(self.id).is_some() => State::Built,
            _ if register::estimators::estimator(self.id).is_some() => State::Built,
            Some(61) if process::rule(self.id).is_some() => State::Library,
            _ if process::rule(self.id).is_some() => State::Built,
            Some(1..=18) => State::Admission,
            Some(73 | 74) => State::Determinants,
            _ => State::Plan,
        }
    }
}

/// The whole catalogue, in order.
pub static CATALOGUE: &[Entry] = &[
    row("V01", "point exists"),
    row("V02", "sender owns point"),
    row("V03", "connection state"),
    row("V04", "inactive measurement"),
    row("V05", "point type or subtype"),
    row("V06", "unit"),
    row("V07", "interval size or resolution"),
    row("V08", "period sanity"),
    row("V09", "count and order"),
    row("V10", "number format"),
    row("V11", "quality code"),
    row("V12", "duplicate payload"),
    row("V13", "sibling channels"),
    row("V14", "meter identification"),
    row("V15", "channel count"),
    row("V16", "complete day"),
    row("V17", "future time"),
    row("V18", "resend contract"),
    row("V20", "reader clock"),
    row("V21", "meter time tolerance"),
    row("V22", "pulse or data overflow"),
    row("V23", "test mode"),
    row("V24", "power-outage intervals"),
    row("V25", "hardware flags"),
    row("V26", "time reset or long or short interval"),
    row("V27", "assumed meter time"),
    row("V28", "missing-quantity exception"),
    row("V29", "alarm correlation"),
    row("V30", "gap"),
    row("V31", "spike"),
    row("V32", "demand high or low limit"),
    row("V33", "consecutive-interval tolerance"),
    row("V34", "historical maximum"),
    row("V35", "high or low usage"),
    row("V36", "zero consumption on active"),
    row("V37", "static value"),
    row("V38", "negative"),
    row("V39", "consecutive interval pattern"),
    row("V40", "dynamic comparison"),
    row("V41", "reactive without active"),
    row("V42", "power factor at peak"),
    row("V43", "load factor"),
    row("V44", "use during outage"),
    row("V45", "voltage and current presence"),
    row("V46", "generation sign or night"),
    row("V47", "stuck register then double interval"),
    row("V48", "DST-day shape"),
    row("V50", "sum check"),
    row("V51", "TOU sum"),
    row("V52", "register delta high or low"),
    row("V53", "register delta per cent"),
    row("V54", "register ratio per cent"),
    row("V55", "register decrease or rollover"),
    row("V56", "multiplier"),
    row("V57", "dials and decimals"),
    row("V58", "demand read"),
    row("V59", "register gap"),
    row("V60", "main against check"),
    row("V61", "feeder or transformer balance"),
    row("V70", "prolonged estimation"),
    row("V71", "final measurement replacement"),
    row("V72", "final-estimate lock"),
    row("V73", "billing quality gate"),
    row("V74", "usage high or low"),
    row("V75", "re-validate estimates"),
    row("V76", "irregular-usage customers"),
    row("V77", "timeliness"),
    row("E01", "check meter swap"),
    row("E02", "calculated from other flows"),
    row("E03", "SCADA source"),
    row("E04", "linear interpolation"),
    row("E05", "reference-day average"),
    row("E06", "two-week like-day"),
    row("E07", "nearest equivalent day"),
    row("E08", "multi-week average"),
    row("E09", "interval averaging"),
    row("E10", "proxy temperature day"),
    row("E11", "profile or class load"),
    row("E12", "load profiling channel"),
    row("E13", "average daily load, flat"),
    row("E14", "flat line from register"),
    row("E15", "numeric replacement"),
    row("E16", "zero substitution"),
    row("E17", "previous year or previous read"),
    row("E18", "agreed value"),
    row("E19", "gap record"),
    row("E20", "final estimate"),
    row("E21", "subtractive interval adjustment"),
    row("E22", "manual override"),
    row("auto", "automatic choice"),
    row("R01", "usage calculation"),
    row("R02", "average recent load projection"),
    row("R03", "copy forward"),
    row("R04", "scalar from interval"),
    row("R05", "scalar proration"),
    row("R06", "scalar profile"),
    row("R07", "three-step read estimate"),
    row("R08", "monthly usage"),
    row("R09", "degree-day weighting"),
    row("R10", "scalar estimation"),
];

const fn row(id: &'static str, name: &'static str) -> Entry {
    Entry { id, name }
}
