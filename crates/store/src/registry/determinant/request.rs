//! Requests for determinants, each with one outcome, and every version of what was told.

use jiff::Timestamp;
use model::determinant::{Issue, Item, RequestState};
use model::id::{ChannelNumber, CustomerAccountId, UsagePointId};
use model::time::TimeRange;
use serde::de::DeserializeOwned;

use super::Determinants;
use super::message;
use crate::registry::RegistryError;
use crate::registry::review::{Step, advance_follower};
use crate::registry::sql::{Row, Transaction, arguments};

/// A request as it was made, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The asker's id.
    pub id: String,
    /// Whose usage.
    pub usage_point: UsagePointId,
    /// The account it was asked through.
    pub account: Option<CustomerAccountId>,
    /// Over which period.
    pub period: TimeRange,
    /// Name of the rate.
    pub rate: String,
    /// The version of it that holds for this request for ever.
    pub rate_version: u32,
    /// Until when the answer may wait.
    pub cut_off: Timestamp,
    /// When it was made.
    pub requested_at: Timestamp,
    /// Where it stands.
    pub state: RequestState,
    /// When it came there; `None` while it is open.
    pub settled_at: Option<Timestamp>,
    /// Why there are no values, or no newer ones; `None` where nothing stands in the way or nobody looked yet.
    pub items: Option<Vec<Item>>,
}

/// Where a request goes from the state in which it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The request.
    pub request: String,
    /// Its state when it was looked at.
    pub was: RequestState,
    /// Its state now.
    pub state: RequestState,
    /// See [`Request::items`].
    pub items: Option<Vec<Item>>,
    /// What is told; its number is the next one.
    pub issue: Option<Issue>,
    /// The channels that were looked at.
    pub channels: Vec<ChannelNumber>,
}

/// Which requests to list, by id; `None` does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Only those of this usage point.
    pub usage_point: Option<UsagePointId>,
    /// Only those asked through this account.
    pub account: Option<CustomerAccountId>,
    /// Only those in this state.
    pub state: Option<RequestState>,
    /// Only those whose cut-off is at this instant or before.
    pub cut_off_until: Option<Timestamp>,
    /// Only those with a greater id: the last id of the page before.
    pub after: String,
    /// Most to return; 0 for all.
    pub limit: u32,
}

impl Determinants<'_> {
    /// Keeps a new request.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] where the id is taken.
    pub async fn add_request(&self, request: &Request) -> Result<(), RegistryError> {
        let insert = "INSERT INTO determinant_request (id, usage_point, account, period_start, period_end, rate, \
                      rate_version, cut_off, requested_at, state, settled_at, items) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING";
        let values = arguments![
            &*request.id,
            request.usage_point.to_string(),
            request.account.map(|account| account.to_string()),
            request.period.start,
            request.period.end,
            &*request.rate,
            request.rate_version,
            request.cut_off,
            request.requested_at,
            request.state.as_str(),
            request.settled_at,
            request.items.as_ref().map(json),
        ];
        match self.database.execute(insert, values).await? {
            0 => Err(conflict(&request.id, "the id is taken")),
            _ => Ok(()),
        }
    }

    /// One request.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn request(&self, id: &str) -> Result<Request, RegistryError> {
        let row = self.database.row("SELECT * FROM determinant_request WHERE id = $1", arguments![id]).await?;
        request(&row.ok_or_else(|| RegistryError::NotFound { what: "request", name: id.to_owned() })?)
    }

    /// The requests that match, by ascending id.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn requests(&self, filter: &RequestFilter) -> Result<Vec<Request>, RegistryError> {
        let sql = "SELECT * FROM determinant_request WHERE id > $1 AND ($2 IS NULL OR usage_point = $2) \
                   AND ($3 IS NULL OR account = $3) AND ($4 IS NULL OR state = $4) \
                   AND ($5 IS NULL OR cut_off <= $5) ORDER BY id LIMIT $6";
        let values = arguments![
            &*filter.after,
            filter.usage_point.map(|id| id.to_string()),
            filter.account.map(|id| id.to_string()),
            filter.state.map(RequestState::as_str),
            filter.cut_off_until,
            if filter.limit == 0 { u32::MAX } else { filter.limit },
        ];
        self.database.rows(sql, values).await?.iter().map(request).collect()
    }

    /// The open and created requests whose answers rest on any of these channels, by id.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn requests_on(&self, channels: &[ChannelNumber]) -> Result<Vec<Request>, RegistryError> {
        let select = "SELECT DISTINCT determinant_request.* FROM {keys} \
                      JOIN determinant_channel ON determinant_channel.channel = wanted.column1 \
                      JOIN determinant_request ON determinant_request.id = determinant_channel.request \
                      WHERE determinant_request.state IN ('open', 'created')";
        let mut transaction = self.database.begin_reading().await?;
        let keys = channels.iter().map(|channel| arguments![channel.0]).collect();
        let rows = transaction.rows_for(select, keys).await?;
        let mut requests = rows.iter().map(request).collect::<Result<Vec<_>, _>>()?;
        requests.sort_by(|left, right| left.id.cmp(&right.id));
        requests.dedup_by(|left, right| left.id == right.id);
        Ok(requests)
    }

    /// Everything that was told of a request, in order.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn issues(&self, id: &str) -> Result<Vec<Issue>, RegistryError> {
        let sql = "SELECT * FROM determinant_issue WHERE request = $1 ORDER BY number";
        self.database.rows(sql, arguments![id]).await?.iter().map(issue).collect()
    }

    /// Keeps where a request goes.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] where it has gone elsewhere meanwhile: nothing is kept.
    pub async fn settle(&self, outcome: &Outcome, now: Timestamp) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        keep(&mut transaction, outcome, now).await?;
        transaction.commit().await
    }

    /// Keeps where requests go, and how far the follower came that found it out, in one commit.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] where the follower or a request is elsewhere by now: nothing is kept.
    pub async fn follow(&self, step: Step<'_>, outcomes: &[Outcome], now: Timestamp) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        advance_follower(&mut transaction, step).await?;
        for outcome in outcomes {
            keep(&mut transaction, outcome, now).await?;
        }
        transaction.commit().await
    }
}

async fn keep(transaction: &mut Transaction, outcome: &Outcome, now: Timestamp) -> Result<(), RegistryError> {
    let sql = "UPDATE determinant_request SET state = $3, items = $4, \
               settled_at = CASE WHEN $2 = $3 THEN settled_at ELSE $5 END WHERE id = $1 AND state = $2";
    let items = outcome.items.as_ref().map(json);
    let values = arguments![&*outcome.request, outcome.was.as_str(), outcome.state.as_str(), items, now];
    if transaction.execute(sql, values).await? == 0 {
        return Err(conflict(&outcome.request, "it has gone on meanwhile"));
    }
    if let Some(issue) = &outcome.issue {
        let insert = "INSERT INTO determinant_issue (request, number, issued_at, plan_versions, determinants, changes) \
                      VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (request, number) DO NOTHING";
        let Issue { number, at, plan_versions, determinants, changes, .. } = issue;
        let bodies = arguments![json(plan_versions), json(determinants), json(changes)];
        let values = [arguments![&*outcome.request, *number, *at], bodies].concat();
        if transaction.execute(insert, values).await? == 0 {
            return Err(conflict(&outcome.request, "it was told already"));
        }
    }
    message::append(transaction, outcome).await?;
    let rows = outcome.channels.iter().map(|channel| arguments![channel.0, &*outcome.request]).collect();
    let insert = "INSERT INTO determinant_channel (channel, request)";
    transaction.insert_many(insert, rows, "ON CONFLICT (channel, request) DO NOTHING").await.map(drop)
}

fn conflict(id: &str, difference: &str) -> RegistryError {
    RegistryError::Conflict { what: "request", name: id.to_owned(), difference: difference.to_owned() }
}

fn request(row: &Row) -> Result<Request, RegistryError> {
    Ok(Request {
        id: row.get("id")?,
        usage_point: row.parsed("usage_point")?,
        account: row.parsed_or_null("account")?,
        period: TimeRange { start: row.instant("period_start")?, end: row.instant("period_end")? },
        rate: row.get("rate")?,
        rate_version: row.number("rate_version")?,
        cut_off: row.instant("cut_off")?,
        requested_at: row.instant("requested_at")?,
        state: row.parsed("state")?,
        settled_at: row.instant_or_null("settled_at")?,
        items: row.get::<Option<String>>("items")?.map(|text| read("items", text)).transpose()?,
    })
}

pub(super) fn issue(row: &Row) -> Result<Issue, RegistryError> {
    let number: u32 = row.number("number")?;
    Ok(Issue {
        number,
        replaces: number.checked_sub(1).filter(|before| 0 < *before),
        at: row.instant("issued_at")?,
        plan_versions: read("plan_versions", row.get("plan_versions")?)?,
        determinants: read("determinants", row.get("determinants")?)?,
        changes: read("changes", row.get("changes")?)?,
    })
}

fn json<T: serde::Serialize>(body: &T) -> String {
    serde_json::to_string(body).expect("text, numbers and lists always have a JSON form")
}

fn read<T: DeserializeOwned>(column: &'static str, text: String) -> Result<T, RegistryError> {
    serde_json::from_str(&text).map_err(|_| RegistryError::Damaged { column, text })
}
