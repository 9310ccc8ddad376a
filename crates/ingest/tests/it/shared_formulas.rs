//! Formulas of the book in the registry: what is put next counts for every plan that is there.

use ingest::plans::PlansError;
use ingest::plans::book::{Added, put};
use model::finding::Finding;
use serde_json::{Value, json};
use vee::plan::book::PlanBook;

use crate::review_fixture::{NIGHT, Utility};

/// Two plans of different sets whose rules use one formula of the book, each at a usage point of its own.
fn plans() -> Value {
    let rule = |id: &str, triggers: &str| json!([{ "rule": id, "named_formula_id": "high", "true_result_triggers": triggers, "route_to_queue": triggers == "FAIL" }]);
    let plan = |name: &str| {
        let (validation, estimation) =
            (json!({ "set": name, "version": 1 }), json!({ "set": "nothing", "version": 1 }));
        json!({ "name": name, "version": 1, "validation": validation, "estimation": estimation })
    };
    let attach = |plan: &str, to: &str| json!({ "plan": plan, "version": 1, "to": { "usage-point": to } });
    json!({
        "formula": [{ "name": "high", "version": 1, "text": "$input > 2" }],
        "validation_set": [
            { "name": "homes", "version": 1, "user_rule": rule("U-HOME", "WARN") },
            { "name": "shops", "version": 1, "user_rule": rule("U-SHOP", "FAIL") },
        ],
        "estimation_set": [{ "name": "nothing", "version": 1, "scaling": "none" }],
        "plan": [plan("homes"), plan("shops")],
        "attach": [attach("homes", "UP-0"), attach("shops", "UP-1")],
    })
}

fn put_book(utility: &Utility, book: Value) -> Result<Added, Vec<Finding>> {
    let book: PlanBook = serde_json::from_value(book).expect("a book");
    let now = utility.now();
    match utility.wait(put(&utility.registry, utility.plans.default_plan(), &book, "ana", now)) {
        Ok(added) => Ok(added),
        Err(PlansError::Refused(findings)) => Err(findings),
        Err(error) => panic!("{error}"),
    }
}

/// The rules that fail on the night of a channel.
fn failing(utility: &Utility, channel: u32) -> String {
    utility.validate(&[(channel, NIGHT)]);
    let told = utility.explained(channel).results.into_iter().filter(|result| result.verdict == "failed");
    told.map(|result| result.rule).collect::<Vec<_>>().join(", ")
}

// covers: AMT-FRM-06
#[test]
fn the_next_version_of_a_formula_counts_for_every_plan() {
    let utility = Utility::with_channels(2);
    let added = put_book(&utility, plans()).expect("put");
    assert_eq!((added.formulas, added.sets, added.plans, added.attachments), (1, 3, 2, 2));
    (0..2).for_each(|channel| utility.arrive(channel, NIGHT, 0, "3000"));
    assert_eq!([failing(&utility, 0), failing(&utility, 1)], ["U-HOME", "U-SHOP"]);
    let edit = |version: u32, text: &str| {
        put_book(&utility, json!({ "formula": [{ "name": "high", "version": version, "text": text }] }))
    };
    assert_eq!(edit(1, "$input > 2").expect("the same"), Added::default());
    let changed = edit(1, "$input > 4").expect_err("no version is ever changed");
    assert_eq!((changed[0].field.as_str(), changed[0].code.as_str()), ("formula.version", "book.changed_version"));
    let wrong = edit(2, "$input >").expect_err("no formula");
    assert_eq!(wrong[0].field, "formula[0].text");
    assert_eq!(edit(2, "$input > 4").expect("put").formulas, 1);
    assert_eq!([failing(&utility, 0), failing(&utility, 1)], ["", ""]);
}
