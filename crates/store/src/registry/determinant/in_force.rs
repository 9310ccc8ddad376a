//! The rates of a registry in memory: which one holds for a usage point at an instant.

use std::collections::HashMap;

use jiff::Timestamp;
use model::id::UsagePointId;
use model::master::Dated;

use super::{RateLink, RateSubject, StoredRate};
use crate::registry::link::{OPEN_END, Relation};
use crate::registry::sql::{Database, Row, arguments};
use crate::registry::{Registry, RegistryError};

/// Definitions in their newest version, and for whom each holds when.
#[derive(Clone, Debug, Default)]
pub struct RatesInForce {
    newest: HashMap<String, StoredRate>,
    rates: HashMap<RateSubject, Vec<Dated<String>>>,
    /// The tariffs of usage points, as their agreements name them.
    tariffs: HashMap<UsagePointId, Vec<Dated<String>>>,
}

impl RatesInForce {
    /// The rate of a usage point at an instant in its newest version: its own, else that of its tariff.
    pub fn at(&self, usage_point: UsagePointId, at: Timestamp) -> Option<&StoredRate> {
        let of = |subject: &RateSubject| holding(self.rates.get(subject)?, at);
        let of_tariff = || of(&RateSubject::Tariff(holding(self.tariffs.get(&usage_point)?, at)?.clone()));
        self.newest.get(of(&RateSubject::UsagePoint(usage_point)).or_else(of_tariff)?)
    }
}

fn holding(dated: &[Dated<String>], at: Timestamp) -> Option<&String> {
    dated.iter().find(|dated| dated.holds(at)).map(|dated| &dated.value)
}

/// Every rate in force; tariffs of agreements are read only where one of them has a rate.
pub(in crate::registry) async fn rates_in_force(registry: &Registry) -> Result<RatesInForce, RegistryError> {
    let book = registry.determinants();
    let mut in_force = RatesInForce::default();
    for RateLink { subject, rate } in book.rate_links().await? {
        in_force.rates.entry(subject).or_default().push(rate);
    }
    if in_force.rates.is_empty() {
        return Ok(in_force);
    }
    // Versions come in order; the last one stays.
    in_force.newest = book.rates().await?.into_iter().map(|rate| (rate.name.clone(), rate)).collect();
    if in_force.rates.keys().any(|subject| matches!(subject, RateSubject::Tariff(_))) {
        in_force.tariffs = tariffs(&registry.database).await?;
    }
    Ok(in_force)
}

async fn tariffs(database: &Database) -> Result<HashMap<UsagePointId, Vec<Dated<String>>>, RegistryError> {
    let sql = "SELECT link.subject AS usage_point, link.valid_from, link.valid_to, object.attributes \
               FROM link JOIN object ON object.id = link.target WHERE link.relation = $1 ORDER BY link.valid_from";
    let mut tariffs: HashMap<UsagePointId, Vec<Dated<String>>> = HashMap::new();
    for row in &database.rows(sql, arguments![Relation::UsagePointUnderAgreement.as_str()]).await? {
        if let Some(tariff) = tariff(row)? {
            tariffs.entry(row.parsed("usage_point")?).or_default().push(tariff);
        }
    }
    Ok(tariffs)
}

/// The tariff that an agreement names, over the time that it is under it.
fn tariff(row: &Row) -> Result<Option<Dated<String>>, RegistryError> {
    let attributes: serde_json::Value = row.parsed("attributes")?;
    let Some(name) = attributes["tariff"].as_str().filter(|name| !name.is_empty()) else { return Ok(None) };
    let is_open = row.get::<i64>("valid_to")? == OPEN_END;
    let to = if is_open { None } else { Some(row.instant("valid_to")?) };
    Ok(Some(Dated { value: name.to_owned(), from: row.instant("valid_from")?, to }))
}
