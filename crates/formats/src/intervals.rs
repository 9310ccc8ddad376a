//! Walks the values of a run, each with its place in time and its quality. The writers use it.

use model::quality::{Quality, Status};
use model::quantity::Decimal;
use model::reading::IntervalRun;
use smol_str::SmolStr;

/// One value of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval<'a> {
    /// Start in seconds since 1970.
    pub(crate) start: i64,
    /// End in seconds since 1970.
    pub(crate) end: i64,
    /// `None` where the source gives no value.
    pub(crate) value: Option<Decimal>,
    /// What the source says of it; the empty quality where it says nothing.
    pub(crate) quality: &'a Quality,
}

impl Interval<'_> {
    /// Whether anything is known of it: one without a value of which nothing is said did not arrive.
    pub(crate) fn is_known(&self) -> bool {
        self.value.is_some() || *self.quality != UNSAID
    }
}

static UNSAID: Quality = Quality {
    status: Status::NONE,
    codes: Vec::new(),
    flag: SmolStr::new_static(""),
    reason: None,
    remark: SmolStr::new_static(""),
};

/// The values of a run in order.
pub(crate) fn intervals(run: &IntervalRun) -> impl Iterator<Item = Interval<'_>> {
    let length = i64::from(run.length_seconds);
    let mut spans = run.qualities.iter().peekable();
    let mut end = run.start.as_second();
    run.values.iter().zip(0_u32..).map(move |(digits, position)| {
        while spans.next_if(|span| span.to <= position).is_some() {}
        let span = spans.peek().filter(|span| span.from <= position);
        let start = end;
        end = start.saturating_add(length);
        Interval {
            start,
            end,
            value: (*digits != IntervalRun::MISSING).then_some(Decimal::new(*digits, run.exponent)),
            quality: span.map_or(&UNSAID, |span| &span.quality),
        }
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::reading::QualitySpan;

    use super::*;

    #[test]
    fn every_value_has_its_place_and_quality() {
        let span = |from, to, flag: &str| QualitySpan {
            from,
            to,
            quality: Quality { flag: flag.into(), ..Quality::default() },
        };
        let run = IntervalRun {
            start: Timestamp::UNIX_EPOCH,
            length_seconds: 900,
            values: vec![5, IntervalRun::MISSING, 7, 8],
            exponent: -1,
            qualities: vec![span(0, 1, "A"), span(1, 2, "N"), span(3, 4, "E")],
        };
        let told: Vec<String> = intervals(&run)
            .map(|interval| {
                let value = interval.value.map_or("_".to_owned(), |value| value.to_string());
                format!("{}-{} {value} {}", interval.start, interval.end, interval.quality.flag)
            })
            .collect();
        assert_eq!(told, ["0-900 0.5 A", "900-1800 _ N", "1800-2700 0.7 ", "2700-3600 0.8 E"]);
    }
}
