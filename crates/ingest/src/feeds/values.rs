//! What a head-end sends against what is expected of it, by type, unit, sign and interval: a fault of the head-end, and not of
//! its meters, told once (MOD-COM).
//!
//! Two things show that the application behind an interface changed while the interface still answers:
//!
//! - What it says: pieces that wait in quarantine since a day for another type (V05), unit (V06) or interval length (V07).
//! - What it does not say: values that are a thousand times what is usual of their channel, a thousandth of it, or of the other
//!   sign. The mean of the newest day is held against the median of the means of the days before.
//!
//! Each is a finding of the head-end where it holds of [`CHANNELS_MIN`] of its channels and of [`SHARE`] of those that can be
//! compared. A cold day or an empty house is a factor of three at the most, so [`WITHIN`] lies around a thousand on both sides.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::id::ChannelNumber;
use smol_str::SmolStr;
use store::readings::{Error, NO_VALUE, ReadingsBook, ScannedDay};
use store::registry::alert::{Alert, AlertKind, Which};
use store::registry::directory::Directory;
use store::registry::quarantine::Mismatched;
use store::registry::{Registry, RegistryError};

use crate::collection::alerts::{self, Changes};

/// Channels of a head-end that have to show the same.
const CHANNELS_MIN: usize = 3;
/// One of so many of those that can be compared.
const SHARE: usize = 5;
/// How far around the factor a mean may be.
const WITHIN: i128 = 3;
/// A thousand: from Wh to kWh and from kWh to MWh.
const FACTOR: i128 = 1000;
/// Days that are looked at, and how many of them have to be there before the newest.
const DAYS: i32 = 9;
const USUAL_DAYS_MIN: usize = 3;
/// Values of a day from which on it is compared.
const VALUES_MIN: u32 = 6;
/// How long what waits in quarantine speaks of the head-end.
const SAID_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// Alerts that last, which are looked at together at the most; the newest first.
const ALERTS_MAX: u32 = 1000;
/// The rules by which what it says waits there.
const SAID_BY: [(&str, Mismatch); 3] = [("V05", Mismatch::Type), ("V06", Mismatch::Unit), ("V07", Mismatch::Interval)];

/// What is not as expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mismatch {
    /// Values are a thousand times what is usual.
    Thousandfold,
    /// They are a thousandth of it.
    Thousandth,
    /// They have the other sign.
    Sign,
    /// Register reads come for intervals, or the other way round.
    Type,
    /// The unit is that of another quantity.
    Unit,
    /// Intervals have another length.
    Interval,
}

impl Mismatch {
    /// In a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Thousandfold | Self::Thousandth => "scale",
            Self::Sign => "sign",
            Self::Type => "type",
            Self::Unit => "unit",
            Self::Interval => "interval",
        }
    }
}

/// What is not as expected of a head-end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The head-end.
    pub head_end: SmolStr,
    /// What.
    pub mismatch: Mismatch,
    /// Channels that show it.
    pub channels: usize,
    /// Channels that can be compared.
    pub of: usize,
    /// One of them, or what was told of it.
    pub example: String,
}

/// The mean of a day, exact: a sum of stored integers and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mean {
    sum: i128,
    count: u32,
}

impl Mean {
    fn of(day: &ScannedDay<'_>) -> Option<Self> {
        let values = day.values.iter().filter(|value| **value != NO_VALUE);
        let (sum, count) = values.fold((0, 0), |(sum, count), value| (sum + i128::from(*value), count + 1));
        (VALUES_MIN <= count).then_some(Self { sum, count })
    }

    fn compare(&self, other: &Self) -> Ordering {
        (self.sum * i128::from(other.count)).cmp(&(other.sum * i128::from(self.count)))
    }

    /// How this is against what is usual; `None` where it cannot be compared: nothing is usual, or nothing came.
    fn against(&self, usual: &Self, had_one_sign: bool) -> Option<Option<Mismatch>> {
        let (now, before) = (self.sum.abs() * i128::from(usual.count), usual.sum.abs() * i128::from(self.count));
        // Less than one digit an interval has no sign and no thousandth.
        if now == 0 || usual.sum.abs() < i128::from(usual.count) {
            return None;
        }
        let is_about = |one: i128, other: i128| one <= other * WITHIN && other <= one * WITHIN;
        let is_turned = self.sum.signum() != usual.sum.signum();
        Some(match () {
            () if is_turned && is_about(now, before) => had_one_sign.then_some(Mismatch::Sign),
            () if is_about(now, before * FACTOR) => Some(Mismatch::Thousandfold),
            () if is_about(now * FACTOR, before) => Some(Mismatch::Thousandth),
            () => None,
        })
    }
}

/// What can be compared of a head-end, and the channels that show something.
#[derive(Debug, Default)]
struct Compared {
    of: usize,
    found: BTreeMap<Mismatch, (usize, SmolStr)>,
}

/// What the values of the newest days say; what is said of days after `today` is left out.
///
/// # Errors
/// What the readings book says.
pub fn by_values(
    book: &ReadingsBook,
    directory: &Directory,
    (today, now): (Date, Timestamp),
) -> Result<Vec<Finding>, Error> {
    let first = today.checked_sub(DAYS.days()).unwrap_or(Date::MIN);
    let mut means: HashMap<ChannelNumber, Vec<(Date, Mean)>> = HashMap::new();
    for date in book.days().into_iter().filter(|date| (first..=today).contains(date)) {
        book.scan_day(date, |day| {
            if let Some(mean) = Mean::of(&day) {
                means.entry(day.channel).or_default().push((date, mean));
            }
        })?;
    }
    let mut by_head_end: BTreeMap<SmolStr, Compared> = BTreeMap::new();
    for (channel, means) in means {
        let Some(channel) = directory.channel(channel) else { continue };
        let Some(owner) = directory.owner_at(channel.usage_point, now) else { continue };
        let Some(mismatch) = judged(means, today) else { continue };
        let compared = by_head_end.entry(owner.into()).or_default();
        compared.of += 1;
        if let Some(mismatch) = mismatch {
            let (count, example) = compared.found.entry(mismatch).or_insert_with(|| (0, channel.label.clone()));
            *count += 1;
            *example = channel.label.clone().min(example.clone());
        }
    }
    Ok(by_head_end.into_iter().flat_map(|(head_end, compared)| findings(&head_end, compared)).collect())
}

/// The newest day of a channel, today or yesterday, against the days before it.
fn judged(mut means: Vec<(Date, Mean)>, today: Date) -> Option<Option<Mismatch>> {
    means.sort_by_key(|(date, _)| *date);
    let (newest, mean) = means.pop()?;
    if newest < today.yesterday().ok()? || means.len() < USUAL_DAYS_MIN {
        return None;
    }
    let mut usual: Vec<Mean> = means.into_iter().map(|(_, mean)| mean).collect();
    let had_one_sign = had_other_sign(&usual, &mean);
    usual.sort_by(Mean::compare);
    mean.against(&usual[usual.len() / 2], had_one_sign)
}

/// Whether all days had the other sign until one from which on they have this one: where the sun decides which way energy goes,
/// a turn says nothing.
fn had_other_sign(days: &[Mean], now: &Mean) -> bool {
    let is_as_now = |day: &Mean| day.sum.signum() == now.sum.signum();
    let until = days.iter().rposition(|day| !is_as_now(day)).map_or(0, |last| last + 1);
    USUAL_DAYS_MIN <= until && !days[..until].iter().any(is_as_now)
}

fn findings(head_end: &SmolStr, compared: Compared) -> Vec<Finding> {
    let Compared { of, found } = compared;
    let enough = found.into_iter().filter(|(_, (channels, _))| is_of_head_end(*channels, of));
    let finding = |(mismatch, (channels, example)): (Mismatch, (usize, SmolStr))| Finding {
        head_end: head_end.clone(),
        mismatch,
        channels,
        of,
        example: example.to_string(),
    };
    enough.map(finding).collect()
}

const fn is_of_head_end(channels: usize, of: usize) -> bool {
    CHANNELS_MIN <= channels && of <= channels * SHARE
}

/// What head-ends say within a day that is not as expected, out of what waits in quarantine for it.
///
/// # Errors
/// What the registry says.
pub async fn by_words(
    registry: &Registry,
    directory: &Directory,
    now: Timestamp,
) -> Result<Vec<Finding>, RegistryError> {
    let since = now.checked_sub(SAID_WITHIN).unwrap_or(Timestamp::MIN);
    let waiting = registry.quarantine().mismatched(&SAID_BY.map(|(code, _)| code), since).await?;
    let mut owned: HashMap<&str, usize> = HashMap::new();
    if !waiting.is_empty() {
        let owners = directory.channels().filter_map(|channel| directory.owner_at(channel.usage_point, now));
        owners.for_each(|owner| *owned.entry(owner).or_default() += 1);
    }
    let finding = |waiting: Mismatched| {
        let Mismatched { source, code, channels, message } = waiting;
        let (_, mismatch) = SAID_BY.into_iter().find(|(name, _)| *name == code)?;
        let of = owned.get(&*source).copied().unwrap_or(channels).max(channels);
        let finding = Finding { head_end: source.into(), mismatch, channels, of, example: message };
        is_of_head_end(channels, of).then_some(finding)
    };
    Ok(waiting.into_iter().filter_map(finding).collect())
}

impl Finding {
    /// What its alert is of: the head-end and what is wrong.
    fn component(&self) -> String {
        format!("{} {}", self.head_end, self.mismatch.as_str())
    }

    /// What was found, in words.
    pub fn words(&self) -> String {
        let Self { channels, of, example, .. } = self;
        let so_many = format!("of {channels} of {of} channels");
        match self.mismatch {
            Mismatch::Thousandfold => format!("values {so_many} are a thousand times what is usual, such as {example}"),
            Mismatch::Thousandth => format!("values {so_many} are a thousandth of what is usual, such as {example}"),
            Mismatch::Sign => format!("values {so_many} have the other sign than usual, such as {example}"),
            Mismatch::Type | Mismatch::Unit | Mismatch::Interval => {
                format!("what it says {so_many} is refused: {example}")
            }
        }
    }
}

/// What people are alarmed of, and which of the alerts that last is over.
pub fn alarms(findings: &[Finding], lasting: &[Alert], now: Timestamp) -> Changes {
    let mut changes = Changes::default();
    for finding in findings {
        let impact = "what is computed of its values is wrong by as much";
        changes.tell((AlertKind::Values, &finding.component()), (Some(finding.words()), impact), (now, now));
    }
    let is_found = |alert: &Alert| findings.iter().any(|finding| finding.component() == alert.condition.component);
    let is_over =
        |alert: &&Alert| alert.condition.kind == AlertKind::Values && alert.cleared_at.is_none() && !is_found(alert);
    let over = lasting.iter().filter(is_over).map(|alert| (AlertKind::Values, alert.condition.component.clone(), now));
    changes.cleared.extend(over);
    changes
}

/// Adds what head-ends say to what their values say, and raises and ends alerts.
///
/// # Errors
/// What the registry says.
pub async fn follow(
    registry: &Registry,
    by_values: Vec<Finding>,
    now: Timestamp,
) -> Result<Vec<Finding>, RegistryError> {
    let directory = registry.directory().await?;
    let mut findings = by_values;
    findings.extend(by_words(registry, &directory, now).await?);
    let lasting = registry.alerts().list(Which::Open, ALERTS_MAX).await?;
    alerts::follow(registry, &alarms(&findings, &lasting, now), now).await?;
    Ok(findings)
}
