//! E14 flat line from register: what the register leaves, evenly over the missing intervals.
//!
//! Source: Itron Analytics: `(M * dR - sum of good) / k`, off by default: no shipped plan lists it.
//! By largest remainders, the earlier intervals first; where intervals of the span are missing in other
//! days as well, each day is within one quantum an interval of its share.

use model::quality::Status;

use super::register_span::rest_around;
use super::{Estimator, Gap, Proposal};
use crate::evidence::quantity;
use crate::inputs_hash::InputsHash;
use crate::plan::reach::{Reach, SCALED_DAYS};
use crate::resample::equal_part;
use crate::settings::Settings;
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E14",
    name: "flat line from register",
    purpose: "Spreads what the register leaves evenly over the missing intervals.",
    settings: &[],
    status: Status::ESTIMATED,
    fills_any_length: true,
    fills_outages: false,
    reach,
    estimate,
};

/// A register that is read monthly.
fn reach(_: &Settings) -> Reach {
    Reach::days(SCALED_DAYS.into())
}

fn estimate(view: &View<'_>, gap: Gap, _: &Settings) -> Proposal {
    let rest = match rest_around(view, gap) {
        Ok(rest) => rest,
        Err(reason) => return Proposal::not_eligible(reason),
    };
    let here = u32::try_from(rest.open.len()).unwrap_or(u32::MAX);
    let open = here.saturating_add(rest.open_elsewhere);
    let in_gap = (0_u32..).zip(&rest.open).filter(|(_, slot)| (gap.from..gap.to).contains(*slot));
    let estimates = in_gap.map(|(at, slot)| {
        let hash = InputsHash::of(ESTIMATOR.id).number((*slot).into()).number(rest.total);
        let hash = hash.number(at.into()).number(open.into());
        ESTIMATOR.value(*slot, equal_part(rest.total, at, open), hash.finish())
    });
    let (difference, left) = (&rest.difference, quantity(view.context, rest.total));
    let words = format!("{left} of the register difference of {difference} over {open} missing intervals");
    Proposal { estimates: estimates.collect(), words }
}
