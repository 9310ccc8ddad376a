//! Validation rules, one file each, and the table that names them.
//!
//! A rule is a function of a view of the day and its settings. It answers with what it found and never
//! changes anything; the plan says what a failure means. Rules are independent of each other.

pub(crate) mod by_formula;
mod over_midnight;
mod v20_reader_clock;
mod v21_meter_time;
mod v22_overflow;
mod v23_test_mode;
mod v24_outage_intervals;
mod v25_hardware_flags;
mod v26_irregular_interval;
mod v27_assumed_time;
mod v28_missing_quantity;
mod v29_alarm;
mod v30_gap;
mod v31_spike;
mod v32_demand_limits;
mod v33_consecutive_tolerance;
mod v34_historical_maximum;
mod v35_high_low_usage;
mod v36_zero_on_active;
mod v37_static_value;
mod v38_negative;
mod v39_consecutive_pattern;
mod v40_dynamic_comparison;
mod v41_reactive_without_active;
mod v42_power_factor;
mod v43_load_factor;
mod v44_use_during_outage;
mod v45_voltage_current;
mod v46_generation_at_night;
mod v47_stuck_then_double;
mod v48_day_shape;
mod v50_sum_check;
mod v60_check_meter;
mod v76_irregular_use;

use std::borrow::Cow;
use std::cmp::Ordering;

pub use model::lineage::Direction;
use model::quality::Status;

use crate::plan::reach::Reach;
use crate::settings::{SettingForm, Settings};
use crate::view::View;

pub use v50_sum_check::Tolerances;

/// One validation rule of the catalogue.
#[derive(Debug)]
pub struct Rule {
    /// Its id in the catalogue (`V31`).
    pub id: &'static str,
    /// Its name (`spike`).
    pub name: &'static str,
    /// What it finds, in one sentence.
    pub purpose: &'static str,
    /// Its limits and options with their defaults.
    pub settings: &'static [SettingForm],
    /// When it runs.
    pub stage: Stage,
    /// What it looks at beside the day itself, as its settings say.
    pub(crate) reach: fn(&Settings) -> Reach,
    pub(crate) judge: fn(&View<'_>, &Settings) -> Finding,
}

/// When a rule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On the values as received, before estimation.
    Values,
    /// On the values after estimation and scaling, against registers and amounts.
    Totals,
    /// On what is left at the end, after which nothing is mended.
    Final,
}

/// Why a rule does not apply, in words.
pub(crate) type Reason = Cow<'static, str>;

/// Why rules about habits leave some usage points alone.
const IRREGULAR: &str = "the usage point is of irregular use, which V76 judges";

/// What a rule says of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Looked at so many slots and found nothing.
    Passed(u16),
    /// Could not or need not look, and why.
    NotApplicable(Reason),
    /// Looked at so many slots and found these.
    Failed(u16, Vec<Fault>),
}

/// One thing a rule found, over the slots `[from, to)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub from: u16,
    pub to: u16,
    /// One sentence with the numbers: what was found and what the limit is.
    pub evidence: String,
    /// The rule itself says that these slots must not be estimated without a person.
    pub for_review: bool,
    /// The rule itself says that these slots are only questionable, whatever the plan makes of a failure.
    pub only_warns: bool,
    /// What the slots are marked with, beside what the plan makes of a failure.
    pub stamp: Status,
    /// What the fault says of the values.
    pub direction: Direction,
    /// What gives these slots values, should the plan estimate them.
    pub repair: Repair,
}

/// What gives failed slots their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repair {
    /// The methods of the plan.
    Methods,
    /// The rule itself: their sum was measured, holds and is shared anew among them.
    ShareAnew,
    /// A person: no method fills them, whatever other rules say, until someone accepts an estimate.
    Person,
}

impl Fault {
    pub(crate) fn new(from: u16, to: u16, evidence: String) -> Self {
        Self {
            from,
            to,
            evidence,
            for_review: false,
            only_warns: false,
            stamp: Status::NONE,
            direction: Direction::Other,
            repair: Repair::Methods,
        }
    }

    /// Too high or too low, as a value compares with its limit.
    pub(crate) fn beyond(from: u16, to: u16, side: Ordering, evidence: String) -> Self {
        Self { direction: beyond(side), ..Self::new(from, to, evidence) }
    }

    pub(crate) fn too_high(from: u16, to: u16, evidence: String) -> Self {
        Self { direction: Direction::TooHigh, ..Self::new(from, to, evidence) }
    }

    pub(crate) fn too_low(from: u16, to: u16, evidence: String) -> Self {
        Self { direction: Direction::TooLow, ..Self::new(from, to, evidence) }
    }
}

/// What a value that fails is, as it compares with its limit.
pub(crate) const fn beyond(side: Ordering) -> Direction {
    match side {
        Ordering::Less => Direction::TooLow,
        Ordering::Equal => Direction::Other,
        Ordering::Greater => Direction::TooHigh,
    }
}

impl Finding {
    /// Failed where there are faults, else passed.
    pub(crate) fn of(slots_checked: u16, faults: Vec<Fault>) -> Self {
        if faults.is_empty() { Self::Passed(slots_checked) } else { Self::Failed(slots_checked, faults) }
    }

    /// The finding for those slots alone that count.
    pub(crate) fn limited(self, counts: impl Fn(u16) -> bool) -> Self {
        let Self::Failed(slots_checked, faults) = self else { return self };
        let limited = faults.into_iter().flat_map(|fault| {
            let mut parts: Vec<Fault> = Vec::new();
            for slot in (fault.from..fault.to).filter(|slot| counts(*slot)) {
                match parts.last_mut() {
                    Some(part) if part.to == slot => part.to += 1,
                    _ => parts.push(Fault { from: slot, to: slot + 1, ..fault.clone() }),
                }
            }
            // Of a part of what was measured together nobody knows the sum.
            let is_part = |part: &Fault| (part.from, part.to) != (fault.from, fault.to);
            parts.iter_mut().filter(|part| is_part(part)).for_each(|part| part.repair = Repair::Methods);
            parts
        });
        Self::of(slots_checked, limited.collect())
    }
}

/// Every rule that is built, in the order of the catalogue.
pub static RULES: &[&Rule] = &[
    &v20_reader_clock::RULE,
    &v21_meter_time::RULE,
    &v22_overflow::RULE,
    &v23_test_mode::RULE,
    &v24_outage_intervals::RULE,
    &v25_hardware_flags::RULE,
    &v26_irregular_interval::RULE,
    &v27_assumed_time::RULE,
    &v28_missing_quantity::RULE,
    &v29_alarm::RULE,
    &v30_gap::RULE,
    &v31_spike::RULE,
    &v32_demand_limits::RULE,
    &v33_consecutive_tolerance::RULE,
    &v34_historical_maximum::RULE,
    &v35_high_low_usage::RULE,
    &v36_zero_on_active::RULE,
    &v37_static_value::RULE,
    &v38_negative::RULE,
    &v39_consecutive_pattern::RULE,
    &v40_dynamic_comparison::RULE,
    &v41_reactive_without_active::RULE,
    &v42_power_factor::RULE,
    &v43_load_factor::RULE,
    &v44_use_during_outage::RULE,
    &v45_voltage_current::RULE,
    &v46_generation_at_night::RULE,
    &v47_stuck_then_double::RULE,
    &v48_day_shape::RULE,
    &v50_sum_check::RULE,
    &v60_check_meter::RULE,
    &v76_irregular_use::RULE,
];

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}
