//! E13 average daily load, flat: the same share of the daily load in every interval.
//!
//! Sources: IEE, AEMO 65: `x_i = ADL / N` with `N` the intervals of the day (23, 24 or 25 hours of
//! them). By largest remainders over the whole day, the earlier intervals first, so that a whole day
//! adds up to the load.

use model::quality::Status;

use super::{Estimator, Gap, Proposal};
use crate::evidence::quantity;
use crate::inputs_hash::InputsHash;
use crate::plan::reach::Reach;
use crate::resample::equal_part;
use crate::settings::Settings;
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E13",
    name: "average daily load, flat",
    purpose: "Spreads the average daily load evenly over the day.",
    settings: &[],
    status: Status::ESTIMATED,
    fills_any_length: true,
    fills_outages: false,
    reach: Reach::nothing,
    estimate,
};

fn estimate(view: &View<'_>, gap: Gap, _: &Settings) -> Proposal {
    let Some(load) = view.daily_load() else {
        return Proposal::not_eligible("the average daily load is not known");
    };
    let slots = u32::from(view.slots());
    let estimate = |slot: u16| {
        let hash = InputsHash::of(ESTIMATOR.id).number(slot.into()).number(load).number(slots.into());
        ESTIMATOR.value(slot, equal_part(load, slot.into(), slots), hash.finish())
    };
    let words = format!("average daily load of {} over {slots} intervals", quantity(view.context, load));
    Proposal { estimates: (gap.from..gap.to).map(estimate).collect(), words }
}
