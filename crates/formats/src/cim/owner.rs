//! Who the readings are of: Meter and UsagePoint with their names.

use model::id::Name;
use smol_str::SmolStr;

/// The kind of a name that is an mRID.
pub(super) const MRID: &str = "mRID";

/// The authority of names that carry what CIM has no element for (`docs/formats/cim.md`).
pub(super) const AMITY: &str = "Amity";

/// Kind of the name that holds the suffix of the channel.
pub(super) const CHANNEL_SUFFIX: &str = "ChannelSuffix";

/// Kind of the name that holds the unit in the words of the source.
pub(super) const UNIT_TEXT: &str = "UnitText";

/// A Meter, UsagePoint or Assets element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) mrid: SmolStr,
    pub(super) names: Vec<Name>,
}

impl Owner {
    /// What people call it: the first name, else the mRID.
    pub(super) fn name(&self) -> Option<Name> {
        let named = self.names.iter().find(|name| !name.value.is_empty() && !is_carried(name)).cloned();
        named.or_else(|| (!self.mrid.is_empty()).then(|| Name::new(MRID, self.mrid.clone())))
    }

    fn carried(&self, kind: &str) -> Option<SmolStr> {
        self.names.iter().find(|name| is_carried(name) && name.kind == kind).map(|name| name.value.clone())
    }
}

fn is_carried(name: &Name) -> bool {
    name.authority == AMITY && (name.kind == CHANNEL_SUFFIX || name.kind == UNIT_TEXT)
}

/// The owners of a MeterReading or an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Owners {
    pub(super) usage_point: Owner,
    pub(super) meter: Owner,
}

impl Owners {
    /// Whether nothing is named.
    pub(super) fn is_empty(&self) -> bool {
        self.usage_point.name().is_none() && self.meter.name().is_none()
    }

    /// The suffix that Amity wrote.
    pub(super) fn suffix(&self) -> SmolStr {
        self.carried(CHANNEL_SUFFIX).unwrap_or_default()
    }

    /// The unit that Amity wrote.
    pub(super) fn unit(&self) -> Option<SmolStr> {
        self.carried(UNIT_TEXT)
    }

    fn carried(&self, kind: &str) -> Option<SmolStr> {
        self.usage_point.carried(kind).or_else(|| self.meter.carried(kind))
    }
}
