//! Dated links between records: each owner has at most one partner at a time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ConnectionState, History, HistoryError};
use crate::id::{
    ChannelId, CustomerAccountId, CustomerAgreementId, CustomerId, FeederId, MeterId, ServiceLocationId, TransformerId,
    UsagePointId,
};

/// At which usage point a meter is. Several meters may be at one usage point (main and check).
pub type MeterInstallations = Links<MeterId, UsagePointId>;
/// Which meter measures a channel; it changes when the meter is exchanged.
pub type ChannelMeters = Links<ChannelId, MeterId>;
/// Which transformer, on which phases, feeds a usage point.
pub type TransformerConnections = Links<UsagePointId, TransformerConnection>;
/// On which feeder a transformer is.
pub type TransformerFeeders = Links<TransformerId, FeederId>;
/// Whether energy can flow at a usage point. Before the first state nothing is known.
pub type ConnectionStates = Links<UsagePointId, ConnectionState>;
/// Where a usage point is.
pub type UsagePointLocations = Links<UsagePointId, ServiceLocationId>;
/// Under which agreement a usage point is served.
pub type UsagePointAgreements = Links<UsagePointId, CustomerAgreementId>;
/// Whose account it is.
pub type AccountCustomers = Links<CustomerAccountId, CustomerId>;

/// A usage point on a transformer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TransformerConnection {
    /// The transformer.
    pub transformer: TransformerId,
    /// Phase code of IEC 61968-9 (`reading_type::codes::PHASES`); 0 where unknown.
    pub phases: u16,
}

/// The histories of many owners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links<K, V> {
    histories: BTreeMap<K, History<V>>,
}

impl<K, V> Default for Links<K, V> {
    fn default() -> Self {
        Self { histories: BTreeMap::new() }
    }
}

impl<K: Ord + Copy, V: PartialEq> Links<K, V> {
    /// The partner of an owner at an instant.
    pub fn at(&self, owner: K, instant: Timestamp) -> Option<&V> {
        self.histories.get(&owner)?.at(instant)
    }

    /// The owners that have a partner at an instant, in order.
    pub fn owners_at(&self, partner: &V, instant: Timestamp) -> impl Iterator<Item = K> {
        self.histories.iter().filter(move |(_, history)| history.at(instant) == Some(partner)).map(|(owner, _)| *owner)
    }

    /// All the links of an owner.
    pub fn history(&self, owner: K) -> Option<&History<V>> {
        self.histories.get(&owner)
    }

    /// Puts the stored links of an owner in place of what was there.
    pub fn insert(&mut self, owner: K, history: History<V>) {
        self.histories.insert(owner, history);
    }

    /// Links an owner to a partner from an instant on, and ends the open link before it there.
    ///
    /// # Errors
    /// [`HistoryError::Overlap`] as [`History::set_from`].
    pub fn set_from(&mut self, owner: K, from: Timestamp, partner: V) -> Result<(), HistoryError> {
        self.histories.entry(owner).or_default().set_from(from, partner)
    }

    /// Ends the open link of an owner.
    ///
    /// # Errors
    /// [`HistoryError`] as [`History::end_at`].
    pub fn end_at(&mut self, owner: K, to: Timestamp) -> Result<(), HistoryError> {
        self.histories.get_mut(&owner).ok_or(HistoryError::NothingToEnd { at: to })?.end_at(to)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::id::Mrid;

    #[test]
    fn a_meter_exchange_moves_channel_and_usage_point() {
        let id = |number: u128| Mrid(Uuid::from_u128(number));
        let (old, new, point) = (MeterId(id(1)), MeterId(id(2)), UsagePointId(id(3)));
        let [installed, exchanged, today] = [100, 200, 300].map(|at| Timestamp::from_second(at).expect("in range"));
        let mut meters = MeterInstallations::default();
        meters.set_from(old, installed, point).expect("installed");
        meters.end_at(old, exchanged).expect("removed");
        meters.set_from(new, exchanged, point).expect("exchanged");
        assert_eq!(meters.owners_at(&point, installed).collect::<Vec<_>>(), [old]);
        assert_eq!(meters.owners_at(&point, exchanged).collect::<Vec<_>>(), [new]);
        assert_eq!((meters.at(old, today), meters.at(new, today)), (None, Some(&point)));
        assert_eq!(meters.end_at(old, today), Err(HistoryError::NothingToEnd { at: today }));
        assert_eq!(meters.history(old).map(|history| history.links().len()), Some(1));
    }
}
