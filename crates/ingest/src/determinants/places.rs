//! Which usage points an asker means, and when they were those of an account.

use jiff::Timestamp;
use model::id::{CustomerAccountId, Mrid, Name, UsagePointId};
use model::review::Refusal;
use model::time::TimeRange;
use store::registry::link::{Link, Relation};
use store::registry::master::Class;

use super::Determinants;
use crate::review::ReviewError;

/// A usage point over the part of a period that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub usage_point: UsagePointId,
    pub account: Option<CustomerAccountId>,
    pub period: TimeRange,
}

impl Determinants {
    /// The usage point of a name or mRID.
    pub(super) fn usage_point(&self, text: &str) -> Result<UsagePointId, ReviewError> {
        self.object("usage_point", Class::UsagePoint, text).map(UsagePointId)
    }

    /// The account of a name or mRID.
    pub(super) fn account(&self, text: &str) -> Result<CustomerAccountId, ReviewError> {
        self.object("account", Class::CustomerAccount, text).map(CustomerAccountId)
    }

    fn object(&self, field: &'static str, class: Class, text: &str) -> Result<Mrid, ReviewError> {
        if let Ok(id) = text.parse() {
            let object = self.runtime.block_on(self.registry.master().get(id))?;
            if object.class == class {
                return Ok(id);
            }
        }
        let found = self.runtime.block_on(self.registry.master().find(class, &Name::new("", text)))?;
        Ok(found
            .ok_or_else(|| Refusal::Invalid { field, detail: format!("`{text}` is not the name of one {class}") })?)
    }

    /// What people call an object.
    pub(super) fn name_of(&self, id: Mrid) -> Result<String, ReviewError> {
        Ok(self.runtime.block_on(self.registry.determinants().name_of(id))?)
    }

    /// Every usage point under an agreement of an account in a period, each over the time it was under it.
    pub(super) fn places_of(&self, account: CustomerAccountId, period: TimeRange) -> Result<Vec<Place>, ReviewError> {
        let mut places = Vec::new();
        for agreement in self.links_to(account.0, Relation::AgreementOfAccount)? {
            let Some(agreed) = common(&agreement, period) else { continue };
            for served in self.links_to(agreement.subject, Relation::UsagePointUnderAgreement)? {
                let Some(period) = common(&served, agreed) else { continue };
                places.push(Place { usage_point: UsagePointId(served.subject), account: Some(account), period });
            }
        }
        if places.is_empty() {
            let detail = "the account has no usage point under an agreement in the period".into();
            return Err(Refusal::Invalid { field: "account", detail }.into());
        }
        places.sort_by_key(|place| (place.usage_point, place.period.start));
        Ok(places)
    }

    fn links_to(&self, target: Mrid, relation: Relation) -> Result<Vec<Link>, ReviewError> {
        let mut links = self.links_of(target)?;
        links.retain(|link| link.relation == relation && link.target == target);
        Ok(links)
    }
}

/// The part of a period in which a link holds.
fn common(link: &Link, period: TimeRange) -> Option<TimeRange> {
    let start = link.from.max(period.start);
    let end = link.to.unwrap_or(Timestamp::MAX).min(period.end);
    (start < end).then_some(TimeRange { start, end })
}
