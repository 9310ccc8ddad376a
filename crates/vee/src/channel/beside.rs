//! What is known of a channel beside its own days, owned here so that contexts can borrow from it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::quantity::Decimal;
use smol_str::SmolStr;

use super::ChannelDays;
use crate::context::{Companion, Context, DaySummary, DayTemperature, Device, Load, Role, Site, Sources, Sun};

/// What is known of a channel beside its own days.
#[derive(Debug, Default)]
pub struct Beside<'a> {
    /// Days of the channel in few numbers, at most one for each date; those after a day are not looked at.
    pub summaries: Vec<DaySummary>,
    /// The holidays of the usage point's calendar.
    pub holidays: Vec<Date>,
    /// Mean temperatures at the usage point, at most one for each date.
    pub temperatures: Vec<DayTemperature>,
    /// What holds on single days; nothing is known of the others.
    pub days: BTreeMap<Date, DayBeside>,
    /// Other channels with their days.
    pub channels: Vec<OtherChannel<'a>>,
}

/// What is known of one day of a channel.
#[derive(Clone, Debug, Default)]
pub struct DayBeside {
    /// How what the channel counts behaves.
    pub load: Load,
    /// Sunrise and sunset at the usage point.
    pub sun: Option<Sun>,
    /// The family of the meter.
    pub family: Option<SmolStr>,
    /// The firmware of the meter.
    pub firmware: Option<SmolStr>,
    /// The most that the recorder can count in one interval, in the channel's quantum.
    pub interval_capacity: Option<i64>,
    /// The rating of the service in kVA.
    pub service_rating: Option<Decimal>,
    /// The average daily load in the channel's unit.
    pub average_daily_load: Option<Decimal>,
    /// What others are to the channel, each with its place in [`Beside::channels`].
    pub companions: Vec<(Role, usize)>,
}

/// Another channel.
///
/// Rules see its days as received, methods as its own rules judge them; nobody sees its estimates. So its outcome does
/// not matter, and two channels may look at each other.
#[derive(Debug)]
pub struct OtherChannel<'a> {
    /// How people know it.
    pub label: &'a str,
    /// Its days.
    pub days: ChannelDays<'a>,
}

/// Who looks at the companions of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// Rules, at values as received.
    Rules,
    /// Methods, at values as judged.
    Methods,
}

impl OtherChannel<'_> {
    fn on(&self, date: Date, role: Role, looks: Looks) -> Option<Companion<'_>> {
        let day = match looks {
            Looks::Rules => self.days.day(date)?.as_day(date),
            Looks::Methods => self.days.judged_day(date)?,
        };
        let Context { unit, exponent, .. } = self.days.facts;
        Some(Companion { role, label: self.label, unit, exponent, day })
    }
}

impl Beside<'_> {
    /// The companions of a day, those that have the day.
    pub(super) fn companions(&self, date: Date, looks: Looks) -> Vec<Companion<'_>> {
        let companions = self.days.get(&date).map_or(&[][..], |day| &day.companions);
        let companion = |(role, place): &(Role, usize)| self.channels.get(*place)?.on(date, *role, looks);
        companions.iter().filter_map(companion).collect()
    }

    /// A context with what is known of a date laid over what holds for every day.
    pub(super) fn over<'s>(&'s self, date: Date, facts: Context<'s>) -> Context<'s> {
        let sources = Sources { temperatures: &self.temperatures, ..facts.sources };
        let facts = Context { summaries: &self.summaries, holidays: &self.holidays, sources, ..facts };
        let Some(day) = self.days.get(&date) else { return facts };
        let device = Device {
            interval_capacity: day.interval_capacity,
            service_rating: day.service_rating,
            family: day.family.as_deref(),
            firmware: day.firmware.as_deref(),
            ..facts.device
        };
        Context {
            device,
            site: Site { load: day.load, sun: day.sun, ..facts.site },
            sources: Sources { average_daily_load: day.average_daily_load, ..facts.sources },
            ..facts
        }
    }
}
