//! The automatic choice: for each gap the method with the least error to be expected.
//!
//! Not in the rule books (proposal). It looks only at the length of the gap and at what is there, and
//! takes the first method of a list that fills the whole gap; what one method fills in part is left to
//! the next. A measurement of the same flow comes first, then what is known of the channel itself, the
//! more days the better, since the error of a mean of `n` like days is that of one day times
//! `sqrt((1 + 1/n) / 2)`; then the class, then a flat line. A straight line is drawn only below one hour,
//! where the load is mostly the same load still, or where no like day is stored. How far each method was
//! from the truth on a real meter is told in `docs/vee/estimation-error.md`. Each value keeps the id of
//! the method that made it.

use model::quality::Status;

use super::{
    Estimator, Gap, Proposal, e01_check_meter, e02_other_flows, e03_scada, e04_linear, e05_reference_days,
    e09_interval_averaging, e11_profile, e13_average_daily_load, e17_previous_year,
};
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "auto",
    name: "automatic choice",
    purpose: "Picks for each gap the method with the least error to be expected.",
    settings: &[LINE_BELOW],
    status: Status::ESTIMATED,
    fills_any_length: true,
    fills_outages: false,
    reach,
    estimate,
};

const LINE_BELOW: SettingForm = SettingForm {
    name: "line_below",
    kind: SettingKind::Duration,
    default: "1 h",
    meaning: "in shorter gaps a straight line comes before like days",
};

/// The methods of a gap in the order tried, each with the settings that differ from its own defaults.
fn order(short: bool) -> Vec<(&'static Estimator, &'static [(&'static str, &'static str)])> {
    let measured = [&e01_check_meter::ESTIMATOR, &e02_other_flows::ESTIMATOR, &e03_scada::ESTIMATOR];
    let mut order: Vec<(&'static Estimator, &'static [_])> = measured.map(|method| (method, [].as_slice())).to_vec();
    if short {
        order.push((&e04_linear::ESTIMATOR, &[("one_side", "refuse")]));
    }
    order.push((&e09_interval_averaging::ESTIMATOR, &[("missing_most", "100 %")]));
    let others = [
        &e05_reference_days::ESTIMATOR,
        &e17_previous_year::ESTIMATOR,
        &e04_linear::ESTIMATOR,
        &e11_profile::ESTIMATOR,
        &e13_average_daily_load::ESTIMATOR,
    ];
    order.extend(others.map(|method| (method, [].as_slice())));
    order
}

/// What every method of the list looks at: which of them is taken hangs on the gap.
fn reach(_: &Settings) -> Reach {
    Reach::of(order(true).into_iter().map(|(method, given)| method.reach_with(given)))
}

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let length = view.gap_slots(gap.from, gap.to) * i64::from(view.day.slot_seconds);
    let mut estimates = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut open: Vec<u16> = (gap.from..gap.to).collect();
    for (method, given) in order(length < settings.seconds(&LINE_BELOW)) {
        let proposal = method.with(given, view, gap);
        let before = estimates.len();
        estimates.extend(proposal.estimates.into_iter().filter(|estimate| open.contains(&estimate.slot)));
        if before < estimates.len() {
            words.push(format!("{}: {}", method.id, proposal.words));
            open.retain(|slot| estimates.iter().all(|estimate| estimate.slot != *slot));
        }
        if open.is_empty() {
            break;
        }
    }
    if estimates.is_empty() {
        return Proposal::not_eligible("no method can fill the gap with what is known");
    }
    estimates.sort_by_key(|estimate| estimate.slot);
    Proposal { estimates, words: words.join("; ") }
}
