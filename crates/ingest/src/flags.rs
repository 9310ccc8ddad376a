//! Flags of a source that become statuses: the status map that is bound to it.
//!
//! The maps are in `model::quality::status_map`: those that are shipped are locked, those of an installation are separate
//! objects. A flag stays as it came beside the status that it means; both steps of a map that leads to another are told.

use std::collections::BTreeMap;

use model::finding::{Finding, Severity};
use model::quality::status_map::{Mapped, StatusMap, StatusMapError, StatusMaps};
use model::quality::{Quality, Status, iee};
use serde::{Deserialize, Serialize};

/// What separates the flags of one interval where a source sends several.
const SEPARATORS: [char; 3] = [';', ',', '|'];

/// The maps of an installation and which source uses which, as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Own maps: by name, the reading status (`POWER`, `CLOCK`) of each flag.
    pub maps: BTreeMap<String, BTreeMap<String, String>>,
    /// The map of each source, own or shipped (`OpenWay`, `UtilityIQ`).
    pub sources: BTreeMap<String, String>,
}

/// Why maps cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMaps {
    /// A map cannot be made.
    #[error("maps.{name}: {why}")]
    Map {
        /// The map.
        name: String,
        /// Why.
        why: StatusMapError,
    },
    /// A source is bound to a map that is not there.
    #[error("sources.{source_name}: there is no status map `{map}`; there are {}", known.join(", "))]
    Unknown {
        /// The source.
        source_name: String,
        /// The map.
        map: String,
        /// The maps that are there.
        known: Vec<String>,
    },
}

/// Which source uses which map.
#[derive(Clone, Debug, Default)]
pub struct FlagMaps {
    maps: StatusMaps,
    of_source: BTreeMap<String, String>,
}

impl Config {
    /// The maps ready to use.
    ///
    /// # Errors
    /// [`InvalidMaps`]: a map has the name of a shipped one or a status that is none, or a source is bound to a map that is
    /// not there.
    pub fn build(&self) -> Result<FlagMaps, InvalidMaps> {
        let mut maps = StatusMaps::default();
        for (name, flags) in &self.maps {
            let invalid = |why| InvalidMaps::Map { name: name.clone(), why };
            let mut map = StatusMap::of(name.as_str());
            flags.iter().try_for_each(|(flag, status)| map.set(flag, status)).map_err(invalid)?;
            maps.bind(map).map_err(invalid)?;
        }
        for (source, map) in &self.sources {
            if maps.of(map).is_none() {
                let known = maps.sources().map(str::to_owned).collect();
                return Err(InvalidMaps::Unknown { source_name: source.clone(), map: map.clone(), known });
            }
        }
        Ok(FlagMaps { maps, of_source: self.sources.clone() })
    }
}

impl FlagMaps {
    /// The map of a source; `None` where none is bound to it.
    pub fn of_source(&self, source: &str) -> Option<FlagMap<'_>> {
        let (source, map) = self.of_source.get_key_value(source)?;
        Some(FlagMap { maps: &self.maps, map, source })
    }
}

/// The map of one source.
#[derive(Clone, Copy, Debug)]
pub struct FlagMap<'m> {
    maps: &'m StatusMaps,
    map: &'m str,
    source: &'m str,
}

impl FlagMap<'_> {
    /// A quality with what its flags mean added, and what to tell of them: nothing where it has no flag.
    ///
    /// A value that a reader doubts only because it does not know the flag is doubted no longer.
    pub fn meant(&self, quality: &Quality) -> (Quality, Vec<Finding>) {
        let flags = self.flags(&quality.flag);
        let mapped: Vec<(&str, Option<Mapped>)> =
            flags.iter().map(|flag| (*flag, self.maps.trace(self.map, flag))).collect();
        let mut meant = quality.clone();
        if !mapped.is_empty() && mapped.iter().all(|(_, mapped)| mapped.is_some()) {
            meant.status = meant.status.without(Status::SUSPECT);
        }
        mapped.iter().filter_map(|(_, mapped)| mapped.as_ref()).for_each(|mapped| meant.status |= mapped.status);
        (meant, mapped.iter().map(|(flag, mapped)| self.told(flag, mapped.as_ref())).collect())
    }

    /// What to tell of the flags of a text.
    pub fn told_of(&self, text: &str) -> Vec<Finding> {
        self.meant(&Quality { flag: text.into(), ..Quality::default() }).1
    }

    /// The flags of a text: one where the map has the whole of it.
    fn flags<'f>(&self, text: &'f str) -> Vec<&'f str> {
        if self.maps.trace(self.map, text).is_some() {
            return vec![text];
        }
        text.split(SEPARATORS).map(str::trim).filter(|flag| !flag.is_empty()).collect()
    }

    fn told(&self, flag: &str, mapped: Option<&Mapped>) -> Finding {
        let (map, source) = (self.map, self.source);
        let Some(mapped) = mapped else {
            let message = format!(
                "status map `{map}` of source `{source}` has no line for `{flag}`; the flag is kept as it came"
            );
            return Finding::new(0, "flag", "flag.unmapped", message).with_severity(Severity::Warning);
        };
        let steps = mapped.steps.iter().map(|step| format!("{} by {}", step.to, step.map));
        let steps: Vec<String> = steps.collect();
        let names = iee::names(mapped.status).join(", ");
        let message = format!("`{flag}` of source `{source}` means {names}: {}", steps.join(", then "));
        Finding::new(0, "flag", "flag.mapped", message).with_severity(Severity::Note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &[(&str, &[(&str, &str)])], sources: &[(&str, &str)]) -> Config {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(left, right)| ((*left).to_owned(), (*right).to_owned())).collect()
        };
        let maps = text.iter().map(|(name, flags)| ((*name).to_owned(), pairs(flags))).collect();
        Config { maps, sources: pairs(sources) }
    }

    fn flagged(flag: &str) -> Quality {
        Quality { flag: flag.into(), ..Quality::of(Status::SUSPECT) }
    }

    // covers: AMT-MAP-91, AMT-BKG-06
    #[test]
    fn flags_become_statuses_by_the_map_of_their_source() {
        let sources = [("HES-1", "UtilityIQ"), ("HES-2", "Vendor")];
        let maps = config(&[("Vendor", &[("CLOCK_ERR", "CLOCK")])], &sources).build().expect("maps");
        let status = |source: &str, flag: &str| maps.of_source(source).expect("bound").meant(&flagged(flag)).0.status;
        assert_eq!(status("HES-1", "CLOCK_ERR"), Status::TIME_RESET);
        assert_eq!(status("HES-2", "CLOCK_ERR"), Status::CLOCK_ERROR);
        assert_eq!(status("HES-1", "CLOCK_ERR; POWER_FAILURE"), Status::TIME_RESET | Status::POWER_FAILURE);
        assert_eq!(status("HES-1", "CLOCK_ERR;E9"), Status::TIME_RESET | Status::SUSPECT, "a flag that nobody knows");
        assert_eq!(status("HES-1", ""), Status::SUSPECT);
        assert!(maps.of_source("HES-3").is_none());
        let (quality, told) = maps.of_source("HES-1").expect("bound").meant(&flagged("CLOCK_ERR|E9"));
        assert_eq!(quality.flag, "CLOCK_ERR|E9", "it stays as it came");
        let words: Vec<_> = told.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(
            words,
            [
                "`CLOCK_ERR` of source `HES-1` means TIMERESET: TimeError by UtilityIQ, then TIMERESET by OpenWay",
                "status map `UtilityIQ` of source `HES-1` has no line for `E9`; the flag is kept as it came",
            ]
        );
    }

    // covers: AMT-MAP-90
    #[test]
    fn shipped_maps_cannot_be_written_over_and_unknown_ones_are_refused() {
        let refused = |config: Config| config.build().expect_err("refused").to_string();
        let locked = refused(config(&[("OpenWay", &[("TimeError", "CLOCK")])], &[]));
        assert!(locked.starts_with("maps.OpenWay: the status map of OpenWay is shipped and locked"), "{locked}");
        let status = refused(config(&[("Vendor", &[("E7", "POWERLESS")])], &[]));
        assert_eq!(status, "maps.Vendor: flag `E7` is mapped to `POWERLESS`, which is no reading status");
        let unknown = refused(config(&[("Vendor", &[])], &[("HES-1", "Gen5")]));
        assert_eq!(unknown, "sources.HES-1: there is no status map `Gen5`; there are OpenWay, UtilityIQ, Vendor");
    }
}
