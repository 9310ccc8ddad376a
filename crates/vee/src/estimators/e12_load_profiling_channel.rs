//! E12 load profiling channel: the values of a channel whose load has the same shape.
//!
//! Source: IEE; copies the reference channel of another service point, with the switch "skip if
//! reference missing".

use model::quality::Status;

use super::other_series::{OtherSeries, copied, first_with_values};
use super::{Estimator, Gap, Proposal};
use crate::context::{Companion, Role};
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E12",
    name: "load profiling channel",
    purpose: "Copies a channel whose load has the same shape.",
    settings: &[REFERENCE_MISSING],
    status: Status(Status::ESTIMATED.0 | Status::DERIVED.0),
    fills_any_length: false,
    fills_outages: false,
    reach: |_| Reach::needs(Needs::LOAD_PROFILE),
    estimate,
};

const REFERENCE_MISSING: SettingForm = SettingForm {
    name: "reference_missing",
    kind: SettingKind::Choice(&["skip", "fill"]),
    default: "skip",
    meaning: "whether a gap is skipped where the reference lacks a value, or the others are filled",
};

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let channels = OtherSeries::of_role(view, Role::LoadProfile).into_iter();
    let proposals = channels.map(|channel| {
        let found = copy(view, gap, channel, settings);
        found.unwrap_or_else(Proposal::not_eligible)
    });
    first_with_values(proposals, "the channel has no load profiling channel")
}

fn copy<'a>(view: &View<'a>, gap: Gap, channel: &'a Companion<'a>, settings: &Settings) -> Result<Proposal, String> {
    let series = OtherSeries::of_companion(view, channel)?;
    let value = |slot| series.good_value(view, slot).map(|value| (value, [value, 0, 0]));
    let missing = (gap.from..gap.to).filter(|slot| value(*slot).is_none()).count();
    if 0 < missing && settings.choice(&REFERENCE_MISSING) == "skip" {
        return Err(format!("{} lacks {missing} values of the gap", series.label));
    }
    Ok(copied(gap, &ESTIMATOR, series.label, value, format!("copied from {}", series.words(view)))
        .marked(series.mark(view)))
}
