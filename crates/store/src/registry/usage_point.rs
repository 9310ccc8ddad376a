//! What admission asks of a usage point: its connection states over time.

use jiff::Timestamp;
use model::id::UsagePointId;
use model::master::{ConnectionState, ConnectionStates, Dated};

use super::sql::{Database, Row, arguments};
use super::{Registry, RegistryError};

/// The usage points of a registry.
#[derive(Clone, Copy, Debug)]
pub struct UsagePoints<'r> {
    database: &'r Database,
}

/// A usage point is in this state from an instant until the next one that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// The usage point.
    pub usage_point: UsagePointId,
    /// First instant of the state.
    pub from: Timestamp,
    /// The state.
    pub state: ConnectionState,
}

impl Registry {
    /// States and owners of usage points.
    pub fn usage_points(&self) -> UsagePoints<'_> {
        UsagePoints { database: &self.database }
    }
}

impl<'r> UsagePoints<'r> {
    pub(super) fn database(&self) -> &'r Database {
        self.database
    }

    /// Enters changes of state in one commit, in any order of time; one at an instant that has one already takes its
    /// place. Entering them again changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::Database`]: a usage point is not in the registry, or the engine failed. Nothing is entered then.
    pub async fn change_states(&self, changes: &[StateChange]) -> Result<(), RegistryError> {
        let sql = "INSERT INTO connection_state (usage_point, valid_from, state) VALUES ($1, $2, $3) \
                   ON CONFLICT (usage_point, valid_from) DO UPDATE SET state = excluded.state \
                   WHERE connection_state.state <> excluded.state";
        let mut transaction = self.database.begin().await?;
        transaction.advance("revision", 1).await?;
        let mut touched = 0;
        for StateChange { usage_point, from, state } in changes {
            touched += transaction.execute(sql, arguments![usage_point.to_string(), *from, state.word()]).await?;
        }
        // Without a change the transaction is dropped, and the revision stays.
        if 0 < touched {
            transaction.commit().await?;
        }
        Ok(())
    }

    /// The states of a usage point, oldest first.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn states_of(&self, usage_point: UsagePointId) -> Result<Vec<Dated<ConnectionState>>, RegistryError> {
        let sql = "SELECT * FROM connection_state WHERE usage_point = $1 ORDER BY valid_from";
        let rows = self.database.rows(sql, arguments![usage_point.to_string()]).await?;
        let history = states(&rows)?.history(usage_point).map(|history| history.links().to_vec());
        Ok(history.unwrap_or_default())
    }
}

/// The histories in rows of `connection_state` by ascending instant.
pub(super) fn states(rows: &[Row]) -> Result<ConnectionStates, RegistryError> {
    let mut states = ConnectionStates::default();
    for row in rows {
        let (from, state) = (row.instant("valid_from")?, row.parsed("state")?);
        let damaged = |_| RegistryError::Damaged { column: "valid_from", text: from.to_string() };
        states.set_from(row.parsed("usage_point")?, from, state).map_err(damaged)?;
    }
    Ok(states)
}
