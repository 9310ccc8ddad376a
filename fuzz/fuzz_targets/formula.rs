//! Formulas of plans: read or refused, and what is understood is read again as the same.
#![no_main]

use vee::formula::Formula;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(formula) = Formula::parse(text) {
        let understood = formula.understood();
        let again = Formula::parse(&understood).map(|formula| formula.understood());
        assert_eq!(again.as_ref(), Ok(&understood), "{text}");
    }
});
