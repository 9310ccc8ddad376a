//! The book of plans: which version holds where, and what is found in a bad book.

use jiff::civil::Date;
use model::master::CustomerKind;
use vee::plan::book::{Belonging, CheckedPlanBook, NoPlan, PlanBook, Scope};

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
        attach("industry", 1, "to = { customer-class = \"commercial-industrial\" }"),
        attach("solar", 1, "to = { programme = \"solar\" }"),
        attach("usual", 2, "to = { programme = \"saver\" }"),
        attach("own", 1, "to = { usage-point = \"UP-7\" }\nfrom = \"2026-02-01\"\nuntil = \"2026-02-02\""),
    ];
    read(&parts).check().unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// A usage point in a class and in programmes, each with the dates it is in them.
fn belongs(usage_point: &str, class: CustomerKind, programmes: &[(&str, &str)]) -> Vec<Belonging> {
    let always = |place| Belonging { place, from: None, until: None };
    let dated = |(programme, dates): &(&str, &str)| {
        let (from, until) = dates.split_once("..").expect("dates");
        Belonging { place: Scope::Programme((*programme).into()), from: from.parse().ok(), until: until.parse().ok() }
    };
    let own = [always(Scope::UsagePoint(usage_point.into())), always(Scope::CustomerClass(class))];
    own.into_iter().chain(programmes.iter().map(dated)).collect()
}

#[test]
fn the_most_specific_place_wins_and_dates_are_half_open() {
    use CustomerKind::{CommercialIndustrial, Residential};
    let check = |usage_point: &str, class, programmes: &[(&str, &str)], expected: &[(&str, &str, u32)]| {
        let book = book();
        let plans = book.of_usage_point(usage_point, &belongs(usage_point, class, programmes));
        for (date, plan, version) in expected {
            let found = plans.on(date.parse::<Date>().expect("date")).expect("a plan");
            assert_eq!((found.name().as_str(), found.version()), (*plan, *version), "{usage_point} {date}");
        }
    };
    check("UP-1", Residential, &[], &[("2026-02-28", "usual", 1), ("2026-03-01", "usual", 2)]);
    check("UP-2", CommercialIndustrial, &[], &[("2026-02-01", "industry", 1)]);
    check("UP-3", CommercialIndustrial, &[("solar", "..")], &[("2026-02-01", "solar", 1)]);
    let own = [("2026-01-31", "solar", 1), ("2026-02-01", "own", 1), ("2026-02-02", "solar", 1)];
    check("UP-7", CommercialIndustrial, &[("solar", "..")], &own);
    let joined = [("2026-01-09", "usual", 1), ("2026-01-10", "solar", 1), ("2026-01-20", "usual", 1)];
    check("UP-9", Residential, &[("solar", "2026-01-10..2026-01-20")], &joined);
}

#[test]
fn several_programmes_or_none_are_told() {
    let date: Date = "2026-02-01".parse().expect("date");
    let both = belongs("UP-3", CustomerKind::Residential, &[("solar", ".."), ("saver", "2026-02-01..")]);
    let book = book();
    let plans = book.of_usage_point("UP-3", &both);
    assert_eq!(
        plans.on(date).expect_err("ambiguous").to_string(),
        "usage point UP-3 has several plans on 2026-02-01: solar 1, usual 2; attach one to the usage point itself"
    );
    assert_eq!(plans.on(date.yesterday().expect("date")).expect("one programme").name(), "solar");
    let empty = read(&[]).check().expect("an empty book");
    assert!(matches!(empty.of_usage_point("UP-3", &both).on(date), Err(NoPlan::Nothing { .. })));
}

#[test]
fn places_are_read_as_they_are_written() {
    for text in ["everywhere", "customer-class:pumping-load", "programme:solar", "usage-point:UP-7"] {
        assert_eq!(text.parse::<Scope>().map(|scope| scope.to_string()).as_deref(), Ok(text));
    }
    let refused = |text: &str| text.parse::<Scope>().expect_err("refused").to_string();
    assert!(refused("programme:").starts_with("expected `everywhere`, `customer-class:NAME`"));
    assert!(refused("customer-class:C&I").contains("expected one of residential, commercial-industrial"));
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
