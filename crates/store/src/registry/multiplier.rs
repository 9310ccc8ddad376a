//! What the differences of a register are multiplied by, from when on.

use jiff::Timestamp;
use model::master::Channel;
use model::quantity::Decimal;

use super::directory::Directory;
use super::fact::FactKind;

impl Directory {
    /// What counts of a channel are multiplied by, each from its instant until the next, in order: the registered multiplier
    /// as long as nothing else was entered, then those of [`FactKind::Multiplier`]. One that changes nothing is left out.
    pub fn multipliers(&self, channel: &Channel) -> Vec<(Timestamp, Decimal)> {
        let mut known = vec![(Timestamp::MIN, channel.multiplier)];
        for entered in self.facts.history(FactKind::Multiplier, channel.id.0) {
            let multiplier = entered.value.as_deref().and_then(|text| text.parse().ok()).unwrap_or(channel.multiplier);
            known.retain(|(from, _)| *from < entered.from);
            if known.last().is_none_or(|(_, before)| before.normalized() != multiplier.normalized()) {
                known.push((entered.from, multiplier));
            }
        }
        known
    }

    /// What counts of a channel are multiplied by at an instant.
    pub fn multiplier_at(&self, channel: &Channel, at: Timestamp) -> Decimal {
        in_force(&self.multipliers(channel), at).unwrap_or(channel.multiplier)
    }
}

/// The one of dated multipliers, in order, that holds at an instant; `None` before the first.
pub fn in_force(multipliers: &[(Timestamp, Decimal)], at: Timestamp) -> Option<Decimal> {
    multipliers.iter().rev().find(|(from, _)| *from <= at).map(|(_, multiplier)| *multiplier)
}
