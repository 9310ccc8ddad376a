//! Formulas of the book of plans: every plan uses them, and one edit changes all of them.

use vee::plan::book::{CheckedPlanBook, PlanBook};
use vee::{Plan, run};

use crate::notation::{Series, checked, context, stamp};

/// Two plans of different sets whose rules use one formula of the book; the second does so through another.
const BOOK: &str = r#"
[[validation_set]]
name = "homes"
version = 1
user_rule = [{ rule = "U-HOME", named_formula_id = "high", true_result_triggers = "WARN" }]

[[validation_set]]
name = "shops"
version = 1
user_rule = [{ rule = "U-SHOP", named_formula_id = "half high", true_result_triggers = "WARN" }]

[[estimation_set]]
name = "nothing"
version = 1
scaling = "none"

[[plan]]
name = "homes"
version = 1
validation = { set = "homes", version = 1 }
estimation = { set = "nothing", version = 1 }

[[plan]]
name = "shops"
version = 1
validation = { set = "shops", version = 1 }
estimation = { set = "nothing", version = 1 }
"#;

fn formula(name: &str, version: u32, text: &str) -> String {
    format!("\n[[formula]]\nname = \"{name}\"\nversion = {version}\ntext = \"{text}\"\n")
}

fn book(formulas: &[String]) -> PlanBook {
    let text = format!("{BOOK}{}", formulas.concat());
    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn high(version: u32, limit: u32) -> String {
    formula("high", version, &format!("$input > {limit}"))
}

fn half_high() -> String {
    formula("half high", 1, "@formula(high) OR $input > 30")
}

/// How many values of 5, 20, 5 and 40 a plan of a book finds.
fn found(book: &CheckedPlanBook, plan: &str) -> u32 {
    let plan: &Plan = book.plan(plan, 1).expect("in the book");
    let series = Series::read("5v 20v 5v 40v", 0);
    let day = series.ordinary_day(3600);
    let outcome = run(&day, &context(0), &checked(plan.clone()), stamp());
    outcome.results.iter().map(|result| u32::from(result.slots_failed)).sum()
}

// covers: AMT-FRM-06
#[test]
fn one_edit_changes_every_plan_that_uses_the_formula() {
    let before = book(&[high(1, 10), half_high()]).check().expect("a right book");
    assert_eq!((found(&before, "homes"), found(&before, "shops")), (2, 2), "20 and 40 are above 10");
    // The order in which versions stand does not matter; 25 is the newest limit, and both rules find the 40 alone.
    let after = book(&[high(2, 25), high(1, 10), half_high()]).check().expect("a right book");
    assert_eq!((found(&after, "homes"), found(&after, "shops")), (1, 1));
}

#[test]
fn a_plan_is_written_with_the_formulas_it_uses() {
    let unused = formula("other", 1, "$input");
    let book = book(&[high(1, 10), half_high(), unused]).check().expect("a right book");
    let names = |plan: &str| -> Vec<String> {
        let plan = book.plan(plan, 1).expect("in the book");
        plan.formula.iter().map(|formula| formula.name.to_string()).collect()
    };
    assert_eq!(names("homes"), ["high"]);
    assert_eq!(names("shops"), ["half high", "high"]);
}

/// The findings of a book, each as `place: code`.
#[track_caller]
fn check_findings(book: &PlanBook, expected: &[&str]) {
    let findings = book.check().expect_err("something is wrong");
    let told: Vec<String> = findings.iter().map(|found| format!("{}: {}", found.field, found.code)).collect();
    assert_eq!(told, expected, "{findings:?}");
}

// covers: AMT-FRM-06
#[test]
fn unknown_and_doubled_formulas_are_named() {
    check_findings(&book(&[high(1, 10)]), &["plan[1].user_rule[0].named_formula_id: plan.unknown_formula"]);
    check_findings(&book(&[high(1, 10), half_high(), half_high()]), &["formula[2]: book.repeated"]);
    let wrong = formula("half high", 1, "@formula(higher)");
    check_findings(
        &book(&[high(1, 10), wrong]),
        &[
            "formula[1].text: plan.formula",
            "plan[1].formula[0].text: plan.formula",
            "plan[1].user_rule[0].named_formula_id: plan.unknown_formula",
        ],
    );
    let mut own = book(&[high(1, 10), half_high()]);
    let of_set = toml::from_str("name = \"high\"\ntext = \"$input > 1\"").expect("TOML");
    own.validation_set[0].formula.push(of_set);
    check_findings(&own, &["validation_set[0].formula[0].name: book.formula_twice"]);
    let none = book(&[high(0, 10), half_high()]);
    check_findings(&none, &["formula[0].version: book.version"]);
}
