//! E16 zero substitution: nothing where the supply is known to have been off.
//!
//! Sources: ERCOT practices, Oracle storm mode, AEMO 19, 58 and 68. An interval wholly within known
//! interruptions gets 0. One that is partly within gets, in proportion to the time with supply, what
//! linear interpolation between its good neighbours would give it, rounded to the nearest quantum, ties
//! to even; it is marked as an estimate with a power failure (both a proposal, catalogue 4.5).

use model::quality::Status;

use super::{Estimate, Estimator, Gap, Proposal, e04_linear};
use crate::amount::rounded_quotient;
use crate::context::Activity;
use crate::inputs_hash::InputsHash;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E16",
    name: "zero substitution",
    purpose: "Puts zero where the supply is known to have been off.",
    settings: &[PARTIAL, INACTIVE],
    status: Status(Status::ESTIMATED.0 | Status::ZERO_OUTAGE.0),
    fills_any_length: false,
    fills_outages: true,
    reach: Reach::nothing,
    estimate,
};

const PARTIAL: SettingForm = SettingForm {
    name: "partial",
    kind: SettingKind::Choice(&["fraction", "leave"]),
    default: "fraction",
    meaning: "what to do with an interval that an interruption covers in part",
};

const INACTIVE: SettingForm = SettingForm {
    name: "inactive",
    kind: SettingKind::Choice(&["leave", "zero"]),
    default: "leave",
    meaning: "whether a usage point where no use is expected counts as disconnected all day",
};

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let disconnected = view.context.activity == Activity::Inactive && settings.choice(&INACTIVE) == "zero";
    let by_fraction = settings.choice(&PARTIAL) == "fraction";
    let length = i64::from(view.day.slot_seconds);
    let mut estimates = Vec::new();
    let mut whole = 0;
    for slot in gap.from..gap.to {
        let dark = if disconnected { length } else { view.dark_seconds(slot) };
        if length <= dark {
            let hash = InputsHash::of(ESTIMATOR.id).number(slot.into()).number(dark);
            estimates.push(ESTIMATOR.value(slot, 0, hash.finish()));
            whole += 1;
        } else if 0 < dark && by_fraction {
            estimates.extend(fraction(view, slot, dark));
        }
    }
    if estimates.is_empty() {
        return Proposal::not_eligible("no interruption of supply is known to cover the gap");
    }
    let why = if disconnected { "the usage point is disconnected" } else { "the supply was known to be off" };
    let parts = estimates.len() - whole;
    let rest = if parts == 0 { String::new() } else { format!("; {parts} in part, by the time with supply") };
    Proposal { estimates, words: format!("{whole} intervals of zero, {why}{rest}") }
}

/// What the neighbours say of the slot, for the share of its time in which there was supply.
fn fraction(view: &View<'_>, slot: u16, dark: i64) -> Option<Estimate> {
    let neighbours = e04_linear::ESTIMATOR.by_default(view, Gap { from: slot, to: slot + 1 });
    let full = neighbours.estimates.first()?;
    let length = i64::from(view.day.slot_seconds);
    let value = rounded_quotient(i128::from(full.value) * i128::from(length - dark), length.into());
    let hash = InputsHash::of(ESTIMATOR.id).number(slot.into()).number(dark).number(full.inputs_hash.cast_signed());
    let estimate = ESTIMATOR.value(slot, i64::try_from(value).ok()?, hash.finish());
    Some(Estimate { status: Status::ESTIMATED | Status::POWER_FAILURE, ..estimate })
}
