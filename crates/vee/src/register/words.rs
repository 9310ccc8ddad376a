//! The words of evidence for reads: local moments, amounts, shares.

use jiff::Timestamp;
use model::quantity::Decimal;

use super::view::View;
use crate::amount::Amount;

/// Why an exact comparison was given up.
pub(crate) const TOO_LARGE: &str = "the numbers are too large to compare exactly";

/// `2026-01-14 00:05`, in the zone of the usage point.
pub(crate) fn moment(view: &View<'_>, at: Timestamp) -> String {
    at.to_zoned(view.around.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// `18.4 kWh`.
pub(crate) fn amount(view: &View<'_>, amount: Amount) -> String {
    format!("{amount} {}", view.around.unit)
}

/// A standing as people read it off the register.
pub(crate) fn standing(value: Decimal) -> String {
    Amount::from(value).to_string()
}

/// `left / right` in per cent with one decimal, rounded up, so that a share above a limit never reads
/// as the limit; `None` where the right side is not above zero.
pub(crate) fn percent(left: Amount, right: Amount) -> Option<Amount> {
    let up = Amount::ZERO.minus(left)?.quotient_down(right, -3)?.checked_neg()?;
    Some(Amount::new(up, -1))
}
