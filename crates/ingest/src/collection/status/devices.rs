//! Items 1 and 2: meters that were installed and are read, and what links a meter to its module, its numbers and its account.

use std::collections::{BTreeMap, HashMap};

use jiff::SignedDuration;
use model::id::{MeterId, UsagePointId};
use model::master::Channel;
use model::time::{LocalDay, TimeRange};
use smol_str::SmolStr;
use store::readings::{AsOf, Error, NO_VALUE};
use store::registry::fact::FactKind;
use store::registry::link::Link;

use super::{Asked, Evidence, Item, ItemVerdict, Row};

/// The numbers that a meter is known by.
const NUMBERS: [FactKind; 3] = [FactKind::ModuleId, FactKind::BadgeNumber, FactKind::SerialNumber];

/// Meters whose time for a first reading ended on the day, and whether it came.
pub(super) fn initialised(asked: Asked<'_>) -> Result<Item, Error> {
    let mut item = Item::new(1, "Initialisation of installed modules");
    let hours = SignedDuration::from_hours(asked.limits.initialised_within_hours.into());
    let (mut due, mut in_time, mut waiting) = (0_u64, 0_u64, 0_u64);
    for (usage_point, channels) in points(asked) {
        let Some(day) = channels.first().and_then(|channel| asked.day(&channel.zone)) else { continue };
        for link in asked.directory.meter_links(usage_point) {
            let Ok(until) = link.from.checked_add(hours) else { continue };
            if day.range.contains(link.from) && asked.report.made_at < until {
                waiting += u64::from(!is_read(asked, &channels, TimeRange { start: link.from, end: until })?);
            }
            if !day.range.contains(until) {
                continue;
            }
            due += 1;
            if is_read(asked, &channels, TimeRange { start: link.from, end: until })? {
                in_time += 1;
                continue;
            }
            let words = format!("not read within {} hours of its installation", asked.limits.initialised_within_hours);
            item.row(Row::new(name(asked, link), &*channels[0].zone, words).since(link.from).until(until));
        }
    }
    item.figure("due on the day", due);
    item.figure("read in time", in_time);
    item.figure("installed on the day and not read yet", waiting);
    Ok(match (due, item.rows_count) {
        (0, _) => item.with(if waiting == 0 { ItemVerdict::Nothing } else { ItemVerdict::Open }),
        (_, 0) => item.with(ItemVerdict::Met),
        _ => item.with(ItemVerdict::NotMet),
    })
}

/// Usage points with their channels, in an order that is always the same.
fn points<'a>(asked: Asked<'a>) -> BTreeMap<UsagePointId, Vec<&'a Channel>> {
    let mut points: BTreeMap<UsagePointId, Vec<&Channel>> = BTreeMap::new();
    for channel in asked.directory.channels() {
        points.entry(channel.usage_point).or_default().push(channel);
    }
    points
}

/// Whether a reading that ends in a time is there.
fn is_read(asked: Asked<'_>, channels: &[&Channel], within: TimeRange) -> Result<bool, Error> {
    let (start, end) = (within.start.as_second(), within.end.as_second());
    for channel in channels {
        let history = asked.book.read(channel.number, start, end + 1, AsOf::Now)?;
        let of_register =
            history.registers.iter().any(|read| start <= read.at && read.at <= end && read.value.is_some());
        let of_interval = history.days.iter().any(|day| {
            let length = i64::from(day.slot_seconds);
            let ends = (1..).map(|slot: i64| day.day_start + slot * length);
            ends.zip(&day.values).any(|(at, value)| *value != NO_VALUE && start < at && at <= end)
        });
        if of_register || of_interval {
            return Ok(true);
        }
    }
    Ok(false)
}

fn name(asked: Asked<'_>, link: &Link) -> SmolStr {
    let names = asked.directory.meter_names(MeterId(link.subject));
    names.first().map_or_else(|| link.subject.to_string().into(), |name| name.value.clone())
}

/// Numbers and accounts that are missing, double or changed.
pub(super) fn links(asked: Asked<'_>, evidence: &Evidence) -> Item {
    let mut item = Item::new(2, "Links of module, badge and serial number and account");
    let held: Vec<(&Link, &Channel, LocalDay)> = held(asked);
    item.figure("meters", held.len());
    let mut is_known = false;
    for kind in NUMBERS {
        let value = |meter: &Link, day: &LocalDay| {
            asked.directory.facts.at(kind, meter.subject, last_instant(day)).map(str::to_owned)
        };
        let mut bearers: HashMap<String, Vec<usize>> = HashMap::new();
        let mut missing = Vec::new();
        for (number, (link, _, day)) in held.iter().enumerate() {
            match value(link, day) {
                Some(value) => bearers.entry(value).or_default().push(number),
                None => missing.push(number),
            }
        }
        if bearers.is_empty() {
            item.figure(format!("meters with a {kind}"), "none is known");
            continue;
        }
        is_known = true;
        item.figure(format!("meters with a {kind}"), held.len() - missing.len());
        for number in missing {
            item.row(row(asked, &held[number], format!("no {kind}")));
        }
        let mut double: Vec<_> = bearers.into_iter().filter(|(_, of)| 1 < of.len()).collect();
        double.sort_unstable();
        for (value, of) in double {
            let names: Vec<_> = of.iter().map(|number| name(asked, held[*number].0)).collect();
            item.row(row(asked, &held[of[0]], format!("{kind} {value} is that of {}", names.join(", "))));
        }
        for of in &held {
            changed(asked, of, kind, &mut item);
        }
    }
    is_known |= accounts(asked, evidence, &held, &mut item);
    multipliers(asked, &held, &mut item);
    let verdict = match (is_known, item.rows_count) {
        (false, 0) => ItemVerdict::NoSource,
        (_, 0) => ItemVerdict::Met,
        _ => ItemVerdict::NotMet,
    };
    item.with(verdict)
}

/// Meters that were at a usage point when the day ended, by usage point.
fn held<'a>(asked: Asked<'a>) -> Vec<(&'a Link, &'a Channel, LocalDay)> {
    let mut held = Vec::new();
    for (point, channels) in points(asked) {
        let Some((channel, day)) = channels.first().and_then(|channel| Some((*channel, asked.day(&channel.zone)?)))
        else {
            continue;
        };
        let links = asked.directory.meter_links(point).iter().filter(|link| link.holds_at(last_instant(&day)));
        held.extend(links.map(|link| (link, channel, day)));
    }
    held
}

fn last_instant(day: &LocalDay) -> jiff::Timestamp {
    day.range.end.checked_sub(SignedDuration::from_micros(1)).unwrap_or(day.range.end)
}

fn row(asked: Asked<'_>, (link, channel, _): &(&Link, &Channel, LocalDay), reason: String) -> Row {
    Row::new(name(asked, link), channel.zone.clone(), reason)
}

/// A number that a meter got on the day in the place of another.
fn changed(asked: Asked<'_>, of: &(&Link, &Channel, LocalDay), kind: FactKind, item: &mut Item) {
    let (link, _, day) = of;
    for both in asked.directory.facts.history(kind, link.subject).windows(2) {
        let [before, after] = both else { continue };
        if let (Some(before), Some(now)) = (&before.value, &after.value)
            && before != now
            && day.range.contains(after.from)
        {
            item.row(row(asked, of, format!("{kind} changed from {before} to {now}")).since(after.from));
        }
    }
}

/// Accounts; answers whether any is known.
fn accounts(asked: Asked<'_>, evidence: &Evidence, held: &[(&Link, &Channel, LocalDay)], item: &mut Item) -> bool {
    if evidence.accounts.is_empty() {
        item.figure("meters with an account", "none is known");
        return false;
    }
    let mut with_account = 0_u64;
    for of in held {
        let (_, channel, day) = of;
        let accounts = evidence.accounts.get(&channel.usage_point).map_or(&[][..], Vec::as_slice);
        let at = last_instant(day);
        let of_day: Vec<_> =
            accounts.iter().filter(|account| account.from <= at && account.to.is_none_or(|to| at < to)).collect();
        match of_day.as_slice() {
            [] => item.row(row(asked, of, "no account".into())),
            [_] => with_account += 1,
            several => {
                let names: Vec<_> = several.iter().map(|account| account.value.account.as_str()).collect();
                item.row(row(asked, of, format!("several accounts: {}", names.join(", "))));
            }
        }
        for both in accounts.windows(2) {
            let [before, after] = both else { continue };
            if before.value.account != after.value.account && day.range.contains(after.from) {
                let words = format!("account changed from {} to {}", before.value.account, after.value.account);
                item.row(row(asked, of, words).since(after.from));
            }
        }
    }
    item.figure("meters with an account", with_account);
    true
}

/// Meters with a multiplier of their own (Ontario 2.2.3), and transformer-type ones without that of their service (2.2.4).
fn multipliers(asked: Asked<'_>, held: &[(&Link, &Channel, LocalDay)], item: &mut Item) {
    let facts = &asked.directory.facts;
    for of in held {
        let (link, channel, day) = of;
        let fact = |kind| facts.at(kind, link.subject, last_instant(day));
        if let Some(other) = fact(FactKind::MeterMultiplier).filter(|value| !is_one(value)) {
            item.row(row(asked, of, format!("meter multiplier {other}, expected 1")));
        }
        let is_one_for_all = asked.directory.of_usage_point(channel.usage_point).all(|channel| {
            asked.directory.multiplier_at(channel, last_instant(day)).rescaled(0).is_ok_and(|digits| digits == 1)
        });
        if fact(FactKind::TransformerType) == Some("yes") && is_one_for_all {
            item.row(row(asked, of, "transformer-type, and no service multiplier is registered".into()));
        }
    }
}

/// Whether a text is the number one.
fn is_one(text: &str) -> bool {
    text.parse::<model::quantity::Decimal>().ok().and_then(|number| number.rescaled(0).ok()) == Some(1)
}
