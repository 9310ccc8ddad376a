//! `--from` and `--to`: times as people write them, in the zone of the channel.

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::DateTime};
use model::time::{LocalDay, TimeRange};

use crate::output::Failure;

/// A span of time.
#[derive(Clone, Debug, Default, Args)]
pub struct TimeSpan {
    /// First instant: a date such as 2026-01-31, a local time such as 2026-01-31T12:00, or RFC 3339 with offset.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// First instant after; a date means the beginning of that day.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
}

impl TimeSpan {
    /// The instants in a zone; `None` where nothing was given.
    ///
    /// # Errors
    /// As [`TimeSpan::range`], and where only one of them was given.
    pub fn given(&self, zone: &TimeZone) -> Result<Option<TimeRange>, Failure> {
        match (&self.from, &self.to) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => self.range(zone).map(Some),
            _ => Err(Failure::Usage("--from and --to belong together".into())),
        }
    }

    /// The instants in a zone; everything where nothing was given.
    ///
    /// # Errors
    /// [`Failure::Usage`] for a time that is not one, does not exist in the zone, or ends before it begins.
    pub fn range(&self, zone: &TimeZone) -> Result<TimeRange, Failure> {
        let start = self.from.as_deref().map(|text| instant("--from", text, zone)).transpose()?;
        let end = self.to.as_deref().map(|text| instant("--to", text, zone)).transpose()?;
        // The years of the book's days, well inside what an instant can hold.
        let range = TimeRange {
            start: start.unwrap_or_else(|| Timestamp::from_second(-62_000_000_000).unwrap_or(Timestamp::MIN)),
            end: end.unwrap_or_else(|| Timestamp::from_second(250_000_000_000).unwrap_or(Timestamp::MAX)),
        };
        if range.end <= range.start {
            return Err(Failure::Usage(format!("--to {} is not after --from {}", range.end, range.start)));
        }
        Ok(range)
    }
}

/// An instant as people write it.
///
/// # Errors
/// [`Failure::Usage`] naming the option.
pub fn instant(option: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let wrong = |why: &str| Failure::Usage(format!("{option}: `{text}` {why}"));
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    if let Ok(date) = text.parse::<Date>()
        && !text.contains(['T', ' '])
    {
        let day = LocalDay::of(date, zone).ok_or_else(|| wrong("is outside the years that can be stored"))?;
        return Ok(day.range.start);
    }
    let local: DateTime = text
        .parse()
        .map_err(|_| wrong("is not a time; write 2026-01-31, 2026-01-31T12:00 or 2026-01-31T12:00:00-05:00"))?;
    let zoned = zone.to_ambiguous_timestamp(local).unambiguous();
    zoned.map_err(|_| wrong("does not exist or comes twice on that day in the zone; write it with its offset"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let zone = TimeZone::get("America/Toronto").expect("zone");
        let found = instant("--from", text, &zone).ok().map(|instant| instant.to_string());
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn times_are_read_in_the_zone_and_never_guessed() {
        check("2024-03-10", Some("2024-03-10T05:00:00Z"));
        check("2024-03-11", Some("2024-03-11T04:00:00Z"));
        check("2024-06-01T12:00", Some("2024-06-01T16:00:00Z"));
        check("2024-06-01T12:00:00+02:00", Some("2024-06-01T10:00:00Z"));
        check("2024-03-10T02:30", None);
        check("2024-11-03T01:30", None);
        check("yesterday", None);
    }
}
