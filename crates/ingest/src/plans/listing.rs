//! Plans and statements as people are shown them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use store::registry::plan::{PartKind, Put, StoredPlans};
use vee::plan::book::{Attachment, SetVersion};

use super::Plans;

/// Every plan, and where each holds.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// Plans in the order of the book, that of the settings first.
    pub plans: Vec<ListedPlan>,
    /// Attachments in force, the least specific place first; none overlaps another.
    pub attachments: Vec<Attachment>,
}

/// A plan with its sets and who put it.
#[derive(Clone, Debug, Serialize)]
pub struct ListedPlan {
    /// What people call it.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Its rules.
    pub validation: SetVersion,
    /// Its methods.
    pub estimation: SetVersion,
    /// Who put it; `None` for the plan that the settings name.
    pub put_by: Option<String>,
    /// When.
    pub put_at: Option<Timestamp>,
}

/// What was put, oldest first.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// `formula`, `validation set`, `estimation set`, `plan`, `attach` or `detach`.
    pub what: &'static str,
    /// The name of the set or plan; `None` where a statement ends what held.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<u32>,
    /// Where it holds, for statements.
    pub to: Option<String>,
    /// The first local date.
    pub from: Option<Date>,
    /// The first local date after.
    pub until: Option<Date>,
}

/// The plans in force with who put them.
pub fn listing(plans: &Plans, stored: &StoredPlans) -> Listing {
    let listed = plans.written().plan.iter().map(|plan| {
        let is_it = |kind, name: &str, version| kind == PartKind::Plan && name == plan.name && version == plan.version;
        let put = stored.parts.iter().find(|(part, _)| is_it(part.kind, &part.name, part.version)).map(|(_, put)| put);
        ListedPlan {
            name: plan.name.to_string(),
            version: plan.version,
            validation: plan.validation.clone(),
            estimation: plan.estimation.clone(),
            put_by: put.map(|put| put.by.clone()),
            put_at: put.map(|put| put.at),
        }
    });
    Listing { plans: listed.collect(), attachments: plans.written().attach.clone() }
}

/// Everything that was ever put, oldest first.
pub fn history(stored: &StoredPlans) -> Vec<Entry> {
    let entry = |what, put: &Put| Entry {
        at: put.at,
        by: put.by.clone(),
        what,
        name: None,
        version: None,
        to: None,
        from: None,
        until: None,
    };
    let parts = stored.parts.iter().map(|(part, put)| Entry {
        name: Some(part.name.clone()),
        version: Some(part.version),
        ..entry(part.kind.as_str(), put)
    });
    let statements = stored.statements.iter().map(|(statement, put)| {
        let (name, version) = statement.plan.clone().unzip();
        let what = if name.is_some() { "attach" } else { "detach" };
        let (to, from, until) = (Some(statement.place.clone()), statement.from, statement.until);
        Entry { name, version, to, from, until, ..entry(what, put) }
    });
    let mut entries: Vec<Entry> = parts.chain(statements).collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}
