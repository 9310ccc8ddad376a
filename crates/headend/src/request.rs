//! What a head-end is asked to do.

use model::time::TimeRange;
use smol_str::SmolStr;

/// What a head-end is asked to do, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Ours, and the same whenever the same is asked again.
    pub id: SmolStr,
    /// What.
    pub kind: RequestKind,
    /// For which devices, by the names that the head-end uses.
    pub devices: Vec<SmolStr>,
}

/// What a head-end can be asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// Deliver the readings of a span that devices still hold, or that it has itself.
    Read {
        /// The span.
        range: TimeRange,
    },
    /// Read the registers now.
    ReadNow,
    /// Find out whether a device answers; any reading or event of it from now on says so.
    Ping,
}

impl RequestKind {
    /// The word for programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::ReadNow => "read_now",
            Self::Ping => "ping",
        }
    }
}

/// A request that a head-end will try to fulfil.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Devices for which it will not, each with its reason.
    pub refused: Vec<(SmolStr, String)>,
}
