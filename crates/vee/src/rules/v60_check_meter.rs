//! V60 main against check: two meters of one quantity differ by no more than their accuracy explains.
//!
//! Source: IEE CHECKMETER (its name); the tolerance of `1.5 * sqrt(c1^2 + c2^2)` of the main value, with
//! the accuracy classes of both meters, is from memory and a proposal, and so are the classes of 0.5 %.
//! Compared by squares, exactly, for every interval and for the sum of the day. Single intervals below the
//! floor are not judged, where the last digit decides; their sum is.

use super::{Fault, Finding, Reason, Rule, Stage};
use crate::amount::Amount;
use crate::context::{Companion, Role};
use crate::evidence::{TOO_LARGE, clock, span};
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::{View, hourly};

pub(super) static RULE: Rule = Rule {
    id: "V60",
    name: "main against check",
    purpose: "Compares the values with those of the check meter.",
    settings: &[MAIN_CLASS, CHECK_CLASS, FACTOR, FLOOR],
    stage: Stage::Values,
    reach: |_| Reach::needs(Needs::CHECK),
    judge,
};

const MAIN_CLASS: SettingForm = SettingForm {
    name: "main_class",
    kind: SettingKind::Share,
    default: "0.5 %",
    meaning: "the accuracy class of the main meter",
};

const CHECK_CLASS: SettingForm = SettingForm {
    name: "check_class",
    kind: SettingKind::Share,
    default: "0.5 %",
    meaning: "the accuracy class of the check meter",
};

const FACTOR: SettingForm = SettingForm {
    name: "factor",
    kind: SettingKind::Share,
    default: "150 %",
    meaning: "how much of both classes together is tolerated",
};

const FLOOR: SettingForm = SettingForm {
    name: "floor",
    kind: SettingKind::HourlyRate,
    default: "0.5 kWh/h",
    meaning: "intervals in which both meters are below it are judged only in the sum of the day",
};

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    compared(view, settings).unwrap_or_else(Finding::NotApplicable)
}

/// What both meters counted, in the unit of the channel.
#[derive(Clone, Copy)]
struct Pair {
    main: Amount,
    check: Amount,
}

fn compared(view: &View<'_>, settings: &Settings) -> Result<Finding, Reason> {
    let companion = view.context.companion(Role::Check).ok_or("no check meter is known")?;
    let unit = view.context.unit;
    if companion.amount_in(unit, 0).is_none() {
        return Err(format!("the check meter counts {}, the channel {unit}", companion.unit).into());
    }
    let (floor, tolerance) = (settings.quantity_in(unit, &FLOOR)?, Tolerance::of(settings).ok_or(TOO_LARGE)?);
    let pairs: Vec<Option<Pair>> = (0..view.slots()).map(|slot| pair(view, companion, slot)).collect();
    let known: Vec<Pair> = pairs.iter().flatten().copied().collect();
    if known.is_empty() {
        return Err("no interval has a value of both meters".into());
    }
    let day = known.iter().copied().try_fold(Pair { main: Amount::ZERO, check: Amount::ZERO }, Pair::plus);
    let day = day.ok_or(TOO_LARGE)?;
    let seconds = i64::from(view.day.slot_seconds);
    let is_apart = |pair: Pair| {
        let larger = pair.main.magnitude().larger(pair.check.magnitude())?;
        Some(hourly(larger, seconds, floor)?.is_ge() && !tolerance.holds(pair)?)
    };
    let apart: Option<Vec<bool>> = pairs.iter().map(|pair| pair.map_or(Some(false), is_apart)).collect();
    let apart = apart.ok_or(TOO_LARGE)?;
    let runs = view.runs(|slot| apart[usize::from(slot)]);
    let mut faults: Vec<Fault> = runs.into_iter().map(|run| fault(view, run, &pairs, tolerance)).collect();
    if !tolerance.holds(day).ok_or(TOO_LARGE)? {
        let evidence = format!("over the day {}; {tolerance}", day.words(unit));
        faults.push(Fault::new(0, view.slots(), evidence));
    }
    Ok(Finding::of(u16::try_from(known.len()).unwrap_or(u16::MAX), faults))
}

fn pair(view: &View<'_>, companion: &Companion<'_>, slot: u16) -> Option<Pair> {
    let main = view.context.amount(view.value(slot)?.into());
    let check = companion.sum_over(view.day.range(slot, slot + 1))?;
    Some(Pair { main, check: companion.amount_in(view.context.unit, check)? })
}

fn fault(view: &View<'_>, (from, to): (u16, u16), pairs: &[Option<Pair>], tolerance: Tolerance) -> Fault {
    let first = pairs[usize::from(from)].map_or(String::new(), |pair| pair.words(view.context.unit));
    let evidence = format!("{}: at {} {first}; {tolerance}", span(view.day, from, to), clock(view.day, from));
    Fault::new(from, to, evidence)
}

impl Pair {
    fn plus(self, other: Self) -> Option<Self> {
        Some(Self { main: self.main.plus(other.main)?, check: self.check.plus(other.check)? })
    }

    fn words(self, unit: &str) -> String {
        format!("the main meter has {} {unit} and the check meter {} {unit}", self.main, self.check)
    }
}

/// The square of the share by which the check meter may differ from the main one.
#[derive(Clone, Copy)]
struct Tolerance {
    factor: Amount,
    main: Amount,
    check: Amount,
    squared: Amount,
}

impl Tolerance {
    fn of(settings: &Settings) -> Option<Self> {
        let [factor, main, check] = [&FACTOR, &MAIN_CLASS, &CHECK_CLASS].map(|form| settings.share(form));
        let squared = factor.times(factor)?.times(main.times(main)?.plus(check.times(check)?)?)?;
        Some(Self { factor, main, check, squared })
    }

    /// Whether `(main - check)^2 <= tolerance^2 * main^2`.
    fn holds(self, pair: Pair) -> Option<bool> {
        let apart = pair.main.minus(pair.check)?;
        let limit = self.squared.times(pair.main.times(pair.main)?)?;
        Some(apart.times(apart)?.compared(limit)?.is_le())
    }
}

impl std::fmt::Display for Tolerance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { factor, main, check, .. } = self;
        let (main, check) = (main.shifted(2), check.shifted(2));
        write!(f, "the limit is {factor} times the root of {main} % squared and {check} % squared")
    }
}
