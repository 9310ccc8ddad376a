//! Every id of the rule books: what it is called and where it stands.
//!
//! What is built is read off the tables of [`crate::rules`], [`crate::estimators`], [`crate::register`] and [`crate::process`]: a
//! row that goes from its table goes from here and from `docs/vee/rules.md`, which is made of it. Only what lives elsewhere is
//! listed, and of what an installation has nothing to feed a rule with ([`Entry::lacks`]).

use std::sync::LazyLock;

use crate::estimators::ESTIMATORS;
use crate::rules::RULES;
use crate::{process, register};

/// A row of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `V..` validates, `E..` and `auto` estimate intervals, `R..` estimates register reads.
    pub id: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// Where it stands.
    pub state: State,
    /// What it looks at that no installation knows yet; nothing where it has all it needs.
    pub lacks: Option<&'static str>,
}

/// Where a rule or method stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In a table of this crate.
    Built,
    /// In a table of this crate; an installation does not ask it, or has nothing to feed it with.
    Library,
    /// An envelope check, made when a batch is admitted, before this crate sees it.
    Admission,
    /// A check of billing determinants, in the crate `usage`.
    Determinants,
    /// A switch of a plan.
    Plan,
}

/// The whole catalogue, in order: rules, methods for intervals, methods for reads.
pub static CATALOGUE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut entries = ELSEWHERE.to_vec();
    entries.extend(RULES.iter().map(|rule| built(rule.id, rule.name)));
    entries.extend(register::rules::RULES.iter().map(|rule| built(rule.id, rule.name)));
    entries.extend(process::RULES.iter().map(|rule| built(rule.id, rule.name)));
    entries.extend(ESTIMATORS.iter().map(|method| built(method.id, method.name)));
    entries.extend(register::estimators::ESTIMATORS.iter().map(|method| built(method.id, method.name)));
    entries.sort_by_key(|entry| place(entry.id));
    entries
});

/// What works in part: what of it no installation knows.
const LACKING: &[(&str, &str)] = &[
    ("V35", "class profiles"),
    ("V58", "when a demand register was reset"),
    ("E16", "outages that no status of an interval tells"),
    ("R07", "trends of usage"),
];

/// What does not work in an installation, and what it would have to know.
const NOT_FED: &[(&str, &str)] = &[
    ("V20", "the clock of the system that reads"),
    ("V21", "the clock of the meter and its last good sync"),
    ("V29", "when alarms were raised and ended"),
    ("V44", "outages that no status of an interval tells"),
    ("V56", "the multiplier that data are stated with"),
    ("V61", "the meters of a feeder or transformer side by side"),
    ("E11", "class profiles"),
    ("E18", "values that parties agreed on"),
    ("E22", "values that a person wrote outside of review"),
    ("R06", "class profiles"),
];

fn built(id: &'static str, name: &'static str) -> Entry {
    let of = |list: &[(&str, &'static str)]| list.iter().find(|(known, _)| *known == id).map(|(_, lacks)| *lacks);
    let not_fed = of(NOT_FED);
    let state = if not_fed.is_some() { State::Library } else { State::Built };
    Entry { id, name, state, lacks: not_fed.or(of(LACKING)) }
}

/// Where an id stands in the order of the catalogue.
fn place(id: &str) -> (usize, u8) {
    let part = ["V", "E", "auto", "R"].iter().position(|letter| id.starts_with(letter)).unwrap_or(usize::MAX);
    (part, id.get(1..).and_then(|digits| digits.parse().ok()).unwrap_or(0))
}

/// What is built outside of the tables of this crate.
const ELSEWHERE: &[Entry] = &[
    elsewhere("V01", "point exists", State::Admission),
    elsewhere("V02", "sender owns point", State::Admission),
    elsewhere("V03", "connection state", State::Admission),
    elsewhere("V04", "inactive measurement", State::Admission),
    elsewhere("V05", "point type or subtype", State::Admission),
    elsewhere("V06", "unit", State::Admission),
    elsewhere("V07", "interval size or resolution", State::Admission),
    elsewhere("V08", "period sanity", State::Admission),
    elsewhere("V09", "count and order", State::Admission),
    elsewhere("V10", "number format", State::Admission),
    elsewhere("V11", "quality code", State::Admission),
    elsewhere("V12", "duplicate payload", State::Admission),
    elsewhere("V13", "sibling channels", State::Admission),
    elsewhere("V14", "meter identification", State::Admission),
    elsewhere("V15", "channel count", State::Admission),
    elsewhere("V16", "complete day", State::Admission),
    elsewhere("V17", "future time", State::Admission),
    elsewhere("V18", "resend contract", State::Admission),
    elsewhere("V73", "billing quality gate", State::Determinants),
    elsewhere("V74", "usage high or low", State::Determinants),
    elsewhere("V75", "re-validate estimates", State::Plan),
];

const fn elsewhere(id: &'static str, name: &'static str, state: State) -> Entry {
    Entry { id, name, state, lacks: None }
}
