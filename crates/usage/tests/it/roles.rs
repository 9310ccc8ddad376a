//! A collection-only installation computes nothing (decision X-01).

use usage::{Cycle, Role};

use crate::notation::{TORONTO, checked_set, days, timeline};

const SET: &str = r#"
    name = "total"
    version = 1
    meters = [{ name = "site", unit = "kWh", terms = [{ channel = "delivered", sign = "plus" }] }]
    determinants = [{ id = "kwh", unit = "kWh", meter = "site", measure = "usage" }]
"#;

/// Only a cycle computes, and collection gets none.
// covers: ONT-2.8.2
#[test]
fn collection_puts_nothing_into_rate_periods() {
    let set = checked_set(SET);
    let timeline = timeline(days(TORONTO, "2026-03-01", "2026-04-01"));
    let refusal = Cycle::new(Role::Collection, &set, &timeline, &[]).expect_err("collection never computes");
    assert_eq!(refusal.len(), 1);
    assert_eq!(refusal[0].code, "usage.role");
    assert!(refusal[0].message.contains("only collects reads"), "{}", refusal[0]);
    assert!(Cycle::new(Role::Repository, &set, &timeline, &[]).is_ok());
}
