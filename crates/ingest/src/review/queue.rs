//! The queue: groups and lists of exceptions, who looks after them, remarks.

use model::id::ChannelNumber;
use model::review::{
    AskExceptions, AskGroups, Assign, Changed, Comment, Exception, Exceptions, Group, Groups, Refusal,
};
use store::registry::directory::Directory;
use store::registry::review::{self, ExceptionFilter, ExceptionState, Grouping};

use super::next_step::next_step;
use super::why::{settled, why};
use super::words::{moment, name};
use super::{Review, ReviewError, named, person, state};

/// Groups of one answer.
const GROUPS_MAX: u32 = 500;
/// Exceptions of one answer, and where nothing is asked.
const EXCEPTIONS_MAX: u32 = 1000;
const EXCEPTIONS: u32 = 100;
/// Exceptions that one word may reach.
pub(super) const IDS_MAX: usize = 10_000;

impl Review {
    /// Exceptions in groups: those in which something waits for a person first, then the graver, larger and older ones.
    ///
    /// # Errors
    /// [`ReviewError`].
    pub fn groups(&self, asked: &AskGroups) -> Result<Groups, ReviewError> {
        let by = named("by", asked.by.as_deref())?.unwrap_or(Grouping::Cause);
        let directory = self.directory()?;
        let filter = ExceptionFilter {
            state: asked.state.as_deref().map_or(Ok(Some(ExceptionState::Open)), |text| state(Some(text)))?,
            rule: asked.rule.clone(),
            date: asked.date,
            last: None,
            channel: self.number(&directory, asked.channel.as_deref())?,
            assignee: asked.assignee.clone(),
            routed: asked.routed,
            after: 0,
            limit: GROUPS_MAX,
        };
        let found = self.runtime.block_on(self.registry.review().groups(by, &filter))?;
        let total = self.runtime.block_on(self.registry.review().count(&filter))?;
        let waiting = ExceptionFilter { routed: Some(true), ..filter };
        let routed = match asked.routed {
            Some(false) => 0,
            _ => self.runtime.block_on(self.registry.review().count(&waiting))?,
        };
        Ok(Groups { groups: found.into_iter().map(|found| group(found, &directory)).collect(), total, routed })
    }

    /// A page of exceptions.
    ///
    /// # Errors
    /// [`ReviewError`].
    pub fn exceptions(&self, asked: &AskExceptions) -> Result<Exceptions, ReviewError> {
        let directory = self.directory()?;
        let limit = limited(asked.limit, EXCEPTIONS, EXCEPTIONS_MAX)?;
        if asked.last.is_some_and(|last| asked.date.is_none_or(|date| last < date)) {
            let detail = "expected a day from `date` on, and `date` with it".to_owned();
            return Err(Refusal::Invalid { field: "last", detail }.into());
        }
        let filter = ExceptionFilter {
            state: state(asked.state.as_deref())?,
            rule: asked.rule.clone(),
            date: asked.date,
            last: asked.last,
            channel: self.number(&directory, asked.channel.as_deref())?,
            assignee: asked.assignee.clone(),
            routed: asked.routed,
            after: asked.after.unwrap_or(0),
            limit,
        };
        let found = self.runtime.block_on(self.registry.review().exceptions(&filter))?;
        let next = found.last().filter(|_| found.len() == limit as usize).map(|last| last.id);
        Ok(Exceptions { exceptions: found.into_iter().map(|found| exception(found, &directory)).collect(), next })
    }

    /// The number of the channel that a filter names.
    fn number(&self, directory: &Directory, channel: Option<&str>) -> Result<Option<ChannelNumber>, ReviewError> {
        channel.map(|text| Ok(self.channel(directory, text)?.number)).transpose()
    }

    /// Says who looks after exceptions.
    ///
    /// # Errors
    /// [`ReviewError`]; nothing is changed.
    pub fn assign(&self, asked: &Assign) -> Result<Changed, ReviewError> {
        person("by", &asked.by)?;
        let to = asked.to.as_deref().map(|to| person("to", to)).transpose()?;
        let ids = some("exceptions", &asked.exceptions)?;
        self.runtime.block_on(self.registry.review().assign(ids, to))?;
        Ok(Changed { changed: ids.len() })
    }

    /// Leaves a remark at exceptions.
    ///
    /// # Errors
    /// [`ReviewError`]; nothing is changed.
    pub fn comment(&self, asked: &Comment) -> Result<Changed, ReviewError> {
        let by = person("by", &asked.by)?;
        let ids = some("exceptions", &asked.exceptions)?;
        self.runtime.block_on(self.registry.review().comment(ids, asked.text.trim(), by))?;
        Ok(Changed { changed: ids.len() })
    }
}

/// At least one, and not more than one word may reach.
pub(super) fn some<'t, T>(field: &'static str, list: &'t [T]) -> Result<&'t [T], Refusal> {
    match list.len() {
        1..=IDS_MAX => Ok(list),
        found => Err(Refusal::Invalid { field, detail: format!("expected 1 to {IDS_MAX}, found {found}") }),
    }
}

/// How many rows an answer has.
pub(super) fn limited(asked: Option<u32>, usual: u32, max: u32) -> Result<u32, Refusal> {
    match asked.unwrap_or(usual) {
        limit if (1..=max).contains(&limit) => Ok(limit),
        limit => Err(Refusal::Invalid { field: "limit", detail: format!("expected 1 to {max}, found {limit}") }),
    }
}

/// What people call a channel; its number where it is not in the registry.
pub(super) fn label(directory: &Directory, channel: ChannelNumber) -> String {
    directory.channel(channel).map_or_else(|| channel.to_string(), |channel| channel.label.to_string())
}

fn group(found: review::Group, directory: &Directory) -> Group {
    let rule = found.rule.map(String::from);
    Group {
        rule_name: rule.as_deref().map(name),
        next_step: rule.as_deref().map_or("Look at the exceptions of this channel together.", next_step).into(),
        rule,
        date: found.date,
        last: found.last,
        channel: found.channel.map(|channel| channel.0),
        label: found.channel.map(|channel| label(directory, channel)),
        from: found.first,
        to: found.end,
        count: found.count,
        channels: found.channels,
        why: why(0 < found.routed, found.effect),
        effect: found.effect.to_string(),
        severity: found.severity,
        direction: found.direction,
        routed: found.routed,
        oldest: found.oldest,
        example: found.example,
    }
}

fn exception(kept: review::Exception, directory: &Directory) -> Exception {
    let found = kept.found;
    let channel = directory.channel(found.channel);
    let at = |slot| moment(channel?, found.date, slot);
    Exception {
        id: kept.id,
        channel: found.channel.0,
        label: label(directory, found.channel),
        date: found.date,
        from: found.first,
        to: found.end,
        start: at(found.first),
        end: at(found.end),
        rule_name: name(&found.rule),
        next_step: next_step(&found.rule),
        rule: found.rule.into(),
        why: if found.state == ExceptionState::Open { why(found.routed, found.effect) } else { settled(found.state) },
        effect: found.effect.to_string(),
        severity: found.severity,
        direction: found.direction,
        routed: found.routed,
        evidence: found.evidence,
        state: found.state.to_string(),
        assignee: kept.assignee,
        comment: kept.comment,
        comment_by: kept.comment_by,
        first_seen: kept.first_seen,
        act: found.act,
    }
}
