//! Plans of an installation: what is put, what is refused, and which plan judges which day.

use ingest::plans::book::{Attach, attach_plan, put};
use ingest::plans::judged::judged_otherwise;
use ingest::plans::{LivePlans, PlansError};
use jiff::civil::{Date, date};
use model::finding::Finding;
use model::id::ChannelNumber;
use store::registry::membership::{Membership, Step};
use vee::Plan;
use vee::plan::book::{PlanBook, Scope};
use vee::plan::{OnFailure, RuleEntry};

use crate::review_fixture::{NIGHT, Utility};

/// A plan that estimates nothing and only warns of gaps.
fn watching() -> Plan {
    let validate = vec![RuleEntry::new("V30", OnFailure::Warn)];
    Plan { name: "watching".into(), version: 1, validate, estimate: Vec::new(), ..Plan::standard() }
}

impl Utility {
    /// A day of 100 Wh an hour of which hours 5 and 6 are missing.
    fn arrive_with_a_gap(&self, channel: u32, date: Date) {
        self.arrive(channel, date, 0, &"100 ".repeat(5));
        self.arrive(channel, date, 7, &"100 ".repeat(17));
    }

    fn put(&self, book: &PlanBook) -> Result<usize, Vec<Finding>> {
        let now = self.now();
        match self.wait(put(&self.registry, self.plans.default_plan(), book, "ana", now)) {
            Ok(added) => Ok(added.sets + added.plans + added.attachments),
            Err(PlansError::Refused(findings)) => Err(findings),
            Err(error) => panic!("{error}"),
        }
    }

    fn attach(&self, plan: Option<&str>, to: &str, dates: (Option<Date>, Option<Date>)) -> Result<bool, Vec<Finding>> {
        let plan = plan.map(|plan| (plan.into(), 1));
        let wanted = Attach { plan, to: to.parse().expect("a place"), from: dates.0, until: dates.1 };
        let now = self.now();
        match self.wait(attach_plan(&self.registry, self.plans.default_plan(), &wanted, "ana", now)) {
            Ok(changed) => Ok(changed),
            Err(PlansError::Refused(findings)) => Err(findings),
            Err(error) => panic!("{error}"),
        }
    }

    /// The usage point of the first channel takes part in a programme.
    fn join(&self, programme: &str) {
        let directory = self.ask(self.registry.directory());
        let usage_point = directory.channel(ChannelNumber(0)).expect("registered").usage_point;
        let wanted = Membership { programme: programme.into(), from: None, until: None };
        self.ask(self.registry.usage_points().set_programme(usage_point, &wanted, Step::Join));
    }

    /// The plan that judged the night of a channel, its version, and the rules that failed with it.
    fn judged(&self, channel: u32) -> String {
        let told = self.explained(channel);
        let failed = told.results.iter().filter(|result| result.verdict == "failed");
        let failed: Vec<_> = failed.map(|result| format!("{}: {}", result.rule, result.evidence)).collect();
        format!(
            "{} {} {}",
            told.plan_name.unwrap_or_default(),
            told.plan_version.unwrap_or_default(),
            failed.join(", ")
        )
    }

    fn judged_otherwise(&self) -> (u64, Option<Date>, Option<Date>) {
        let (directory, plans) = (self.ask(self.registry.directory()), self.wait(self.plans.now()).expect("a book"));
        let found = judged_otherwise(&self.book, &directory, &plans, (None, None)).expect("counted");
        (found.channel_days, found.first, found.last)
    }
}

#[test]
fn each_usage_point_and_day_is_judged_by_its_own_plan() {
    let utility = Utility::with_channels(2);
    let (eve, morrow) = (date(2026, 2, 28), date(2026, 3, 2));
    for channel in [0, 1] {
        for date in [eve, NIGHT] {
            utility.arrive_with_a_gap(channel, date);
        }
    }
    let days: Vec<_> = [0, 1].into_iter().flat_map(|channel| [(channel, eve), (channel, NIGHT)]).collect();
    utility.run(&days);
    assert_eq!(utility.finals(1, 4, 8), "0.100 0.100 0.100 0.100", "the plan of the settings estimates");
    assert_eq!(utility.put(&PlanBook::of_plan(watching())), Ok(3));
    assert_eq!(utility.attach(Some("watching"), "usage-point:UP-1", (Some(NIGHT), Some(morrow))), Ok(true));
    assert_eq!(utility.judged_otherwise(), (1, Some(NIGHT), Some(NIGHT)), "nothing is decided anew by itself");
    assert_eq!(utility.finals(1, 4, 8), "0.100 0.100 0.100 0.100");
    utility.run(&days);
    assert_eq!(utility.judged_otherwise(), (0, None, None));
    assert_eq!(utility.finals(0, 4, 8), "0.100 0.100 0.100 0.100");
    assert_eq!(utility.finals(1, 4, 8), "0.100 - - 0.100", "nothing is estimated there");
    assert!(utility.judged(0).starts_with("default 1 V30"), "{}", utility.judged(0));
    assert!(utility.judged(1).starts_with("watching 1 V30"), "{}", utility.judged(1));
    let told = utility.review.explain("1", eve, utility.now()).expect("explained");
    assert_eq!(told.plan_name.as_deref(), Some("default"), "the day before the override");
}

#[test]
fn a_day_without_a_single_plan_stays_as_received_and_says_so() {
    let utility = Utility::with_channels(1);
    utility.arrive_with_a_gap(0, NIGHT);
    assert_eq!(utility.put(&PlanBook::of_plan(watching())), Ok(3));
    for (plan, programme) in [("default", "solar"), ("watching", "meter test")] {
        assert_eq!(utility.attach(Some(plan), &format!("programme:{programme}"), (None, None)), Ok(true));
        utility.join(programme);
    }
    utility.run(&[(0, NIGHT)]);
    let why =
        "usage point UP-0 has several plans on 2026-03-01: default 1, watching 1; attach one to the usage point itself";
    assert_eq!(utility.judged(0), format!(" 0 PLAN: {why}"));
    assert_eq!(utility.finals(0, 4, 8), "0.100 - - 0.100");
    utility.review.follow(utility.now()).expect("followed");
    assert_eq!(utility.states(), "PLAN open");
    assert_eq!(utility.attach(Some("default"), "usage-point:UP-0", (None, None)), Ok(true));
    utility.run(&[(0, NIGHT)]);
    utility.review.follow(utility.now()).expect("followed");
    assert_eq!(utility.states(), "PLAN resolved, V30 open");
}

#[test]
fn detaching_takes_away_what_was_attached_and_no_more() {
    let utility = Utility::with_channels(1);
    utility.arrive_with_a_gap(0, NIGHT);
    let detach = |dates| utility.attach(None, "everywhere", dates);
    assert_eq!(detach((None, None)), Ok(false), "nothing was attached");
    assert_eq!(utility.put(&PlanBook::of_plan(watching())), Ok(3));
    assert_eq!(utility.attach(Some("watching"), "everywhere", (None, None)), Ok(true));
    utility.run(&[(0, NIGHT)]);
    assert_eq!(utility.finals(0, 4, 8), "0.100 - - 0.100", "nothing is estimated");
    let day_before = Some(NIGHT.yesterday().expect("a date"));
    assert_eq!(detach((None, day_before)), Ok(true), "until the day before");
    utility.run(&[(0, NIGHT)]);
    assert!(utility.judged(0).starts_with("watching 1 V30"), "{}", utility.judged(0));
    assert_eq!(detach((None, None)), Ok(true));
    utility.run(&[(0, NIGHT)]);
    assert!(utility.judged(0).starts_with("default 1 V30"), "{}", utility.judged(0));
    assert_eq!(utility.finals(0, 4, 8), "0.100 0.100 0.100 0.100", "the plan of the settings estimates");
    assert_eq!(detach((None, None)), Ok(false), "it is taken away already");
}

#[test]
fn what_is_put_again_changes_nothing_and_what_differs_is_refused() {
    let utility = Utility::with_channels(1);
    let book = PlanBook::of_plan(watching());
    assert_eq!(utility.put(&book), Ok(3));
    assert_eq!(utility.put(&book), Ok(0), "the same once more");
    assert_eq!(utility.attach(Some("watching"), "programme:solar", (None, None)), Ok(true));
    assert_eq!(utility.attach(Some("watching"), "programme:solar", (Some(NIGHT), None)), Ok(false), "it holds already");
    let changed = PlanBook::of_plan(Plan { validate: Vec::new(), ..watching() });
    refused(utility.put(&changed), "validation_set.version", "give yours version 2");
    let of_settings = PlanBook::of_plan(Plan { validate: Vec::new(), ..Plan::standard() });
    refused(utility.put(&of_settings), "validation_set.version", "is there with other content");
    refused(utility.attach(Some("solar"), "everywhere", (None, None)), "attach[0].plan", "there is no plan `solar`");
    let dates = (Some(NIGHT), Some(NIGHT));
    refused(utility.attach(Some("watching"), "everywhere", dates), "attach[0].until", "expected a date after");
    let mut broken = PlanBook::of_plan(Plan { version: 2, ..watching() });
    broken.validation_set[0].validate.push(RuleEntry::new("V99", OnFailure::Warn));
    refused(utility.put(&broken), "plan[0].validate[1].rule", "there is no rule `V99`");
    let mut unnamed = PlanBook::of_plan(Plan { version: 2, ..watching() });
    (unnamed.validation_set[0].name, unnamed.plan[0].validation.set) = (" ".into(), " ".into());
    refused(utility.put(&unnamed), "validation_set[0].name", "found an empty name, expected what people call the set");
    let mut without_version = PlanBook::of_plan(Plan { version: 2, ..watching() });
    (without_version.estimation_set[0].version, without_version.plan[0].estimation.version) = (0, 0);
    refused(utility.put(&without_version), "estimation_set[0].version", "found version 0, expected a number from 1 on");
    assert_eq!(utility.put(&book), Ok(0), "nothing of a refused book was kept");
    let plans = utility.wait(utility.plans.now()).expect("a book");
    let places: Vec<&Scope> = plans.written().attach.iter().map(|attachment| &attachment.to).collect();
    assert_eq!(places, [&Scope::Everywhere, &Scope::Programme("solar".into())]);
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Vec<Finding>>, field: &str, message: &str) {
    let findings = answer.expect_err("refused");
    assert_eq!(findings[0].field, field, "{findings:?}");
    assert!(findings[0].message.contains(message), "{findings:?}");
}

#[test]
fn a_plan_of_the_settings_that_is_attached_outlives_a_change_of_the_settings() {
    let utility = Utility::with_channels(1);
    assert_eq!(utility.attach(Some("default"), "programme:solar", (None, None)), Ok(true));
    let next = LivePlans::new(utility.registry.clone(), watching());
    let plans = utility.wait(next.now()).expect("a book");
    let names: Vec<String> =
        plans.written().attach.iter().map(|attached| format!("{} {}", attached.to, attached.plan)).collect();
    assert_eq!(names, ["everywhere watching", "programme:solar default"]);
    let changed = Plan { validate: Vec::new(), ..Plan::standard() };
    let broken = utility.wait(LivePlans::new(utility.registry.clone(), changed).now()).expect_err("broken");
    assert!(broken.to_string().contains("give the one in the settings a new version"), "{broken}");
}
