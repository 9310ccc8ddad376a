//! What stands beside a channel, through the books: companions, summaries, facts of the registry.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::id::{ChannelNumber, Mrid, Name};
use model::lineage::FinalDay;
use model::quantity::Decimal;
use store::readings::AsOf;
use store::registry::channel::ChannelEntry;
use store::registry::fact::{Fact, FactKind};
use vee::Plan;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry};

use crate::review_fixture::{NIGHT, Utility};

const DAYS: [Date; 5] = [date(2026, 2, 2), date(2026, 2, 3), date(2026, 2, 4), date(2026, 2, 5), date(2026, 2, 9)];

/// Gaps, spikes and disagreement are estimated, from the check meter first.
fn plan() -> Plan {
    let mut usage = RuleEntry::new("V35", OnFailure::Warn);
    let settings = [("order", "previous days"), ("previous_days", "2 days"), ("days_fewest", "1 day")];
    usage.settings = settings.map(|(name, text)| (name.into(), text.into())).into_iter().collect();
    let rules = ["V30", "V31", "V60"].map(|id| RuleEntry::new(id, OnFailure::Estimate));
    Plan {
        validate: rules.into_iter().chain([usage]).collect(),
        estimate: ["E01", "E12", "E04", "E05"].map(EstimatorEntry::new).to_vec(),
        ..Plan::standard()
    }
}

/// Another hourly channel of a usage point, measured by a meter.
fn register(utility: &Utility, point: &str, suffix: &str, meter: &str, reading_type: &str) -> ChannelNumber {
    let entry = ChannelEntry {
        usage_point: Name::new("UsagePoint", point),
        meter: Some(Name::new("", meter)),
        meter_from: None,
        suffix: suffix.into(),
        reading_type: reading_type.parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum: -3,
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: Some(3600),
        zone: "UTC".into(),
    };
    utility.ask(utility.registry.channels().register(&[entry]))[0].number
}

const ENERGY: &str = "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

/// Channel 0 is the main and channel 2 the check meter of `UP-0`; channel 1 has a load of the same shape.
fn main_and_check() -> Utility {
    let utility = Utility::with_plan(2, &plan());
    register(&utility, "UP-0", "E1", "M1", ENERGY);
    assert_eq!(register(&utility, "UP-0", "E2", "M2", ENERGY), ChannelNumber(2));
    declare(&utility, "UP-1/E1", FactKind::LoadProfileChannels, Some("0"));
    utility
}

fn declare(utility: &Utility, label: &str, kind: FactKind, value: Option<&str>) {
    let channel = utility.ask(utility.registry.channels().find(label));
    put(utility, kind, channel.id.0, value);
}

fn put(utility: &Utility, kind: FactKind, subject: Mrid, value: Option<&str>) {
    let fact = Fact::new(kind, subject, Timestamp::MIN, value).expect("a fact");
    utility.ask(utility.registry.facts().put(&[fact]));
}

fn decided(utility: &Utility, channel: u32, date: Date) -> Option<FinalDay> {
    utility.book.final_day(ChannelNumber(channel), date, AsOf::Now).expect("readable")
}

fn value(utility: &Utility, channel: u32, date: Date, slot: u16) -> Option<(String, i64)> {
    let day = decided(utility, channel, date)?;
    let value = day.values.iter().find(|value| value.slot == slot)?;
    Some((value.method.to_string(), value.value?))
}

/// A day of 1 kWh an hour with some cells in place of others.
fn day_with(cells: &[(usize, &str)]) -> String {
    let mut values = vec!["1000"; 24];
    for (slot, cell) in cells {
        values[*slot] = cell;
    }
    values.join(" ")
}

#[test]
fn a_check_meter_that_comes_late_changes_what_stood_without_it() {
    let [early, late] = [true, false].map(|check_first| {
        let utility = main_and_check();
        let mut arrivals = [(2_u32, "1003".to_owned()), (0, day_with(&[(8, "_"), (9, "_"), (10, "_")]))];
        if !check_first {
            arrivals.reverse();
        }
        for (channel, values) in arrivals {
            utility.arrive(channel, DAYS[0], 0, &values);
            utility.run(&[(channel, DAYS[0])]);
        }
        utility
    });
    assert_eq!(value(&early, 0, DAYS[0], 9), Some(("E01".into(), 1003)));
    for channel in [0, 2] {
        let (early, late) = (decided(&early, channel, DAYS[0]), decided(&late, channel, DAYS[0]));
        let (early, late) = (early.expect("decided"), late.expect("decided"));
        assert!(early.says_the_same(&late), "{early:?}\n{late:?}");
    }
}

#[test]
fn meters_that_disagree_are_found_on_both() {
    let utility = main_and_check();
    for (channel, values) in [(0, day_with(&[])), (2, day_with(&[(5, "1900")]))] {
        utility.arrive(channel, DAYS[0], 0, &values);
    }
    utility.run(&[(2, DAYS[0])]);
    let rules = |channel| -> Vec<_> {
        let day = decided(&utility, channel, DAYS[0]).expect("the channel that looks at it is run too");
        day.failures.iter().map(|failure| (failure.rule.to_string(), failure.from)).collect()
    };
    assert!(rules(0).contains(&("V60".into(), 5)), "{:?}", rules(0));
    assert!(rules(2).contains(&("V60".into(), 5)), "{:?}", rules(2));
    // A person says that the second meter measures something else.
    for label in ["UP-0/E1", "UP-0/E2"] {
        declare(&utility, label, FactKind::CheckChannels, None);
    }
    utility.run(&[(0, DAYS[0]), (2, DAYS[0])]);
    assert!(rules(0).is_empty(), "{:?}", rules(0));
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn the_order_of_arrival_leaves_no_trace() {
    for seed in 0..8 {
        let (mut chance, utility) = (Chance(seed), main_and_check());
        for _ in 0..24 {
            let (channel, date) = (chance.below(3) as u32, DAYS[chance.below(5) as usize]);
            let cells: Vec<String> = (0..24)
                .map(|_| match chance.below(20) {
                    0 | 1 => "_".into(),
                    2 => "9000".into(),
                    _ => (995 + chance.below(10)).to_string(),
                })
                .collect();
            utility.arrive(channel, date, 0, &cells.join(" "));
            utility.run(&[(channel, date)]);
        }
        let all: Vec<(u32, Date)> = (0..3).flat_map(|channel| DAYS.map(|date| (channel, date))).collect();
        let step_by_step: Vec<_> = all.iter().map(|(channel, date)| decided(&utility, *channel, *date)).collect();
        utility.run(&all);
        for ((channel, date), before) in all.iter().zip(step_by_step) {
            let after = decided(&utility, *channel, *date);
            let same = match (&before, &after) {
                (Some(before), Some(after)) => before.says_the_same(after),
                (before, after) => before.is_none() && after.is_none(),
            };
            assert!(same, "seed {seed}, channel {channel}, {date}\nstep by step {before:?}\nat once {after:?}");
        }
    }
}

#[test]
fn days_are_compared_with_earlier_ones_whenever_those_come() {
    let utility = Utility::with_plan(1, &plan());
    utility.arrive(0, DAYS[2], 0, "1000");
    utility.run(&[(0, DAYS[2])]);
    let failed = || -> Vec<String> {
        let day = decided(&utility, 0, DAYS[2]).expect("decided");
        day.failures.iter().map(|failure| failure.rule.to_string()).collect()
    };
    assert!(failed().is_empty(), "nothing to compare with: {:?}", failed());
    // 24 kWh against 9.6 kWh two days before, which is more than twice as much.
    utility.arrive(0, DAYS[0], 0, "400");
    utility.run(&[(0, DAYS[0])]);
    assert_eq!(failed(), ["V35"]);
    // With 36 kWh the day before, the average is 22.8 kWh.
    utility.arrive(0, DAYS[1], 0, "1500");
    utility.run(&[(0, DAYS[1])]);
    assert!(failed().is_empty(), "{:?}", failed());
}

#[test]
fn a_solar_plant_that_delivers_at_night_is_found() {
    let mut plan = plan();
    plan.validate = vec![RuleEntry::new("V46", OnFailure::Review)];
    let utility = Utility::with_plan(1, &plan);
    // Day over day: 0 but for 300 Wh at noon and at 3 in the night.
    let mut cells = vec!["0"; 24];
    (cells[12], cells[3]) = ("300", "300");
    utility.arrive(0, NIGHT, 0, &cells.join(" "));
    let verdict = || {
        let told = utility.explained(0);
        told.results.iter().find(|result| result.rule == "V46").map(|result| (result.verdict, result.evidence.clone()))
    };
    let said = |text: &str| {
        utility.run(&[(0, NIGHT)]);
        let (verdict, evidence) = verdict().expect("V46");
        assert!(evidence.contains(text), "{verdict}: {evidence}");
    };
    said("does not count what a solar plant delivers");
    declare(&utility, "UP-0/E1", FactKind::Load, Some("solar"));
    said("sunrise and sunset of the day are not known");
    let point = utility.ask(utility.registry.channels().find("UP-0/E1")).usage_point;
    put(&utility, FactKind::Position, point.0, Some("51.48 0"));
    said("03:00");
    let failures = decided(&utility, 0, NIGHT).expect("decided").failures;
    assert_eq!(failures.iter().map(|failure| (failure.from, failure.to)).collect::<Vec<_>>(), [(3, 4)]);
}
