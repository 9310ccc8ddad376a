//! A limit in a unit that the channel does not count in is told before the plan is used.

use model::finding::Severity;
use vee::plan::{OnFailure, Plan, RuleEntry};

use crate::notation::{checked, empty_plan};

#[test]
fn a_plan_tells_which_of_its_limits_say_nothing_of_a_unit() {
    let mut spike = RuleEntry::new("V31", OnFailure::Review);
    spike.settings.insert("floor".into(), "5 m3/h".into());
    let plan = checked(Plan { validate: vec![spike], ..empty_plan() });
    let [finding] = &plan.apart_from("kWh")[..] else { panic!("{:?}", plan.apart_from("kWh")) };
    assert_eq!((finding.code.as_ref(), finding.severity), ("plan.other_unit", Severity::Warning));
    assert!(finding.message.contains("V31") && finding.message.contains("kWh"), "{finding}");
    assert!(plan.apart_from("m3").is_empty());
    let standard = checked(Plan::standard());
    assert!(standard.apart_from("Wh").is_empty(), "Wh is a thousandth of kWh");
    let of_gas = standard.apart_from("m3");
    assert!(!of_gas.is_empty() && of_gas.iter().all(|note| note.severity == Severity::Note), "{of_gas:?}");
}
