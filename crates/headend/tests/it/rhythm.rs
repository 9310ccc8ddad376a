//! What is expected of who sends by itself, and up to when intervals have come.

use headend::complete::{Complete, complete};
use headend::feed::{ExpectedBy, Feed, FeedStatus, Settings, Watched, missing};
use jiff::{SignedDuration, Timestamp};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn at(second: i64) -> Timestamp {
    "2026-03-01T00:00:00Z".parse::<Timestamp>().expect("an instant") + SignedDuration::from_secs(second)
}

/// A feed of who sends by itself, of which something came at these seconds.
fn pushed(seconds: impl IntoIterator<Item = i64>) -> Feed {
    let mut feed = Feed::default();
    seconds.into_iter().for_each(|second| feed.came(at(second)));
    feed
}

fn status(feed: &Feed, expected_seconds: Option<u32>, second: i64) -> FeedStatus {
    let settings = Settings { expected_seconds, ..Settings::default() };
    feed.status(&Watched { name: "HES", is_asked: false, settings: &settings, corrections: &[] }, at(second))
}

/// Fifty messages within ten minutes from two in the morning on, of so many days.
fn nightly(days: i64) -> impl Iterator<Item = i64> {
    (0..days).flat_map(|day| (0..50).map(move |number| day * DAY + 2 * HOUR + number * 12))
}

// covers: MOD-STL
#[test]
fn who_sends_by_itself_is_stale_after_twice_what_is_usual_of_it() {
    let check = |case: &str, feed: &Feed, usual: Option<u32>| {
        let status = status(feed, None, 0);
        assert_eq!(
            (status.expected_seconds, status.expected_by),
            (usual, usual.map(|_| ExpectedBy::Learned)),
            "{case}"
        );
    };
    check("nothing came", &pushed([]), None);
    check("two nights are too few", &pushed(nightly(2)), None);
    // From 02:09:48 to the next 02:00.
    check("a burst every night", &pushed(nightly(4)), Some(86_400 - 588));
    check("every five minutes", &pushed((0..4 * 288).map(|number| number * 300)), Some(300));
    check(
        "every second",
        &pushed((0..4).flat_map(|day| [day * DAY, day * DAY + 1].map(|at| at + 43_200))),
        Some(86_399),
    );
    let with_outage = (0..8 * 288).filter(|number| !(700..1000).contains(number)).map(|number| number * 300);
    check("one outage is forgiven", &pushed(with_outage), Some(300));
    let feed = pushed((0..4 * 288).map(|number| number * 300));
    let last = (4 * 288 - 1) * 300;
    assert!(!status(&feed, None, last + 600).is_stale && status(&feed, None, last + 601).is_stale);
    assert!(!status(&pushed([0]), None, 90 * DAY).is_stale, "of whom nothing is known nothing is expected");
}

// covers: MOD-STL, MOD-LAT
#[test]
fn who_sends_by_itself_and_is_stale_is_missing_from_decisions() {
    let feed = pushed([0]);
    let set = |second| status(&feed, Some(60), second);
    assert_eq!((set(120).is_stale, set(121).is_stale, set(121).expected_by), (false, true, Some(ExpectedBy::Settings)));
    assert!(missing(&[set(120)], at(100)).is_empty(), "it has sent all that it had when it sent");
    assert_eq!(missing(&[set(121)], at(100)), ["HES"]);
}

// covers: MOD-LAT
#[test]
fn intervals_have_come_as_far_as_enough_channels_have_no_gap() {
    let check = |case: &str, reached: &[(usize, Option<i64>)], per_cent, expected: (Option<i64>, usize, usize)| {
        let reached = reached.iter().flat_map(|(count, hour)| vec![hour.map(|hour| at(hour * HOUR)); *count]).collect();
        let (until, missing, missing_per_10000) = expected;
        let told = complete(reached, per_cent);
        let expected =
            Complete { until: until.map(|hour| at(hour * HOUR)), expected: told.expected, missing, missing_per_10000 };
        assert_eq!(told, expected, "{case}");
    };
    check("nothing is expected", &[], 98, (None, 0, 0));
    check("all", &[(100, Some(12))], 98, (Some(12), 0, 0));
    check("two of a hundred may be behind", &[(98, Some(12)), (1, Some(3)), (1, None)], 98, (Some(12), 2, 200));
    check("three may not", &[(97, Some(12)), (2, Some(3)), (1, Some(9))], 98, (Some(9), 2, 200));
    check("every one is asked for", &[(99, Some(12)), (1, Some(3))], 100, (Some(3), 0, 0));
    check("one of three", &[(2, Some(12)), (1, None)], 60, (Some(12), 1, 3334));
    check("too many never sent any", &[(9, Some(12)), (1, None)], 98, (None, 1, 1000));
}
