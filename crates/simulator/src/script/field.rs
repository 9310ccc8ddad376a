//! How the field is built and how well it works where nothing goes wrong, and where other clocks hold.

use jiff::tz::TimeZone;
use serde::Deserialize;

/// Modules, collectors and the links between them. What is not written keeps its default, under which everything arrives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Field {
    /// Meters of an area; each area has a collector of each head-end.
    pub meters_per_area: u32,
    /// How long a collector works without power, in hours.
    pub collector_backup_hours: u32,
    /// How many readings a collector keeps while its link is down; then the oldest are lost.
    pub collector_storage_readings: u64,
    /// How long a module keeps what it could not send, in days.
    pub module_storage_days: u32,
    /// How long the radio takes from a module to its collector, in seconds; up to twice as long by chance.
    pub radio_seconds: u32,
    /// How long the link takes from a collector to its head-end, in seconds; up to twice as long by chance.
    pub link_seconds: u32,
    /// How often a module tries to reach a collector, at least once.
    pub tries: u32,
    /// How long it waits between two tries, in minutes.
    pub retry_minutes: u32,
    /// How many modules of a thousand can reach the collector of the next area where theirs is lost.
    pub neighbour_per_mille: u16,
    /// How many last gasps of a thousand nobody hears; the loss of power is told once it is over.
    pub last_gasp_lost_per_mille: u16,
    /// How fast the clock of a module may run wrong, in seconds of a million, ahead or behind.
    pub drift_ppm: u32,
    /// Hours between two synchronisations of a module; each is told as an event where clocks drift.
    pub sync_hours: u32,
    /// Whether `hes-hourly` and `hes-folder` tell events too, as JSON in words of their own.
    pub events_of_all: bool,
}

impl Default for Field {
    fn default() -> Self {
        Self {
            meters_per_area: 600,
            collector_backup_hours: 8,
            collector_storage_readings: 1_000_000,
            module_storage_days: 45,
            radio_seconds: 20,
            link_seconds: 4,
            tries: 24,
            retry_minutes: 60,
            neighbour_per_mille: 900,
            last_gasp_lost_per_mille: 0,
            drift_ppm: 0,
            sync_hours: 24,
            events_of_all: false,
        }
    }
}

impl Field {
    /// A number that cannot be 0, or is a share and more than all.
    pub(super) fn fault(&self) -> Option<(&'static str, u32)> {
        let not_zero = [
            ("meters_per_area", self.meters_per_area),
            ("tries", self.tries),
            ("retry_minutes", self.retry_minutes),
            ("sync_hours", self.sync_hours),
        ];
        let shares = [
            ("neighbour_per_mille", u32::from(self.neighbour_per_mille)),
            ("last_gasp_lost_per_mille", u32::from(self.last_gasp_lost_per_mille)),
        ];
        let zero = not_zero.into_iter().find(|(_, number)| *number == 0);
        zero.or_else(|| shares.into_iter().find(|(_, share)| 1000 < *share))
    }
}

/// A part of the utility with another clock: the last meters by number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct West {
    /// Its zone.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub zone: TimeZone,
    /// How many meters of a thousand lie there.
    pub per_mille: u16,
}
