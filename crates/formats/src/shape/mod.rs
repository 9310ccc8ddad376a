//! The shape of messages: which fields they have, how often and of what kind, whatever the values are.
//!
//! A collection system that is given new firmware may change what it sends without a word. The shape of what it sent so far,
//! beside that of what it sends now, tells the change before anybody misses a value. Sources: MOD-SCH, MOD-AGR.
//!
//! - [`Shape`]: what some messages have; of one message by [`Shape::of`], of several by [`Shape::join`].
//! - [`Difference`]: what a message has in another way than was agreed, and whether readers can live with it.
//!
//! Only the beginning of a message is looked at, as much as the caller gives.

mod json;
mod lines;
mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::Format;

/// Fields that a shape holds at the most; a message with more is a message without agreed names.
pub const FIELDS_MAX: usize = 2000;

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Nothing is written.
    Empty,
    /// Digits, with a sign or a decimal point.
    Number,
    /// A date with a time.
    Instant,
    /// Anything else.
    Text,
}

impl Kind {
    /// What a value looks like.
    pub fn of(value: &str) -> Self {
        let value = value.trim();
        let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && digits.bytes().any(|byte| byte.is_ascii_digit())
            && digits.bytes().filter(|byte| *byte == b'.').count() <= 1;
        match value {
            "" => Self::Empty,
            _ if is_number => Self::Number,
            _ if value.parse::<Timestamp>().is_ok() || value.parse::<DateTime>().is_ok() => Self::Instant,
            _ => Self::Text,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::Number => "number",
            Self::Instant => "date and time",
            Self::Text => "text",
        })
    }
}

/// One field of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What its values looked like; nothing for one that only holds other fields.
    pub kinds: BTreeSet<Kind>,
    /// Whether all that could hold it did.
    pub always: bool,
}

/// Fields by path: `MeterReadings/MeterReading/Readings/value`, `MeterReading/Meter/@mRID`, `300/2`, `start`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    fields: BTreeMap<SmolStr, Field>,
    /// What was there from its beginning to its end, so that it is known what it lacks; nothing for the message itself.
    whole: BTreeSet<SmolStr>,
}

/// A field that is not as it was agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Which field.
    pub path: SmolStr,
    /// What is different.
    pub change: Change,
}

/// What is different about a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Change {
    /// Nobody agreed to it.
    New,
    /// It was always there, and is not.
    Gone,
    /// Its values look otherwise.
    Kind {
        /// What was agreed.
        expected: BTreeSet<Kind>,
        /// What is there.
        found: Kind,
    },
}

impl Change {
    /// Its name in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Kind { .. } => "kind",
        }
    }

    /// Whether a reader that was made for what was agreed may lose something.
    pub fn breaks(&self) -> bool {
        *self != Self::New
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.change {
            Change::New => write!(f, "{} is new", self.path),
            Change::Gone => write!(f, "{} was always there, and is missing", self.path),
            Change::Kind { expected, found } => {
                let expected = expected.iter().map(Kind::to_string).collect::<Vec<_>>().join(" or ");
                write!(f, "{} holds {found} where {expected} was agreed", self.path)
            }
        }
    }
}

impl Shape {
    /// The shape of the beginning of a message; what cannot be read of it is left out.
    pub fn of(format: Format, bytes: &[u8]) -> Self {
        match format {
            Format::Cim | Format::GreenButton => xml::shape(bytes),
            Format::Nem12 | Format::Nem13 | Format::Cmep => lines::records(bytes),
            Format::Csv | Format::Routes => lines::table(bytes),
            Format::EventsJson => json::shape(bytes),
        }
    }

    /// The shape that both have.
    #[must_use]
    pub fn join(self, other: &Self) -> Self {
        let mut joined = self.clone();
        for (path, field) in &other.fields {
            joined.note(path, field.kinds.iter().copied());
        }
        joined.whole.extend(other.whole.iter().cloned());
        for (path, field) in &mut joined.fields {
            let known = [self.always(path), other.always(path)].into_iter().flatten();
            field.always = known.reduce(|left, right| left && right).unwrap_or_default();
        }
        joined
    }

    /// What a message has in another way than this shape says.
    pub fn differences(&self, message: &Self) -> Vec<Difference> {
        let gone = self.fields.iter().filter(|(path, field)| field.always && message.always(path) == Some(false));
        let gone = gone.map(|(path, _)| Difference { path: path.clone(), change: Change::Gone });
        let others = message.fields.iter().filter_map(|(path, field)| {
            let change = match self.fields.get(path) {
                None => Change::New,
                Some(agreed) => Change::Kind { expected: agreed.kinds.clone(), found: agreed.strange(field)? },
            };
            Some(Difference { path: path.clone(), change })
        });
        gone.chain(others).collect()
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Each field with its path, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Field)> {
        self.fields.iter().map(|(path, field)| (path.as_str(), field))
    }

    /// Whether all that could hold a field did; `None` where nothing whole was there that could.
    fn always(&self, path: &str) -> Option<bool> {
        let holds = || self.fields.get(path).is_some_and(|field| field.always);
        self.whole.contains(parent(path)).then(holds)
    }

    fn note(&mut self, path: &str, kinds: impl IntoIterator<Item = Kind>) {
        if let Some(field) = self.fields.get_mut(path) {
            field.kinds.extend(kinds);
        } else if self.fields.len() < FIELDS_MAX {
            self.fields.insert(path.into(), Field { kinds: kinds.into_iter().collect(), always: false });
        }
    }

    fn note_always(&mut self, path: &str, always: bool) {
        if let Some(field) = self.fields.get_mut(path) {
            field.always = always;
        }
    }
}

impl Field {
    /// A kind of another field that was not agreed; text may look like anything.
    fn strange(&self, other: &Self) -> Option<Kind> {
        let is_open = self.kinds.contains(&Kind::Text) || self.kinds.iter().all(|kind| *kind == Kind::Empty);
        other.kinds.iter().copied().find(|kind| !is_open && *kind != Kind::Empty && !self.kinds.contains(kind))
    }
}

/// The path of what holds a field; nothing for the outermost.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}
