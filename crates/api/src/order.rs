//! Orders: what head-ends are asked to do, and how far that is.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use model::id::{Name, UsagePointId};
use orchestrator::on_demand::{self, NotOrdered, Whose, Wish};
use serde::{Deserialize, Serialize};
use store::registry::master::Class;
use store::registry::order::{Order, OrderCount, OrderFilter, OrderReason, OrderState};

use crate::etag;
use crate::problem::{Code, Problem};
use crate::query::{Ask, Place, Sent, range, rows};
use crate::state::Shared;

/// Which orders.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    state: Option<String>,
    why: Option<String>,
    head_end: Option<String>,
    usage_point: Option<String>,
    after: Option<u64>,
    /// The newest first, of a usage point.
    newest: Option<bool>,
    limit: Option<u32>,
}

/// A page of orders.
#[derive(Serialize)]
struct Page {
    orders: Vec<Order>,
    /// How many there are of each head-end and state, whatever was asked for.
    counts: Vec<OrderCount>,
}

/// What somebody wants.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    kind: Kind,
    meter: Option<String>,
    usage_point: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    by: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Read,
    ReadNow,
    Ping,
}

/// Why an order is cancelled.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancel {
    by: String,
    #[serde(default)]
    note: String,
}

/// `GET /api/v1/orders`
pub(crate) async fn list(
    State(state): State<Shared>,
    headers: HeaderMap,
    Ask(asked): Ask<Asked>,
) -> Result<Response, Problem> {
    let usage_point = match &asked.usage_point {
        None => None,
        Some(name) => {
            let found = state.registry.master().find(Class::UsagePoint, &Name::new("", name.as_str())).await?;
            let found = found.or_else(|| name.parse().ok()).map(UsagePointId);
            let unknown = || Problem::new(Code::NotFound, format!("`{name}` is not the name of one usage point"));
            Some(found.ok_or_else(unknown)?)
        }
    };
    let limit = rows(asked.limit)?;
    if asked.newest == Some(true) {
        let is_of_all =
            asked.state.is_none() && asked.why.is_none() && asked.head_end.is_none() && asked.after.is_none();
        let (Some(usage_point), true) = (usage_point, is_of_all) else {
            return Err(Problem::parameter("newest", "expected `usage_point` beside it, and nothing else but `limit`"));
        };
        let orders = state.registry.orders().latest(usage_point, limit).await?;
        return etag::json(&headers, &Page { orders, counts: state.registry.orders().counts().await? });
    }
    let filter = OrderFilter {
        state: word::<OrderState>("state", asked.state.as_deref())?,
        why: word::<OrderReason>("why", asked.why.as_deref())?,
        head_end: asked.head_end,
        usage_point,
        after: asked.after.unwrap_or(0),
        limit,
    };
    let (orders, counts) = (state.registry.orders().list(&filter).await?, state.registry.orders().counts().await?);
    etag::json(&headers, &Page { orders, counts })
}

/// `GET /api/v1/orders/{id}`
pub(crate) async fn get(
    State(state): State<Shared>,
    headers: HeaderMap,
    Place(id): Place<u64>,
) -> Result<Response, Problem> {
    etag::json(&headers, &state.registry.orders().get(id).await?)
}

/// `POST /api/v1/orders`
pub(crate) async fn add(State(state): State<Shared>, Sent(wanted): Sent<Wanted>) -> Result<Response, Problem> {
    let (by, wish) = (person(&wanted.by)?, wish(&wanted)?);
    let whose = match (wanted.meter, wanted.usage_point) {
        (Some(meter), None) => Whose::Meter(meter),
        (None, Some(usage_point)) => Whose::UsagePoint(usage_point),
        _ => return Err(Problem::parameter("meter", "expected the name of one: `meter` or `usage_point`")),
    };
    let orders = on_demand::order(&state.registry, &whose, (wish, &by), (&state.on_demand, (state.now)())).await?;
    Ok((StatusCode::ACCEPTED, Json(serde_json::json!({ "orders": orders }))).into_response())
}

/// `POST /api/v1/orders/{id}/cancel`
pub(crate) async fn cancel(
    State(state): State<Shared>,
    Place(id): Place<u64>,
    Sent(Cancel { by, note }): Sent<Cancel>,
) -> Result<Json<Order>, Problem> {
    let outcome = format!("cancelled by {}: {note}", person(&by)?);
    let cancelled = state.registry.orders().cancel(&[id], &outcome, (state.now)()).await?;
    let order = state.registry.orders().get(id).await?;
    if cancelled == 0 {
        return Err(Problem::new(Code::Conflict, format!("order {id} is closed: it is {}", order.state)));
    }
    Ok(Json(order))
}

fn person(by: &str) -> Result<String, Problem> {
    let by = by.trim();
    if by.is_empty() || 100 < by.len() {
        return Err(Problem::parameter("by", "expected the name of a person, 1 to 100 bytes"));
    }
    Ok(by.to_owned())
}

fn wish(wanted: &Wanted) -> Result<Wish, Problem> {
    match (&wanted.kind, wanted.from, wanted.to) {
        (Kind::Read, Some(from), Some(to)) => Ok(Wish::Read(range(from, to)?)),
        (Kind::Read, ..) => Err(Problem::parameter("from", "expected `from` and `to`: what is to be read again")),
        (Kind::ReadNow, None, None) => Ok(Wish::ReadNow),
        (Kind::Ping, None, None) => Ok(Wish::Ping),
        _ => Err(Problem::parameter("from", "expected none: `from` and `to` are for the kind `read`")),
    }
}

fn word<T: std::str::FromStr<Err: std::fmt::Display>>(
    name: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, Problem> {
    text.map(|text| text.parse().map_err(|error: T::Err| Problem::parameter(name, error.to_string()))).transpose()
}

impl From<NotOrdered> for Problem {
    fn from(error: NotOrdered) -> Self {
        match error {
            NotOrdered::Registry(error) => error.into(),
            error => Self::new(Code::NotFound, error.to_string()),
        }
    }
}
