//! Plans and books of plans in TOML and JSON: checked or refused with findings.
#![no_main]

use vee::Plan;
use vee::plan::book::PlanBook;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let plans = [toml::from_str::<Plan>(text).ok(), serde_json::from_str(text).ok()];
    for plan in plans.into_iter().flatten() {
        // Whether it is right is not the question here.
        let _ = plan.check();
    }
    if let Ok(book) = toml::from_str::<PlanBook>(text) {
        let _ = book.check();
    }
});
