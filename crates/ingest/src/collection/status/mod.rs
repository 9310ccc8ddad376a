//! The status report of a day: the fourteen non-critical items of Ontario 2.10.2, each with a verdict, its figures, and rows
//! that name component, time and reason.
//!
//! An item answers out of what is in the books: the collection of the day, master data, statuses of intervals, register
//! reads, the log of attempts, the ledger of the hand-over, alerts, and events where they are kept. What nothing in the books
//! could say is `no_source`, never `met`.
//!
//! - [`evidence`]: what is gathered; [`signs`]: what the readings of a day themselves say.
//! - `devices`: items 1 and 2; `hand_over`: 3 and 4; `reads`: 5 to 8; `conditions`: 9 to 13; `outlook`: 14.

mod conditions;
mod devices;
mod evidence;
mod hand_over;
mod outlook;
mod reads;
mod signs;

use jiff::Timestamp;
use jiff::civil::Date;
use model::time::{LocalDay, TimeRange};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use store::readings::{Error, ReadingsBook};
use store::registry::directory::Directory;

pub use evidence::Evidence;

use super::Report;
use crate::placement::zone_of;
use signs::Signs;

/// Rows that an item lists; those beyond are counted.
pub const ROWS_MAX: usize = 100_000;

/// The status of the metering infrastructure on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusReport {
    /// The local day, in each zone its own.
    pub date: Date,
    /// When it was made.
    pub made_at: Timestamp,
    /// The items in their order.
    pub items: Vec<Item>,
}

impl StatusReport {
    /// Whether a requirement that an item is held against was not met.
    pub fn is_not_met(&self) -> bool {
        self.items.iter().any(|item| item.verdict == ItemVerdict::NotMet)
    }

    /// The same with so many rows an item.
    #[must_use]
    pub fn cut(mut self, rows: usize) -> Self {
        self.items.iter_mut().for_each(|item| item.rows.truncate(rows));
        self
    }
}

/// An item of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The requirement, such as `ONT-2.10.2.5`.
    pub id: SmolStr,
    /// What it is about.
    pub title: &'static str,
    /// How it stands.
    pub verdict: ItemVerdict,
    /// What was counted.
    pub figures: Vec<Figure>,
    /// What a person should look at, at most [`ROWS_MAX`].
    pub rows: Vec<Row>,
    /// How many there are in all.
    pub rows_count: u64,
}

/// How an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemVerdict {
    /// What is required holds.
    Met,
    /// What is required can still be met.
    Open,
    /// What is required does not hold.
    NotMet,
    /// Nothing is required of it; there is something to look at.
    Told,
    /// There is nothing to report.
    Nothing,
    /// Nothing in the books could say so.
    NoSource,
}

impl ItemVerdict {
    /// The words for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Open => "still open",
            Self::NotMet => "NOT MET",
            Self::Told => "to look at",
            Self::Nothing => "nothing to report",
            Self::NoSource => "no source",
        }
    }
}

/// Something that was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// What.
    pub name: SmolStr,
    /// How much, or in words why not.
    pub value: String,
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is about: a meter, a head-end, a file.
    pub component: SmolStr,
    /// The zone that its times are told in.
    pub zone: SmolStr,
    /// Since when.
    pub from: Option<Timestamp>,
    /// Until when; `None` for an instant and for what goes on.
    pub to: Option<Timestamp>,
    /// What was found.
    pub reason: String,
}

/// Limits of items that Ontario leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Hours within which a meter that was installed must be read for the first time (item 1).
    pub initialised_within_hours: u16,
    /// Counts of the last digit of a register by which it and its intervals may be apart (item 6).
    pub register_counts: u32,
    /// Share of a disk that may be used, in per cent, before it is a critical condition (O-12).
    pub disk_per_cent_max: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self { initialised_within_hours: 24, register_counts: 2, disk_per_cent_max: 90 }
    }
}

impl Limits {
    /// What cannot be asked, in words that name the setting.
    ///
    /// # Errors
    /// The name of the setting, what it is and what was expected.
    pub fn check(&self) -> Result<(), String> {
        if self.initialised_within_hours == 0 {
            return Err("initialised_within_hours: 0, expected at least 1".into());
        }
        match self.disk_per_cent_max {
            1..=100 => Ok(()),
            other => Err(format!("disk_per_cent_max: {other}, expected 1 to 100")),
        }
    }
}

/// What the report is made of beside the evidence.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The readings.
    pub book: &'a ReadingsBook,
    /// Master data.
    pub directory: &'a Directory,
    /// What was collected of the day.
    pub report: &'a Report,
    /// The limits.
    pub limits: Limits,
    /// The zone of what has none of its own.
    pub zone: &'a str,
}

/// The status of a day; `progress` is told of channels.
///
/// # Errors
/// What the readings book says.
pub fn status(asked: Asked<'_>, evidence: &Evidence, progress: &mut dyn FnMut(u64)) -> Result<StatusReport, Error> {
    let signs = Signs::of_day(asked, progress)?;
    let items = vec![
        devices::initialised(asked)?,
        devices::links(asked, evidence),
        hand_over::told_of_accounts(asked, evidence),
        hand_over::applied_from_repository(asked, evidence),
        reads::collected(asked, evidence),
        reads::accurate(&signs),
        reads::precise(&signs),
        reads::timely(asked, &signs),
        conditions::clocks_set(asked, evidence, &signs),
        conditions::power(asked, evidence, &signs),
        conditions::links(asked, evidence),
        conditions::tamper(asked, evidence, &signs),
        conditions::faults(asked, evidence, &signs),
        outlook::outlook(asked, evidence),
    ];
    Ok(StatusReport { date: asked.report.date, made_at: asked.report.made_at, items })
}

impl Item {
    fn new(number: u8, title: &'static str) -> Self {
        Self {
            id: smol_str::format_smolstr!("ONT-2.10.2.{number}"),
            title,
            verdict: ItemVerdict::Nothing,
            figures: Vec::new(),
            rows: Vec::new(),
            rows_count: 0,
        }
    }

    fn figure(&mut self, name: impl Into<SmolStr>, value: impl ToString) {
        self.figures.push(Figure { name: name.into(), value: value.to_string() });
    }

    fn row(&mut self, row: Row) {
        self.rows_count += 1;
        if self.rows.len() < ROWS_MAX {
            self.rows.push(row);
        }
    }

    /// With a verdict that follows from whether there is a row.
    fn told(mut self) -> Self {
        self.verdict = if self.rows_count == 0 { ItemVerdict::Nothing } else { ItemVerdict::Told };
        self
    }

    fn with(mut self, verdict: ItemVerdict) -> Self {
        self.verdict = verdict;
        self
    }
}

impl Row {
    fn new(component: impl Into<SmolStr>, zone: impl Into<SmolStr>, reason: impl Into<String>) -> Self {
        Self { component: component.into(), zone: zone.into(), from: None, to: None, reason: reason.into() }
    }

    fn since(mut self, from: Timestamp) -> Self {
        self.from = Some(from);
        self
    }

    fn until(mut self, to: Timestamp) -> Self {
        self.to = Some(to);
        self
    }
}

impl Asked<'_> {
    /// The first and the last instant of the day, over all zones; `None` where the calendar has no such day.
    fn span(&self) -> Option<TimeRange> {
        let zones = self.report.zones.iter().map(|zone| zone.zone.as_str()).chain([self.zone]);
        let days = zones.filter_map(|zone| self.day(zone)).map(|day| day.range);
        days.reduce(|one, other| TimeRange { start: one.start.min(other.start), end: one.end.max(other.end) })
    }

    /// The day in a zone.
    fn day(&self, zone: &str) -> Option<LocalDay> {
        LocalDay::of(self.report.date, &zone_of(zone).ok()?)
    }
}
