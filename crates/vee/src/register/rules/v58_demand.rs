//! V58 demand read: a due reset was made, and the demand is near what it was.
//!
//! Source: California monthly checks, "high/low demand" and "demand reset" (names only). The demand is
//! compared with the mean of the last demands, each with the multiplier of its date; limits are proposals.

use std::cmp::Ordering;

use model::quantity::Decimal;

use super::{Fault, Judgement, READS_BEFORE, Rule};
use crate::amount::Amount;
use crate::register::surroundings::{Kind, Read};
use crate::register::view::{Level, View};
use crate::register::words::{TOO_LARGE, amount, percent};
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static RULE: Rule = Rule {
    id: "V58",
    name: "demand read",
    purpose: "Finds a demand register that was not reset, or a demand far from the demands before.",
    settings: &[HIGHEST, LOWEST, READS],
    reads_before,
    judge,
};

const HIGHEST: SettingForm = SettingForm {
    name: "highest",
    kind: SettingKind::Share,
    default: "200 %",
    meaning: "a larger share of the mean of the demands before fails",
};

const LOWEST: SettingForm = SettingForm {
    name: "lowest",
    kind: SettingKind::Share,
    default: "25 %",
    meaning: "a smaller share of the mean of the demands before fails",
};

const READS: SettingForm = SettingForm {
    name: "reads",
    kind: SettingKind::Count("reads"),
    default: "12 reads",
    meaning: "how many of the last demands make the mean, of those within 400 days",
};

/// As many as make the mean, and as many more as any rule looks at, for those that do not serve.
fn reads_before(settings: &Settings) -> usize {
    READS_BEFORE.saturating_add(settings.count(&READS) as usize)
}

fn judge(view: &View<'_>, settings: &Settings) -> Judgement {
    if view.around.kind != Kind::Demand {
        return Err("the channel is no demand register".into());
    }
    let multiplied = |(read, value): (Read, Decimal)| -> Result<Amount, String> {
        Amount::from(value).times(view.setup(read.at)?.multiplier.into()).ok_or_else(|| TOO_LARGE.into())
    };
    let value = multiplied((*view.read, view.value()?))?;
    if let Some((now, before)) = view.around.demand_resets.filter(|(now, before)| now == before) {
        let evidence =
            format!("the demand was not reset: the reset counter shows {now} and showed {before} at the last read");
        return Ok(Some(Fault::new(evidence)));
    }
    let earlier = view.before(Level::Actual).take(settings.count(&READS) as usize);
    let earlier = earlier.map(multiplied).collect::<Result<Vec<Amount>, String>>()?;
    if earlier.is_empty() {
        let reset = view.around.demand_resets.is_some();
        return if reset { Ok(None) } else { Err("no demand before is known".into()) };
    }
    compare(view, settings, value, &earlier)
}

fn compare(view: &View<'_>, settings: &Settings, value: Amount, earlier: &[Amount]) -> Judgement {
    let sum = earlier.iter().try_fold(Amount::ZERO, |sum, value| sum.plus(*value)).ok_or(TOO_LARGE)?;
    let times = value.times(Amount::new(earlier.len() as i128, 0)).ok_or(TOO_LARGE)?;
    let (highest, lowest) = (settings.share(&HIGHEST), settings.share(&LOWEST));
    let limit = |share: Amount| sum.times(share).ok_or(TOO_LARGE);
    let above = limit(highest)?.compared(times).ok_or(TOO_LARGE)?.is_lt();
    let below = times.compared(limit(lowest)?).ok_or(TOO_LARGE)?.is_lt();
    if !above && !below {
        return Ok(None);
    }
    let share = percent(times, sum).map_or("not comparable with".into(), |share| format!("{share} % of"));
    let side = if above { Ordering::Greater } else { Ordering::Less };
    let evidence = format!(
        "a demand of {} is {share} the mean of the last {}; the limits are {} % and {} %",
        amount(view, value),
        earlier.len(),
        lowest.shifted(2),
        highest.shifted(2),
    );
    Ok(Some(Fault::beyond(side, evidence)))
}
