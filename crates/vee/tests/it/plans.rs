//! Plans: the shipped one, and what is found in bad ones.

use model::finding::Severity;
use vee::Plan;

use crate::notation::repository;

#[test]
fn the_shipped_plan_is_the_standard_plan() {
    let path = repository().join("config/plans/default.toml");
    let text = std::fs::read_to_string(path).expect("the shipped plan");
    let plan: Plan = toml::from_str(&text).expect("TOML");
    assert_eq!(plan, Plan::standard());
    assert_eq!(plan.check().expect("a right plan").notes(), []);
}

#[test]
fn plans_are_the_same_in_toml_and_json() {
    let plan = Plan::standard();
    let json = serde_json::to_string(&plan).expect("JSON");
    assert_eq!(serde_json::from_str::<Plan>(&json).expect("JSON"), plan);
    assert_eq!(toml::from_str::<Plan>(&toml::to_string(&plan).expect("TOML")).expect("TOML"), plan);
}

#[test]
fn findings_name_the_place_and_what_is_expected() {
    let rule = |line: &str| format!("[[validate]]\nrule = \"V31\"\non_failure = \"review\"\n{line}");
    let method = |id: &str| format!("[[estimate]]\nmethod = \"{id}\"\n");
    check("unknown rule", &rule("").replace("V31", "V99"), "validate[0].rule", "there is no rule `V99`; built are V");
    check(
        "an envelope check",
        &rule("").replace("V31", "V01"),
        "validate[0].rule",
        "V01 is a check of what is taken in, made before any plan: leave it out; here are V",
    );
    check("unknown method", &method("E99"), "estimate[0].method", "there is no method `E99`; built are E");
    check("twice", &(rule("") + &rule("")), "validate[1]", "`V31` is listed twice; keep one entry");
    check(
        "unit of another limit",
        &rule("settings.floor = \"2 h\""),
        "validate[0].settings.floor",
        "V31: found `2 h`, expected a quantity for each hour such as `0.5 kWh/h`",
    );
    check(
        "no unit",
        &rule("settings.excess = \"1.8\""),
        "validate[0].settings.excess",
        "V31: found `1.8`, expected a share such as `180 %`",
    );
    check(
        "unknown setting",
        &rule("settings.limit = \"180 %\""),
        "validate[0].settings.limit",
        "V31: there is no setting `limit`; known settings are: excess, floor",
    );
    check(
        "no rule about many days",
        "[[process]]\nrule = \"V50\"\n",
        "process[0].rule",
        "V50 is a rule of intervals: it belongs under [[validate]]; here are V70",
    );
    check(
        "a limit of one without unit",
        "[[process]]\nrule = \"V70\"\nsettings.allowed_days = \"30\"\n",
        "process[0].settings.allowed_days",
        "V70: found `30`, expected ",
    );
    check(
        "no rule for register reads",
        "[[register.validate]]\nrule = \"V30\"\non_failure = \"warn\"\n",
        "register.validate[0].rule",
        "V30 is a rule of intervals: it belongs under [[validate]]; here are V51",
    );
    check(
        "a total cannot be estimated",
        &rule("").replace("V31", "V50").replace("review", "estimate"),
        "validate[0].on_failure",
        "V50 compares totals, which no estimate can mend; write `warn` or `review`",
    );
    check(
        "nothing is estimated at the end",
        &rule("").replace("V31", "V28").replace("review", "estimate"),
        "validate[0].on_failure",
        "V28 looks at what estimation left, after which none is tried; write `warn` or `review`",
    );
}

#[track_caller]
fn check(case: &str, entries: &str, field: &str, message: &str) {
    let text = format!("name = \"test\"\nversion = 1\nscaling = \"none\"\n{entries}");
    let plan: Plan = toml::from_str(&text).expect(case);
    let findings = plan.check().expect_err(case);
    let found = (findings[0].field.as_str(), findings[0].message.as_str());
    assert!(found.0 == field && found.1.starts_with(message), "{case}: {found:?}");
}

#[test]
fn a_short_gap_method_behind_a_long_gap_method_is_a_warning() {
    let mut plan = Plan::standard();
    plan.estimate.reverse();
    let checked = plan.check().expect("allowed");
    assert_eq!(checked.notes().len(), 1);
    assert_eq!(checked.notes()[0].severity, Severity::Warning);
    assert_eq!(checked.notes()[0].field, "estimate[1]");
}

#[test]
fn unknown_fields_and_words_are_refused_on_reading() {
    for text in [
        "name = \"x\"\nversion = 1\nscaling = \"none\"\ncolour = 1",
        "name = \"x\"\nversion = 1\nscaling = \"perhaps\"",
        "name = \"x\"\nversion = -1\nscaling = \"none\"",
        "name = \"x\"\nversion = 1\nscaling = \"none\"\n[[validate]]\nrule = \"V30\"\non_failure = \"ignore\"",
        "name = \"x\"\nversion = 1\nscaling = \"none\"\n[[estimate]]\nmethod = \"E04\"\nsettings.gap_longest = 2",
    ] {
        assert!(toml::from_str::<Plan>(text).is_err(), "{text}");
    }
}
