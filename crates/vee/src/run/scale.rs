//! Scaling within a run: which estimates share which register difference.

use model::quality::Status;

use super::Draft;
use crate::context::{Elsewhere, Measured, Total};
use crate::day::MISSING;
use crate::inputs_hash::InputsHash;
use crate::outcome::Estimation;
use crate::plan::ScalingMode;
use crate::scaling::{NegativeTotal, scale};
use crate::sum_check::measured_quantity;

/// Makes the estimates under each register pair add up with the measured values to its difference.
///
/// Short spans come first and what they fixed stays, so that reads within a longer span are used
/// (partial mode of the catalogue). Stated amounts are no registers and scale nothing.
pub(super) fn meet_registers(draft: &mut Draft<'_>, mode: ScalingMode, estimations: &mut Vec<Estimation>) {
    let negative = match mode {
        ScalingMode::None => return,
        ScalingMode::Proportional => NegativeTotal::Refuse,
        ScalingMode::ProportionalAllowNegative => NegativeTotal::Allow,
    };
    let totals = draft.context.totals.iter();
    let mut registers: Vec<&Total> = totals.filter(|total| matches!(total.measured, Measured::Register(_))).collect();
    registers.sort_by_key(|total| total.rank());
    for total in registers {
        let Some((from, to)) = draft.view().slots_of(total.range) else { continue };
        let changeable = draft.changeable(from, to);
        if changeable.is_empty() {
            continue;
        }
        let slots_filled = u16::try_from(changeable.len()).unwrap_or(u16::MAX);
        let (slots_filled, words) = match draft.meet(total, (from, to), &changeable, negative) {
            Ok(words) => (slots_filled, words),
            Err(reason) => {
                for at in changeable {
                    draft.statuses[at] |= Status::UNSCALED;
                }
                (0, format!("left unscaled: {reason}"))
            }
        };
        estimations.push(Estimation { method: "scaling", from, to, slots_filled, words });
    }
}

impl Draft<'_> {
    /// The estimates of a span that no earlier register fixed.
    fn changeable(&self, from: u16, to: u16) -> Vec<usize> {
        (usize::from(from)..usize::from(to))
            .filter(|at| !self.slots[*at].method.is_empty() && !self.slots[*at].exclude_from_scaling)
            .filter(|at| !self.statuses[*at].contains(Status::SCALED))
            .collect()
    }

    fn meet(
        &mut self,
        total: &Total,
        (from, to): (u16, u16),
        changeable: &[usize],
        negative: NegativeTotal,
    ) -> Result<String, String> {
        let elsewhere = self.elsewhere(total)?;
        let span = usize::from(from)..usize::from(to);
        if self.values[span.clone()].contains(&MISSING) {
            return Err("values of the span are still missing".into());
        }
        if self.statuses[span.clone()].iter().any(|status| status.contains(Status::FAILED)) {
            return Err("a failed value of the span waits for a person".into());
        }
        let measured = measured_quantity(&total.measured).map_err(|error| error.to_string())?;
        let too_large = "the numbers are too large to scale exactly";
        let whole = measured.rounded(self.context.exponent.into()).ok_or(too_large)?;
        let here: i128 = self.values[span].iter().copied().map(i128::from).sum();
        let seeds: Vec<i64> = changeable.iter().map(|at| self.values[*at]).collect();
        let seed_sum: i128 = seeds.iter().copied().map(i128::from).sum();
        let fixed = (here - seed_sum).checked_add(elsewhere.sum).ok_or(too_large)?;
        let left = whole.checked_sub(fixed).and_then(|left| i64::try_from(left).ok()).ok_or(too_large)?;
        let parts = scale(&seeds, left, negative)
            .map_err(|refusal| format!("{refusal} ({} {})", self.context.amount(left.into()), self.context.unit))?;
        for (at, (part, seed)) in changeable.iter().zip(parts.into_iter().zip(&seeds)) {
            self.values[*at] = part;
            self.statuses[*at] = self.statuses[*at].without(Status::UNSCALED) | Status::SCALED;
            let hash = InputsHash::of("scaling").number(self.slots[*at].inputs_hash.cast_signed()).number(*seed);
            self.slots[*at].inputs_hash = hash.number(left).text(&seed_sum.to_string()).finish();
        }
        let (unit, context) = (self.context.unit, self.context);
        Ok(format!(
            "{} estimates scaled from {} to {} {unit}, so that the span meets the register difference of {measured} {unit}",
            seeds.len(),
            context.amount(seed_sum),
            context.amount(left.into()),
        ))
    }

    /// The part of the span in other days, which must be measured and complete.
    fn elsewhere(&self, total: &Total) -> Result<Elsewhere, String> {
        let day = self.day.range(0, self.day.slots());
        match total.elsewhere {
            Some(Elsewhere { missing: 0, estimated: 0, sum }) => Ok(Elsewhere { sum, ..Elsewhere::default() }),
            Some(other) => Err(format!(
                "{} values of the span in other days are missing and {} estimated; scale the days of the span together",
                other.missing, other.estimated,
            )),
            None if day.start <= total.range.start && total.range.end <= day.end => Ok(Elsewhere::default()),
            None => Err("the span reaches into days that are not given".into()),
        }
    }
}
