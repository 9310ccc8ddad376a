//! What a plan looks at beside the channel's own days, so that a driver loads that and nothing else.

use super::CheckedPlan;
use crate::context::Role;

/// Kinds of surroundings that cost something to gather; a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs(u16);

impl Needs {
    /// Nothing beside the channel's own days.
    pub const NONE: Self = Self(0);
    /// Check channels.
    pub const CHECK: Self = Self(1);
    /// Reactive energy of the same flow.
    pub const REACTIVE: Self = Self(1 << 1);
    /// Volt-squared and ampere-squared hours.
    pub const ELECTRICAL: Self = Self(1 << 2);
    /// Other channels of the meter.
    pub const SIBLINGS: Self = Self(1 << 3);
    /// Channels whose load has the same shape.
    pub const LOAD_PROFILE: Self = Self(1 << 4);
    /// What the control system of the network saw.
    pub const SCADA: Self = Self(1 << 5);
    /// The other flows of the node.
    pub const FLOWS: Self = Self(1 << 6);
    /// Sunrise and sunset.
    pub const SUN: Self = Self(1 << 7);
    /// Mean temperatures of local days.
    pub const TEMPERATURES: Self = Self(1 << 8);
    /// Everything.
    pub const ALL: Self = Self((1 << 9) - 1);
    /// Every kind of companion.
    pub const COMPANIONS: Self = Self((1 << 7) - 1);

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of these is needed.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether companions of a role are needed.
    pub const fn wants(self, role: Role) -> bool {
        self.intersects(match role {
            Role::Check => Self::CHECK,
            Role::Reactive => Self::REACTIVE,
            Role::VoltageSquared(_) | Role::CurrentSquared(_) => Self::ELECTRICAL,
            Role::Sibling => Self::SIBLINGS,
            Role::LoadProfile => Self::LOAD_PROFILE,
            Role::Scada => Self::SCADA,
            Role::FlowIn | Role::FlowOut => Self::FLOWS,
        })
    }
}

impl CheckedPlan {
    /// What its rules look at.
    pub fn rule_needs(&self) -> Needs {
        self.rules_reach.needs
    }

    /// What its methods look at.
    pub fn method_needs(&self) -> Needs {
        self.methods_reach.needs
    }

    /// The earlier days in few numbers that its rules compare a day with, as spans `(youngest, oldest)` of days before.
    pub fn summary_spans(&self) -> Vec<(u16, u16)> {
        self.rules_reach.summaries.clone()
    }
}

/// How far around a day some plans look, and at what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// How many days around a day their methods may draw on.
    pub reach_days: u16,
    /// See [`CheckedPlan::scaled_days`].
    pub scaled_days: u16,
    /// See [`CheckedPlan::scales_by_buckets`].
    pub buckets: bool,
    /// After how many days registers that wait are met, each once, in order.
    pub scaling_waits: Vec<u16>,
    /// Whether it matters which versions of a value were received (V71, V72).
    pub versions: bool,
    /// What their rules look at beside the channel's own days.
    pub rules: Needs,
    /// What their methods look at.
    pub methods: Needs,
    /// See [`CheckedPlan::summary_spans`].
    pub summary_spans: Vec<(u16, u16)>,
    /// How many of the reads of a register before a read their rules look at.
    pub reads_before: usize,
}

impl Outlook {
    /// That of all these plans together.
    pub fn of<'p>(plans: impl IntoIterator<Item = &'p CheckedPlan>) -> Self {
        let mut all = Self { reach_days: 1, ..Self::default() };
        for plan in plans {
            all.reach_days = all.reach_days.max(plan.reach_days());
            all.scaled_days = all.scaled_days.max(plan.scaled_days());
            all.buckets |= plan.scales_by_buckets();
            all.versions |= plan.processes().judge_versions();
            all.rules = all.rules.with(plan.rule_needs());
            all.methods = all.methods.with(plan.method_needs());
            all.summary_spans.extend(plan.summary_spans());
            all.reads_before = all.reads_before.max(plan.register().reads_before());
            all.scaling_waits.extend(Some(plan.limits.wait_days).filter(|days| 0 < *days));
        }
        all.summary_spans.sort_unstable();
        all.summary_spans.dedup();
        all.scaling_waits.sort_unstable();
        all.scaling_waits.dedup();
        all
    }

    /// How many days around a day its outcome may hang on: those that methods draw on, and as many more as are scaled with it.
    pub fn outcome_days(&self) -> u16 {
        self.reach_days.saturating_add(self.scaled_days)
    }
}
