//! The book of plans: which version holds where, and what is found in a bad book.

use jiff::civil::Date;
use vee::plan::book::{CheckedPlanBook, NoPlan, PlanBook, UsagePointTraits};

const SETS: &str = r#"
[[validation_set]]
name = "usual"
version = 1
validate = [{ rule = "V30", on_failure = "estimate" }]

[[validation_set]]
name = "usual"
version = 2
validate_estimates = true
validate = [{ rule = "V30", on_failure = "estimate", severity = "high", route_to_queue = true }]

[[estimation_set]]
name = "short gaps"
version = 1
scaling = "none"
estimate = [{ method = "E04" }]
"#;

fn plan(name: &str, version: u32, rules: u32) -> String {
    format!(
        "[[plan]]\nname = \"{name}\"\nversion = {version}\nvalidation = {{ set = \"usual\", version = {rules} }}\n\
         estimation = {{ set = \"short gaps\", version = 1 }}\n"
    )
}

fn attach(plan: &str, version: u32, rest: &str) -> String {
    format!("[[attach]]\nplan = \"{plan}\"\nversion = {version}\n{rest}\n")
}

fn read(parts: &[String]) -> PlanBook {
    let text = format!("{SETS}{}", parts.concat());
    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn book() -> CheckedPlanBook {
    let parts = [
        plan("usual", 1, 1),
        plan("usual", 2, 2),
        plan("industry", 1, 1),
        plan("solar", 1, 1),
        plan("own", 1, 1),
        attach("usual", 1, "to = \"everywhere\"\nuntil = \"2026-03-01\""),
        attach("usual", 2, "to = \"everywhere\"\nfrom = \"2026-03-01\""),
        attach("industry", 1, "to = { customer-class = \"C&I\" }"),
        attach("solar", 1, "to = { programme = \"solar\" }"),
        attach("usual", 2, "to = { programme = \"saver\" }"),
        attach("own", 1, "to = { usage-point = \"UP-7\" }\nfrom = \"2026-02-01\"\nuntil = \"2026-02-02\""),
    ];
    read(&parts).check().unwrap_or_else(|findings| panic!("{findings:?}"))
}

#[test]
fn the_most_specific_place_wins_and_dates_are_half_open() {
    let point = |usage_point, customer_class, programmes| UsagePointTraits { usage_point, customer_class, programmes };
    let house = point("UP-1", "residential", &[]);
    let plant = point("UP-2", "C&I", &[]);
    let roof = point("UP-3", "C&I", &["solar"]);
    let own = point("UP-7", "C&I", &["solar"]);
    check(&house, "2026-02-28", "usual", 1);
    check(&house, "2026-03-01", "usual", 2);
    check(&plant, "2026-02-01", "industry", 1);
    check(&roof, "2026-02-01", "solar", 1);
    check(&own, "2026-01-31", "solar", 1);
    check(&own, "2026-02-01", "own", 1);
    check(&own, "2026-02-02", "solar", 1);
}

#[track_caller]
fn check(point: &UsagePointTraits<'_>, date: &str, plan: &str, version: u32) {
    let book = book();
    let found = book.at(point, date.parse::<Date>().expect("date")).expect("a plan");
    assert_eq!((found.attachment.plan.as_str(), found.attachment.version), (plan, version), "{date}");
    assert_eq!(found.plan.notes(), []);
}

#[test]
fn several_programmes_or_none_are_told() {
    let date: Date = "2026-02-01".parse().expect("date");
    let both = UsagePointTraits { usage_point: "UP-3", customer_class: "", programmes: &["solar", "saver"] };
    let several = book().at(&both, date).expect_err("ambiguous");
    assert_eq!(
        several.to_string(),
        "usage point UP-3 has several plans on 2026-02-01: solar 1, usual 2; attach one to the usage point itself"
    );
    let empty = read(&[]).check().expect("an empty book");
    assert!(matches!(empty.at(&both, date), Err(NoPlan::Nothing { .. })));
}

#[test]
fn findings_name_the_place() {
    let one = || [plan("usual", 1, 1)];
    let with = |more: &[String]| one().into_iter().chain(more.iter().cloned()).collect::<Vec<String>>();
    finding(&with(&one()), "plan[1]", "`usual` of version 1 stands twice");
    finding(&[plan("usual", 1, 9)], "plan[0].validation", "there is no set `usual` of version 9");
    finding(
        &with(&[attach("usual", 2, "to = \"everywhere\"")]),
        "attach[0].plan",
        "there is no plan `usual` of version 2",
    );
    let dates = "to = \"everywhere\"\nfrom = \"2026-03-01\"\nuntil = \"2026-03-01\"";
    finding(&with(&[attach("usual", 1, dates)]), "attach[0].until", "found 2026-03-01, expected a date after");
    let twice =
        [attach("usual", 1, "to = \"everywhere\"\nfrom = \"2026-01-01\""), attach("usual", 1, "to = \"everywhere\"")];
    finding(&with(&twice), "attach[1]", "attach[0] holds at the same place at the same time");
    let mut wrong = read(&one());
    wrong.validation_set[0].validate[0].rule = "V99".into();
    let findings = wrong.check().expect_err("unknown rule");
    assert_eq!(findings[0].field, "plan[0].validate[0].rule");
}

#[track_caller]
fn finding(parts: &[String], field: &str, message: &str) {
    let findings = read(parts).check().expect_err("a finding");
    assert_eq!(findings[0].field, field, "{findings:?}");
    assert!(findings[0].message.starts_with(message), "{findings:?}");
}
