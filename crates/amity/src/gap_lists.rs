//! Gap lists of the days that ended last, while the program serves.

use std::collections::HashMap;
use std::time::Duration;

use ingest::gaps::{self, GapError, Listed, Terms};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock;
use crate::installation::Installation;

/// How often it is looked whether a list is due.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How often the list of one of the two last days is made again, and of an earlier one: what is ordered already stays.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);
const AGAIN_EARLIER: SignedDuration = SignedDuration::from_hours(24);

/// Lists that are made at their time.
pub struct GapLists {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Begins, on the runtime of the caller, with the days that ended while nothing served.
pub fn start(installation: &Installation) -> GapLists {
    let (stop, stopped) = watch::channel(false);
    GapLists { stop, task: tokio::spawn(until_stopped(installation.clone(), stopped)) }
}

impl GapLists {
    /// Ends after the list under way.
    pub async fn stop(self) {
        // Without a task nobody listens.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

/// Makes the list of a day.
///
/// # Errors
/// [`GapError`].
pub async fn list(installation: &Installation, date: Date, now: Timestamp) -> Result<Listed, GapError> {
    let (books, settings) = (&installation.books, &installation.settings);
    let terms = Terms { schedule: settings.orders.gap.clone(), spread_seconds: settings.orders.spread_seconds };
    gaps::list((&books.registry, books.readings.clone()), settings.collection, date, (&terms, now)).await
}

async fn until_stopped(installation: Installation, mut stopped: watch::Receiver<bool>) {
    let mut listed: HashMap<Date, Timestamp> = HashMap::new();
    while !*stopped.borrow() {
        let now = clock::now();
        for (age, date) in gaps::dates(now, installation.settings.orders.gap_days).enumerate() {
            let again = if age < 3 { AGAIN_AFTER } else { AGAIN_EARLIER };
            if *stopped.borrow() || listed.get(&date).is_some_and(|last| now.duration_since(*last) < again) {
                continue;
            }
            match list(&installation, date, now).await {
                Ok(made) => {
                    listed.insert(date, now);
                    if 0 < made.added {
                        tracing::info!(%date, made.readings, made.orders, made.added, made.refused, "gap list");
                    }
                }
                Err(error) => {
                    tracing::warn!(%date, error = &error as &dyn std::error::Error, "a gap list could not be made");
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopped.changed() => {}
        }
    }
}
