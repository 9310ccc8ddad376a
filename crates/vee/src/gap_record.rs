//! The record of a channel-day of which nothing arrived (catalogue E19).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::time::LocalDay;

use crate::day::{ClockChange, Day, MISSING};

/// A channel-day with every slot missing, so that a plan can be run over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapRecord {
    local: LocalDay,
    slot_seconds: u32,
    clock_change: Option<ClockChange>,
    values: Vec<i64>,
}

impl GapRecord {
    /// The record of a local day; `None` where slots of that length do not divide the day.
    pub fn of(local: LocalDay, zone: &TimeZone, slot_seconds: u32) -> Option<Self> {
        let values = vec![MISSING; usize::from(local.slots(slot_seconds)?)];
        Some(Self { local, slot_seconds, clock_change: ClockChange::of(local, zone, slot_seconds), values })
    }

    /// The record as a day to run.
    pub fn day(&self) -> Day<'_> {
        Day {
            date: self.local.date,
            start: self.local.range.start,
            slot_seconds: self.slot_seconds,
            clock_change: self.clock_change,
            values: &self.values,
            statuses: &[],
        }
    }
}

/// The dates between the first and the last of the given ones that are not among them, in order.
pub fn holes(dates: &[Date]) -> Vec<Date> {
    let (Some(first), Some(last)) = (dates.iter().min(), dates.iter().max()) else { return Vec::new() };
    let between = first.series(jiff::Span::new().days(1)).take_while(|date| date < last);
    between.filter(|date| !dates.contains(date)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_record_has_as_many_slots_as_its_day() {
        let zone = TimeZone::get("America/Chicago").expect("bundled zone");
        for (date, slots) in [(date(2016, 3, 13), 23), (date(2016, 11, 6), 25), (date(2016, 11, 7), 24)] {
            let local = LocalDay::of(date, &zone).expect("a day");
            let record = GapRecord::of(local, &zone, 3600).expect("hours divide a day");
            assert_eq!((record.day().slots(), record.day().value(0)), (slots, None), "{date}");
        }
    }

    #[test]
    fn holes_are_the_dates_between() {
        let day = |day| date(2026, 1, day);
        assert_eq!(holes(&[day(9), day(5), day(6)]), [day(7), day(8)]);
        assert_eq!(holes(&[day(5), day(6)]), []);
        assert_eq!(holes(&[]), []);
    }
}
