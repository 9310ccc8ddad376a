//! V03 connection state: no version of the usage point in the period is closed or not installed.
//!
//! Source: DH3 D16. While no state is known the usage point counts as connected.

use model::finding::Severity;
use model::master::ConnectionState;

use super::{Report, span};

impl Report<'_> {
    pub(super) fn connection_state(&mut self) {
        let (Some(history), Some((first, last))) = (self.target.states, span(self.readings)) else { return };
        if let Some(closed) = history.between(first, last).iter().find(|dated| dated.value == ConnectionState::Closed) {
            let until = closed.to.map(|to| format!(" until {to}")).unwrap_or_default();
            let message = format!(
                "the usage point is closed or not installed from {}{until}; correct its dates or the message",
                closed.from
            );
            self.tell(Severity::Error, "usage point", "V03", message);
        }
    }
}
