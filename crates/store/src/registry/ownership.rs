//! Which source owns a usage point, and from when: only it may send the readings of that time.

use std::collections::HashMap;

use jiff::Timestamp;
use model::id::UsagePointId;
use serde::Serialize;
use smol_str::SmolStr;

use super::RegistryError;
use super::sql::{Row, arguments};
use super::usage_point::UsagePoints;

/// From an instant until the next move, a usage point belongs to a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ownership {
    /// First instant; [`Timestamp::MIN`] where it always did.
    pub from: Timestamp,
    /// The source; `None` where any may send.
    pub source: Option<SmolStr>,
}

/// The owners of usage points. Most never move, so what always held is kept apart from moves.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    always: HashMap<UsagePointId, SmolStr>,
    /// Those of usage points that moved, all of them and in order.
    moved: HashMap<UsagePointId, Vec<Ownership>>,
}

impl UsagePoints<'_> {
    /// Gives usage points to the only source that may send their readings, in one commit: from the beginning until they
    /// move. `None` lets any source send all of their readings, and forgets where they moved.
    ///
    /// # Errors
    /// [`RegistryError::Database`]: a usage point is not in the registry, or the engine failed. Nothing is entered then.
    pub async fn set_owners(&self, owners: &[(UsagePointId, Option<SmolStr>)]) -> Result<(), RegistryError> {
        let always = |(usage_point, source): &(UsagePointId, Option<SmolStr>)| {
            let ownership = source.clone().map(|source| Ownership { from: Timestamp::MIN, source: Some(source) });
            (*usage_point, ownership)
        };
        self.enter(owners.iter().map(always)).await
    }

    /// Moves usage points to sources from instants on, in one commit, in any order of time; a move at an instant that has
    /// one takes its place. Entering it again changes nothing.
    ///
    /// # Errors
    /// As [`UsagePoints::set_owners`].
    pub async fn move_owners(&self, moves: &[(UsagePointId, Ownership)]) -> Result<(), RegistryError> {
        self.enter(moves.iter().map(|(usage_point, ownership)| (*usage_point, Some(ownership.clone())))).await
    }

    async fn enter(
        &self,
        entries: impl Iterator<Item = (UsagePointId, Option<Ownership>)>,
    ) -> Result<(), RegistryError> {
        let put = "INSERT INTO ownership (usage_point, valid_from, source) VALUES ($1, $2, $3) \
                   ON CONFLICT (usage_point, valid_from) DO UPDATE SET source = excluded.source \
                   WHERE ownership.source <> excluded.source";
        let remove = "DELETE FROM ownership WHERE usage_point = $1";
        let mut transaction = self.database().begin().await?;
        transaction.advance("revision", 1).await?;
        let mut touched = 0;
        for (usage_point, ownership) in entries {
            let usage_point = usage_point.to_string();
            touched += match ownership {
                Some(Ownership { from, source }) => {
                    transaction.execute(put, arguments![usage_point, from, source.as_deref().unwrap_or("")]).await?
                }
                None => transaction.execute(remove, arguments![usage_point]).await?,
            };
        }
        // Without a change the transaction is dropped, and the revision stays.
        if 0 < touched {
            transaction.commit().await?;
        }
        Ok(())
    }

    /// The owners of a usage point, oldest first; none where any source may send.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn owners_of(&self, usage_point: UsagePointId) -> Result<Vec<Ownership>, RegistryError> {
        let sql = "SELECT * FROM ownership WHERE usage_point = $1 ORDER BY valid_from";
        self.database().rows(sql, arguments![usage_point.to_string()]).await?.iter().map(ownership).collect()
    }
}

impl Owners {
    /// The owners in rows of `ownership` by ascending instant.
    pub(super) fn of_rows(rows: &[Row]) -> Result<Self, RegistryError> {
        let mut owners = Self::default();
        for row in rows {
            let (usage_point, ownership) = (row.parsed("usage_point")?, ownership(row)?);
            match (owners.moved.get_mut(&usage_point), ownership) {
                (Some(moved), ownership) => moved.push(ownership),
                (None, Ownership { from, source: Some(source) }) if from == Timestamp::MIN => {
                    owners.always.insert(usage_point, source);
                }
                (None, ownership) => {
                    let always = owners.always.remove(&usage_point);
                    let before = always.map(|source| Ownership { from: Timestamp::MIN, source: Some(source) });
                    owners.moved.insert(usage_point, before.into_iter().chain([ownership]).collect());
                }
            }
        }
        Ok(owners)
    }

    /// Who owns a usage point at an instant.
    pub(super) fn at(&self, usage_point: UsagePointId, at: Timestamp) -> Option<&str> {
        match self.moved.get(&usage_point) {
            Some(moved) => moved.iter().rev().find(|move_| move_.from <= at)?.source.as_deref(),
            None => self.always.get(&usage_point).map(SmolStr::as_str),
        }
    }

    /// The moves of a usage point, the first of them from what was before; none where its owner is for ever.
    pub(super) fn moves(&self, usage_point: UsagePointId) -> &[Ownership] {
        self.moved.get(&usage_point).map_or(&[], Vec::as_slice)
    }
}

fn ownership(row: &Row) -> Result<Ownership, RegistryError> {
    let source: String = row.get("source")?;
    Ok(Ownership {
        from: row.instant("valid_from")?,
        source: Some(source).filter(|source| !source.is_empty()).map(SmolStr::from),
    })
}
