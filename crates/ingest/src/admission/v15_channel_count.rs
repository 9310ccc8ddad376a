//! Channels of a usage point that a message left out (V13, V15).

use model::finding::{Finding, Severity};
use smol_str::SmolStr;

/// V13, V15: channels registered at a usage point that a message about it did not bring.
///
/// `received` and `registered` are channel labels of one usage point and interval length.
pub fn missing_siblings(usage_point: &str, received: &[SmolStr], registered: &[SmolStr]) -> Option<Finding> {
    let missing: Vec<_> = registered.iter().filter(|label| !received.contains(label)).map(SmolStr::as_str).collect();
    let message = format!(
        "usage point `{usage_point}` has {} channels, {} arrived; without {}",
        registered.len(),
        received.len(),
        missing.join(", ")
    );
    let rule = if received.len() == registered.len() { "V13" } else { "V15" };
    (!missing.is_empty()).then(|| Finding::new(0, "channels", rule, message).with_severity(Severity::Note))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_that_did_not_arrive_are_named() {
        let labels = |labels: &[&str]| labels.iter().map(SmolStr::new).collect::<Vec<_>>();
        let registered = labels(&["N1/E1", "N1/B1"]);
        assert_eq!(missing_siblings("N1", &registered, &registered), None);
        let finding = missing_siblings("N1", &labels(&["N1/E1"]), &registered).expect("one is missing");
        assert_eq!((finding.code.as_str(), finding.severity), ("V15", Severity::Note));
        assert!(finding.message.contains("N1/B1"));
    }
}
