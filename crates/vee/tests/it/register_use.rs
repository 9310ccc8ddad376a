//! What was used since the read before, whether that one passed or not (V52, V59).

use vee::register::RegisterPlan;

use crate::register_series::check_with;

#[track_caller]
fn check(plan: &str, case: &str, reads: &str, expected: &str) {
    let plan: RegisterPlan = toml::from_str(plan).expect("a register part");
    check_with(&plan.check("register", 1).expect("a right one"), case, reads, expected);
}

/// Between 12 and 48 kWh a day.
const LIMITS: &str = "[[validate]]
rule = \"V52\"
on_failure = \"review\"
settings = { lowest = \"0.5 kWh/h\", highest = \"2 kWh/h\" }
[[validate]]
rule = \"V55\"
on_failure = \"review\"
";

#[test]
fn use_is_counted_from_the_read_before() {
    check(LIMITS, "2 kWh three times, then 24", "124 126 128 130 154", "124 126!V52 128!V52 130!V52 154");
    check(LIMITS, "49 kWh, then 11 twice", "148 197 208 219", "148 197!V52 208!V52 219!V52");
    // From 520 to 550 are 30 kWh in two days; 3 is no read that anything was used since.
    check(LIMITS, "one read that fell", "500 520 3 550", "500 520 3!V55 550");
    check(LIMITS, "one that is far too high", "500 520 9000 550", "500 520 9000!V52,V55 550");
}

#[test]
fn a_gap_is_told_of_the_read_that_ends_it() {
    let gap = "[[validate]]\nrule = \"V59\"\non_failure = \"review\"\nsettings = { days = \"3 days\" }";
    check(gap, "four days", "1 2 . . . 6 7 8", "1 2 6!V59 7 8");
    check(gap, "three days", "1 2 . . 5 6", "1 2 5 6");
    let estimated = gap.replace("review", "estimate");
    check(&estimated, "and its value is not taken", "1 2 . . . 6 7 8", "1 2 _!V59 7 8");
}
