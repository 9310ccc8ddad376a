//! E11 profile or class load: the load profile of the class, as it is or scaled to a daily load.
//!
//! Sources: Oracle, Oncor (ERCOT load profiles), AEMO 57 and 63: `x_i = p_i` or `x_i = p_i * T / P`, with
//! `P` the profile's sum over the whole day and `T` the average daily load. Shares are by largest
//! remainders over the whole day. A register that covers the gap is met by the plan's scaling.

use model::quality::Status;

use super::other_series::{OtherSeries, copied};
use super::{Estimator, Gap, Proposal};
use crate::evidence::quantity;
use crate::plan::reach::Reach;
use crate::scaling::{NegativeTotal, scale};
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E11",
    name: "profile or class load",
    purpose: "Takes the load profile of the class, scaled to the average daily load where that is known.",
    settings: &[TOTAL],
    status: Status(Status::ESTIMATED.0 | Status::DERIVED.0),
    fills_any_length: true,
    fills_outages: false,
    reach: Reach::nothing,
    estimate,
};

const TOTAL: SettingForm = SettingForm {
    name: "total",
    kind: SettingKind::Choice(&["daily-load", "profile"]),
    default: "daily-load",
    meaning: "whether the profile is scaled to the average daily load where that is known, or taken as it is",
};

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let Some(profile) = &view.context.sources.profile else {
        return Proposal::not_eligible("the usage point has no load profile");
    };
    let series = match OtherSeries::of_profile(view, profile) {
        Ok(series) => series,
        Err(reason) => return Proposal::not_eligible(reason),
    };
    let load = view.daily_load().filter(|_| settings.choice(&TOTAL) == "daily-load");
    let Some(load) = load else {
        let value = |slot| series.value(view, slot).map(|value| (value, [value, 0, 0]));
        return copied(gap, &ESTIMATOR, series.label, value, format!("profile {}", series.words(view)))
            .marked(series.mark(view));
    };
    let Some(seeds) = (0..view.slots()).map(|slot| series.value(view, slot)).collect::<Option<Vec<i64>>>() else {
        return Proposal::not_eligible(format!("profile {} does not cover the day", series.label));
    };
    let parts = match scale(&seeds, load, NegativeTotal::Allow) {
        Ok(parts) => parts,
        Err(refusal) => return Proposal::not_eligible(refusal.to_string()),
    };
    let words = format!("profile {} scaled to {} a day", series.words(view), quantity(view.context, load));
    let value =
        |slot: u16| Some((parts[usize::from(slot)], [seeds[usize::from(slot)], load, parts[usize::from(slot)]]));
    copied(gap, &ESTIMATOR, series.label, value, words).marked(series.mark(view))
}
