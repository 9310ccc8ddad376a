//! V14 meter identification: the meter that a message names is the registered one.
//!
//! Source: California, IESO "changed device id".

use model::finding::Severity;

use super::Report;

impl Report<'_> {
    pub(super) fn meter(&mut self) {
        if let (Some(registered), Some(named)) = (self.target.meter, &self.readings.channel.meter)
            && registered != named.value
        {
            let message = format!(
                "the message names meter `{}`, the registry has `{registered}` at this usage point; \
                 enter the meter exchange or correct the source",
                named.value
            );
            self.tell(Severity::Error, "meter", "V14", message);
        }
    }
}
