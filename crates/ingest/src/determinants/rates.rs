//! Definitions of rates: put, looked up, and which one holds for a usage point over a period.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use model::finding::Finding;
use model::id::{Mrid, UsagePointId};
use model::master::History;
use model::review::Refusal;
use model::time::TimeRange;
use serde::Serialize;
use store::registry::RegistryError;
use store::registry::determinant::{RateLink, RateSubject, StoredRate};
use store::registry::link::{Link, Relation};
use usage::{CheckedRate, Rate};

use super::Determinants;
use crate::review::ReviewError;

/// What putting a definition did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PutRate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// Whether it is new.
    pub is_new: bool,
}

/// For whom a rate holds from when on; one of `tariff` and `usage_point`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskLink {
    /// Name of the rate.
    pub rate: String,
    /// A tariff, as agreements name it.
    pub tariff: Option<String>,
    /// Name or mRID of a usage point.
    pub usage_point: Option<String>,
    /// First instant.
    pub from: Timestamp,
}

impl Determinants {
    /// Puts a definition that was found to be right.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] where nothing is computed, [`Refusal::Invalid`] for a definition that is not right,
    /// [`Refusal::Conflict`] where its version says something else already.
    pub fn put_rate(&self, rate: &Rate, now: Timestamp) -> Result<PutRate, ReviewError> {
        self.may_compute()?;
        rate.check().map_err(|findings| Refusal::Invalid { field: "definition", detail: words(&findings) })?;
        let (name, version) = (rate.set.name.to_string(), rate.set.version);
        let body = serde_json::to_value(rate).expect("a definition has text for keys");
        let stored = StoredRate { name: name.clone(), version, body, put_at: now };
        let is_new = self.runtime.block_on(self.registry.determinants().put_rate(&stored))?;
        Ok(PutRate { name, version, is_new })
    }

    /// Every version of every definition.
    ///
    /// # Errors
    /// [`ReviewError::Registry`].
    pub fn rates(&self) -> Result<Vec<StoredRate>, ReviewError> {
        Ok(self.runtime.block_on(self.registry.determinants().rates())?)
    }

    /// A version of a definition; the newest where none is asked for.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn rate(&self, name: &str, version: Option<u32>) -> Result<StoredRate, ReviewError> {
        Ok(self.runtime.block_on(self.registry.determinants().rate(name, version))?)
    }

    /// For whom rates hold when.
    ///
    /// # Errors
    /// [`ReviewError::Registry`].
    pub fn rate_links(&self) -> Result<Vec<RateLink>, ReviewError> {
        Ok(self.runtime.block_on(self.registry.determinants().rate_links())?)
    }

    /// Lets a tariff or a usage point have a rate from an instant on.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], or [`Refusal::Conflict`] where a later one is linked already.
    pub fn link_rate(&self, asked: &AskLink) -> Result<(), ReviewError> {
        let subject = match (&asked.tariff, &asked.usage_point) {
            (Some(tariff), None) => RateSubject::Tariff(tariff.clone()),
            (None, Some(text)) => RateSubject::UsagePoint(self.usage_point(text)?),
            _ => {
                let detail = "expected one of `tariff` and `usage_point`".into();
                return Err(Refusal::Invalid { field: "usage_point", detail }.into());
            }
        };
        Ok(self.runtime.block_on(self.registry.determinants().link_rate(&subject, &asked.rate, asked.from))?)
    }

    /// The name of the one rate that holds for a usage point all through a period: its own, else that of its tariff.
    pub(super) fn rate_in_force(&self, usage_point: UsagePointId, period: TimeRange) -> Result<String, ReviewError> {
        let book = self.registry.determinants();
        let own = self.runtime.block_on(book.rates_of(&RateSubject::UsagePoint(usage_point)))?;
        if let Some(rate) = all_through(&own, period)? {
            return Ok(rate);
        }
        if let Some(tariff) = self.tariff(usage_point, period)? {
            let of_tariff = self.runtime.block_on(book.rates_of(&RateSubject::Tariff(tariff)))?;
            if let Some(rate) = all_through(&of_tariff, period)? {
                return Ok(rate);
            }
        }
        let detail = "no definition holds for this usage point or its tariff in the period; name one, or attach one with \
                      `amity usage definition attach`";
        Err(Refusal::Invalid { field: "definition", detail: detail.into() }.into())
    }

    /// The tariff of the one agreement that holds all through a period; `None` where none holds in it.
    fn tariff(&self, usage_point: UsagePointId, period: TimeRange) -> Result<Option<String>, ReviewError> {
        let holds = |link: &Link| {
            link.relation == Relation::UsagePointUnderAgreement
                && link.from < period.end
                && link.to.is_none_or(|to| period.start < to)
        };
        let mut links = self.links_of(usage_point.0)?;
        links.retain(holds);
        let agreement = match links.as_slice() {
            [] => return Ok(None),
            [one] if one.holds_at(period.start) && one.to.is_none_or(|to| period.end <= to) => one.target,
            some => {
                let changes: Vec<_> = some.iter().map(|link| format!("one from {}", link.from)).collect();
                let detail = format!(
                    "the agreement of the usage point changes in the period ({}); ask for each part by itself",
                    changes.join(", ")
                );
                return Err(Refusal::Invalid { field: "from", detail }.into());
            }
        };
        let agreement = self.runtime.block_on(self.registry.master().get(agreement))?;
        Ok(agreement.attributes["tariff"].as_str().filter(|tariff| !tariff.is_empty()).map(str::to_owned))
    }

    pub(super) fn links_of(&self, id: Mrid) -> Result<Vec<Link>, ReviewError> {
        Ok(self.runtime.block_on(self.registry.master().links_of(id))?)
    }

    /// A version of a definition, ready for use.
    pub(super) fn checked(&self, name: &str, version: u32) -> Result<Arc<CheckedRate>, ReviewError> {
        let key = (name.to_owned(), version);
        if let Some(known) = self.checked.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let stored = self.rate(name, Some(version))?;
        let damaged = |text: String| ReviewError::Registry(RegistryError::Damaged { column: "rate.body", text });
        let rate: Rate = serde_json::from_value(stored.body).map_err(|error| damaged(error.to_string()))?;
        let checked = rate.check().map_err(|findings| damaged(words(&findings)))?;
        let checked = Arc::new(checked);
        self.checked.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&checked));
        Ok(checked)
    }
}

fn words(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The rate that holds all through a period; `None` where none holds in it.
fn all_through(history: &History<String>, period: TimeRange) -> Result<Option<String>, Refusal> {
    match history.between(period.start, period.end) {
        [] => Ok(None),
        [one] if one.from <= period.start && one.to.is_none_or(|to| period.end <= to) => Ok(Some(one.value.clone())),
        some => {
            let changes: Vec<_> = some.iter().map(|one| format!("`{}` from {}", one.value, one.from)).collect();
            let detail =
                format!("the rate changes in the period ({}); ask for each part by itself", changes.join(", "));
            Err(Refusal::Invalid { field: "from", detail })
        }
    }
}
