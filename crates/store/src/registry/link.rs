//! Dated links between objects of master data.
//!
//! A relation (a meter at a usage point, a usage point on a transformer) holds for a time `[from, to)`,
//! and an object has at most one target of a relation at a time.

use std::collections::HashMap;

use jiff::Timestamp;
use model::id::Mrid;
use serde::Serialize;

use super::RegistryError;
use super::master::{Class, Master};
use super::sql::{Row, Transaction, arguments, text_enum};

/// The stored end of a link that has none.
pub(super) const OPEN_END: i64 = i64::MAX;

text_enum! {
    /// A relation between two objects; the subject has at most one target at a time.
    pub enum Relation {
        /// Which usage point a meter measures.
        MeterAtUsagePoint = "meter at usage point",
        /// Where a usage point is.
        UsagePointAtLocation = "usage point at service location",
        /// Which transformer feeds a usage point.
        UsagePointOnTransformer = "usage point on transformer",
        /// Which feeder feeds a transformer.
        TransformerOnFeeder = "transformer on feeder",
        /// Under which agreement a usage point is served.
        UsagePointUnderAgreement = "usage point under agreement",
        /// To which account an agreement belongs.
        AgreementOfAccount = "agreement of account",
        /// To which customer an account belongs.
        AccountOfCustomer = "account of customer",
    }
}

impl Relation {
    /// The classes of subject and target.
    pub const fn classes(self) -> (Class, Class) {
        match self {
            Self::MeterAtUsagePoint => (Class::Meter, Class::UsagePoint),
            Self::UsagePointAtLocation => (Class::UsagePoint, Class::ServiceLocation),
            Self::UsagePointOnTransformer => (Class::UsagePoint, Class::Transformer),
            Self::TransformerOnFeeder => (Class::Transformer, Class::Feeder),
            Self::UsagePointUnderAgreement => (Class::UsagePoint, Class::CustomerAgreement),
            Self::AgreementOfAccount => (Class::CustomerAgreement, Class::CustomerAccount),
            Self::AccountOfCustomer => (Class::CustomerAccount, Class::Customer),
        }
    }
}

/// A relation of a subject and the time it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Which relation.
    pub relation: Relation,
    /// Whose relation it is.
    pub subject: Mrid,
    /// To what.
    pub target: Mrid,
    /// First instant it holds.
    pub from: Timestamp,
    /// First instant it no longer holds; `None` while it goes on.
    pub to: Option<Timestamp>,
}

impl Link {
    /// Whether the relation holds at an instant.
    pub fn holds_at(&self, at: Timestamp) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.to.is_none_or(|to| other.from < to) && other.to.is_none_or(|to| self.from < to)
    }

    fn covers(&self, other: &Self) -> bool {
        let ends_later = self.to.is_none_or(|to| other.to.is_some_and(|other_to| other_to <= to));
        self.target == other.target && self.from <= other.from && ends_later
    }
}

/// Links of one relation by subject.
pub(super) type LinksBySubject = HashMap<Mrid, Vec<Link>>;

impl Master<'_> {
    /// Adds a link; nothing changes where one to the same target covers its time.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where subject or target is not an object of the relation's class,
    /// [`RegistryError::Overlap`] where the subject has another target in that time,
    /// [`RegistryError::EmptyLink`].
    pub async fn link(&self, link: &Link) -> Result<(), RegistryError> {
        let mut transaction = self.database().begin().await?;
        transaction.advance("revision", 1).await?;
        let (subject_class, target_class) = link.relation.classes();
        for (id, class) in [(link.subject, subject_class), (link.target, target_class)] {
            let sql = "SELECT id FROM object WHERE id = $1 AND class = $2";
            let row = transaction.row(sql, arguments![id.to_string(), class.as_str()]).await?;
            row.ok_or_else(|| RegistryError::NotFound { what: class.as_str(), name: id.to_string() })?;
        }
        let existing = links_of_subjects(&mut transaction, link.relation, std::iter::once(link.subject)).await?;
        if 0 < add_links(&mut transaction, std::slice::from_ref(link), existing).await? {
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Ends the link of a subject that holds at `at`, at that instant, and answers it as it was.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where no link holds then, [`RegistryError::EmptyLink`] where it begins at `at`.
    pub async fn close_link(&self, relation: Relation, subject: Mrid, at: Timestamp) -> Result<Link, RegistryError> {
        let mut transaction = self.database().begin().await?;
        transaction.advance("revision", 1).await?;
        let sql = "SELECT * FROM link WHERE subject = $2 AND relation = $1 AND valid_from <= $3 AND $3 < valid_to";
        let row = transaction.row(sql, arguments![relation.as_str(), subject.to_string(), at]).await?;
        let row = row.ok_or_else(|| RegistryError::NotFound { what: relation.as_str(), name: subject.to_string() })?;
        let closed = link(&row)?;
        if closed.from == at {
            return Err(RegistryError::EmptyLink { from: at, to: at });
        }
        let sql = "UPDATE link SET valid_to = $2 WHERE id = $1";
        transaction.execute(sql, arguments![row.get::<i64>("id")?, at]).await?;
        transaction.commit().await?;
        Ok(closed)
    }

    /// Links of an object, as subject and as target, by begin.
    ///
    /// # Errors
    /// [`RegistryError::Database`] or [`RegistryError::Damaged`].
    pub async fn links_of(&self, id: Mrid) -> Result<Vec<Link>, RegistryError> {
        let sql = "SELECT * FROM link WHERE (subject = $1 OR target = $1) ORDER BY valid_from, id";
        self.database().rows(sql, arguments![id.to_string()]).await?.iter().map(link).collect()
    }
}

/// The links of a relation that some subjects have.
pub(super) async fn links_of_subjects(
    transaction: &mut Transaction,
    relation: Relation,
    subjects: impl Iterator<Item = Mrid>,
) -> Result<LinksBySubject, RegistryError> {
    let subjects: Vec<String> = subjects.map(|subject| subject.to_string()).collect();
    let sql = "SELECT link.* FROM {keys} CROSS JOIN link WHERE link.relation = $1 AND link.subject = wanted.column1";
    let mut links = LinksBySubject::new();
    for stored in transaction.rows_for_keys(sql, arguments![relation.as_str()], &subjects).await?.iter().map(link) {
        let stored = stored?;
        links.entry(stored.subject).or_default().push(stored);
    }
    Ok(links)
}

/// Adds links of one relation that are not covered by `existing` ones; answers how many were.
pub(super) async fn add_links(
    transaction: &mut Transaction,
    links: &[Link],
    mut existing: LinksBySubject,
) -> Result<u64, RegistryError> {
    let mut rows = Vec::new();
    for link in links {
        let others = existing.entry(link.subject).or_default();
        if others.iter().any(|other| other.covers(link)) {
            continue;
        }
        check_link(link, others)?;
        others.push(link.clone());
        let to = link.to.map_or(OPEN_END, Timestamp::as_microsecond);
        rows.push((link.relation.as_str(), link.subject.to_string(), link.target.to_string(), link.from, to));
    }
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let first = transaction.advance("link", count).await? + 1;
    let row = |(id, (relation, subject, target, from, to)): (i64, (&str, String, String, Timestamp, i64))| {
        arguments![id, relation, subject, target, from, to]
    };
    let insert = "INSERT INTO link (id, relation, subject, target, valid_from, valid_to)";
    transaction.insert_many(insert, (first..).zip(rows).map(row).collect(), "").await
}

fn check_link(link: &Link, others: &[Link]) -> Result<(), RegistryError> {
    if let Some(to) = link.to
        && to <= link.from
    {
        return Err(RegistryError::EmptyLink { from: link.from, to });
    }
    match others.iter().find(|other| other.overlaps(link)) {
        None => Ok(()),
        Some(other) => Err(RegistryError::Overlap {
            relation: link.relation.as_str(),
            subject: link.subject.to_string(),
            from: link.from,
            target: other.target.to_string(),
            other_from: other.from,
        }),
    }
}

pub(super) fn link(row: &Row) -> Result<Link, RegistryError> {
    let to: i64 = row.get("valid_to")?;
    Ok(Link {
        relation: row.parsed("relation")?,
        subject: row.parsed("subject")?,
        target: row.parsed("target")?,
        from: row.instant("valid_from")?,
        to: if to == OPEN_END { None } else { Some(row.instant("valid_to")?) },
    })
}
