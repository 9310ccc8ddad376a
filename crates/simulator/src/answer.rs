//! What a head-end fetches from meters when it is asked: from the truth, so also what was lost on its way.
//!
//! A meter that is dead or without power at that moment tells nothing, and what it never recorded does not come.

use jiff::Timestamp;
use jiff::civil::Date;
use model::reading::{ChannelReadings, IntervalRun, Values};
use model::time::{LocalDay, TimeRange};

use crate::collection::{meter_name, piece};
use crate::dialect::{self, File};
use crate::load::Flow;
use crate::plant::around;
use crate::premises::HeadEnd;
use crate::record::{DELIVERED, RECEIVED};
use crate::utility::{Day, QUARTER_SECONDS, Utility};

/// What is asked of meters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Their readings of a span.
    Read(TimeRange),
    /// What their registers show now.
    Now,
}

/// A head-end of a utility that can be asked.
#[derive(Clone, Copy, Debug)]
pub struct Answers<'u> {
    utility: &'u Utility,
    head_end: HeadEnd,
    /// The day on which the registers began.
    first: Date,
}

impl<'u> Answers<'u> {
    /// A head-end of a utility whose meters began on a day.
    pub fn new(utility: &'u Utility, head_end: HeadEnd, first: Date) -> Self {
        Self { utility, head_end, first }
    }

    /// Why it does nothing for a device; `None` where it will try.
    pub fn refusal(&self, device: &str, asked: Asked) -> Option<&'static str> {
        match self.meter(device) {
            None => Some("not a meter of this head-end"),
            Some(_) if self.head_end == HeadEnd::Folder && asked == Asked::Now => Some("its meters have no register"),
            Some(_) => None,
        }
    }

    /// What it fetches from devices at an instant, as a file of its own; `None` where none of them answers.
    pub fn file<'d>(
        &self,
        devices: impl Iterator<Item = &'d str>,
        asked: Asked,
        (id, now): (&str, Timestamp),
    ) -> Option<File> {
        let meters = devices.filter_map(|device| self.meter(device)).filter(|meter| self.is_reached(*meter, now));
        let readings: Vec<_> = meters.flat_map(|meter| self.readings(meter, asked, now)).collect();
        let last = if let Asked::Read(range) = asked { range.end.min(now) } else { now };
        let day = day_so_far(self.utility, last)?;
        let file = dialect::file(self.head_end, &readings, &self.utility.script, &day, 1);
        let ending = file.name.rsplit('.').next().unwrap_or_default();
        (!readings.is_empty()).then_some(File { name: format!("request-{id}.{ending}"), ..file })
    }

    fn meter(&self, device: &str) -> Option<u32> {
        let meter: u32 = device.strip_prefix("M-")?.parse().ok()?;
        let is_ours = meter < self.utility.settings().meters && self.utility.premises(meter).head_end == self.head_end;
        (is_ours && meter_name(meter).value == device).then_some(meter)
    }

    fn readings(&self, meter: u32, asked: Asked, now: Timestamp) -> Vec<ChannelReadings> {
        match asked {
            Asked::Now => self.shown_now(meter, now),
            Asked::Read(range) => self.of_range(meter, TimeRange { end: range.end.min(now), ..range }),
        }
    }

    /// Whether a meter answers at an instant: it has power, and a module, a collector and a link that work.
    pub(crate) fn is_reached(&self, meter: u32, now: Timestamp) -> bool {
        let utility = self.utility;
        let is_dead = utility.script.dead(meter, now) || utility.is_dead(meter, now);
        let collector = utility.listener(&utility.module(meter), now);
        let has_link = |collector| around(utility.link_down(collector), now).is_none();
        around(utility.dark(meter), now).is_none() && !is_dead && collector.is_some_and(has_link)
    }

    fn of_range(&self, meter: u32, range: TimeRange) -> Vec<ChannelReadings> {
        let premises = self.utility.premises(meter);
        let clock = self.utility.clock(meter, &self.utility.module(meter), self.head_end);
        let mut register = Flow { delivered: premises.first_register, received: 0 };
        let mut readings = Vec::new();
        for day in self.days_until(meter, range.end) {
            let metered = self.utility.metered(meter, &premises, &clock, &day, register);
            register = register.plus(&metered.passed);
            if range.start < day.local.range.end {
                let pieces = metered.recorded.iter().flat_map(|recorded| piece::whole(meter, recorded));
                readings.extend(pieces.filter_map(|piece| self.recorded(meter, piece, range)));
            }
        }
        readings
    }

    fn shown_now(&self, meter: u32, now: Timestamp) -> Vec<ChannelReadings> {
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let premises = self.utility.premises(meter);
        let mut flow = Flow { delivered: premises.first_register, received: 0 };
        for day in self.days_until(meter, now) {
            let quarters = now.as_second() - day.local.range.start.as_second();
            let quarters = usize::try_from(quarters / i64::from(QUARTER_SECONDS)).unwrap_or(0);
            flow = self.utility.truth(meter, &day).iter().take(quarters).fold(flow, Flow::plus);
        }
        let mut readings = vec![piece::shown(meter, DELIVERED, now, flow.delivered)];
        if premises.panels_kw != 0 {
            readings.push(piece::shown(meter, RECEIVED, now, flow.received));
        }
        readings
    }

    /// The days of a meter from the first one to the one that an instant lies in.
    fn days_until(&self, meter: u32, end: Timestamp) -> impl Iterator<Item = Day> {
        let dates = std::iter::successors(Some(self.first), |date| date.tomorrow().ok());
        let days = dates.map_while(move |date| self.utility.day_in(self.utility.zone(meter), date));
        days.take_while(move |day| day.local.range.start < end)
    }

    /// What a meter recorded of a piece within a span; `None` where that is nothing.
    fn recorded(&self, meter: u32, mut piece: ChannelReadings, range: TimeRange) -> Option<ChannelReadings> {
        let is_dead = |at: Timestamp| self.utility.script.dead(meter, at);
        let is_empty = match &mut piece.values {
            Values::Registers(reads) => {
                reads.retain(|read| range.start < read.at && read.at <= range.end && !is_dead(read.at));
                reads.is_empty()
            }
            Values::Intervals(run) => {
                let length = i64::from(run.length_seconds);
                for (number, value) in (0..).zip(&mut run.values) {
                    let start = run.start.as_second() + number * length;
                    let inside = range.start.as_second() <= start && start + length <= range.end.as_second();
                    if !inside || Timestamp::from_second(start).is_ok_and(is_dead) {
                        *value = IntervalRun::MISSING;
                    }
                }
                cut(run)
            }
        };
        (!is_empty).then_some(piece)
    }
}

/// The day of an instant, which ends then.
pub(crate) fn day_so_far(utility: &Utility, now: Timestamp) -> Option<Day> {
    let mut day = utility.day(LocalDay::containing(now, &utility.settings().zone)?.date)?;
    day.local.range.end = now;
    Some(day)
}

/// Takes away what has no value at both ends; answers whether nothing is left.
fn cut(run: &mut IntervalRun) -> bool {
    let has_value = |value: &i64| *value != IntervalRun::MISSING;
    let Some(first) = run.values.iter().position(has_value) else { return true };
    let last = run.values.iter().rposition(has_value).unwrap_or(first);
    run.values = run.values[first..=last].to_vec();
    let seconds = i64::try_from(first).unwrap_or(0) * i64::from(run.length_seconds);
    run.start = Timestamp::from_second(run.start.as_second() + seconds).unwrap_or(run.start);
    false
}
