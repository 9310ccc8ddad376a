//! What was collected of a day by its deadline.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use ingest::collection::report::{ChannelMiss, Report, Verdict};
use ingest::collection::{Collection, Reason, waiting};
use jiff::Timestamp;
use jiff::civil::Date;
use model::id::{ChannelNumber, MeterId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, rows};
use crate::reading::quoted;
use crate::state::{Inner, Shared};

/// Which day, which of what did not count, and how much of that.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    date: Option<Date>,
    source: Option<String>,
    zone: Option<String>,
    reason: Option<String>,
    limit: Option<u32>,
}

/// Which day, of which everything is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedDay {
    pub(crate) date: Option<Date>,
}

/// Which of what did not count.
struct Filter {
    /// Of this source; `-` for usage points that any source may send.
    source: Option<String>,
    zone: Option<String>,
    reason: Option<Reason>,
}

/// A report of which not all of what did not count is told.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    report: Report,
    /// How many entries `misses` would have in all.
    misses_count: usize,
    /// Of how many meters these are.
    components_count: usize,
    /// The channels of the shown entries, by label.
    channels: BTreeMap<SmolStr, ChannelNumber>,
    /// The meters of the shown entries at the end of the day, by label of the channel.
    meters: BTreeMap<SmolStr, MeterId>,
}

impl Asked {
    fn filter(&self) -> Result<Filter, Problem> {
        let reason = |word: &String| {
            let known = Reason::ALL.into_iter().find(|reason| reason.word() == word);
            let words = || Reason::ALL.map(Reason::word).join(", ");
            known.ok_or_else(|| Problem::parameter("reason", format!("expected one of {}, found `{word}`", words())))
        };
        let reason = self.reason.as_ref().map(reason).transpose()?;
        Ok(Filter { source: self.source.clone(), zone: self.zone.clone(), reason })
    }
}

impl Filter {
    fn holds(&self, missed: &ChannelMiss) -> bool {
        self.source.as_deref().is_none_or(|asked| missed.source.as_deref().unwrap_or("-") == asked)
            && self.zone.as_deref().is_none_or(|asked| missed.zone == asked)
            && self.reason.is_none_or(|asked| missed.miss.reason == asked)
    }
}

/// `GET /api/v1/collection`
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<Asked>,
) -> Result<Response, Problem> {
    let limit = rows(asked.limit)? as usize;
    let filter = asked.filter()?;
    let report = state.collected(asked.date).await?;
    let directory = state.registry.directory().await?;
    let found: Vec<&ChannelMiss> = report.misses.iter().filter(|missed| filter.holds(missed)).collect();
    let components: HashSet<&str> = found.iter().map(|missed| missed.component.as_str()).collect();
    let shown = found.iter().take(limit);
    let of = |missed: &&&ChannelMiss| Some((missed.channel.clone(), directory.by_label(&missed.channel)?));
    let meter_of = |missed: &&&ChannelMiss| {
        let channel = directory.by_label(&missed.channel)?;
        let meter = directory.meters_between(channel.usage_point, missed.miss.from, missed.miss.to).last();
        Some((missed.channel.clone(), meter?.0))
    };
    let told = Told {
        misses_count: found.len(),
        components_count: components.len(),
        channels: shown
            .clone()
            .filter_map(|missed| of(&missed))
            .map(|(label, channel)| (label, channel.number))
            .collect(),
        meters: shown.clone().filter_map(|missed| meter_of(&missed)).collect(),
        report: Report { misses: shown.map(|missed| (*missed).clone()).collect(), ..report.cut(0) },
    };
    etag::json(&headers, &told)
}

/// `GET /api/v1/collection.csv`
pub(crate) async fn csv_file(State(state): State<Shared>, Ask(asked): Ask<Asked>) -> Result<Response, Problem> {
    let filter = asked.filter()?;
    let report = state.collected(asked.date).await?;
    let text = csv_of(report.misses.iter().filter(|missed| filter.holds(missed)));
    let mut response = ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response();
    let name = format!("attachment; filename=\"collection-{}.csv\"", report.date);
    if let Ok(disposition) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// What did not count, a row for consecutive readings of a channel.
pub fn csv(report: &Report) -> String {
    csv_of(report.misses.iter())
}

fn csv_of<'m>(misses: impl Iterator<Item = &'m ChannelMiss>) -> String {
    let mut text = String::from("component,channel,source,zone,from,to,readings,reason\n");
    for ChannelMiss { component, channel, source, zone, miss } in misses {
        let source = source.as_deref().unwrap_or_default();
        let [component, channel, source, zone] = [component, channel.as_str(), source, zone].map(quoted);
        let (readings, reason) = (miss.readings, miss.reason.word());
        let row = format_args!("{component},{channel},{source},{zone},{},{},{readings},{reason}", miss.from, miss.to);
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{row}");
    }
    text
}

/// A report with what it was made of, the batch and the revision of the registry; and when, and how long that took.
pub(crate) struct Made {
    of: (u64, u64),
    report: Arc<Report>,
    at: Instant,
    took: Duration,
}

/// How long a report stands whose deadline is still to come.
const OPEN_SECONDS: i64 = 60;
/// A report that need not be the very last stands at least so many times as long as it took to make.
const STANDS_TIMES: u32 = 10;

/// How new a report must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// Of everything that there is.
    Now,
    /// Made not long ago, against the time that making one takes; the report says when.
    Lately,
}

impl Made {
    fn stands(&self, of: (u64, u64), now: Timestamp, age: Age) -> bool {
        let is_open = self.report.verdict == Verdict::Open;
        let is_young = now.duration_since(self.report.made_at).as_secs() < OPEN_SECONDS;
        let is_cheap = age == Age::Lately && self.at.elapsed() < self.took * STANDS_TIMES;
        is_cheap || (self.of == of && (!is_open || is_young))
    }
}

impl Inner {
    pub(crate) async fn collected(&self, date: Option<Date>) -> Result<Arc<Report>, Problem> {
        self.collected_by(date, Age::Now).await
    }

    /// The report of a day; of the one that ended last where none is asked for. One is made at a time, and the last one stands
    /// until something changes.
    pub(crate) async fn collected_by(&self, date: Option<Date>, age: Age) -> Result<Arc<Report>, Problem> {
        let now = (self.now)();
        let yesterday = || now.to_zoned(self.zone.clone()).date().yesterday();
        let date = date.map_or_else(yesterday, Ok).map_err(|error| Problem::parameter("date", error.to_string()))?;
        let mut last = self.collection_report.lock().await;
        let directory = self.registry.directory().await?;
        let of = (self.readings.sequence(), directory.revision);
        if let Some(made) = last.as_ref()
            && made.report.date == date
            && made.stands(of, now, age)
        {
            return Ok(Arc::clone(&made.report));
        }
        let at = Instant::now();
        let collection =
            Collection::new(Arc::clone(&self.readings), directory, self.collection, waiting(&self.registry).await?);
        let report = Arc::new(self.read(move |_| collection.report(date, now, &mut |_| {})).await?);
        *last = Some(Made { of, report: Arc::clone(&report), at, took: at.elapsed() });
        Ok(report)
    }
}
