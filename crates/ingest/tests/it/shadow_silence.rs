//! Another plan beside the live one over days of which nothing arrived: the same days that live validation runs.

use ingest::judged_days::judged_days;
use ingest::plans::Plans;
use ingest::review::Decisions;
use ingest::shadow::{Changes, Shadow};
use jiff::civil::{Date, date};
use model::id::ChannelNumber;
use store::readings::AsOf;
use vee::plan::{OnFailure, RuleEntry};
use vee::{Plan, amount::Amount};

use crate::review_fixture::Utility;

fn february(day: i8) -> Date {
    date(2026, 2, day)
}

impl Utility {
    /// What a plan that only warns of gaps would change on days.
    fn beside(&self, dates: (Option<Date>, Option<Date>), as_of: AsOf) -> Changes {
        let watching = Plan {
            name: "watching".into(),
            validate: vec![RuleEntry::new("V30", OnFailure::Warn)],
            estimate: Vec::new(),
            ..Plan::standard()
        };
        let (live, other) =
            (self.wait(self.plans.now()).expect("a book"), Plans::everywhere(watching).expect("a plan"));
        let directory = self.ask(self.registry.directory());
        let now = match as_of {
            AsOf::Now => self.now(),
            AsOf::At(moment) => jiff::Timestamp::from_microsecond(moment).expect("an instant"),
        };
        let found = judged_days(&self.book, &directory, dates, now, |_| true).expect("readable");
        let days = found.days.into_iter().map(|(_, date)| date).collect();
        let decisions = &Decisions::default();
        let (book, directory, live, other) = (&*self.book, &*directory, &*live, &other);
        let shadow = Shadow { book, directory, live, other, decisions, as_of, now, examples_max: 0 };
        let mut changes = Changes::default();
        let channel = directory.channel(ChannelNumber(0)).expect("registered");
        shadow.run(channel, &days, &mut changes).expect("readable");
        changes
    }
}

/// The days compared, those that would change, the values that would be lost, and their sum.
fn short(changes: &Changes) -> String {
    let lost = changes.values.get("kWh").map_or((0, Amount::ZERO), |change| (change.lost, change.sum_live));
    format!("{} days, {} changed, {} values of {} kWh", changes.days, changes.days_changed, lost.0, lost.1)
}

/// 100 Wh an hour from noon of the 9th to 15:00 on the 25th, nothing on 17, 18 and 19. It is 06:00 on 2 March; 1 March is
/// still waited for. So the live plan estimates three days, nine hours and three days: 72 + 9 + 72 = 153 values of 100 Wh,
/// on seven of the twenty days from 9 to 28 February.
#[test]
fn silent_days_are_compared_as_they_are_validated() {
    let utility = Utility::with_meter_since(february(9), 12);
    utility.arrive(0, february(9), 12, &["100"; 12].join(" "));
    for day in (10..=16).chain(20..=24) {
        utility.arrive(0, february(day), 0, "100");
    }
    utility.arrive(0, february(25), 0, &["100"; 15].join(" "));
    let changes = utility.beside((None, None), AsOf::Now);
    assert_eq!(short(&changes), "20 days, 7 changed, 153 values of 15.3 kWh", "{changes:?}");
    assert_eq!(changes.rules["V30"].fails_with_both, 7);
    assert_eq!(utility.validate_due(), (20, 0), "as many as live validation runs");
    assert_eq!(
        short(&utility.beside((None, None), AsOf::Now)),
        "20 days, 7 changed, 153 values of 15.3 kWh",
        "validated or not"
    );
    let within = (Some(february(18)), Some(february(20)));
    assert_eq!(
        short(&utility.beside(within, AsOf::Now)),
        "2 days, 2 changed, 48 values of 4.8 kWh",
        "two days of which nothing is stored"
    );
    let before = (None, Some(february(9)));
    assert_eq!(short(&utility.beside(before, AsOf::Now)), "0 days, 0 changed, 0 values of 0 kWh", "no meter was there");
}

#[test]
fn a_meter_that_never_said_a_word_is_compared_since_it_came() {
    let utility = Utility::with_meter_since(february(23), 0);
    // 23 to 28 February; with nothing to estimate from, the live plan asks a person, and the other does not.
    let changes = utility.beside((None, None), AsOf::Now);
    assert_eq!(short(&changes), "6 days, 6 changed, 0 values of 0 kWh");
    assert_eq!((changes.exceptions.kept, changes.exceptions.moved, changes.exceptions.moved_to_people), (6, 6, 0));
    let noon = utility.at(february(26), 12).as_microsecond();
    assert_eq!(utility.beside((None, None), AsOf::At(noon)).days, 3, "23 to 25, the last one waited for until 10:00");
}

#[test]
fn of_a_meter_without_dates_only_what_lies_between_its_readings_is_compared() {
    let utility = Utility::with_channels(1);
    for day in [10, 11, 12, 16] {
        utility.arrive(0, february(day), 0, "100");
    }
    utility.arrive(0, date(2026, 1, 2), 0, "100");
    // 2 January, 10 to 16 February; 39 days of silence before those are none.
    assert_eq!(utility.beside((None, None), AsOf::Now).days, 8);
}
