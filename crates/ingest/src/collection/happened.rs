//! Events of the events book as the reports of collecting look at them.

use model::id::Name;
use model::time::TimeRange;
use store::events::{Event, EventsBook, EventsError, Filter};
use store::registry::directory::Directory;

use super::event_class::{Happened, class};

/// Events that are asked for at a time.
const PAGE: u32 = 5_000;

/// The events of a span that say something of collecting, by time.
///
/// # Errors
/// What the events book says.
pub async fn within(book: &EventsBook, directory: &Directory, range: TimeRange) -> Result<Vec<Happened>, EventsError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = book.between(range, &Filter::default(), PAGE, after).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.place());
        found.extend(page.iter().filter_map(|event| happened(event, directory)));
    }
}

/// An event by the name that the registry has of its meter; `None` where it says nothing of collecting.
pub(super) fn happened(event: &Event, directory: &Directory) -> Option<Happened> {
    let event_type = event.event_type.filter(|event_type| class(*event_type).is_some())?;
    let registered = event.meter.and_then(|meter| directory.meter_names(meter).first());
    let component = registered.or(event.device.as_ref()).map(|name: &Name| name.value.clone()).unwrap_or_default();
    let source = event.reports.first().map(|report| report.source.clone()).unwrap_or_default();
    Some(Happened { component, source, at: event.ordered_at, received_at: event.received_at, event_type })
}
