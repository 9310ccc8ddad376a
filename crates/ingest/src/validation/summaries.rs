//! Days of a channel in few numbers, for rules that compare a day with many before it.
//!
//! They are of what was received, never of estimates, so that the order of arrival leaves no trace. Figures that the
//! store keeps beside the values of a day are read instead of the values.

use std::collections::BTreeSet;

use jiff::Span;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::master::Channel;
use model::quality::Status;
use store::readings::{AsOf, Error, Figures, ReadingsBook};
use vee::context::DaySummary;

/// What says that power was off for a part of an interval.
const OUTAGE: Status = Status(Status::POWER_FAILURE.0 | Status::ZERO_OUTAGE.0);
/// What a source says of a value that it did not measure.
const ESTIMATED: Status = Status(Status::ESTIMATED.0 | Status::SUBSTITUTE.0 | Status::FORECAST.0);

/// A date and so many after it.
pub(super) fn dates(first: Date, count: u16) -> impl Iterator<Item = Date> {
    (0..=count).filter_map(move |days| first.checked_add(Span::new().days(days)).ok())
}

/// The touched days with those later ones whose rules compare them with touched ones, as far as anything arrived then.
pub(super) fn with_later_days(
    book: &ReadingsBook,
    spans: &[(u16, u16)],
    days: &BTreeSet<(ChannelNumber, Date)>,
) -> BTreeSet<(ChannelNumber, Date)> {
    let mut all = days.clone();
    if spans.is_empty() {
        return all;
    }
    let stored: BTreeSet<Date> = book.days().into_iter().collect();
    for (channel, date) in days {
        for (youngest, oldest) in spans {
            let after = |days: &u16| date.saturating_add(Span::new().days(*days));
            all.extend(
                stored.range(after(youngest)..=after(oldest).max(after(youngest))).map(|later| (*channel, *later)),
            );
        }
    }
    all
}

/// The summaries that rules compare `days` with.
///
/// # Errors
/// What the readings book says.
pub(super) fn of_channel(
    book: &ReadingsBook,
    channel: &Channel,
    spans: &[(u16, u16)],
    days: impl Iterator<Item = Date>,
    as_of: AsOf,
) -> Result<Vec<DaySummary>, Error> {
    let Some(length) = channel.interval_seconds else { return Ok(Vec::new()) };
    if spans.is_empty() {
        return Ok(Vec::new());
    }
    let mut wanted = BTreeSet::new();
    for date in days {
        for (youngest, oldest) in spans {
            wanted.extend(dates(date.saturating_sub(Span::new().days(*oldest)), oldest.saturating_sub(*youngest)));
        }
    }
    let figures = book.figures(channel.number, wanted, as_of)?;
    let fits = |found: &&(Date, Figures)| found.1.summary.slot_seconds == length;
    Ok(figures.iter().filter(fits).map(|(date, figures)| summary(book, *date, figures)).collect())
}

fn summary(book: &ReadingsBook, date: Date, figures: &Figures) -> DaySummary {
    let counted = |statuses: Status| {
        let meant = |quality| book.quality(quality).is_some_and(|quality| quality.status.intersects(statuses));
        let spans = figures.qualities.iter().filter(|(.., quality)| meant(*quality));
        spans.map(|(from, to, _)| to - from).sum()
    };
    let Figures { summary, .. } = figures;
    DaySummary {
        date,
        slots: summary.slots,
        sum: summary.sum,
        highest: summary.max,
        missing: summary.slots - summary.count,
        estimated: counted(ESTIMATED),
        edited: counted(Status::EDITED),
        outage: counted(OUTAGE),
    }
}
