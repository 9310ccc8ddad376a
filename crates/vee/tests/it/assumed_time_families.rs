//! Assumed meter time: which families of meters and which firmware the guidance covers.

use model::quality::Status;
use vee::assumed_time::{FAMILIES, Support, support};
use vee::context::Device;
use vee::plan::OnFailure;
use vee::{Context, Plan, Queue, Verdict, run};

use crate::assumed_time::{status, two_assumed_hours};
use crate::assumed_time_plans::as_printed;
use crate::notation::{checked, context, final_values, repository, stamp};

// covers: AMT-VAL-07, AMT-EST-09
#[test]
fn only_the_centron_families_are_judged() {
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    for (family, firmware, is_covered) in [
        ("OpenWay CENTRON", "7.0.187", true),
        ("Gen5 CENTRON", "2.008", true),
        ("OpenWay Riva", "5.4.398", false),
        ("Gen5 Riva", "10.8.569", false),
        ("OpenWay CENTRON", "7.0.186", false),
    ] {
        let device = Device { family: Some(family), firmware: Some(firmware), ..Device::default() };
        let context = Context { device, ..context(0) };
        let mut plan = as_printed();
        plan.user_rule.clear();
        plan.validate = vec![vee::plan::RuleEntry::new("V27", OnFailure::Estimate)];
        let outcome = run(&day, &context, &checked(plan.clone()), stamp());
        let marked = status(&day, &outcome, 2).contains(Status::ASSUMED_TIME);
        let zeroed = final_values(&day, &outcome)[2] == Some(0);
        assert_eq!((marked, zeroed), (is_covered, is_covered), "{family} {firmware}");
        if !is_covered {
            let [told] = &outcome.exceptions[..] else { panic!("{:?}", outcome.exceptions) };
            assert_eq!((told.queue, told.from, told.to), (Queue::ManualWork, 2, 4), "{family} {firmware}");
            assert!(told.evidence.contains(family), "{}", told.evidence);
            assert!(status(&day, &outcome, 2).contains(Status::QUESTIONABLE));
            let settings = &mut plan.validate[0].settings;
            settings.insert("not_covered".into(), "pass over".into());
            let passed_over = run(&day, &context, &checked(plan.clone()), stamp());
            assert_eq!(passed_over.results[0].verdict, Verdict::NotApplicable);
            assert!(passed_over.results[0].reason.contains(family), "{}", passed_over.results[0].reason);
            plan.validate[0].settings.insert("families".into(), "supported".into());
            let judged = run(&day, &context, &checked(plan), stamp()).results[0].verdict == Verdict::Failed;
            assert_eq!(judged, family.ends_with("Riva"), "a Riva rule is active once it is configured (T-07)");
        }
    }
}

// covers: AMT-DEV-01, AMT-DEV-02
#[test]
fn the_shipped_plan_replaces_values_of_covered_meters_only() {
    let path = repository().join("config/plans/assumed-time.toml");
    let plan: Plan = toml::from_str(&std::fs::read_to_string(path).expect("the shipped plan")).expect("TOML");
    let plan = checked(plan);
    let series = two_assumed_hours();
    let day = series.ordinary_day(3600);
    for (family, firmware, is_covered) in [
        (Some("OpenWay CENTRON"), Some("7.0.187"), true),
        (Some("OpenWay Riva"), Some("5.4.398"), false),
        (Some("OpenWay CENTRON"), Some("6.0.1"), false),
        (None, None, false),
    ] {
        let device = Device { family, firmware, ..Device::default() };
        let outcome = run(&day, &Context { device, ..context(0) }, &plan, stamp());
        let values = final_values(&day, &outcome);
        let measured = [series.values[2], series.values[3]].map(Some);
        assert_eq!([values[2], values[3]], if is_covered { [Some(0); 2] } else { measured }, "{family:?} {firmware:?}");
        let waits = outcome.exceptions.iter().any(|told| told.rule == "V27" && told.queue == Queue::ManualWork);
        assert_eq!(waits, !is_covered, "{family:?} {firmware:?}");
    }
}

// covers: AMT-DEV-01, AMT-DEV-02, AMT-DEV-03, AMT-DEV-04
#[test]
fn firmware_is_compared_number_by_number() {
    let firmware: Vec<(&str, &str)> = FAMILIES.iter().map(|family| (family.name, family.firmware_lowest)).collect();
    assert_eq!(
        firmware,
        [
            ("OpenWay CENTRON", "7.0.187"),
            ("OpenWay Riva", "5.4.398"),
            ("Gen5 CENTRON", "2.008"),
            ("Gen5 Riva", "10.8.569")
        ]
    );
    for (family, enough, too_old) in [
        ("OpenWay CENTRON", ["7.0.187", "7.0.1000", "7.1", "10.0.0"], ["7.0.186", "7.0", "6.9.999", "0"]),
        ("OpenWay Riva", ["5.4.398", "5.4.400", "5.10", "6"], ["5.4.397", "5.3.999", "4.99.0", "5"]),
        ("Gen5 CENTRON", ["2.008", "2.8", "2.010", "3"], ["2.007", "2.0", "1.999", "2"]),
        ("Gen5 Riva", ["10.8.569", "10.8.1000", "10.10", "11"], ["10.8.568", "9.9.999", "10.7.600", "2.8"]),
    ] {
        for firmware in enough {
            let expected = if family.ends_with("Riva") { Support::NoGuidance } else { Support::Covered };
            assert_eq!(support(family, firmware), expected, "{family} {firmware}");
        }
        for firmware in too_old {
            assert!(matches!(support(family, firmware), Support::None(_)), "{family} {firmware}");
        }
        for unknown in ["", "7.0.187b", "v7", "7..0", "seven", "99999999999", "-1"] {
            assert!(matches!(support(family, unknown), Support::None(_)), "{family} {unknown}");
        }
    }
    assert!(matches!(support("Another", "9.9"), Support::None(_)));
}
