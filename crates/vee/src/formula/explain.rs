//! A formula in words, with the value of every part at one interval.

use serde::Serialize;

use super::Formula;
use super::evaluate::{CountScope, Evaluation, Take};
use super::tree::{Channel, Choice, Node, StatusName};
use crate::context::Context;
use crate::day::{Day, MISSING};
use crate::scan::Extremes;
use crate::view::View;

/// One part of a formula and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The part as a formula text.
    pub part: String,
    /// What it says, in words.
    pub words: String,
    /// `18.4`, `true`, `no value`, or why it cannot be calculated.
    pub value: String,
    /// What it is made of.
    pub parts: Vec<Explanation>,
}

/// Explains a formula at a slot of a day as received.
pub fn explain(formula: &Formula, day: &Day<'_>, context: &Context<'_>, slot: u16, scope: CountScope) -> Explanation {
    let values: Vec<i64> = (0..day.slots()).map(|slot| day.value(slot).unwrap_or(MISSING)).collect();
    let (statuses, totals) = (day.statuses, context.totals);
    let view = View { day, context, values: &values, statuses, extremes: Extremes::of(&values), totals };
    part(&Evaluation::of(formula, &view, scope), &formula.root, slot)
}

fn part(evaluation: &Evaluation<'_>, node: &Node, slot: u16) -> Explanation {
    let value = match evaluation.value(node, slot, Take::Standing) {
        Err(error) => error.to_string(),
        Ok(None) => "no value".into(),
        Ok(Some(number)) if node.is_truth() => if number.is_zero() { "false" } else { "true" }.into(),
        Ok(Some(number)) => number.to_string(),
    };
    // What a part is worth one slot is of no help where the parent takes all of them.
    let parts = if matches!(node, Node::Statistic { .. }) { vec![] } else { node.children() };
    let parts = parts.into_iter().map(|child| part(evaluation, child, slot)).collect();
    Explanation { part: node.to_string(), words: words(node), value, parts }
}

fn words(node: &Node) -> String {
    match node {
        Node::Constant(_) => "a constant".into(),
        Node::Channel(Channel::Input) => "the value under validation".into(),
        Node::Channel(Channel::History) => "the stored days of the channel".into(),
        Node::Channel(Channel::Companion(name)) => format!("the value of channel {name}"),
        Node::Named(name, _) => format!("the formula {name}"),
        Node::Negative(_) => "the part with the other sign".into(),
        Node::Not(_) => "whether the part does not hold".into(),
        Node::Binary(operator, ..) if operator.is_truth() => format!("whether {} holds", operator.sign()),
        Node::Binary(operator, ..) => format!("the result of {}", operator.sign()),
        Node::If(_) => "the second part where the first holds, else the third".into(),
        Node::Status { choice, statuses, .. } => {
            let how_many = if *choice == Choice::All { "all" } else { "any" };
            let names: Vec<String> = statuses.iter().map(StatusName::to_string).collect();
            format!("whether {how_many} of these statuses are set: {}", names.join(", "))
        }
        Node::StatusCount { status, .. } => format!("how many intervals have the status {status}"),
        Node::Statistic { function, .. } => format!("{} over the period", function.words()),
    }
}
