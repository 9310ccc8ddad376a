//! Every folder of `scenarios` is a business situation: README, `set.toml`, `given.csv`, `expected.csv`.
//!
//! The set is computed for the given account, and everything that comes out, written out, must be the expected text.
//! How the files are written is said in `scenarios/README.md`.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::time::TimeRange;
use usage::series::{Earlier, Reference};
use usage::{Account, Calendar, Cycle, Role, Timeline};

use crate::notation::{Readings, checked_set, days, three_buckets, told, with_account, written};

#[test]
fn every_scenario_comes_out_as_calculated() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/scenarios");
    let entries = std::fs::read_dir(&folder).expect("the folder of scenarios");
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    let wrong: Vec<String> = folders.iter().filter_map(|folder| difference(folder)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What came out, where it is not what was expected.
fn difference(folder: &Path) -> Option<String> {
    let read = |file: &str| {
        std::fs::read_to_string(folder.join(file))
            .unwrap_or_else(|error| panic!("{}/{file}: {error}", folder.display()))
    };
    assert!(!read("README.md").is_empty());
    let given = Given::read(&read("given.csv"));
    let found = format!("{HEAD}{}", given.outcome(&read("set.toml")));
    let expected = read("expected.csv");
    (found != expected).then(|| format!("{}\n--- expected\n{expected}--- found\n{found}", folder.display()))
}

const HEAD: &str = "determinant,bucket,period,quantity,peak,intervals,exceptions\n";

/// A scenario as written.
struct Given {
    calendar: Calendar,
    zone: TimeZone,
    period: TimeRange,
    cuts: Vec<Timestamp>,
    events: Vec<TimeRange>,
    channels: Vec<Readings>,
    references: Vec<(String, Earlier, String, i64)>,
}

impl Given {
    fn read(text: &str) -> Self {
        let calendar = three_buckets();
        let zone = TimeZone::get(&calendar.zone).expect("zone");
        let mut given = Self {
            period: TimeRange { start: Timestamp::UNIX_EPOCH, end: Timestamp::UNIX_EPOCH },
            zone,
            calendar,
            cuts: Vec::new(),
            events: Vec::new(),
            channels: Vec::new(),
            references: Vec::new(),
        };
        for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
            let mut cells = line.splitn(3, ',');
            let [what, about, value] = std::array::from_fn(|_| cells.next().expect("three columns"));
            given.take(what, about, value);
        }
        given
    }

    fn take(&mut self, what: &str, about: &str, value: &str) {
        match what {
            "period" => {
                let (first, after) = value.split_once(" to ").expect("two dates");
                self.period = days(&self.calendar.zone, first, after);
            }
            "rate_change" => self.cuts.push(self.local(value)),
            "event" => {
                let (start, end) = value.split_once(" to ").expect("two times");
                self.events.push(TimeRange { start: self.local(start), end: self.local(end) });
            }
            "channel" => {
                let (unit, exponent) = value.split_once(' ').expect("unit and exponent");
                self.channels.push(Readings::of(about, unit, exponent.parse().expect("exponent")));
            }
            "values" => {
                let (start, rest) = value.split_once(" by ").expect("a start");
                let (seconds, cells) = rest.split_once(": ").expect("a length");
                let start = self.local(start);
                self.change(about, |channel| channel.run(start, seconds.parse().expect("seconds"), cells));
            }
            "register" => {
                let (head, reads) = value.split_once(": ").expect("reads");
                let [meter, "multiplier", multiplier, "dials", dials] = head.split_whitespace().collect::<Vec<_>>()[..]
                else {
                    panic!("`{head}` is no register")
                };
                let reads: Vec<String> = reads.split("; ").map(|read| self.utc_read(read)).collect();
                let dials = dials.parse().expect("dials");
                self.change(about, |channel| channel.register(meter, multiplier, dials, &reads.join(";")));
            }
            "last_year" => {
                let (quantity, days) = value.split_once(" in ").expect("quantity and days");
                let days: i64 = days.parse().expect("days");
                self.references.push((about.into(), Earlier::LastYear, quantity.into(), days * 86_400));
            }
            other => panic!("`{other}` is unknown"),
        }
    }

    fn change(&mut self, name: &str, change: impl FnOnce(Readings) -> Readings) {
        let at = self.channels.iter().position(|channel| channel.name == name).expect("a channel");
        let channel = self.channels.remove(at);
        self.channels.insert(at, change(channel));
    }

    /// `2026-03-01 00:00`, a time that the clock showed once.
    fn local(&self, text: &str) -> Timestamp {
        let clock: jiff::civil::DateTime = text.replace(' ', "T").parse().expect("a local time");
        clock.to_zoned(self.zone.clone()).expect("an instant").timestamp()
    }

    /// `2026-03-01 00:00 = 100.5` with the instant in UTC.
    fn utc_read(&self, read: &str) -> String {
        let (at, value) = read.split_once(" = ").expect("a read");
        format!("{} {value}", self.local(at))
    }

    fn outcome(&self, set: &str) -> String {
        let set = checked_set(set);
        let calendar = self.calendar.check().unwrap_or_else(|findings| panic!("{}", told(&findings)));
        let timeline = Timeline::of(&calendar, self.period)
            .and_then(|timeline| timeline.with_events("critical-peak", &self.events))
            .unwrap_or_else(|finding| panic!("{finding}"));
        let cycle = Cycle::new(Role::Repository, &set, &timeline, &self.cuts)
            .unwrap_or_else(|findings| panic!("{}", told(&findings)));
        let references: Vec<Reference<'_>> = self
            .references
            .iter()
            .map(|(determinant, of, quantity, seconds)| Reference {
                determinant,
                of: *of,
                quantity: quantity.parse().expect("decimal"),
                seconds: *seconds,
            })
            .collect();
        with_account(&self.channels, |account| {
            written(&cycle.determinants(&Account { references: &references, ..*account }), &self.zone)
        })
    }
}
