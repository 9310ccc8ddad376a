//! Which days of a channel share registers, so that their estimates are scaled together (catalogue 3.4).

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::time::TimeRange;

use super::ChannelDays;
use crate::context::{Measured, Total, overlap};
use crate::day::Day;
use crate::plan::CheckedPlan;
use crate::plan::reach::SCALED_DAYS;
use crate::run::{Seeds, SharedRegisters, seeds};
use crate::scaling::boundary::over_whole_day;

/// A register difference.
#[derive(Clone, Copy)]
struct Difference<'t> {
    /// The place of its time-of-use bucket; `None` of a register that counts all day.
    bucket: Option<usize>,
    total: &'t Total,
}

/// A register difference, and those that overlap it, and so on.
struct Group<'t> {
    differences: Vec<Difference<'t>>,
    range: TimeRange,
}

impl ChannelDays<'_> {
    /// The registers that a day is scaled by, with the days it shares them with; `None` where it shares none.
    ///
    /// Days that are too many to be scaled together, or not all there, or whose plans scale in different ways, stand alone:
    /// each meets what counted over it only where the others are measured.
    pub(super) fn shared_registers(&self, date: Date, plan: &CheckedPlan) -> Option<SharedRegisters<'_>> {
        let groups = self.groups_of(date, plan);
        let others = self.days_of(&groups, date);
        let days: Vec<_> = others.into_iter().filter_map(|other| self.seeds(other)).collect();
        if days.is_empty() {
            return None;
        }
        let (mut totals, mut buckets) = (self.totals_of(date), self.bucket_totals(date, plan));
        let range = self.range_of(date)?;
        let differences = groups.into_iter().flat_map(|group| group.differences);
        for Difference { bucket, total } in differences.filter(|one| overlap(one.total.range, range).is_none()) {
            bucket.map_or(&mut totals, |at| &mut buckets[at]).push(total.clone());
        }
        Some(SharedRegisters { days, totals, buckets })
    }

    /// The other days whose estimates are scaled together with those of a day.
    pub(super) fn scaled_with(&self, date: Date) -> BTreeSet<Date> {
        let groups = self.plans.on(date).map(|plan| self.groups_of(date, plan)).unwrap_or_default();
        self.days_of(&groups, date)
    }

    /// A day with its estimates, before any scaling.
    fn seeds(&self, date: Date) -> Option<(Day<'_>, &Seeds)> {
        let (known, plan) = (self.days.get(&date)?, self.plans.on(date).ok()?);
        let day = known.received.as_day(date);
        let made =
            || self.in_contexts(date, &known.received, plan, |received, judged| seeds(&day, received, judged, plan));
        Some((day, known.seeds.get_or_init(made)))
    }

    /// The other days that registers counted over.
    fn days_of(&self, groups: &[Group<'_>], date: Date) -> BTreeSet<Date> {
        let differences = groups.iter().flat_map(|group| &group.differences);
        differences.flat_map(|one| self.days_in(one.total.range)).filter(|other| *other != date).collect()
    }

    /// The registers over a day by which it is scaled together with other days.
    fn groups_of(&self, date: Date, plan: &CheckedPlan) -> Vec<Group<'_>> {
        let Some(day) = self.range_of(date).filter(|_| plan.scaled_days() != 0) else { return Vec::new() };
        let near = |range: TimeRange| {
            let (start, end) = (day.start.as_second() - SCALED_SECONDS, day.end.as_second() + SCALED_SECONDS);
            range.start.as_second() < end && start < range.end.as_second()
        };
        // A longer one links nothing, so that it does not matter how far the totals are known.
        let is_near = |one: &Difference<'_>| {
            let is_register = matches!(one.total.measured, Measured::Register(_));
            is_register && one.total.range.seconds() <= SCALED_SECONDS && near(one.total.range)
        };
        let registers: Vec<Difference<'_>> = self.differences(date, plan).filter(is_near).collect();
        let mut groups: Vec<Group<'_>> = Vec::new();
        for Difference { total, .. } in registers.iter().filter(|one| overlap(one.total.range, day).is_some()) {
            if groups.iter().all(|group| overlap(group.range, total.range).is_none()) {
                groups.push(Group::around(total, &registers));
            }
        }
        groups.retain(|group| self.is_scaled_together(group, date, plan));
        groups
    }

    /// The differences that the plan of a day scales by.
    fn differences(&self, date: Date, plan: &CheckedPlan) -> impl Iterator<Item = Difference<'_>> {
        let counts_all_day = !plan.scales_by_buckets_alone() || self.without_calendar(date, plan).is_some();
        let whole_days = if plan.scales_by_outermost() { self.whole_days() } else { &[] };
        let all_day = self.totals.iter().filter(move |_| counts_all_day).chain(whole_days);
        let all_day = all_day.map(|total| Difference { bucket: None, total });
        let of_buckets = self
            .buckets_on(date, plan)
            .iter()
            .enumerate()
            .flat_map(|(at, bucket)| bucket.totals.iter().map(move |total| Difference { bucket: Some(at), total }));
        all_day.chain(of_buckets)
    }

    /// The differences over whole days that the reads within them make together.
    fn whole_days(&self) -> &[Total] {
        let ranges = || self.days.keys().filter_map(|date| self.range_of(*date));
        self.whole_days.get_or_init(|| ranges().filter_map(|day| over_whole_day(&self.totals, day)).collect())
    }

    fn is_scaled_together(&self, group: &Group<'_>, date: Date, plan: &CheckedPlan) -> bool {
        let has_calendar = |date: Date| self.without_calendar(date, plan).is_none();
        let scales_so = |other: Date| {
            self.plans.on(other).is_ok_and(|other| other.scaling == plan.scaling)
                && has_calendar(other) == has_calendar(date)
        };
        group.range.seconds() <= SCALED_SECONDS
            && self.days_in(group.range).all(|date| scales_so(date) && self.says_something(date))
            && group.differences.iter().all(|one| self.has_all_of(one.total.range))
    }

    /// Whether the slots of the days that there are make up all of a span.
    fn has_all_of(&self, span: TimeRange) -> bool {
        let seconds = |date: Date| {
            let day = self.days.get(&date)?.received.as_day(date);
            day.slots_of(span).and(overlap(day.whole(), span)).map(|range| range.seconds())
        };
        self.days_in(span).filter_map(seconds).sum::<i64>() == span.seconds()
    }
}

/// The longest span whose days are scaled together.
const SCALED_SECONDS: i64 = SCALED_DAYS as i64 * 86_400;

impl<'t> Group<'t> {
    /// A register and all that hang together with it.
    fn around(first: &Total, registers: &[Difference<'t>]) -> Self {
        let mut group = Self { differences: Vec::new(), range: first.range };
        // Spans that overlap cover one range without holes; so what overlaps the range overlaps one of them.
        loop {
            let range = group.range;
            let overlaps = |one: &Difference<'_>| overlap(one.total.range, range).is_some();
            group.differences = registers.iter().copied().filter(overlaps).collect();
            let ranges = || group.differences.iter().map(|one| one.total.range);
            let start = ranges().map(|range| range.start).min().unwrap_or(range.start);
            let end = ranges().map(|range| range.end).max().unwrap_or(range.end);
            group.range = TimeRange { start, end };
            if group.range == range {
                return group;
            }
        }
    }
}
