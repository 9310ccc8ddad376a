//! Which meters are installed and which of them report: counted, listed, on a map, as a table for spreadsheets.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use ingest::collection::roll_out::{
    self, Counts, Filter, Installed, Reporting, RollOut, SILENT_HOURS, SILENT_HOURS_MAX, SILENT_HOURS_MIN, Summary,
    Told,
};
use jiff::Timestamp;
use model::id::MeterId;
use serde::{Deserialize, Serialize};

use crate::etag;
use crate::problem::Problem;
use crate::query::{Ask, cursor, rows};
use crate::reading::quoted;
use crate::state::{Inner, Shared};

/// Columns and rows of the map at the most.
const CELLS: [usize; 2] = [48, 32];
/// What was looked up stands at least so many times as long as it took.
const STANDS_TIMES: u32 = 10;
/// How long it stands at the most where nothing came since: meters fall silent by themselves.
const STANDS: Duration = Duration::from_secs(60);

/// Which meters, and how many of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    head_end: Option<String>,
    area: Option<String>,
    state: Option<Reporting>,
    silent_hours: Option<u32>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The whole answer.
#[derive(Serialize)]
struct Answer {
    as_of: Timestamp,
    silent_hours: u32,
    #[serde(flatten)]
    summary: Summary,
    map: Option<Map>,
    items: Vec<Told>,
    /// How many entries `items` would have in all.
    items_count: usize,
    next: Option<MeterId>,
}

/// Meters with a known position, in cells of equal width and height.
#[derive(Serialize)]
struct Map {
    south: f64,
    west: f64,
    north: f64,
    east: f64,
    columns: usize,
    rows: usize,
    cells: Vec<Cell>,
    /// Meters whose position is not known.
    elsewhere: u64,
}

#[derive(Serialize)]
struct Cell {
    /// From the west.
    column: usize,
    /// From the south.
    row: usize,
    #[serde(flatten)]
    counts: Counts,
}

/// `GET /api/v1/roll-out`
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<Asked>,
) -> Result<Response, Problem> {
    let (limit, after) = (rows(asked.limit)? as usize, cursor::<MeterId>(asked.cursor.as_deref())?);
    let filter = filter(asked)?;
    let found = state.rolled_out().await?;
    let matching: Vec<&Installed> = found.matching(&filter).collect();
    let gone = || Problem::parameter("cursor", "that meter is no longer in the list; begin again without it");
    let start = match after {
        None => 0,
        Some(after) => matching.iter().position(|meter| meter.meter == after).ok_or_else(gone)? + 1,
    };
    let shown = &matching[start..matching.len().min(start + limit)];
    let answer = Answer {
        as_of: found.made_at,
        silent_hours: filter.silent_hours,
        summary: found.summary(&filter),
        map: map(&found, &filter),
        items: shown.iter().map(|meter| found.told(meter, filter.silent_hours)).collect(),
        items_count: matching.len(),
        next: shown.last().filter(|_| start + shown.len() < matching.len()).map(|meter| meter.meter),
    };
    etag::json(&headers, &answer)
}

/// `GET /api/v1/roll-out.csv`: every meter that is asked for, whatever the limit.
pub(crate) async fn csv_file(State(state): State<Shared>, Ask(asked): Ask<Asked>) -> Result<Response, Problem> {
    let filter = filter(asked)?;
    let found = state.rolled_out().await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"roll-out.csv\""),
    ];
    Ok((headers, csv(&found, &filter)).into_response())
}

fn filter(asked: Asked) -> Result<Filter, Problem> {
    let silent_hours = asked.silent_hours.unwrap_or(SILENT_HOURS);
    if !(SILENT_HOURS_MIN..=SILENT_HOURS_MAX).contains(&silent_hours) {
        let detail = format!("expected {SILENT_HOURS_MIN} to {SILENT_HOURS_MAX}, found {silent_hours}");
        return Err(Problem::parameter("silent_hours", detail));
    }
    Ok(Filter { head_end: asked.head_end, area: asked.area, state: asked.state, silent_hours })
}

/// A row for each meter that a filter lets through.
pub fn csv(found: &RollOut, filter: &Filter) -> String {
    let mut text = String::from("meter,usage_point,head_end,area,position,state,installed_at,last_value\n");
    for meter in found.matching(filter) {
        let told = found.told(meter, filter.silent_hours);
        let words = [Some(&told.name), Some(&told.usage_point_name), told.head_end.as_ref(), told.area.as_ref()];
        let [name, usage_point, head_end, area] = words.map(|word| word.map_or_else(String::new, |word| quoted(word)));
        // Degrees are numbers: a leading minus is no formula.
        let position = told.position.as_deref().unwrap_or_default();
        let instant = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
        let (state, since, last) = (told.state.word(), instant(told.installed_at), instant(told.last_value));
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{name},{usage_point},{head_end},{area},{position},{state},{since},{last}");
    }
    text
}

/// The map of the meters that a filter lets through; `None` where no position is known.
fn map(found: &RollOut, filter: &Filter) -> Option<Map> {
    let mut places = Vec::new();
    let mut elsewhere = 0;
    for meter in found.matching(filter) {
        match found.position(meter).and_then(degrees) {
            Some(place) => places.push((place, meter.reporting(found.made_at, filter.silent_hours))),
            None => elsewhere += 1,
        }
    }
    let ends = |of: fn(&[f64; 2]) -> f64| {
        let all = || places.iter().map(|(place, _)| of(place));
        (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max))
    };
    let ((south, north), (west, east)) = (ends(|place| place[0]), ends(|place| place[1]));
    if places.is_empty() {
        return None;
    }
    let mut cells: BTreeMap<[usize; 2], Counts> = BTreeMap::new();
    for ([north_of, east_of], state) in &places {
        let cell = [cell(*north_of, (south, north), CELLS[1]), cell(*east_of, (west, east), CELLS[0])];
        cells.entry(cell).or_default().add(*state);
    }
    let cells = cells.into_iter().map(|([row, column], counts)| Cell { column, row, counts }).collect();
    Some(Map { south, west, north, east, columns: CELLS[0], rows: CELLS[1], cells, elsewhere })
}

/// Degrees north and east as a fact has them.
fn degrees(text: &str) -> Option<[f64; 2]> {
    let (north, east) = text.split_once(' ')?;
    Some([north.parse().ok()?, east.parse().ok()?])
}

/// In which of so many equal parts a place lies.
fn cell(at: f64, (from, to): (f64, f64), parts: usize) -> usize {
    let share = if from < to { (at - from) / (to - from) } else { 0.5 };
    ((share * parts as f64) as usize).min(parts - 1)
}

/// The installed meters with what they were looked up of: the batch and the revision of the registry; and when, and how
/// long that took.
pub(crate) struct Made {
    of: (u64, u64),
    found: Arc<RollOut>,
    at: Instant,
    took: Duration,
}

impl Made {
    fn stands(&self, of: (u64, u64)) -> bool {
        let age = self.at.elapsed();
        age < self.took * STANDS_TIMES || (self.of == of && age < STANDS)
    }
}

impl Inner {
    /// The installed meters. They are looked up by one request at a time, and not again before ten times as long has passed
    /// as it took: what came since is told a little later, and `as_of` says of when it is.
    async fn rolled_out(&self) -> Result<Arc<RollOut>, Problem> {
        let mut last = self.roll_out.lock().await;
        let directory = self.registry.directory().await?;
        let of = (self.readings.sequence(), directory.revision);
        if let Some(made) = last.as_ref()
            && made.stands(of)
        {
            return Ok(Arc::clone(&made.found));
        }
        let (now, at) = ((self.now)(), Instant::now());
        let feeders = self.registry.feeders(now).await?;
        let look = move |book: &store::readings::ReadingsBook| {
            roll_out::installed(book, (directory, feeders), now, &mut |_| {})
        };
        let found = Arc::new(self.read(look).await?);
        *last = Some(Made { of, found: Arc::clone(&found), at, took: at.elapsed() });
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lie_in_equal_parts() {
        let check = |at: f64, ends: (f64, f64), expected: usize| assert_eq!(cell(at, ends, 4), expected, "{at}");
        check(0.0, (0.0, 1.0), 0);
        check(0.25, (0.0, 1.0), 1);
        check(1.0, (0.0, 1.0), 3);
        check(7.0, (7.0, 7.0), 2);
        check(-79.9, (-80.0, -79.0), 0);
    }
}
