//! E21 subtractive interval adjustment: the intervals between two good cumulative reads.
//!
//! Source: Oracle, for channels read as cumulative values, where a failed read spoils the intervals on
//! both its sides while the reads around them are right: the eligible intervals are corrected to the
//! target that the start and stop reads give. Eligible are those that need a value; their shape is the
//! automatic choice's, flat where it has none (proposal). Exact by largest remainders, so the plan's
//! scaling has nothing left to do.

use model::quality::Status;

use super::register_span::rest_around;
use super::{Estimator, Gap, Proposal, automatic};
use crate::evidence::quantity;
use crate::inputs_hash::InputsHash;
use crate::plan::reach::{Reach, SCALED_DAYS};
use crate::scaling::{NegativeTotal, scale};
use crate::settings::Settings;
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E21",
    name: "subtractive interval adjustment",
    purpose: "Corrects the intervals between two cumulative reads to their difference.",
    settings: &[],
    status: Status(Status::ESTIMATED.0 | Status::SCALED.0),
    fills_any_length: false,
    fills_outages: false,
    reach,
    estimate,
};

/// The shape is the automatic choice's; the reads may be those of a register that is read monthly.
fn reach(_: &Settings) -> Reach {
    automatic::ESTIMATOR.reach_with(&[]).with(Reach::days(SCALED_DAYS.into()))
}

fn estimate(view: &View<'_>, gap: Gap, _: &Settings) -> Proposal {
    adjusted(view, gap).unwrap_or_else(Proposal::not_eligible)
}

fn adjusted(view: &View<'_>, gap: Gap) -> Result<Proposal, String> {
    let rest = rest_around(view, gap)?;
    if 0 < rest.open_elsewhere + rest.estimated_elsewhere {
        return Err("intervals between the reads are missing or estimated in other days".into());
    }
    if rest.open.iter().any(|slot| !(gap.from..gap.to).contains(slot)) {
        return Err("other intervals between the reads are missing as well".into());
    }
    let shape = automatic::ESTIMATOR.by_default(view, gap);
    let shaped = shape.estimates.len() == rest.open.len();
    let seeds: Vec<i64> = match shaped {
        true => shape.estimates.iter().map(|estimate| estimate.value).collect(),
        false => vec![0; rest.open.len()],
    };
    let parts = scale(&seeds, rest.total, NegativeTotal::Refuse).map_err(|refusal| refusal.to_string())?;
    let estimates = rest.open.iter().zip(parts.iter().zip(&seeds)).map(|(slot, (part, seed))| {
        let hash = InputsHash::of(ESTIMATOR.id).number((*slot).into()).number(rest.total).number(*seed);
        let sum: i128 = seeds.iter().copied().map(i128::from).sum();
        ESTIMATOR.value(*slot, *part, hash.text(&sum.to_string()).number(*part).finish())
    });
    let (difference, left) = (&rest.difference, quantity(view.context, rest.total));
    let shape = if shaped { shape.words } else { "flat".to_string() };
    let words = format!("{left} of the difference of {difference} between the reads around; shape: {shape}");
    Ok(Proposal { estimates: estimates.collect(), words })
}
