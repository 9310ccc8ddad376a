//! Settings of a plan that are right one by one and wrong together, and what of a formula can never be calculated.

use vee::Plan;
use vee::formula::Formula;

/// Where a plan of one entry contradicts itself, and why.
fn found(part: &str, id: &str, settings: &str) -> Vec<(String, String)> {
    let (key, more) = if part.ends_with("estimate") { ("method", "") } else { ("rule", "on_failure = \"review\"\n") };
    let text = format!(
        "name = \"x\"\nversion = 1\nscaling = \"none\"\n[[{part}]]\n{key} = \"{id}\"\n{more}settings = {{ {settings} }}"
    );
    let plan: Plan = toml::from_str(&text).expect(&text);
    let told = plan.check().err().unwrap_or_default();
    told.iter().map(|finding| (finding.field.to_string(), finding.message.clone())).collect()
}

#[test]
fn limits_that_contradict_are_refused() {
    for (part, id, settings, field) in [
        ("validate", "V32", r#"high = "5 kWh/h", low = "9 kWh/h""#, "low"),
        ("validate", "V35", r#"high = "50 %", low = "200 %""#, "low"),
        ("validate", "V39", r#"lowest = "5 kWh", highest = "1 kWh""#, "lowest"),
        ("validate", "V39", r#"lowest = "2 kWh", highest = "1000 Wh""#, "lowest"),
        ("validate", "V43", r#"lowest = "50 %", highest = "10 %""#, "lowest"),
        ("validate", "V45", r#"voltage_lowest = "20000 V2h""#, "voltage_lowest"),
        ("validate", "V47", r#"lowest = "500 %", highest = "10 %""#, "lowest"),
        ("register.validate", "V52", r#"lowest = "60 kWh/h""#, "lowest"),
        ("register.validate", "V54", r#"lowest = "500 %""#, "lowest"),
        ("register.validate", "V58", r#"lowest = "500 %""#, "lowest"),
        ("estimate", "E05", r#"days = "2 days", days_fewest = "5 days""#, "days_fewest"),
        ("estimate", "E08", r#"weeks = "2 weeks", weeks_fewest = "3 weeks""#, "weeks_fewest"),
        ("estimate", "E09", r#"days = "2 days""#, "days_fewest"),
        ("estimate", "E10", r#"days_fewest = "50 days""#, "days_fewest"),
    ] {
        let found = found(part, id, settings);
        assert_eq!(found.len(), 1, "{id}: {found:?}");
        assert_eq!(found[0].0, format!("{part}[0].settings.{field}"));
        assert!(found[0].1.contains(&format!("{field} is above ")), "{}", found[0].1);
    }
    assert!(found("validate", "V42", r#"lowest = "120 %""#)[0].1.ends_with("expected at most 100 %"));
}

#[test]
fn limits_that_meet_are_none() {
    for (id, settings) in [
        ("V32", r#"low = "9 kWh/h""#),
        ("V39", r#"lowest = "0 kWh", highest = "0 kWh""#),
        ("V39", r#"lowest = "1 kWh", highest = "1000 Wh""#),
        ("V35", r#"high = "100 %", low = "100 %""#),
    ] {
        assert_eq!(found("validate", id, settings), [], "{id} {settings}");
    }
}

#[test]
fn a_constant_divisor_of_zero_is_refused() {
    let told = Formula::parse("$input / 0 > 1").expect_err("refused").to_string();
    assert!(told.contains("a divisor other than zero"), "{told}");
    assert!(Formula::parse("$input / 0.5 > 1").is_ok());
}

#[test]
fn a_status_goes_by_the_words_of_people_and_catalogues() {
    for name in ["\"test mode\"", "\"TEST MODE\"", "CALCULATED", "derived"] {
        assert!(Formula::parse(&format!("@status($input, {name})")).is_ok(), "{name}");
    }
    assert!(Formula::parse("@status($input, amt)").is_err(), "names of the guidance are as written there");
}
