//! Which channels stand beside a channel, and which channels look at it.
//!
//! What can be read from reading types, usage points and meters is derived; a person may declare the rest, or that there
//! is none, with a fact of the channel, which takes the place of what would be derived.
//!
//! | role | derived from |
//! | --- | --- |
//! | check | the only other channel of the same quantity, where two meters are at the usage point |
//! | reactive | kvarh of the same direction; of several the one whose suffix ends alike, else none |
//! | volt-squared, ampere-squared hours | V2h and A2h of one phase |
//! | sibling | every other channel, where one meter is at the usage point |
//! | load profile, control system, flows of the node | declared only |

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::FinalDay;
use model::master::Channel;
use model::reading_type::ReadingType;
use store::readings::{AsOf, Error, ReadingsBook};
use store::registry::directory::Directory;
use store::registry::fact::FactKind;
use vee::context::Role;
use vee::plan::needs::{Needs, Outlook};

use super::summaries;
use super::surroundings::start_of;

// Base units of reading types (IEC 61968-9).
const WATT_HOURS: u16 = 72;
const VAR_HOURS: u16 = 73;
const VOLT_SQUARED_HOURS: u16 = 104;
const AMPERE_SQUARED_HOURS: u16 = 105;
/// The bits of a phase code that name the measured conductors of one phase: A, B, C, S1, S2.
const PHASES: [(u16, u8); 5] = [(128, 1), (64, 2), (32, 3), (512, 1), (256, 2)];
const CONDUCTORS: u16 = 128 | 64 | 32 | 512 | 256;

/// Facts that name channels, and what those are to the channel.
const DECLARED: [(FactKind, Role); 5] = [
    (FactKind::CheckChannels, Role::Check),
    (FactKind::LoadProfileChannels, Role::LoadProfile),
    (FactKind::ScadaChannels, Role::Scada),
    (FactKind::FlowsIn, Role::FlowIn),
    (FactKind::FlowsOut, Role::FlowOut),
];

/// The channels with intervals that stand beside a channel at an instant, in roles that are needed.
pub(crate) fn of_channel<'d>(
    directory: &'d Directory,
    channel: &Channel,
    at: Timestamp,
    needs: Needs,
) -> Vec<(Role, &'d Channel)> {
    if !needs.intersects(Needs::COMPANIONS) {
        return Vec::new();
    }
    let declared = |kind| directory.facts.channels_at(kind, channel.id.0, at);
    let mut found: Vec<(Role, &Channel)> = Vec::new();
    for (kind, role) in DECLARED {
        let numbers = declared(kind).unwrap_or_default();
        found.extend(numbers.into_iter().filter_map(|number| Some((role, directory.channel(number)?))));
    }
    let others: Vec<&Channel> =
        directory.of_usage_point(channel.usage_point).filter(|other| is_other(other, channel)).collect();
    let meters = directory.meters_at(channel.usage_point, at).count();
    if 1 < meters && declared(FactKind::CheckChannels).is_none() {
        found.extend(only(&others, |other| quantity(other) == quantity(channel)).map(|other| (Role::Check, other)));
    }
    if channel.reading_type.unit == WATT_HOURS {
        found.extend(reactive(&others, channel).map(|other| (Role::Reactive, other)));
        found.extend(others.iter().filter_map(|other| Some((electrical(other)?, *other))));
    }
    if meters <= 1 {
        found.extend(others.iter().map(|other| (Role::Sibling, *other)));
    }
    found.retain(|(role, other)| needs.wants(*role) && is_other(other, channel));
    found
}

fn is_other(other: &Channel, channel: &Channel) -> bool {
    other.number != channel.number && other.interval_seconds.is_some()
}

/// What a channel measures, whatever the length of interval and the prefix of the unit.
fn quantity(channel: &Channel) -> ReadingType {
    ReadingType { measuring_period: 0, multiplier: 0, ..channel.reading_type }
}

fn only<'d>(others: &[&'d Channel], is_meant: impl Fn(&Channel) -> bool) -> Option<&'d Channel> {
    let mut meant = others.iter().filter(|other| is_meant(other));
    meant.next().filter(|_| meant.next().is_none()).copied()
}

fn reactive<'d>(others: &[&'d Channel], channel: &Channel) -> Option<&'d Channel> {
    let wanted = ReadingType { unit: VAR_HOURS, ..quantity(channel) };
    let measures = |other: &Channel| quantity(other) == wanted;
    let ending =
        |channel: &Channel| channel.suffix.trim_start_matches(|letter: char| !letter.is_ascii_digit()).to_owned();
    only(others, measures).or_else(|| only(others, |other| measures(other) && ending(other) == ending(channel)))
}

/// The role of a channel that counts squares of voltage or current of one phase.
fn electrical(channel: &Channel) -> Option<Role> {
    let ReadingType { unit, phases, .. } = channel.reading_type;
    let (_, phase) = PHASES.into_iter().find(|(bits, _)| *bits == phases & CONDUCTORS)?;
    match unit {
        VOLT_SQUARED_HOURS => Some(Role::VoltageSquared(phase)),
        AMPERE_SQUARED_HOURS => Some(Role::CurrentSquared(phase)),
        _ => None,
    }
}

/// The channels that may look at a channel at some time, in any role.
fn near<'d>(directory: &'d Directory, channel: &Channel) -> impl Iterator<Item = &'d Channel> {
    let beside = directory.of_usage_point(channel.usage_point).filter(move |other| other.number != channel.number);
    beside.chain(directory.naming(channel.number))
}

/// The channels for which a channel stands beside them on a date, in roles that are needed.
fn lookers<'d>(directory: &'d Directory, channel: &Channel, date: Date, needs: Needs) -> Vec<&'d Channel> {
    let looks = |other: &&Channel| {
        let beside = start_of(other, date).map(|at| of_channel(directory, other, at, needs)).unwrap_or_default();
        beside.iter().any(|(_, companion)| companion.number == channel.number)
    };
    near(directory, channel).filter(looks).collect()
}

/// Channels with those that a run over them may run or look at besides.
pub(crate) fn circle(
    directory: &Directory,
    outlook: &Outlook,
    channels: impl IntoIterator<Item = ChannelNumber>,
) -> BTreeSet<ChannelNumber> {
    let mut circle: BTreeSet<ChannelNumber> = channels.into_iter().collect();
    if !outlook.rules.with(outlook.methods).intersects(Needs::COMPANIONS) {
        return circle;
    }
    // A channel is run for another, looks at a third, and that is judged with a fourth.
    for _ in 0..3 {
        let inside = circle.iter().filter_map(|number| directory.channel(*number));
        let around: Vec<ChannelNumber> = inside.flat_map(|channel| around(directory, channel)).collect();
        circle.extend(around);
    }
    circle
}

/// The channels that may stand beside a channel, or look at it, at some time.
fn around(directory: &Directory, channel: &Channel) -> Vec<ChannelNumber> {
    let declared = DECLARED.into_iter().flat_map(|(kind, _)| directory.facts.ever_named(kind, channel.id.0));
    near(directory, channel).map(|other| other.number).chain(declared).collect()
}

/// The touched days with those of other dates and channels whose outcome may change with them.
///
/// Rules of another channel see what was received on the day; its methods, which matter where its stored outcome leans on
/// others, see what rules say of that, and so of the days after. A channel whose rules changed their mind may be
/// looked at in turn.
///
/// # Errors
/// What the readings book says.
pub(super) fn touched_with(
    book: &ReadingsBook,
    directory: &Directory,
    outlook: &Outlook,
    days: &BTreeSet<(ChannelNumber, Date)>,
) -> Result<BTreeSet<(ChannelNumber, Date)>, Error> {
    let mut all = summaries::with_later_days(book, &outlook.summary_spans, days);
    let (rules, methods) = (outlook.rules, outlook.methods);
    if !rules.with(methods).intersects(Needs::COMPANIONS) {
        return Ok(all);
    }
    let leans = |channel: &Channel, date: Date| -> Result<bool, Error> {
        Ok(book.final_day(channel.number, date, AsOf::Now)?.as_ref().is_some_and(FinalDay::leans_on_others))
    };
    for (number, date) in all.clone() {
        let Some(channel) = directory.channel(number) else { continue };
        for looker in lookers(directory, channel, date, rules) {
            all.insert((looker.number, date));
            for second in lookers(directory, looker, date, methods) {
                all.extend(leans(second, date)?.then_some((second.number, date)));
            }
        }
        let judged_anew = summaries::dates(date.yesterday().unwrap_or(date), outlook.reach_days.saturating_add(1));
        for later in judged_anew {
            for looker in lookers(directory, channel, later, methods) {
                all.extend(leans(looker, later)?.then_some((looker.number, later)));
            }
        }
    }
    Ok(all)
}
