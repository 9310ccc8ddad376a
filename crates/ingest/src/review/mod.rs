//! What people do with what rules found: the queue of exceptions, decisions, the editor.
//!
//! Raw values never change. A decision lies over them as an input of validation, and holds for a slot as long as the
//! raw value is the one that it was made on. After an act counts, or counts no longer, the days it speaks of are
//! validated again before the answer is given; where that is cut off, [`Review::settle_waiting`] makes up for it.
//!
//! - [`follower`]: the feed of final days becomes exceptions; [`exceptions`] says what one is.
//! - [`holding`]: which decisions hold for a day.
//! - [`queue`]: groups, lists, assignment, remarks; [`next_step`], `why` and [`reasons`]: words for people.
//! - [`acts`]: accept, propose, approve, reject, undo; [`edits`]: values of a request as slots.
//! - `shift`, `outages`: values of assumed meter time moved to their true time, and where their energy went.
//! - `reads`: register reads as slots of a day, and why they are what they are.
//! - [`preview`], [`check`], [`explain`]: what methods would write, what rules would say, why values are what they are.

pub mod acts;
pub mod check;
pub mod edits;
pub mod exceptions;
pub mod explain;
pub mod follower;
pub mod holding;
pub mod next_step;
mod outages;
pub mod preview;
pub mod queue;
mod reads;
pub mod reasons;
mod shift;
mod why;
mod words;

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::master::Channel;
pub use model::review::{Refusal, Sought};
use serde::{Deserialize, Serialize};
use store::readings::{Cursor, ReadingsBook};
use store::registry::directory::Directory;
use store::registry::interval_wait::ChangedWait;
use store::registry::{Registry, RegistryError};
use tokio::runtime::Handle;

use crate::plans::{LivePlans, Plans, PlansError};
use crate::validation::touched::Touched;

pub(crate) use acts::same_person;
pub use holding::Decisions;

/// Whose word counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Whether accepted values count only when another person approved.
    pub accept_needs_second_person: bool,
    /// Whether written values count only when another person approved.
    pub edit_needs_second_person: bool,
    /// The longest span of one estimation by hand, in days (catalogue 3.4: a year).
    pub manual_span_days_max: NonZeroU16,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            accept_needs_second_person: false,
            edit_needs_second_person: true,
            manual_span_days_max: NonZeroU16::MIN.saturating_add(365),
        }
    }
}

/// Why a request of review is not answered.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The caller has to change something.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The readings book could not answer or store.
    #[error("could not use the readings book")]
    Readings(#[from] store::readings::Error),
    /// The registry could not answer or change.
    #[error("could not use the registry")]
    Registry(#[source] RegistryError),
    /// A position that was kept cannot be read; beginning anew would hide that the book was changed by something else.
    #[error("the position `{name}` in the readings book is `{text}`, expected {expected}")]
    Position {
        /// The name it is kept under.
        name: String,
        /// What is there.
        text: String,
        /// What should be.
        expected: &'static str,
    },
    /// There is no book of plans to validate with.
    #[error("could not use the plans")]
    Plans(#[from] PlansError),
}

impl From<RegistryError> for ReviewError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::NotFound { what, .. } | RegistryError::Ambiguous { what, .. } => {
                Refusal::NotFound(sought(what), error.to_string()).into()
            }
            RegistryError::Conflict { ref what, ref name, ref difference } => {
                Refusal::Conflict(format!("{what} {name}: {difference}")).into()
            }
            error => Self::Registry(error),
        }
    }
}

/// Waits that validation looks at in one step.
const WAITS_AT_ONCE: u32 = 1024;

/// What a class of the registry is to those who look for it.
fn sought(class: &str) -> Sought {
    match class {
        "channel" => Sought::Channel,
        "exception" => Sought::Exception,
        "act" => Sought::Act,
        _ => Sought::Other,
    }
}

/// Review over open books. Its calls block; any number of threads may make them.
pub struct Review {
    pub(crate) readings: Arc<ReadingsBook>,
    registry: Registry,
    plans: Arc<LivePlans>,
    policy: Policy,
    runtime: Handle,
    /// One step of the follower at a time.
    following: Mutex<()>,
    /// How far the feed was looked at for days to validate; one at a time.
    pub(crate) validated_to: Mutex<Cursor>,
}

impl Review {
    /// Review over these books, with the plans that days are validated with.
    pub fn new(
        readings: Arc<ReadingsBook>,
        registry: Registry,
        plans: Arc<LivePlans>,
        policy: Policy,
        runtime: Handle,
    ) -> Self {
        Self { readings, registry, plans, policy, runtime, following: Mutex::default(), validated_to: Mutex::default() }
    }

    /// The decisions that count on days, for a run over them.
    ///
    /// # Errors
    /// [`ReviewError::Registry`].
    pub fn decisions(&self, days: &BTreeSet<(ChannelNumber, Date)>) -> Result<Decisions, ReviewError> {
        let (directory, plans) = (self.directory()?, self.plans()?);
        Ok(self.runtime.block_on(Decisions::of(&self.registry, &directory, days, &plans))?)
    }

    /// The plans in force.
    pub(crate) fn plans(&self) -> Result<Arc<Plans>, ReviewError> {
        Ok(self.runtime.block_on(self.plans.now())?)
    }

    /// Validates days again, those of registers with the intervals beside them, and turns what that finds into exceptions.
    fn validate(&self, days: BTreeSet<(ChannelNumber, Date)>, now: Timestamp) -> Result<(), ReviewError> {
        let days = Touched::with_beside(&*self.directory()?, self.plans()?.outlook(), days);
        self.validate_days(days, now, &mut |_| {})?;
        self.follow(now)?;
        Ok(())
    }

    /// Some waits for values of another interval length that began or are over since validation looked.
    pub(crate) fn changed_waits(&self) -> Result<Vec<ChangedWait>, ReviewError> {
        Ok(self.runtime.block_on(self.registry.interval_waits().changed(WAITS_AT_ONCE))?)
    }

    /// Notes that validation looked at them.
    pub(crate) fn looked_at_waits(&self, changed: &[ChangedWait]) -> Result<(), ReviewError> {
        Ok(self.runtime.block_on(self.registry.interval_waits().looked_at(changed))?)
    }

    /// Every channel, as the registry is now.
    pub(crate) fn directory(&self) -> Result<Arc<Directory>, ReviewError> {
        Ok(self.runtime.block_on(self.registry.directory())?)
    }

    /// The channel of a number, mRID or label.
    fn channel(&self, directory: &Directory, text: &str) -> Result<Channel, ReviewError> {
        let number = text.parse().ok().map(ChannelNumber);
        let known = number.and_then(|number| directory.channel(number)).or_else(|| directory.by_label(text));
        match known {
            Some(channel) => Ok(channel.clone()),
            None => Ok(self.runtime.block_on(self.registry.channels().find(text))?),
        }
    }
}

/// A name that may stand under an act.
pub(crate) fn person<'t>(field: &'static str, name: &'t str) -> Result<&'t str, Refusal> {
    let name = name.trim();
    if name.is_empty() || 100 < name.len() {
        return Err(Refusal::Invalid { field, detail: "expected the name of a person, 1 to 100 bytes".into() });
    }
    Ok(name)
}

/// The value of a setting that is named by a text.
fn named<T: std::str::FromStr<Err = store::registry::UnknownName>>(
    field: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, Refusal> {
    let invalid = |error: store::registry::UnknownName| Refusal::Invalid { field, detail: error.to_string() };
    text.map(|text| text.parse().map_err(invalid)).transpose()
}
