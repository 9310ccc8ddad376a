//! V06 unit: the unit of the message is of the quantity that is registered.
//!
//! Source: DH3 E73, Oracle UOM check.

use model::finding::Severity;

use super::Report;
use super::scale::unit_shift;

impl Report<'_> {
    pub(super) fn unit(&mut self) {
        let channel = self.target.channel;
        if unit_shift(&self.readings.unit, &channel.unit).is_none() {
            let message = format!("unit `{}`, the channel is registered in `{}`", self.readings.unit, channel.unit);
            self.tell(Severity::Error, "unit", "V06", message);
        }
    }
}
