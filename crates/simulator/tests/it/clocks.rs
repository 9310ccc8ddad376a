//! Clocks that are not right, by hand calculation.

use std::collections::BTreeMap;

use formats::{Format, Options, Sink};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::quality::Status;
use model::reading::{ChannelReadings, IntervalRun, MessageHeader, Values};
use simulator::assumed_time::{AssumedTimeMeter, Battery, MeterSettings};
use simulator::collection::Sent;
use simulator::premises::HeadEnd;
use simulator::{Collection, Network, Settings, Utility};

const DAY: Date = date(2026, 2, 3);

fn utility(meters: u32, head_end: HeadEnd, script: &str) -> Utility {
    let settings = Settings { seed: 7, meters, zone: TimeZone::UTC, head_end: Some(head_end) };
    Utility::new(settings, &Network::made_up(meters), script.parse().expect("a script")).expect("a utility")
}

fn day(utility: &Utility) -> Sent {
    Collection::from(utility, DAY).next_day().expect("a day")
}

fn wrong(meter: u32, seconds: i32) -> String {
    format!(
        "[[fault]]\nkind = \"wrong-clock\"\nmeter = \"M-{meter:06}\"\nseconds = {seconds}\n\
         from = \"2026-02-01T00:00:00Z\"\nto = \"2026-02-06T00:00:00Z\"\n"
    )
}

/// Delivered intervals by meter and end in minutes of the day, with what is said of them.
#[derive(Default)]
struct Intervals(BTreeMap<(String, i64), (i64, Status)>);

impl Sink for Intervals {
    fn message(&mut self, _header: &MessageHeader) {}

    fn readings(&mut self, readings: &ChannelReadings) {
        let Values::Intervals(run) = &readings.values else { return };
        if readings.channel.reading_type.flow_direction != 1 {
            return;
        }
        let meter = readings.channel.meter.as_ref().expect("a meter").value.to_string();
        for (at, value) in run.values.iter().enumerate().filter(|(_, value)| **value != IntervalRun::MISSING) {
            let end = run.start.as_second() + (at as i64 + 1) * i64::from(run.length_seconds);
            let of = run.qualities.iter().find(|span| (span.from..span.to).contains(&(at as u32)));
            let status = of.map_or(Status::NONE, |span| span.quality.status);
            self.0.insert((meter.clone(), end.rem_euclid(86_400) / 60), (*value, status));
        }
    }

    fn event(&mut self, _event: &EndDeviceEvent) {}

    fn finding(&mut self, finding: Finding) {
        panic!("{finding}");
    }
}

impl Intervals {
    fn of(sent: &Sent) -> Self {
        let mut read = Self::default();
        for file in sent.files.iter().filter(|file| file.name.contains("readings")) {
            let mut reader = formats::reader(Format::Cim, &Options::default());
            reader.push(&file.bytes, &mut read).and_then(|()| reader.finish(&mut read)).expect("accepted");
        }
        read
    }

    fn get(&self, meter: u32, minute: i64) -> Option<(i64, Status)> {
        self.0.get(&(format!("M-{meter:06}"), minute.rem_euclid(1440))).copied()
    }
}

/// Wh of each quarter-hour of a day.
fn truth(utility: &Utility, meter: u32, date: Date) -> Vec<i64> {
    utility.truth(meter, &utility.day(date).expect("a day")).iter().map(|flow| flow.delivered).collect()
}

// covers: ONT-2.4.3a
#[test]
fn registers_are_stamped_by_the_clock_of_their_meter() {
    // 1.4 and 1.6 minutes are 84 and 96 seconds; two hours are 7200.
    let script = [wrong(0, 84), wrong(1, 96), wrong(2, -7200)].concat();
    let sent = day(&utility(8, HeadEnd::Hourly, &script));
    let text = String::from_utf8_lossy(&sent.files[0].bytes).into_owned();
    let first_of = |meter: u32| {
        let row = text.lines().find(|line| line.starts_with(&format!("UP-{meter:06}"))).expect("a row");
        row.split(',').nth(6).expect("a stamp").to_owned()
    };
    let stamps = [0, 1, 2, 3].map(first_of);
    let expected = ["2026-02-03T01:01:24Z", "2026-02-03T01:01:36Z", "2026-02-02T23:00:00Z", "2026-02-03T01:00:00Z"];
    assert_eq!(stamps, expected);
    assert!(sent.counts.made != 0 && sent.accounts.is_empty(), "all of them come");
}

#[test]
fn intervals_of_a_wrong_clock_hold_the_energy_of_another_time() {
    let utility = utility(1, HeadEnd::Cloud, &wrong(0, 7200));
    let read = Intervals::of(&day(&utility));
    let (before, today) = (truth(&utility, 0, date(2026, 2, 2)), truth(&utility, 0, DAY));
    // Two hours ahead: the interval stamped 00:15 ended at 22:15 of the day before.
    let expected: Vec<_> = before[88..].iter().chain(&today[..88]).copied().collect();
    let found: Vec<_> = (1..=96).map(|slot| read.get(0, slot * 15).expect("an interval").0).collect();
    assert_eq!(found, expected);
}

#[test]
fn drift_grows_until_the_next_synchronisation() {
    let script = "[field]\ndrift_ppm = 100\nsync_hours = 24\n";
    let utility = utility(8, HeadEnd::Hourly, script);
    for meter in 0..8 {
        let clock = utility.clock(meter, &utility.module(meter), HeadEnd::Hourly);
        let day = utility.day(DAY).expect("a day").local.range;
        let at = |second: i64| Timestamp::from_second(day.start.as_second() + second).expect("an instant");
        let off = |second| utility.clock_offset(meter, HeadEnd::Hourly, &clock, at(second)).expect("a clock that goes");
        let offsets: Vec<i64> = (0..86_400).map(off).collect();
        // 100 millionths of a day are 8.64 s.
        assert!(offsets.iter().all(|offset| offset.abs() <= 8), "meter {meter}");
        let resets = offsets.windows(2).filter(|pair| pair[1].abs() < pair[0].abs()).count();
        assert!(resets <= 1, "one synchronisation a day");
    }
    let told = day(&utility).happenings;
    let synced = told.iter().filter(|(happening, _)| happening.kind.code.to_string() == "3.36.116.24");
    assert_eq!(synced.count(), 8, "each meter once");
}

// covers: ONT-2.4.2d, AMT-BEH-01, AMT-BEH-03, AMT-BEH-04, AMT-BEH-09
#[test]
fn a_meter_without_battery_goes_on_with_an_assumed_time() {
    let script = "[[fault]]\nkind = \"open\"\nelement = \"line.fuse1\"\n\
                  from = \"2026-02-03T10:15:00Z\"\nto = \"2026-02-03T12:00:00Z\"\n\
                  [[fault]]\nkind = \"dead-battery\"\nhead_end = \"hes-cloud\"\nper_mille = 1000\n\
                  from = \"2026-02-01T00:00:00Z\"\nto = \"2026-03-01T00:00:00Z\"\n";
    let utility = utility(80, HeadEnd::Cloud, script);
    let sent = day(&utility);
    let read = Intervals::of(&sent);
    let noon = "2026-02-03T12:00:00Z".parse::<Timestamp>().expect("an instant");
    let five =
        Status::CLOCK_ERROR | Status::HARDWARE | Status::PARTIAL_INTERVAL | Status::POWER_FAILURE | Status::TIME_RESET;
    let mut checked = 0;
    for (set, _) in sent.happenings.iter().filter(|(happening, _)| happening.kind.code.to_string() == "3.36.114.24") {
        let simulator::happening::Thing::Meter(meter) = set.thing else { panic!("meters have clocks") };
        // 10:15:05 when the power came back at 12:00:00.
        assert_eq!(set.detail.as_ref().map(|(_, value)| value.as_str()), Some("-6295"));
        let assumed_for = set.at.duration_since(noon).as_secs();
        if !(3600..=9 * 3600).contains(&assumed_for) || utility.premises(meter).panels_kw != 0 {
            continue;
        }
        checked += 1;
        let truth = truth(&utility, meter, DAY);
        // 10:30 by its clock is 12:14:55: what was used before the outage ended the interval of 10:15 already.
        assert_eq!(read.get(meter, 630), Some((truth[48] * 895 / 900, five)), "meter {meter}");
        let assumed = (assumed_for + 5) / 900;
        for slot in 0..assumed {
            assert_eq!(read.get(meter, 630 + slot * 15).map(|(_, status)| status), Some(five), "meter {meter}");
        }
        assert_eq!(stamps_of_one_meter(noon, set.at), (0..assumed).map(|slot| 630 + slot * 15).collect::<Vec<_>>());
        // After the synchronisation the next interval in true time, and nothing between. It is time adjusted, which goes by
        // code 1.4.9 and so reads as a clock that was adjusted.
        let next = (set.at.as_second().rem_euclid(86_400) / 900 + 1) * 15;
        assert!(
            (630 + assumed * 15..next).step_by(15).all(|minute| read.get(meter, minute).is_none()),
            "meter {meter}"
        );
        assert_eq!(read.get(meter, next).map(|(_, status)| status), Some(Status::TIME_RESET), "meter {meter}");
        let all: i64 = (1..=96).filter_map(|slot| read.get(meter, slot * 15)).map(|(value, _)| value).sum();
        assert_eq!(all, truth.iter().sum::<i64>(), "no energy is lost or made up");
    }
    assert!(10 < checked, "{checked}");
}

/// In minutes of the day, where a meter stamps its intervals that was dark from 10:15 to noon until its clock is set.
fn stamps_of_one_meter(noon: Timestamp, set: Timestamp) -> Vec<i64> {
    let interval = SignedDuration::from_mins(15);
    let settings = MeterSettings { battery: Battery::Dead, battery_event: true, interval };
    let mut meter = AssumedTimeMeter::new(settings, noon - SignedDuration::from_mins(105));
    meter.power_fails();
    meter.power_returns(noon);
    let recorded = meter.run_until(set, 0);
    recorded.iter().map(|interval| interval.stamped.as_second().rem_euclid(86_400) / 60).collect()
}

// covers: ONT-2.4.4a, ONT-2.4.4b
#[test]
fn intervals_without_power_say_so() {
    let script = "[[fault]]\nkind = \"open\"\nelement = \"transformer.1\"\n\
                  from = \"2026-02-03T10:20:00Z\"\nto = \"2026-02-03T11:00:00Z\"\n";
    let read = Intervals::of(&day(&utility(8, HeadEnd::Cloud, script)));
    let dark = (1..=96).filter(|slot| read.get(0, slot * 15).expect("an interval").1 == Status::POWER_FAILURE);
    assert_eq!(dark.collect::<Vec<_>>(), [42, 43, 44], "10:15 to 10:30, and on to 11:00");
}
