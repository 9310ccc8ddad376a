//! The feed of what was told of requests: numbered in the order of the commits that told it.

use model::determinant::{Issue, RequestState, Telling, Told};
use model::id::Mrid;

use super::request::issue;
use super::{Determinants, Outcome, Request};
use crate::registry::RegistryError;
use crate::registry::sql::{Row, Transaction, arguments};

/// One thing that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place in the feed, from 1; numbers follow each other.
    pub number: u64,
    /// Which message it is.
    pub telling: Telling,
    /// The request as it stood then.
    pub told: Told,
}

/// Appends what an outcome tells, in the commit that keeps it.
pub(super) async fn append(transaction: &mut Transaction, outcome: &Outcome) -> Result<(), RegistryError> {
    let has_ended =
        outcome.was != outcome.state && matches!(outcome.state, RequestState::Refused | RequestState::Canceled);
    if outcome.issue.is_none() && !has_ended {
        return Ok(());
    }
    let number = transaction.advance("determinant_message", 1).await? + 1;
    let issue = outcome.issue.as_ref().map(|issue| issue.number);
    let sql = "INSERT INTO determinant_message (number, request, issue) VALUES ($1, $2, $3)";
    transaction.execute(sql, arguments![number, &*outcome.request, issue]).await.map(drop)
}

impl Determinants<'_> {
    /// The number of the last message; 0 where there is none.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn last_message(&self) -> Result<u64, RegistryError> {
        let sql = "SELECT value FROM counter WHERE name = 'determinant_message'";
        self.database.row(sql, arguments![]).await?.map_or(Ok(0), |row| row.number("value"))
    }

    /// The first message after a place in the feed; `None` after the last.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn message_after(&self, place: u64) -> Result<Option<Message>, RegistryError> {
        let sql = "SELECT * FROM determinant_message WHERE number > $1 ORDER BY number LIMIT 1";
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        match self.database.row(sql, arguments![place]).await? {
            Some(row) => self.message(&row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn message(&self, row: &Row) -> Result<Message, RegistryError> {
        let request = self.request(&row.get::<String>("request")?).await?;
        let (state, issue) = match row.number_or_null("issue")? {
            Some(number) => (RequestState::Created, self.issue(&request.id, Some(number)).await?),
            None => (request.state, self.issue(&request.id, None).await?),
        };
        let missing = || RegistryError::Damaged { column: "determinant_message.issue", text: request.id.clone() };
        let telling = Telling::last(state, issue.as_ref().map(|issue| issue.number)).ok_or_else(missing)?;
        Ok(Message { number: row.number("number")?, telling, told: self.told(&request, state, issue).await? })
    }

    /// An issue of a request; the last where none is named.
    async fn issue(&self, id: &str, number: Option<u32>) -> Result<Option<Issue>, RegistryError> {
        let sql = "SELECT * FROM determinant_issue WHERE request = $1 AND ($2 IS NULL OR number = $2) \
                   ORDER BY number DESC LIMIT 1";
        self.database.row(sql, arguments![id, number]).await?.as_ref().map(issue).transpose()
    }

    /// A request that stood in a state and what was told last then, as askers see it.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn told(
        &self,
        request: &Request,
        state: RequestState,
        issue: Option<Issue>,
    ) -> Result<Told, RegistryError> {
        let telling = Telling::last(state, issue.as_ref().map(|issue| issue.number));
        let (verb, noun) = telling.map(Telling::verb_and_noun).unzip();
        let account = match request.account {
            Some(account) => Some(self.name_of(account.0).await?),
            None => None,
        };
        Ok(Told {
            id: request.id.clone(),
            state,
            verb,
            noun: noun.unwrap_or(Told::REQUEST_NOUN),
            usage_point: self.name_of(request.usage_point.0).await?,
            account,
            period: request.period,
            definition: request.rate.clone(),
            definition_version: request.rate_version,
            cut_off: request.cut_off,
            requested_at: request.requested_at,
            issue,
            items: if state == request.state { request.items.clone().unwrap_or_default() } else { Vec::new() },
        })
    }

    /// What people call an object; its mRID where it has no name.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn name_of(&self, id: Mrid) -> Result<String, RegistryError> {
        let sql = "SELECT value FROM name WHERE object = $1 ORDER BY folded, kind, authority LIMIT 1";
        let row = self.database.row(sql, arguments![id.to_string()]).await?;
        row.map_or_else(|| Ok(id.to_string()), |row| row.get("value"))
    }
}
