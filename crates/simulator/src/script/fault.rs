//! What goes wrong from an instant until another.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use model::time::TimeRange;
use serde::Deserialize;
use smol_str::SmolStr;

use crate::premises::HeadEnd;

/// Something that goes wrong from an instant until another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// A device of the network is open.
    Open {
        /// The device.
        element: SmolStr,
        /// When it opens.
        from: Timestamp,
        /// When it closes.
        to: Timestamp,
    },
    /// Readings that never come.
    Lost(Share),
    /// A meter's readings of a day that come with those of the next day.
    Late(Share),
    /// A meter's readings of a day that come again with those of the next day.
    Twice(Share),
    /// Readings that come with another value.
    Corrupt(Share),
    /// A head-end that sends nothing for days that end within this time, and all of it with the first day after.
    Silent(OfHeadEnd),
    /// Tries of modules to reach a collector that fail.
    WeakRadio(Share),
    /// Links from collectors to their head-end that take longer, by so many seconds.
    Congested(Seconds),
    /// The link of a collector, or of all, is down: the collector stores.
    LinkDown {
        /// The head-end.
        head_end: HeadEnd,
        /// One collector of it; every one where none is named.
        collector: Option<CollectorNumber>,
        /// Since when.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
    /// A collector is out of order; what it stored it keeps.
    CollectorDown {
        /// The collector.
        collector: CollectorNumber,
        /// Since when.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
    /// A meter that records nothing and answers nobody.
    Dead {
        /// Its number.
        meter: u32,
        /// Since when.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
    /// A module is out of order; what it held and what the meter counts until it is replaced never comes.
    ModuleDead(OfMeter),
    /// A meter's clock is ahead by so many seconds, or behind where they are less than 0.
    WrongClock {
        /// The meter.
        meter: MeterNumber,
        /// How far ahead.
        seconds: i32,
        /// Since when.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
    /// A head-end's clock is ahead by so many seconds, or behind: its events and messages are stamped by it.
    HeadEndClock(Seconds),
    /// No module of a head-end is synchronised.
    NoSync(OfHeadEnd),
    /// Batteries of meters are low: that is told, and their clocks do not outlive an outage.
    LowBattery(Share),
    /// Batteries of meters are dead: nothing is told before an outage, and their clocks do not outlive one.
    DeadBattery(Share),
    /// Somebody is at a meter.
    Tamper {
        /// The meter.
        meter: MeterNumber,
        /// What the meter notices.
        how: Tamper,
        /// Since when.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
    /// A part of what is used passes by the meter.
    Bypass {
        /// The meter.
        meter: MeterNumber,
        /// How much of a thousand.
        per_mille: u16,
        /// Since when.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
    /// The modules of a head-end run another firmware, and tell events otherwise.
    Firmware(Firmware),
}

/// A share of what a head-end has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The head-end.
    pub head_end: HeadEnd,
    /// How many of a thousand, at most 1000.
    pub per_mille: u16,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// A head-end as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfHeadEnd {
    /// The head-end.
    pub head_end: HeadEnd,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// A head-end that is off by so much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seconds {
    /// The head-end.
    pub head_end: HeadEnd,
    /// By how much.
    pub seconds: i32,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// One meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfMeter {
    /// The meter.
    pub meter: MeterNumber,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// Another firmware, which tells events otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Firmware {
    /// The head-end whose modules run it.
    pub head_end: HeadEnd,
    /// Its version.
    pub version: SmolStr,
    /// Members of events in JSON that have another name, by their usual one.
    #[serde(default)]
    pub renamed: BTreeMap<SmolStr, SmolStr>,
    /// Other codes, by the code of IEC 61968-9 that the event has here.
    #[serde(default)]
    pub codes: BTreeMap<SmolStr, SmolStr>,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// What a meter notices of somebody at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tamper {
    /// Its cover is off.
    Cover,
    /// It is upside down.
    Inversion,
    /// There is a strong magnet.
    Magnet,
    /// Energy flows the wrong way.
    ReverseEnergy,
}

/// A meter by number, written as its name: `M-000012`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct MeterNumber(pub u32);

/// A collector by number, written as its name: `AMRC-000012`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct CollectorNumber(pub u32);

impl TryFrom<String> for MeterNumber {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        numbered(&name, "M-").map(Self).ok_or_else(|| format!("`{name}` is no meter, expected a name such as M-000012"))
    }
}

impl TryFrom<String> for CollectorNumber {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let why = || format!("`{name}` is no collector, expected a name such as AMRC-000012");
        numbered(&name, "AMRC-").map(Self).ok_or_else(why)
    }
}

impl fmt::Display for MeterNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "M-{:06}", self.0)
    }
}

impl fmt::Display for CollectorNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AMRC-{:06}", self.0)
    }
}

fn numbered(name: &str, prefix: &str) -> Option<u32> {
    let digits = name.strip_prefix(prefix).filter(|digits| 6 <= digits.len());
    digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

impl Fault {
    /// When it holds.
    pub fn span(&self) -> TimeRange {
        let (start, end) = match *self {
            Self::Open { from, to, .. }
            | Self::Dead { from, to, .. }
            | Self::LinkDown { from, to, .. }
            | Self::CollectorDown { from, to, .. }
            | Self::WrongClock { from, to, .. }
            | Self::Tamper { from, to, .. }
            | Self::Bypass { from, to, .. }
            | Self::Silent(OfHeadEnd { from, to, .. })
            | Self::NoSync(OfHeadEnd { from, to, .. })
            | Self::Congested(Seconds { from, to, .. })
            | Self::HeadEndClock(Seconds { from, to, .. })
            | Self::ModuleDead(OfMeter { from, to, .. })
            | Self::Lost(Share { from, to, .. })
            | Self::Late(Share { from, to, .. })
            | Self::Twice(Share { from, to, .. })
            | Self::Corrupt(Share { from, to, .. })
            | Self::WeakRadio(Share { from, to, .. })
            | Self::LowBattery(Share { from, to, .. })
            | Self::DeadBattery(Share { from, to, .. })
            | Self::Firmware(Firmware { from, to, .. }) => (from, to),
        };
        TimeRange { start, end }
    }

    /// Its share, where it has one.
    pub(super) fn per_mille(&self) -> Option<u16> {
        match self {
            Self::Lost(share)
            | Self::Late(share)
            | Self::Twice(share)
            | Self::Corrupt(share)
            | Self::WeakRadio(share)
            | Self::LowBattery(share)
            | Self::DeadBattery(share) => Some(share.per_mille),
            Self::Bypass { per_mille, .. } => Some(*per_mille),
            _ => None,
        }
    }

    /// The meter it is about, where it is one.
    pub(crate) fn meter(&self) -> Option<MeterNumber> {
        match self {
            Self::ModuleDead(of) => Some(of.meter),
            Self::Dead { meter, .. } => Some(MeterNumber(*meter)),
            Self::WrongClock { meter, .. } | Self::Tamper { meter, .. } | Self::Bypass { meter, .. } => Some(*meter),
            _ => None,
        }
    }

    /// The collector it is about, where it is one.
    pub(crate) fn collector(&self) -> Option<CollectorNumber> {
        match self {
            Self::LinkDown { collector, .. } => *collector,
            Self::CollectorDown { collector, .. } => Some(*collector),
            _ => None,
        }
    }
}
