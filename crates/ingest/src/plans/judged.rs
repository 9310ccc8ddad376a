//! Stored days that another plan would judge now than the one that did.
//!
//! A change of plans decides nothing anew by itself; this says how much is left to run.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::id::ChannelNumber;
use model::lineage::FinalDay;
use model::time::LocalDay;
use serde::Serialize;
use store::readings::{AsOf, Error, ReadingsBook};
use store::registry::directory::Directory;
use vee::plan::DatedPlans;

use super::Plans;
use crate::placement::zone_of;
use crate::stored_days::stored_days;

/// Channel-days whose outcome another plan made than the one that holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JudgedOtherwise {
    /// How many.
    pub channel_days: u64,
    /// The first local date of them.
    pub first: Option<Date>,
    /// The last one.
    pub last: Option<Date>,
}

/// Counts the stored outcomes from a date on and until another that another plan made than the one that holds now.
///
/// # Errors
/// What the readings book says.
pub fn judged_otherwise(
    book: &ReadingsBook,
    directory: &Directory,
    plans: &Plans,
    dates: (Option<Date>, Option<Date>),
) -> Result<JudgedOtherwise, Error> {
    let mut of_channel: BTreeMap<ChannelNumber, (Date, Date)> = BTreeMap::new();
    for (channel, date) in stored_days(book, dates, |_| true)?.days {
        of_channel.entry(channel).and_modify(|(_, last)| *last = date).or_insert((date, date));
    }
    let mut found = JudgedOtherwise::default();
    for (number, (first, last)) in of_channel {
        let Some(channel) = directory.channel(number) else { continue };
        let Ok(zone) = zone_of(&channel.zone) else { continue };
        let (Some(first), Some(last)) = (LocalDay::of(first, &zone), LocalDay::of(last, &zone)) else { continue };
        let of_day = plans.of_channel(directory, channel);
        let (start, end) = (first.range.start.as_second(), last.range.end.as_second());
        for day in book.read(number, start, end, AsOf::Now)?.days {
            if day.final_day.is_some_and(|decided| !is_judged_by(&decided, &of_day)) {
                found.channel_days += 1;
                found.first = found.first.into_iter().chain([day.date]).min();
                found.last = found.last.into_iter().chain([day.date]).max();
            }
        }
    }
    Ok(found)
}

/// Whether the plan that made an outcome is the one that holds; of outcomes that keep no name the version says it.
fn is_judged_by(decided: &FinalDay, plans: &DatedPlans<'_>) -> bool {
    match plans.on(decided.date) {
        Ok(plan) => {
            (decided.plan_name.is_empty() || decided.plan_name == *plan.name())
                && decided.plan_version == plan.version()
        }
        Err(_) => decided.plan_name.is_empty() && decided.plan_version == 0,
    }
}
