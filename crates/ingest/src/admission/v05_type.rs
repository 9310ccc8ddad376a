//! V05 point type: intervals come for a channel of intervals, register reads for one of register reads.
//!
//! Source: DH3 D18, D37. A channel has one reading type as long as it is registered, so the type is the same in all versions; another
//! one is another channel. The types that channels may be of are a list of the settings, any where it is empty. The source also asks
//! whether a point is physical or virtual: what is registered and sends readings is physical here, for virtual meters are definitions
//! of determinants that nobody sends readings of.

use model::finding::Severity;
use model::reading::Values;

use super::Report;

impl Report<'_> {
    pub(super) fn kind(&mut self) {
        let (allowed, reading_type) = (&self.limits.reading_types, self.target.channel.reading_type);
        if !allowed.is_empty() && !allowed.contains(&reading_type) {
            let message =
                format!("channels of type {reading_type} are not allowed here (`reading_types` of the settings)");
            return self.tell(Severity::Error, "reading type", "V05", message);
        }
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
