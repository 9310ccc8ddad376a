//! How far from a day rules and methods look, so that a driver knows what to load and what to run again.
//!
//! Each says it of itself, by its settings ([`Reach`]); what a plan looks at is what its rules and methods look at together.

use super::CheckedPlan;
use super::needs::Needs;
use crate::meter_times::SILENT_DAYS;
use crate::settings::Settings;

/// The longest span whose days are scaled together: a register that is read monthly counts over 31 days.
pub(crate) const SCALED_DAYS: u16 = 35;

/// What a rule or method looks at beside the day itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// How many days before and after the day it draws on.
    pub days: u16,
    /// Into how many days on each side of the day it counts a gap.
    pub gap_days: u16,
    /// What it looks at beside the channel's own days.
    pub needs: Needs,
    /// The earlier days in few numbers that it compares the day with, as spans `(youngest, oldest)` of days before.
    pub summaries: Vec<(u16, u16)>,
}

impl Reach {
    /// That of a rule or method to which the day, its neighbours and what is known of the day are enough.
    pub(crate) fn nothing(_: &Settings) -> Self {
        Self::default()
    }

    /// That of one that draws on so many days before and after the day.
    pub(crate) fn days(days: u32) -> Self {
        Self { days: whole_days(days), ..Self::default() }
    }

    /// That of one that looks at more than the channel's own days.
    pub(crate) fn needs(needs: Needs) -> Self {
        Self { needs, ..Self::default() }
    }

    /// That of all these together.
    pub(crate) fn of(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), Self::with)
    }

    /// That of both together.
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.days = self.days.max(other.days);
        self.gap_days = self.gap_days.max(other.gap_days);
        self.needs = self.needs.with(other.needs);
        self.summaries.extend(other.summaries);
        self.summaries.sort_unstable();
        self.summaries.dedup();
        self
    }
}

/// A number of days of a setting; more than there are dates count as that many.
pub(crate) fn whole_days(days: u32) -> u16 {
    u16::try_from(days).unwrap_or(u16::MAX)
}

impl CheckedPlan {
    /// How many days around a day its methods may draw on.
    pub(crate) fn method_days(&self) -> u16 {
        self.methods_reach.days
    }

    /// How many days around a day its methods and scaling may draw on, with what rules look at to judge those, gaps may go
    /// on, and other days say whether values are expected.
    pub fn reach_days(&self) -> u16 {
        let rules = &self.rules_reach;
        let drawn_on = self.method_days().saturating_add(rules.days);
        drawn_on.max(rules.gap_days).max(SILENT_DAYS).max(self.scaled_days())
    }

    /// How far the days may be from each other that are scaled together; 0 where nothing is scaled.
    pub fn scaled_days(&self) -> u16 {
        if self.scaling.parts().is_some() { SCALED_DAYS } else { 0 }
    }

    /// Into how many days on each side of a day a gap is counted, at least one.
    pub(crate) fn gap_days(&self) -> u16 {
        self.rules_reach.gap_days.max(1)
    }
}
