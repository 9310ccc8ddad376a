//! V55 register decrease or rollover: a register only falls when it starts again at zero.
//!
//! A fall is taken for a roll-over where the register was in its last tenth before and is in its first
//! tenth after ([`model::register::advance`], a proposal; IEE detects roll-overs), or in smaller parts that a plan gives, and where
//! the use it means is not far above the rate before (V35). A register that was replaced in between
//! starts at its own opening read.
//!
//! The catalogue fails the difference, `R_e − R_s < 0`, and does not say which of the two reads is wrong.
//! Here it is one alone: of two reads of which the later is lower, the earlier one is at fault where the
//! read before it is not above the later one, for then the register stood there before, and nobody
//! accepted it; else the later one, which fell. Where the register counts on from the read that fell,
//! that is its new level, of which people are told once.

use std::cmp::Ordering;

use model::quality::Status;
use model::quantity::Decimal;

use super::{Fault, Judgement, READS_BEFORE, Rule};
use crate::amount::Amount;
use crate::context::Measured;
use crate::register::surroundings::{Kind, Read};
use crate::register::usage::pair;
use crate::register::view::{Level, View};
use crate::register::words::{TOO_LARGE, amount, moment, percent, standing};
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::sum_check::measured_quantity;

pub(super) static RULE: Rule = Rule {
    id: "V55",
    name: "register decrease or rollover",
    purpose: "Finds a register that fell without starting again at zero.",
    settings: &[FROM_LAST, INTO_FIRST, USE_MOST, FLOOR],
    reads_before: |_| READS_BEFORE,
    judge,
};

const FROM_LAST: SettingForm = SettingForm {
    name: "from_last",
    kind: SettingKind::ShareUpTo(10),
    default: "10 %",
    meaning: "a fall is a roll-over from within this share of the end of the register ...",
};

const INTO_FIRST: SettingForm = SettingForm {
    name: "into_first",
    kind: SettingKind::ShareUpTo(10),
    default: "10 %",
    meaning: "... into this share from zero; a wider one is a fall wherever registers are used",
};

const USE_MOST: SettingForm = SettingForm {
    name: "use_most",
    kind: SettingKind::Share,
    default: "200 %",
    meaning: "a roll-over that means more use than this share of the rate before fails ...",
};

const FLOOR: SettingForm = SettingForm {
    name: "floor",
    kind: SettingKind::HourlyRate,
    default: "0.1 kWh/h",
    meaning: "... unless it is below this rate",
};

fn judge(view: &View<'_>, settings: &Settings) -> Judgement {
    if view.around.kind != Kind::Counter {
        return Err("the channel is no counter".into());
    }
    let now = (*view.read, view.value()?);
    let at = view.read.at;
    view.setup(at)?;
    let counts_on = |earlier, later| view.counts_on(earlier, later) == Ok(true);
    let before = view.before(Level::Actual).next().filter(|(read, _)| counts_on(read.at, at));
    let next = view.next().filter(|(read, _)| counts_on(at, read.at));
    if before.is_none() && next.is_none() {
        return Err("no read of the same setup is next to it".into());
    }
    let Some(before) = before else { return Ok(None) };
    let fell = fall(view, settings, before, now)?;
    if fell.is_some() {
        let stood = view.before(Level::Actual).nth(1).filter(|(read, _)| counts_on(read.at, at));
        let is_accepted = before.0.status.contains(Status::ACCEPTED);
        if let Some(stood) = stood.filter(|_| !is_accepted)
            && fall(view, settings, stood, now)?.is_none()
        {
            return Ok(None);
        }
        let level = view.right_before().filter(|(read, _)| counts_on(read.at, at));
        let is_new_level = level.map_or(Ok(false), |level| is_new_level(view, settings, [before, level, now]))?;
        return Ok(fell.filter(|_| !is_new_level).map(|evidence| Fault::beyond(Ordering::Less, evidence)));
    }
    let found = implausible(view, settings, before, now)?;
    let found = match next {
        Some(next) if found.is_none() && fall(view, settings, before, next)?.is_none() => {
            fall(view, settings, now, next)?
        }
        _ => found,
    };
    Ok(found.map(|evidence| Fault::beyond(Ordering::Greater, evidence)))
}

/// Whether the register had fallen to a level from which it counts on.
fn is_new_level(
    view: &View<'_>,
    settings: &Settings,
    [before, level, now]: [(Read, Decimal); 3],
) -> Result<bool, String> {
    Ok(fall(view, settings, before, level)?.is_some() && !is_less(now.1, level.1)?)
}

/// The sentence about a fall that is no roll-over.
fn fall(
    view: &View<'_>,
    settings: &Settings,
    earlier: (Read, Decimal),
    later: (Read, Decimal),
) -> Result<Option<String>, String> {
    if !is_less(later.1, earlier.1)? {
        return Ok(None);
    }
    let setup = view.setup(earlier.0.at)?;
    let found = match measured_quantity(&Measured::Register(pair(earlier.1, later.1, setup))) {
        Err(error) => error.to_string(),
        Ok(_) if is_roll_over(settings, setup.dials, earlier.1, later.1)? => return Ok(None),
        Ok(_) => {
            let [last, first] = [&FROM_LAST, &INTO_FIRST].map(|form| settings.share(form).shifted(2));
            let (start, end, dials) = (standing(earlier.1), standing(later.1), setup.dials);
            format!(
                "the register fell from {start} to {end}, which is not from the last {last} % of {dials} dials into the \
                 first {first} %"
            )
        }
    };
    Ok(Some(format!("{found}; it was read at {} and at {}", moment(view, earlier.0.at), moment(view, later.0.at))))
}

/// Whether a fall is a roll-over within the parts of the register that the plan gives.
fn is_roll_over(settings: &Settings, dials: u8, start: Decimal, end: Decimal) -> Result<bool, String> {
    let capacity = Amount::new(1, dials.into());
    let part = |form| capacity.times(settings.share(form)).ok_or(TOO_LARGE);
    let left = capacity.minus(start.into()).ok_or(TOO_LARGE)?;
    let from_last = left.compared(part(&FROM_LAST)?).ok_or(TOO_LARGE)?.is_lt();
    Ok(from_last && Amount::from(end).compared(part(&INTO_FIRST)?).ok_or(TOO_LARGE)?.is_lt())
}

/// The sentence about a roll-over that means far more use than before.
fn implausible(
    view: &View<'_>,
    settings: &Settings,
    before: (Read, Decimal),
    now: (Read, Decimal),
) -> Result<Option<String>, String> {
    if !is_less(now.1, before.1)? {
        return Ok(None);
    }
    let used = view.now()?;
    let Some(reference) = view.segments_before(before.0.at).pop() else { return Ok(None) };
    let times = |usage: Amount, seconds: i64| usage.times(Amount::new(seconds.into(), 0)).ok_or(TOO_LARGE);
    let (found, usual) = (times(used.usage, reference.range.seconds())?, times(reference.usage, used.range.seconds())?);
    let high = usual.times(settings.share(&USE_MOST)).and_then(|limit| found.compared(limit)).ok_or(TOO_LARGE)?.is_gt();
    let floor = times(settings.quantity_in(view.around.unit, &FLOOR)?, used.range.seconds())?;
    let quiet = times(used.usage, 3600)?.compared(floor).ok_or(TOO_LARGE)?.is_le();
    if !high || quiet {
        return Ok(None);
    }
    let share = percent(found, usual).map_or("infinitely more than".into(), |share| format!("{share} % of"));
    Ok(Some(format!(
        "a roll-over from {} to {} would mean {}, {share} the rate before; the limit is {} %",
        standing(before.1),
        standing(now.1),
        amount(view, used.usage),
        settings.share(&USE_MOST).shifted(2),
    )))
}

fn is_less(left: Decimal, right: Decimal) -> Result<bool, String> {
    Ok(Amount::from(left).compared(right.into()).ok_or(TOO_LARGE)?.is_lt())
}
