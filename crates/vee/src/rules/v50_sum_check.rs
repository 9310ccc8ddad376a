//! V50 sum check: intervals against registers and period amounts.
//!
//! Sources: Oracle D2-SUM-CHK, IEE, California sum check. The arithmetic is in [`crate::sum_check`];
//! this rule applies it to every total whose span ends on interval edges of the day. Exact boundary
//! reads only: a read inside an interval is left to a person. Calculated boundary reads, which IEE allows in manual runs, are not built.
//! Where
//! estimates were scaled to the outermost reads, the sum is checked against these and the reads between them are passed over.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{Fault, Finding, Rule, Stage};
use crate::context::{Measured, Total};
use crate::evidence::clock;
use crate::plan::CheckedPlan;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::sum_check::{SumCheck, SumCheckError, Tolerance, sum_check};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V50",
    name: "sum check",
    purpose: "Compares the intervals of a span with the register difference or stated amount of the span.",
    settings: &[REGISTER_COUNTS, REGISTER_SHARE, AMOUNT, AMOUNT_SHARE],
    stage: Stage::Totals,
    reach: Reach::nothing,
    judge,
};

const REGISTER_COUNTS: SettingForm = SettingForm {
    name: "register_counts",
    kind: SettingKind::Count("counts"),
    default: "2 counts",
    meaning: "tolerance against a register: so many of its last digits, times the multiplier, or ...",
};

const REGISTER_SHARE: SettingForm = SettingForm {
    name: "register_share",
    kind: SettingKind::Share,
    default: "0.1 %",
    meaning: "... this share of the register difference, whichever is larger",
};

const AMOUNT: SettingForm = SettingForm {
    name: "amount",
    kind: SettingKind::Quantity,
    default: "0.05 kWh",
    meaning: "tolerance against a stated amount: this quantity and ...",
};

const AMOUNT_SHARE: SettingForm = SettingForm {
    name: "amount_share",
    kind: SettingKind::Share,
    default: "0.5 %",
    meaning: "... this share of the amount, together",
};

/// Registers of time-of-use buckets count parts of a day, and only a calendar says whether they are all of them (V51).
const NO_TOTALS: &str = "no two reads of a register that counts all day bound a span of the day, and no amount is stated; registers of \
                         time-of-use buckets are not added up here";

/// How far sums may be from what was measured, as the rule of a plan says, for spans of more days than a run sees.
#[derive(Clone, Debug)]
pub struct Tolerances(Settings);

impl Default for Tolerances {
    fn default() -> Self {
        Self(Settings::read(RULE.settings, &BTreeMap::new()).expect("the defaults of the rule are right"))
    }
}

impl Tolerances {
    /// Those of a plan, or the defaults of the rule where the plan leaves it out.
    pub fn of(plan: &CheckedPlan) -> Self {
        let planned = plan.rules.iter().find(|planned| planned.id == RULE.id);
        planned.and_then(|planned| planned.settings()).map_or_else(Self::default, |settings| Self(settings.clone()))
    }

    /// What holds for a quantity that was measured, in a unit.
    ///
    /// # Errors
    /// A sentence that says why the rule does not apply: its limit is in the unit of another quantity.
    pub fn of_total(&self, measured: &Measured, unit: &str) -> Result<Tolerance, String> {
        tolerance(&self.0, measured, unit)
    }
}

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    let mut reason = NO_TOTALS.to_string();
    let mut totals: Vec<&Total> = view.totals.iter().collect();
    totals.sort_by_key(|total| total.rank());
    let (mut checked, mut faults) = (0_u16, Vec::new());
    for total in totals {
        match compare(view, settings, total) {
            Ok((from, to, fault)) => {
                checked = checked.saturating_add(to - from);
                faults.extend(fault);
            }
            Err(why) => reason = why,
        }
    }
    if checked == 0 { Finding::NotApplicable(reason.into()) } else { Finding::of(checked.min(view.slots()), faults) }
}

/// The slots of the total in this day and, where they do not meet, the fault that says so.
fn compare(view: &View<'_>, settings: &Settings, total: &Total) -> Result<(u16, u16, Option<Fault>), String> {
    let (from, to) = view.slots_of(total.range).ok_or("a read lies inside an interval or the span outside the day")?;
    let sum = sum_of(view, total, from, to)?;
    let tolerance = tolerance(settings, &total.measured, view.context.unit)?;
    let check = match sum_check(view.context.amount(sum), &total.measured, tolerance) {
        Ok(check) if check.meets() => return Ok((from, to, None)),
        Ok(check) => check,
        Err(fell @ SumCheckError::RegisterFell { .. }) => {
            return Ok((from, to, Some(Fault::new(from, to, fell.to_string()))));
        }
        Err(error) => return Err(error.to_string()),
    };
    let evidence = evidence(view, total, (from, to), &check);
    let side = check.sum.compared(check.expected).unwrap_or(Ordering::Equal);
    Ok((from, to, Some(Fault::beyond(from, to, side, evidence))))
}

fn tolerance(settings: &Settings, measured: &Measured, unit: &str) -> Result<Tolerance, String> {
    Ok(match measured {
        Measured::Register(pair) => {
            Tolerance::of_register(pair, settings.count(&REGISTER_COUNTS), settings.share(&REGISTER_SHARE))
        }
        Measured::Amount(_) => Tolerance {
            quantity: settings.quantity_in(unit, &AMOUNT)?,
            share: settings.share(&AMOUNT_SHARE),
            together: true,
        },
    })
}

fn evidence(view: &View<'_>, total: &Total, (from, to): (u16, u16), check: &SumCheck) -> String {
    let unit = view.context.unit;
    let said = match total.measured {
        Measured::Register(_) => "register counted",
        Measured::Amount(_) => "stated amount is",
    };
    let SumCheck { sum, expected, apart, tolerance } = check;
    format!(
        "intervals from {} to {} add up to {sum} {unit}, the {said} {expected} {unit}: {apart} {unit} apart; \
         the tolerance is {tolerance} {unit}",
        clock(view.day, from),
        clock(view.day, to),
    )
}

/// The sum of the whole span, in quanta.
fn sum_of(view: &View<'_>, total: &Total, from: u16, to: u16) -> Result<i128, String> {
    let day = view.day.range(0, view.slots());
    let elsewhere = match total.elsewhere {
        Some(elsewhere) => elsewhere,
        None if day.start <= total.range.start && total.range.end <= day.end => Default::default(),
        None => return Err("the span reaches into days that are not given".into()),
    };
    let missing = (from..to).filter(|slot| view.value(*slot).is_none()).count();
    if 0 < missing {
        return Err(format!("{missing} intervals of the span have no value"));
    }
    if 0 < elsewhere.missing {
        // Other days are seen without their estimates.
        return Err(format!("{} intervals of the span in other days have no measured value", elsewhere.missing));
    }
    let here: i128 = (from..to).filter_map(|slot| view.value(slot)).map(i128::from).sum();
    here.checked_add(elsewhere.sum).ok_or_else(|| "the sum is too large".into())
}
