//! Events of devices that the registry did not know: looked for again when it has changed.

use std::time::Duration;

use model::event::report::Subject;
use store::events::{Event, Resolved};
use store::registry::directory::Directory;

use super::lane::{EventsFailure, EventsLane};

/// How often the registry is asked whether it has changed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Events looked at in one step.
const STEP: u32 = 1000;

impl EventsLane {
    /// Goes on giving events to their devices whenever the registry has changed.
    ///
    /// Each change is looked at twice: an event on its way meanwhile may have been read by what was known before.
    pub async fn keep_resolving(self) {
        let mut seen = [None, None];
        loop {
            let revision = self.registry().revision().await.ok();
            if seen != [revision, revision] {
                match self.resolve_unknown().await {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(count, "events were given to their devices"),
                    Err(error) => {
                        tracing::warn!(error = &error as &dyn std::error::Error, "events wait for their devices");
                    }
                }
                seen = [revision, seen[0]];
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Gives events to their devices where the registry knows them by now; answers how many.
    ///
    /// Harmless at any time and to any number of callers.
    ///
    /// # Errors
    /// [`EventsFailure`]; what was done before stays done.
    pub async fn resolve_unknown(&self) -> Result<u64, EventsFailure> {
        let directory = self.registry().directory().await?;
        let (mut cursor, mut count) = (0, 0);
        loop {
            let events = self.book().unresolved(cursor, STEP).await?;
            let Some(last) = events.last() else { return Ok(count) };
            cursor = last.sequence;
            let resolved: Vec<_> = events.iter().filter_map(|event| resolved(event, &directory)).collect();
            if !resolved.is_empty() {
                self.book().resolve(&resolved, self.rules()).await?;
                count += resolved.len() as u64;
            }
        }
    }
}

fn resolved(event: &Event, directory: &Directory) -> Option<Resolved> {
    // The words of a usage point stand where the source named no device.
    let name = event.device.as_ref()?;
    let (device, usage_point) = if name.kind == "UsagePoint" { (None, Some(name)) } else { (Some(name), None) };
    let whose = directory.whose(device, usage_point, event.ordered_at);
    let subject: Subject = whose.subject()?;
    let usage_point = whose.usage_point.or(event.usage_point);
    Some(Resolved { sequence: event.sequence, subject, meter: whose.meter, usage_point })
}
