//! Another series of the same day in the quantum and the slots of the channel.
//!
//! Shared by the methods that copy or compute from other channels and from profiles. The unit is
//! checked and the length of interval is changed exactly, or the series does not fit.

use model::quality::Status;

use super::{Estimator, Gap, Proposal};
use crate::context::{Companion, Profile, Role, is_good, touches_any};
use crate::day::Day;
use crate::inputs_hash::InputsHash;
use crate::resample::{Cover, Matching, change_of_length, mark_of_change};
use crate::settings::unit_power;
use crate::view::View;

/// A series that can stand in for the channel's.
pub(super) struct OtherSeries<'a> {
    pub label: &'a str,
    day: &'a Day<'a>,
    /// The power of ten from its quantum to the channel's.
    power: i32,
    matching: Matching,
}

impl<'a> OtherSeries<'a> {
    /// The companions of a role, in an order that does not depend on how they were listed.
    pub(super) fn of_role(view: &View<'a>, role: Role) -> Vec<&'a Companion<'a>> {
        let mut found: Vec<_> = view.context.companions.iter().filter(|companion| companion.role == role).collect();
        found.sort_by_key(|companion| {
            let day = &companion.day;
            (companion.label, companion.unit, companion.exponent, day.start, day.slot_seconds, day.values)
        });
        found
    }

    /// A companion as such a series.
    ///
    /// # Errors
    /// Why it does not fit.
    pub(super) fn of_companion(view: &View<'a>, companion: &'a Companion<'a>) -> Result<Self, String> {
        let (label, unit) = (companion.label, view.context.unit);
        let Some(power) = unit_power(companion.unit, unit) else {
            return Err(format!("{label} is in {}, the channel in {unit}", companion.unit));
        };
        let power = power + i32::from(companion.exponent) - i32::from(view.context.exponent);
        Self { label, day: &companion.day, power, matching: Matching::Instants }.checked(view)
    }

    /// A profile as such a series.
    ///
    /// # Errors
    /// Why it does not fit.
    pub(super) fn of_profile(view: &View<'a>, profile: &'a Profile<'a>) -> Result<Self, String> {
        let power = i32::from(profile.exponent) - i32::from(view.context.exponent);
        Self { label: profile.name, day: &profile.day, power, matching: Matching::LocalTime }.checked(view)
    }

    fn checked(self, view: &View<'_>) -> Result<Self, String> {
        let (own, other) = (view.day.slot_seconds, self.day.slot_seconds);
        let fits = 0 < own && 0 < other && own.max(other).is_multiple_of(own.min(other));
        if !fits {
            return Err(format!("{} has intervals of {other} s, which do not fit those of {own} s", self.label));
        }
        Ok(self)
    }

    /// Its value for a slot where all of it is measured, not failed, and no outage touches it.
    pub(super) fn good_value(&self, view: &View<'_>, slot: u16) -> Option<i64> {
        if touches_any(view.day.range(slot, slot + 1), view.context.outages) {
            return None;
        }
        self.value_where(view, slot, |at| is_good(self.day.status(at)))
    }

    /// Its value for a slot, whatever its status.
    pub(super) fn value(&self, view: &View<'_>, slot: u16) -> Option<i64> {
        self.value_where(view, slot, |_| true)
    }

    fn value_where(&self, view: &View<'_>, slot: u16, usable: impl Fn(u16) -> bool) -> Option<i64> {
        let cover = Cover::of(view.day, slot, self.day, self.matching)?;
        cover.value(self.power, |at| self.day.value(at).filter(|_| usable(at)))
    }

    /// The sums of the channel and of the series over the slots in which both are good, and how many.
    pub(super) fn sums_in_common(&self, view: &View<'_>) -> (i128, i128, u16) {
        let both = |slot| Some((view.good_value(slot)?, self.good_value(view, slot)?));
        (0..view.slots()).filter_map(both).fold((0, 0, 0), |(own, other, count), (here, there)| {
            (own + i128::from(here), other + i128::from(there), count + 1)
        })
    }

    /// What its values are marked with in slots of the channel.
    pub(super) fn mark(&self, view: &View<'_>) -> Status {
        mark_of_change(self.day.slot_seconds, view.day.slot_seconds)
    }

    /// Its name, and how its values are made to fit.
    pub(super) fn words(&self, view: &View<'_>) -> String {
        format!("{}{}", self.label, change_of_length(self.day.slot_seconds, view.day.slot_seconds))
    }
}

/// The slots of the gap for which there is a value; the hash takes the label and what the value is made of.
pub(super) fn copied(
    gap: Gap,
    method: &'static Estimator,
    label: &str,
    value_of: impl Fn(u16) -> Option<(i64, [i64; 3])>,
    words: String,
) -> Proposal {
    let estimate = |slot: u16| {
        let (value, inputs) = value_of(slot)?;
        let hash = InputsHash::of(method.id).number(slot.into()).text(label);
        let hash = inputs.into_iter().fold(hash, InputsHash::number);
        Some(method.value(slot, value, hash.finish()))
    };
    let estimates: Vec<_> = (gap.from..gap.to).filter_map(estimate).collect();
    if estimates.is_empty() {
        return Proposal::not_eligible(format!("{label} has no usable value in the gap"));
    }
    Proposal { estimates, words }
}

/// The first proposal with values, else all the reasons.
pub(super) fn first_with_values(proposals: impl Iterator<Item = Proposal>, none: &str) -> Proposal {
    let mut reasons = Vec::new();
    for proposal in proposals {
        if !proposal.estimates.is_empty() {
            return proposal;
        }
        reasons.push(proposal.words);
    }
    Proposal::not_eligible(if reasons.is_empty() { none.to_string() } else { reasons.join("; ") })
}
