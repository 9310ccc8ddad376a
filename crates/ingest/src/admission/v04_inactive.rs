//! V04 inactive measurement: readings of a usage point that is disconnected, or not in service.
//!
//! Source: Oracle, California. Told, or refused where the settings say so. What is closed or not installed is refused by V03. Whether
//! somebody has an agreement there is not asked: the state says whether the usage point is in service.

use model::finding::Severity;
use model::master::ConnectionState;

use super::{Report, span};

impl Report<'_> {
    pub(super) fn inactive(&mut self) {
        let (Some(history), Some((first, last))) = (self.target.states, span(self.readings)) else { return };
        let states = history.between(first, last);
        if let Some(inactive) = states.iter().find(|dated| dated.value != ConnectionState::Connected) {
            let message =
                format!("the usage point is {} from {}; check the switch or its dates", inactive.value, inactive.from);
            let severity = if self.limits.refuse_inactive { Severity::Error } else { Severity::Warning };
            self.tell(severity, "usage point", "V04", message);
        }
    }
}
