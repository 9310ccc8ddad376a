//! Which plan holds at a usage point, day by day.

use std::collections::BTreeSet;

use jiff::civil::Date;
use smol_str::SmolStr;

use super::check::{CheckedPlanBook, Place};
use super::{Attachment, Scope};
use crate::plan::CheckedPlan;
use crate::plan::needs::Outlook;

/// What a usage point belongs to over dates `[from, until)`: its own name, a programme, a customer class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belonging {
    /// A place that plans may be attached to.
    pub place: Scope,
    /// The first date; `None`: always before.
    pub from: Option<Date>,
    /// The first date at which it belongs there no more.
    pub until: Option<Date>,
}

/// Which plan judges each day of one usage point.
#[derive(Clone, Debug)]
pub struct DatedPlans<'b> {
    usage_point: SmolStr,
    /// In order of their first dates, the first one for all dates before the second.
    spans: Vec<(Option<Date>, Held<'b>)>,
}

#[derive(Clone, Debug)]
enum Held<'b> {
    One(Holding<'b>),
    Nothing,
    Several(String),
}

/// The plan that holds, and why.
#[derive(Clone, Copy, Debug)]
pub struct Holding<'b> {
    /// The plan ready to run.
    pub plan: &'b CheckedPlan,
    /// The attachment that won; `None` where the plan is used without a book.
    pub attachment: Option<&'b Attachment>,
}

/// No single plan holds at a usage point.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// Nothing is attached.
    #[error("no plan is attached to usage point {usage_point} on {date}; attach one to everywhere")]
    Nothing {
        /// The usage point.
        usage_point: SmolStr,
        /// The date.
        date: Date,
    },
    /// It is in several programmes with different plans.
    #[error("usage point {usage_point} has several plans on {date}: {plans}; attach one to the usage point itself")]
    Several {
        /// The usage point.
        usage_point: SmolStr,
        /// The date.
        date: Date,
        /// The plans.
        plans: String,
    },
}

impl<'b> From<&'b CheckedPlan> for DatedPlans<'b> {
    /// One plan for every day.
    fn from(plan: &'b CheckedPlan) -> Self {
        let held = Held::One(Holding { plan, attachment: None });
        Self { usage_point: SmolStr::default(), spans: vec![(None, held)] }
    }
}

impl<'b> DatedPlans<'b> {
    /// The plan that judges a day.
    ///
    /// # Errors
    /// Where nothing holds, or programmes of the usage point have different plans.
    pub fn on(&self, date: Date) -> Result<&'b CheckedPlan, NoPlan> {
        self.holding(date).map(|holding| holding.plan)
    }

    /// As [`DatedPlans::on`], with the attachment that won.
    ///
    /// # Errors
    /// As [`DatedPlans::on`].
    pub fn holding(&self, date: Date) -> Result<Holding<'b>, NoPlan> {
        let after = self.spans.partition_point(|(from, _)| from.is_none_or(|from| from <= date));
        let held = after.checked_sub(1).and_then(|at| self.spans.get(at)).map(|(_, held)| held);
        let usage_point = || self.usage_point.clone();
        match held {
            Some(Held::One(holding)) => Ok(*holding),
            Some(Held::Several(plans)) => {
                Err(NoPlan::Several { usage_point: usage_point(), date, plans: plans.clone() })
            }
            Some(Held::Nothing) | None => Err(NoPlan::Nothing { usage_point: usage_point(), date }),
        }
    }

    /// How many days around a day the methods of any of these plans may draw on.
    pub fn reach_days(&self) -> u16 {
        self.plans().map(CheckedPlan::reach_days).max().unwrap_or(1)
    }

    /// How many days around a day its outcome may hang on: those that methods draw on, and as many more as are scaled with it.
    pub fn outcome_days(&self) -> u16 {
        self.outlook().outcome_days()
    }

    /// How far around a day any of these plans looks, and at what.
    pub fn outlook(&self) -> Outlook {
        Outlook::of(self.plans())
    }

    fn plans(&self) -> impl Iterator<Item = &'b CheckedPlan> {
        self.spans.iter().filter_map(|(_, held)| match held {
            Held::One(holding) => Some(holding.plan),
            _ => None,
        })
    }
}

/// An attachment where the usage point belongs, for as long as both last.
struct Candidate<'b> {
    rank: u8,
    from: Option<Date>,
    until: Option<Date>,
    place: &'b Place,
}

impl CheckedPlanBook {
    /// The plans of a usage point: on each date that of the most specific place it belongs to. `belongs` names the usage
    /// point itself, its programmes and its class; everywhere need not be named.
    pub fn of_usage_point(&self, usage_point: &str, belongs: &[Belonging]) -> DatedPlans<'_> {
        let everywhere = Belonging { place: Scope::Everywhere, from: None, until: None };
        let candidates: Vec<Candidate<'_>> =
            std::iter::once(&everywhere).chain(belongs).flat_map(|belonging| self.candidates(belonging)).collect();
        let edges = candidates.iter().flat_map(|candidate| [candidate.from, candidate.until]).flatten();
        let begins: BTreeSet<Option<Date>> = std::iter::once(None).chain(edges.map(Some)).collect();
        let spans = begins.into_iter().map(|begin| (begin, self.held(&candidates, begin))).collect();
        DatedPlans { usage_point: usage_point.into(), spans }
    }

    fn candidates(&self, belonging: &Belonging) -> impl Iterator<Item = Candidate<'_>> {
        let Belonging { place, from: since, until: to } = belonging;
        let (rank, since, to) = (rank(place), *since, *to);
        let places = self.places.get(place).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(move |place| {
            let from = since.max(place.attachment.from);
            let until = [to, place.attachment.until].into_iter().flatten().min();
            let is_empty = from.zip(until).is_some_and(|(from, until)| until <= from);
            (!is_empty).then_some(Candidate { rank, from, until, place })
        })
    }

    /// What holds from a date on; `None` is before all dates.
    fn held<'b>(&'b self, candidates: &[Candidate<'b>], begin: Option<Date>) -> Held<'b> {
        let holds = |candidate: &&Candidate<'_>| {
            candidate.from <= begin && candidate.until.is_none_or(|until| begin.is_none_or(|begin| begin < until))
        };
        let holding: Vec<_> = candidates.iter().filter(holds).collect();
        let best = holding.iter().map(|candidate| candidate.rank).max();
        let mut best = holding.iter().filter(|candidate| Some(candidate.rank) == best).peekable();
        let Some(first) = best.peek().map(|candidate| candidate.place) else { return Held::Nothing };
        let plans: BTreeSet<usize> = best.map(|candidate| candidate.place.plan).collect();
        if plans.len() == 1 {
            return Held::One(Holding { plan: &self.plans[first.plan].checked, attachment: Some(&first.attachment) });
        }
        let named = plans.iter().map(|plan| &self.plans[*plan].written);
        let named: BTreeSet<String> = named.map(|plan| format!("{} {}", plan.name, plan.version)).collect();
        Held::Several(named.into_iter().collect::<Vec<_>>().join(", "))
    }
}

/// The more specific, the higher.
fn rank(place: &Scope) -> u8 {
    match place {
        Scope::Everywhere => 0,
        Scope::CustomerClass(_) => 1,
        Scope::Programme(_) => 2,
        Scope::UsagePoint(_) => 3,
    }
}
