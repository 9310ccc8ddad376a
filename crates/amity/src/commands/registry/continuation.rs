//! A channel that goes on as another one from a day on, because the length of its intervals changed.

use ingest::placement::zone_of;
use jiff::Timestamp;
use model::id::ChannelNumber;
use model::master::Channel;
use model::time::LocalDay;
use store::readings::{AsOf, NO_VALUE};
use store::registry::channel::ChannelEntry;
use store::registry::directory::Directory;
use store::registry::fact::{Fact, FactKind};

use crate::commands::time_span::instant;
use crate::installation::Installation;
use crate::output::Failure;

/// The channel that ends, and the first instant of the one that goes on.
pub(super) struct Continuation {
    before: Channel,
    from: Timestamp,
}

impl Continuation {
    /// Checks that the channel of an entry can go on from the channel `label` at the beginning of a local day.
    ///
    /// # Errors
    /// [`Failure::Usage`] with what does not fit and what to do.
    pub(super) fn of(
        installation: &Installation,
        directory: &Directory,
        entry: &ChannelEntry,
        (label, from): (&str, &str),
    ) -> Result<Self, Failure> {
        let before = installation.ask(installation.books.registry.channels().find(label))?;
        let refused = |words: String| Err(Failure::Usage(format!("continues {}: {words}", before.label)));
        if let Some(words) = misfit(directory, &before, entry) {
            return refused(words);
        }
        let zone = zone_of(&before.zone).map_err(|error| Failure::Usage(error.to_string()))?;
        let from = instant("continues_from", from, &zone)?;
        if LocalDay::containing(from, &zone).is_none_or(|day| day.range.start != from) {
            return refused(format!(
                "a day has intervals of one length; expected a local day of {}, found {from}",
                before.zone
            ));
        }
        if let Some(last) = values(installation, before.number, (from.as_second(), i64::MAX))?.1 {
            return refused(format!(
                "it has values of {last}; the next channel can go on from the day after the last one"
            ));
        }
        if let Some(next) = directory.registered(entry)
            && let Some(first) = values(installation, next.number, (i64::MIN, from.as_second()))?.0
        {
            return refused(format!("{} has values from {first} on; it can go on from that day", next.label));
        }
        Ok(Self { before, from })
    }

    /// The fact that says so, once the channel that goes on is registered.
    pub(super) fn fact(&self, next: &Channel) -> Result<Fact, Failure> {
        let value = Fact::naming(&[next.number]);
        let fact = Fact::new(FactKind::ContinuedBy, self.before.id.0, self.from, Some(&value));
        fact.map_err(|error| Failure::Usage(error.to_string()))
    }
}

/// Why a channel cannot go on as an entry says, in the words of a person who can mend it.
fn misfit(directory: &Directory, before: &Channel, entry: &ChannelEntry) -> Option<String> {
    let is_there =
        directory.usage_point_names(before.usage_point).iter().any(|name| name.value == entry.usage_point.value);
    let quantity = |one: model::reading_type::ReadingType| model::reading_type::ReadingType {
        macro_period: 0,
        measuring_period: 0,
        ..one
    };
    if !is_there {
        return Some("it belongs to another usage point".into());
    }
    if before.interval_seconds.is_none() || entry.interval_seconds.is_none() {
        return Some("only channels of intervals go on from each other; say `--interval-seconds`".into());
    }
    if directory.registered(entry).is_some_and(|next| next.number == before.number) {
        return Some("the channel that goes on needs a `--suffix` of its own".into());
    }
    if quantity(before.reading_type) != quantity(entry.reading_type) {
        return Some(format!("it measures {}; expected the same, also in its direction", before.reading_type));
    }
    let kept = (&*before.unit, before.quantum, &*before.zone);
    (kept != (&*entry.unit, entry.quantum, &*entry.zone)).then(|| {
        let (unit, quantum, zone) = kept;
        format!("expected its `--unit {unit} --quantum {quantum} --zone {zone}`, so that both can be added up")
    })
}

/// The dates of the first and the last value that a channel has in a time, in epoch seconds.
fn values(
    installation: &Installation,
    channel: ChannelNumber,
    (start, end): (i64, i64),
) -> Result<(Option<jiff::civil::Date>, Option<jiff::civil::Date>), Failure> {
    let history = installation.books.readings.read(channel, start, end, AsOf::Now);
    let days = history.map_err(|error| Failure::work("could not look for readings of the channel", error))?.days;
    let mut dates = days.iter().filter(|day| day.values.iter().any(|value| *value != NO_VALUE)).map(|day| day.date);
    let first = dates.next();
    Ok((first, dates.next_back().or(first)))
}
