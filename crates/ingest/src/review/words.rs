//! Slots, values and rules as people read them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::master::Channel;
use model::quantity::Decimal;
use model::time::LocalDay;
use store::readings::NO_VALUE;
use vee::amount::Amount;
use vee::catalogue::CATALOGUE;

use crate::placement::zone_of;
use crate::validation::registers::instant_of;

/// What a rule or method is called; empty for an id of no book.
pub(super) fn name(id: &str) -> &'static str {
    CATALOGUE.iter().find(|entry| entry.id == id).map_or("", |entry| entry.name)
}

/// An instant with the offset of its zone.
pub(super) fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.display_with_offset(zone.to_offset(at)).to_string()
}

/// A value of a channel's quantum; `None` where there is none.
pub(super) fn value(quanta: i64, quantum: i8) -> Option<String> {
    (quanta != NO_VALUE).then(|| Decimal::new(quanta, quantum).to_string())
}

/// A sum of a channel's quanta.
pub(super) fn sum(quanta: i128, quantum: i8) -> String {
    Amount::new(quanta, i32::from(quantum)).to_string()
}

/// Where a slot of a day of a channel begins, with the local offset; of a register the moment of the read at its place.
pub(super) fn moment(channel: &Channel, date: Date, slot: u16) -> Option<String> {
    match Clock::of(channel) {
        Some(clock) => clock.words(date, slot),
        None => Some(local(instant_of(date, slot)?, &zone_of(&channel.zone).ok()?)),
    }
}

/// A channel's days and slots as instants.
pub(super) struct Clock {
    zone: TimeZone,
    slot_seconds: i64,
}

impl Clock {
    /// The clock of a channel; `None` for registers and where the zone is not valid.
    pub(super) fn of(channel: &Channel) -> Option<Self> {
        let slot_seconds = i64::from(channel.interval_seconds?);
        Some(Self { zone: zone_of(&channel.zone).ok()?, slot_seconds })
    }

    /// The zone.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Where a slot of a local day begins; the number of slots is the end of the day.
    pub(super) fn at(&self, date: Date, slot: u16) -> Option<Timestamp> {
        let start = LocalDay::of(date, &self.zone)?.range.start;
        Timestamp::from_second(start.as_second() + i64::from(slot) * self.slot_seconds).ok()
    }

    /// As [`Clock::at`], with the local offset.
    pub(super) fn words(&self, date: Date, slot: u16) -> Option<String> {
        self.at(date, slot).map(|at| local(at, &self.zone))
    }

    /// The local day and slot that begins at an instant; `None` inside a slot.
    pub(super) fn slot(&self, at: Timestamp) -> Option<(LocalDay, u16)> {
        let day = LocalDay::containing(at, &self.zone)?;
        let elapsed = at.as_second() - day.range.start.as_second();
        let whole = at.subsec_nanosecond() == 0 && 0 < self.slot_seconds && elapsed % self.slot_seconds == 0;
        let slot = whole.then(|| u16::try_from(elapsed / self.slot_seconds).ok()).flatten()?;
        Some((day, slot))
    }
}
