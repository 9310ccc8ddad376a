//! What an installation says of events: the words of its sources, windows, clocks.

use std::collections::BTreeMap;

use events::feeder::FeederRules;
use events::same::{self, WINDOW_MAX};
use events::{Belief, Dialects, Windows};
use jiff::SignedDuration;
use model::event::EndDeviceEventType;
use model::event::report::{Meaning, Report};
use serde::{Deserialize, Serialize};
use store::events::Grouping;

/// What is set for events, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Reports of one event may be so many milliseconds apart.
    pub window_milliseconds: u32,
    /// The same for single types (`"3.26.0.85" = 5000`).
    pub windows: BTreeMap<String, u32>,
    /// A device may be so many minutes ahead of when its event is received; beyond, its time is doubted.
    pub ahead_minutes_max: u32,
    /// An event may be so many days old when it is received; beyond, its time is doubted.
    pub age_days_max: u32,
    /// Messages that may wait for a commit; who comes then is told to come again.
    pub waiting_messages_max: u32,
    /// When excursions of devices are one of their feeder.
    pub feeder: Feeder,
    /// What each source calls events: by source, the 4-part type of each of its codes or names.
    pub dialects: BTreeMap<String, BTreeMap<String, String>>,
}

/// When excursions of devices are one of their feeder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Feeder {
    /// The length of a window in seconds.
    pub window_seconds: u32,
    /// Different devices that are needed.
    pub devices_min: u32,
}

impl Default for Feeder {
    fn default() -> Self {
        Self { window_seconds: 10, devices_min: 2 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            window_milliseconds: 2000,
            windows: BTreeMap::new(),
            ahead_minutes_max: 120,
            age_days_max: 400,
            waiting_messages_max: 1024,
            feeder: Feeder::default(),
            dialects: BTreeMap::new(),
        }
    }
}

/// Why settings of events cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvents {
    /// A text is no event type.
    #[error("{place}: expected a 4-part event type such as 3.26.0.85, found `{found}`")]
    Type {
        /// The setting.
        place: String,
        /// What it is.
        found: String,
    },
    /// A number is 0.
    #[error("{0}: expected at least 1, found 0")]
    Zero(&'static str),
    /// A window is too long.
    #[error("{place}: expected at most {} milliseconds, found {found}", WINDOW_MAX.as_millis())]
    Window {
        /// The setting.
        place: String,
        /// What it is.
        found: u32,
    },
}

/// The rules for events, ready to use.
#[derive(Clone, Debug)]
pub struct Rules {
    /// What sources' words mean.
    pub dialects: Dialects,
    /// How far apart reports of one event may be.
    pub windows: Windows,
    /// Which times are believed.
    pub belief: Belief,
    /// Messages that may wait for a commit, one at least.
    pub waiting_max: usize,
    /// When excursions of devices are one of their feeder.
    pub feeder: FeederRules,
}

impl Default for Rules {
    fn default() -> Self {
        let (dialects, windows, belief) = (Dialects::default(), Windows::default(), Belief::default());
        Self { dialects, windows, belief, waiting_max: 1024, feeder: FeederRules::default() }
    }
}

impl Config {
    /// The rules ready to use.
    ///
    /// # Errors
    /// [`InvalidEvents`] naming the setting.
    pub fn build(&self) -> Result<Rules, InvalidEvents> {
        let window = |place: String, milliseconds: u32| {
            let window = SignedDuration::from_millis(milliseconds.into());
            if WINDOW_MAX < window {
                return Err(InvalidEvents::Window { place, found: milliseconds });
            }
            Ok(window)
        };
        let mut rules = Rules::default();
        rules.windows.default = window("window_milliseconds".into(), self.window_milliseconds)?;
        for (text, milliseconds) in &self.windows {
            let place = format!("windows.{text}");
            rules.windows.of_type.insert(event_type(&place, text)?, window(place.clone(), *milliseconds)?);
        }
        rules.belief.future_max = SignedDuration::from_mins(self.ahead_minutes_max.into());
        rules.belief.past_max = SignedDuration::from_hours(i64::from(self.age_days_max) * 24);
        rules.waiting_max = (self.waiting_messages_max as usize).max(1);
        rules.feeder = self.feeder.build()?;
        for (source, words) in &self.dialects {
            for (told, text) in words {
                rules.dialects.set(source, told, event_type(&format!("dialects.{source}.{told}"), text)?);
            }
        }
        Ok(rules)
    }
}

impl Feeder {
    fn build(&self) -> Result<FeederRules, InvalidEvents> {
        let Self { window_seconds, devices_min } = *self;
        if window_seconds == 0 || devices_min == 0 {
            let is_window = window_seconds == 0;
            return Err(InvalidEvents::Zero(if is_window { "feeder.window_seconds" } else { "feeder.devices_min" }));
        }
        Ok(FeederRules { window: SignedDuration::from_secs(window_seconds.into()), devices_min: devices_min as usize })
    }
}

fn event_type(place: &str, text: &str) -> Result<EndDeviceEventType, InvalidEvents> {
    text.parse().map_err(|_| InvalidEvents::Type { place: place.into(), found: text.into() })
}

impl Grouping for Rules {
    fn window(&self, meaning: &Meaning) -> SignedDuration {
        self.windows.of(meaning)
    }

    fn groups(&self, reports: &[Report]) -> Vec<usize> {
        same::groups(reports, &self.windows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_named() {
        let check = |change: fn(&mut Config), expected: &str| {
            let mut config = Config::default();
            change(&mut config);
            assert_eq!(config.build().expect_err("refused").to_string(), expected);
        };
        check(
            |config| {
                config.windows.insert("3.26".into(), 1);
            },
            "windows.3.26: expected a 4-part event type such as 3.26.0.85, found `3.26`",
        );
        check(|config| config.feeder.window_seconds = 0, "feeder.window_seconds: expected at least 1, found 0");
        check(|config| config.feeder.devices_min = 0, "feeder.devices_min: expected at least 1, found 0");
        check(
            |config| config.window_milliseconds = 300_001,
            "window_milliseconds: expected at most 300000 milliseconds, found 300001",
        );
        check(
            |config| drop(config.dialects.insert("H".into(), [("DN".into(), "down".into())].into())),
            "dialects.H.DN: expected a 4-part event type such as 3.26.0.85, found `down`",
        );
    }
}
