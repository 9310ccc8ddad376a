//! What a feed holds, as compact as it can wait.

use model::finding::Finding;
use model::reading_type::ReadingType;
use smol_str::SmolStr;

/// The links and the age of an entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// `rel="self"`, normalised.
    pub(super) itself: SmolStr,
    /// `rel="up"`, normalised.
    pub(super) up: SmolStr,
    /// `rel="related"`, normalised.
    pub(super) related: Vec<SmolStr>,
    /// Atom id.
    pub(super) id: SmolStr,
    /// Atom `updated` in seconds of the epoch.
    pub(super) updated: Option<i64>,
    /// One-based line of the entry.
    pub(super) line: u64,
}

/// The type of the values of a meter reading.
#[derive(Clone, Debug, Default)]
pub(super) struct EspiReadingType {
    pub(super) reading_type: ReadingType,
    /// `intervalLength` in seconds.
    pub(super) interval_length: Option<u32>,
    /// Number of the quality of values that state none.
    pub(super) default_quality: u32,
}

/// Readings of one period.
#[derive(Clone, Debug, Default)]
pub(super) struct IntervalBlock {
    /// Number of its entry.
    pub(super) entry: usize,
    /// Start of the block, where it states one.
    pub(super) start: Option<i64>,
    pub(super) readings: Vec<IntervalReading>,
    /// What is wrong with those of its readings that could not be read, in their order.
    pub(super) unread: Vec<Unread>,
    /// One-based line of the block.
    pub(super) line: u64,
}

/// Why a reading could not be read.
#[derive(Clone, Debug)]
pub(super) struct Unread {
    pub(super) finding: Finding,
    /// Whether its time is known all the same.
    pub(super) has_time: bool,
}

/// One reading: 32 bytes, since a feed may hold millions.
#[derive(Clone, Copy, Debug)]
pub(super) struct IntervalReading {
    start: i64,
    value: i64,
    duration: u32,
    /// Number of its quality.
    pub(super) quality: u32,
    line: u32,
}

impl IntervalReading {
    const NONE: i64 = i64::MIN;
    /// Stands for the quality of a reading that could not be read.
    const UNREAD: u32 = u32::MAX;

    pub(super) fn new(start: Option<i64>, duration: Option<u32>, value: Option<i64>, quality: u32, line: u64) -> Self {
        Self {
            start: start.unwrap_or(Self::NONE),
            value: value.unwrap_or(Self::NONE),
            duration: duration.unwrap_or(u32::MAX),
            quality,
            line: u32::try_from(line).unwrap_or(u32::MAX),
        }
    }

    /// The place in its block of a reading that could not be read.
    pub(super) fn unread(start: Option<i64>, duration: Option<u32>, line: u64) -> Self {
        Self::new(start, duration, None, Self::UNREAD, line)
    }

    /// Whether it only holds the place of the next one of [`IntervalBlock::unread`].
    pub(super) fn is_unread(self) -> bool {
        self.quality == Self::UNREAD
    }

    /// Seconds of the epoch; `None` where the reading goes by its place in the block.
    pub(super) fn start(self) -> Option<i64> {
        (self.start != Self::NONE).then_some(self.start)
    }

    /// Seconds; `None` where the reading type decides.
    pub(super) fn duration(self) -> Option<u32> {
        (self.duration != u32::MAX).then_some(self.duration)
    }

    /// The integer of the feed; `None` where it gives none.
    pub(super) fn value(self) -> Option<i64> {
        (self.value != Self::NONE).then_some(self.value)
    }

    /// One-based line of the reading.
    pub(super) fn line(self) -> u64 {
        u64::from(self.line)
    }
}

/// All entries of a feed that matter for readings.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    pub(super) entries: Vec<Entry>,
    /// Numbers of the entries with a UsagePoint.
    pub(super) usage_points: Vec<usize>,
    /// Numbers of the entries with a MeterReading.
    pub(super) meter_readings: Vec<usize>,
    /// Numbers of the entries with a ReadingType, and what it says.
    pub(super) reading_types: Vec<(usize, EspiReadingType)>,
    pub(super) blocks: Vec<IntervalBlock>,
}

/// An href without scheme, host, leading and trailing `/`, so that absolute and relative forms meet.
pub(super) fn normalized_href(href: &str) -> SmolStr {
    let href = href.trim();
    let path = match href.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => href,
    };
    path.trim_matches('/').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hrefs_meet_in_one_form() {
        for href in ["https://host/espi/UsagePoint/1", "/espi/UsagePoint/1", " espi/UsagePoint/1/ "] {
            assert_eq!(normalized_href(href), "espi/UsagePoint/1");
        }
        assert_eq!(normalized_href("https://host"), "");
    }

    #[test]
    fn a_reading_keeps_what_is_not_said() {
        let reading = IntervalReading::new(None, None, None, 0, 7);
        assert_eq!((reading.start(), reading.duration(), reading.value(), reading.line()), (None, None, None, 7));
        assert_eq!(size_of::<IntervalReading>(), 32);
    }
}
