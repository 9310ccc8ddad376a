//! How what people put lies over what was there, and what is checked before it counts.
//!
//! The plan of the settings lies under everything and is never taken away. Nothing stored is ever changed. A set or a
//! plan that is put again under its name and version must be the same; where two statements are about one place, the later
//! one holds on the dates that both speak of.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use model::document::in_words;
use model::finding::Finding;
use serde::Serialize;
use serde::de::DeserializeOwned;
use smol_str::{SmolStr, ToSmolStr, format_smolstr};
use store::registry::Registry;
use store::registry::plan::{Part, PartKind, Put, Statement, StoredPlans};
use vee::Plan;
use vee::plan::book::{Attachment, PlanBook, Scope};

use super::{Plans, PlansError};

/// What putting a book added; nothing where all of it was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Added {
    /// New versions of formulas.
    pub formulas: usize,
    /// New sets.
    pub sets: usize,
    /// New plans.
    pub plans: usize,
    /// Statements of where a plan holds.
    pub attachments: usize,
}

/// A place where a plan is to hold, or what was attached no more, from a date on and until another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attach {
    /// Name and version of the plan; `None` takes away what was attached there.
    pub plan: Option<(SmolStr, u32)>,
    /// The place.
    pub to: Scope,
    /// The first local date; `None`: always before.
    pub from: Option<Date>,
    /// The first local date after; `None`: for good.
    pub until: Option<Date>,
}

/// The book in force: the plan of the settings everywhere, and what was put laid over it.
///
/// # Errors
/// Every finding. What was put was checked then; it can be the settings that do not go with it, or a newer version that
/// has put it.
pub fn in_force(default: &Plan, stored: &StoredPlans) -> Result<Plans, Vec<Finding>> {
    let (mut book, mut findings) = parts(default, stored);
    let (stated, unread) = Places::stated(stored);
    findings.extend(unread);
    book.attach = stated.over(default).attachments();
    if findings.is_empty() { Plans::of(book) } else { Err(findings) }
}

/// Puts the formulas, sets, plans and attachments of a book beside what is stored, after the whole of it was checked.
///
/// # Errors
/// [`PlansError::Refused`] with every finding, placed as in the book that is put; [`PlansError::Broken`] where what is in
/// force cannot be read. Nothing is put then.
pub async fn put(
    registry: &Registry,
    default: &Plan,
    book: &PlanBook,
    by: &str,
    now: Timestamp,
) -> Result<Added, PlansError> {
    let stored = registry.plans().all().await?;
    let before = in_force(default, &stored).map_err(PlansError::Broken)?;
    let known: Vec<&Part> = stored.parts.iter().map(|(part, _)| part).collect();
    let mut parts = written_parts(book);
    checked(book, &before, &parts, &known).map_err(PlansError::Refused)?;
    parts.retain(|part| !known.contains(&part));
    let wanted: Vec<Attach> = book.attach.iter().map(Attach::of).collect();
    let statements = news(default, &stored, &wanted);
    let of_settings = of_settings(default, &known, &statements, book);
    let missing: Vec<Part> = of_settings.into_iter().filter(|part| !parts.contains(part)).collect();
    parts.extend(missing);
    let count = |kind| parts.iter().filter(|part| part.kind == kind).count();
    let (formulas, plans) = (count(PartKind::Formula), count(PartKind::Plan));
    let added = Added { formulas, sets: parts.len() - plans - formulas, plans, attachments: statements.len() };
    if added != Added::default() {
        let put = Put { by: by.to_owned(), at: now };
        registry.plans().put(stored.revision, &parts, &statements, &put).await?;
    }
    Ok(added)
}

impl Plans {
    /// These plans with those of a book laid over them, as putting it would leave them; nothing is put.
    ///
    /// # Errors
    /// Every finding, placed as in the book.
    pub fn with(&self, book: &PlanBook) -> Result<Self, Vec<Finding>> {
        let parts = written_parts(book);
        let mut whole = checked(book, self, &parts, &[])?;
        let mut places = Places::of(self);
        book.attach.iter().for_each(|attachment| places.lay(&Attach::of(attachment)));
        whole.attach = places.attachments();
        Self::of(whole)
    }
}

/// States where a plan holds, or that what was attached does so no more; answers whether that changed anything.
///
/// # Errors
/// As [`put`].
pub async fn attach_plan(
    registry: &Registry,
    default: &Plan,
    wanted: &Attach,
    by: &str,
    now: Timestamp,
) -> Result<bool, PlansError> {
    let stored = registry.plans().all().await?;
    let before = in_force(default, &stored).map_err(PlansError::Broken)?;
    let statements = news(default, &stored, std::slice::from_ref(wanted));
    let attach = wanted.attachment().into_iter().collect();
    let after = PlanBook { attach, ..before.written().clone() };
    after.check().map_err(PlansError::Refused)?;
    ends_after_it_begins(wanted).map_err(|finding| PlansError::Refused(vec![finding]))?;
    if statements.is_empty() {
        return Ok(false);
    }
    let known: Vec<&Part> = stored.parts.iter().map(|(part, _)| part).collect();
    let parts = of_settings(default, &known, &statements, &PlanBook::default());
    let put = Put { by: by.to_owned(), at: now };
    registry.plans().put(stored.revision, &parts, &statements, &put).await?;
    Ok(true)
}

/// The newest version of a plan in a book.
pub fn newest(book: &PlanBook, name: &str) -> Option<u32> {
    book.plan.iter().filter(|plan| plan.name == name).map(|plan| plan.version).max()
}

impl Attach {
    fn of(attachment: &Attachment) -> Self {
        let Attachment { plan, version, to, from, until } = attachment.clone();
        Self { plan: Some((plan, version)), to, from, until }
    }

    /// It as an entry of a book; `None` where it ends what held.
    pub fn attachment(&self) -> Option<Attachment> {
        let (plan, version) = self.plan.clone()?;
        Some(Attachment { plan, version, to: self.to.clone(), from: self.from, until: self.until })
    }

    fn statement(&self) -> Statement {
        let plan = self.plan.as_ref().map(|(name, version)| (name.to_string(), *version));
        Statement { place: self.to.to_string(), plan, from: self.from, until: self.until }
    }
}

/// Attachments at each place, in order of their dates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Places(BTreeMap<Scope, Vec<Attachment>>);

impl Places {
    /// What is left of the statements that were put, each laid over those before it; findings of those that cannot be read.
    fn stated(stored: &StoredPlans) -> (Self, Vec<Finding>) {
        let (mut places, mut findings) = (Self::default(), Vec::new());
        for (at, (statement, _)) in stored.statements.iter().enumerate() {
            match attach(statement) {
                Ok(attach) => places.lay(&attach),
                Err(message) => findings.push(unreadable(&format_smolstr!("attach[{at}].to"), message)),
            }
        }
        (places, findings)
    }

    /// These over the plan of the settings, which holds wherever and whenever nothing else does: no statement takes it away.
    fn over(self, default: &Plan) -> Self {
        let mut places = Self::default();
        places.lay(&everywhere(default));
        self.0.into_values().flatten().for_each(|attachment| places.lay(&Attach::of(&attachment)));
        places
    }

    fn of(plans: &Plans) -> Self {
        let mut places = Self::default();
        for attachment in &plans.written().attach {
            places.0.entry(attachment.to.clone()).or_default().push(attachment.clone());
        }
        places
    }

    /// Lays a statement over what holds at its place: the later word counts on its dates.
    fn lay(&mut self, wanted: &Attach) {
        let place = self.0.entry(wanted.to.clone()).or_default();
        let mut after: Vec<Attachment> = Vec::with_capacity(place.len() + 2);
        for known in place.drain(..) {
            let begins = wanted.from.filter(|from| known.from < Some(*from));
            let ends = wanted.until.filter(|until| known.until.is_none_or(|known| *until < known));
            after.extend(begins.map(|from| {
                let until = Some(known.until.map_or(from, |until| until.min(from)));
                Attachment { until, ..known.clone() }
            }));
            after.extend(ends.map(|until| Attachment { from: known.from.max(Some(until)), ..known.clone() }));
        }
        after.extend(wanted.attachment());
        after.sort_by_key(|attachment| attachment.from);
        for next in after {
            match place.last_mut() {
                Some(last) if last.until == next.from && (&last.plan, last.version) == (&next.plan, next.version) => {
                    last.until = next.until;
                }
                _ => place.push(next),
            }
        }
    }

    fn attachments(self) -> Vec<Attachment> {
        self.0.into_values().flatten().collect()
    }
}

fn everywhere(plan: &Plan) -> Attach {
    Attach { plan: Some((plan.name.clone(), plan.version)), to: Scope::Everywhere, from: None, until: None }
}

/// The statements that change what holds, or take away what was attached.
fn news(default: &Plan, stored: &StoredPlans, wanted: &[Attach]) -> Vec<Statement> {
    let (mut places, _) = Places::stated(stored);
    let mut statements = Vec::new();
    for attach in wanted {
        let told = |places: &Places| match attach.plan {
            Some(_) => places.clone().over(default).attachments(),
            None => places.clone().attachments(),
        };
        let known = told(&places);
        places.lay(attach);
        if told(&places) != known {
            statements.push(attach.statement());
        }
    }
    statements
}

/// The sets and the plan of the settings, where what is put refers to them and they are not kept yet: the settings may name
/// another plan later.
fn of_settings(default: &Plan, known: &[&Part], statements: &[Statement], book: &PlanBook) -> Vec<Part> {
    let is_it = |name: &str, version: u32| name == default.name && version == default.version;
    let attached = statements.iter().filter_map(|statement| statement.plan.as_ref());
    let sets = book.plan.iter().flat_map(|plan| [&plan.validation, &plan.estimation]);
    let is_used = attached.into_iter().any(|(name, version)| is_it(name, *version))
        || sets.into_iter().any(|set| is_it(&set.set, set.version));
    let parts = if is_used { written_parts(&PlanBook::of_plan(default.clone())) } else { Vec::new() };
    parts.into_iter().filter(|part| !known.contains(&part)).collect()
}

/// The book that is put, with what is there beside it, so that its own entries keep their places in findings.
fn checked(book: &PlanBook, before: &Plans, parts: &[Part], known: &[&Part]) -> Result<PlanBook, Vec<Finding>> {
    let mut findings: Vec<Finding> = parts.iter().filter_map(|part| changed(part, known)).collect();
    let is_new = |kind: PartKind, name: &str, version: u32| {
        !parts.iter().any(|part| part.kind == kind && part.name == name && part.version == version)
    };
    let there = before.written();
    let mut whole = book.clone();
    let formulas = there.formula.iter().filter(|one| is_new(PartKind::Formula, &one.name, one.version));
    whole.formula.extend(formulas.cloned());
    let sets = there.validation_set.iter().filter(|set| is_new(PartKind::ValidationSet, &set.name, set.version));
    whole.validation_set.extend(sets.cloned());
    let sets = there.estimation_set.iter().filter(|set| is_new(PartKind::EstimationSet, &set.name, set.version));
    whole.estimation_set.extend(sets.cloned());
    whole.plan.extend(there.plan.iter().filter(|plan| is_new(PartKind::Plan, &plan.name, plan.version)).cloned());
    // The plan of the settings is no part of the registry, but what is put must go with it.
    let of_settings: Vec<Part> = written_parts(there).into_iter().filter(|part| !known.contains(&part)).collect();
    findings.extend(parts.iter().filter_map(|part| changed(part, &of_settings.iter().collect::<Vec<_>>())));
    findings.extend(whole.check().err().unwrap_or_default());
    if findings.is_empty() { Ok(whole) } else { Err(findings) }
}

/// A part that is there under its name and version with another content.
fn changed(part: &Part, known: &[&Part]) -> Option<Finding> {
    let Part { kind, name, version, .. } = part;
    known
        .iter()
        .find(|known| (known.kind, &known.name, known.version) == (*kind, name, *version) && **known != part)?;
    let message = format!(
        "{kind} `{name}` of version {version} is there with other content and is never changed; give yours version {}",
        version + 1
    );
    Some(Finding::new(0, format_smolstr!("{}.version", list(*kind)), "book.changed_version", message))
}

fn list(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Formula => "formula",
        PartKind::ValidationSet => "validation_set",
        PartKind::EstimationSet => "estimation_set",
        PartKind::Plan => "plan",
    }
}

fn ends_after_it_begins(wanted: &Attach) -> Result<(), Finding> {
    match (wanted.from, wanted.until) {
        (Some(from), Some(until)) if until <= from => {
            let message = format!("found {until}, expected a date after {from}");
            Err(Finding::new(0, "until", "book.dates", message))
        }
        _ => Ok(()),
    }
}

/// The sets and plans of a book as the registry keeps them.
fn written_parts(book: &PlanBook) -> Vec<Part> {
    let part = |kind, name: &SmolStr, version, content| Part { kind, name: name.to_string(), version, content };
    let json =
        |entry: serde_json::Result<serde_json::Value>| entry.expect("sets and plans are texts, numbers and lists");
    let formulas = book.formula.iter();
    let formulas = formulas.map(|one| (PartKind::Formula, &one.name, one.version, json(serde_json::to_value(one))));
    let rules = book.validation_set.iter();
    let rules = rules.map(|set| (PartKind::ValidationSet, &set.name, set.version, json(serde_json::to_value(set))));
    let methods = book.estimation_set.iter();
    let methods = methods.map(|set| (PartKind::EstimationSet, &set.name, set.version, json(serde_json::to_value(set))));
    let plans =
        book.plan.iter().map(|plan| (PartKind::Plan, &plan.name, plan.version, json(serde_json::to_value(plan))));
    let all = formulas.chain(rules).chain(methods).chain(plans);
    all.map(|(kind, name, version, content)| part(kind, name, version, content)).collect()
}

/// The sets and plans of the settings and of the registry, as a book without attachments.
fn parts(default: &Plan, stored: &StoredPlans) -> (PlanBook, Vec<Finding>) {
    let mut book = PlanBook::of_plan(default.clone());
    let mut findings = Vec::new();
    let of_settings = written_parts(&book);
    let known: HashSet<_> = of_settings.iter().map(|part| (part.kind, part.name.clone(), part.version)).collect();
    for (part, _) in &stored.parts {
        if known.contains(&(part.kind, part.name.clone(), part.version)) {
            findings.extend(of_settings.iter().filter_map(|own| differs(own, part)));
            continue;
        }
        let added = match part.kind {
            PartKind::Formula => add(&mut book.formula, part),
            PartKind::ValidationSet => add(&mut book.validation_set, part),
            PartKind::EstimationSet => add(&mut book.estimation_set, part),
            PartKind::Plan => add(&mut book.plan, part),
        };
        findings.extend(added.err());
    }
    (book, findings)
}

/// The plan of the settings and one in the registry are two plans under one name and version.
fn differs(of_settings: &Part, stored: &Part) -> Option<Finding> {
    let same =
        (of_settings.kind, &of_settings.name, of_settings.version) == (stored.kind, &stored.name, stored.version);
    let Part { name, version, .. } = stored;
    let message = format!(
        "the plan `{name}` of version {version} that the settings name is in the registry with other content; give the \
         one in the settings a new version"
    );
    (same && of_settings != stored).then(|| Finding::new(0, "plan", "book.changed_version", message))
}

fn add<T: DeserializeOwned>(list: &mut Vec<T>, part: &Part) -> Result<(), Finding> {
    let Part { kind, name, version, content } = part;
    let place = || format_smolstr!("{} `{name}` version {version}", kind);
    list.push(
        serde_json::from_value(content.clone()).map_err(|error| unreadable(&place(), in_words(&error.to_string())))?,
    );
    Ok(())
}

fn attach(statement: &Statement) -> Result<Attach, String> {
    let to = statement.place.parse().map_err(|error: vee::plan::book::UnknownScope| error.to_string())?;
    let plan = statement.plan.as_ref().map(|(name, version)| (name.to_smolstr(), *version));
    Ok(Attach { plan, to, from: statement.from, until: statement.until })
}

fn unreadable(place: &str, message: String) -> Finding {
    let message = format!("cannot be read from the registry: {message}; was it put by a newer version of Amity?");
    Finding::new(0, place, "book.stored", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a3..9`: plan a from 3 January until the 9th; `-3..9`: none.
    fn attach(text: &str) -> Attach {
        let day = |text: &str| text.parse().ok().map(|day| jiff::civil::date(2026, 1, day));
        let (from, until) = text[1..].split_once("..").unwrap();
        let plan = (!text.starts_with('-')).then(|| (text[..1].into(), 1));
        Attach { plan, to: Scope::Everywhere, from: day(from), until: day(until) }
    }

    #[track_caller]
    fn check(statements: &str, expected: &str) {
        let mut places = Places::default();
        statements.split_whitespace().for_each(|text| places.lay(&attach(text)));
        let expected: Vec<Attachment> =
            expected.split_whitespace().filter_map(|text| attach(text).attachment()).collect();
        assert_eq!(places.attachments(), expected, "{statements}");
    }

    #[test]
    fn the_later_statement_holds_on_its_dates() {
        check("a..", "a..");
        check("a.. b5..", "a..5 b5..");
        check("a.. b5..7", "a..5 b5..7 a7..");
        check("a.. b5..7 a5..7", "a..");
        check("a.. b5..9 c7..12", "a..5 b5..7 c7..12 a12..");
        check("a.. -5..7", "a..5 a7..");
        check("a5..7 b..", "b..");
        check("a5..7 b7..9 -..", "");
        check("a5..7 b..6", "b..6 a6..7");
    }

    #[test]
    fn the_plan_of_the_settings_lies_under_everything() {
        let over = |statements: &str| {
            let mut places = Places::default();
            statements.split_whitespace().for_each(|text| places.lay(&attach(text)));
            let default = Plan { name: "s".into(), version: 1, ..Plan::standard() };
            let told = places.over(&default).attachments();
            let day = |date: Option<Date>| date.map_or(String::new(), |date| date.day().to_string());
            let words = told.iter().map(|one| format!("{}{}..{}", one.plan, day(one.from), day(one.until)));
            words.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(over(""), "s..");
        assert_eq!(over("-.."), "s..");
        assert_eq!(over("a5..9"), "s..5 a5..9 s9..");
        assert_eq!(over("a.. -5..9"), "a..5 s5..9 a9..");
        assert_eq!(over("a.. -.."), "s..");
    }
}
