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

use std::str::FromStr;

use jiff::Timestamp;
use model::time::TimeRange;
use serde::Deserialize;
use smol_str::SmolStr;

use crate::premises::HeadEnd;

/// The faults of a simulation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// In any order; they may overlap.
    #[serde(default)]
    pub fault: Vec<Fault>,
}

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
    /// A meter that records nothing and answers nobody.
    Dead {
        /// Its number.
        meter: u32,
        /// Since when.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
    /// A head-end that sends nothing for days that end within this time, and all of it with the first day after.
    Silent {
        /// The head-end.
        head_end: HeadEnd,
        /// Since when.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
    },
}

/// A share of what a head-end sends.
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
}

impl FromStr for Script {
    type Err = ScriptError;

    fn from_str(text: &str) -> Result<Self, ScriptError> {
        let script: Self = toml::from_str(text)?;
        for (number, fault) in (1..).zip(&script.fault) {
            let span = fault.span();
            if span.end <= span.start {
                return Err(ScriptError::Empty { number });
            }
            if let Fault::Lost(share) | Fault::Late(share) | Fault::Twice(share) = fault
                && 1000 < share.per_mille
            {
                return Err(ScriptError::Share { number, per_mille: share.per_mille });
            }
        }
        Ok(script)
    }
}

impl Fault {
    /// When it holds.
    pub fn span(&self) -> TimeRange {
        match *self {
            Self::Open { from, to, .. } | Self::Dead { from, to, .. } | Self::Silent { from, to, .. } => {
                TimeRange { start: from, end: to }
            }
            Self::Lost(share) | Self::Late(share) | Self::Twice(share) => {
                TimeRange { start: share.from, end: share.to }
            }
        }
    }
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

    /// Whether a meter is dead at an instant.
    pub(crate) fn dead(&self, meter: u32, at: Timestamp) -> bool {
        let of_it = |fault: &&Fault| matches!(fault, Fault::Dead { meter: dead, .. } if *dead == meter);
        self.fault.iter().filter(of_it).any(|fault| fault.span().contains(at))
    }

    /// Whether a head-end is silent at an instant.
    pub(crate) fn silent(&self, head_end: HeadEnd, at: Timestamp) -> bool {
        let of_it = |fault: &&Fault| matches!(fault, Fault::Silent { head_end: silent, .. } if *silent == head_end);
        self.fault.iter().filter(of_it).any(|fault| fault.span().contains(at))
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

    fn fault(rest: &str) -> Result<Script, ScriptError> {
        format!("[[fault]]\nfrom = \"2026-02-01T00:00:00Z\"\nto = \"2026-02-02T00:00:00Z\"\n{rest}").parse()
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
}
