//! What was not admitted: listed by reason, explained, replayed, corrected, dropped.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::registry::UnknownName;
use store::registry::quarantine::{Closing, QuarantineCount, QuarantineFilter, QuarantineItem, QuarantineState};
use vee::catalogue::CATALOGUE;

use crate::etag;
use crate::intake::file;
use crate::problem::Problem;
use crate::query::{Ask, Place, Sent, cursor, rows};
use crate::state::{Correction, Otherwise, Shared, Why};

/// Items that one request replays.
const REPLAY_MAX: usize = 10_000;

/// Which items to list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    reason: Option<String>,
    source: Option<String>,
    batch: Option<String>,
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// How many items wait for a reason.
#[derive(Serialize)]
pub(crate) struct ReasonCount {
    reason: String,
    title: String,
    count: u64,
}

#[derive(Serialize)]
struct Item {
    id: String,
    reason: String,
    /// The code of the reader, where it left something out.
    cause: String,
    title: String,
    subject: String,
    batch: String,
    line: u64,
    field: String,
    message: String,
    received_at: Timestamp,
    tries: u32,
    state: QuarantineState,
    closing: Option<Closing>,
}

/// The parts of a finding's JSON that are shown; written by `ingest`.
#[derive(Default, Deserialize)]
struct Detail {
    #[serde(default)]
    name: String,
    #[serde(default)]
    finding: Finding,
}

#[derive(Default, Deserialize)]
struct Finding {
    #[serde(default)]
    field: String,
}

/// `GET /api/v1/quarantine`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<Filter>,
) -> Result<Response, Problem> {
    let limit = rows(asked.limit)?;
    let after = cursor(asked.cursor.as_deref())?.unwrap_or(0);
    let named = asked.state.as_deref().unwrap_or(QuarantineState::Open.as_str()).parse();
    let filter = QuarantineFilter {
        state: Some(named.map_err(|error: UnknownName| Problem::parameter("state", error.to_string()))?),
        code: asked.reason,
        source: asked.source,
        batch: asked.batch,
        after,
        limit,
        ..QuarantineFilter::default()
    };
    let found = state.registry.quarantine().list(&filter).await?;
    let next = found.last().filter(|_| found.len() == limit as usize).map(|item| item.id.to_string());
    let items: Vec<Item> = found.into_iter().map(item).collect();
    let reasons = reasons(&state).await?;
    etag::json(&headers, &serde_json::json!({ "reasons": reasons, "items": items, "next": next }))
}

/// `GET /api/v1/quarantine/{id}`
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(id): Place<u64>,
) -> Result<Response, Problem> {
    let found = state.registry.quarantine().get(id).await?;
    let explanation = explanation(&found.entry.code);
    let remedy = found.entry.advice.clone();
    let finding: serde_json::Value = serde_json::from_str(&found.entry.finding).unwrap_or_default();
    let record = state.intake.record(&found).await?;
    let mut body = serde_json::to_value(item(found)).map_err(|error| Problem::internal(&error))?;
    body["explanation"] = explanation.into();
    body["remedy"] = remedy.into();
    body["detail"] = finding;
    body["record"] = record;
    body["drop_reasons"] =
        serde_json::to_value(state.intake.drop_reasons()).map_err(|error| Problem::internal(&error))?;
    etag::json(&headers, &body)
}

/// Which items to replay: by id, by reason, or every open one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Selection {
    ids: Option<Vec<String>>,
    reason: Option<String>,
    format: Option<String>,
    zone: Option<String>,
    usage_point: Option<String>,
    unit: Option<String>,
}

impl Selection {
    fn otherwise(&mut self) -> Otherwise {
        Otherwise {
            format: self.format.take(),
            zone: self.zone.take(),
            usage_point: self.usage_point.take(),
            unit: self.unit.take(),
        }
    }
}

/// `POST /api/v1/quarantine/replay`
pub(crate) async fn replay(
    State(state): State<Shared>,
    Sent(mut selection): Sent<Selection>,
) -> Result<Json<serde_json::Value>, Problem> {
    let otherwise = selection.otherwise();
    if selection.ids.is_none() && otherwise != Otherwise::default() {
        let detail =
            "format, zone, usage_point and unit say how a message is read: name the items that they are meant for";
        return Err(Problem::parameter("/ids", detail));
    }
    let ids = chosen(&state, selection).await?;
    let asked = ids.len();
    let replayed = state.intake.replay(ids.clone(), otherwise).await?;
    let mut messages = Vec::new();
    for id in ids.iter().take(if replayed.kept == 0 { 0 } else { 3 }) {
        let item = state.registry.quarantine().get(*id).await?;
        if item.state == QuarantineState::Open {
            messages.push(format!("{}: {}", item.entry.channel, item.entry.message));
        }
    }
    Ok(Json(serde_json::json!({
        "replayed": asked,
        "released": replayed.released,
        "kept": replayed.kept,
        "stored": replayed.stored,
        "messages": messages,
    })))
}

async fn chosen(state: &Shared, selection: Selection) -> Result<Vec<u64>, Problem> {
    let Some(texts) = selection.ids else {
        let limit = u32::try_from(REPLAY_MAX).unwrap_or(u32::MAX);
        let filter = QuarantineFilter {
            state: Some(QuarantineState::Open),
            code: selection.reason,
            limit,
            ..QuarantineFilter::default()
        };
        return Ok(state.registry.quarantine().list(&filter).await?.iter().map(|item| item.id).collect());
    };
    numbers(&texts)
}

fn numbers(texts: &[String]) -> Result<Vec<u64>, Problem> {
    if REPLAY_MAX < texts.len() {
        return Err(Problem::parameter("/ids", format!("expected at most {REPLAY_MAX} ids, found {}", texts.len())));
    }
    let invalid = |at: usize, text: &str| Problem::parameter(&format!("/ids/{at}"), format!("`{text}` is not an id"));
    texts.iter().enumerate().map(|(at, text)| text.parse().map_err(|_| invalid(at, text))).collect()
}

/// Which items nobody waits for any more, and who says so.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dropping {
    ids: Vec<String>,
    by: String,
    reason: String,
    #[serde(default)]
    note: String,
}

/// `POST /api/v1/quarantine/drop`
pub(crate) async fn drop(
    State(state): State<Shared>,
    Sent(asked): Sent<Dropping>,
) -> Result<Json<serde_json::Value>, Problem> {
    let why = Why { by: asked.by, reason: asked.reason, note: asked.note };
    let dropped = state.intake.decide_against(numbers(&asked.ids)?, why).await?;
    Ok(Json(serde_json::json!({ "dropped": dropped })))
}

/// Who hands a corrected copy in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fix {
    name: Option<String>,
    by: String,
    note: String,
}

/// `POST /api/v1/quarantine/{id}/fix`
pub(crate) async fn fix(
    State(state): State<Shared>,
    Place(item): Place<u64>,
    Ask(asked): Ask<Fix>,
    request: Request,
) -> Result<Json<serde_json::Value>, Problem> {
    let (bytes, _permit) = file(&state, request).await?;
    let why = Why { by: asked.by, reason: "corrected".into(), note: asked.note };
    let name = asked.name.unwrap_or_else(|| "posted copy".into());
    let corrected = state.intake.correct(Correction { item, name, why, bytes }).await?;
    Ok(Json(serde_json::json!({ "closed": corrected.closed, "receipt": corrected.told })))
}

/// Open items by reason, most first.
pub(crate) async fn reasons(state: &Shared) -> Result<Vec<ReasonCount>, Problem> {
    let counts = state.registry.quarantine().counts().await?;
    Ok(counts.into_iter().filter(|count| count.state == QuarantineState::Open).map(reason_count).collect())
}

/// The open items of a source by reason.
pub(crate) async fn reasons_of(state: &Shared, source: &str) -> Result<Vec<ReasonCount>, Problem> {
    Ok(state.registry.quarantine().open_of(source).await?.into_iter().map(reason_count).collect())
}

fn reason_count(count: QuarantineCount) -> ReasonCount {
    ReasonCount { title: title(&count.code), reason: count.code, count: count.items }
}

impl ReasonCount {
    /// How many items wait.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

fn item(item: QuarantineItem) -> Item {
    let detail: Detail = serde_json::from_str(&item.entry.finding).unwrap_or_default();
    Item {
        id: item.id.to_string(),
        title: title(&item.entry.code),
        reason: item.entry.code,
        cause: item.entry.cause,
        subject: item.entry.channel,
        batch: if detail.name.is_empty() { item.entry.source } else { detail.name },
        line: item.entry.line,
        field: detail.finding.field,
        message: item.entry.message,
        received_at: item.first_seen,
        tries: item.tries,
        state: item.state,
        closing: item.closing,
    }
}

/// The reason of what a reader left out; given by `ingest`.
const MALFORMED: &str = "malformed";

/// What is wrong where an admission rule fails; the catalogue names what it checks.
const FAULTS: [(&str, &str); 19] = [
    ("malformed", "could not be read"),
    ("V01", "unknown usage point, meter or channel"),
    ("V02", "sender does not own the point"),
    ("V03", "point not connected"),
    ("V04", "inactive meter"),
    ("V05", "wrong type of point"),
    ("V06", "unit does not fit"),
    ("V07", "interval length does not fit"),
    ("V08", "impossible period"),
    ("V09", "wrong count or order"),
    ("V10", "number cannot be kept"),
    ("V11", "unknown quality code"),
    ("V12", "sent before"),
    ("V13", "sibling channel missing"),
    ("V14", "another meter is registered"),
    ("V15", "channels missing"),
    ("V16", "day not complete"),
    ("V17", "in the future"),
    ("V18", "no final answer"),
];

/// A reason code as people read it: what is wrong, or the code's own words.
fn title(code: &str) -> String {
    let words = FAULTS.iter().find(|(rule, _)| *rule == code).map_or_else(
        || code.rsplit('.').next().unwrap_or(code).replace(['_', '-'], " "),
        |(_, fault)| if code == MALFORMED { (*fault).to_owned() } else { format!("{fault} ({code})") },
    );
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn explanation(code: &str) -> String {
    if code == MALFORMED {
        return "The reader of the format left these records out, for they are not as the format says. The message is kept as \
                received, and the rest of it was taken."
            .into();
    }
    match CATALOGUE.iter().find(|entry| entry.id == code) {
        Some(entry) => format!(
            "The check “{}” ({code} of the rule catalogue) did not let these readings in. Their bytes are kept as \
             received, and the rest of the message was taken.",
            entry.name
        ),
        None => format!(
            "Admission stopped these readings with `{code}`. Their bytes are kept as received, and the rest of the \
             message was taken."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_in_words() {
        assert_eq!(title("V06"), "Unit does not fit (V06)");
        assert_eq!(title("malformed"), "Could not be read");
        assert_eq!(title("zone.unknown"), "Unknown");
        assert_eq!(title("unknown_channel"), "Unknown channel");
        assert_eq!(title(""), "");
    }
}
