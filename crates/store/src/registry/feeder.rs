//! Where usage points are in the network: the feeder of each.

use std::collections::HashMap;

use jiff::Timestamp;
use model::id::UsagePointId;
use smol_str::SmolStr;

use super::link::Relation;
use super::sql::arguments;
use super::{Registry, RegistryError};

impl Registry {
    /// The feeder of each usage point that is on a transformer of a feeder at an instant, by the first of its names.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn feeders(&self, at: Timestamp) -> Result<HashMap<UsagePointId, SmolStr>, RegistryError> {
        let sql = "SELECT placed.subject AS usage_point, min(name.value) AS feeder FROM link AS placed \
                   JOIN link AS fed ON fed.subject = placed.target AND fed.relation = $2 \
                   AND fed.valid_from <= $3 AND $3 < fed.valid_to \
                   JOIN name ON name.object = fed.target \
                   WHERE placed.relation = $1 AND placed.valid_from <= $3 AND $3 < placed.valid_to \
                   GROUP BY placed.subject";
        let (placed, fed) = (Relation::UsagePointOnTransformer.as_str(), Relation::TransformerOnFeeder.as_str());
        let rows = self.database.rows(sql, arguments![placed, fed, at]).await?;
        rows.iter().map(|row| Ok((row.parsed("usage_point")?, row.get::<String>("feeder")?.into()))).collect()
    }
}
