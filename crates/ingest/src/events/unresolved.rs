//! Events that were not understood in full when they arrived: looked at again when the registry or the dialects say more.

use std::time::Duration;

use model::event::report::Subject;
use store::events::{Event, Resolved};
use store::registry::directory::Directory;

use super::lane::{EventsFailure, EventsLane};
use super::reading::USAGE_POINT;

/// How often the registry is asked whether it has changed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Events looked at in one step.
const STEP: u32 = 1000;

impl EventsLane {
    /// Goes on giving events to their devices whenever the registry has changed; those of words that a dialect explains by now
    /// get their type at the beginning.
    ///
    /// Each change is looked at twice: an event on its way meanwhile may have been read by what was known before.
    pub async fn keep_resolving(self) {
        told(self.explain_words().await, "events got their type");
        let mut seen = [None, None];
        loop {
            let revision = self.registry().revision().await.ok();
            if seen != [revision, revision] {
                told(self.resolve_unknown().await, "events were given to their devices");
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

    /// Gives events their type where the dialects explain their words by now; answers how many.
    ///
    /// # Errors
    /// As [`EventsLane::resolve_unknown`].
    pub async fn explain_words(&self) -> Result<u64, EventsFailure> {
        let (mut cursor, mut count) = (0, 0);
        loop {
            let events = self.book().unexplained(cursor, STEP).await?;
            let Some(last) = events.last() else { return Ok(count) };
            cursor = last.sequence;
            let explained: Vec<_> = events
                .iter()
                .filter_map(|event| {
                    let report = event.reports.first()?;
                    let meaning = self.rules().dialects.meaning_of(&report.source, &report.told_type);
                    Some((event.sequence, meaning.event_type()?))
                })
                .collect();
            if !explained.is_empty() {
                self.book().explain(&explained, self.rules()).await?;
                count += explained.len() as u64;
            }
        }
    }
}

fn told(done: Result<u64, EventsFailure>, what: &str) {
    match done {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "{what}"),
        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "events wait to be understood"),
    }
}

fn resolved(event: &Event, directory: &Directory) -> Option<Resolved> {
    // The words of a usage point stand where the source named no device.
    let name = event.device.as_ref()?;
    let (device, usage_point) = if name.kind == USAGE_POINT { (None, Some(name)) } else { (Some(name), None) };
    let whose = directory.whose(device, usage_point, event.ordered_at);
    let subject: Subject = whose.subject()?;
    let usage_point = whose.usage_point.or(event.usage_point);
    Some(Resolved { sequence: event.sequence, subject, meter: whose.meter, usage_point })
}
