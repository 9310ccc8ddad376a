//! What a message says of itself against what the registry says: sender, states, kind, unit, meter.

use model::finding::Severity;
use model::master::ConnectionState;
use model::reading::Values;

use super::scale::unit_shift;
use super::{Report, span};

impl Report<'_> {
    pub(super) fn sender(&mut self, source: &str) {
        if let Some(owner) = self.target.owner
            && owner != source
        {
            let message = format!("`{source}` sent it, but the usage point belongs to source `{owner}`");
            self.tell(Severity::Error, "source", "V02", message);
        }
    }

    pub(super) fn state(&mut self) {
        let (Some(history), Some((first, last))) = (self.target.states, span(self.readings)) else { return };
        let states = history.between(first, last);
        if let Some(closed) = states.iter().find(|dated| dated.value == ConnectionState::Closed) {
            let until = closed.to.map(|to| format!(" until {to}")).unwrap_or_default();
            let message = format!(
                "the usage point is closed or not installed from {}{until}; correct its dates or the message",
                closed.from
            );
            self.tell(Severity::Error, "usage point", "V03", message);
        }
        if let Some(inactive) = states.iter().find(|dated| dated.value != ConnectionState::Connected) {
            let message =
                format!("the usage point is {} from {}; check the switch or its dates", inactive.value, inactive.from);
            let severity = if self.limits.refuse_inactive { Severity::Error } else { Severity::Warning };
            self.tell(severity, "usage point", "V04", message);
        }
    }

    pub(super) fn kind(&mut self) {
        let registered = self.target.channel.interval_seconds;
        match (&self.readings.values, registered) {
            (Values::Intervals(run), Some(length)) if run.length_seconds != length => {
                let message =
                    format!("intervals of {} s, the channel is registered with {length} s", run.length_seconds);
                self.tell(Severity::Error, "interval length", "V07", message);
            }
            (Values::Intervals(run), _) if run.values.is_empty() || run.length_seconds == 0 => {
                self.tell(Severity::Error, "values", "V09", "the run has no interval".to_owned());
            }
            (Values::Intervals(_), None) => {
                let message = "intervals, but the channel is registered for register reads".to_owned();
                self.tell(Severity::Error, "reading type", "V05", message);
            }
            (Values::Registers(_), Some(_)) => {
                let message = "register reads, but the channel is registered for intervals".to_owned();
                self.tell(Severity::Error, "reading type", "V05", message);
            }
            _ => {}
        }
    }

    pub(super) fn unit(&mut self) {
        let channel = self.target.channel;
        if unit_shift(&self.readings.unit, &channel.unit).is_none() {
            let message = format!("unit `{}`, the channel is registered in `{}`", self.readings.unit, channel.unit);
            self.tell(Severity::Error, "unit", "V06", message);
        }
    }

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
