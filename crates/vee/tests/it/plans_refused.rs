//! Plans that cannot be used: what an id is that stands in the wrong part, and what a plan must say of itself.

use vee::Plan;

fn only(text: &str) -> (String, String) {
    let plan: Plan = toml::from_str(text).expect(text);
    let findings = plan.check().expect_err(text);
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    (finding.field.to_string(), finding.message.clone())
}

#[test]
fn an_id_of_another_part_is_told_where_it_belongs() {
    for (part, id, expected) in [
        ("validate", "V55", "V55 is a rule of registers: it belongs under [[register.validate]]; here are V20, "),
        ("validate", "V06", "V06 is a check of what is taken in, made before any plan: leave it out"),
        ("validate", "V73", "V73 is a check of billing determinants: it belongs into their definition"),
        ("validate", "V72", "V72 is a rule about many days: it belongs under [[process]]"),
        ("validate", "V75", "V75 is a switch of the plan: write `validate_estimates = true`"),
        ("validate", "V61", "V61 is no rule of a plan: leave it out"),
        ("validate", "R01", "R01 is a method for registers: it belongs under [[register.estimate]]"),
        ("validate", "E04", "E04 is a method for intervals: it belongs under [[estimate]]"),
        ("validate", "U-OWN", "U-OWN is a rule that is a formula: it belongs under [[user_rule]]"),
        ("register.validate", "V31", "V31 is a rule of intervals: it belongs under [[validate]]; here are V51, "),
        ("validate", "V99", "there is no rule `V99`; built are V20, "),
    ] {
        let entry = format!("[[{part}]]\nrule = \"{id}\"\non_failure = \"review\"\n");
        let (field, message) = only(&format!("name = \"x\"\nversion = 1\nscaling = \"none\"\n{entry}"));
        assert_eq!(field, format!("{part}[0].rule"));
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn a_plan_has_a_name_and_a_version() {
    let text = |name: &str, version: u32| format!("name = \"{name}\"\nversion = {version}\nscaling = \"none\"");
    for name in ["", " "] {
        let (field, message) = only(&text(name, 1));
        assert!(field == "name" && message.starts_with("found an empty name, expected"), "{message}");
    }
    let (field, message) = only(&text("x", 0));
    assert!(field == "version" && message.starts_with("found version 0, expected a number from 1 on"), "{message}");
}
