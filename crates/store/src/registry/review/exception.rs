//! Exceptions: failed rules, each with its evidence and what became of it.

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::{Direction, ExceptionSeverity};
use smol_str::SmolStr;

use super::{Review, Step, advance_follower, channel, keys, not_found};
use crate::registry::RegistryError;
use crate::registry::sql::{Argument, Row, Transaction, arguments, text_enum};

text_enum! {
    /// What became of the values; the alphabet puts the gravest first.
    pub enum Effect {
        /// They failed or are missing, and nothing stands in their place: billing waits.
        Blocked = "blocked",
        /// Estimates stand in their place.
        Estimated = "estimated",
        /// They stand and are questionable.
        Questionable = "questionable",
    }
}

text_enum! {
    /// What became of an exception.
    pub enum ExceptionState {
        /// The rule fails and nobody has decided.
        Open = "open",
        /// A person says that the values are real.
        Accepted = "accepted",
        /// A person wrote other values.
        Edited = "edited",
        /// A later run found that the rule no longer fails.
        Resolved = "resolved",
    }
}

text_enum! {
    /// What exceptions of one group have in common.
    pub enum Grouping {
        /// Rule and the local days that it goes on without a break, to the end of each and from the start of the next: one
        /// cause, such as a collector that was silent, is one line.
        Cause = "cause",
        /// Rule and local day.
        RuleDate = "rule-date",
        /// The rule.
        Rule = "rule",
        /// Rule, local day and slots.
        RuleDateSlots = "rule-date-slots",
        /// The channel.
        Channel = "channel",
    }
}

/// One failed rule over slots `[first, end)` of a channel-day, as a run found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The channel.
    pub channel: ChannelNumber,
    /// The local day.
    pub date: Date,
    /// The rule id (`V31`).
    pub rule: SmolStr,
    /// First slot.
    pub first: u16,
    /// One past the last slot.
    pub end: u16,
    /// Whether that is the end of the day, of 23, 24 or 25 hours.
    pub reaches_end: bool,
    /// What became of the values.
    pub effect: Effect,
    /// How much it matters, as the plan says.
    pub severity: ExceptionSeverity,
    /// What it says of the values.
    pub direction: Direction,
    /// Whether it waits for a person.
    pub routed: bool,
    /// One sentence with the numbers.
    pub evidence: String,
    /// The run that said so last.
    pub run: u64,
    /// The plan of that run.
    pub plan_version: u32,
    /// What became of it.
    pub state: ExceptionState,
    /// The act that settles it; `None` where none does.
    pub act: Option<u64>,
}

/// An exception with what people said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Number by which people name it.
    pub id: u64,
    /// What the last run found.
    pub found: Found,
    /// Who looks after it.
    pub assignee: Option<String>,
    /// The last remark.
    pub comment: Option<String>,
    /// Who made it.
    pub comment_by: Option<String>,
    /// When a run found it first.
    pub first_seen: Timestamp,
    /// When its state changed last.
    pub changed_at: Timestamp,
}

/// Which exceptions to list, by id, or to group and count; `None` does not restrict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionFilter {
    /// Only those in this state.
    pub state: Option<ExceptionState>,
    /// Only those of this rule.
    pub rule: Option<String>,
    /// Only those of this local day.
    pub date: Option<Date>,
    /// With `date`: instead, only those of failures that go on from that day to this one without a break; see
    /// [`Grouping::Cause`].
    pub last: Option<Date>,
    /// Only those of this channel.
    pub channel: Option<ChannelNumber>,
    /// Only those that this person looks after.
    pub assignee: Option<String>,
    /// Only those that wait for a person (`true`) or do not (`false`).
    pub routed: Option<bool>,
    /// Only those with a greater id: the last id of the page before.
    pub after: u64,
    /// Most to return.
    pub limit: u32,
}

impl Default for ExceptionFilter {
    fn default() -> Self {
        Self {
            state: None,
            rule: None,
            date: None,
            last: None,
            channel: None,
            assignee: None,
            routed: None,
            after: 0,
            limit: 100,
        }
    }
}

/// Exceptions that have something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Their rule; `None` where they are grouped by channel.
    pub rule: Option<SmolStr>,
    /// Their local day, where they are grouped by it; the first of several.
    pub date: Option<Date>,
    /// Their last local day, where they are grouped by days.
    pub last: Option<Date>,
    /// Their channel, where they are grouped by it.
    pub channel: Option<ChannelNumber>,
    /// The lowest of their first slots.
    pub first: u16,
    /// The highest of their ends.
    pub end: u16,
    /// How many.
    pub count: u64,
    /// On how many channels.
    pub channels: u64,
    /// The gravest of them.
    pub effect: Effect,
    /// The highest of them.
    pub severity: ExceptionSeverity,
    /// What they say of the values; where they say different things, none of it.
    pub direction: Direction,
    /// How many wait for a person.
    pub routed: u64,
    /// When a run found the oldest of them first.
    pub oldest: Timestamp,
    /// The evidence of one of them.
    pub example: String,
}

/// A statement over the exceptions that a filter leaves; [`ExceptionFilter::arguments`] gives `$1` to `$7`.
macro_rules! filtered {
    ($select:literal, $then:literal) => {
        concat!(
            $select,
            " FROM exception WHERE id > $1 AND ($2 IS NULL OR state = $2) AND ($3 IS NULL OR rule = $3) \
             AND ($4 IS NULL OR date = $4) AND ($5 IS NULL OR channel = $5) AND ($6 IS NULL OR assignee = $6) \
             AND ($7 IS NULL OR routed = $7) ",
            $then
        )
    };
}

impl Found {
    /// The local day after, where the failure reaches the end of its own.
    fn goes_on(&self) -> Option<Date> {
        self.date.tomorrow().ok().filter(|_| self.reaches_end)
    }
}

impl ExceptionFilter {
    fn arguments(&self) -> Vec<Argument> {
        arguments![
            self.after,
            self.state.map(ExceptionState::as_str),
            self.rule.as_deref(),
            self.date.map(|date| date.to_string()),
            self.channel.map(|channel| channel.0),
            self.assignee.as_deref(),
            self.routed.map(i64::from),
        ]
    }
}

/// Whether a failure may go on from the day before or to the day after: one that meets it there is stored. Of all of them,
/// few: only these are put into order.
macro_rules! meets_another {
    () => {
        "(first_slot = 0 AND EXISTS (SELECT 1 FROM exception AS earlier WHERE earlier.channel = exception.channel \
         AND earlier.rule = exception.rule AND earlier.goes_on = exception.date) \
         OR goes_on IS NOT NULL AND EXISTS (SELECT 1 FROM exception AS later WHERE later.channel = exception.channel \
         AND later.date = exception.goes_on AND later.rule = exception.rule AND later.first_slot = 0))"
    };
}

/// The exceptions that a filter leaves, with the first and the last day that each goes on without a break: a rule that fails
/// from the first slot of a day on, at a channel where it failed to the end of the day before, goes on.
///
/// `$and` restricts them further. The latest day to which an earlier failure goes on is the day of this one, or there is none:
/// of those that begin a day, the one that reaches its end comes last.
macro_rules! going_on {
    ($and:literal) => {
        concat!(
            "(",
            filtered!("SELECT *, 1 AS begins, 1 AS part, date AS since, date AS until", $and),
            " AND NOT ",
            meets_another!(),
            " UNION ALL SELECT *, min(date) OVER run AS since, max(date) OVER run AS until FROM ",
            "(SELECT *, sum(begins) OVER (PARTITION BY rule, channel ORDER BY date, first_slot, end_slot) AS part FROM ",
            "(SELECT *, CASE WHEN first_slot = 0 AND date = max(goes_on) OVER (PARTITION BY rule, channel \
             ORDER BY date, first_slot, end_slot ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) \
             THEN 0 ELSE 1 END AS begins FROM (",
            filtered!("SELECT *", $and),
            " AND ",
            meets_another!(),
            ") AS met) AS begun) AS parted WINDOW run AS (PARTITION BY rule, channel, part)) AS found"
        )
    };
}

/// Groups of exceptions with their first and last days; one text for every grouping: what does not tell groups apart is null
/// in all of them.
macro_rules! grouped {
    ($($found:tt)*) => {
        concat!(
            "SELECT CASE WHEN $9 <> 'channel' THEN rule END AS rule, \
             CASE WHEN $9 IN ('cause', 'rule-date', 'rule-date-slots') THEN since END AS date, \
             CASE WHEN $9 IN ('cause', 'rule-date', 'rule-date-slots') THEN until END AS last, \
             CASE WHEN $9 = 'channel' THEN channel END AS channel, \
             CASE WHEN $9 = 'rule-date-slots' THEN first_slot END AS one_first, \
             CASE WHEN $9 = 'rule-date-slots' THEN end_slot END AS one_end, \
             min(first_slot) AS first_slot, max(end_slot) AS end_slot, count(*) AS count, \
             count(DISTINCT channel) AS channels, min(effect) AS effect, max(severity) AS severity, \
             CASE WHEN min(direction) = max(direction) THEN min(direction) ELSE 'other' END AS direction, \
             CAST(sum(routed) AS BIGINT) AS routed, min(first_seen) AS oldest, min(evidence) AS example FROM ",
            $($found)*,
            " GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY max(routed) DESC, max(severity) DESC, min(effect), count(*) DESC, \
             min(first_seen), 1, 2, 3, 4, 5, 6 LIMIT $8"
        )
    };
}

impl Review<'_> {
    /// Keeps what a follower found, and how far it came, in one commit. Exceptions that are there keep their id,
    /// first moment, assignee and comment.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] where the follower is elsewhere by now: nothing is kept.
    pub async fn follow(&self, step: Step<'_>, found: &[Found], now: Timestamp) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        advance_follower(&mut transaction, step).await?;
        keep(&mut transaction, found, now).await?;
        transaction.commit().await
    }

    /// The exceptions of channel-days, whatever their state.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn of_days(&self, days: &[(ChannelNumber, Date)]) -> Result<Vec<Exception>, RegistryError> {
        let mut transaction = self.database.begin_reading().await?;
        let select = "SELECT exception.* FROM {keys} JOIN exception ON exception.channel = wanted.column1 \
                      AND exception.date = wanted.column2";
        let days = days.iter().map(|(channel, date)| arguments![channel.0, date.to_string()]).collect();
        transaction.rows_for(select, days).await?.iter().map(exception).collect()
    }

    /// The exceptions that match, by ascending id.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn exceptions(&self, filter: &ExceptionFilter) -> Result<Vec<Exception>, RegistryError> {
        if let (Some(date), Some(last)) = (filter.date, filter.last) {
            // A day more on both sides tells whether the failure goes on there.
            let within = ExceptionFilter { date: None, after: 0, ..filter.clone() };
            let around = (date.yesterday().unwrap_or(date).to_string(), last.tomorrow().unwrap_or(last).to_string());
            let these = arguments![filter.limit, around.0, around.1, date.to_string(), last.to_string(), filter.after];
            let sql = concat!(
                "SELECT * FROM ",
                going_on!("AND date >= $9 AND date <= $10"),
                " WHERE since = $11 AND until = $12 AND id > $13 ORDER BY id LIMIT $8"
            );
            let arguments = [within.arguments(), these].concat();
            return self.database.rows(sql, arguments).await?.iter().map(exception).collect();
        }
        let sql = filtered!("SELECT *", "ORDER BY id LIMIT $8");
        let arguments = [filter.arguments(), arguments![filter.limit]].concat();
        self.database.rows(sql, arguments).await?.iter().map(exception).collect()
    }

    /// The exceptions of these numbers, in their order.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] naming the first that is not there.
    pub async fn exceptions_by_id(&self, ids: &[u64]) -> Result<Vec<Exception>, RegistryError> {
        by_id(&mut self.database.begin_reading().await?, ids).await
    }

    /// The exceptions that match in groups; the limit is one of groups. First come those in which something waits for a
    /// person, then the graver, then the larger, then the older.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn groups(&self, by: Grouping, filter: &ExceptionFilter) -> Result<Vec<Group>, RegistryError> {
        let sql = match by {
            Grouping::Cause => grouped!(going_on!("")),
            _ => grouped!(concat!("(", filtered!("SELECT *, date AS since, date AS until", ""), ") AS found")),
        };
        let arguments = [filter.arguments(), arguments![filter.limit, by.as_str()]].concat();
        self.database.rows(sql, arguments).await?.iter().map(group).collect()
    }

    /// How many exceptions match, whatever the limit.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn count(&self, filter: &ExceptionFilter) -> Result<u64, RegistryError> {
        let row = self.database.row(filtered!("SELECT count(*) AS count", ""), filter.arguments()).await?;
        row.map_or(Ok(0), |row| row.number("count"))
    }

    /// Says who looks after exceptions; nobody where `None`.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`]: nothing is changed.
    pub async fn assign(&self, ids: &[u64], to: Option<&str>) -> Result<(), RegistryError> {
        self.each(ids, "UPDATE exception SET assignee = $2 WHERE id = $1", |id| arguments![id, to]).await
    }

    /// Leaves a remark at exceptions, in the place of an earlier one.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`]: nothing is changed.
    pub async fn comment(&self, ids: &[u64], text: &str, by: &str) -> Result<(), RegistryError> {
        let sql = "UPDATE exception SET comment = $2, comment_by = $3 WHERE id = $1";
        self.each(ids, sql, |id| arguments![id, text, by]).await
    }

    async fn each(
        &self,
        ids: &[u64],
        sql: &'static str,
        arguments: impl Fn(u64) -> Vec<Argument>,
    ) -> Result<(), RegistryError> {
        let mut transaction = self.database.begin().await?;
        for id in ids {
            if transaction.execute(sql, arguments(*id)).await? == 0 {
                return Err(not_found("exception", *id));
            }
        }
        transaction.commit().await
    }
}

/// The exceptions of these numbers, in their order.
pub(super) async fn by_id(transaction: &mut Transaction, ids: &[u64]) -> Result<Vec<Exception>, RegistryError> {
    let select = "SELECT exception.* FROM {keys} JOIN exception ON exception.id = wanted.column1";
    let rows = transaction.rows_for(select, keys(ids)).await?;
    let found: Vec<Exception> = rows.iter().map(exception).collect::<Result<_, _>>()?;
    let one = |id: &u64| found.iter().find(|exception| exception.id == *id).cloned();
    ids.iter().map(|id| one(id).ok_or_else(|| not_found("exception", *id))).collect()
}

async fn keep(transaction: &mut Transaction, found: &[Found], now: Timestamp) -> Result<(), RegistryError> {
    let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let first = transaction.advance("exception", count).await? + 1;
    let row = |(id, found): (i64, &Found)| {
        arguments![
            id,
            found.channel.0,
            found.date.to_string(),
            &*found.rule,
            u32::from(found.first),
            u32::from(found.end),
            found.goes_on().map(|date| date.to_string()),
            found.effect.as_str(),
            found.severity as i64,
            found.direction.word(),
            i64::from(found.routed),
            &*found.evidence,
            found.run,
            found.plan_version,
            found.state.as_str(),
            found.act,
            now,
            now,
        ]
    };
    let insert = "INSERT INTO exception (id, channel, date, rule, first_slot, end_slot, goes_on, effect, severity, \
                  direction, routed, evidence, run, plan_version, state, act, first_seen, changed_at)";
    let after = "ON CONFLICT (channel, date, rule, first_slot, end_slot) DO UPDATE SET goes_on = excluded.goes_on, \
                 effect = excluded.effect, severity = excluded.severity, direction = excluded.direction, \
                 routed = excluded.routed, evidence = excluded.evidence, run = excluded.run, plan_version = excluded.plan_version, state = excluded.state, act = excluded.act, \
                 changed_at = CASE WHEN exception.state = excluded.state THEN exception.changed_at \
                 ELSE excluded.changed_at END";
    let rows = (first..).zip(found).map(row).collect();
    transaction.insert_many(insert, rows, after).await.map(drop)
}

fn exception(row: &Row) -> Result<Exception, RegistryError> {
    Ok(Exception {
        id: row.number("id")?,
        found: Found {
            channel: channel(row)?,
            date: row.parsed("date")?,
            rule: row.get::<String>("rule")?.into(),
            first: row.number("first_slot")?,
            end: row.number("end_slot")?,
            reaches_end: row.get::<Option<String>>("goes_on")?.is_some(),
            effect: row.parsed("effect")?,
            severity: severity(row)?,
            direction: Direction::of(&row.get::<String>("direction")?),
            routed: row.number::<u8>("routed")? != 0,
            evidence: row.get("evidence")?,
            run: row.number("run")?,
            plan_version: row.number("plan_version")?,
            state: row.parsed("state")?,
            act: row.number_or_null("act")?,
        },
        assignee: row.get("assignee")?,
        comment: row.get("comment")?,
        comment_by: row.get("comment_by")?,
        first_seen: row.instant("first_seen")?,
        changed_at: row.instant("changed_at")?,
    })
}

fn severity(row: &Row) -> Result<ExceptionSeverity, RegistryError> {
    let number: usize = row.number("severity")?;
    let known = ExceptionSeverity::ALL.get(number).copied();
    known.ok_or_else(|| RegistryError::Damaged { column: "severity", text: number.to_string() })
}

fn group(row: &Row) -> Result<Group, RegistryError> {
    Ok(Group {
        rule: row.get::<Option<String>>("rule")?.map(SmolStr::from),
        date: row.parsed_or_null("date")?,
        last: row.parsed_or_null("last")?,
        channel: row.number_or_null("channel")?.map(ChannelNumber),
        first: row.number("first_slot")?,
        end: row.number("end_slot")?,
        count: row.number("count")?,
        channels: row.number("channels")?,
        effect: row.parsed("effect")?,
        severity: severity(row)?,
        direction: Direction::of(&row.get::<String>("direction")?),
        routed: row.number("routed")?,
        oldest: row.instant("oldest")?,
        example: row.get("example")?,
    })
}
