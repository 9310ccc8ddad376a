//! The published vectors of rules and methods for register reads; see [`crate::register_notation`].

use model::quality::Status;
use vee::Verdict;
use vee::plan::OnFailure;

use crate::golden::{Golden, Row};
use crate::register_notation::{Situation, plan_of_method, plan_of_rule};

#[track_caller]
fn check_rule(rule: &str, file: &'static str) {
    for row in Golden::read(file).rows() {
        let plan = plan_of_rule(rule, OnFailure::Review, settings(&row));
        let outcome = Situation::of(&row).run(&plan);
        let answer = match outcome.results[0].verdict {
            Verdict::Passed => "pass",
            Verdict::Failed => "fail",
            Verdict::NotApplicable => "none",
        };
        assert_eq!(answer, row.get("answer"), "{}: {outcome:?}", row.get("case"));
        let explained = !outcome.results[0].reason.is_empty();
        assert_eq!(explained, answer == "none", "{}", row.get("case"));
        assert_eq!(outcome.final_read.failures.len(), usize::from(answer == "fail"));
    }
}

#[track_caller]
fn check_method(method: &str, file: &'static str) {
    for row in Golden::read(file).rows() {
        let outcome = Situation::of(&row).run(&plan_of_method(method, settings(&row)));
        let value = outcome.final_read.value.map_or("none".to_string(), |value| value.to_string());
        assert_eq!(value, row.get("answer"), "{}: {:?}", row.get("case"), outcome.estimations);
        let needed = outcome.final_read.status.contains(Status::ESTIMATE_NEEDED);
        assert_eq!(needed, value == "none", "{}", row.get("case"));
        assert_eq!(outcome.final_read.method == method, value != "none", "{}", row.get("case"));
    }
}

fn settings<'a>(row: &Row<'a>) -> &'a str {
    row.find("settings").unwrap_or("")
}

#[test]
fn v51_tou_sum() {
    // covers: V51
    check_rule("V51", "v51_tou_sum.csv");
}

#[test]
fn v52_delta_limits() {
    // covers: V52
    check_rule("V52", "v52_delta_limits.csv");
}

#[test]
fn v53_delta_per_cent() {
    // covers: V53
    check_rule("V53", "v53_delta_per_cent.csv");
}

#[test]
fn v54_ratio_per_cent() {
    // covers: V54
    check_rule("V54", "v54_ratio_per_cent.csv");
}

#[test]
fn v55_rollover() {
    // covers: V55
    check_rule("V55", "v55_rollover.csv");
}

#[test]
fn v56_multiplier() {
    // covers: V56
    check_rule("V56", "v56_multiplier.csv");
}

#[test]
fn v57_dials() {
    // covers: V57
    check_rule("V57", "v57_dials.csv");
}

#[test]
fn v58_demand() {
    // covers: V58
    check_rule("V58", "v58_demand.csv");
}

#[test]
fn v59_register_gap() {
    // covers: V59
    check_rule("V59", "v59_register_gap.csv");
}

#[test]
fn r01_usage_calculation() {
    // covers: R01
    check_method("R01", "r01_usage_calculation.csv");
}

#[test]
fn r02_recent_load() {
    // covers: R02
    check_method("R02", "r02_recent_load.csv");
}

#[test]
fn r03_copy_forward() {
    // covers: R03
    check_method("R03", "r03_copy_forward.csv");
}

#[test]
fn r04_scalar_from_interval() {
    // covers: R04
    check_method("R04", "r04_scalar_from_interval.csv");
}

#[test]
fn r05_scalar_proration() {
    // covers: R05
    check_method("R05", "r05_scalar_proration.csv");
}

#[test]
fn r06_scalar_profile() {
    // covers: R06
    check_method("R06", "r06_scalar_profile.csv");
}

#[test]
fn r07_three_step() {
    // covers: R07
    check_method("R07", "r07_three_step.csv");
}

#[test]
fn r08_monthly_usage() {
    // covers: R08
    check_method("R08", "r08_monthly_usage.csv");
}

#[test]
fn r09_degree_day() {
    // covers: R09
    check_method("R09", "r09_degree_day.csv");
}

#[test]
fn r10_scalar_estimation() {
    // covers: R10
    check_method("R10", "r10_scalar_estimation.csv");
}
