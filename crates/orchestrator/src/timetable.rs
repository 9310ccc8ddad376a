//! Enters what schedules want into the ledger when they are due.
//!
//! How far a schedule is lies in the ledger, in the commit of its orders. Cycles that passed while nothing ran are done once, and
//! counted: of several only the last is ordered, and intervals go back to the one before all of them.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::id::UsagePointId;
use model::time::TimeRange;
use model::time::zone::zone_of;
use store::registry::directory::Directory;
use store::registry::order::{Group, GroupEntry, Missed, NotOrdered, OrderEntry, OrderReason, Schedule, Step, Wanted};
use store::registry::{Registry, RegistryError};
use tokio::sync::watch;

use crate::driver::{Running, pause};
use crate::group::{self, Terms};
use crate::on_demand::{Asker, Wish};
use crate::rhythm::{ReadSchedule, Reads, Rhythm, whole_intervals};

/// How often it is looked whether a schedule is due.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The schedules of an installation.
#[derive(Clone, Debug)]
pub struct Timetable {
    registry: Registry,
    schedules: Vec<(ReadSchedule, Rhythm)>,
    tries: Schedule,
    clock: fn() -> Timestamp,
}

/// What of a schedule is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The last cycle.
    pub at: Timestamp,
    /// Those before it that nothing was done for.
    pub missed: Option<Missed>,
}

/// What is due of a rhythm that was dealt with until an instant; `None` while nothing is. Pure.
pub fn due(rhythm: &Rhythm, done_until: Timestamp, now: Timestamp) -> Option<Due> {
    let mut cycles = rhythm.after(done_until).take_while(|cycle| *cycle <= now);
    let mut due = Due { at: cycles.next()?, missed: None };
    for cycle in cycles {
        let before = due.missed.map_or(Missed { cycles: 0, first: due.at, last: due.at }, |missed| missed);
        due = Due { at: cycle, missed: Some(Missed { cycles: before.cycles + 1, last: due.at, ..before }) };
    }
    Some(due)
}

impl Timetable {
    /// Schedules over a ledger; `tries` are those of their orders, `zone` is that of the installation.
    ///
    /// # Errors
    /// The name of the setting that cannot be, what it is and what was expected.
    pub fn new(
        registry: Registry,
        (schedules, tries): (&[ReadSchedule], &Schedule),
        zone: &TimeZone,
        clock: fn() -> Timestamp,
    ) -> Result<Self, String> {
        let built = schedules.iter().map(|schedule| Ok((schedule.clone(), schedule.rhythm(zone)?)));
        let schedules = built.collect::<Result<_, String>>()?;
        Ok(Self { registry, schedules, tries: tries.clone(), clock })
    }

    /// The schedules and when each is due.
    pub fn schedules(&self) -> &[(ReadSchedule, Rhythm)] {
        &self.schedules
    }

    /// Begins on the runtime of the caller.
    pub fn start(self) -> Running {
        let (stop, stopped) = watch::channel(false);
        Running::of(stop, vec![tokio::spawn(self.until_stopped(stopped))])
    }

    async fn until_stopped(self, mut stopped: watch::Receiver<bool>) {
        while !self.schedules.is_empty() && !*stopped.borrow() {
            for schedule in &self.schedules {
                let name = &schedule.0.name;
                match self.look(schedule).await {
                    Ok(Some(group)) => {
                        tracing::info!(schedule = %name, group = group.id, due_at = %group.entry.due_at, "meters are read by schedule")
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::warn!(schedule = %name, error = &error as &dyn std::error::Error, "a schedule could not be followed");
                    }
                }
            }
            pause(&mut stopped, LOOK_EVERY).await;
        }
    }

    /// Looks at the clock once, and enters what is due; answers the groups in the order of schedules.
    ///
    /// # Errors
    /// [`RegistryError`]: what is not entered is still due.
    pub async fn look_once(&self) -> Result<Vec<Group>, RegistryError> {
        let mut groups = Vec::new();
        for schedule in &self.schedules {
            groups.extend(self.look(schedule).await?);
        }
        Ok(groups)
    }

    async fn look(&self, (schedule, rhythm): &(ReadSchedule, Rhythm)) -> Result<Option<Group>, RegistryError> {
        let now = (self.clock)();
        let from = self.registry.orders().see_schedule(&schedule.name, now).await?;
        let Some(due) = due(rhythm, from, now) else { return Ok(None) };
        let directory = self.registry.directory().await?;
        let mut unknown = Vec::new();
        let range = TimeRange { start: from, end: due.at };
        let entries = self.entries(&directory, schedule, range, (&mut unknown, now));
        let wish = wish(schedule, range);
        let (why, asked_by) = (OrderReason::Schedule, schedule.name.clone());
        let group = GroupEntry { kind: wish.kind(), why, asked_by, due_at: due.at, unknown, missed: due.missed };
        let step = Step { schedule: &schedule.name, from, to: due.at };
        group::add(&self.registry, (&group, &entries), Some(step), now).await
    }

    fn entries(
        &self,
        directory: &Directory,
        schedule: &ReadSchedule,
        range: TimeRange,
        (unknown, now): (&mut Vec<NotOrdered>, Timestamp),
    ) -> Vec<OrderEntry> {
        let is_in_programme = |point: &UsagePointId| is_in_programme(directory, *point, &schedule.programmes, now);
        let points: BTreeSet<_> =
            group::owned_by(directory, &schedule.head_ends, now).filter(is_in_programme).collect();
        let asker = Asker { why: OrderReason::Schedule, by: &schedule.name };
        let terms = Terms { wish: wish(schedule, range), asker, schedule: &self.tries };
        let mut entries = group::entries(directory, &points, terms, (unknown, now));
        for entry in &mut entries {
            if 0 < schedule.answer_hours {
                entry.deadline = after_hours(now, schedule.answer_hours);
            }
            if schedule.read == Reads::Intervals {
                entry.wanted = intervals(directory, entry.usage_point, entry.route.range);
            }
        }
        if schedule.read == Reads::Intervals {
            entries.retain(|entry| {
                if entry.wanted.is_empty() {
                    let device = group::name(directory, entry.usage_point);
                    unknown.push(NotOrdered { device, why: "no channel has a whole interval in that time".into() });
                }
                !entry.wanted.is_empty()
            });
        }
        entries
    }
}

fn wish(schedule: &ReadSchedule, range: TimeRange) -> Wish {
    match schedule.read {
        Reads::Registers => Wish::ReadNow,
        Reads::Intervals => Wish::Read(range),
    }
}

fn after_hours(now: Timestamp, hours: u32) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(hours.into())).unwrap_or(Timestamp::MAX)
}

/// Whether a usage point is in one of these programmes today, or none is named.
fn is_in_programme(directory: &Directory, point: UsagePointId, programmes: &[String], now: Timestamp) -> bool {
    let zone = directory.of_usage_point(point).find_map(|channel| zone_of(&channel.zone).ok());
    let today = now.to_zoned(zone.unwrap_or(TimeZone::UTC)).date();
    programmes.is_empty()
        || directory.programmes(point).iter().any(|membership| {
            let holds =
                membership.from.is_none_or(|from| from <= today) && membership.until.is_none_or(|until| today < until);
            holds && programmes.iter().any(|programme| *programme == membership.programme)
        })
}

/// Every whole interval of a span, of the channels that have some.
fn intervals(directory: &Directory, usage_point: UsagePointId, range: TimeRange) -> Vec<Wanted> {
    let of = |channel: &model::master::Channel| {
        let zone = zone_of(&channel.zone).unwrap_or(TimeZone::UTC);
        let offset = SignedDuration::from_secs(zone.to_offset(range.start).seconds().into());
        let (range, readings) = whole_intervals(range, channel.interval_seconds?, offset)?;
        Some(Wanted { channel: channel.number, range, readings })
    };
    directory.of_usage_point(usage_point).filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    #[test]
    fn cycles_that_were_slept_through_are_done_once_and_counted() {
        let hourly = Rhythm::Every(3600);
        /// The hour that is due, and how many cycles were missed from which hour to which.
        type Expected = Option<(i64, Option<(u64, i64, i64)>)>;
        let check = |done_until, now, expected: Expected| {
            let told = due(&hourly, at(done_until), at(now));
            let hours = |at: Timestamp| at.as_second() / 3600;
            let missed = |missed: Missed| (missed.cycles, hours(missed.first), hours(missed.last));
            assert_eq!(told.map(|due| (hours(due.at), due.missed.map(missed))), expected);
        };
        check(5, 5, None);
        check(5, 6, Some((6, None)));
        check(5, 7, Some((7, Some((1, 6, 6)))));
        check(5, 10, Some((10, Some((4, 6, 9)))));
        check(5, 3, None);
    }
}
