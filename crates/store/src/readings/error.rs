//! Why the book could not do something, and what is damaged.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use model::id::ChannelNumber;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Why the book could not do something.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The disk is full: nothing of the batch was stored. It can be sent again when there is space.
    #[error("the disk is full, nothing was stored; free space and send again")]
    OutOfSpace(#[source] Arc<io::Error>),
    /// A write or sync failed before: what the disk holds is not known until the book is opened anew. Reads go on.
    #[error("the book only reads since {0}; check the disk and restart")]
    ReadOnly(Arc<str>),
    /// The open days need more memory than allowed and could not be sealed; send again later.
    #[error("the open days take {bytes} bytes of memory, allowed are {max}; seal days and send again")]
    Busy {
        /// Bytes in use.
        bytes: u64,
        /// The limit of the settings.
        max: u64,
    },
    /// One batch is larger than half a log file: split it.
    #[error("the batch has {bytes} bytes, at most {max} fit the log; split it")]
    BatchTooLarge {
        /// Bytes of the batch.
        bytes: usize,
        /// Bytes that fit.
        max: usize,
    },
    /// A quality id that this book never gave out.
    #[error("quality {0} is not in the dictionary of this book")]
    UnknownQuality(u32),
    /// The feed of changes no longer reaches back to the cursor; what lies between must be read anew.
    #[error("changes are kept from sequence {oldest} only")]
    CursorTooOld {
        /// The first sequence that is still there.
        oldest: u64,
    },
    /// Another process has the book open.
    #[error("another process has `{}` open", .0.display())]
    InUse(PathBuf),
    /// Stored bytes are not what was written.
    #[error("{0}")]
    Damaged(Damage),
    /// The file was written by another version of Amity; nothing is damaged and nothing was changed.
    #[error(
        "`{}` has format {found}, this version of Amity reads format {known}; nothing is damaged: use the version that \
         wrote it, or take the raw messages in again with this one", .path.display()
    )]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its format version, in words.
        found: String,
        /// The one this program knows.
        known: u32,
    },
    /// A file could not be read, written or named.
    #[error("could not {doing} `{}`", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: Arc<io::Error>,
    },
}

impl Error {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| {
            if crate::disk::is_full(&error) {
                return Self::OutOfSpace(Arc::new(error));
            }
            Self::Io { doing, path: path.into(), source: Arc::new(error) }
        }
    }

    /// Whether the same call may work later without anyone's help but free space.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::OutOfSpace(_) | Self::Busy { .. })
    }
}

/// Why a reading cannot be put into a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReading {
    /// The values do not lie within the day.
    #[error("expected values within the {slots} slots of the day, found {count} from slot {first}")]
    Slots {
        /// First slot of the run.
        first: u16,
        /// How many values.
        count: usize,
        /// Slots of the day.
        slots: usize,
    },
    /// The day is longer than any local day, empty, or does not lie at its date.
    #[error("a day of {date} cannot begin at epoch second {day_start} or has no usable length")]
    Day {
        /// The date.
        date: Date,
        /// First instant.
        day_start: i64,
    },
    /// Quality spans are not in order, overlap or leave the run.
    #[error("quality of slots {from} to {to} is out of order or outside the {count} values from slot {first}")]
    Qualities {
        /// First slot of the run.
        first: u16,
        /// How many values.
        count: usize,
        /// First slot of the span.
        from: u16,
        /// One past its last slot.
        to: u16,
    },
    /// The instant is outside the years that can be represented.
    #[error("epoch second {0} is outside the years -9999 to 9999")]
    Time(i64),
    /// The period ends before it begins.
    #[error("the period that ends at epoch second {at} begins after that")]
    Period {
        /// End of the period.
        at: i64,
    },
}

/// Stored bytes that are not what was written, as exactly as can be told.
///
/// Nothing of it is served. What is named here has to be fetched again from where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// The file, relative to the book's folder.
    pub file: PathBuf,
    /// What is missing because of it.
    pub lost: Lost,
}

/// What cannot be read because of a damage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lost {
    /// Batches of the log that were acknowledged.
    Batches {
        /// First sequence.
        from: u64,
        /// Last sequence.
        to: u64,
        /// Source and position, where they could still be read.
        position: Option<(SmolStr, SmolStr)>,
    },
    /// One channel on some days.
    Channel {
        /// The channel.
        channel: ChannelNumber,
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// Every channel on some days.
    Days {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// When values of some days arrived and what they replaced; the current values are there.
    Arrivals {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// Answers given to sources: a batch of these could be stored again (its values are told as duplicates).
    Answers,
    /// A part of the feed of changes: subscribers have to read the days anew.
    Changes {
        /// First sequence.
        from: u64,
        /// Last sequence.
        to: u64,
    },
    /// Nothing: another copy was used or the part was not in use.
    Nothing,
}

impl Lost {
    /// Whether it can be the reason that a read of a channel between two days is incomplete.
    /// Whether values of a channel-day may be missing that the book once had.
    pub fn hides(&self, channel: ChannelNumber, date: Date) -> bool {
        matches!(self, Self::Channel { .. } | Self::Days { .. }) && self.touches(channel, date, date)
    }

    pub(super) fn touches(&self, channel: ChannelNumber, first: Date, last: Date) -> bool {
        match self {
            Self::Channel { channel: lost, from, to } => *lost == channel && *from <= last && first <= *to,
            Self::Days { from, to } | Self::Arrivals { from, to } => *from <= last && first <= *to,
            Self::Batches { .. } => true,
            Self::Answers | Self::Changes { .. } | Self::Nothing => false,
        }
    }
}

impl Lost {
    /// Whether it can be the reason that a scan of a day is incomplete.
    pub(super) fn touches_day(&self, date: Date) -> bool {
        match self {
            Self::Channel { channel, .. } => self.touches(*channel, date, date),
            _ => self.touches(ChannelNumber(0), date, date),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is damaged: ", self.file.display())?;
        match &self.lost {
            Lost::Batches { from, to, position: Some((source, position)) } => {
                write!(f, "batches {from} to {to} are lost, fetch `{position}` of `{source}` again")
            }
            Lost::Batches { from, to, position: None } => {
                write!(f, "batches {from} to {to} are lost, fetch what arrived then again")
            }
            Lost::Channel { channel, from, to } => {
                write!(f, "channel {channel} is lost from {from} to {to}, fetch it again")
            }
            Lost::Days { from, to } => write!(f, "every channel is lost from {from} to {to}, fetch them again"),
            Lost::Arrivals { from, to } => {
                write!(f, "earlier versions from {from} to {to} are lost, current values are not")
            }
            Lost::Answers => write!(f, "answers to sources are lost; a repeated batch is checked value by value"),
            Lost::Changes { from, to } => {
                write!(f, "the feed from sequence {from} to {to} is lost, subscribers must read the days anew")
            }
            Lost::Nothing => write!(f, "nothing is lost"),
        }
    }
}
