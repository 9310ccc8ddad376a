//! How far the clocks of head-ends are off: what can be known of it, and what cannot.

use headend::clock::{ClockWatch, Correction, Knowledge, Offset, Stamped, corrected, next_correction};
use headend::feed::{Feed, FeedStatus, Settings, Watched, missing};
use jiff::{SignedDuration, Timestamp};

fn at(milliseconds: i64) -> Timestamp {
    "2026-03-01T12:00:00Z".parse::<Timestamp>().expect("an instant") + SignedDuration::from_millis(milliseconds)
}

/// Answers every 30.37 s of a head-end whose clock is so far ahead: each was written so long after the question, and took so
/// long to come.
fn answers(watch: &mut ClockWatch, ahead: i64, count: i64, (there, back): (i64, i64)) -> Timestamp {
    for number in 0..count {
        let asked = number * 30_370;
        let said = (at(asked + there + ahead).as_millisecond()).div_euclid(1000);
        let said = Timestamp::from_second(said).expect("an instant");
        watch.heard(said, (at(asked), at(asked + there + back)));
    }
    at(count * 30_370)
}

/// Messages every 10 s whose newest event was stamped by a clock so far ahead, so long before it came.
fn messages(watch: &mut ClockWatch, ahead: i64, latencies: &[i64]) -> Timestamp {
    for (number, latency) in (0..).zip(latencies) {
        let came = at(number * 10_000);
        let stamp = came + SignedDuration::from_millis(ahead - latency);
        watch.stamped(Stamped::of(came, None, &[stamp]).expect("a stamp"));
    }
    at(latencies.len() as i64 * 10_000)
}

// covers: MOD-TS
#[test]
fn what_a_head_end_states_is_known_within_half_a_second() {
    for ahead in [7000, -3000, 0, 3 * 3_600_000] {
        let mut watch = ClockWatch::default();
        let now = answers(&mut watch, ahead, 16, (20, 30));
        let offset = watch.offset(&Settings::default(), now);
        let (middle, within) = (offset.milliseconds.expect("known"), offset.within_milliseconds.expect("bounded"));
        assert_eq!(offset.knowledge, Knowledge::Known, "{ahead}");
        assert!((middle - ahead).abs() <= within && within <= 525, "{ahead}: {middle} within {within}");
    }
    let mut watch = ClockWatch::default();
    let now = answers(&mut watch, 7000, 4, (20, 30));
    assert_eq!(watch.offset(&Settings::default(), now).knowledge, Knowledge::Unknown, "four answers are too few");
}

// covers: MOD-TS, MOD-LAT
#[test]
fn a_slow_answer_is_no_clock_that_is_behind() {
    let (mut watch, settings) = (ClockWatch::default(), Settings::default());
    let now = answers(&mut watch, 0, 16, (30, 8000));
    let offset = watch.offset(&settings, now);
    // It was written at some time of 8 s: half of that is all that can be said, and no correction follows.
    assert!(offset.milliseconds.expect("known").abs() <= offset.within_milliseconds.expect("bounded"), "{offset:?}");
    assert_eq!((offset.alarm(&settings), next_correction(&offset, &[], &settings, now)), (None, None));
    // One quick answer among slow ones is enough.
    let now = answers(&mut watch, 0, 1, (10, 20));
    let offset = watch.offset(&settings, now);
    assert!(offset.within_milliseconds.expect("bounded") <= 515, "{offset:?}");
}

// covers: MOD-TS, MOD-LAT
#[test]
fn stamps_alone_show_a_clock_that_is_ahead_and_never_one_that_is_behind() {
    let latencies = [900, 8000, 400, 2500, 700, 300, 12_000, 500, 600, 800];
    let offset = |ahead, fastest_milliseconds| {
        let mut watch = ClockWatch::default();
        let now = messages(&mut watch, ahead, &latencies);
        let settings = Settings { fastest_milliseconds, ..Settings::default() };
        let offset = watch.offset(&settings, now);
        (offset.knowledge, offset.milliseconds, offset.alarm(&settings).is_some())
    };
    // One in ten may be wrong: the second fastest of ten messages took 400 ms.
    assert_eq!(offset(7000, None), (Knowledge::AtLeast, Some(6600), true));
    assert_eq!(offset(-3000, None), (Knowledge::Unknown, None, false));
    assert_eq!(offset(0, None), (Knowledge::Unknown, None, false));
    // Who knows that the fastest take half a second at the most knows more: -3.4 to -2.9 s.
    assert_eq!(offset(-3000, Some(500)), (Knowledge::Known, Some(-3150), true));
}

// covers: MOD-TS
#[test]
fn a_device_with_a_clock_of_its_own_is_not_its_head_end() {
    let came = at(0);
    let mut stamps: Vec<Timestamp> = (1..=99).map(|number| at(-100 * number)).collect();
    stamps.push(at(7_200_000));
    let stamped = Stamped::of(came, None, &stamps).expect("stamps");
    // Of a hundred the two newest are left out, and the five oldest.
    assert_eq!((stamped.ahead_milliseconds, stamped.lag_milliseconds), (-200, Some(9400)));
    let written = Stamped::of(came, Some(at(7000)), &stamps).expect("stamps");
    assert_eq!(written.ahead_milliseconds, 7000, "when it was written is told by the head-end itself");
    assert_eq!(Stamped::of(came, None, &[]), None);
}

// covers: MOD-TS
#[test]
fn a_clock_that_lies_is_named() {
    let settings = Settings::default();
    let mut watch = ClockWatch::default();
    for ahead in [0, 7_200_000] {
        answers(&mut watch, ahead, 8, (20, 30));
    }
    let offset = watch.offset(&settings, at(0));
    assert_eq!(offset.knowledge, Knowledge::Unsettled);
    assert!(offset.alarm(&settings).expect("an alarm").contains("set or jumps"), "{offset:?}");
    assert_eq!(next_correction(&offset, &[], &settings, at(0)), None);

    let mut watch = ClockWatch::default();
    messages(&mut watch, 7000, &[100; 10]);
    let now = answers(&mut watch, 0, 16, (20, 30));
    let offset = watch.offset(&settings, now);
    assert_eq!(offset.knowledge, Knowledge::Contradicted, "it says that it is right, and stamps the future");
    assert!(offset.alarm(&settings).is_some());
    assert_eq!(next_correction(&offset, &[], &settings, now), None);

    let mut watch = ClockWatch::default();
    let now = answers(&mut watch, 3 * 3_600_000, 16, (20, 30));
    let offset = watch.offset(&settings, now);
    let alarm = offset.alarm(&settings).expect("an alarm");
    assert!(alarm.contains("ahead") && alarm.contains("intervals are told to 90.0 s"), "{alarm}");
    assert_eq!(next_correction(&offset, &[], &settings, now), None, "hours are a zone, and a matter of people");
}

// covers: MOD-TS
#[test]
fn a_stamp_is_corrected_alike_whenever_it_comes() {
    let settings = Settings::default();
    let mut corrections: Vec<Correction> = Vec::new();
    let mut watch = ClockWatch::default();
    let now = answers(&mut watch, 7000, 16, (20, 30));
    corrections.extend(next_correction(&watch.offset(&settings, now), &corrections, &settings, now));
    let [first] = corrections[..] else { panic!("one correction: {corrections:?}") };
    assert!((first.milliseconds - 7000).abs() <= 525, "{first:?}");
    assert!(now + SignedDuration::from_secs(66) < first.stamps_from, "after all that its devices can have shown yet");
    assert_eq!(next_correction(&watch.offset(&settings, now), &corrections, &settings, now), None, "it still holds");
    let (before, after) = (first.stamps_from - SignedDuration::from_millis(1), first.stamps_from);
    assert_eq!(corrected(before, &corrections), before);
    let then = corrected(after, &corrections);
    assert_eq!(then, after - SignedDuration::from_millis(first.milliseconds));

    // The clock is set right: what was stamped before stays as it was corrected.
    let mut watch = ClockWatch::default();
    let later = answers(&mut watch, 0, 16, (20, 30)) + SignedDuration::from_hours(1);
    corrections.extend(next_correction(&watch.offset(&settings, later), &corrections, &settings, later));
    assert_eq!(corrections.iter().map(|one| one.milliseconds).collect::<Vec<_>>()[1..], [0]);
    assert_eq!(corrected(after, &corrections), then);
    let last = corrections[1].stamps_from;
    assert_eq!(corrected(last, &corrections), last);
}

// covers: MOD-TS
#[test]
fn a_correction_holds_as_long_as_no_stamp_can_be_more_than_a_second_off() {
    let in_force = [Correction { stamps_from: at(0), milliseconds: 7100 }];
    let check = |milliseconds: i64, expected: Option<i64>| {
        let (knowledge, within_milliseconds) = (Knowledge::Known, Some(480));
        let offset = Offset { knowledge, milliseconds: Some(milliseconds), within_milliseconds, observations: 16 };
        let next = next_correction(&offset, &in_force, &Settings::default(), at(3_600_000));
        assert_eq!(next.map(|next| next.milliseconds), expected, "{milliseconds}");
    };
    // 520 ms beside the correction and known to 480 ms are a second.
    check(7620, None);
    check(7621, Some(7621));
    check(6580, None);
    check(6579, Some(6579));
    check(520, Some(0));
    check(-521, Some(-521));
    // More than 300 s are corrected no more.
    check(300_001, Some(0));
}

fn status(feed: &Feed, name: &str, expected_seconds: u32, now: Timestamp) -> FeedStatus {
    let settings = Settings { expected_seconds: Some(expected_seconds), ..Settings::default() };
    feed.status(&Watched { name, is_asked: true, settings: &settings, corrections: &[] }, now)
}

// covers: MOD-STL
#[test]
fn a_feed_that_is_cut_is_stale_after_twice_what_is_expected_and_resumes_by_itself() {
    let mut feed = Feed::default();
    feed.begin(at(0));
    let is_stale = |feed: &Feed, second: i64| status(feed, "HES", 60, at(second * 1000)).is_stale;
    assert!(!is_stale(&feed, 120) && is_stale(&feed, 121), "nothing ever came");
    feed.came(at(200_000));
    // It answers that it has nothing, and still nothing comes.
    feed.caught_up(at(330_000));
    assert!(!is_stale(&feed, 320) && is_stale(&feed, 321));
    let stale = status(&feed, "HES", 60, at(400_000));
    // Its values are as old as the last that came, whatever it says that it has.
    assert_eq!(
        (stale.stale_since, stale.watermark, stale.age_seconds),
        (Some(at(320_000)), Some(at(200_000)), Some(200))
    );
    let kept: Feed = serde_json::from_str(&serde_json::to_string(&feed).expect("written")).expect("read");
    assert_eq!(kept, feed, "over a restart");
    feed.came(at(401_000));
    assert!(!is_stale(&feed, 402));
}

// covers: MOD-LAT
#[test]
fn a_decision_over_a_span_is_told_who_is_missing() {
    let (mut prompt, mut slow) = (Feed::default(), Feed::default());
    messages(&mut prompt.clock, 0, &[500; 20]);
    messages(&mut slow.clock, 0, &[8000; 20]);
    let missing_at = |second: i64| {
        let now = at(second * 1000);
        let all = [&prompt, &slow].map(|feed| {
            let mut feed = feed.clone();
            feed.came(now);
            feed.caught_up(now);
            feed
        });
        let statuses = [status(&all[0], "prompt", 60, now), status(&all[1], "slow", 60, now)];
        // Ten seconds that end at second 300.
        missing(&statuses, at(300_000)).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(missing_at(300), ["prompt", "slow"]);
    assert_eq!(missing_at(301), ["slow"]);
    assert_eq!(missing_at(307), ["slow"], "what happened in the last second is still on its way");
    assert_eq!(missing_at(308), Vec::<String>::new());
}

// covers: MOD-TS
#[test]
fn a_clock_that_goes_further_off_is_told_before_it_is_off_and_one_that_is_set_right_is_not() {
    // One estimate every half hour for eight hours, known to half a second, that goes evenly from one offset to the other.
    let drift = |from: i64, to: i64| {
        let mut watch = ClockWatch::default();
        for number in 0..=16 {
            let milliseconds = Some(from + (to - from) * number / 16);
            let known =
                Offset { knowledge: Knowledge::Known, milliseconds, within_milliseconds: Some(500), observations: 16 };
            watch.remember(&known, at(number * 1_800_000));
        }
        let right =
            Offset { knowledge: Knowledge::Unknown, milliseconds: None, within_milliseconds: None, observations: 0 };
        watch.alarm(&right, &Settings::default(), at(16 * 1_800_000))
    };
    assert_eq!(drift(0, 0), None);
    // Two bounds of half a second and the second that is allowed.
    assert_eq!(drift(100, 2100), None);
    let told = "its clock drifts, from 0.1 s ahead at 2026-03-01T12:00:00Z to 2.1 s ahead";
    assert_eq!(drift(100, 2101).as_deref(), Some(told));
    assert!(drift(0, -2001).is_some(), "behind");
    assert_eq!(drift(-9000, -1000), None, "it is set right");
}
