//! E01 check-meter swap: the value of a second meter of the same quantity.
//!
//! Sources: IEE (skips values that are an outage, missing, failed, or equal to the failed main value;
//! does not check multipliers, so this does), Western Australia and AEMO method 11. The unit must be
//! the same but for a power of ten, and where both meters have good values on the day, their sums must
//! agree, or one of them has the wrong multiplier. The tolerance is a proposal. An estimate of the check
//! meter is no measurement and is skipped.

use model::quality::Status;

use super::other_series::{OtherSeries, copied, first_with_values};
use super::{Estimator, Gap, Proposal};
use crate::amount::Amount;
use crate::context::{Companion, Role};
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E01",
    name: "check meter swap",
    purpose: "Takes the value of the check meter.",
    settings: &[AGREEMENT, UNPROVEN],
    status: Status(Status::ESTIMATED.0 | Status::DERIVED.0),
    fills_any_length: false,
    fills_outages: false,
    reach: |_| Reach::needs(Needs::CHECK),
    estimate,
};

const AGREEMENT: SettingForm = SettingForm {
    name: "agreement",
    kind: SettingKind::Share,
    default: "10 %",
    meaning: "how far the sums of both meters may be apart where both are good, as a share of the channel's",
};

const UNPROVEN: SettingForm = SettingForm {
    name: "unproven",
    kind: SettingKind::Choice(&["use", "refuse"]),
    default: "use",
    meaning: "what to do where no interval of the day is good on both meters",
};

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let checks = OtherSeries::of_role(view, Role::Check).into_iter();
    let proposals = checks.map(|check| {
        let found = swapped(view, gap, check, settings);
        found.unwrap_or_else(Proposal::not_eligible)
    });
    first_with_values(proposals, "the channel has no check meter")
}

fn swapped<'a>(view: &View<'a>, gap: Gap, check: &'a Companion<'a>, settings: &Settings) -> Result<Proposal, String> {
    let series = OtherSeries::of_companion(view, check)?;
    let (own, other, common) = series.sums_in_common(view);
    let (context, label) = (view.context, series.label);
    if common == 0 && settings.choice(&UNPROVEN) == "refuse" {
        return Err(format!("no interval of the day is good on both the channel and {label}"));
    }
    let agreement = settings.share(&AGREEMENT);
    if !agrees(own, other, agreement) {
        return Err(format!(
            "over {common} intervals {label} counts {} and the channel {} {}, more than {} % apart: the multipliers differ",
            context.amount(other),
            context.amount(own),
            context.unit,
            agreement.shifted(2),
        ));
    }
    let swap = |slot| {
        let value = series.good_value(view, slot)?;
        (view.day.value(slot) != Some(value)).then_some((value, [value, 0, 0]))
    };
    let proven = match common {
        0 => "no interval to compare the multipliers by".to_string(),
        _ => format!("which agrees over {common} intervals"),
    };
    Ok(copied(gap, &ESTIMATOR, label, swap, format!("check meter {}, {proven}", series.words(view)))
        .marked(series.mark(view)))
}

fn agrees(own: i128, other: i128, agreement: Amount) -> bool {
    let limit = agreement.times(Amount::new(own, 0).magnitude());
    let apart = own.checked_sub(other).map(|apart| Amount::new(apart, 0).magnitude());
    limit.zip(apart).and_then(|(limit, apart)| apart.compared(limit)).is_some_and(|ordering| ordering.is_le())
}
