//! Formulas of plans: read or refused, and what is understood is read again as the same. As that has a pair of parentheses for
//! each operation, it may be nested deeper than what people may write; nothing else is wrong with it then.
#![no_main]

use vee::formula::Formula;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(formula) = Formula::parse(text) {
        let understood = formula.understood();
        let again = Formula::parse(&understood).map(|formula| formula.understood());
        if again.as_ref().is_err_and(|error| error.found == "a deeper nesting") {
            return;
        }
        assert_eq!(again.as_ref(), Ok(&understood), "{text}");
    }
});
