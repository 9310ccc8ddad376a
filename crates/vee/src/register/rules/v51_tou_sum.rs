//! V51 TOU sum: the time-of-use registers of a meter add up to its total register.
//!
//! Source: Oracle, check register. Fails where `|sum of TOU - total|` is above the tolerance. By default
//! the differences since the last read are compared, so that a register that was reset with a new
//! tariff, or rolled over, does no harm; comparing the standings themselves takes no earlier read. Every
//! register shows whole counts only, so the tolerance is for each register, the total included (a
//! proposal).

use model::quantity::Decimal;

use super::{Fault, Judgement, READS_BEFORE, Rule};
use crate::amount::Amount;
use crate::context::Measured;
use crate::register::surroundings::{Kind, Setup};
use crate::register::usage::pair;
use crate::register::view::{Level, View};
use crate::register::words::TOO_LARGE;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::sum_check::measured_quantity;

pub(super) static RULE: Rule = Rule {
    id: "V51",
    name: "TOU sum",
    purpose: "Compares the time-of-use registers of a meter with its total register.",
    settings: &[COMPARE, COUNTS_EACH],
    reads_before: |_| READS_BEFORE,
    judge,
};

const COMPARE: SettingForm = SettingForm {
    name: "compare",
    kind: SettingKind::Choice(&["differences", "standings"]),
    default: "differences",
    meaning: "compare what was counted since the last read, or what the registers show",
};

const COUNTS_EACH: SettingForm = SettingForm {
    name: "counts_each",
    kind: SettingKind::Count("counts"),
    default: "1 count",
    meaning: "tolerance: so many of the last digits for each register, times the multiplier",
};

fn judge(view: &View<'_>, settings: &Settings) -> Judgement {
    let registers = view.around.time_of_use;
    if registers.is_empty() || view.around.kind != Kind::Counter {
        return Err("no time-of-use registers belong to it".into());
    }
    let setup = view.setup(view.read.at)?;
    let differences = settings.choice(&COMPARE) == "differences";
    let before = match differences {
        true => Some(standing_before(view)?),
        false => None,
    };
    let total = counted(before, view.value()?, setup)?;
    let mut sum = Amount::ZERO;
    for register in registers {
        let unknown = || format!("register {} was not read", register.label);
        let start = match differences {
            true => Some(register.before.ok_or_else(unknown)?),
            false => None,
        };
        let part = counted(start, register.now.ok_or_else(unknown)?, setup)?;
        sum = sum.plus(part).ok_or(TOO_LARGE)?;
    }
    compare(view, settings, setup, sum, total)
}

fn standing_before(view: &View<'_>) -> Result<Decimal, String> {
    let (read, value) = view.before(Level::Actual).next().ok_or("there is no measured read before")?;
    if view.counts_on(read.at, view.read.at)? {
        Ok(value)
    } else {
        Err("the setup changed since the read before".into())
    }
}

/// What was counted since a standing, or since zero, times the multiplier.
fn counted(start: Option<Decimal>, end: Decimal, setup: &Setup) -> Result<Amount, String> {
    let pair = pair(start.unwrap_or(Decimal::ZERO), end, setup);
    measured_quantity(&Measured::Register(pair)).map_err(|error| error.to_string())
}

fn compare(view: &View<'_>, settings: &Settings, setup: &Setup, sum: Amount, total: Amount) -> Judgement {
    let registers = view.around.time_of_use.len() as i128 + 1;
    let counts = Amount::new(registers * i128::from(settings.count(&COUNTS_EACH)), -i32::from(setup.decimals));
    let tolerance = counts.times(setup.multiplier.into()).ok_or(TOO_LARGE)?.magnitude();
    let apart = sum.minus(total).ok_or(TOO_LARGE)?.magnitude();
    if apart.compared(tolerance).ok_or(TOO_LARGE)?.is_le() {
        return Ok(None);
    }
    let (unit, parts) = (view.around.unit, view.around.time_of_use.len());
    Ok(Some(Fault::new(format!(
        "{parts} time-of-use registers add up to {sum} {unit}, the total register to {total} {unit}: {apart} {unit} \
         apart; the tolerance is {tolerance} {unit}"
    ))))
}
