//! What is known of the usage point and of its local day.

use jiff::Timestamp;
use model::time::LocalDay;

/// The usage point of a channel on the day.
#[derive(Clone, Copy, Debug, Default)]
pub struct Site {
    /// How what the channel counts behaves.
    pub load: Load,
    /// The local day as the calendar of the zone has it, to hold the shape of the data against.
    pub local_day: Option<LocalDay>,
    /// Sunrise and sunset of the local day; `None` where they are not known or the sun does not do both.
    pub sun: Option<Sun>,
}

/// How a load behaves, as far as rules must know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Load {
    /// Rises and falls with habits; neither day nor hour is far from its like.
    #[default]
    Ordinary,
    /// Comes and goes without habit (a sawmill, a fairground): California "irregular usage customers".
    Irregular,
    /// Always the same: street lights, amplifiers.
    Constant,
    /// What a solar plant delivers.
    Solar,
}

/// The sun over the usage point on the local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sun {
    /// When it rises.
    pub rise: Timestamp,
    /// When it sets.
    pub set: Timestamp,
}
