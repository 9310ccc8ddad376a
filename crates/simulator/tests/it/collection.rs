//! What head-ends send, read back by the readers of the formats and held against the truth.

use std::collections::BTreeMap;

use formats::{Format, Options, Sink};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::reading::{ChannelReadings, IntervalRun, MessageHeader, Values};
use simulator::collection::{Counts, Sent};
use simulator::dialect::File;
use simulator::premises::{HeadEnd, Premises};
use simulator::{Collection, Network, Settings, Utility};

const FIRST: Date = date(2026, 3, 7);
const METERS: u32 = 96;

/// Everything that files say, by meter and flow direction.
#[derive(Default)]
struct Read {
    /// Wh of intervals by their start.
    intervals: BTreeMap<(String, u16), BTreeMap<i64, i64>>,
    /// Hundredths of a kWh by moment.
    registers: BTreeMap<(String, u16), BTreeMap<i64, i64>>,
    events: Vec<(String, String)>,
    repeated: u64,
}

impl Sink for Read {
    fn message(&mut self, _header: &MessageHeader) {}

    fn readings(&mut self, readings: &ChannelReadings) {
        let meter = readings.channel.meter.as_ref().expect("a meter").value.to_string();
        let key = (meter, readings.channel.reading_type.flow_direction);
        match &readings.values {
            Values::Intervals(run) => {
                let of_channel = self.intervals.entry(key).or_default();
                for (at, value) in (0..).zip(&run.values).filter(|(_, value)| **value != IntervalRun::MISSING) {
                    assert_eq!(run.exponent, -3);
                    let start = run.start.as_second() + at * i64::from(run.length_seconds);
                    self.repeated += u64::from(of_channel.insert(start, *value).is_some());
                }
            }
            Values::Registers(reads) => {
                let of_channel = self.registers.entry(key).or_default();
                for read in reads {
                    let shown = read.value.expect("a value").rescaled(-2).expect("two decimals");
                    self.repeated += u64::from(of_channel.insert(read.at.as_second(), shown).is_some());
                }
            }
        }
    }

    fn event(&mut self, event: &EndDeviceEvent) {
        let device = event.device.as_ref().expect("a device").value.to_string();
        self.events.push((device, event.event_type.to_string()));
    }

    fn finding(&mut self, finding: Finding) {
        panic!("head-ends without flaws write files without findings: {finding}");
    }
}

impl Read {
    fn of<'f>(files: impl IntoIterator<Item = &'f File>) -> Self {
        let mut read = Self::default();
        for file in files {
            let format = match file.head_end {
                HeadEnd::Cloud => Format::Cim,
                HeadEnd::Hourly => Format::Csv,
                HeadEnd::Folder => Format::Cmep,
            };
            let mut reader = formats::reader(format, &Options::default());
            reader.push(&file.bytes, &mut read).and_then(|()| reader.finish(&mut read)).expect("accepted");
        }
        read
    }

    fn count(&self) -> u64 {
        let intervals = self.intervals.values().map(BTreeMap::len).sum::<usize>();
        (intervals + self.registers.values().map(BTreeMap::len).sum::<usize>()) as u64
    }
}

fn utility(script: &str) -> Utility {
    let zone = TimeZone::get("America/Toronto").expect("a zone");
    let settings = Settings { seed: 7, meters: METERS, zone, head_end: None };
    Utility::new(settings, &Network::made_up(METERS), script.parse().expect("a script")).expect("a utility")
}

fn days(utility: &Utility, count: usize) -> Vec<Sent> {
    let mut collection = Collection::from(utility, FIRST);
    (0..count).map(|_| collection.next_day().expect("a day")).collect()
}

fn fault(kind: &str, rest: &str) -> String {
    format!("[[fault]]\nkind = \"{kind}\"\n{rest}\nfrom = \"2026-03-01T00:00:00Z\"\nto = \"2026-04-01T00:00:00Z\"\n")
}

#[test]
fn what_is_sent_is_the_truth_over_the_change_of_the_clock() {
    let utility = utility("");
    let days = days(&utility, 3);
    let read = Read::of(days.iter().flat_map(|day| &day.files));
    let counts = days.iter().fold(0, |sum, day| sum + day.counts.made);
    assert_eq!((read.count(), read.repeated), (counts, 0));
    for meter in 0..METERS {
        let premises = Premises::of(7, meter);
        let (key, truth) = ((format!("M-{meter:06}"), 1), days.iter().map(|day| day.truth[meter as usize].delivered));
        let total: i64 = truth.sum();
        match premises.head_end {
            HeadEnd::Cloud => {
                // 96 + 92 + 96 quarter-hours: the clocks of Toronto go forward on the 8th.
                assert_eq!(read.intervals[&key].len(), 284);
                assert_eq!(read.intervals[&key].values().sum::<i64>(), total);
                assert_eq!(read.registers[&key].len(), 3, "a read each midnight");
            }
            HeadEnd::Folder => {
                assert_eq!(read.intervals[&key].len(), 71);
                assert_eq!(read.intervals[&key].values().sum::<i64>(), total);
            }
            HeadEnd::Hourly => assert_eq!(read.registers[&key].len(), 71),
        }
        if premises.head_end != HeadEnd::Folder {
            let last = read.registers[&key].values().last().copied();
            assert_eq!(last, Some((premises.first_register + total).div_euclid(10)), "whole 10 Wh of the true count");
        }
    }
}

#[test]
fn lost_readings_are_counted_and_never_come() {
    let utility = utility(&fault("lost", "head_end = \"hes-hourly\"\nper_mille = 200"));
    let days = days(&utility, 4);
    let read = Read::of(days.iter().flat_map(|day| &day.files));
    let made: u64 = days.iter().map(|day| day.counts.made).sum();
    let lost: u64 = days.iter().map(|day| day.counts.lost).sum();
    assert_eq!(read.count(), made - lost);
    let hourly = (0..METERS).filter(|meter| Premises::of(7, *meter).head_end == HeadEnd::Hourly);
    let expected: usize = hourly.map(|meter| 95 * (1 + usize::from(Premises::of(7, meter).panels_kw != 0))).sum();
    assert!((150..250).contains(&(lost * 1000 / expected as u64)), "{lost} of {expected}");
}

#[test]
fn late_days_come_a_day_later_and_twice_means_twice() {
    let late = utility(&fault("late", "head_end = \"hes-folder\"\nper_mille = 1000"));
    let sent = days(&late, 2);
    let of_folder = |sent: &Sent| sent.files.iter().filter(|file| file.head_end == HeadEnd::Folder).count();
    assert_eq!((of_folder(&sent[0]), of_folder(&sent[1])), (0, 1));
    let first: Timestamp =
        FIRST.to_zoned(TimeZone::get("America/Toronto").expect("a zone")).expect("a day").timestamp();
    let starts = Read::of(&sent[1].files).intervals.into_values().filter(|starts| starts.len() == 24);
    assert!(starts.into_iter().all(|starts| starts.keys().next() == Some(&first.as_second())));

    let twice = utility(&fault("twice", "head_end = \"hes-folder\"\nper_mille = 1000"));
    let sent = days(&twice, 2);
    let read = Read::of(sent.iter().flat_map(|day| &day.files));
    assert_eq!(read.repeated, sent[0].counts.twice);
    assert!(0 < read.repeated);
}

#[test]
fn a_silent_head_end_sends_everything_once_it_speaks_again() {
    let end = FIRST.saturating_add(2.days()).to_zoned(TimeZone::UTC).expect("a day").timestamp();
    let script = format!(
        "[[fault]]\nkind = \"silent\"\nhead_end = \"hes-cloud\"\nfrom = \"2026-03-01T00:00:00Z\"\nto = \"{end}\""
    );
    let (silent, whole) = (utility(&script), utility(""));
    let (sent, all) = (days(&silent, 3), days(&whole, 3));
    assert!(sent[0].files.iter().all(|file| file.head_end != HeadEnd::Cloud));
    assert_eq!(sent[0].counts.late, Counts { ..all[0].counts }.made - made_by_others(&sent[0]));
    let count = |days: &[Sent]| Read::of(days.iter().flat_map(|day| &day.files)).count();
    assert_eq!(count(&sent), count(&all));
}

fn made_by_others(day: &Sent) -> u64 {
    Read::of(&day.files).count()
}

#[test]
fn power_lost_and_restored_is_told_by_who_was_dark() {
    let script = "[[fault]]\nkind = \"open\"\nelement = \"transformer.1\"\n\
                  from = \"2026-03-07T15:00:00Z\"\nto = \"2026-03-07T17:00:00Z\"";
    let utility = utility(script);
    let sent = days(&utility, 1);
    let read = Read::of(&sent[0].files);
    let told = (0..8).filter(|meter| Premises::of(7, *meter).head_end == HeadEnd::Cloud);
    let mut expected: Vec<_> = told
        .flat_map(|meter| ["3.26.0.85", "3.26.0.216"].map(|code| (format!("M-{meter:06}"), code.to_owned())))
        .collect();
    assert!(!expected.is_empty());
    // The collector has its power where its first meter is.
    expected.extend(["10.26.0.85", "10.26.0.216"].map(|code| ("AMRC-000000".to_owned(), code.to_owned())));
    assert_eq!(read.events, expected);
}
