//! The value of a formula at an interval.

use std::cell::OnceCell;
use std::cmp::Ordering;

use model::quality::Status;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::Formula;
use super::number::Number;
use super::tree::{Channel, Choice, Node, Operator, StatusName};
use crate::context::{Companion, Role};
use crate::day::MISSING;
use crate::evidence::duration;
use crate::view::View;

/// What `@statuscount` counts over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CountScope {
    /// The interval under evaluation: 1 or 0.
    #[default]
    Interval,
    /// All intervals of the data under validation.
    Block,
}

impl CountScope {
    /// The words of settings.
    pub const WORDS: [&'static str; 2] = ["interval", "block"];

    pub(crate) fn of(word: &str) -> Self {
        if word == Self::WORDS[1] { Self::Block } else { Self::Interval }
    }
}

/// Why a formula has no result at an interval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// The divisor is zero.
    #[error("division by zero in `{0}`")]
    DivisionByZero(String),
    /// More than 38 digits.
    #[error("the numbers of `{0}` are too large to calculate exactly")]
    TooLarge(String),
    /// No such channel on the day.
    #[error("the day has no channel `{0}`")]
    UnknownChannel(SmolStr),
    /// The intervals of the other channel are not those of the day.
    #[error("the intervals of channel `{0}` last {1}, those of the day {2}")]
    OtherIntervals(SmolStr, String, String),
}

impl EvaluationError {
    /// Whether an input is absent, so that the formula says nothing of the whole day.
    pub(crate) fn is_input(&self) -> bool {
        matches!(self, Self::UnknownChannel(_) | Self::OtherIntervals(..))
    }
}

/// The value of a part; `None` where an interval it needs has none.
pub(super) type Value = Result<Option<Number>, EvaluationError>;

/// Which values count: those that stand, or all that were stored, as statistics take them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Take {
    Standing,
    Stored,
}

/// One formula over one day; every statistic is calculated once.
pub(crate) struct Evaluation<'a> {
    pub(super) view: &'a View<'a>,
    formula: &'a Formula,
    scope: CountScope,
    statistics: Vec<OnceCell<Value>>,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn of(formula: &'a Formula, view: &'a View<'a>, scope: CountScope) -> Self {
        Self { view, formula, scope, statistics: vec![OnceCell::new(); formula.statistics] }
    }

    /// Whether the formula is not 0 at a slot; `None` where it has no result there.
    pub(crate) fn holds(&self, slot: u16) -> Result<Option<bool>, EvaluationError> {
        Ok(self.value(&self.formula.root, slot, Take::Standing)?.map(|number| !number.is_zero()))
    }

    /// The statistics used at slots so far, in words: `@avg($input) 1.2`.
    pub(crate) fn statistics_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        self.collect(&self.formula.root, &mut words);
        words
    }

    fn collect(&self, node: &Node, words: &mut Vec<String>) {
        if let Node::Statistic { place, .. } = node
            && let Some(Ok(Some(number))) = self.statistics[*place].get()
        {
            words.push(format!("{node} is {number}"));
        }
        node.children().into_iter().for_each(|child| self.collect(child, words));
    }

    pub(super) fn value(&self, node: &Node, slot: u16, take: Take) -> Value {
        match node {
            Node::Constant(number) => Ok(Some(*number)),
            Node::Channel(channel) => self.sample(channel, slot, take).map_err(|error| error.at(node)),
            Node::Named(_, part) => self.value(part, slot, take),
            Node::Negative(part) => exact(node, self.value(part, slot, take)?.map(Number::negated)),
            Node::Not(part) => Ok(self.value(part, slot, take)?.map(|number| Number::truth(number.is_zero()))),
            Node::Binary(operator @ (Operator::And | Operator::Or), left, right) => {
                self.joined(*operator, [left, right], slot, take)
            }
            Node::Binary(operator, left, right) => {
                match (self.value(left, slot, take)?, self.value(right, slot, take)?) {
                    (Some(left), Some(right)) => combined(node, *operator, left, right).map(Some),
                    _ => Ok(None),
                }
            }
            Node::If(parts) => match self.value(&parts[0], slot, take)? {
                Some(condition) => self.value(&parts[if condition.is_zero() { 2 } else { 1 }], slot, take),
                None => Ok(None),
            },
            Node::Status { channel, choice, statuses } => {
                let found = self.statuses(channel, slot, take)?;
                Ok(found.map(|found| Number::truth(meets(found, *choice, statuses))))
            }
            Node::StatusCount { channel, status } => self.status_count(channel, status, slot, take),
            Node::Statistic { function, of, place } => {
                self.statistics[*place].get_or_init(|| self.statistic(*function, of)).clone()
            }
        }
    }

    /// `AND` and `OR`: a part without a value does not matter where the other decides.
    fn joined(&self, operator: Operator, parts: [&Node; 2], slot: u16, take: Take) -> Value {
        let decides = operator == Operator::Or;
        let mut unknown = false;
        for part in parts {
            match self.value(part, slot, take)? {
                Some(number) if number.is_zero() != decides => return Ok(Some(Number::truth(decides))),
                Some(_) => {}
                None => unknown = true,
            }
        }
        Ok((!unknown).then(|| Number::truth(!decides)))
    }

    fn status_count(&self, channel: &Node, status: &StatusName, slot: u16, take: Take) -> Value {
        let counted = |slot| {
            let found = self.statuses(channel, slot, take)?;
            Ok(found.is_some_and(|found| found.contains(status.status)))
        };
        match self.scope {
            CountScope::Interval => counted(slot).map(|set| Some(Number::truth(set))),
            CountScope::Block => {
                let mut count = 0;
                for slot in 0..self.view.slots() {
                    count += i128::from(counted(slot)?);
                }
                Ok(Some(Number::whole(count)))
            }
        }
    }

    /// The statuses of a channel at a slot; `None` where it is not known which channel is meant.
    pub(super) fn statuses(&self, node: &Node, slot: u16, take: Take) -> Result<Option<Status>, EvaluationError> {
        match node {
            Node::Channel(Channel::Companion(name)) => Ok(Some(self.companion(name)?.day.status(slot))),
            Node::Named(_, part) => self.statuses(part, slot, take),
            Node::If(parts) => match self.value(&parts[0], slot, take)? {
                Some(condition) => self.statuses(&parts[if condition.is_zero() { 2 } else { 1 }], slot, take),
                None => Ok(None),
            },
            _ => Ok(Some(self.view.status(slot))),
        }
    }

    fn sample(&self, channel: &Channel, slot: u16, take: Take) -> Value {
        let (value, exponent) = match channel {
            Channel::Input => {
                let stored = || self.view.day.values.get(usize::from(slot)).copied();
                let called_missing = take == Take::Stored && self.view.status(slot).contains(Status::MISSING);
                let value = self.view.value(slot).or_else(|| stored().filter(|_| called_missing));
                (value, self.view.context.exponent)
            }
            Channel::Companion(name) => {
                let companion = self.companion(name)?;
                let stored = || companion.day.values.get(usize::from(slot)).copied().filter(|_| take == Take::Stored);
                (companion.day.value(slot).or_else(stored), companion.exponent)
            }
            Channel::History => (None, 0),
        };
        let number = |value: i64| Number::decimal(value.into(), exponent.into());
        match value.filter(|value| *value != MISSING).map(number) {
            Some(None) => Err(EvaluationError::TooLarge(String::new())),
            found => Ok(found.flatten()),
        }
    }

    pub(super) fn companion(&self, name: &str) -> Result<&Companion<'a>, EvaluationError> {
        let companions = self.view.context.companions;
        let labelled = companions.iter().find(|companion| companion.label == name);
        let found = labelled.or_else(|| companions.iter().find(|companion| role_word(companion.role) == name));
        let found = found.ok_or_else(|| EvaluationError::UnknownChannel(name.into()))?;
        let (theirs, ours) = (found.day.slot_seconds, self.view.day.slot_seconds);
        if theirs != ours {
            let [theirs, ours] = [theirs, ours].map(|seconds| duration(seconds.into()));
            return Err(EvaluationError::OtherIntervals(name.into(), theirs, ours));
        }
        Ok(found)
    }
}

impl EvaluationError {
    /// The same with the text of the part, where that is not said yet.
    fn at(self, node: &Node) -> Self {
        match self {
            Self::TooLarge(text) if text.is_empty() => Self::TooLarge(node.to_string()),
            other => other,
        }
    }
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Check => "check",
        Role::Reactive => "reactive",
        Role::VoltageSquared(1) => "voltage_squared_1",
        Role::VoltageSquared(2) => "voltage_squared_2",
        Role::VoltageSquared(_) => "voltage_squared_3",
        Role::CurrentSquared(1) => "current_squared_1",
        Role::CurrentSquared(2) => "current_squared_2",
        Role::CurrentSquared(_) => "current_squared_3",
        Role::Sibling => "sibling",
        Role::LoadProfile => "load_profile",
        Role::Scada => "scada",
        Role::FlowIn => "flow_in",
        Role::FlowOut => "flow_out",
    }
}

fn meets(found: Status, choice: Choice, statuses: &[StatusName]) -> bool {
    match choice {
        Choice::All => statuses.iter().all(|wanted| found.contains(wanted.status)),
        Choice::Any => statuses.iter().any(|wanted| found.contains(wanted.status)),
    }
}

fn combined(node: &Node, operator: Operator, left: Number, right: Number) -> Result<Number, EvaluationError> {
    let number = match operator {
        Operator::Plus => left.plus(right),
        Operator::Minus => left.minus(right),
        Operator::Times => left.times(right),
        Operator::Over if right.is_zero() => return Err(EvaluationError::DivisionByZero(node.to_string())),
        Operator::Over => left.over(right),
        comparison => left.compared(right).map(|ordering| Number::truth(holds(comparison, ordering))),
    };
    number.ok_or_else(|| EvaluationError::TooLarge(node.to_string()))
}

fn holds(comparison: Operator, ordering: Ordering) -> bool {
    match comparison {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::AtMost => ordering.is_le(),
        Operator::AtLeast => ordering.is_ge(),
        Operator::Below => ordering.is_lt(),
        _ => ordering.is_gt(),
    }
}

/// A result, or the words that it is too large.
fn exact(node: &Node, number: Option<Option<Number>>) -> Value {
    match number {
        Some(None) => Err(EvaluationError::TooLarge(node.to_string())),
        found => Ok(found.flatten()),
    }
}
