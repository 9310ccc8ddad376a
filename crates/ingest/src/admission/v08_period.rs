//! V08 period sanity: a period begins before it ends, is neither too old nor beyond the years that can be stored, and long enough.
//!
//! Source: DH3 E50, E17, D66: three years, and four hours of intervals up to an hour long. A market asks that of a message; a
//! head-end that sends every quarter-hour would never send one that is long enough, so short ones are told where the settings
//! ask. That intervals begin on the grid of their local day is seen where readings are placed ([`crate::placement`]); that they
//! end on it follows, since they have the registered length (V07). Rows whose end is not after their start are refused by the
//! readers (`csv.order` and the like). Reads of a
//! monthly type (macro period 13) are held to the local midnight of the first of a month where the settings ask.

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::reading::Values;

use super::arrivals::Arrivals;
use super::{Report, span};
use crate::placement::zone_of;

/// The longest interval for which a shortest span is asked: an hour.
const SHORT_INTERVAL_SECONDS: u32 = 3600;

impl Report<'_> {
    pub(super) fn period(&mut self, now: Timestamp) {
        let Some((first, _)) = span(self.readings) else {
            self.tell(Severity::Error, "time", "V08", "the period is outside the years that can be stored".to_owned());
            return;
        };
        let age_days = (now.as_second() - first.as_second()) / 86_400;
        if 0 < self.limits.age_days_max && i64::from(self.limits.age_days_max) < age_days {
            let message = format!("begins {age_days} days ago, at most {} are accepted", self.limits.age_days_max);
            self.tell(Severity::Error, "time", "V08", message);
        }
        if let Values::Registers(reads) = &self.readings.values
            && reads.iter().any(|read| read.period_start.is_some_and(|start| read.at <= start))
        {
            self.tell(Severity::Error, "period", "V08", "a period ends before it begins".to_owned());
        }
    }
}

/// The macro period of a month.
const MONTHLY: u16 = 13;

impl Report<'_> {
    /// A month begins and ends with the first day of a month.
    pub(super) fn months(&mut self) {
        let Values::Registers(reads) = &self.readings.values else { return };
        let channel = self.target.channel;
        if !self.limits.months_begin_on_first || channel.reading_type.macro_period != MONTHLY {
            return;
        }
        let Ok(zone) = zone_of(&channel.zone) else { return };
        let is_first = |at: &Timestamp| {
            let local = at.to_zoned(zone.clone());
            local.day() == 1 && local.start_of_day().is_ok_and(|midnight| midnight.timestamp() == *at)
        };
        let mut moments = reads.iter().flat_map(|read| read.period_start.into_iter().chain([read.at]));
        if let Some(other) = moments.find(|at| !is_first(at)) {
            let message = format!(
                "a month has an edge at {other}, which is no midnight of a first of a month in {}",
                channel.zone
            );
            self.tell(Severity::Error, "period", "V08", message);
        }
    }
}

/// The channels of a usage point of which a message brought less than so many hours; 0 accepts any.
pub fn short_spans(usage_point: &str, arrivals: &Arrivals, span_hours_min: u32) -> Option<Finding> {
    let is_short_interval = |length: Option<u32>| length.is_some_and(|length| length <= SHORT_INTERVAL_SECONDS);
    let least = i64::from(span_hours_min) * 3600;
    let short = arrivals.iter().filter(|(_, arrival)| {
        is_short_interval(arrival.interval_seconds) && arrival.end.as_second() - arrival.start.as_second() < least
    });
    let short: Vec<String> =
        short.map(|(label, arrival)| format!("{label} from {} to {}", arrival.start, arrival.end)).collect();
    let message = || {
        format!("less than {span_hours_min} h of intervals came for usage point `{usage_point}`: {}", short.join(", "))
    };
    (!short.is_empty()).then(|| Finding::new(0, "period", "V08", message()).with_severity(Severity::Warning))
}
