//! What happens at once: commits that are full, people who decide while a run is on, clocks that are set back, two zones, and
//! an exchange between a read and its run.

use std::collections::BTreeSet;

use ingest::review::Decisions;
use ingest::validation;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use model::id::{ChannelNumber, MeterId, Name};
use model::lineage::FinalDay;
use model::quality::Status;
use store::readings::{AsOf, Batch};
use store::registry::channel::ChannelEntry;
use store::registry::link::Relation;
use vee::plan::OnFailure;
use vee::plan::RuleEntry;
use vee::{Plan, Stamp};

use crate::review_fixture::{NIGHT, Utility, accept, hourly};

fn decided(utility: &Utility, channel: u32, date: Date) -> Option<FinalDay> {
    utility.book.final_day(ChannelNumber(channel), date, AsOf::Now).expect("readable")
}

/// A run over days, with a stamp and decisions that were taken before.
fn run(utility: &Utility, days: &[(u32, Date)], decisions: &Decisions, stamp: Stamp) -> Vec<u64> {
    let directory = utility.ask(utility.registry.directory());
    let plans = utility.wait(utility.plans.now()).expect("a book of plans");
    let mut days = days.iter().map(|(channel, date)| (ChannelNumber(*channel), *date)).collect();
    let mut told = Vec::new();
    let mut progress = |done| told.push(done);
    validation::run(&utility.book, &directory, &plans, decisions, &mut days, stamp, &mut progress).expect("validated");
    told
}

fn decisions(utility: &Utility, days: &[(u32, Date)]) -> Decisions {
    let days: BTreeSet<_> = days.iter().map(|(channel, date)| (ChannelNumber(*channel), *date)).collect();
    utility.review.decisions(&days).expect("decisions")
}

/// 4 MiB of final days make a commit, of which a day may go beyond.
#[test]
fn final_days_are_committed_by_bytes() {
    // Every other of 8640 values is below zero and stays with its status.
    let below_zero = RuleEntry::new("V38", OnFailure::Review);
    let plan = Plan { validate: vec![below_zero], estimate: Vec::new(), ..Plan::standard() };
    let utility = Utility::judged_by(&plan, "UTC", 10);
    let first = date(2025, 11, 1);
    let days: Vec<(u32, Date)> = (0..120).map(|day| (0, first.saturating_add(jiff::Span::new().days(day)))).collect();
    let values = "-5 100 ".repeat(4320);
    days.iter().for_each(|(_, date)| utility.arrive(0, *date, 0, &values));
    let stamp = validation::stamp(&utility.book, utility.now());
    let told = run(&utility, &days, &Decisions::default(), stamp);
    assert_eq!(told.iter().sum::<u64>(), 120);
    let committed = usize::try_from(told[0]).expect("a number");
    assert!(1 < told.len() && 0 < committed && committed < 120, "{told:?}");
    let mut batch = Batch::new("measure", [0; 32], 0);
    let mut lengths = Vec::new();
    for (_, date) in &days[..committed] {
        batch.push_final(&decided(&utility, 0, *date).expect("decided")).expect("a day");
        lengths.push(batch.len());
    }
    let full = 4 << 20;
    assert!(lengths[committed - 2] < full && full <= lengths[committed - 1], "{:?}", &lengths[committed - 2..]);
}

/// The number of a run is taken before it reads decisions, so what a person decides meanwhile is not lost.
#[test]
fn a_run_that_began_before_an_act_does_not_undo_it() {
    let utility = Utility::with_channels(1);
    let mut cells = vec!["1000"; 24];
    cells[10] = "90000";
    utility.arrive(0, NIGHT, 0, &cells.join(" "));
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
    assert_eq!(utility.states(), "V31 open");
    let slow = (validation::stamp(&utility.book, utility.now()), decisions(&utility, &[(0, NIGHT)]));
    utility.review.accept(&accept(&utility.exceptions(), "Ada"), utility.now()).expect("accepted");
    let is_accepted = || {
        let day = decided(&utility, 0, NIGHT).expect("decided");
        day.values.iter().any(|value| value.slot == 10 && value.status.contains(Status::ACCEPTED))
    };
    assert!(is_accepted());
    run(&utility, &[(0, NIGHT)], &slow.1, slow.0);
    assert!(is_accepted(), "the run with the higher number knew of the act");
    utility.review.follow(utility.now()).expect("followed");
    assert_eq!(utility.states(), "V31 accepted");
}

/// Two runs that begin at once after the clock was set back have numbers of their own, above those before.
#[test]
fn runs_after_the_clock_was_set_back_come_after_those_before() {
    let utility = Utility::with_channels(1);
    utility.arrive(0, NIGHT, 0, "1000");
    let before = validation::stamp(&utility.book, utility.now());
    run(&utility, &[(0, NIGHT)], &Decisions::default(), before);
    let earlier = before.now - SignedDuration::from_hours(2);
    let (first, second) = (validation::stamp(&utility.book, earlier), validation::stamp(&utility.book, earlier));
    assert!(before.run < first.run && first.run < second.run, "{} {} {}", before.run, first.run, second.run);
    utility.arrive(0, NIGHT, 3, "_");
    // The later one is done first; the earlier one changes nothing that it said.
    run(&utility, &[(0, NIGHT)], &Decisions::default(), second);
    let said = decided(&utility, 0, NIGHT).expect("decided");
    assert_eq!(said.run, second.run);
    run(&utility, &[(0, NIGHT)], &Decisions::default(), first);
    assert_eq!(decided(&utility, 0, NIGHT).expect("decided"), said);
    let utility = utility.reopened();
    let after = validation::stamp(&utility.book, earlier);
    assert!(second.run < after.run, "also after a restart: {} {}", second.run, after.run);
}

#[test]
fn silent_days_of_two_zones_are_swept_at_once() {
    let utility = Utility::with_channels(0);
    let meter = |number: u32, zone, meter: &str, from: &str| ChannelEntry {
        meter: Some(Name::new("Meter", meter)),
        meter_from: Some(from.parse().expect("an instant")),
        ..hourly(number, zone, 3600)
    };
    let entries = [
        meter(0, "UTC", "M-0", "2026-02-01T00:00:00Z"),
        // Midnight in Toronto.
        meter(1, "America/Toronto", "M-1", "2026-02-01T05:00:00Z"),
    ];
    utility.ask(utility.registry.channels().register(&entries));
    let february = |day| date(2026, 2, day);
    for day in 1..=10 {
        utility.arrive(0, february(day), 0, "100");
        let midnight = utility.at(february(day), 0) + SignedDuration::from_hours(5);
        utility.arrive_from(1, (february(day), midnight), 0, &["200"; 24].join(" "));
    }
    utility.wait_until("2026-02-11T18:00:00Z");
    utility.validate_due();
    // The 11th ends in UTC at midnight and in Toronto at 05:00, and each is waited for until 10:00 on its own clock.
    let states = || [0, 1].map(|channel| decided(&utility, channel, february(11)).map(|day| day.values.len()));
    assert_eq!(states(), [None, None]);
    utility.wait_until("2026-02-12T10:30:00Z");
    utility.validate_due();
    assert_eq!(states(), [Some(24), None]);
    utility.wait_until("2026-02-12T15:30:00Z");
    utility.validate_due();
    assert_eq!(states(), [Some(24), Some(24)]);
    let sums = [0, 1].map(|channel| -> i64 {
        let day = decided(&utility, channel, february(11)).expect("decided");
        day.values.iter().filter_map(|value| value.value).sum()
    });
    assert_eq!(sums, [2400, 4800], "every like day has 100 and 200 Wh in each hour");
    // Both wait at once where the program was down.
    utility.wait_until("2026-02-14T20:00:00Z");
    utility.validate_due();
    for (channel, day) in [(0, 12), (1, 12), (0, 13), (1, 13)] {
        assert!(decided(&utility, channel, february(day)).is_some_and(|day| day.values.len() == 24), "{channel} {day}");
    }
}

/// A read is judged by what the registry says when it is judged, not when it arrived.
#[test]
fn an_exchange_entered_between_a_read_and_its_run_counts() {
    let utility = Utility::with_channels(1);
    let register = |meter: &str, from: Option<&str>| ChannelEntry {
        meter: Some(Name::new("Meter", meter)),
        meter_from: from.map(|from| from.parse().expect("an instant")),
        suffix: "R1".into(),
        reading_type: "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        quantum: 0,
        dials: Some(5),
        interval_seconds: None,
        ..hourly(0, "UTC", 3600)
    };
    let number = utility.ask(utility.registry.channels().register(&[register("OLD", None)]))[0].number;
    let midnight = |day| utility.at(date(2026, 2, day), 0).as_second();
    for (day, value) in [(1, 500), (2, 510), (3, 520)] {
        utility.read(number, midnight(day), None, value);
    }
    utility.validate_due();
    utility.read(number, midnight(4), None, 3);
    utility.read(number, midnight(5), None, 13);
    let noon = "2026-02-03T12:00:00Z".parse().expect("an instant");
    let directory = utility.ask(utility.registry.directory());
    let usage_point = directory.channels().next().expect("a channel").usage_point;
    let old: MeterId = directory.meters_at(usage_point, noon).next().expect("the old meter");
    utility.ask(utility.registry.master().close_link(Relation::MeterAtUsagePoint, old.0, noon));
    utility.ask(utility.registry.channels().register(&[register("NEW", Some("2026-02-03T12:00:00Z"))]));
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
    let reads = utility.book.read(number, i64::MIN / 2, i64::MAX / 2, AsOf::Now).expect("readable").final_reads;
    let failed: Vec<_> = reads.iter().map(|read| read.failures.len()).collect();
    assert_eq!((reads.len(), failed), (5, vec![0; 5]));
    assert!(!utility.states().contains("V55"), "{}", utility.states());
}
