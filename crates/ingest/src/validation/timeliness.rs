//! V77: whether enough of a day had arrived by its deadline, as the plan of the day says.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::master::Channel;
use store::readings::{Day, Error, ReadingsBook};
use vee::plan::DatedPlans;
use vee::process::v77_timeliness::{Delivery, DueDay, Timeliness, timeliness};

/// How a day of intervals met its deadline, that of Ontario where its plan does not say; an interval counts from when its
/// first value arrived. `None` for a day of which nothing was expected.
///
/// # Errors
/// What the readings book says.
pub fn of_day(
    book: &ReadingsBook,
    (channel, plans): (&Channel, &DatedPlans<'_>),
    day: &Day,
    zone: &TimeZone,
) -> Result<Option<Timeliness>, Error> {
    let due =
        plans.on(day.date).ok().and_then(|plan| plan.processes().timeliness.clone()).unwrap_or_else(DueDay::default);
    let expected = (0_u16..).zip(&day.values).filter(|(slot, _)| day.is_expected(*slot)).count() as u64;
    let (Some(deadline), 1..) = (due.deadline(day.date, zone), expected) else { return Ok(None) };
    let mut first_arrivals: Vec<Option<i64>> = vec![None; day.values.len()];
    let versions = book.versions(channel.number, day.date)?.into_iter();
    for version in versions.filter(|version| version.value.is_some() && version.slot_seconds == day.slot_seconds) {
        if let Some(first) = first_arrivals.get_mut(usize::from(version.slot)) {
            *first = Some(first.map_or(version.received_at, |first| first.min(version.received_at)));
        }
    }
    let arrived = first_arrivals.iter().flatten().filter_map(|at| Timestamp::from_microsecond(*at).ok());
    let deliveries: Vec<Delivery> = arrived.map(|at| Delivery { at, values: 1 }).collect();
    Ok(timeliness(expected, &deliveries, &[deadline]).pop())
}
