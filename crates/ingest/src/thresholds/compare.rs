//! What a head-end says of its own limits, held against the register.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Limit, Register};

/// What a head-end looks for, as it was exported from there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The head-end.
    pub head_end: String,
    /// When it was so.
    pub as_of: Option<Timestamp>,
    /// The conditions that it looks for.
    #[serde(default, rename = "condition")]
    pub conditions: Vec<Stated>,
}

/// A condition that a head-end looks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// Its name in the register.
    pub name: String,
    /// Whether people there are alarmed of it; otherwise it is only sent.
    #[serde(default)]
    pub decides: bool,
    /// Its limit there.
    pub limit: Option<Limit>,
}

/// A difference between the register and a head-end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The head-end.
    pub head_end: String,
    /// The condition.
    pub condition: String,
    /// `limit`, `owner`, `unknown` or `absent`.
    pub what: &'static str,
    /// What the register says.
    pub ours: String,
    /// What the head-end says.
    pub theirs: String,
}

impl std::fmt::Display for Drift {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { head_end, condition, what, ours, theirs } = self;
        write!(out, "{head_end} {condition}: {what}: ours {ours}, theirs {theirs}")
    }
}

/// Where a head-end differs from the register, in the order of its statement; nothing where it does not.
pub fn compare(register: &Register, statement: &Statement) -> Vec<Drift> {
    let drift = |condition: &str, what, ours: String, theirs: String| Drift {
        head_end: statement.head_end.clone(),
        condition: condition.to_owned(),
        what,
        ours,
        theirs,
    };
    let mut found = Vec::new();
    for stated in &statement.conditions {
        let Some(owned) = register.named(&stated.name) else {
            found.push(drift(&stated.name, "unknown", "not in the register".into(), told(stated.limit.as_ref())));
            continue;
        };
        if !is_same(owned.limit.as_ref(), stated.limit.as_ref()) {
            found.push(drift(&stated.name, "limit", told(owned.limit.as_ref()), told(stated.limit.as_ref())));
        }
        let is_owner = owned.owner == statement.head_end;
        if stated.decides != is_owner {
            let theirs = if stated.decides { "it decides" } else { "it only sends" };
            found.push(drift(&stated.name, "owner", format!("{} decides", owned.owner), theirs.into()));
        }
    }
    let is_stated = |name: &str| statement.conditions.iter().any(|stated| stated.name == name);
    for owned in register.conditions.iter().filter(|one| one.owner == statement.head_end && !is_stated(&one.name)) {
        found.push(drift(&owned.name, "absent", format!("{} decides", owned.owner), "it does not look for it".into()));
    }
    found
}

fn told(limit: Option<&Limit>) -> String {
    limit.map_or_else(|| "no limit".to_owned(), ToString::to_string)
}

/// Whether two limits are the same; `0.126 kV` and `126.0 V` are.
fn is_same(ours: Option<&Limit>, theirs: Option<&Limit>) -> bool {
    match (ours, theirs) {
        (None, None) => true,
        (Some(ours), Some(theirs)) => {
            let number = ours.in_base();
            ours.when == theirs.when
                && ours.for_seconds == theirs.for_seconds
                && number.is_some()
                && number == theirs.in_base()
        }
        _ => false,
    }
}
