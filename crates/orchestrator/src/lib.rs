//! The way down: what head-ends are asked to do, when, how often, and whether it came.
//!
//! Whoever misses something enters an order into the ledger (`store::registry::order`). What head-ends send comes in by the way
//! up, and never here: an order is answered when what it is for is in the books.
//!
//! - [`order`]: what to do about an order, from its state, the time and what is in the books: pure.
//! - [`evidence`]: what the books say of an order.
//! - [`on_demand`]: orders of people and programs; [`group`]: one wish for many meters; [`outcome`]: what became of each.
//! - [`rhythm`]: when a schedule is due: pure; [`timetable`]: enters what schedules want.
//! - [`line`]: how a request gets to whoever talks to a head-end; its deliveries go first.
//! - [`driver`]: asks what is due, head-end by head-end, and notes what became of it.

pub mod driver;
pub mod evidence;
pub mod group;
pub mod line;
pub mod on_demand;
pub mod order;
pub mod outcome;
pub mod rhythm;
pub mod timetable;

use serde::{Deserialize, Serialize};
use store::registry::order::Schedule;

pub use driver::{Driver, Running};
pub use line::{Call, Line, line};

/// How head-ends are asked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Devices of one request at the most.
    pub devices_max: u32,
    /// Seconds over which the first tries of a gap list are spread.
    pub spread_seconds: u32,
    /// How many days back gaps are looked for; 0 looks for none.
    pub gap_days: u8,
    /// The tries of a gap.
    pub gap: Schedule,
    /// The tries of what somebody waits for.
    pub on_demand: Schedule,
    /// The tries of what is read by schedule.
    pub schedule: Schedule,
}

impl Default for Config {
    fn default() -> Self {
        let (gap, on_demand, schedule) = (Schedule::of_gaps(), Schedule::on_demand(), Schedule::of_schedules());
        Self { devices_max: 500, spread_seconds: 900, gap_days: 5, gap, on_demand, schedule }
    }
}

impl Config {
    /// What cannot be, in words that name the setting.
    ///
    /// # Errors
    /// The name of the setting, what it is and what was expected.
    pub fn check(&self) -> Result<(), String> {
        if self.devices_max == 0 {
            return Err("devices_max: 0, expected at least 1".into());
        }
        self.gap.check().map_err(|problem| format!("gap.{problem}"))?;
        self.on_demand.check().map_err(|problem| format!("on_demand.{problem}"))?;
        self.schedule.check().map_err(|problem| format!("schedule.{problem}"))
    }
}
