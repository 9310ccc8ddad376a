//! E03 SCADA source: what the control system of the network saw, in the channel's magnitude and slots.
//!
//! Source: Western Australia, Metering Code 2012 appendix 3, method 13 (AEMO 13): the data may be of
//! another accuracy and form and is adjusted in magnitude and resolution. The magnitude is adjusted by
//! the sums over the intervals of the day in which both are good, rounded to the nearest quantum.

use model::quality::Status;

use super::other_series::{OtherSeries, copied, first_with_values};
use super::{Estimator, Gap, Proposal};
use crate::amount::rounded_quotient;
use crate::context::{Companion, Role};
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E03",
    name: "SCADA source",
    purpose: "Takes what the control system saw, scaled to the channel.",
    settings: &[MAGNITUDE],
    status: Status(Status::ESTIMATED.0 | Status::DERIVED.0),
    fills_any_length: false,
    fills_outages: false,
    reach: |_| Reach::needs(Needs::SCADA),
    estimate,
};

const MAGNITUDE: SettingForm = SettingForm {
    name: "magnitude",
    kind: SettingKind::Choice(&["matched", "as-is"]),
    default: "matched",
    meaning: "whether the source is scaled so that it agrees with the channel where both are good",
};

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let sources = OtherSeries::of_role(view, Role::Scada).into_iter();
    let proposals = sources.map(|source| {
        let found = scaled(view, gap, source, settings);
        found.unwrap_or_else(Proposal::not_eligible)
    });
    first_with_values(proposals, "the channel has no SCADA source")
}

fn scaled<'a>(view: &View<'a>, gap: Gap, source: &'a Companion<'a>, settings: &Settings) -> Result<Proposal, String> {
    let series = OtherSeries::of_companion(view, source)?;
    let (own, other, common) = match settings.choice(&MAGNITUDE) {
        "matched" => series.sums_in_common(view),
        _ => (1, 1, 0),
    };
    let (own, other) = if common == 0 { (1, 1) } else { (own, other) };
    if own.signum() != other.signum() || own == 0 {
        return Err(format!("the channel and {} cannot be compared: one of them counts nothing", series.label));
    }
    let (own, other) = (own * other.signum(), other.abs());
    let number = |sum: i128| i64::try_from(sum).ok();
    let value = |slot| {
        let seen = series.good_value(view, slot)?;
        let value = number(rounded_quotient(i128::from(seen).checked_mul(own)?, other))?;
        Some((value, [seen, number(own)?, number(other)?]))
    };
    let factor = match common {
        0 => "as it is".to_string(),
        _ => format!("times {own}/{other} from {common} intervals in which both are good"),
    };
    Ok(copied(gap, &ESTIMATOR, series.label, value, format!("SCADA source {}, {factor}", series.words(view)))
        .marked(series.mark(view)))
}
