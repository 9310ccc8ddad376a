//! One silence over many days is one group of the queue, and is cleared as one.

use jiff::civil::{Date, date};
use model::review::{AskExceptions, AskGroups};

use crate::review_fixture::{Utility, accept, refused};

fn february(day: i8) -> Date {
    date(2026, 2, day)
}

/// Values of every hour from 2 to 19 February but from 12:00 to 15:00 on the 10th; then nothing. At 10:30 on 1 March the
/// nine days from 20 to 28 February are more than the seven that the plan fills: each waits for a person.
#[test]
fn a_silence_of_nine_days_is_one_group() {
    let utility = Utility::with_meter_since(february(2), 0);
    for day in (2..=19).filter(|day| *day != 10) {
        utility.arrive(0, february(day), 0, "100");
    }
    utility.arrive(0, february(10), 0, &["100"; 12].join(" "));
    utility.arrive(0, february(10), 15, &["100"; 9].join(" "));
    utility.wait_until("2026-03-01T10:30:00Z");
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
    let groups = |by: Option<&str>| {
        let asked = AskGroups { by: by.map(str::to_owned), ..AskGroups::default() };
        let told = utility.review.groups(&asked).expect("grouped").groups.into_iter();
        let days = |group: model::review::Group| (group.date, group.last, group.count, group.routed);
        told.map(days).collect::<Vec<_>>()
    };
    let (silence, gap) = ((february(20), february(28)), february(10));
    let short = (Some(gap), Some(gap), 1, 0);
    assert_eq!(groups(None), [(Some(silence.0), Some(silence.1), 9, 9), short]);
    assert_eq!(groups(Some("rule-date")).len(), 10, "nine days and the short gap");

    let of_group = AskExceptions { date: Some(silence.0), last: Some(silence.1), ..AskExceptions::default() };
    let exceptions = utility.review.exceptions(&of_group).expect("listed").exceptions;
    assert_eq!(exceptions.len(), 9);
    utility.review.accept(&accept(&exceptions, "Ann"), utility.now()).expect("one act");
    assert_eq!(groups(None), [short], "the silence is cleared");

    let turned = AskExceptions { date: Some(silence.1), last: Some(silence.0), ..AskExceptions::default() };
    let words = refused(utility.review.exceptions(&turned)).to_string();
    assert_eq!(words, "last: expected a day from `date` on, and `date` with it");
}

/// Values of every hour of February from the 2nd on but the first of each day from the 10th on: gaps of one night each are
/// not one silence, for the day between them was measured.
#[test]
fn a_gap_of_every_night_is_a_group_a_night() {
    let utility = Utility::with_meter_since(february(2), 0);
    for day in 2..=9 {
        utility.arrive(0, february(day), 0, "100");
    }
    for day in 10..=28 {
        utility.arrive(0, february(day), 1, &["100"; 23].join(" "));
    }
    utility.validate_due();
    utility.review.follow(utility.now()).expect("followed");
    let asked = AskGroups { rule: Some("V30".into()), ..AskGroups::default() };
    let groups = utility.review.groups(&asked).expect("grouped").groups;
    let nights: Vec<_> = (10..=28).map(|day| (Some(february(day)), Some(february(day)), 0, 1)).collect();
    let mut found: Vec<_> = groups.iter().map(|group| (group.date, group.last, group.from, group.to)).collect();
    found.sort();
    assert_eq!(found, nights);
}
