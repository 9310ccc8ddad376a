//! What was collected of a day: every reading that was expected, whether it came by the deadline, and why not.
//!
//! Collection judges nothing but arrival, so it holds where validation is off. What counts (decisions X-03, O-03,
//! O-06, Ontario 2.3.1, 2.6.1):
//!
//! | a reading | counts |
//! | --- | --- |
//! | measured, known by the deadline of its zone | collected, however often and in whatever pieces it came |
//! | of a clock in doubt or of an assumed time | collected; told apart, since its time proves nothing |
//! | an estimate of its source | not |
//! | after the deadline | not; told as late |
//! | of a meter that is not there, or of a place that is cut off physically | is not expected |
//!
//! - [`expected`]: of which instants a reading is expected; [`found`]: what the book knew of them at a moment.
//! - [`day`]: both held against each other, reading by reading: pure.
//! - [`report`]: the sums of a day; [`components`]: who misses again and again over months: pure.
//! - [`status`]: everything else that is told of a day; [`event_class`]: what events of devices say about it.
//! - [`history`]: what is kept of days; [`attempts`]: how head-ends answered; [`alerts`]: what people are alarmed of.
//! - [`roll_out`]: which meters are installed, and which of them report.

pub mod alerts;
pub mod attempts;
pub mod components;
mod day;
pub mod event_class;
mod expected;
mod found;
pub mod happened;
pub mod history;
pub mod report;
pub mod roll_out;
pub mod status;

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};
use store::registry::quarantine::{QuarantineFilter, QuarantineState};
use store::registry::{Registry, RegistryError};

pub use day::{Miss, Reason, Tally};
pub use report::{Collection, Report};

/// Quarantined items that are asked for at a time.
const PAGE: u32 = 10_000;

/// The channels of which something waits in quarantine, by label, with the moment at which the last of it came.
///
/// # Errors
/// What the registry says.
pub async fn waiting(registry: &Registry) -> Result<HashMap<String, Timestamp>, RegistryError> {
    let mut filter =
        QuarantineFilter { state: Some(QuarantineState::Open), limit: PAGE, ..QuarantineFilter::default() };
    let mut latest: HashMap<String, Timestamp> = HashMap::new();
    loop {
        let items = registry.quarantine().list(&filter).await?;
        let Some(last) = items.last() else { return Ok(latest) };
        filter.after = last.id;
        for item in items {
            let came = latest.entry(item.entry.channel).or_insert(item.first_seen);
            *came = item.first_seen.max(*came);
        }
    }
}

/// What is asked of the collection of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// The share of the expected readings that must be there by the deadline, in per cent (Ontario 2.3.1).
    pub per_cent: u8,
    /// The local time of the next day by which they must be there (Ontario 2.6.1).
    pub deadline: Time,
    /// How often a register that goes on counting is read, in minutes; 0 expects none of its reads. Ontario: every hour.
    pub register_every_minutes: u16,
    /// How far the stamp of a register read may be from the instant it is for, in seconds (Ontario 2.4.3).
    pub stamp_tolerance_seconds: u16,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            per_cent: vee::process::v77_timeliness::ONTARIO,
            deadline: jiff::civil::time(5, 0, 0, 0),
            register_every_minutes: 0,
            stamp_tolerance_seconds: 90,
        }
    }
}

impl Rules {
    /// What cannot be asked, in words that name the setting.
    ///
    /// # Errors
    /// The name of the setting, what it is and what was expected.
    pub fn check(&self) -> Result<(), String> {
        let every = self.register_every_minutes;
        if 100 < self.per_cent {
            return Err(format!("per_cent: {}, expected at most 100", self.per_cent));
        }
        if every != 0 && 1440 % every != 0 {
            return Err(format!("register_every_minutes: {every}, expected 0 or minutes that divide a day"));
        }
        if every != 0 && u32::from(every) * 30 < u32::from(self.stamp_tolerance_seconds) {
            let at_most = u32::from(every) * 30;
            return Err(format!(
                "stamp_tolerance_seconds: {}, expected at most {at_most}: half of the time between reads",
                self.stamp_tolerance_seconds
            ));
        }
        Ok(())
    }

    /// When the readings of a day must be there.
    ///
    /// `None` outside the years of the calendar.
    fn deadline_of(&self, date: Date, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
        Some(date.tomorrow().ok()?.to_datetime(self.deadline).to_zoned(zone.clone()).ok()?.timestamp())
    }
}
