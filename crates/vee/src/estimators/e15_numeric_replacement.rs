//! E15 numeric replacement: a set value for reads with a chosen status.
//!
//! Source: the guidance on assumed meter time: value 0, only AMT, excluded from scaling, first routine of
//! its set, and none of the six statuses of assumed meter time among the statuses to ignore (the plan
//! check says so). With the status `none` every read that needs an estimate gets the value.

use model::quality::Status;

use super::{Estimate, Estimator, Gap, Proposal};
use crate::inputs_hash::InputsHash;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E15",
    name: "numeric replacement",
    purpose: "Writes a set value into reads with a chosen status.",
    settings: &[VALUE, ONLY_STATUS],
    status: Status::ESTIMATED,
    fills_any_length: false,
    fills_outages: false,
    reach: Reach::nothing,
    estimate,
};

const VALUE: SettingForm = SettingForm {
    name: "value_to_substitute",
    kind: SettingKind::Quantity,
    default: "0 kWh",
    meaning: "the value that is written",
};

pub(crate) const ONLY_STATUS: SettingForm = SettingForm {
    name: "only_status",
    kind: SettingKind::Status,
    default: "none",
    meaning: "only reads with this status are estimated; `none` means all that need an estimate",
};

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let amount = match settings.quantity_in(view.context.unit, &VALUE) {
        Ok(amount) => amount,
        Err(reason) => return Proposal::not_eligible(reason),
    };
    let quanta = amount.rounded(view.context.exponent.into()).and_then(|quanta| i64::try_from(quanta).ok());
    let Some(value) =
        quanta.filter(|value| view.context.amount((*value).into()).compared(amount).is_some_and(|o| o.is_eq()))
    else {
        return Proposal::not_eligible(format!(
            "{amount} {} is no whole number of the channel's quantum",
            view.context.unit
        ));
    };
    let wanted = settings.status(&ONLY_STATUS);
    let inputs_hash = |slot: u16| InputsHash::of(ESTIMATOR.id).number(slot.into()).number(value).finish();
    let estimates: Vec<Estimate> = (gap.from..gap.to)
        .filter(|slot| view.status(*slot).contains(wanted))
        .map(|slot| ESTIMATOR.value(slot, value, inputs_hash(slot)))
        .collect();
    if estimates.is_empty() {
        return Proposal::not_eligible(format!("no read of the gap is marked {wanted}"));
    }
    let only = if wanted.is_empty() { String::new() } else { format!(" where marked {wanted}") };
    Proposal { estimates, words: format!("{amount} {} written{only}", view.context.unit) }
}
