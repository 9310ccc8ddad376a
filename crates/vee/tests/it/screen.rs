//! The fused value checks say the same as the rules and as a plain look at every value.

use model::id::ChannelNumber;
use proptest::prelude::*;
use vee::plan::OnFailure;
use vee::scan::{Extremes, Screen, ScreenLimits, SlotValue};
use vee::{Context, Verdict, run};

use crate::notation::{Series, plan_of_rule, stamp};

/// The limits of the default plan for hourly watt-hours: 180 % and 500 Wh.
const LIMITS: ScreenLimits = ScreenLimits { spike_hundredths: 280, spike_floor: 500, zero_run_fewest: 3 };

fn cells() -> impl Strategy<Value = Vec<i32>> {
    let cell = prop_oneof![
        8 => 0..3000_i32,
        2 => Just(0),
        1 => Just(i32::MISSING),
        1 => -5..5_i32,
        1 => 0..20_000_i32,
    ];
    proptest::collection::vec(cell, 0..110)
}

proptest! {
    #[test]
    fn the_screen_is_what_a_plain_look_finds(values in cells()) {
        let present: Vec<i64> = values.iter().filter(|value| **value != i32::MISSING).map(|value| (*value).into()).collect();
        let mut falling = present.clone();
        falling.sort_unstable_by(|left, right| right.cmp(left));
        let spike = falling.get(2).is_some_and(|third| 500 <= *third && third * 280 < falling[0] * 100);
        let expected = Screen {
            missing: present.len() < values.len(),
            negative: present.iter().any(|value| *value < 0),
            spike,
            zero_run: values.windows(3).any(|three| three == [0, 0, 0]),
        };
        prop_assert_eq!(Screen::of(&values, LIMITS), expected);
        let extremes = Extremes::of(&values);
        if let [first, _, third, ..] = falling[..] {
            prop_assert_eq!(i64::from(extremes.highest), first);
            prop_assert!(i64::from(extremes.third_highest_at_least) <= third);
        }
    }

    #[test]
    fn both_widths_and_the_rules_agree(values in cells()) {
        let wide: Vec<i64> =
            values.iter().map(|value| if *value == i32::MISSING { i64::MISSING } else { (*value).into() }).collect();
        let screen = Screen::of(&values, LIMITS);
        prop_assert_eq!(screen, Screen::of(&wide, LIMITS));
        let series = Series { values: wide, statuses: vec![] };
        let day = series.ordinary_day(3600);
        let context = Context::of(ChannelNumber(1), "Wh", 0);
        let fails = |rule: &str| {
            let outcome = run(&day, &context, &plan_of_rule(rule, OnFailure::Review), stamp());
            outcome.results[0].verdict == Verdict::Failed
        };
        prop_assert_eq!(fails("V30"), screen.missing);
        prop_assert_eq!(fails("V31"), screen.spike);
        prop_assert_eq!(fails("V38"), screen.negative);
    }
}
