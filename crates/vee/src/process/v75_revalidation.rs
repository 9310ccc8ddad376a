//! V75 re-validate estimates: the validation set runs again on what methods made, told as secondary validation.
//!
//! Sources: California 3.6, IEE. A switch of the plan (`validate_estimates`). Estimates that pass are validated; the others wait for a
//! person, since a second estimate would be no better.

/// Whether a rule judges a value again that a method made (empty: measured). It does not judge what it had shared anew itself.
pub(crate) fn judges_again(rule: &str, method: &str) -> bool {
    !method.is_empty() && method != rule
}
