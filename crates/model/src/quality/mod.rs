//! Quality of a value: what systems said of it, and the one status set that Amity decides by.
//!
//! The set, not one code, is the truth (IEC 61968-9 ReadingQualities). Codes of other systems are
//! kept as received; what Amity decides itself it writes as `3.x.y`.
//!
//! - [`Status`]: Amity's canonical meanings, one bit each.
//! - [`Grade`]: the worst of a set, for partners with one flag.
//! - [`QualityCode`]: the 3-part code of IEC 61968-9, with [`iec`] mapping both ways and [`comment`] keeping
//!   what the codes cannot say.
//! - [`nem12`], [`espi`], [`iee`], [`cmep`]: the flags of other worlds; [`status_map`]: maps of source systems.
//! - [`validation`]: the validation status of a value in each of its slots; [`assumed_time`]: what a use gets of intervals
//!   with an assumed time.

pub mod assumed_time;
pub mod cmep;
pub mod comment;
pub mod espi;
pub mod iec;
pub mod iee;
pub mod nem12;
pub mod status_map;
pub mod validation;

use std::fmt;
use std::ops::{BitOr, BitOrAssign};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A set of canonical meanings. Empty means measured, nothing said about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Status(pub u64);

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $word:literal;)*) => {
        impl Status {
            $($(#[$doc])* pub const $name: Self = Self(1 << $bit);)*

            /// Every single status with the word people read.
            pub const NAMED: &'static [(Self, &'static str)] = &[$((Self::$name, $word)),*];
        }
    };
}

statuses! {
    /// Passed a formal validation process.
    VALIDATED = 0, "validated";
    /// The meter or head-end says the value is good; not validated yet.
    SOURCE_GOOD = 1, "reported good";
    /// Failed a validation rule that blocks billing.
    FAILED = 2, "failed validation";
    /// Failed a rule that only warns.
    QUESTIONABLE = 3, "questionable";
    /// A person or procedure accepted a failed value as real usage.
    ACCEPTED = 4, "accepted";
    /// No value where one was expected.
    MISSING = 5, "missing";
    /// Replaced or filled by an estimate; the method bits say how.
    ESTIMATED = 6, "estimated";
    /// Estimated by linear interpolation.
    INTERPOLATED = 7, "interpolated";
    /// Estimated from like or reference days.
    LIKE_DAY = 8, "like-day estimate";
    /// Estimated and scaled so that the parts meet register reads.
    SCALED = 9, "scaled to registers";
    /// Zero because of a proven outage or disconnect.
    ZERO_OUTAGE = 10, "zero during outage";
    /// An estimate that only a better final estimate may replace.
    FINAL_ESTIMATE = 11, "final estimate";
    /// Forward estimate or forecast.
    FORECAST = 12, "forecast";
    /// Changed or approved by a person.
    EDITED = 13, "edited";
    /// Read by the customer.
    CUSTOMER_READ = 14, "customer read";
    /// Read with a hand-held device.
    HAND_HELD = 15, "hand-held read";
    /// Computed from other readings.
    DERIVED = 16, "derived";
    /// Pieces of different quality.
    MIXED = 17, "mixed";
    /// Normalised for weather.
    NORMALIZED = 18, "weather normalised";
    /// Power failed within the interval (IEE: POWER).
    POWER_FAILURE = 19, "power failure";
    /// Interval shorter than nominal (IEE: IRREGULAR).
    PARTIAL_INTERVAL = 20, "partial interval";
    /// Interval longer than nominal.
    LONG_INTERVAL = 21, "long interval";
    /// Interval was skipped by the meter.
    SKIPPED_INTERVAL = 22, "skipped interval";
    /// The clock was changed within the interval (IEE: TIMERESET).
    TIME_RESET = 23, "clock adjusted";
    /// The clock is in doubt (IEE: CLOCK).
    CLOCK_ERROR = 24, "clock error";
    /// Meter in test mode.
    TEST_MODE = 25, "test mode";
    /// Pulse or data overflow.
    OVERFLOW = 26, "overflow";
    /// Hardware fault in the meter (IEE: IOBOARD).
    HARDWARE = 27, "hardware fault";
    /// Battery low.
    LOW_BATTERY = 28, "battery low";
    /// Tamper suspected.
    TAMPER = 29, "tamper suspected";
    /// Load control was active.
    LOAD_CONTROL = 30, "load control";
    /// Daylight saving time in effect or changed.
    DAYLIGHT_SAVING = 31, "daylight saving";
    /// Meter configuration changed.
    CONFIGURATION = 32, "configuration changed";
    /// Assumed meter time (IEE: AMT).
    ASSUMED_TIME = 33, "assumed meter time";
    /// First interval after assumed time (IEE: TIME ADJUSTED).
    TIME_ADJUSTED = 34, "time adjusted";
    /// A value is needed that no method could give (IEE: ESTNEEDED).
    ESTIMATE_NEEDED = 35, "estimate needed";
    /// An estimate that could not be scaled yet (IEE: UNSCALED).
    UNSCALED = 36, "unscaled";
    /// The source calls it raw: not through its own validation.
    RAW = 37, "raw";
    /// The source says it substituted the value and may still change it.
    SUBSTITUTE = 38, "substitute";
    /// Other doubts of the source that have no bit of their own.
    SUSPECT = 39, "suspect";
    /// Split from a longer interval (California: CHOPPED).
    CHOPPED = 40, "split from a longer interval";
    /// Summed from shorter intervals (California: AGGREGATED).
    AGGREGATED = 41, "summed from shorter intervals";
}

impl Status {
    /// No statement at all.
    pub const NONE: Self = Self(0);

    /// Whether every bit of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is set.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The set with the bits of `other`; what `|` does, in constants.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The set without the bits of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nothing was said.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The words of the set, in bit order.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::NAMED.iter().filter(move |(status, _)| self.contains(*status)).map(|(_, word)| *word)
    }
}

impl BitOr for Status {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Status {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("measured");
        }
        for (at, word) in self.words().enumerate() {
            write!(f, "{}{word}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// The one meaning left when a set must be told to a partner with a single flag, worst first.
///
/// Missing beats questionable, questionable beats estimated, estimated beats edited, edited beats
/// derived, derived beats raw, raw beats validated: a grade is never better than any part of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// No value.
    Missing,
    /// Measured or made, with a doubt that nobody resolved.
    Questionable,
    /// Forward estimate.
    Forecast,
    /// Estimated.
    Estimated,
    /// Changed by a person.
    Edited,
    /// Computed from other readings.
    Derived,
    /// Pieces of different quality, none of them worse than edited.
    Mixed,
    /// Measured, not validated.
    Raw,
    /// Validated, or accepted after a failed check.
    Validated,
}

impl Status {
    /// Doubts that stand until the value is accepted, whatever else was said.
    const DOUBTS: Self = Self::FAILED.with(Self::QUESTIONABLE).with(Self::SUSPECT);

    /// Conditions of a measured interval that are doubts until someone validated or replaced it.
    const CONDITIONS: Self = Self::PARTIAL_INTERVAL
        .with(Self::LONG_INTERVAL)
        .with(Self::SKIPPED_INTERVAL)
        .with(Self::TIME_RESET)
        .with(Self::CLOCK_ERROR)
        .with(Self::TEST_MODE)
        .with(Self::OVERFLOW)
        .with(Self::HARDWARE)
        .with(Self::TAMPER)
        .with(Self::ASSUMED_TIME)
        .with(Self::TIME_ADJUSTED);

    /// Collapses the set to its worst meaning.
    ///
    /// Whoever validates, replaces or fills a value takes `RAW`, `MISSING` and `ESTIMATE_NEEDED` out
    /// of its set; while they are in it, they count.
    pub fn grade(self) -> Grade {
        let accepted = self.contains(Self::ACCEPTED);
        let settled = accepted || self.intersects(Self::VALIDATED | Self::ESTIMATED | Self::FORECAST | Self::EDITED);
        if self.intersects(Self::MISSING | Self::ESTIMATE_NEEDED) {
            Grade::Missing
        } else if (self.intersects(Self::DOUBTS) && !accepted) || (self.intersects(Self::CONDITIONS) && !settled) {
            Grade::Questionable
        } else if self.contains(Self::FORECAST) {
            Grade::Forecast
        } else if self.contains(Self::ESTIMATED) {
            Grade::Estimated
        } else if self.contains(Self::EDITED) {
            Grade::Edited
        } else if self.intersects(Self::DERIVED | Self::NORMALIZED) {
            Grade::Derived
        } else if self.contains(Self::MIXED) {
            Grade::Mixed
        } else if accepted || (self.contains(Self::VALIDATED) && !self.contains(Self::RAW)) {
            Grade::Validated
        } else {
            Grade::Raw
        }
    }
}

/// A quality flag that the format does not define.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found `{found}`")]
pub struct InvalidFlag {
    /// What the source wrote.
    pub found: SmolStr,
    /// What the format allows.
    pub expected: &'static str,
}

/// `systemId.category.subCategory` of IEC 61968-9 ReadingQualityType.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct QualityCode {
    /// Who says so: 1 device, 2 head-end, 3 MDM, 4 other, 5 externally specified.
    pub system: u16,
    /// 0 valid ... 12 projected.
    pub category: u16,
    /// The index within the category; an open list.
    pub index: u16,
}

/// The text is not a 3-part quality code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a quality code such as 3.8.0, found `{0}`")]
pub struct InvalidQualityCode(pub SmolStr);

impl FromStr for QualityCode {
    type Err = InvalidQualityCode;

    fn from_str(text: &str) -> Result<Self, InvalidQualityCode> {
        let mut parts = text.trim().split('.').map(str::parse::<u16>);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(system)), Some(Ok(category)), Some(Ok(index)), None) => Ok(Self { system, category, index }),
            _ => Err(InvalidQualityCode(text.into())),
        }
    }
}

impl fmt::Display for QualityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.system, self.category, self.index)
    }
}

/// Everything known about the quality of one value.
///
/// `flag`, `reason` and `remark` are what the source wrote, letter for letter, so that the same
/// format can be written again without loss; `status` is what it means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quality {
    /// What it means.
    pub status: Status,
    /// IEC 61968-9 codes as received or decided; empty where the source speaks another language.
    pub codes: Vec<QualityCode>,
    /// The source's own flag (`A`, `S14`, `E`, `3.8.0`); empty where it gave none.
    pub flag: SmolStr,
    /// The source's reason code (NEM12 reason), where it gave one.
    pub reason: Option<u16>,
    /// The source's free text, where it gave one.
    pub remark: SmolStr,
}

impl Quality {
    /// A quality that only states a meaning.
    pub fn of(status: Status) -> Self {
        Self { status, ..Self::default() }
    }
}
