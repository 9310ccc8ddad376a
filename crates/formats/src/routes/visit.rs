//! What a row says: when the meter was visited, and what it showed.

use jiff::Timestamp;
use jiff::civil::{Date, time};
use jiff::tz::TimeZone;
use model::quality::{Quality, Status};
use model::time::{Occurrence, Stamp};

/// When a meter was visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visited {
    /// The moment.
    pub at: Timestamp,
    /// Whether only the day is known; the moment is its noon then.
    pub is_date_only: bool,
}

/// Why a stamp is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMoment {
    /// Not a date, nor a date and time.
    Syntax,
    /// Neither the stamp nor the caller says the zone.
    NoZone,
    /// The clock never showed it, or showed it twice.
    NotOne,
}

/// When a meter was visited: a date is its noon, in the middle of the hours in which meters are read.
///
/// # Errors
/// [`NoMoment`].
pub fn visited(text: &str, zone: Option<&TimeZone>) -> Result<Visited, NoMoment> {
    if text.len() == 10
        && let Ok(date) = text.parse::<Date>()
    {
        let noon = date.to_datetime(time(12, 0, 0, 0)).to_zoned(zone.ok_or(NoMoment::NoZone)?.clone());
        return noon.map(|noon| Visited { at: noon.timestamp(), is_date_only: true }).map_err(|_| NoMoment::Syntax);
    }
    let at = match text.parse::<Stamp>().map_err(|_| NoMoment::Syntax)? {
        Stamp::Instant(at) => at,
        Stamp::Local(local) => {
            let zone = zone.ok_or(NoMoment::NoZone)?;
            local.resolve(zone, Occurrence::Only).map_err(|_| NoMoment::NotOne)?
        }
    };
    Ok(Visited { at, is_date_only: false })
}

/// How a read came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On the route of the cycle.
    Regular,
    /// Outside it, such as when someone moves.
    Special,
    /// By the reading system.
    Estimated,
    /// By the customer.
    Customer,
    /// Not at all.
    NoRead,
}

impl Kind {
    const NAMED: [(&str, Self); 5] = [
        ("regular", Self::Regular),
        ("special", Self::Special),
        ("estimated", Self::Estimated),
        ("customer", Self::Customer),
        ("no-read", Self::NoRead),
    ];

    /// The kind of a word; none is a regular read.
    pub fn of(word: &str) -> Option<Self> {
        let named = Self::NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind);
        if word.is_empty() { Some(Self::Regular) } else { named }
    }

    /// Every word, for people.
    pub fn words() -> String {
        Self::NAMED.map(|(name, _)| name).join(", ")
    }

    /// The word.
    pub fn word(self) -> &'static str {
        Self::NAMED.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// The quality of a read: its flag is the word with the code, and a moment of which only the day is known is in doubt.
    pub fn quality(self, code: &str, reader: &str, is_date_only: bool) -> Quality {
        let mut status = match self {
            Self::Estimated => Status::ESTIMATED,
            Self::Customer => Status::CUSTOMER_READ,
            Self::NoRead => Status::MISSING,
            Self::Regular | Self::Special if reader.is_empty() => Status::NONE,
            Self::Regular | Self::Special => Status::HAND_HELD,
        };
        if is_date_only && self != Self::NoRead {
            status |= Status::CLOCK_ERROR;
        }
        let flag = if code.is_empty() { self.word().into() } else { format!("{} {code}", self.word()).into() };
        Quality { flag, ..Quality::of(status) }
    }
}
