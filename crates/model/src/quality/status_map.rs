//! Maps of reading statuses: what a flag of a source system means in another vocabulary.
//!
//! Two maps are shipped and locked, since the rule for assumed meter time depends on them. Other source
//! systems get maps of their own, which are separate objects bound to the system. Gen5 meters pass two
//! maps, UtilityIQ to OpenWay in the adapter and OpenWay to IEE at import; [`StatusMaps::trace`] records
//! both steps.

use std::borrow::Cow;

use serde::Serialize;
use smol_str::SmolStr;

use super::{Status, iee};

/// The flags of one source system and what each becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusMap {
    source: Cow<'static, str>,
    target: Cow<'static, str>,
    locked: bool,
    pairs: Cow<'static, [(Cow<'static, str>, Cow<'static, str>)]>,
}

/// Why a map cannot be made or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusMapError {
    /// The map is one of those that are shipped.
    #[error("the status map of {0} is shipped and locked; bind a map of your own to your source system")]
    Locked(SmolStr),
    /// The source system has a map.
    #[error("source system {0} has a status map already")]
    Bound(SmolStr),
    /// A flag twice in one map.
    #[error("flag `{0}` is mapped twice")]
    Repeated(SmolStr),
    /// The target is no status.
    #[error("flag `{flag}` is mapped to `{status}`, which is no reading status")]
    UnknownStatus {
        /// The flag.
        flag: SmolStr,
        /// What it was mapped to.
        status: SmolStr,
    },
}

/// The vocabulary that maps lead to.
const IEE: &str = "IEE";

/// OpenWay head-end flags (OWCE, OWCM) and the IEE status of each (AMT-MAP1).
pub static OPENWAY: StatusMap = StatusMap {
    source: Cow::Borrowed("OpenWay"),
    target: Cow::Borrowed(IEE),
    locked: true,
    pairs: Cow::Borrowed(&[
        pair("ClockResetBackwards", "CLOCK"),
        pair("HardwareFailure", "IOBOARD"),
        pair("PartialInterval", "IRREGULAR"),
        pair("PowerFailure", "POWER"),
        pair("TimeError", "TIMERESET"),
    ]),
};

/// UtilityIQ flags and the OpenWay flag of each (AMT-MAP2).
pub static UTILITYIQ: StatusMap = StatusMap {
    source: Cow::Borrowed("UtilityIQ"),
    target: Cow::Borrowed("OpenWay"),
    locked: true,
    pairs: Cow::Borrowed(&[
        pair("Clock reset backward during interval (std table 64)", "ClockResetBackwards"),
        pair("POWER_FAILURE", "PowerFailure"),
        pair("CLOCK_ERR", "TimeError"),
        pair("SYSTEM_ERR", "HardwareFailure"),
        pair("Partial interval due to common state (std table 64)", "PartialInterval"),
    ]),
};

const fn pair(flag: &'static str, status: &'static str) -> (Cow<'static, str>, Cow<'static, str>) {
    (Cow::Borrowed(flag), Cow::Borrowed(status))
}

impl StatusMap {
    /// An empty map from the flags of a source system to reading statuses, free to be changed.
    pub fn of(source: impl Into<String>) -> Self {
        Self { source: Cow::Owned(source.into()), target: Cow::Borrowed(IEE), locked: false, pairs: Cow::Borrowed(&[]) }
    }

    /// The source system.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it is shipped and cannot be changed.
    pub fn locked(&self) -> bool {
        self.locked
    }

    /// Maps a flag to a reading status.
    ///
    /// # Errors
    /// Where the map is locked, has the flag already, or there is no such status.
    pub fn set(&mut self, flag: &str, status: &str) -> Result<(), StatusMapError> {
        if self.locked {
            return Err(StatusMapError::Locked(self.source().into()));
        }
        if self.mapped(flag).is_some() {
            return Err(StatusMapError::Repeated(flag.into()));
        }
        if iee::status(status).is_none() {
            return Err(StatusMapError::UnknownStatus { flag: flag.into(), status: status.into() });
        }
        self.pairs.to_mut().push((flag.to_owned().into(), status.to_owned().into()));
        Ok(())
    }

    /// What a flag becomes, by exact name.
    pub fn mapped(&self, flag: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == flag).map(|(_, status)| status.as_ref())
    }
}

/// The status maps of an installation, one for each source system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusMaps(Vec<StatusMap>);

/// A flag and the steps that led to its meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mapped {
    /// Every map that was used, in order.
    pub steps: Vec<MapStep>,
    /// What the flag means.
    pub status: Status,
}

/// One step of a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MapStep {
    /// The source system of the map.
    pub map: SmolStr,
    /// What was mapped.
    pub from: SmolStr,
    /// What it became.
    pub to: SmolStr,
}

impl Default for StatusMaps {
    /// The shipped maps.
    fn default() -> Self {
        Self(vec![OPENWAY.clone(), UTILITYIQ.clone()])
    }
}

impl StatusMaps {
    /// Binds a map to its source system.
    ///
    /// # Errors
    /// Where the system has a map, a shipped one among them.
    pub fn bind(&mut self, map: StatusMap) -> Result<(), StatusMapError> {
        match self.of(map.source()) {
            Some(known) if known.locked => Err(StatusMapError::Locked(map.source().into())),
            Some(_) => Err(StatusMapError::Bound(map.source().into())),
            None => {
                self.0.push(map);
                Ok(())
            }
        }
    }

    /// The source systems that have a map.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(StatusMap::source)
    }

    /// The map of a source system.
    pub fn of(&self, source: &str) -> Option<&StatusMap> {
        self.0.iter().find(|map| map.source == source)
    }

    /// What a flag of a source system means, with every step; `None` where a map has no line for it.
    pub fn trace(&self, source: &str, flag: &str) -> Option<Mapped> {
        let mut steps: Vec<MapStep> = Vec::new();
        let (mut source, mut flag) = (source, flag);
        // Every map is used at most once, so maps that lead in a circle end.
        while source != IEE && steps.len() < self.0.len() {
            let map = self.of(source)?;
            let to = map.mapped(flag)?;
            steps.push(MapStep { map: source.into(), from: flag.into(), to: to.into() });
            (source, flag) = (&map.target, to);
        }
        Some(Mapped { status: iee::status(flag)?, steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: AMT-MAP-90
    #[test]
    fn shipped_maps_are_locked() {
        let mut copy = OPENWAY.clone();
        let refused = copy.set("VendorFlag", "POWER").expect_err("locked");
        assert_eq!(refused, StatusMapError::Locked("OpenWay".into()));
        assert!(refused.to_string().ends_with("bind a map of your own to your source system"));
        let mut maps = StatusMaps::default();
        assert_eq!(maps.bind(StatusMap::of("UtilityIQ")), Err(StatusMapError::Locked("UtilityIQ".into())));
        assert_eq!(maps, StatusMaps::default());
    }

    // covers: AMT-MAP-91
    #[test]
    fn the_gen5_path_maps_twice_and_records_both_steps() {
        let maps = StatusMaps::default();
        let mapped = maps.trace("UtilityIQ", "CLOCK_ERR").expect("mapped");
        let steps: Vec<(&str, &str, &str)> =
            mapped.steps.iter().map(|step| (step.map.as_str(), step.from.as_str(), step.to.as_str())).collect();
        assert_eq!(steps, [("UtilityIQ", "CLOCK_ERR", "TimeError"), ("OpenWay", "TimeError", "TIMERESET")]);
        for (flag, open_way) in UTILITYIQ.pairs.iter() {
            let direct = maps.trace("OpenWay", open_way).expect("mapped");
            assert_eq!(maps.trace("UtilityIQ", flag).map(|mapped| mapped.status), Some(direct.status), "{flag}");
        }
    }

    // covers: AMT-BKG-06
    #[test]
    fn every_source_system_has_its_own_map() {
        let mut maps = StatusMaps::default();
        for (source, status) in [("HES-1", "POWER"), ("HES-2", "CLOCK")] {
            let mut map = StatusMap::of(source);
            map.set("E7", status).expect("free");
            assert_eq!(map.set("E7", status), Err(StatusMapError::Repeated("E7".into())));
            assert!(map.set("E8", "POWERLESS").expect_err("unknown").to_string().contains("no reading status"));
            maps.bind(map).expect("new");
        }
        let status = |source| maps.trace(source, "E7").map(|mapped| mapped.status);
        assert_eq!(status("HES-1"), Some(Status::POWER_FAILURE));
        assert_eq!(status("HES-2"), Some(Status::CLOCK_ERROR));
        assert_eq!((status("HES-3"), maps.trace("HES-1", "E9")), (None, None));
        assert_eq!(maps.bind(StatusMap::of("HES-1")), Err(StatusMapError::Bound("HES-1".into())));
    }
}
