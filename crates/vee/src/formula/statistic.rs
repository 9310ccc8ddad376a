//! Statistics over the values of a day or of the stored days.

use std::cmp::Ordering;

use model::quality::Status;

use super::evaluate::{Evaluation, EvaluationError, Take, Value};
use super::number::Number;
use super::tree::{Channel, Function, Node};
use crate::context::{OUTAGE, touches_any};
use crate::day::{Day, MISSING};

impl Evaluation<'_> {
    /// A statistic; `None` where there is no value it could be taken from. Counts are 0 there.
    pub(super) fn statistic(&self, function: Function, of: &Node) -> Value {
        let too_large = || EvaluationError::TooLarge(of.to_string());
        if function == Function::OutageCount {
            return self.outages(of).map(|count| Some(Number::whole(count)));
        }
        let values = self.stored_values(of)?;
        let count = Number::whole(i128::try_from(values.len()).unwrap_or(i128::MAX));
        let zeros = || values.iter().filter(|value| value.is_zero()).count();
        match function {
            Function::Count => return Ok(Some(count)),
            Function::ZeroCount => return Ok(i128::try_from(zeros()).ok().map(Number::whole)),
            _ if values.is_empty() => return Ok(None),
            _ => {}
        }
        let number = match function {
            Function::Sum => sum(&values),
            Function::Average => sum(&values).and_then(|sum| sum.over(count)),
            Function::Minimum => extreme(&values, Ordering::Less),
            Function::Maximum => extreme(&values, Ordering::Greater),
            Function::Median => median(values),
            Function::MedianDeviation => median_deviation(values),
            _ => standard_deviation(&values, count, self.quanta()),
        };
        number.map(Some).ok_or_else(too_large)
    }

    /// How many quanta the channel's unit has, at least one.
    fn quanta(&self) -> i128 {
        let decimals = u32::from(self.view.context.exponent.min(0).unsigned_abs());
        10_i128.checked_pow(decimals).unwrap_or(i128::MAX)
    }

    /// The values of the period: what was stored, MISSING included and EMPTY left out.
    fn stored_values(&self, of: &Node) -> Result<Vec<Number>, EvaluationError> {
        if let Node::Channel(Channel::History) = of {
            return self.history_values().ok_or_else(|| EvaluationError::TooLarge(of.to_string()));
        }
        let mut values = Vec::with_capacity(self.view.values.len());
        for slot in 0..self.view.slots() {
            values.extend(self.value(of, slot, Take::Stored)?);
        }
        Ok(values)
    }

    fn history_values(&self) -> Option<Vec<Number>> {
        let stored = self.history().flat_map(|day| day.values).filter(|value| **value != MISSING);
        stored.map(|value| Number::decimal((*value).into(), self.view.context.exponent.into())).collect()
    }

    fn history(&self) -> impl Iterator<Item = &Day<'_>> {
        self.view.context.history.iter().filter(|day| day.date != self.view.day.date)
    }

    fn outages(&self, of: &Node) -> Result<i128, EvaluationError> {
        if let Node::Channel(Channel::History) = of {
            let known = self.view.context.outages;
            let outage = |day: &Day<'_>, slot: u16| {
                day.status(slot).intersects(OUTAGE) || touches_any(day.range(slot, slot + 1), known)
            };
            let counts = self.history().map(|day| (0..day.slots()).filter(|slot| outage(day, *slot)).count());
            return Ok(i128::try_from(counts.sum::<usize>()).unwrap_or(i128::MAX));
        }
        let mut count = 0;
        for slot in 0..self.view.slots() {
            let flagged = self.statuses(of, slot, Take::Stored)?.unwrap_or(Status::NONE).intersects(OUTAGE);
            count += i128::from(flagged || self.view.is_outage(slot));
        }
        Ok(count)
    }
}

fn sum(values: &[Number]) -> Option<Number> {
    values.iter().try_fold(Number::ZERO, |sum, value| sum.plus(*value))
}

fn extreme(values: &[Number], wanted: Ordering) -> Option<Number> {
    let (first, rest) = values.split_first()?;
    rest.iter().try_fold(*first, |best, value| Some(if value.compared(best)? == wanted { *value } else { best }))
}

fn median(mut values: Vec<Number>) -> Option<Number> {
    let comparable = values.iter().all(|value| value.compared(values[0]).is_some());
    values.sort_by(|left, right| left.compared(*right).unwrap_or(Ordering::Equal));
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        return values.get(middle).copied().filter(|_| comparable);
    }
    let two = values.get(middle.checked_sub(1)?)?.plus(*values.get(middle)?)?;
    two.over(Number::whole(2)).filter(|_| comparable)
}

fn median_deviation(values: Vec<Number>) -> Option<Number> {
    let middle = median(values.clone())?;
    median(values.into_iter().map(|value| value.minus(middle)?.magnitude()).collect::<Option<_>>()?)
}

/// `sqrt(n * sum(x^2) - sum(x)^2) / n`, rounded as [`Number::square_root`] says.
fn standard_deviation(values: &[Number], count: Number, quanta: i128) -> Option<Number> {
    let squares = values.iter().try_fold(Number::ZERO, |sum, value| sum.plus(value.times(*value)?))?;
    let total = sum(values)?;
    let spread = squares.times(count)?.minus(total.times(total)?)?;
    spread.over(count.times(count)?)?.square_root(quanta)
}
