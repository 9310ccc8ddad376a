//! Every folder of `scenarios` is a business situation: README, `given.csv`, `expected.csv`.
//!
//! The default plan runs over the given day, and the whole outcome, written out, must be the expected
//! text. How the files are written is said in `scenarios/README.md`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::quality::Status;
use model::time::{LocalDay, TimeRange};
use vee::context::RegisterPair;
use vee::{Activity, ClockChange, Context, Day, Measured, Neighbour, Outcome, Plan, Total, Verdict, run};

use crate::notation::{Series, cell, checked, context, stamp};

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
    let (found, expected) = (given.outcome(), read("expected.csv"));
    (found != expected).then(|| format!("{}\n--- expected\n{expected}--- found\n{found}", folder.display()))
}

/// A scenario as written.
struct Given {
    zone: TimeZone,
    unit: String,
    exponent: i8,
    slot_seconds: u32,
    date: Date,
    days: Vec<(Date, Series)>,
    outages: Vec<(u16, u16)>,
    holidays: Vec<Date>,
    totals: Vec<(u16, u16, Measured)>,
    activity: Activity,
    zero_days_before: u16,
}

impl Given {
    fn read(text: &str) -> Self {
        let rows: Vec<[&str; 3]> = text.lines().skip(1).filter(|line| !line.is_empty()).map(columns).collect();
        let one = |what: &str| {
            let row = rows.iter().find(|row| row[0] == what);
            row.unwrap_or_else(|| panic!("given.csv has no `{what}`"))[2]
        };
        let all = |what: &'static str| rows.iter().filter(move |row| row[0] == what);
        let exponent = one("exponent").parse().expect("exponent");
        let mut days: Vec<(Date, Series)> =
            all("values").map(|row| (row[1].parse().expect("date"), Series::read(row[2], exponent))).collect();
        for row in all("status") {
            let (date, slots) = row[1].split_once(' ').unwrap_or((row[1], ""));
            let date: Date = date.parse().expect("date");
            let (_, series) = days.iter_mut().find(|(day, _)| *day == date).expect("values come before statuses");
            let (from, to) = if slots.is_empty() { (0, series.statuses.len() as u16) } else { span(slots) };
            for status in &mut series.statuses[usize::from(from)..usize::from(to)] {
                *status |= named(row[2]);
            }
        }
        Self {
            zone: TimeZone::get(one("zone")).expect("zone"),
            unit: one("unit").into(),
            exponent,
            slot_seconds: one("slot_seconds").parse().expect("seconds"),
            date: one("day").parse().expect("date"),
            days,
            outages: all("outage").map(|row| span(row[1])).collect(),
            holidays: all("holiday").map(|row| row[1].parse().expect("date")).collect(),
            totals: all("register").map(|row| register(row[1], row[2])).chain(all("amount").map(amount)).collect(),
            activity: if all("inactive").next().is_some() { Activity::Inactive } else { Activity::Active },
            zero_days_before: all("zero_days_before").next().map_or(0, |row| row[2].parse().expect("days")),
        }
    }

    fn outcome(&self) -> String {
        let days: Vec<Day<'_>> = self.days.iter().map(|(date, series)| self.day(*date, series)).collect();
        let at = |date: Option<Date>| days.iter().find(|day| Some(day.date) == date);
        let day = *at(Some(self.date)).expect("values of the day");
        let range = |from: u16, to: u16| {
            let instant =
                |slot: u16| day.start + jiff::SignedDuration::from_secs(i64::from(slot) * i64::from(self.slot_seconds));
            TimeRange { start: instant(from), end: instant(to) }
        };
        let total = |(from, to, measured): &(u16, u16, Measured)| Total {
            range: range(*from, *to),
            measured: measured.clone(),
            elsewhere: None,
        };
        let totals: Vec<Total> = self.totals.iter().map(total).collect();
        let outages: Vec<TimeRange> = self.outages.iter().map(|(from, to)| range(*from, *to)).collect();
        let context = Context {
            unit: &self.unit,
            activity: self.activity,
            before: at(self.date.yesterday().ok()).map(|day| Neighbour::before([day])),
            after: at(self.date.tomorrow().ok()).map(|day| Neighbour::after([day])),
            history: &days,
            holidays: &self.holidays,
            totals: &totals,
            outages: &outages,
            zero_days_before: self.zero_days_before,
            ..context(self.exponent)
        };
        written(&run(&day, &context, &checked(Plan::standard()), stamp()), self.exponent)
    }

    fn day<'a>(&self, date: Date, series: &'a Series) -> Day<'a> {
        let local = LocalDay::of(date, &self.zone).expect("a day");
        assert_eq!(local.slots(self.slot_seconds).map(usize::from), Some(series.values.len()), "{date}");
        Day {
            date,
            start: local.range.start,
            slot_seconds: self.slot_seconds,
            clock_change: ClockChange::of(local, &self.zone, self.slot_seconds),
            values: &series.values,
            statuses: &series.statuses,
        }
    }
}

fn columns(line: &str) -> [&str; 3] {
    let mut cells = line.splitn(3, ',');
    std::array::from_fn(|_| cells.next().unwrap_or_else(|| panic!("`{line}` needs three columns")))
}

/// `12..14`
fn span(text: &str) -> (u16, u16) {
    let (from, to) = text.split_once("..").unwrap_or_else(|| panic!("`{text}` is no span of slots"));
    (from.parse().expect("slot"), to.parse().expect("slot"))
}

fn named(words: &str) -> Status {
    let found = Status::NAMED.iter().find(|(_, word)| *word == words);
    found.unwrap_or_else(|| panic!("no status is called `{words}`")).0
}

/// `48210.0 to 48214.0; multiplier 1; dials 5; decimals 1`
fn register(slots: &str, text: &str) -> (u16, u16, Measured) {
    let words: Vec<&str> = text.split([' ', ';']).filter(|word| !word.is_empty()).collect();
    let [start, "to", end, "multiplier", multiplier, "dials", dials, "decimals", decimals] = words[..] else {
        panic!("`{text}` is no pair of register reads")
    };
    let pair = RegisterPair {
        start: start.parse().expect("read"),
        end: end.parse().expect("read"),
        multiplier: multiplier.parse().expect("multiplier"),
        dials: dials.parse().expect("dials"),
        decimals: decimals.parse().expect("decimals"),
    };
    let (from, to) = span(slots);
    (from, to, Measured::Register(pair))
}

fn amount(row: &[&str; 3]) -> (u16, u16, Measured) {
    let (from, to) = span(row[1]);
    (from, to, Measured::Amount(row[2].parse().expect("amount")))
}

/// The outcome, one decision a line.
fn written(outcome: &Outcome, exponent: i8) -> String {
    let mut text = String::from("what,about,detail\n");
    let joined = |status: Status| match status.words().collect::<Vec<_>>().join(" + ") {
        words if words.is_empty() => "measured".to_string(),
        words => words,
    };
    let day = &outcome.final_day;
    let mut line = |arguments: std::fmt::Arguments<'_>| writeln!(text, "{arguments}").expect("memory");
    line(format_args!("day,,{}", joined(day.status)));
    for result in &outcome.results {
        match result.verdict {
            Verdict::Passed => line(format_args!("rule,{},passed", result.rule)),
            Verdict::Failed => line(format_args!("rule,{},failed {} slots", result.rule, result.slots_failed)),
            Verdict::NotApplicable => line(format_args!("rule,{},not applicable: {}", result.rule, result.reason)),
        }
    }
    for failure in &day.failures {
        let blocks = if failure.blocks { "blocks" } else { "does not block" };
        line(format_args!("failure,{} {}..{} {blocks},{}", failure.rule, failure.from, failure.to, failure.evidence));
    }
    for done in &outcome.estimations {
        line(format_args!(
            "method,{} {}..{} filled {},{}",
            done.method, done.from, done.to, done.slots_filled, done.words
        ));
    }
    for value in &day.values {
        let method = if value.method.is_empty() { "-" } else { value.method.as_str() };
        line(format_args!("value,{} {} {method},{}", value.slot, cell(value.value, exponent), joined(value.status)));
    }
    text
}
