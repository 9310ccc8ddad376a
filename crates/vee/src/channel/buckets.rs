//! The registers of time-of-use buckets over the days of a channel (catalogue 3.4, TOU and partial TOU).
//!
//! They scale like the registers that count all day, each within the intervals of its bucket.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use model::time::TimeRange;
use smol_str::SmolStr;

use super::ChannelDays;
use crate::context::{Bucket, Total};
use crate::plan::CheckedPlan;
use crate::scaling::time_of_use::is_within;

/// The registers of buckets beside a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketRegisters {
    /// The buckets that have registers, at most one of a name.
    pub buckets: Vec<BucketRegister>,
    /// Days on which nothing says when these registers of buckets count; on every other day a calendar says it of all.
    pub without_calendar: BTreeMap<Date, Vec<SmolStr>>,
}

/// A bucket with the differences of its registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketRegister {
    /// Its name (`peak`).
    pub name: SmolStr,
    /// When it holds, over all days of the channel, in order of time.
    pub hours: Vec<TimeRange>,
    /// Differences of its registers, of any span.
    pub totals: Vec<Total>,
}

impl BucketRegister {
    fn counts(&self, at: Timestamp) -> bool {
        is_within(&self.hours, at)
    }
}

impl<'a> ChannelDays<'a> {
    /// The same with registers of time-of-use buckets.
    #[must_use]
    pub fn with_buckets(self, buckets: BucketRegisters) -> Self {
        Self { buckets, ..self }
    }

    /// The buckets by which a day is scaled; none where its plan does not ask for them or no calendar holds.
    pub(super) fn buckets_on(&self, date: Date, plan: &CheckedPlan) -> &[BucketRegister] {
        let is_wanted = plan.scales_by_buckets() && !self.buckets.without_calendar.contains_key(&date);
        if is_wanted { &self.buckets.buckets } else { &[] }
    }

    /// The differences of each bucket that touch a day, with what the days around contribute.
    pub(super) fn bucket_totals(&self, date: Date, plan: &CheckedPlan) -> Vec<Vec<Total>> {
        let buckets = self.buckets_on(date, plan).iter();
        buckets.map(|bucket| self.totals_among(&bucket.totals, date, |at| bucket.counts(at))).collect()
    }

    /// The buckets of a day as scaling sees them.
    pub(super) fn buckets_with<'s>(
        &'s self,
        date: Date,
        plan: &CheckedPlan,
        totals: &'s [Vec<Total>],
    ) -> Vec<Bucket<'s>> {
        let bucket = |(bucket, totals): (&'s BucketRegister, &'s Vec<Total>)| Bucket {
            name: &bucket.name,
            hours: &bucket.hours,
            totals,
        };
        self.buckets_on(date, plan).iter().zip(totals).map(bucket).collect()
    }

    /// The registers of which nothing says when they count, on a day whose plan asks for buckets and that has no calendar.
    pub(super) fn without_calendar(&self, date: Date, plan: &CheckedPlan) -> Option<&[SmolStr]> {
        self.buckets.without_calendar.get(&date).filter(|_| plan.scales_by_buckets()).map(Vec::as_slice)
    }

    /// Every total, those of buckets too.
    pub(super) fn every_total(&self) -> impl Iterator<Item = &Total> {
        self.totals.iter().chain(self.buckets.buckets.iter().flat_map(|bucket| &bucket.totals))
    }
}
