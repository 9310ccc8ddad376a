//! What askers are told of a request: its outcome, every determinant with its quality, what changed, what stands in the way.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Determinant, text};
use crate::finding::Finding;
use crate::quantity::Decimal;
use crate::time::TimeRange;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestState {
    /// It waits for its answer.
    Open,
    /// It was answered with values.
    Created,
    /// It was answered with the reasons why there are none.
    Refused,
    /// It was cancelled.
    Canceled,
}

/// What was found is the word of no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected open, created, refused or canceled, found `{0}`")]
pub struct UnknownState(String);

/// Which message tells of a request (IEC 61968-100 verbs, SRS nouns).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Telling {
    /// `created BillingDeterminant`: the first values.
    Created,
    /// `changed BillingDeterminant`: values that replace those of the issue before.
    Changed,
    /// `canceled BillingDeterminantRequest`.
    Canceled,
    /// `reply BillingDeterminantRequest`: why there are no values.
    Refused,
}

/// A request and what was told of it. Times are RFC 3339, quantities decimal texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The asker's id.
    pub id: String,
    /// Where it stands: `open`, `created`, `refused` or `canceled`.
    pub state: RequestState,
    /// Verb of the last message (IEC 61968-100); `None` while it is open.
    pub verb: Option<&'static str>,
    /// Noun of the last message.
    pub noun: &'static str,
    /// Name of the usage point.
    pub usage_point: String,
    /// Name of the account it was asked through.
    pub account: Option<String>,
    /// Over which period.
    pub period: TimeRange,
    /// Name of the rate.
    pub definition: String,
    /// Its version, which stays.
    pub definition_version: u32,
    /// Until when the answer may wait.
    pub cut_off: Timestamp,
    /// When it was made.
    pub requested_at: Timestamp,
    /// What was told last; `None` where nothing was.
    pub issue: Option<Issue>,
    /// Why there are no values, why it waits, or why newer values are held.
    pub items: Vec<Item>,
}

/// One version of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// 1 for Created, more for Changed.
    pub number: u32,
    /// The number of the issue that it replaces; `None` for the first.
    pub replaces: Option<u32>,
    /// When it was told.
    pub at: Timestamp,
    /// The versions of the plans that decided on the values.
    pub plan_versions: Vec<u32>,
    /// Every determinant that holds.
    pub determinants: Vec<Determinant>,
    /// What is different from the issue before.
    pub changes: Vec<ToldChange>,
}

/// A determinant before and after, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldChange {
    /// Its name.
    pub id: SmolStr,
    /// How much it was; `None` where it is new or was no amount.
    #[serde(with = "text")]
    pub old: Option<Decimal>,
    /// How much it is; `None` where it is gone or is no amount.
    #[serde(with = "text")]
    pub new: Option<Decimal>,
}

/// A determinant before and after a change of its inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What was told last; `None` for a determinant that the set did not have.
    pub old: Option<Determinant>,
    /// What holds now; `None` for a determinant that the set no longer has.
    pub new: Option<Determinant>,
}

/// One reason of a refusal: a [`Finding`] that can be read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What it is about: a determinant, a channel, a field of the request.
    pub field: SmolStr,
    /// A stable code.
    pub code: SmolStr,
    /// What was found, what was expected and what to do.
    pub message: String,
}

impl RequestState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Open, Self::Created, Self::Refused, Self::Canceled];

    /// The word, as people type it and as it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Created => "created",
            Self::Refused => "refused",
            Self::Canceled => "canceled",
        }
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RequestState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| UnknownState(text.to_owned()))
    }
}

impl Telling {
    /// The last message of a request in a state, whose last issue has that number; `None` while it is open.
    pub fn last(state: RequestState, issue: Option<u32>) -> Option<Self> {
        match state {
            RequestState::Open => None,
            RequestState::Created if issue.is_some_and(|number| 1 < number) => Some(Self::Changed),
            RequestState::Created => Some(Self::Created),
            RequestState::Canceled => Some(Self::Canceled),
            RequestState::Refused => Some(Self::Refused),
        }
    }

    /// Verb and noun of the header.
    pub const fn verb_and_noun(self) -> (&'static str, &'static str) {
        match self {
            Self::Created => ("created", Told::NOUN),
            Self::Changed => ("changed", Told::NOUN),
            Self::Canceled => ("canceled", Told::REQUEST_NOUN),
            Self::Refused => ("reply", Told::REQUEST_NOUN),
        }
    }
}

impl Told {
    /// The noun of answers (SRS IS-006).
    pub const NOUN: &'static str = "BillingDeterminant";
    /// The noun of requests (SRS IS-005), and of what ends them without values.
    pub const REQUEST_NOUN: &'static str = "BillingDeterminantRequest";

    /// The last message of it; `None` while it is open.
    pub fn telling(&self) -> Option<Telling> {
        Telling::last(self.state, self.issue.as_ref().map(|issue| issue.number))
    }
}

impl Change {
    /// Whether the quantity differs, or there is one on one side only: what else changed of a determinant is not told.
    pub fn is_told(&self) -> bool {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => old.quantity != new.quantity,
            _ => true,
        }
    }
}

impl From<Change> for ToldChange {
    fn from(change: Change) -> Self {
        let quantity = |one: &Option<Determinant>| one.as_ref().and_then(|one| one.quantity);
        let (old, new) = (quantity(&change.old), quantity(&change.new));
        Self { id: change.new.or(change.old).map(|one| one.id).unwrap_or_default(), old, new }
    }
}

impl From<Finding> for Item {
    fn from(finding: Finding) -> Self {
        Self { field: finding.field, code: finding.code, message: finding.message }
    }
}
