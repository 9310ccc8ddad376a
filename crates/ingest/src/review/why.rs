//! Why an exception waits for a person, or why nobody is asked, in one sentence.
//!
//! There are two queues: every failed rule is recorded, and only what the plan routes, or what no method could mend, is
//! work for a person (decision T-04).

use store::registry::review::{Effect, ExceptionState};

/// Why an open exception waits, or why nobody is asked.
pub(super) const fn why(routed: bool, effect: Effect) -> &'static str {
    match (routed, effect) {
        (true, Effect::Blocked) => {
            "Waits for a person: values failed or are missing and nothing stands in their place."
        }
        (true, Effect::Estimated) => "Waits for a person: estimates stand in, and the plan wants somebody to look.",
        (true, Effect::Questionable) => "Waits for a person: the values stand, and the plan wants somebody to look.",
        (false, Effect::Blocked) => "For information: values failed or are missing, and the plan asks nobody.",
        (false, Effect::Estimated) => "For information: estimates stand in the place of failed or missing values.",
        (false, Effect::Questionable) => "For information: the values stand and are marked questionable.",
    }
}

/// Why one that is open no longer asks nobody.
pub(super) const fn settled(state: ExceptionState) -> &'static str {
    match state {
        ExceptionState::Open => "",
        ExceptionState::Accepted => "Settled: a person accepted the values.",
        ExceptionState::Edited => "Settled: a person wrote other values.",
        ExceptionState::Resolved => "Settled: a later run found that the rule fails no longer.",
    }
}
