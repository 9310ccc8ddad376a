//! What was agreed about the fields of a source's messages, held against what comes.
//!
//! A message that differs is taken in as far as its reader can: what is new is left alone, what cannot be read waits in
//! quarantine as ever. The difference itself is noted and told, so that a change of firmware is known by the first message
//! that shows it. Another version holds only after samples of it were read without a fault and another person approved; where
//! it takes away what was agreed, two have to. Sources: MOD-SCH, MOD-AGR, MOD-GOV1, MOD-GOV2; decision M-07.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use formats::shape::{Difference, Shape};
use formats::{Format, Options};
use jiff::Timestamp;
use model::finding::Severity;
use model::review::Refusal;
use serde::Serialize;
use serde_json::json;
use store::registry::schema::{Found, Said, SchemaProposal, SchemaState, SchemaVersion, Word};
use store::registry::{Registry, RegistryError};

use crate::inventory::Inventory;
use crate::review::{person, same_person};

/// Bytes of a message that are looked at.
pub const LOOK_BYTES: usize = 256 << 10;
/// Faults of a sample that are told.
const FAULTS_MAX: usize = 10;

/// What was agreed with each source, in memory until somebody changes it.
#[derive(Debug, Default)]
pub(crate) struct Watch(Mutex<Arc<Known>>);

/// What was agreed, as of a revision of the registry.
#[derive(Debug, Default)]
struct Known {
    revision: Option<u64>,
    /// Versions by source, the earlier first.
    agreed: HashMap<String, Vec<(Timestamp, Agreed)>>,
}

/// The version that holds for a source.
#[derive(Clone, Debug)]
pub(crate) struct Agreed {
    version: u64,
    shape: Arc<Shape>,
}

impl Agreed {
    /// What of the beginning of a message is not as agreed.
    pub(crate) fn differences(&self, format: Format, message: &[u8]) -> Vec<Found> {
        let beginning = &message[..message.len().min(LOOK_BYTES)];
        self.shape.differences(&Shape::of(format, beginning)).iter().map(noted).collect()
    }

    /// Notes what was found of a message with a hash, and tells what nobody was told of this version.
    pub(crate) async fn note(
        &self,
        registry: &Registry,
        source: &str,
        found: &[Found],
        (hash, now): (&str, Timestamp),
    ) -> Result<(), RegistryError> {
        if found.is_empty() {
            return Ok(());
        }
        let version = self.version;
        for place in registry.schemas().note((source, version), found, (hash, now)).await? {
            tracing::warn!(source, version, message = hash, "the format has changed: {}", found[place].2);
        }
        Ok(())
    }
}

impl Watch {
    /// What was agreed with a source and holds now; `None` where nothing was.
    pub(crate) async fn agreed(
        &self,
        registry: &Registry,
        source: &str,
        now: Timestamp,
    ) -> Result<Option<Agreed>, RegistryError> {
        let revision = registry.schemas().revision().await?;
        let mut known = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if known.revision != Some(revision) {
            known = Arc::new(Known::as_of(revision, registry).await?);
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&known);
        }
        let versions = known.agreed.get(source).into_iter().flatten();
        Ok(versions.rev().find(|(from, _)| *from <= now).map(|(_, agreed)| agreed.clone()))
    }
}

impl Known {
    async fn as_of(revision: u64, registry: &Registry) -> Result<Self, RegistryError> {
        let mut agreed: HashMap<String, Vec<_>> = HashMap::new();
        let accepted = registry.schemas().all().await?.into_iter().filter(|one| one.state == SchemaState::Accepted);
        for version in accepted {
            let shape = Arc::new(shape_of(&version)?);
            let held = (version.effective_from, Agreed { version: version.version, shape });
            agreed.entry(version.source).or_default().push(held);
        }
        agreed.values_mut().for_each(|versions| versions.sort_by_key(|(from, agreed)| (*from, agreed.version)));
        Ok(Self { revision: Some(revision), agreed })
    }
}

fn noted(difference: &Difference) -> Found {
    (difference.path.to_string(), difference.change.word(), difference.to_string())
}

fn shape_of(version: &SchemaVersion) -> Result<Shape, RegistryError> {
    let damaged = |_| RegistryError::Damaged { column: "schema_version.shape", text: version.shape.to_string() };
    serde_json::from_value(version.shape.clone()).map_err(damaged)
}

/// A message as the source will send it.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// What people call it.
    pub name: &'a str,
    /// All of it.
    pub bytes: &'a [u8],
}

/// What samples say beside what was agreed.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// The version that holds; `None` where nothing was agreed yet.
    pub version: Option<u64>,
    /// What could not be read of the samples.
    pub faults: Vec<String>,
    /// What is different.
    pub differences: Vec<Difference>,
    /// Whether a difference takes away what was agreed.
    pub breaks: bool,
    #[serde(skip)]
    shape: Shape,
}

impl Checked {
    /// Whether the contract holds: all of the samples can be read, and nothing that was agreed is gone.
    pub fn passes(&self) -> bool {
        self.faults.is_empty() && !self.breaks
    }

    /// How many fields the samples have.
    pub fn fields(&self) -> usize {
        self.shape.len()
    }
}

/// Holds samples against what was agreed with a source, changing nothing.
///
/// # Errors
/// [`RegistryError`].
pub async fn check(
    registry: &Registry,
    source: &str,
    samples: &[Sample<'_>],
    (format, options): (Option<Format>, &Options),
    now: Timestamp,
) -> Result<Checked, RegistryError> {
    let agreed = registry.schemas().in_force(source, now).await?;
    let mut faults = Vec::new();
    let mut shape: Option<Shape> = None;
    for sample in samples {
        let inventory = Inventory::of(&mut &*sample.bytes, format, options);
        faults.extend(faults_of(sample, &inventory));
        if let Some(format) = inventory.format {
            let of_sample = Shape::of(format, sample.bytes);
            shape = Some(shape.map_or_else(|| of_sample.clone(), |shape| shape.join(&of_sample)));
        }
    }
    let shape = shape.unwrap_or_default();
    let differences = agreed.as_ref().map(shape_of).transpose()?.map(|agreed| agreed.differences(&shape));
    let differences = differences.unwrap_or_default();
    let breaks = differences.iter().any(|difference| difference.change.breaks());
    Ok(Checked { version: agreed.map(|agreed| agreed.version), faults, differences, breaks, shape })
}

fn faults_of(sample: &Sample<'_>, inventory: &Inventory) -> Vec<String> {
    let of_sample = |fault: String| format!("{}: {fault}", sample.name);
    let errors = inventory.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let mut faults: Vec<String> = errors.take(FAULTS_MAX).map(|finding| of_sample(finding.to_string())).collect();
    if faults.is_empty() && (!inventory.accepted || inventory.channels.is_empty() && inventory.events == 0) {
        faults.push(of_sample("expected readings or events, found none".into()));
    }
    faults
}

/// Who proposes a version, why, and from when on it is to hold.
#[derive(Clone, Copy, Debug)]
pub struct Propose<'a> {
    /// Whose messages.
    pub source: &'a str,
    /// The person.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
    /// From when on.
    pub effective_from: Timestamp,
    /// Whether it may take away what was agreed; two other people have to approve it then.
    pub breaks: bool,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Who asked has to change something.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The registry could not answer or change.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// Proposes the shape of checked samples as the next version; answers its number, and how many people have to approve.
///
/// # Errors
/// [`SchemaError::Refused`] where a sample cannot be read, or takes away what was agreed and nobody said that it may.
pub async fn propose(
    registry: &Registry,
    checked: &Checked,
    asked: Propose<'_>,
    now: Timestamp,
) -> Result<(u64, u32), SchemaError> {
    let by = person("by", asked.by)?;
    let reason = words("reason", asked.reason)?;
    if let Some(fault) = checked.faults.first() {
        let detail = format!("the contract test fails: {fault}; {} faults in all", checked.faults.len());
        return Err(Refusal::Conflict(detail).into());
    }
    let broken: Vec<_> = checked.differences.iter().filter(|difference| difference.change.breaks()).collect();
    if let (Some(first), false) = (broken.first(), asked.breaks) {
        let detail = format!(
            "the contract test fails: {first}; {} such differences in all. Let the source keep what was agreed, or say that \
             this one may break it; two other people have to approve then",
            broken.len()
        );
        return Err(Refusal::Conflict(detail).into());
    }
    let approvals = if broken.is_empty() { 1 } else { 2 };
    let proposal = SchemaProposal {
        source: asked.source.into(),
        shape: json!(checked.shape),
        effective_from: asked.effective_from,
        approvals,
        by: by.into(),
        reason: reason.into(),
        differences: json!(checked.differences.iter().map(ToString::to_string).collect::<Vec<_>>()),
    };
    Ok((registry.schemas().propose(&proposal, now).await?, approvals))
}

/// A person other than the one who proposed it says what becomes of a version; they who proposed it may only reject it.
///
/// # Errors
/// [`SchemaError::Refused`] for the own proposal, or one that is settled otherwise already.
pub async fn say(registry: &Registry, (source, version): (&str, u64), said: Said) -> Result<SchemaState, SchemaError> {
    let by = person("by", &said.by)?.to_lowercase();
    let name = format!("{source} version {version}");
    let all = registry.schemas().all().await?;
    let found = all.iter().find(|one| one.source == source && one.version == version);
    let found = found.ok_or(RegistryError::NotFound { what: "schema", name })?;
    if said.word == Word::Approve && same_person(&by, &found.proposed_by) {
        return Err(
            Refusal::NotAllowed(format!("{} proposed it; another person has to approve", found.proposed_by)).into()
        );
    }
    let state = registry.schemas().say(source, version, &Said { by, ..said.clone() }).await?;
    let wanted = if said.word == Word::Approve { SchemaState::Accepted } else { SchemaState::Rejected };
    if found.state != SchemaState::Proposed && state != wanted {
        return Err(Refusal::Conflict(format!("it is {state} already")).into());
    }
    Ok(state)
}

fn words<'t>(field: &'static str, text: &'t str) -> Result<&'t str, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::Invalid { field, detail: "say it in a few words".into() });
    }
    Ok(text)
}
