//! E04 linear interpolation for short gaps.
//!
//! Sources: California rules (gaps up to 2 h, outage intervals are no end points), IEE ESTLINEARINT,
//! Oracle (one side known: repeat it, "flat load"). With `a` the good value before the gap, `b` the
//! one after and `n` slots from the one to the other, slot `j` after `a` gets `a + (b - a) * j / n`,
//! rounded to the nearest quantum, ties to even. An end point beyond outage intervals keeps its place
//! in time.

use model::quality::Status;

use super::{Estimator, Gap, Proposal};
use crate::amount::rounded_quotient;
use crate::evidence::{duration, quantity};
use crate::inputs_hash::InputsHash;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E04",
    name: "linear interpolation",
    purpose: "Draws a straight line between the good values on both sides of a short gap.",
    settings: &[GAP_LONGEST, ONE_SIDE, OUTAGE_END_POINTS],
    status: Status(Status::ESTIMATED.0 | Status::INTERPOLATED.0),
    fills_any_length: false,
    fills_outages: false,
    reach: Reach::nothing,
    estimate,
};

const GAP_LONGEST: SettingForm = SettingForm {
    name: "gap_longest",
    kind: SettingKind::Duration,
    default: "2 h",
    meaning: "longer gaps are left to other methods; an end point is no further from the gap than this",
};

const ONE_SIDE: SettingForm = SettingForm {
    name: "one_side",
    kind: SettingKind::Choice(&["repeat", "refuse"]),
    default: "repeat",
    meaning: "what to do where only one end point is known",
};

const OUTAGE_END_POINTS: SettingForm = SettingForm {
    name: "outage_end_points",
    kind: SettingKind::Choice(&["beyond", "allow"]),
    default: "beyond",
    meaning: "take the end point beyond outage intervals, or allow outage intervals as end points",
};

/// A good value and its place: slots from the start of the day, negative in the day before.
#[derive(Clone, Copy)]
struct EndPoint {
    place: i64,
    value: i64,
}

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let length = view.gap_slots(gap.from, gap.to) * i64::from(view.day.slot_seconds);
    let longest = settings.seconds(&GAP_LONGEST);
    if longest < length {
        let words = format!("the gap of {} is longer than {}", duration(length), duration(longest));
        return Proposal::not_eligible(words);
    }
    let reach = longest / i64::from(view.day.slot_seconds.max(1));
    let outage_allowed = settings.choice(&OUTAGE_END_POINTS) == "allow";
    let left = end_before(view, gap, reach, outage_allowed);
    let right = end_after(view, gap, reach, outage_allowed);
    match (left, right) {
        (Some(left), Some(right)) => line(view, gap, left, right),
        (Some(side), None) | (None, Some(side)) if settings.choice(&ONE_SIDE) == "repeat" => flat(view, gap, side),
        (None, None) => Proposal::not_eligible(format!("no good value within {} of the gap", duration(longest))),
        _ => Proposal::not_eligible("only one end point is known"),
    }
}

fn end_before(view: &View<'_>, gap: Gap, reach: i64, outage_allowed: bool) -> Option<EndPoint> {
    let inside = (0..gap.from).rev().find_map(|slot| end_point(view, slot, outage_allowed));
    let beyond = || {
        let neighbour = view.context.before?;
        Some(EndPoint { place: -1 - i64::from(neighbour.slots_between), value: neighbour.value? })
    };
    let edge = view.context.before.filter(|_| gap.from == 0).map_or(0, |before| i64::from(before.missing_at_edge));
    inside.or_else(beyond).filter(|end| i64::from(gap.from) - edge - end.place <= reach + 1)
}

fn end_after(view: &View<'_>, gap: Gap, reach: i64, outage_allowed: bool) -> Option<EndPoint> {
    let inside = (gap.to..view.slots()).find_map(|slot| end_point(view, slot, outage_allowed));
    let beyond = || {
        let neighbour = view.context.after?;
        Some(EndPoint { place: i64::from(view.slots()) + i64::from(neighbour.slots_between), value: neighbour.value? })
    };
    let touches_end = gap.to == view.slots();
    let edge = view.context.after.filter(|_| touches_end).map_or(0, |after| i64::from(after.missing_at_edge));
    inside.or_else(beyond).filter(|end| end.place - i64::from(gap.to) - edge <= reach)
}

fn end_point(view: &View<'_>, slot: u16, outage_allowed: bool) -> Option<EndPoint> {
    let value = if outage_allowed && view.is_outage(slot) { view.value(slot) } else { view.good_value(slot) };
    value.map(|value| EndPoint { place: slot.into(), value })
}

fn line(view: &View<'_>, gap: Gap, left: EndPoint, right: EndPoint) -> Proposal {
    let steps = i128::from(right.place - left.place);
    let rise = i128::from(right.value) - i128::from(left.value);
    let value_at = |slot: u16| {
        let step = i128::from(i64::from(slot) - left.place);
        rounded_quotient(i128::from(left.value) * steps + rise * step, steps)
    };
    let words = format!(
        "straight line from {} to {} over {} steps",
        quantity(view.context, left.value),
        quantity(view.context, right.value),
        steps,
    );
    proposal(gap, [left, right], value_at, words)
}

fn flat(view: &View<'_>, gap: Gap, side: EndPoint) -> Proposal {
    let words = format!("only one end point is known: {} repeated", quantity(view.context, side.value));
    proposal(gap, [side, side], |_| side.value.into(), words)
}

fn proposal(gap: Gap, ends: [EndPoint; 2], value_at: impl Fn(u16) -> i128, words: String) -> Proposal {
    let inputs = |slot: u16| {
        ends.iter()
            .fold(InputsHash::of(ESTIMATOR.id).number(slot.into()), |hash, end| {
                hash.number(end.place).number(end.value)
            })
            .finish()
    };
    let estimates = (gap.from..gap.to)
        .filter_map(|slot| i64::try_from(value_at(slot)).ok().map(|value| (slot, value)))
        .map(|(slot, value)| ESTIMATOR.value(slot, value, inputs(slot)))
        .collect();
    Proposal { estimates, words }
}
