//! What a usage point belongs to over time: the programmes it is in, and the class of its customer.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use model::id::UsagePointId;
use model::master::{CustomerKind, Dated};
use serde::Serialize;
use smol_str::SmolStr;

use super::RegistryError;
use super::link::{OPEN_END, Relation};
use super::sql::{Database, Row, arguments};
use super::usage_point::UsagePoints;

/// A usage point is in a programme on local dates `[from, until)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Membership {
    /// The programme.
    pub programme: SmolStr,
    /// The first date; `None`: as long as anyone knows.
    pub from: Option<Date>,
    /// The first date after; `None` while no end is known.
    pub until: Option<Date>,
}

/// Whether a usage point joins a programme or leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is in the programme on these dates.
    Join,
    /// It is not in the programme on these dates.
    Leave,
}

/// Memberships by usage point, each in order of programme and date.
pub(super) type Memberships = HashMap<UsagePointId, Vec<Membership>>;

/// The classes of customers by usage point, each in order of time.
pub(super) type Classes = HashMap<UsagePointId, Vec<Dated<CustomerKind>>>;

impl UsagePoints<'_> {
    /// Lets a usage point join or leave a programme on the dates of `wanted`, whatever was known of them before. The same
    /// step again changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::Database`]: the usage point is not in the registry, or the engine failed.
    pub async fn set_programme(
        &self,
        usage_point: UsagePointId,
        wanted: &Membership,
        step: Step,
    ) -> Result<(), RegistryError> {
        let mut transaction = self.database().begin().await?;
        transaction.advance("revision", 1).await?;
        let key = || arguments![usage_point.to_string(), wanted.programme.as_str()];
        let sql = "SELECT * FROM usage_point_programme WHERE usage_point = $1 AND programme = $2";
        let mut before = transaction.rows(sql, key()).await?.iter().map(membership).collect::<Result<Vec<_>, _>>()?;
        before.sort_by_key(|dates| dates.from);
        let after = stepped(&before, wanted, step);
        if after == before {
            return Ok(());
        }
        let sql = "DELETE FROM usage_point_programme WHERE usage_point = $1 AND programme = $2";
        transaction.execute(sql, key()).await?;
        let date = |date: Option<Date>| date.map(|date| date.to_string());
        let row = |dates: &Membership| {
            let programme = dates.programme.as_str();
            arguments![usage_point.to_string(), programme, date(dates.from), date(dates.until)]
        };
        let insert = "INSERT INTO usage_point_programme (usage_point, programme, valid_from, valid_to)";
        transaction.insert_many(insert, after.iter().map(row).collect(), "").await?;
        transaction.commit().await
    }

    /// The programmes of a usage point by name and date.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn programmes_of(&self, usage_point: UsagePointId) -> Result<Vec<Membership>, RegistryError> {
        let sql = "SELECT * FROM usage_point_programme WHERE usage_point = $1";
        let rows = self.database().rows(sql, arguments![usage_point.to_string()]).await?;
        Ok(by_usage_point(&rows)?.remove(&usage_point).unwrap_or_default())
    }
}

/// Every membership of a registry.
pub(super) async fn memberships(database: &Database) -> Result<Memberships, RegistryError> {
    by_usage_point(&database.rows("SELECT * FROM usage_point_programme", arguments![]).await?)
}

/// The class of the customer that is reached from each usage point by agreement and account.
pub(super) async fn classes(database: &Database) -> Result<Classes, RegistryError> {
    let sql = "SELECT served.subject AS usage_point, object.attributes, \
               served.valid_from AS from_1, agreed.valid_from AS from_2, billed.valid_from AS from_3, \
               served.valid_to AS to_1, agreed.valid_to AS to_2, billed.valid_to AS to_3 \
               FROM link AS served \
               JOIN link AS agreed ON agreed.subject = served.target AND agreed.relation = $2 \
               JOIN link AS billed ON billed.subject = agreed.target AND billed.relation = $3 \
               JOIN object ON object.id = billed.target WHERE served.relation = $1";
    let relations = [Relation::UsagePointUnderAgreement, Relation::AgreementOfAccount, Relation::AccountOfCustomer];
    let [served, agreed, billed] = relations.map(Relation::as_str);
    let mut classes = Classes::new();
    for row in &database.rows(sql, arguments![served, agreed, billed]).await? {
        if let Some(class) = class(row)? {
            classes.entry(row.parsed("usage_point")?).or_default().push(class);
        }
    }
    classes.values_mut().for_each(|classes| classes.sort_by_key(|class| class.from));
    Ok(classes)
}

/// The class over the time that all three links hold; `None` where they never do, or the class is not known.
fn class(row: &Row) -> Result<Option<Dated<CustomerKind>>, RegistryError> {
    let attributes: serde_json::Value = row.parsed("attributes")?;
    let Some(kind) = attributes.get("kind").and_then(|kind| kind.as_str()?.parse().ok()) else { return Ok(None) };
    let from = row.instant("from_1")?.max(row.instant("from_2")?).max(row.instant("from_3")?);
    let ends = [row.get::<i64>("to_1")?, row.get("to_2")?, row.get("to_3")?];
    let end = ends.into_iter().min().filter(|end| *end != OPEN_END);
    let to = end.and_then(|end| Timestamp::from_microsecond(end).ok());
    Ok(to.is_none_or(|to| from < to).then_some(Dated { value: kind, from, to }))
}

fn by_usage_point(rows: &[Row]) -> Result<Memberships, RegistryError> {
    let mut found = Memberships::new();
    for row in rows {
        found.entry(row.parsed("usage_point")?).or_default().push(membership(row)?);
    }
    found.values_mut().for_each(|memberships| {
        memberships.sort_by(|left, right| (&left.programme, left.from).cmp(&(&right.programme, right.from)));
    });
    Ok(found)
}

fn membership(row: &Row) -> Result<Membership, RegistryError> {
    Ok(Membership {
        programme: row.get::<String>("programme")?.into(),
        from: row.parsed_or_null("valid_from")?,
        until: row.parsed_or_null("valid_to")?,
    })
}

/// The dates of a membership after a step, in order and without two that meet.
fn stepped(before: &[Membership], wanted: &Membership, step: Step) -> Vec<Membership> {
    let programme = &wanted.programme;
    let span = |from, until| Membership { programme: programme.clone(), from, until };
    let mut after = Vec::new();
    for known in before {
        // What of it lies before the wanted dates, and what after.
        let begins = wanted.from.filter(|from| known.from < Some(*from));
        let ends = wanted.until.filter(|until| known.until.is_none_or(|known| *until < known));
        after.extend(begins.map(|from| span(known.from, Some(known.until.map_or(from, |until| until.min(from))))));
        after.extend(ends.map(|until| span(known.from.max(Some(until)), known.until)));
    }
    if step == Step::Join {
        after.push(wanted.clone());
    }
    after.sort_by_key(|dates| dates.from);
    let mut joined: Vec<Membership> = Vec::new();
    for dates in after {
        match joined.last_mut() {
            Some(last) if last.until == dates.from => last.until = dates.until,
            _ => joined.push(dates),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spans of days of January as `3..9`, an open end left out.
    fn spans(text: &str) -> Vec<Membership> {
        let day = |text: &str| text.parse().ok().map(|day| jiff::civil::date(2026, 1, day));
        let span = |text: &str| {
            let (from, until) = text.split_once("..").unwrap();
            Membership { programme: "solar".into(), from: day(from), until: day(until) }
        };
        text.split_whitespace().map(span).collect()
    }

    #[track_caller]
    fn check(before: &str, step: Step, wanted: &str, after: &str) {
        assert_eq!(stepped(&spans(before), &spans(wanted)[0], step), spans(after), "{before} {step:?} {wanted}");
    }

    #[test]
    fn the_last_word_holds_on_its_dates() {
        check("", Step::Join, "3..9", "3..9");
        check("3..9", Step::Join, "3..9", "3..9");
        check("3..9", Step::Join, "5..12", "3..12");
        check("3..9", Step::Join, "9..", "3..");
        check("3..9 20..", Step::Join, "11..15", "3..9 11..15 20..");
        check("..", Step::Join, "5..6", "..");
        check("..", Step::Leave, "5..6", "..5 6..");
        check("..", Step::Leave, "5..", "..5");
        check("3..9 20..", Step::Leave, "..", "");
        check("3..9", Step::Leave, "..5", "5..9");
        check("3..9", Step::Leave, "10..12", "3..9");
    }
}
