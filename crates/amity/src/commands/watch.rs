//! What `amity serve` does by the clock: raises alerts, keeps what was collected of each day once its deadline has passed, and
//! hands it over to the repository where the settings ask for it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ingest::collection::alerts::{self, Filling};
use ingest::collection::history::{days_of, last_due};
use ingest::collector::Health;
use ingest::feeds::dependency::{Lookout, dependencies};
use ingest::feeds::{self, values};
use ingest::placement::zone_of;
use ingest::thresholds::InForce;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use smol_str::SmolStr;
use store::registry::dependency::Look;
use store::registry::hand_over::HandedOver;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};

use super::collection::hand_over::hand_over;
use super::collection::reports;
use crate::clock;
use crate::head_ends::look;
use crate::installation::Installation;
use crate::output::Failure;

/// How often it looks: well within the limit from a condition to its alert.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How often what head-ends send is held against what is expected: a mismatch is to be found within a day.
const VALUES_EVERY: SignedDuration = SignedDuration::from_hours(3);
/// Days behind the last one that are made up for after the program did not run.
const BEHIND: usize = 7;

/// The watch over the clock.
pub struct Watch {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Begins.
    pub fn start(installation: &Installation, thresholds: Arc<InForce>) -> Self {
        let (stop, mut stopped) = watch::channel(false);
        let seen = Arc::new(Mutex::new(Seen::default()));
        let installation = installation.clone();
        let runtime = installation.runtime.handle().clone();
        let task = runtime.spawn(async move {
            while !*stopped.borrow() {
                let (installation, seen, thresholds) =
                    (installation.clone(), Arc::clone(&seen), Arc::clone(&thresholds));
                let looked = spawn_blocking(move || {
                    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    once(&installation, &thresholds, &mut seen);
                });
                if let Err(error) = looked.await {
                    tracing::error!(%error, "looking after collecting broke off; it goes on");
                }
                tokio::select! {
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                    _ = stopped.changed() => {}
                }
            }
        });
        Self { stop, task }
    }

    /// Ends after what is under way.
    pub async fn stop(self) {
        // Without a task nobody listens.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

/// What was done already and need not be looked up again.
#[derive(Default)]
struct Seen {
    /// Days that are kept in every zone of a revision of the registry.
    days: HashSet<(u64, Date)>,
    /// When what head-ends send was held against what is expected of it.
    values_at: Option<Timestamp>,
}

fn once(installation: &Installation, thresholds: &InForce, seen: &mut Seen) {
    let failed = |what: &str, failure: &Failure| {
        tracing::warn!(error = failure as &dyn std::error::Error, "{what}");
    };
    if let Err(failure) = raise(installation, thresholds) {
        failed("alerts are not up to date", &failure);
    }
    if let Err(failure) = look_around(installation) {
        failed("how everything is that Amity leans on is not counted", &failure);
    }
    if let Err(failure) = compare_values(installation, seen) {
        failed("what head-ends send is not compared with what is expected", &failure);
    }
    if let Err(failure) = keep_days(installation, seen) {
        failed("the collection of a day is not kept or handed over yet", &failure);
    }
}

/// Raises and clears alerts.
fn raise(installation: &Installation, thresholds: &InForce) -> Result<(), Failure> {
    let (now, registry) = (clock::now(), &installation.books.registry);
    let healths: Vec<Health> = installation.head_ends.get().map(look).unwrap_or_default();
    let directory = installation.ask(registry.directory())?;
    let usage_points = |name: &str| {
        let owned = directory.channels().filter(|channel| directory.owner_at(channel.usage_point, now) == Some(name));
        owned.map(|channel| channel.usage_point).collect::<HashSet<_>>().len() as u64
    };
    let lane = installation.events_lane()?;
    installation.ask(lane.feeds().keep(registry, now))?;
    let limits = installation.settings.daily_report;
    let filling = filling(installation.folder());
    for changes in [
        alerts::of_head_ends(&healths, &usage_points, now),
        feeds::alarms(&lane.feeds().look(now), now),
        alerts::of_storage(filling.as_slice(), limits.disk_per_cent_max, now),
    ] {
        installation.ask(alerts::follow(registry, &changes, now))?;
    }
    let followed = alerts::follow_events(registry, &installation.events, (&*directory, thresholds), now);
    let followed = installation.runtime.block_on(followed);
    followed.map(drop).map_err(|error| Failure::work("could not follow the events", error))
}

/// Counts how everything is that Amity leans on, for the report of the month.
fn look_around(installation: &Installation) -> Result<(), Failure> {
    let (healths, lane) = (installation.head_ends.get().map(look).unwrap_or_default(), installation.events_lane()?);
    let feeds = lane.feeds().look(clock::now());
    let (readings, registry) = (&*installation.books.readings, &installation.books.registry);
    let lookout = Lookout { healths: &healths, feeds: &feeds, readings, registry, events: &installation.events };
    let seen = installation.runtime.block_on(dependencies(&lookout, clock::now));
    let looks: Vec<Look> = seen.iter().map(Look::from).collect();
    installation.ask(registry.dependencies().add(&looks, clock::now()))
}

/// Holds what head-ends send against what is expected of it, every [`VALUES_EVERY`].
fn compare_values(installation: &Installation, seen: &mut Seen) -> Result<(), Failure> {
    let now = clock::now();
    let is_due = |last: Timestamp| last.checked_add(VALUES_EVERY).is_ok_and(|due| due <= now);
    if !seen.values_at.is_none_or(is_due) {
        return Ok(());
    }
    let registry = &installation.books.registry;
    let directory = installation.ask(registry.directory())?;
    let zone = zone_of(&installation.settings.zone).map_err(|error| Failure::Usage(format!("zone: {error}")))?;
    let today = now.to_zoned(zone).date();
    let found = values::by_values(&installation.books.readings, &directory, (today, now));
    let found = found.map_err(|error| Failure::work("could not read", error))?;
    for finding in installation.ask(values::follow(registry, found, now))? {
        tracing::warn!(head_end = %finding.head_end, "{}", finding.words());
    }
    seen.values_at = Some(now);
    Ok(())
}

/// How full the disk of the installation is; nothing where the system does not say.
fn filling(folder: &Path) -> Option<Filling> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    let used = disk.f_blocks.saturating_sub(disk.f_bfree);
    let usable = used + disk.f_bavail;
    let per_cent = (u128::from(used) * 100).div_ceil(u128::from(usable.max(1)));
    Some(Filling {
        component: format!("disk of {}", folder.display()),
        per_cent: u8::try_from(per_cent).unwrap_or(100),
    })
}

/// Keeps the days whose deadline has passed, and hands the last one over.
fn keep_days(installation: &Installation, seen: &mut Seen) -> Result<(), Failure> {
    let (now, rules) = (clock::now(), installation.settings.collection);
    let registry = &installation.books.registry;
    let directory = installation.ask(registry.directory())?;
    let zones: HashSet<SmolStr> = directory.channels().map(|channel| channel.zone.clone()).collect();
    let last_of = |zone: &SmolStr| last_due(&rules, &zone_of(zone).ok()?, now);
    // A day is over where its deadline has passed in every zone.
    let Some(last) = zones.iter().filter_map(last_of).min() else { return Ok(()) };
    let Some(first) = installation.books.readings.days().first().copied() else { return Ok(()) };
    let dates = std::iter::successors(Some(last), |date| date.yesterday().ok()).take(BEHIND);
    for date in dates.filter(|date| first <= *date) {
        if !seen.days.contains(&(directory.revision, date)) {
            keep(installation, date, now)?;
            seen.days.insert((directory.revision, date));
        }
    }
    seen.days.retain(|(revision, _)| *revision == directory.revision);
    let is_due = installation.settings.hand_over.daily
        && installation.ask(registry.hand_overs().newest(HandedOver::Reads, Some(last), 1))?.is_empty();
    if is_due {
        let done = hand_over(installation, last, &mut |_| {})?;
        tracing::info!(date = %last, files = done.files.len(), "handed over to the repository");
    }
    Ok(())
}

/// Keeps a day unless it is kept in every zone that has readings of it.
fn keep(installation: &Installation, date: Date, now: Timestamp) -> Result<(), Failure> {
    let days = installation.books.registry.collected_days();
    let kept = installation.ask(days.between(date, date))?;
    if !kept.is_empty() {
        return Ok(());
    }
    let report = reports(installation)?
        .report(date, now, &mut |_| {})
        .map_err(|error| Failure::work("could not read", error))?;
    installation.ask(days.keep(&days_of(&report))).map(drop)
}
