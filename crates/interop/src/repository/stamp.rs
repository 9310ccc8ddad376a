//! Stamps of the hand-over: `YYYY-MM-DD hh:mm` of the hour that ends, midnight as 24:00 of the day that it closes
//! (Ontario 2.2.1, 2.2.2). The hour that a clock shows twice has its offset behind it (decision O-05).

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone};
use model::time::hour_ending_label;

/// The stamp of an instant.
pub fn stamp(at: Timestamp, zone: &TimeZone) -> String {
    let label = hour_ending_label(at, zone);
    let local = at.to_zoned(zone.clone());
    match zone.to_ambiguous_timestamp(local.datetime()).offset() {
        AmbiguousOffset::Fold { .. } => format!("{label}{}", local.strftime("%:z")),
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Gap { .. } => label,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::civil::date;
    use model::time::LocalDay;

    use super::*;

    // covers: ONT-2.2.1b, ONT-2.2.2, ONT-2.4.2b
    #[test]
    fn the_hours_of_a_day_have_stamps_of_their_own() {
        let zone = TimeZone::get("America/Toronto").expect("a zone");
        let stamps = |date| -> Vec<String> {
            let day = LocalDay::of(date, &zone).expect("a day").range;
            let ends = (1..=day.seconds() / 3600).map(|hour| day.start + SignedDuration::from_hours(hour));
            ends.map(|end| stamp(end, &zone)).collect()
        };
        let usual = stamps(date(2026, 2, 3));
        assert_eq!((usual.len(), &*usual[0], &*usual[23]), (24, "2026-02-03 01:00", "2026-02-03 24:00"));
        let spring = stamps(date(2026, 3, 8));
        assert_eq!((spring.len(), &*spring[0], &*spring[1]), (23, "2026-03-08 01:00", "2026-03-08 03:00"));
        let autumn = stamps(date(2026, 11, 1));
        assert_eq!(autumn[..3], ["2026-11-01 01:00-04:00", "2026-11-01 01:00-05:00", "2026-11-01 02:00"]);
        assert_eq!((autumn.len(), &*autumn[24]), (25, "2026-11-01 24:00"));
    }
}
