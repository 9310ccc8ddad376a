//! What the head-ends of a utility send, day by day, with the faults of the script.
//!
//! A day is told piece by piece, so that a large utility needs little memory; only what comes with a later day is kept.

mod desk;
pub(crate) mod piece;

use std::collections::BTreeMap;
use std::convert::Infallible;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::id::Name;
use model::reading::ChannelReadings;
use model::time::LocalDay;

use crate::chance::{Purpose, falls};
use crate::dialect::File;
use crate::happening::{Happening, Installed};
use crate::journey::{Journey, Reason};
use crate::live::Live;
use crate::load::Flow;
use crate::plant::Module;
use crate::premises::{HeadEnd, Premises};
use crate::record::{Made, Recorded};
use crate::script::Fault;
use crate::utility::{Day, Utility};
use desk::Desk;

/// A head-end closes the files of a day so long after its end; what comes later comes with the day on which it comes.
const CLOSED_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// What is added to a value on its way, in Wh of an interval and in hundredths of a kWh of a register.
const CORRUPTION: i64 = 1000;
/// How many days a head-end may be silent before the simulation stops looking for its next word.
const SILENT_DAYS_MAX: i32 = 4000;

/// The days of a utility in order, each with what is sent once it is over.
#[derive(Debug)]
pub struct Collection<'u> {
    utility: &'u Utility,
    first: Date,
    next: Date,
    /// What has passed each meter since the beginning, its first register included.
    registers: Vec<Flow>,
    /// What comes with a later day.
    held_back: BTreeMap<Date, Vec<(HeadEnd, ChannelReadings)>>,
    held_back_events: BTreeMap<Date, Vec<Happening>>,
    /// How far the events of each head-end are numbered.
    numbers: BTreeMap<HeadEnd, u64>,
}

/// One thing that a day brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A head-end sends a file.
    File(File),
    /// What truly happened at a meter on the day; meters come in order.
    Truth(Truth),
    /// A reading that did not come as it was made and when it should.
    Account(Account),
    /// Something that truly happened, and the day with which it is told.
    Happening(Happening, Option<Date>),
}

/// What truly happened at a meter on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// The meter by number.
    pub meter: u32,
    /// What passed it, in Wh.
    pub passed: Flow,
    /// What was used and passed by it, in Wh.
    pub unmetered: i64,
}

/// What became of a reading that did not come as it was made and when it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The meter by number.
    pub meter: u32,
    /// flowDirection of its channel in IEC 61968-9.
    pub direction: u16,
    /// Whether it is one of a register.
    pub register: bool,
    /// Its stamp: the end of the interval or the moment of the read, by the meter.
    pub stamp: Timestamp,
    /// Its way to the head-end.
    pub journey: Journey,
    /// The day with whose files it is sent; `None` for never.
    pub sent: Option<Date>,
    /// Why.
    pub reason: Reason,
}

/// What one day brought.
#[derive(Debug, Default)]
pub struct Sent {
    /// What the head-ends sent.
    pub files: Vec<File>,
    /// What truly passed each meter on the day, by number.
    pub truth: Vec<Flow>,
    /// The readings that did not come as they were made and when they should.
    pub accounts: Vec<Account>,
    /// What truly happened, and the day with which it is told.
    pub happenings: Vec<(Happening, Option<Date>)>,
    /// What became of the readings that meters made.
    pub counts: Counts,
}

/// What became of readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Made by meters.
    pub made: u64,
    /// Of these, never sent.
    pub lost: u64,
    /// Of these, sent with a later day.
    pub late: u64,
    /// Of these, sent again with the next day.
    pub twice: u64,
    /// Of these, sent with another value.
    pub corrupt: u64,
    /// Beside these, not made, since the meter did not know the time.
    pub unmade: u64,
}

/// A date in each of the zones.
struct Today {
    date: Date,
    days: Vec<(TimeZone, Day)>,
}

impl Today {
    fn of(&self, zone: &TimeZone) -> &Day {
        let own = self.days.iter().find(|(of, _)| of == zone);
        &own.unwrap_or(&self.days[0]).1
    }
}

/// A meter on a day.
struct MeterDay<'d> {
    meter: u32,
    premises: &'d Premises,
    module: &'d Module,
    day: &'d Day,
}

impl<'u> Collection<'u> {
    /// Begins with a date.
    pub fn from(utility: &'u Utility, first: Date) -> Self {
        let settings = utility.settings();
        let begin = |meter| Flow { delivered: utility.premises(meter).first_register, received: 0 };
        Self {
            utility,
            first,
            next: first,
            registers: (0..settings.meters).map(begin).collect(),
            held_back: BTreeMap::new(),
            held_back_events: BTreeMap::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// The next day as a whole; `None` where [`Utility::day`] has none.
    pub fn next_day(&mut self) -> Option<Sent> {
        let mut sent = Sent::default();
        let told = self.tell_next_day(&mut |told| {
            match told {
                Told::File(file) => sent.files.push(file),
                Told::Truth(truth) => sent.truth.push(truth.passed),
                Told::Account(account) => sent.accounts.push(account),
                Told::Happening(happening, day) => sent.happenings.push((happening, day)),
            }
            Ok::<(), Infallible>(())
        });
        let Ok(counts) = told;
        counts.map(|counts| Sent { counts, ..sent })
    }

    /// Tells the next day piece by piece; answers `None` where [`Utility::day`] has none.
    ///
    /// # Errors
    /// What `tell` answers; the day is then told in part.
    pub fn tell_next_day<E>(&mut self, tell: &mut impl FnMut(Told) -> Result<(), E>) -> Result<Option<Counts>, E> {
        let Some(today) = self.today() else { return Ok(None) };
        let utility = self.utility;
        let mut desk = Desk::new(utility, &today.days[0].1, std::mem::take(&mut self.numbers), tell);
        for (head_end, piece) in due(&mut self.held_back, today.date) {
            desk.add(head_end, piece)?;
        }
        for happening in due(&mut self.held_back_events, today.date) {
            desk.tell(happening)?;
        }
        for meter in 0..utility.settings.meters {
            self.tell_meter(meter, &today, &mut desk)?;
        }
        for collector in utility.collectors() {
            let day = today.of(utility.zone(utility.first_meter(collector)));
            for happening in utility.collector_happenings(collector, day.local.range) {
                self.happened(happening, &today, &mut desk)?;
            }
        }
        let (counts, numbers) = desk.finish()?;
        self.numbers = numbers;
        Ok(Some(counts))
    }

    /// Goes on from the next day as time passes; what came late of the days before is told first.
    pub fn live(self) -> Live {
        let utility = self.utility;
        let begins = |meter| LocalDay::of(self.next, utility.zone(meter)).map(|day| day.range.start);
        let read = (0..utility.settings.meters).filter_map(begins).collect();
        let begin = LocalDay::of(self.next, &utility.settings.zone).map_or(Timestamp::MAX, |day| day.range.start);
        let Self { first, held_back, held_back_events, numbers, .. } = self;
        Live { first, begin, told: begin, read, held_back, held_back_events, numbers, files: 0 }
    }

    fn today(&mut self) -> Option<Today> {
        let date = self.next;
        let of = |zone: &TimeZone| Some((zone.clone(), self.utility.day_in(zone, date)?));
        let days = self.utility.zones().map(of).collect::<Option<_>>()?;
        self.next = date.tomorrow().ok()?;
        Some(Today { date, days })
    }

    fn tell_meter<E, T: FnMut(Told) -> Result<(), E>>(
        &mut self,
        meter: u32,
        today: &Today,
        desk: &mut Desk<'_, T>,
    ) -> Result<(), E> {
        let utility = self.utility;
        let premises = utility.premises(meter);
        let module = utility.module_of(meter, &premises);
        let clock = utility.clock(meter, &module, premises.head_end);
        let day = today.of(utility.zone(meter));
        let on_day = MeterDay { meter, premises: &premises, module: &module, day };
        let before = self.registers[meter as usize];
        let metered = utility.metered(meter, &premises, &clock, day, before);
        self.registers[meter as usize] = before.plus(&metered.passed);
        for recorded in &metered.recorded {
            self.send(&on_day, recorded, today, desk)?;
        }
        let installed = Installed { meter, head_end: premises.head_end, module: &module, clock: &clock };
        for happening in utility.happenings(installed, day.local.range) {
            self.happened(happening, today, desk)?;
        }
        desk.truth(Truth { meter, passed: metered.passed, unmetered: metered.unmetered })
    }

    /// Sends what a channel recorded: today, with a later day, twice, or never.
    fn send<E, T: FnMut(Told) -> Result<(), E>>(
        &mut self,
        on: &MeterDay<'_>,
        recorded: &Recorded,
        today: &Today,
        desk: &mut Desk<'_, T>,
    ) -> Result<(), E> {
        let head_end = on.premises.head_end;
        let mut sent: BTreeMap<Date, Vec<bool>> = BTreeMap::new();
        let mut made = recorded.made.clone();
        for (place, reading) in made.iter_mut().enumerate() {
            let account = self.fate(on, recorded, reading, today.date);
            desk.count(reading, &account, today.date);
            if let Some(account) = account {
                desk.account(account)?;
            }
            let date = account.map_or(Some(today.date), |account| account.sent);
            if let (Some(date), Some(_)) = (date, reading.value) {
                sent.entry(date).or_insert_with(|| vec![false; recorded.made.len()])[place] = true;
            }
        }
        if sent.is_empty() {
            // Intervals that never come are told as missing by the day they belong to.
            sent.insert(today.date, vec![false; recorded.made.len()]);
        }
        let again = self.comes_twice(on).then(|| self.speaks_from(head_end, tomorrow(today.date)));
        let recorded = Recorded { made, ..*recorded };
        for (date, which) in sent {
            if date == today.date {
                let whole = piece::of_day(on.meter, &recorded, &which);
                if let Some(later) = again {
                    desk.counts.twice += piece::count(&whole);
                    self.held_back
                        .entry(later)
                        .or_default()
                        .extend(whole.iter().cloned().map(|piece| (head_end, piece)));
                }
                for piece in whole {
                    desk.add(head_end, piece)?;
                }
            } else {
                let pieces = piece::stretches(on.meter, &recorded, &which);
                self.held_back.entry(date).or_default().extend(pieces.into_iter().map(|piece| (head_end, piece)));
            }
        }
        Ok(())
    }

    /// What became of a reading; `None` where it comes today as it was made. A corrupt one is changed.
    fn fate(&self, on: &MeterDay<'_>, recorded: &Recorded, reading: &mut Made, today: Date) -> Option<Account> {
        let (utility, head_end) = (self.utility, on.premises.head_end);
        let script = &utility.script;
        if script.fault.is_empty() {
            return None;
        }
        let account = |journey, sent, reason| {
            let (register, direction) = (recorded.length_seconds.is_none(), recorded.direction);
            Some(Account { meter: on.meter, direction, register, stamp: reading.stamp, journey, sent, reason })
        };
        let nowhere = Journey { reached: None, collector: None, reason: None };
        if reading.value.is_none() {
            return account(nowhere, None, Reason::NoTime);
        }
        if script.dead(on.meter, reading.at) {
            return account(nowhere, None, Reason::MeterDead);
        }
        let journey = utility.journey(on.meter, on.module, head_end, reading.at);
        let Some(reached) = journey.reached else {
            return account(journey, None, journey.reason.unwrap_or(Reason::Lost));
        };
        let length = SignedDuration::from_secs(recorded.length_seconds.unwrap_or(0).into());
        let moment = reading.stamp - length;
        let falls = |share: u16, purpose| {
            falls(utility.settings.seed, on.meter.into(), moment.as_second(), purpose, share.into())
        };
        if falls(script.lost(head_end, moment), Purpose::Lost) {
            return account(journey, None, Reason::Lost);
        }
        let came = self.came(on, reached, today);
        let ready = if self.comes_late(on) { came.max(tomorrow(today)) } else { came };
        let sent = self.speaks_from(head_end, ready);
        if sent != today {
            let reason = if came == today { Reason::HeldBack } else { journey.reason.unwrap_or(Reason::HeldBack) };
            return account(journey, Some(sent), reason);
        }
        if falls(script.corrupt(head_end, moment), Purpose::Corrupt) {
            reading.value = reading.value.map(|value| value + CORRUPTION);
            return account(journey, Some(sent), Reason::Corrupt);
        }
        None
    }

    /// The day with which comes what a head-end had at an instant; no day before today.
    fn came(&self, on: &MeterDay<'_>, reached: Timestamp, today: Date) -> Date {
        if reached <= on.day.local.range.end + CLOSED_AFTER {
            return today;
        }
        let before = reached - CLOSED_AFTER - SignedDuration::from_nanos(1);
        LocalDay::containing(before, self.utility.zone(on.meter)).map_or(today, |day| day.date)
    }

    fn comes_late(&self, on: &MeterDay<'_>) -> bool {
        let end = on.day.local.range.end;
        self.day_falls(on, self.utility.script.late(on.premises.head_end, end), Purpose::Late)
    }

    fn comes_twice(&self, on: &MeterDay<'_>) -> bool {
        let end = on.day.local.range.end;
        let twice = self.utility.script.twice(on.premises.head_end, end);
        self.day_falls(on, twice, Purpose::Twice) && !self.comes_late(on)
    }

    fn day_falls(&self, on: &MeterDay<'_>, share: u16, purpose: Purpose) -> bool {
        let end = on.day.local.range.end.as_second();
        falls(self.utility.settings.seed, on.meter.into(), end, purpose, share.into())
    }

    /// The first day from a date on with whose end a head-end is not silent.
    fn speaks_from(&self, head_end: HeadEnd, date: Date) -> Date {
        let script = &self.utility.script;
        if !script.fault.iter().any(|fault| matches!(fault, Fault::Silent(_))) {
            return date;
        }
        let is_silent = |date: &Date| {
            let day = LocalDay::of(*date, &self.utility.settings.zone);
            day.is_some_and(|day| script.silent(head_end, day.range.end))
        };
        let mut days = (0..SILENT_DAYS_MAX).map(|by| date.saturating_add(by.days()));
        days.find(|date| !is_silent(date)).unwrap_or(date)
    }

    fn happened<E, T: FnMut(Told) -> Result<(), E>>(
        &mut self,
        happening: Happening,
        today: &Today,
        desk: &mut Desk<'_, T>,
    ) -> Result<(), E> {
        let zone = &self.utility.settings.zone;
        let of = |reached: Timestamp| {
            let before = reached - CLOSED_AFTER - SignedDuration::from_nanos(1);
            LocalDay::containing(before, zone).map_or(today.date, |day| day.date.max(today.date))
        };
        let is_told = happening.head_end == HeadEnd::Cloud || self.utility.script.field.events_of_all;
        let came = happening.journey.reached.filter(|_| is_told).map(of);
        let sent = came.map(|date| self.speaks_from(happening.head_end, date));
        desk.happened(&happening, sent)?;
        match sent {
            Some(date) if date == today.date => desk.tell(happening),
            Some(date) => {
                self.held_back_events.entry(date).or_default().push(happening);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// What waited for this day or an earlier one.
pub(crate) fn due<T>(held_back: &mut BTreeMap<Date, Vec<T>>, today: Date) -> Vec<T> {
    let later = held_back.split_off(&tomorrow(today));
    std::mem::replace(held_back, later).into_values().flatten().collect()
}

fn tomorrow(date: Date) -> Date {
    date.saturating_add(1.day())
}

/// What the usage point of a meter is called.
pub fn usage_point_name(meter: u32) -> Name {
    Name::new("UsagePoint", format!("UP-{meter:06}"))
}

/// What a meter is called.
pub fn meter_name(meter: u32) -> Name {
    Name::new("Meter", format!("M-{meter:06}"))
}
