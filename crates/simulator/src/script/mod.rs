//! Faults on a time line, as a person writes them (TOML).
//!
//! ```toml
//! [[fault]]
//! kind = "open"                      # a device opens: what lies behind it is dark
//! element = "line.fuse1"
//! from = "2026-02-03T14:00:00Z"
//! to = "2026-02-03T16:30:00Z"
//!
//! [[fault]]
//! kind = "lost"                      # of a thousand readings of a head-end so many never come
//! head_end = "hes-hourly"
//! per_mille = 19
//! from = "2026-02-01T00:00:00Z"
//! to = "2026-03-01T00:00:00Z"
//! ```

mod fault;
mod field;

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use model::event::EndDeviceEventType;
use model::time::TimeRange;
use serde::Deserialize;

use crate::premises::HeadEnd;

pub use fault::{CollectorNumber, Fault, Firmware, MeterNumber, OfHeadEnd, OfMeter, Seconds, Share, Tamper};
pub use field::{Field, West};

/// A ready script of a bad night, for utilities with meters behind `line.fuse1`; see `docs/simulation.md`.
pub const STORM: &str = include_str!("storm.toml");

/// A ready script of an ordinary week that ends at an instant, and of trouble in the minutes after it, for at least 100 meters.
pub fn today(now: Timestamp) -> String {
    let instant = |text: &str| -> Option<String> {
        let minutes: i64 = text.strip_prefix("now ")?.parse().ok()?;
        Some((now + SignedDuration::from_mins(minutes)).to_string())
    };
    let texts = include_str!("today.toml").split('"');
    texts.map(|text| instant(text).unwrap_or_else(|| text.into())).collect::<Vec<_>>().join("\"")
}

/// The field of a simulation and its faults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// How the field is built.
    #[serde(default)]
    pub field: Field,
    /// A part of the utility with another clock.
    pub west: Option<West>,
    /// In any order; they may overlap.
    #[serde(default)]
    pub fault: Vec<Fault>,
}

/// Why a text is no script.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// It does not parse; the message has line and column.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// A fault ends before it begins, or as it begins.
    #[error("fault {number}: `to` must be later than `from`")]
    Empty {
        /// One-based.
        number: usize,
    },
    /// More than all.
    #[error("fault {number}: `per_mille` is {per_mille}, at most 1000")]
    Share {
        /// One-based.
        number: usize,
        /// What stands there.
        per_mille: u16,
    },
    /// A number of the field that cannot be.
    #[error("field: `{name}` is {found}, expected at least 1, and of shares at most 1000")]
    Field {
        /// Which.
        name: &'static str,
        /// What stands there.
        found: u32,
    },
    /// More than all.
    #[error("west: `per_mille` is {found}, at most 1000")]
    West {
        /// What stands there.
        found: u16,
    },
    /// A code that is none of IEC 61968-9.
    #[error("fault {number}: `codes` has `{found}`, expected four numbers such as 3.26.0.85")]
    Code {
        /// One-based.
        number: usize,
        /// What stands there.
        found: String,
    },
    /// Members are renamed in XML.
    #[error("fault {number}: `renamed` is for head-ends that tell events as JSON, and hes-cloud tells them as XML")]
    Renamed {
        /// One-based.
        number: usize,
    },
}

impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let script: Self = toml::from_str(text)?;
        if let Some((name, found)) = script.field.fault() {
            return Err(ScriptError::Field { name, found });
        }
        if let Some(West { per_mille: found @ 1001.., .. }) = script.west {
            return Err(ScriptError::West { found });
        }
        for (number, fault) in (1..).zip(&script.fault) {
            let span = fault.span();
            if span.end <= span.start {
                return Err(ScriptError::Empty { number });
            }
            if let Some(per_mille @ 1001..) = fault.per_mille() {
                return Err(ScriptError::Share { number, per_mille });
            }
            if let Fault::Firmware(firmware) = fault {
                checked(firmware, number)?;
            }
        }
        Ok(script)
    }
}

/// The codes of a firmware are such that its head-end can tell them.
fn checked(firmware: &Firmware, number: usize) -> Result<(), ScriptError> {
    let in_xml = firmware.head_end == HeadEnd::Cloud;
    if in_xml && !firmware.renamed.is_empty() {
        return Err(ScriptError::Renamed { number });
    }
    let told = firmware.codes.values().filter(|_| in_xml);
    for code in firmware.codes.keys().chain(told) {
        if code.parse::<EndDeviceEventType>().is_err() {
            return Err(ScriptError::Code { number, found: code.to_string() });
        }
    }
    Ok(())
}

impl Script {
    /// The devices that open, and when.
    pub(crate) fn opened(&self) -> impl Iterator<Item = (&str, TimeRange)> {
        self.fault.iter().filter_map(|fault| match fault {
            Fault::Open { element, .. } => Some((element.as_str(), fault.span())),
            _ => None,
        })
    }

    /// How many of a thousand readings of a head-end are lost at an instant.
    pub(crate) fn lost(&self, head_end: HeadEnd, at: Timestamp) -> u16 {
        self.share(head_end, at, |fault| if let Fault::Lost(share) = fault { Some(*share) } else { None })
    }

    /// How many of a thousand days of a head-end that end at an instant come late.
    pub(crate) fn late(&self, head_end: HeadEnd, at: Timestamp) -> u16 {
        self.share(head_end, at, |fault| if let Fault::Late(share) = fault { Some(*share) } else { None })
    }

    /// How many of a thousand days of a head-end that end at an instant come twice.
    pub(crate) fn twice(&self, head_end: HeadEnd, at: Timestamp) -> u16 {
        self.share(head_end, at, |fault| if let Fault::Twice(share) = fault { Some(*share) } else { None })
    }

    /// How many of a thousand readings of a head-end come with another value at an instant.
    pub(crate) fn corrupt(&self, head_end: HeadEnd, at: Timestamp) -> u16 {
        self.share(head_end, at, |fault| if let Fault::Corrupt(share) = fault { Some(*share) } else { None })
    }

    /// How many of a thousand tries to reach a collector of a head-end fail at an instant.
    pub(crate) fn weak_radio(&self, head_end: HeadEnd, at: Timestamp) -> u16 {
        self.share(head_end, at, |fault| if let Fault::WeakRadio(share) = fault { Some(*share) } else { None })
    }

    /// The batteries that do not outlive an outage; with whether they are dead.
    pub(crate) fn batteries(&self) -> impl Iterator<Item = (&Share, bool)> {
        self.fault.iter().filter_map(|fault| match fault {
            Fault::LowBattery(share) => Some((share, false)),
            Fault::DeadBattery(share) => Some((share, true)),
            _ => None,
        })
    }

    /// Whether a meter is dead at an instant.
    pub(crate) fn dead(&self, meter: u32, at: Timestamp) -> bool {
        self.of_meter(meter).any(|fault| matches!(fault, Fault::Dead { .. }) && fault.span().contains(at))
    }

    /// Whether a head-end is silent at an instant.
    pub(crate) fn silent(&self, head_end: HeadEnd, at: Timestamp) -> bool {
        self.holds(at, |fault| matches!(fault, Fault::Silent(of) if of.head_end == head_end))
    }

    /// Whether modules of a head-end are not synchronised at an instant.
    pub(crate) fn no_sync(&self, head_end: HeadEnd, at: Timestamp) -> bool {
        self.holds(at, |fault| matches!(fault, Fault::NoSync(of) if of.head_end == head_end))
    }

    fn holds(&self, at: Timestamp, is_it: impl Fn(&Fault) -> bool) -> bool {
        self.fault.iter().any(|fault| is_it(fault) && fault.span().contains(at))
    }

    /// How far the clock of a head-end is ahead at an instant, in seconds.
    pub(crate) fn head_end_clock(&self, head_end: HeadEnd, at: Timestamp) -> i64 {
        let of = |fault: &Fault| if let Fault::HeadEndClock(of) = fault { Some(*of) } else { None };
        self.seconds(head_end, at, of)
    }

    /// How much longer the links of a head-end take at an instant, in seconds.
    pub(crate) fn congested(&self, head_end: HeadEnd, at: Timestamp) -> i64 {
        let of = |fault: &Fault| if let Fault::Congested(of) = fault { Some(*of) } else { None };
        self.seconds(head_end, at, of).max(0)
    }

    /// The firmware that the modules of a head-end run at an instant, where it is another.
    pub(crate) fn firmware(&self, head_end: HeadEnd, at: Timestamp) -> Option<&Firmware> {
        self.firmwares().find(|firmware| firmware.head_end == head_end && firmware.from <= at && at < firmware.to)
    }

    /// The other firmwares that modules run.
    pub(crate) fn firmwares(&self) -> impl Iterator<Item = &Firmware> {
        self.fault.iter().filter_map(|fault| if let Fault::Firmware(firmware) = fault { Some(firmware) } else { None })
    }

    /// The faults of one meter.
    pub(crate) fn of_meter(&self, meter: u32) -> impl Iterator<Item = &Fault> {
        self.fault.iter().filter(move |fault| fault.meter() == Some(MeterNumber(meter)))
    }

    /// The sum of what holds.
    fn seconds(&self, head_end: HeadEnd, at: Timestamp, of: impl Fn(&Fault) -> Option<Seconds>) -> i64 {
        let all = self.fault.iter().filter(|fault| fault.span().contains(at)).filter_map(of);
        all.filter(|of| of.head_end == head_end).map(|of| i64::from(of.seconds)).sum()
    }

    /// The largest share that holds.
    fn share(&self, head_end: HeadEnd, at: Timestamp, of: impl Fn(&Fault) -> Option<Share>) -> u16 {
        let shares = self.fault.iter().filter(|fault| fault.span().contains(at)).filter_map(of);
        shares.filter(|share| share.head_end == head_end).map(|share| share.per_mille).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: &str = "from = \"2026-02-01T00:00:00Z\"\nto = \"2026-02-02T00:00:00Z\"\n";

    fn fault(rest: &str) -> Result<Script, ScriptError> {
        format!("[[fault]]\n{SPAN}{rest}").parse()
    }

    #[test]
    fn shares_hold_for_their_head_end_and_time() {
        let script = fault("kind = \"lost\"\nhead_end = \"hes-hourly\"\nper_mille = 19").expect("a script");
        let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
        assert_eq!(script.lost(HeadEnd::Hourly, at("2026-02-01T00:00:00Z")), 19);
        assert_eq!(script.lost(HeadEnd::Hourly, at("2026-02-02T00:00:00Z")), 0, "the end is not part of it");
        assert_eq!(script.lost(HeadEnd::Cloud, at("2026-02-01T00:00:00Z")), 0);
        assert_eq!(script.late(HeadEnd::Hourly, at("2026-02-01T00:00:00Z")), 0);
    }

    #[test]
    fn faults_of_a_script_are_named() {
        let said = |script: Result<Script, ScriptError>| script.expect_err("a fault").to_string();
        assert!(said(fault("kind = \"gone\"")).contains("unknown variant `gone`"));
        assert!(said(fault("kind = \"open\"\nelement = \"f\"\nper_mille = 3")).contains("unknown field `per_mille`"));
        let share = fault("kind = \"late\"\nhead_end = \"hes-cloud\"\nper_mille = 1001");
        assert_eq!(said(share), "fault 1: `per_mille` is 1001, at most 1000");
        let back = "[[fault]]\nkind = \"silent\"\nhead_end = \"hes-cloud\"\n\
                    from = \"2026-02-02T00:00:00Z\"\nto = \"2026-02-01T00:00:00Z\"";
        assert_eq!(said(back.parse()), "fault 1: `to` must be later than `from`");
    }

    #[test]
    fn the_field_the_other_zone_and_names_are_checked() {
        let said = |text: &str| text.parse::<Script>().expect_err("a fault").to_string();
        assert!(said("[field]\nmeters_per_area = 0").starts_with("field: `meters_per_area` is 0"));
        assert!(said("[field]\nneighbour_per_mille = 1001").starts_with("field: `neighbour_per_mille` is 1001"));
        assert!(said("[field]\nradio = 3").contains("unknown field `radio`"));
        assert!(said("[west]\nzone = \"America/Winnipeg\"\nper_mille = 1001").starts_with("west: `per_mille` is 1001"));
        assert!(said("[west]\nzone = \"Mars/Base\"\nper_mille = 1").contains("Mars/Base"));
        let named = |rest: &str| said(&format!("[[fault]]\n{rest}\n{SPAN}"));
        assert!(named("kind = \"module-dead\"\nmeter = \"12\"").contains("expected a name such as M-000012"));
        assert!(named("kind = \"collector-down\"\ncollector = \"M-000012\"").contains("such as AMRC-000012"));
        let firmware = |rest: &str| named(&format!("kind = \"firmware\"\nversion = \"9\"\n{rest}"));
        let code = firmware("head_end = \"hes-folder\"\ncodes = { power = \"1\" }");
        assert_eq!(code, "fault 1: `codes` has `power`, expected four numbers such as 3.26.0.85");
        let code = firmware("head_end = \"hes-cloud\"\ncodes = { \"3.26.0.85\" = \"lost\" }");
        assert_eq!(code, "fault 1: `codes` has `lost`, expected four numbers such as 3.26.0.85");
        let renamed = firmware("head_end = \"hes-cloud\"\nrenamed = { time = \"at\" }");
        assert!(renamed.starts_with("fault 1: `renamed` is for head-ends that tell events as JSON"));
    }
}
