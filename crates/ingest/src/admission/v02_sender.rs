//! V02 sender owns the point: the source that sends readings is the one their usage point belongs to at their time.
//!
//! Source: DH3 D50. Where no owner is set any source may send.

use jiff::{SignedDuration, Timestamp};
use model::finding::Severity;
use model::id::UsagePointId;
use model::reading::{ChannelReadings, IntervalRun, Values};
use store::registry::directory::Directory;

use super::Report;

impl Report<'_> {
    pub(super) fn sender(&mut self, source: &str) {
        if let Some(owner) = self.target.owner
            && owner != source
        {
            let message = format!("`{source}` sent it, but the usage point belongs to source `{owner}`");
            self.tell(Severity::Error, "source", "V02", message);
        }
    }
}

/// The owner of a usage point at the time of readings. Where it moved meanwhile, that is the first one who did not send them,
/// so that what a head-end sends of the time before or after a move belongs to it, and nothing beyond.
pub fn owner<'d>(
    directory: &'d Directory,
    usage_point: UsagePointId,
    readings: &ChannelReadings,
    source: &str,
) -> Option<&'d str> {
    if directory.moves(usage_point).is_empty() {
        return directory.owner_at(usage_point, Timestamp::UNIX_EPOCH);
    }
    let owner = |at: Timestamp| directory.owner_at(usage_point, at);
    let is_stranger = |owner: &&str| *owner != source;
    match &readings.values {
        Values::Intervals(run) => starts(run).filter_map(owner).find(is_stranger),
        // What a register shows at the instant of a move closes the time before it and opens the time after it.
        Values::Registers(reads) => {
            let just_before = |at: Timestamp| at.checked_sub(SignedDuration::from_secs(1)).unwrap_or(at);
            let strangers = reads.iter().filter_map(|read| owner(read.at).filter(is_stranger).map(|one| (read, one)));
            strangers
                .filter(|(read, _)| owner(just_before(read.at)).as_ref().is_some_and(is_stranger))
                .map(|(_, one)| one)
                .next()
        }
    }
}

/// The begins of the intervals that have a value.
fn starts(run: &IntervalRun) -> impl Iterator<Item = Timestamp> {
    let start = |(number, value): (i64, &i64)| {
        let second = run.start.as_second() + number * i64::from(run.length_seconds);
        (*value != IntervalRun::MISSING).then(|| Timestamp::from_second(second).ok()).flatten()
    };
    (0..).zip(&run.values).filter_map(start)
}
