//! Limits and options of rules and methods, each written with its unit: `180 %`, `2 h`, `0.5 kWh/h`.
//!
//! A rule declares its [`SettingForm`]s; a plan gives texts; [`Settings::read`] checks them once, so
//! that the rule later gets typed values and never a text.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use model::quality::Status;
use model::quantity::Decimal;
use model::reading_type::parse_unit;
use smol_str::SmolStr;

use crate::amount::Amount;
use crate::formula::{Formula, named_status};

/// One setting that a rule or method understands.
#[derive(Debug, PartialEq, Eq)]
pub struct SettingForm {
    /// Its name in a plan.
    pub name: &'static str,
    /// What may be written.
    pub kind: SettingKind,
    /// What holds where the plan says nothing.
    pub default: &'static str,
    /// What it does, in a few words.
    pub meaning: &'static str,
}

impl SettingForm {
    /// Whether a limit is in a unit that it can be in: one of the quantity of its default or, where that is energy, any that
    /// meters count in, so that a plan can be for gas and reactive energy as well.
    fn is_of_its_quantity(&self, setting: &Setting) -> bool {
        let (Setting::Quantity { unit, .. }, Ok(Setting::Quantity { unit: usual, .. })) =
            (setting, self.kind.checked(self.default))
        else {
            return true;
        };
        match unit_power(&usual, ENERGY) {
            Some(_) => parse_unit(unit).is_some(),
            None => unit_power(unit, &usual).is_some(),
        }
    }
}

/// The kinds of settings and how they are written.
#[derive(Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// A share: `180 %`.
    Share,
    /// A share of so many per cent at most: `10 %`.
    ShareUpTo(u8),
    /// A length of time: `45 s`, `30 min`, `2 h`, `3 days`.
    Duration,
    /// A whole number of the named thing, at least one: `3 days`, `2 counts`.
    Count(&'static str),
    /// A quantity for each hour: `0.5 kWh/h`.
    HourlyRate,
    /// A quantity: `0.05 kWh`.
    Quantity,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A formula of [`crate::formula`] that names no other formula.
    Formula,
    /// A status by one of its names, or `none`.
    Status,
    /// Some of these words, or any where none are given, in order and parted by semicolons; or `none`.
    List(&'static [&'static str]),
}

impl SettingKind {
    /// What may be written, for people.
    pub fn example(&self) -> String {
        match self {
            Self::Share => "a share such as `180 %`".into(),
            Self::ShareUpTo(most) => format!("a share of at most `{most} %`"),
            Self::Duration => "a length of time such as `2 h`, `30 min` or `3 days`".into(),
            Self::Count(noun) => format!("a whole number such as `3 {noun}`"),
            Self::HourlyRate => "a quantity for each hour such as `0.5 kWh/h`".into(),
            Self::Quantity => "a quantity such as `0.05 kWh`".into(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Formula => "a formula such as `$input > 2 * @avg($input)`".into(),
            Self::Status => "a status such as `AMT`, or `none`".into(),
            Self::List([]) => "names parted by semicolons, or `none`".into(),
            Self::List(words) => format!("`none`, or some of {}, parted by semicolons", words.join("; ")),
        }
    }

    /// The setting of a text, or what was expected instead.
    fn checked(&self, text: &str) -> Result<Setting, String> {
        match self {
            Self::Formula => Formula::parse(text).map(Setting::Formula).map_err(|error| error.to_string()),
            _ => self.read(text).ok_or_else(|| format!("expected {}", self.example())),
        }
    }

    fn read(&self, text: &str) -> Option<Setting> {
        match self {
            Self::Choice(words) => return words.iter().find(|word| **word == text).map(|word| Setting::Choice(word)),
            Self::List(words) => return list(words, text).map(Setting::List),
            _ => {}
        }
        if *self == Self::Status {
            let found = if text == "none" { Some(Status::NONE) } else { named_status(text) };
            return found.map(Setting::Status);
        }
        let (number, unit) = text.trim().split_once(' ')?;
        let amount: Amount = number.parse::<Decimal>().ok()?.into();
        let unit = unit.trim();
        if amount.is_negative() || unit.is_empty() {
            return None;
        }
        match self {
            Self::Share => (unit == "%").then_some(Setting::Share(amount.shifted(-2))),
            Self::ShareUpTo(most) => {
                let fits =
                    unit == "%" && amount.compared(Amount::new(i128::from(*most), 0)).is_some_and(Ordering::is_le);
                fits.then_some(Setting::Share(amount.shifted(-2)))
            }
            Self::Duration => seconds(number, unit).map(Setting::Seconds),
            Self::Count(noun) => {
                let singular = noun.strip_suffix('s').unwrap_or(noun);
                let count = number.parse().ok().filter(|count| 0 < *count)?;
                (unit == *noun || unit == singular).then_some(Setting::Count(count))
            }
            Self::HourlyRate => {
                let unit = unit.strip_suffix("/h").filter(|unit| !unit.is_empty())?;
                Some(Setting::Quantity { amount, unit: unit.into() })
            }
            Self::Quantity => {
                (unit != "%" && !unit.contains('/')).then(|| Setting::Quantity { amount, unit: unit.into() })
            }
            Self::Choice(_) | Self::Formula | Self::Status | Self::List(_) => None,
        }
    }
}

fn list(words: &[&str], text: &str) -> Option<Vec<SmolStr>> {
    if text == "none" {
        return Some(Vec::new());
    }
    let known = |word: &&str| !word.is_empty() && (words.is_empty() || words.contains(word));
    text.split(';').map(str::trim).map(|word| Some(word).filter(known).map(SmolStr::from)).collect()
}

fn seconds(number: &str, unit: &str) -> Option<i64> {
    let length = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    number.parse::<u32>().ok().map(|number| i64::from(number) * length)
}

/// A setting as the rule uses it.
#[derive(Clone, Debug)]
enum Setting {
    Share(Amount),
    Seconds(i64),
    Count(u32),
    Quantity { amount: Amount, unit: SmolStr },
    Choice(&'static str),
    Formula(Formula),
    Status(Status),
    List(Vec<SmolStr>),
}

/// A setting of a plan that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    /// Its name as written.
    pub name: SmolStr,
    /// What was found, what was expected, what to do.
    pub message: String,
}

/// The checked settings of one rule or method.
#[derive(Clone, Debug)]
pub struct Settings(Vec<(&'static str, Setting)>);

impl Settings {
    /// The given texts over the defaults of the forms.
    ///
    /// # Errors
    /// Every setting that the forms do not know or whose text is not of the right kind.
    pub fn read(
        forms: &'static [SettingForm],
        given: &BTreeMap<SmolStr, SmolStr>,
    ) -> Result<Self, Vec<InvalidSetting>> {
        let mut invalid: Vec<InvalidSetting> = Vec::new();
        for name in given.keys().filter(|name| forms.iter().all(|form| form.name != name.as_str())) {
            let known: Vec<&str> = forms.iter().map(|form| form.name).collect();
            let known = if known.is_empty() { "none".to_string() } else { known.join(", ") };
            let message = format!("there is no setting `{name}`; known settings are: {known}");
            invalid.push(InvalidSetting { name: name.clone(), message });
        }
        let mut settings = Vec::with_capacity(forms.len());
        for form in forms {
            let text = given.get(form.name).map_or(form.default, SmolStr::as_str);
            match form.kind.checked(text) {
                Ok(setting) if !form.is_of_its_quantity(&setting) => {
                    let message = format!("found `{text}`, expected a quantity like {}", form.default);
                    invalid.push(InvalidSetting { name: form.name.into(), message });
                }
                Ok(setting) => settings.push((form.name, setting)),
                Err(expected) => invalid
                    .push(InvalidSetting { name: form.name.into(), message: format!("found `{text}`, {expected}") }),
            }
        }
        if invalid.is_empty() { Ok(Self(settings)) } else { Err(invalid) }
    }

    /// A share as a fraction of one: `180 %` is 1.8.
    pub(crate) fn share(&self, form: &'static SettingForm) -> Amount {
        match self.setting(form) {
            Setting::Share(share) => *share,
            other => unreachable!("{} is declared as a share, not {other:?}", form.name),
        }
    }

    /// A length of time in seconds.
    pub(crate) fn seconds(&self, form: &'static SettingForm) -> i64 {
        match self.setting(form) {
            Setting::Seconds(seconds) => *seconds,
            other => unreachable!("{} is declared as a duration, not {other:?}", form.name),
        }
    }

    /// A whole number.
    pub(crate) fn count(&self, form: &'static SettingForm) -> u32 {
        match self.setting(form) {
            Setting::Count(count) => *count,
            other => unreachable!("{} is declared as a count, not {other:?}", form.name),
        }
    }

    /// One of the words.
    pub(crate) fn choice(&self, form: &'static SettingForm) -> &'static str {
        match self.setting(form) {
            Setting::Choice(word) => word,
            other => unreachable!("{} is declared as a choice, not {other:?}", form.name),
        }
    }

    /// A formula.
    pub(crate) fn formula(&self, form: &'static SettingForm) -> &Formula {
        match self.setting(form) {
            Setting::Formula(formula) => formula,
            other => unreachable!("{} is declared as a formula, not {other:?}", form.name),
        }
    }

    /// A status; empty for `none`.
    pub(crate) fn status(&self, form: &'static SettingForm) -> Status {
        match self.setting(form) {
            Setting::Status(status) => *status,
            other => unreachable!("{} is declared as a status, not {other:?}", form.name),
        }
    }

    /// Words in the order written.
    pub(crate) fn list(&self, form: &'static SettingForm) -> &[SmolStr] {
        match self.setting(form) {
            Setting::List(words) => words,
            other => unreachable!("{} is declared as a list, not {other:?}", form.name),
        }
    }

    /// A quantity (for each hour, where declared so) in a channel's unit.
    ///
    /// # Errors
    /// One sentence, where the setting is in a unit that cannot be converted to the channel's.
    pub(crate) fn quantity_in(&self, unit: &str, form: &'static SettingForm) -> Result<Amount, String> {
        let Setting::Quantity { amount, unit: own } = self.setting(form) else {
            unreachable!("{} is declared as a quantity", form.name)
        };
        match unit_power(own, unit) {
            Some(power) => Ok(amount.shifted(power)),
            None if amount.is_zero() => Ok(Amount::ZERO),
            None => Err(format!("the setting {} is in {own}, the channel is in {unit}", form.name)),
        }
    }

    /// The settings that say nothing of values in a unit, each with the unit it is in and whether that is not even one of
    /// its default. A default that is not of energy is of another channel beside, so that its unit is no fault.
    pub(crate) fn apart_from(&self, forms: &[SettingForm], unit: &str) -> Vec<(&'static str, &str, bool)> {
        let apart = |form: &SettingForm| {
            let (name, setting) = self.0.iter().find(|(name, _)| *name == form.name)?;
            let (Setting::Quantity { amount, unit: own }, Ok(Setting::Quantity { unit: usual, .. })) =
                (setting, form.kind.checked(form.default))
            else {
                return None;
            };
            let is_strange = unit_power(own, &usual).is_none();
            let is_of_values = unit_power(&usual, ENERGY).is_some();
            let is_apart = !amount.is_zero() && unit_power(own, unit).is_none();
            (is_apart && (is_strange || is_of_values)).then_some((*name, own.as_str(), is_strange))
        };
        forms.iter().filter_map(apart).collect()
    }

    /// How two numbers of one kind compare; `None` where they are of different quantities or no numbers.
    pub(crate) fn compared(&self, left: &'static SettingForm, right: &'static SettingForm) -> Option<Ordering> {
        match (self.setting(left), self.setting(right)) {
            (Setting::Share(left), Setting::Share(right)) => left.compared(*right),
            (Setting::Seconds(left), Setting::Seconds(right)) => Some(left.cmp(right)),
            (Setting::Count(left), Setting::Count(right)) => Some(left.cmp(right)),
            (Setting::Quantity { amount, unit }, Setting::Quantity { amount: right, unit: other }) => {
                amount.shifted(unit_power(unit, other)?).compared(*right)
            }
            _ => None,
        }
    }

    /// Whether a quantity is zero.
    pub(crate) fn is_zero(&self, form: &'static SettingForm) -> bool {
        matches!(self.setting(form), Setting::Quantity { amount, .. } if amount.is_zero())
    }

    fn setting(&self, form: &'static SettingForm) -> &Setting {
        let found = self.0.iter().find(|(name, _)| *name == form.name);
        &found.expect("a rule asks only for settings it declares").1
    }
}

/// What the values are of that most settings limit.
const ENERGY: &str = "kWh";

/// The power of ten between two units of one quantity: `kWh` in `Wh` is 3; `None` where they are
/// not multiples of each other.
pub(crate) fn unit_power(from: &str, to: &str) -> Option<i32> {
    if from == to {
        return Some(0);
    }
    let (from_power, from_base) = prefixed(from)?;
    let (to_power, to_base) = prefixed(to)?;
    (from_base == to_base).then_some(from_power - to_power)
}

fn prefixed(unit: &str) -> Option<(i32, &str)> {
    let base = ["varh", "VAh", "Wh", "var", "VA", "W"].into_iter().find(|base| unit.ends_with(base))?;
    let power = match unit.strip_suffix(base)? {
        "" => 0,
        "k" => 3,
        "M" => 6,
        "G" => 9,
        _ => return None,
    };
    Some((power, base))
}

#[cfg(test)]
mod tests {
    use super::*;

    static EVERY_KIND: [SettingForm; 11] = [
        form("share", SettingKind::Share, "180 %"),
        form("time", SettingKind::Duration, "2 h"),
        form("days", SettingKind::Count("days"), "3 days"),
        form("floor", SettingKind::HourlyRate, "0.5 kWh/h"),
        form("amount", SettingKind::Quantity, "0.05 kWh"),
        form("side", SettingKind::Choice(&["repeat", "refuse"]), "repeat"),
        form("formula", SettingKind::Formula, "$input > 1"),
        form("status", SettingKind::Status, "none"),
        form("order", SettingKind::List(&["first", "second"]), "second; first"),
        form("names", SettingKind::List(&[]), "none"),
        form("part", SettingKind::ShareUpTo(10), "10 %"),
    ];

    const fn form(name: &'static str, kind: SettingKind, default: &'static str) -> SettingForm {
        SettingForm { name, kind, default, meaning: "" }
    }

    #[test]
    fn a_setting_needs_its_own_unit() {
        for (name, good, bad) in [
            ("share", "50 %", "0.5"),
            ("share", "0.1 %", "2 h"),
            ("time", "30 min", "30"),
            ("time", "1 day", "2 kWh"),
            ("days", "1 day", "0 days"),
            ("days", "4 days", "4 h"),
            ("floor", "500 Wh/h", "0.5 kWh"),
            ("floor", "0 m3/h", "1 /h"),
            ("floor", "0.5 kvarh/h", "0.5 bananas/h"),
            ("amount", "5 m3", "5 %"),
            ("side", "refuse", "perhaps"),
            ("order", "first", "first, second"),
            ("names", "Clock error; RAM failed", "Clock error;"),
            ("share", "1 %", "-1 %"),
            ("status", "AMT", "amt"),
            ("status", "TIME ADJUSTED", "TIME"),
        ] {
            assert_eq!(read(name, good).err(), None, "{name} {good}");
            let invalid = read(name, bad).expect_err(bad);
            assert!(invalid[0].message.starts_with(&format!("found `{bad}`, expected")), "{invalid:?}");
        }
        assert!(read("colour", "red").expect_err("unknown")[0].message.contains("known settings are: share, time"));
    }

    fn read(name: &str, text: &str) -> Result<Settings, Vec<InvalidSetting>> {
        Settings::read(&EVERY_KIND, &BTreeMap::from([(name.into(), text.into())]))
    }

    #[test]
    fn lists_keep_their_order() {
        let settings = Settings::read(&EVERY_KIND, &BTreeMap::new()).expect("defaults");
        assert_eq!(settings.list(&EVERY_KIND[8]), ["second", "first"]);
        assert!(settings.list(&EVERY_KIND[9]).is_empty());
    }

    #[test]
    fn quantities_follow_the_channel() {
        let settings = Settings::read(&EVERY_KIND, &BTreeMap::new()).expect("defaults");
        let floor = |unit| settings.quantity_in(unit, &EVERY_KIND[3]).map(|amount| amount.to_string());
        assert_eq!(floor("kWh"), Ok("0.5".into()));
        assert_eq!(floor("Wh"), Ok("500".into()));
        assert_eq!(floor("MWh"), Ok("0.0005".into()));
        assert_eq!(floor("m3"), Err("the setting floor is in kWh, the channel is in m3".into()));
        assert_eq!(floor("kvarh"), Err("the setting floor is in kWh, the channel is in kvarh".into()));
    }
}
