//! The registers of time-of-use buckets beside a channel of intervals, and when each of them counts.
//!
//! A register counts in a bucket where its reading type has a `tou` number. When the bucket holds is said by the rate
//! definition of the usage point, the one that its determinants are computed with: its own, else that of its tariff, in
//! its newest version. Of a day on which the rate changes, the first instant decides.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil::Date;
use model::master::Channel;
use model::time::{LocalDay, TimeRange};
use smol_str::SmolStr;
use store::readings::Error;
use store::registry::determinant::StoredRate;
use store::registry::directory::Directory;
use usage::{CheckedRate, Rate};
use vee::Total;
use vee::channel::{BucketRegister, BucketRegisters};

use super::totals::{self, counts_a_bucket_of};
use crate::determinants::fits;

/// Rate definitions that were asked for calendars, ready for use; by name and version, for these never change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendars(Arc<Mutex<Checked>>);

/// Definitions by name and version; `None` of what is none.
type Checked = HashMap<(String, u32), Option<Arc<CheckedRate>>>;

impl Calendars {
    /// A definition ready for use; `None` where what is stored is none.
    fn checked(&self, stored: &StoredRate) -> Option<Arc<CheckedRate>> {
        let read = || Some(Arc::new(serde_json::from_value::<Rate>(stored.body.clone()).ok()?.check().ok()?));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((stored.name.clone(), stored.version)).or_insert_with(read).clone()
    }
}

/// A register of a bucket with its differences.
pub(super) struct TouRegister<'a> {
    register: &'a Channel,
    totals: Vec<Total>,
}

/// The differences inside a time of every register that counts in one bucket what a channel counts.
///
/// # Errors
/// What the readings book says.
pub(super) fn registers<'a>(
    directory: &'a Directory,
    channel: &Channel,
    within: TimeRange,
    counting: totals::Counting<'_>,
) -> Result<Vec<TouRegister<'a>>, Error> {
    let mut registers: Vec<TouRegister<'a>> = Vec::new();
    for (register, total) in totals::of_registers(directory, channel, within, counts_a_bucket_of, counting)? {
        if registers.last().is_none_or(|last| last.register.number != register.number) {
            registers.push(TouRegister { register, totals: Vec::new() });
        }
        registers.last_mut().into_iter().for_each(|last| last.totals.push(total.clone().into_total()));
    }
    Ok(registers)
}

impl TouRegister<'_> {
    /// Its differences.
    pub(super) fn totals(&self) -> &[Total] {
        &self.totals
    }
}

/// The registers by the bucket that they count in, as the calendar of each day says it. A difference counts where its register is
/// of one bucket on all of its days.
pub(super) fn by_bucket(
    directory: &Directory,
    calendars: &Calendars,
    channel: &Channel,
    registers: &[TouRegister<'_>],
    days: &[LocalDay],
) -> BucketRegisters {
    let mut found = BucketRegisters::default();
    let mut hours: BTreeMap<SmolStr, Vec<TimeRange>> = BTreeMap::new();
    // The bucket of each register, by day.
    let mut known: BTreeMap<Date, Vec<Option<SmolStr>>> = BTreeMap::new();
    for day in days {
        let stored = directory.rates.at(channel.usage_point, day.range.start);
        let rate = stored.and_then(|stored| calendars.checked(stored));
        let timeline = rate.as_ref().and_then(|rate| rate.timeline(day.range).ok());
        let bucket_of = |one: &TouRegister<'_>| {
            let tou = one.register.reading_type.tou;
            rate.as_ref()?.bucket_of_register(tou, |place| fits(place, one.register)).cloned()
        };
        let buckets: Vec<Option<SmolStr>> = registers.iter().map(bucket_of).collect();
        let unknown = registers.iter().zip(&buckets).filter(|(_, bucket)| bucket.is_none());
        let unknown: Vec<SmolStr> = unknown.map(|(one, _)| one.register.label.clone()).collect();
        if timeline.is_none() || !unknown.is_empty() {
            found.without_calendar.insert(day.date, unknown);
        }
        for (bucket, range) in timeline.iter().flat_map(usage::Timeline::hours) {
            hours.entry(bucket.clone()).or_default().push(range);
        }
        known.insert(day.date, buckets);
    }
    let mut totals: BTreeMap<SmolStr, Vec<Total>> = BTreeMap::new();
    for (at, register) in registers.iter().enumerate() {
        for total in &register.totals {
            let touched =
                days.iter().filter(|day| day.range.start < total.range.end && total.range.start < day.range.end);
            let buckets: BTreeSet<Option<&SmolStr>> = touched.map(|day| known[&day.date][at].as_ref()).collect();
            if let [Some(bucket)] = buckets.iter().copied().collect::<Vec<_>>()[..] {
                totals.entry(bucket.clone()).or_default().push(total.clone());
            }
        }
    }
    let bucket = |(name, totals): (SmolStr, Vec<Total>)| BucketRegister {
        hours: hours.remove(&name).unwrap_or_default(),
        name,
        totals,
    };
    found.buckets = totals.into_iter().map(bucket).collect();
    found
}
