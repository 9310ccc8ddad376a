//! Account information: all of it at first, then what changed since the repository was told last (Ontario 2.9).
//!
//! The specification leaves the fields open (2.9.3), so they are a list of the settings, and every file names its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use model::id::{MeterId, UsagePointId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use store::registry::account::{Account, Accounts};
use store::registry::directory::Directory;
use store::registry::fact::FactKind;

use super::File;
use super::csv::{NAME, VERSION, record};

/// What can be told of a usage point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The account it is billed on.
    Account,
    /// The agreement it is served under.
    Agreement,
    /// The tariff agreed.
    Tariff,
    /// The class of its customer.
    CustomerClass,
    /// The meter there.
    Meter,
    /// The module of the meter.
    ModuleId,
    /// The number that the utility gave the meter.
    BadgeNumber,
    /// The serial number of the meter.
    SerialNumber,
    /// What a count of the register is worth: current times voltage transformer ratio.
    ServiceMultiplier,
}

impl Field {
    /// Every field, as they are told where the settings say nothing.
    pub const ALL: [Self; 9] = [
        Self::Account,
        Self::Agreement,
        Self::Tariff,
        Self::CustomerClass,
        Self::Meter,
        Self::ModuleId,
        Self::BadgeNumber,
        Self::SerialNumber,
        Self::ServiceMultiplier,
    ];

    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Agreement => "agreement",
            Self::Tariff => "tariff",
            Self::CustomerClass => "customer_class",
            Self::Meter => "meter",
            Self::ModuleId => "module_id",
            Self::BadgeNumber => "badge_number",
            Self::SerialNumber => "serial_number",
            Self::ServiceMultiplier => "service_multiplier",
        }
    }
}

/// A file of account information, and what the ledger is to keep of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The file.
    pub file: File,
    /// What it tells of each usage point; empty where it tells that there is nothing any more.
    pub told: Vec<(SmolStr, SmolStr)>,
}

/// The file of so many before it with everything that is otherwise than it was told; `None` where nothing is.
pub fn file(
    directory: &Directory,
    accounts: &Accounts,
    fields: &[Field],
    told: &HashMap<SmolStr, SmolStr>,
    (number, now): (usize, Timestamp),
) -> Option<Made> {
    let entries = entries(directory, accounts, fields, now);
    let changed = entries.iter().filter(|(point, entry)| told.get(*point) != Some(*entry));
    let gone = told.iter().filter(|(point, entry)| !entry.is_empty() && !entries.contains_key(*point));
    let gone: BTreeSet<&SmolStr> = gone.map(|(point, _)| point).collect();
    let mut text = record(["H", NAME, VERSION, "accounts", &format!("{}", number + 1), &now.to_string()]);
    text.push_str(&record(["F", "usage_point"].into_iter().chain(fields.iter().map(|field| field.word()))));
    let mut made = Vec::new();
    for (point, entry) in changed {
        text.push_str(&format!("A,set,{entry}\n"));
        made.push((point.clone(), entry.clone()));
    }
    for point in gone {
        let blanks = fields.iter().map(|_| "");
        text.push_str(&record(["A", "end", point].into_iter().chain(blanks)));
        made.push((point.clone(), SmolStr::default()));
    }
    if made.is_empty() {
        return None;
    }
    let count = made.len() as u64;
    text.push_str(&record(["T", &count.to_string()]));
    let name = format!("accounts-{}.csv", number + 1);
    Some(Made { file: File { name, text, entries: count }, told: made })
}

/// The record of each usage point, without what says what to do with it.
fn entries(directory: &Directory, accounts: &Accounts, fields: &[Field], now: Timestamp) -> BTreeMap<SmolStr, SmolStr> {
    let points: BTreeSet<UsagePointId> = directory.channels().map(|channel| channel.usage_point).collect();
    let entry = |point: UsagePointId| {
        let name = directory.usage_point_names(point).first()?.value.clone();
        let known = Known::of(directory, accounts, point, now);
        let values: Vec<String> = fields.iter().map(|field| known.value(directory, *field, now)).collect();
        let entry = record([name.as_str()].into_iter().chain(values.iter().map(String::as_str)));
        Some((name, SmolStr::from(entry.trim_end())))
    };
    points.into_iter().filter_map(entry).collect()
}

/// What is known of a usage point now.
struct Known<'a> {
    point: UsagePointId,
    account: Option<&'a Account>,
    meter: Option<MeterId>,
}

impl<'a> Known<'a> {
    fn of(directory: &Directory, accounts: &'a Accounts, point: UsagePointId, now: Timestamp) -> Self {
        let mut held = accounts.get(&point).into_iter().flatten();
        let account = held.rfind(|account| account.from <= now && account.to.is_none_or(|to| now < to));
        Self { point, account: account.map(|account| &account.value), meter: directory.meters_at(point, now).last() }
    }

    fn value(&self, directory: &Directory, field: Field, now: Timestamp) -> String {
        let account = |of: fn(&Account) -> &SmolStr| self.account.map(|account| of(account).to_string());
        let fact = |kind| directory.facts.at(kind, self.meter?.0, now).map(str::to_owned);
        let value = match field {
            Field::Account => account(|account| &account.account),
            Field::Agreement => account(|account| &account.agreement),
            Field::Tariff => account(|account| &account.tariff),
            Field::CustomerClass => {
                let mut classes = directory.customer_classes(self.point).iter();
                let held = classes.rfind(|class| class.from <= now && class.to.is_none_or(|to| now < to));
                held.map(|class| class.value.to_string())
            }
            Field::Meter => self.meter.and_then(|meter| Some(directory.meter_names(meter).first()?.value.to_string())),
            Field::ModuleId => fact(FactKind::ModuleId),
            Field::BadgeNumber => fact(FactKind::BadgeNumber),
            Field::SerialNumber => fact(FactKind::SerialNumber),
            Field::ServiceMultiplier => {
                let multiplier = |channel| directory.multiplier_at(channel, now);
                let multipliers: Vec<_> = directory.of_usage_point(self.point).map(multiplier).collect();
                let other = multipliers.iter().find(|one| one.rescaled(0) != Ok(1));
                other.or(multipliers.first()).map(ToString::to_string)
            }
        };
        value.unwrap_or_default()
    }
}
