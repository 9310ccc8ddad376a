//! V05 point type: intervals come for a channel of intervals, register reads for one of register reads.
//!
//! Source: DH3 D18, D37. A channel has one reading type as long as it is registered, so the type is the same in all versions; another
//! one is another channel. What the source also asks is not built: no list says which types a point may have, and no subtype says
//! whether it is physical or virtual.

use model::finding::Severity;
use model::reading::Values;

use super::Report;

impl Report<'_> {
    pub(super) fn kind(&mut self) {
        let message = match (&self.readings.values, self.target.channel.interval_seconds) {
            // What has no interval is told as such (V09).
            (Values::Intervals(run), None) if !run.values.is_empty() && run.length_seconds != 0 => {
                "intervals, but the channel is registered for register reads"
            }
            (Values::Registers(_), Some(_)) => "register reads, but the channel is registered for intervals",
            _ => return,
        };
        self.tell(Severity::Error, "reading type", "V05", message.to_owned());
    }
}
