//! Who decides which condition, and by which limit: one versioned register for head-ends and Amity.
//!
//! A head-end and Amity may look at the same voltage; people must be told once. So every condition has one owner, which
//! decides; what others say of it is evidence and no alert of its own (decision M-04). Limits are written here once, and what head-ends
//! say that theirs are is compared with them.
//!
//! - [`Register`]: the document; [`Register::faults`]: what cannot be, double owners among it.
//! - [`compare`](mod@compare): where a head-end has other limits, or decides what it does not own.
//! - [`alerting`]: one alert a condition and device, with what everyone said.

pub mod alerting;
pub mod compare;

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::event::EndDeviceEventType;
use model::quantity::Decimal;
use serde::{Deserialize, Serialize};

pub use compare::{Drift, Statement, compare};

/// What is decided by, and what head-ends say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    /// The register; without one Amity decides nothing by limits.
    pub register: Option<Register>,
    /// What head-ends say that their limits are.
    pub statements: Vec<Statement>,
}

impl InForce {
    /// The register, where it holds at an instant.
    pub fn at(&self, at: Timestamp) -> Option<&Register> {
        self.register.as_ref().filter(|register| register.effective_from.is_none_or(|from| from <= at))
    }

    /// Where head-ends differ from the register.
    pub fn drift(&self) -> Vec<Drift> {
        let register = self.register.iter();
        register.flat_map(|register| self.statements.iter().flat_map(|stated| compare(register, stated))).collect()
    }
}

/// How the register calls Amity as an owner; no head-end is called so.
pub const AMITY: &str = "amity";

/// Every condition, with who decides it and by which limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Counts up with every change.
    pub version: u32,
    /// From when on it holds.
    pub effective_from: Option<Timestamp>,
    /// Who approved it, and why it is so.
    #[serde(default)]
    pub note: String,
    /// The conditions.
    #[serde(default, rename = "condition")]
    pub conditions: Vec<Owned>,
}

/// A condition and who decides it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Owned {
    /// What it is called: `voltage-high`.
    pub name: String,
    /// Who decides it: a head-end, or `amity`.
    pub owner: String,
    /// Events that say that it began, as 4-part types.
    pub begins: Vec<String>,
    /// Events that say that it is over; without any it is over when nobody tells of it any more.
    #[serde(default)]
    pub ends: Vec<String>,
    /// What is told within so many seconds belongs together.
    #[serde(default = "within_seconds")]
    pub within_seconds: u32,
    /// What has to be exceeded; left out where the condition is no matter of a limit.
    pub limit: Option<Limit>,
}

const fn within_seconds() -> u32 {
    900
}

/// What has to be exceeded, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// On which side of it the condition lies.
    pub when: Side,
    /// The limit, as a decimal number.
    pub value: String,
    /// Its unit, with a prefix where it has one: `V`, `kV`, `%`.
    pub unit: String,
    /// For how many seconds at the least.
    #[serde(default)]
    pub for_seconds: u32,
}

/// A side of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// More than it.
    Above,
    /// Less than it.
    Below,
}

impl Limit {
    /// The limit in its unit without a prefix; `None` where it is no number.
    fn in_base(&self) -> Option<(Decimal, &str)> {
        let value: Decimal = self.value.parse().ok()?;
        let prefixes = [("k", 3), ("M", 6), ("m", -3)];
        let of = |(prefix, power)| Some((self.unit.strip_prefix(prefix).filter(|base| !base.is_empty())?, power));
        let (unit, power) = prefixes.into_iter().find_map(of).unwrap_or((&self.unit, 0));
        Some((Decimal::new(value.digits, value.exponent.checked_add(power)?).normalized(), unit))
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = if self.when == Side::Above { "above" } else { "below" };
        write!(out, "{side} {} {}", self.value, self.unit)?;
        if self.for_seconds == 0 { Ok(()) } else { write!(out, " for {} s", self.for_seconds) }
    }
}

impl Owned {
    /// Its events as they are written, with their types where they are such.
    fn events(&self) -> impl Iterator<Item = (&str, Option<EndDeviceEventType>)> {
        self.begins.iter().chain(&self.ends).map(|text| (text.as_str(), text.parse().ok()))
    }

    /// What cannot be of it by itself.
    fn faults(&self, head_ends: &[&str]) -> Vec<String> {
        let Self { name, owner, begins, limit, .. } = self;
        let mut faults = Vec::new();
        if name.trim().is_empty() || name.contains(char::is_whitespace) {
            faults.push("name: expected a word without spaces, such as voltage-high".to_owned());
        }
        if owner != AMITY && !head_ends.contains(&owner.as_str()) {
            faults.push(format!("owner `{owner}`: expected `{AMITY}` or a head-end of the settings"));
        }
        if begins.is_empty() {
            faults.push("begins: expected an event type at least, such as 3.26.38.93".to_owned());
        }
        for (text, _) in self.events().filter(|(_, event_type)| event_type.is_none()) {
            faults.push(format!("expected a 4-part event type such as 3.26.38.93, found `{text}`"));
        }
        if let Some(limit) = limit.as_ref().filter(|limit| limit.in_base().is_none()) {
            faults.push(format!("limit.value: expected a decimal number such as 126.0, found `{}`", limit.value));
        }
        if limit.as_ref().is_some_and(|limit| limit.unit.trim().is_empty()) {
            faults.push("limit.unit: expected a unit such as V".to_owned());
        }
        faults
    }
}

impl Register {
    /// What cannot be, each with the condition it is of; `head_ends` are those that can own one.
    pub fn faults(&self, head_ends: &[&str]) -> Vec<String> {
        let mut faults = Vec::new();
        if self.version == 0 {
            faults.push("version: 0, expected a number from 1 that counts up with every change".to_owned());
        }
        let mut named: BTreeMap<&str, &str> = BTreeMap::new();
        let mut told: BTreeMap<EndDeviceEventType, &Owned> = BTreeMap::new();
        for condition in &self.conditions {
            let Owned { name, owner, .. } = condition;
            let mut of_condition = Vec::new();
            match named.insert(name, owner) {
                Some(other) if other != owner => {
                    of_condition.push(format!("has two owners, `{other}` and `{owner}`: expected one who decides"));
                }
                Some(_) => of_condition.push("is there twice".to_owned()),
                None => {}
            }
            of_condition.extend(condition.faults(head_ends));
            for (text, event_type) in condition.events() {
                match event_type.and_then(|event_type| told.insert(event_type, condition)) {
                    Some(other) if other.name != *name => of_condition.push(format!(
                        "event {text} belongs to `{}` too, so that `{}` and `{owner}` decide by it: expected one",
                        other.name, other.owner
                    )),
                    Some(_) => of_condition.push(format!("event {text} is there twice")),
                    None => {}
                }
            }
            faults.extend(of_condition.into_iter().map(|fault| format!("condition `{name}`: {fault}")));
        }
        faults
    }

    /// The condition that an event is of, and whether it is over with it.
    pub fn condition_of(&self, event_type: EndDeviceEventType) -> Option<(&Owned, bool)> {
        let is = |text: &String| text.parse() == Ok(event_type);
        let begun = self.conditions.iter().find(|one| one.begins.iter().any(is)).map(|one| (one, false));
        begun.or_else(|| self.conditions.iter().find(|one| one.ends.iter().any(is)).map(|one| (one, true)))
    }

    /// The condition of a name.
    pub fn named(&self, name: &str) -> Option<&Owned> {
        self.conditions.iter().find(|one| one.name == name)
    }
}
