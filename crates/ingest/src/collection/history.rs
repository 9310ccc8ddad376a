//! What is kept of the collection of each day, and how it compares with what is known now (Ontario 2.10.2, item 5).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use store::registry::collected_day::CollectedDay;
use store::registry::{Registry, RegistryError};

use super::Rules;
use super::report::{Report, Verdict, Zone};

/// The zones of a report as they are kept; one whose deadline is still to come is not yet.
pub fn days_of(report: &Report) -> Vec<CollectedDay> {
    let day = |zone: &Zone| CollectedDay {
        date: report.date,
        zone: zone.zone.to_string(),
        deadline: zone.deadline,
        made_at: report.made_at,
        per_cent: report.rules.per_cent,
        expected: zone.tally.expected,
        in_time: zone.tally.in_time,
        late: zone.tally.late,
        estimated: zone.tally.estimated,
        missing: zone.tally.missing,
        time_in_doubt: zone.tally.time_in_doubt,
        reasons: reasons(report, zone),
    };
    report
        .zones
        .iter()
        .filter(|zone| zone.deadline <= report.made_at && zone.verdict != Verdict::Open)
        .map(day)
        .collect()
}

/// Readings of a zone that did not count, by reason.
fn reasons(report: &Report, zone: &Zone) -> serde_json::Value {
    let mut reasons = serde_json::Map::new();
    for missed in report.misses.iter().filter(|missed| missed.zone == zone.zone) {
        let so_far = reasons.get(missed.miss.reason.word()).and_then(serde_json::Value::as_u64).unwrap_or(0);
        reasons.insert(missed.miss.reason.word().to_owned(), (so_far + missed.miss.readings).into());
    }
    reasons.into()
}

/// Compliance over a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct History {
    /// The first date that was asked for.
    pub from: Date,
    /// The last one.
    pub to: Date,
    /// Days and zones that met what was asked of them.
    pub met: usize,
    /// Those that did not.
    pub not_met: usize,
    /// Readings expected over the period.
    pub expected: u64,
    /// Of these, in time.
    pub in_time: u64,
    /// Dates of the period of which nothing is kept.
    pub not_kept: Vec<Date>,
    /// The days by date and zone.
    pub days: Vec<CollectedDay>,
}

/// What is kept of a period.
///
/// # Errors
/// What the registry says.
pub async fn history(registry: &Registry, from: Date, to: Date) -> Result<History, RegistryError> {
    let days = registry.collected_days().between(from, to).await?;
    let dates = std::iter::successors(Some(from), |date| date.tomorrow().ok()).take_while(|date| *date <= to);
    let is_kept = |date: &Date| days.binary_search_by_key(date, |day| day.date).is_ok();
    Ok(History {
        from,
        to,
        met: days.iter().filter(|day| day.is_met()).count(),
        not_met: days.iter().filter(|day| !day.is_met()).count(),
        expected: days.iter().map(|day| day.expected).sum(),
        in_time: days.iter().map(|day| day.in_time).sum(),
        not_kept: dates.filter(|date| !is_kept(date)).collect(),
        days,
    })
}

/// What is kept of a day and zone beside what is known of it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// As it was kept.
    pub kept: CollectedDay,
    /// As it is now.
    pub now: CollectedDay,
}

/// The days of a report that are kept otherwise than it tells them now.
pub fn differences(kept: &[CollectedDay], report: &Report) -> Vec<Difference> {
    let counts = |day: &CollectedDay| {
        (day.expected, day.in_time, day.late, day.estimated, day.missing, day.time_in_doubt, day.reasons.clone())
    };
    let of_now = |now: CollectedDay| {
        let kept = kept.iter().find(|kept| (kept.date, &kept.zone) == (now.date, &now.zone))?.clone();
        (counts(&kept) != counts(&now)).then_some(Difference { kept, now })
    };
    days_of(report).into_iter().filter_map(of_now).collect()
}

/// The last date whose deadline has passed in a zone.
pub fn last_due(rules: &Rules, zone: &TimeZone, now: Timestamp) -> Option<Date> {
    let today = now.to_zoned(zone.clone()).date();
    let dates = std::iter::successors(today.yesterday().ok(), |date| date.yesterday().ok()).take(3);
    dates.into_iter().find(|date| rules.deadline_of(*date, zone).is_some_and(|deadline| deadline <= now))
}
