//! Acts: what one person did at once, who approved it, and whether it still counts.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;

use super::exception::by_id;
use super::{Review, channel, conflict, not_found};
use crate::registry::RegistryError;
use crate::registry::sql::{Row, Transaction, arguments, text_enum};

text_enum! {
    /// What an act does.
    pub enum ActKind {
        /// Says that values are real.
        Accept = "accept",
        /// Writes values.
        Set = "set",
    }
}

text_enum! {
    /// Whether an act counts.
    pub enum ActState {
        /// It waits for another person.
        Proposed = "proposed",
        /// It counts.
        Approved = "approved",
        /// It never counted.
        Rejected = "rejected",
        /// It counted and does no longer.
        Undone = "undone",
    }
}

/// What a person says of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It counts from now on.
    Approve,
    /// It does not count.
    Reject,
    /// It counts no longer.
    Undo,
}

impl Verdict {
    /// The state it leads to.
    pub const fn state(self) -> ActState {
        match self {
            Self::Approve => ActState::Approved,
            Self::Reject => ActState::Rejected,
            Self::Undo => ActState::Undone,
        }
    }

    /// The state it needs.
    pub const fn needs(self) -> ActState {
        match self {
            Self::Approve | Self::Reject => ActState::Proposed,
            Self::Undo => ActState::Approved,
        }
    }
}

/// An act that begins: proposed, or approved at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAct {
    /// The sender's own key; the same key again is the same act.
    pub request: Option<String>,
    /// What it does.
    pub kind: ActKind,
    /// Where written values come from: a method id, `value`, `values` or `shift`; `None` where values stand.
    pub method: Option<String>,
    /// A code of the list of reasons.
    pub reason: String,
    /// Free words.
    pub note: String,
    /// Who.
    pub by: String,
    /// Whether it counts without another person.
    pub approved: bool,
    /// What it says of each channel-day.
    pub decisions: Vec<DecidedDay>,
    /// The exceptions it settles; each must be open.
    pub exceptions: Vec<u64>,
}

/// What an act says of the slots `[first, end)` of a channel-day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedDay {
    /// The channel.
    pub channel: ChannelNumber,
    /// The local day.
    pub date: Date,
    /// First slot.
    pub first: u16,
    /// One past the last slot.
    pub end: u16,
    /// The raw values it was decided on, one a slot, in the channel's quantum; `None` where there was none.
    pub basis: Vec<Option<i64>>,
    /// The values written, one a slot; `None` where the values stand.
    pub new_values: Option<Vec<i64>>,
}

/// An act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Number by which people name it; a later act has a higher one.
    pub id: u64,
    /// What it does.
    pub kind: ActKind,
    /// Where written values come from.
    pub method: Option<String>,
    /// A code of the list of reasons.
    pub reason: String,
    /// Free words.
    pub note: String,
    /// Whether it counts.
    pub state: ActState,
    /// Who began it.
    pub proposed_by: String,
    /// When.
    pub proposed_at: Timestamp,
    /// Who approved or rejected it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Their words.
    pub decided_note: Option<String>,
    /// Who undid it.
    pub undone_by: Option<String>,
    /// When.
    pub undone_at: Option<Timestamp>,
    /// Their words.
    pub undone_note: Option<String>,
}

/// A decision that counts, with its act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The act.
    pub act: u64,
    /// Where written values come from.
    pub method: Option<String>,
    /// What it says.
    pub day: DecidedDay,
}

/// Which acts to list, newest first; `None` does not restrict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActFilter {
    /// Only those in this state.
    pub state: Option<ActState>,
    /// Only those before this one: the last of the page before.
    pub before: Option<u64>,
    /// Most to return.
    pub limit: u32,
}

impl Review<'_> {
    /// Begins an act with its decisions, in one commit. Where `request` is known, answers the act it began then.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for an unknown exception; [`RegistryError::Conflict`] where an exception is not
    /// open, or where a proposal for slots of the same channel-day waits already.
    pub async fn begin(&self, new: &NewAct, now: Timestamp) -> Result<Act, RegistryError> {
        let mut transaction = self.database.begin().await?;
        // The counter's row is held until the commit, so that acts begin one after the other.
        let id = transaction.advance("act", 1).await? + 1;
        if let Some(request) = &new.request {
            let sql = "SELECT * FROM act WHERE request = $1";
            if let Some(row) = transaction.row(sql, arguments![&**request]).await? {
                return act(&row);
            }
        }
        let state = if new.approved { ActState::Approved } else { ActState::Proposed };
        let days: Vec<_> = new.decisions.iter().map(|day| (day.channel, day.date)).collect();
        for waiting in of_days(&mut transaction, &days, ActState::Proposed).await? {
            let meets = |day: &&DecidedDay| day.overlaps(&waiting.day);
            if let Some(day) = new.decisions.iter().find(meets) {
                let words = format!("act {} proposes something for {} and waits", waiting.act, day.date);
                return Err(conflict("proposal for channel", day.channel.0, words));
            }
        }
        settle_exceptions(&mut transaction, new, id, now).await?;
        insert(&mut transaction, new, (id, state), now).await?;
        let row = transaction.row("SELECT * FROM act WHERE id = $1", arguments![id]).await?;
        let begun = act(&row.ok_or_else(|| not_found("act", id.unsigned_abs()))?)?;
        transaction.commit().await?;
        Ok(begun)
    }

    /// Says whether an act counts. The same word of the same person again changes nothing and answers the act.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`]; [`RegistryError::Conflict`] where the act is in no state for it.
    pub async fn decide(
        &self,
        id: u64,
        verdict: Verdict,
        by: &str,
        note: &str,
        now: Timestamp,
    ) -> Result<Act, RegistryError> {
        let mut transaction = self.database.begin().await?;
        let sql = match verdict {
            Verdict::Approve | Verdict::Reject => {
                "UPDATE act SET state = $2, decided_by = $3, decided_note = $4, decided_at = $5 \
                 WHERE id = $1 AND state = $6"
            }
            Verdict::Undo => {
                "UPDATE act SET state = $2, undone_by = $3, undone_note = $4, undone_at = $5, settled_at = NULL \
                 WHERE id = $1 AND state = $6"
            }
        };
        let (to, from) = (verdict.state().as_str(), verdict.needs().as_str());
        let changed = transaction.execute(sql, arguments![id, to, by, note, now, from]).await?;
        let row = transaction.row("SELECT * FROM act WHERE id = $1", arguments![id]).await?;
        let found = act(&row.ok_or_else(|| not_found("act", id))?)?;
        let said_by = if verdict == Verdict::Undo { &found.undone_by } else { &found.decided_by };
        if changed == 0 && (found.state != verdict.state() || said_by.as_deref() != Some(by)) {
            let words = format!("it is {} already, and only what is {from} can be {to}", found.state);
            return Err(conflict("act", id, words));
        }
        transaction.commit().await?;
        Ok(found)
    }

    /// One act.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn act(&self, id: u64) -> Result<Act, RegistryError> {
        let row = self.database.row("SELECT * FROM act WHERE id = $1", arguments![id]).await?;
        row.as_ref().map(act).unwrap_or_else(|| Err(not_found("act", id)))
    }

    /// The acts that match, newest first.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn acts(&self, filter: ActFilter) -> Result<Vec<Act>, RegistryError> {
        let sql = "SELECT * FROM act WHERE ($1 IS NULL OR state = $1) AND ($2 IS NULL OR id < $2) \
                   ORDER BY id DESC LIMIT $3";
        let arguments = arguments![filter.state.map(ActState::as_str), filter.before, filter.limit];
        self.database.rows(sql, arguments).await?.iter().map(act).collect()
    }

    /// What an act says, by channel and day.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn decisions_of(&self, act: u64) -> Result<Vec<DecidedDay>, RegistryError> {
        let sql = "SELECT * FROM decision WHERE act = $1 ORDER BY channel, date, first_slot";
        self.database.rows(sql, arguments![act]).await?.iter().map(decided_day).collect()
    }

    /// The decisions that count for any channel between two local days, both included, in the order in which they
    /// were approved.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn decisions_between(&self, first: Date, last: Date) -> Result<Vec<Decision>, RegistryError> {
        let sql = "SELECT decision.*, act.method FROM decision JOIN act ON act.id = decision.act \
                   WHERE act.state = 'approved' AND decision.date >= $1 AND decision.date <= $2 ORDER BY act.decided_at, act.id";
        self.database.rows(sql, arguments![first.to_string(), last.to_string()]).await?.iter().map(decision).collect()
    }

    /// The decisions that counted at a moment, from `first` to `last`, in the order in which they were approved.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn decisions_as_of(
        &self,
        first: Date,
        last: Date,
        moment: Timestamp,
    ) -> Result<Vec<Decision>, RegistryError> {
        let sql = "SELECT decision.*, act.method FROM decision JOIN act ON act.id = decision.act \
                   WHERE (act.state = 'approved' OR act.state = 'undone' AND act.undone_at > $3) AND act.decided_at <= $3 \
                   AND decision.date >= $1 AND decision.date <= $2 ORDER BY act.decided_at, act.id";
        let values = arguments![first.to_string(), last.to_string(), moment];
        self.database.rows(sql, values).await?.iter().map(decision).collect()
    }

    /// The decisions that count for channels from `first` to `last`, in the order in which they were approved.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn decisions_of_channels(
        &self,
        channels: &BTreeSet<ChannelNumber>,
        first: Date,
        last: Date,
    ) -> Result<Vec<Decision>, RegistryError> {
        let sql = "SELECT decision.*, act.method FROM decision JOIN act ON act.id = decision.act \
                   WHERE act.state = 'approved' AND decision.channel = $1 AND decision.date >= $2 AND decision.date <= $3 \
                   ORDER BY act.decided_at, act.id";
        let mut found = Vec::new();
        for channel in channels {
            let rows = self.database.rows(sql, arguments![channel.0, first.to_string(), last.to_string()]).await?;
            for row in &rows {
                found.push(decision(row)?);
            }
        }
        Ok(found)
    }

    /// What was decided about a channel-day, whether it counts or not, oldest act first.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn decided_on(&self, day: (ChannelNumber, Date)) -> Result<Vec<(Act, DecidedDay)>, RegistryError> {
        let sql = "SELECT act.*, channel, date, first_slot, end_slot, basis, new_values FROM decision \
                   JOIN act ON act.id = decision.act WHERE channel = $1 AND date = $2 AND state <> 'proposed' \
                   ORDER BY act.id, first_slot";
        let rows = self.database.rows(sql, arguments![day.0.0, day.1.to_string()]).await?;
        rows.iter().map(|row| Ok((act(row)?, decided_day(row)?))).collect()
    }

    /// Acts whose days have not been validated again since they began or ceased to count.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn unsettled(&self) -> Result<Vec<u64>, RegistryError> {
        let sql = "SELECT id FROM act WHERE settled_at IS NULL AND state IN ('approved', 'undone') ORDER BY id";
        self.database.rows(sql, arguments![]).await?.iter().map(|row| row.number("id")).collect()
    }

    /// Notes that the days of acts were validated again.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn settled(&self, acts: &[u64], now: Timestamp) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        for id in acts {
            transaction.execute("UPDATE act SET settled_at = $2 WHERE id = $1", arguments![*id, now]).await?;
        }
        transaction.commit().await
    }
}

impl DecidedDay {
    /// Whether both speak of a slot.
    pub fn overlaps(&self, other: &Self) -> bool {
        (self.channel, self.date) == (other.channel, other.date) && self.first < other.end && other.first < self.end
    }
}

async fn of_days(
    transaction: &mut Transaction,
    days: &[(ChannelNumber, Date)],
    state: ActState,
) -> Result<Vec<Decision>, RegistryError> {
    let mut days = days.to_vec();
    days.sort();
    days.dedup();
    let select = "SELECT decision.*, act.method, act.state, act.decided_at FROM {keys} \
                  JOIN decision ON decision.channel = wanted.column1 AND decision.date = wanted.column2 \
                  JOIN act ON act.id = decision.act";
    let days = days.iter().map(|(channel, date)| arguments![channel.0, date.to_string()]).collect();
    let mut found = Vec::new();
    for row in &transaction.rows_for(select, days).await? {
        if row.parsed::<ActState>("state")? == state {
            found.push((row.instant_or_null("decided_at")?, decision(row)?));
        }
    }
    found.sort_by_key(|(decided_at, decision)| (*decided_at, decision.act));
    Ok(found.into_iter().map(|(_, decision)| decision).collect())
}

async fn settle_exceptions(
    transaction: &mut Transaction,
    new: &NewAct,
    id: i64,
    now: Timestamp,
) -> Result<(), RegistryError> {
    for exception in by_id(transaction, &new.exceptions).await? {
        if exception.found.state != super::ExceptionState::Open {
            let by = exception.found.act.map_or_else(String::new, |act| format!(" by act {act}"));
            let words = format!("it is {}{by} already", exception.found.state);
            return Err(conflict("exception", exception.id, words));
        }
    }
    if !new.approved {
        return Ok(());
    }
    let sql = "UPDATE exception SET state = 'accepted', act = $2, changed_at = $3 WHERE id = $1";
    for exception in &new.exceptions {
        transaction.execute(sql, arguments![*exception, id, now]).await?;
    }
    Ok(())
}

async fn insert(
    transaction: &mut Transaction,
    new: &NewAct,
    (id, state): (i64, ActState),
    now: Timestamp,
) -> Result<(), RegistryError> {
    let sql = "INSERT INTO act (id, request, kind, method, reason, note, state, proposed_by, proposed_at, decided_by, \
               decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let arguments = arguments![
        id,
        new.request.as_deref(),
        new.kind.as_str(),
        new.method.as_deref(),
        &*new.reason,
        &*new.note,
        state.as_str(),
        &*new.by,
        now,
        new.approved.then_some(&*new.by),
        new.approved.then_some(now),
    ];
    transaction.execute(sql, arguments).await?;
    let row = |day: &DecidedDay| {
        arguments![
            id,
            day.channel.0,
            day.date.to_string(),
            u32::from(day.first),
            u32::from(day.end),
            serde_json::json!(day.basis).to_string(),
            day.new_values.as_ref().map(|values| serde_json::json!(values).to_string()),
        ]
    };
    let insert = "INSERT INTO decision (act, channel, date, first_slot, end_slot, basis, new_values)";
    transaction.insert_many(insert, new.decisions.iter().map(row).collect(), "").await.map(drop)
}

fn act(row: &Row) -> Result<Act, RegistryError> {
    Ok(Act {
        id: row.number("id")?,
        kind: row.parsed("kind")?,
        method: row.get("method")?,
        reason: row.get("reason")?,
        note: row.get("note")?,
        state: row.parsed("state")?,
        proposed_by: row.get("proposed_by")?,
        proposed_at: row.instant("proposed_at")?,
        decided_by: row.get("decided_by")?,
        decided_at: row.instant_or_null("decided_at")?,
        decided_note: row.get("decided_note")?,
        undone_by: row.get("undone_by")?,
        undone_at: row.instant_or_null("undone_at")?,
        undone_note: row.get("undone_note")?,
    })
}

fn decision(row: &Row) -> Result<Decision, RegistryError> {
    Ok(Decision { act: row.number("act")?, method: row.get("method")?, day: decided_day(row)? })
}

fn decided_day(row: &Row) -> Result<DecidedDay, RegistryError> {
    let new_values: Option<String> = row.get("new_values")?;
    Ok(DecidedDay {
        channel: channel(row)?,
        date: row.parsed("date")?,
        first: row.number("first_slot")?,
        end: row.number("end_slot")?,
        basis: list("basis", row.get("basis")?)?,
        new_values: new_values.map(|text| list("new_values", text)).transpose()?,
    })
}

fn list<T: serde::de::DeserializeOwned>(column: &'static str, text: String) -> Result<T, RegistryError> {
    serde_json::from_str(&text).map_err(|_| RegistryError::Damaged { column, text })
}
