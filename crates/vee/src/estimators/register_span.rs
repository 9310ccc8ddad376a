//! What the shortest register span around a gap leaves for its open intervals.
//!
//! Shared by E14 and E21. The reads of the span must be good and the intervals with values not failed;
//! an interval in which the supply is known to have been off is not open: it gets nothing.

use super::Gap;
use crate::context::{Elsewhere, Measured};
use crate::day::MISSING;
use crate::sum_check::measured_quantity;
use crate::view::View;
use model::quality::Status;

/// The rest of a register difference.
pub(super) struct Rest {
    /// What is left for the open intervals, in the channel's quantum.
    pub total: i64,
    /// The open intervals of the day, in order.
    pub open: Vec<u16>,
    /// The open intervals of the span in other days.
    pub open_elsewhere: u32,
    /// Estimates of the span in other days.
    pub estimated_elsewhere: u32,
    /// The register difference, for the words.
    pub difference: String,
}

/// The rest of the shortest register span that holds the gap.
///
/// # Errors
/// Why there is none.
pub(super) fn rest_around(view: &View<'_>, gap: Gap) -> Result<Rest, String> {
    let mut spans: Vec<_> =
        view.context.totals.iter().filter_map(|total| Some((total, view.slots_of(total.range)?))).collect();
    spans.retain(|(total, (from, to))| {
        matches!(total.measured, Measured::Register(_)) && *from <= gap.from && gap.to <= *to
    });
    spans.sort_by_key(|(total, _)| total.rank());
    let (total, (from, to)) = *spans.first().ok_or("no register reads are known around the gap")?;
    let day = view.day.range(0, view.slots());
    let within = day.start <= total.range.start && total.range.end <= day.end;
    let elsewhere = match total.elsewhere {
        Some(elsewhere) => elsewhere,
        None if within => Elsewhere::default(),
        None => return Err("the span of the register reaches into days that are not given".into()),
    };
    if (from..to).any(|slot| view.status(slot).contains(Status::FAILED) && view.value(slot).is_some()) {
        return Err("a failed value of the span waits for a person".into());
    }
    let too_large = "the numbers are too large to share exactly";
    let measured = measured_quantity(&total.measured).map_err(|error| error.to_string())?;
    let whole = measured.rounded(view.context.exponent.into()).ok_or(too_large)?;
    let values = &view.values[usize::from(from)..usize::from(to)];
    let here: i128 = values.iter().filter(|value| **value != MISSING).map(|value| i128::from(*value)).sum();
    let left = here.checked_add(elsewhere.sum).and_then(|good| whole.checked_sub(good)).ok_or(too_large)?;
    if left < 0 {
        let (left, unit) = (view.context.amount(left), view.context.unit);
        return Err(format!("the register leaves {left} {unit} for the gap, which is negative"));
    }
    Ok(Rest {
        total: i64::try_from(left).map_err(|_| too_large)?,
        open: (from..to).filter(|slot| view.value(*slot).is_none() && !view.is_dark(*slot)).collect(),
        open_elsewhere: elsewhere.missing,
        estimated_elsewhere: elsewhere.estimated,
        difference: format!("{measured} {}", view.context.unit),
    })
}
