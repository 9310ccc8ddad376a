//! Values that people decided: shared by E18 (parties agreed) and E22 (a person wrote them).

use super::{Estimator, Gap, Proposal};
use crate::context::{AgreedValue, Origin};
use crate::inputs_hash::InputsHash;
use crate::view::View;

/// The values of an origin for slots of the gap; none for a slot about which two of them differ.
pub(super) fn decided(view: &View<'_>, gap: Gap, method: &'static Estimator, origin: Origin) -> Proposal {
    let of_origin = |slot: u16| {
        let all = view.context.sources.agreed.iter();
        let mut found: Vec<&AgreedValue<'_>> =
            all.filter(|value| value.origin == origin && value.slot == slot).collect();
        found.sort_unstable_by_key(|value| (value.value, value.by, value.reason));
        found
    };
    let mut estimates = Vec::new();
    let mut said: Vec<String> = Vec::new();
    let mut disputed = 0;
    for slot in gap.from..gap.to {
        let found = of_origin(slot);
        let Some(first) = found.first() else { continue };
        if found.iter().any(|other| other.value != first.value) {
            disputed += 1;
            continue;
        }
        let hash = InputsHash::of(method.id).number(slot.into()).number(first.value).text(first.by).text(first.reason);
        estimates.push(method.value(slot, first.value, hash.finish()));
        said.push(format!("by {}: {}", first.by, first.reason));
    }
    if estimates.is_empty() {
        let words = if disputed == 0 { "no value is given" } else { "the values given for a slot differ" };
        return Proposal::not_eligible(words);
    }
    said.sort_unstable();
    said.dedup();
    let rest =
        if disputed == 0 { String::new() } else { format!("; {disputed} slots with values that differ left open") };
    Proposal { estimates, words: format!("{}{rest}", said.join("; ")) }
}
