//! The published vectors of the estimation methods: one file each, all written alike.
//!
//! A case is some lines of `case,role,about,values`; what the roles mean is said in [`Case::read`]. The
//! interval is 240 minutes and the quantum 1 kWh unless the case says otherwise.

use jiff::Timestamp;
use jiff::civil::Date;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use vee::context::{AgreedValue, Companion, DayTemperature, Elsewhere, Origin, Profile, RegisterPair, Role, Sources};
use vee::estimators::ESTIMATORS;
use vee::{Activity, Context, Day, Measured, Outcome, Total, run};

use crate::notation::{Series, cell, context, final_values, plan_of_method, repository, stamp};

/// The file of every method beside E04 and E05, which have tests of their own.
const FILES: [&str; 20] = [
    "e01_check_meter",
    "e02_other_flows",
    "e03_scada",
    "e06_two_week_like_day",
    "e07_nearest_equivalent_day",
    "e08_multi_week_average",
    "e09_interval_averaging",
    "e10_proxy_day",
    "e11_profile",
    "e12_load_profiling_channel",
    "e13_average_daily_load",
    "e14_flat_from_register",
    "e16_zero_substitution",
    "e17_previous_year",
    "e18_agreed_value",
    "e19_gap_record",
    "e20_final_estimate",
    "e21_subtractive_adjustment",
    "e22_manual_override",
    "auto_automatic_choice",
];

#[test]
fn every_method_answers_as_calculated_by_hand() {
    // covers: E01, E02, E03, E06, E07, E08, E09, E10, E11, E12, E13, E14, E16, E17, E18, E19, E20, E21, E22
    let wrong: Vec<String> = FILES.iter().flat_map(|file| differences(file)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_method_has_a_golden_file() {
    for method in ESTIMATORS {
        let prefix = format!("{}_", method.id.to_lowercase());
        let covered =
            ["e04_", "e05_", "e15_"].contains(&prefix.as_str()) || FILES.iter().any(|file| file.starts_with(&prefix));
        assert!(covered, "{}", method.id);
    }
}

fn differences(file: &str) -> Vec<String> {
    let path = repository().join("docs/vee/golden").join(file).with_extension("csv");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let rows: Vec<[&str; 4]> = lines.skip(1).map(|line| columns(file, line)).collect();
    let (id, _) = file.split_once('_').expect("id and name");
    let id = if id == "auto" { id.to_string() } else { id.to_uppercase() };
    let cases = rows.chunk_by(|left, right| left[0] == right[0]);
    cases.flat_map(|rows| Case::read(rows).differences(&id, rows[0][0])).collect()
}

fn columns<'a>(file: &str, line: &'a str) -> [&'a str; 4] {
    let mut cells = line.splitn(4, ',');
    std::array::from_fn(|_| cells.next().unwrap_or_else(|| panic!("{file}: `{line}` needs four columns")))
}

/// A case as written.
struct Case<'a> {
    rows: &'a [[&'a str; 4]],
    date: Date,
    slot_seconds: u32,
    exponent: i8,
    target: Series,
    references: Vec<(Date, u32, Series)>,
    companions: Vec<(Role, &'a str, &'a str, i8, u32, Series)>,
    profile: Option<(i8, u32, Series)>,
}

fn slot_seconds(minutes: &str) -> u32 {
    60 * minutes.parse::<u32>().unwrap_or_else(|_| panic!("`{minutes}` are no minutes"))
}

impl<'a> Case<'a> {
    /// Roles: `target` (date, values), `interval` (minutes), `exponent`; `reference` (date and, where it
    /// differs, minutes); `check`, `scada`, `flow in`, `flow out`, `load profile` (`label unit exponent
    /// minutes`); `profile` (`exponent minutes`); `holiday` (date); `temperature` (date, tenths);
    /// `daily load`; `agreed`, `person` (`slot by`, `value reason`); `outage` (`from..to` in minutes);
    /// `register` (`from..to` in slots, what it counted and optionally `sum missing estimated` of other
    /// days); `inactive`; `setting` (name, text); `answer` (values, or statuses of a slot, or words).
    fn read(rows: &'a [[&'a str; 4]]) -> Self {
        let one = |role: &str| rows.iter().find(|row| row[1] == role);
        let all = |role: &'static str| rows.iter().filter(move |row| row[1] == role);
        let exponent = one("exponent").map_or(0, |row| row[3].parse().expect("exponent"));
        let seconds = one("interval").map_or(240 * 60, |row| slot_seconds(row[3]));
        let target = one("target").unwrap_or_else(|| panic!("{} has no target", rows[0][0]));
        let references = all("reference").map(|row| {
            let (date, minutes) = row[2].split_once(' ').unwrap_or((row[2], ""));
            let length = if minutes.is_empty() { seconds } else { slot_seconds(minutes) };
            (date.parse().expect("date"), length, Series::read(row[3], exponent))
        });
        let companions = rows.iter().filter_map(|row| {
            let role = match row[1] {
                "check" => Role::Check,
                "scada" => Role::Scada,
                "flow in" => Role::FlowIn,
                "flow out" => Role::FlowOut,
                "load profile" => Role::LoadProfile,
                _ => return None,
            };
            let words: Vec<&str> = row[2].split(' ').collect();
            let [label, unit, power, minutes] = words[..] else { panic!("{row:?}") };
            let power = power.parse().expect("exponent");
            Some((role, label, unit, power, slot_seconds(minutes), Series::read(row[3], power)))
        });
        let profile = one("profile").map(|row| {
            let (power, minutes) = row[2].split_once(' ').expect("exponent and minutes");
            let power = power.parse().expect("exponent");
            (power, slot_seconds(minutes), Series::read(row[3], power))
        });
        Self {
            rows,
            date: target[2].parse().expect("date"),
            slot_seconds: seconds,
            exponent,
            target: Series::read(target[3], exponent),
            references: references.collect(),
            companions: companions.collect(),
            profile,
        }
    }

    fn all(&self, role: &'static str) -> impl Iterator<Item = &'a [&'a str; 4]> {
        self.rows.iter().filter(move |row| row[1] == role)
    }

    fn day<'b>(&self, date: Date, slot_seconds: u32, series: &'b Series) -> Day<'b> {
        let start = date.at(6, 0, 0, 0).in_tz("UTC").expect("in range").timestamp();
        let (values, statuses) = (&series.values, &series.statuses);
        Day { date, start, slot_seconds, clock_change: None, values, statuses }
    }

    fn range(&self, span: &str, unit_seconds: u32) -> TimeRange {
        let (from, to) = span.split_once("..").unwrap_or_else(|| panic!("`{span}` is no span"));
        let start = self.date.at(6, 0, 0, 0).in_tz("UTC").expect("in range").timestamp();
        let instant = |count: &str| -> Timestamp {
            start + jiff::SignedDuration::from_secs(count.parse::<i64>().expect("number") * i64::from(unit_seconds))
        };
        TimeRange { start: instant(from), end: instant(to) }
    }

    fn totals(&self) -> Vec<Total> {
        let total = |row: &[&str; 4]| {
            let numbers: Vec<i64> = row[3].split(' ').map(|number| number.parse().expect("number")).collect();
            let pair = RegisterPair {
                start: Decimal::new(100, 0),
                end: Decimal::new(100 + numbers[0], 0),
                multiplier: Decimal::new(1, 0),
                dials: 5,
                decimals: 0,
            };
            let count = |at: usize| u32::try_from(numbers[at]).expect("a count");
            let elsewhere = (1 < numbers.len()).then(|| Elsewhere {
                sum: numbers[1].into(),
                missing: count(2),
                estimated: count(3),
            });
            Total { range: self.range(row[2], self.slot_seconds), measured: Measured::Register(pair), elsewhere }
        };
        self.all("register").map(total).collect()
    }

    fn agreed(&self) -> Vec<AgreedValue<'a>> {
        let decided = self.rows.iter().filter(|row| row[1] == "agreed" || row[1] == "person");
        let value = |row: &'a [&'a str; 4]| {
            let (slot, by) = row[2].split_once(' ').expect("slot and name");
            let (value, reason) = row[3].split_once(' ').expect("value and reason");
            let origin = if row[1] == "agreed" { Origin::Agreement } else { Origin::Person };
            let (slot, value) = (slot.parse().expect("slot"), value.parse().expect("value"));
            AgreedValue { slot, value, origin, by, reason }
        };
        decided.map(value).collect()
    }

    fn outcome(&self, id: &str) -> Outcome {
        let day = self.day(self.date, self.slot_seconds, &self.target);
        let history: Vec<Day<'_>> =
            self.references.iter().map(|(date, length, series)| self.day(*date, *length, series)).collect();
        let companion =
            |(role, label, unit, exponent, length, series): &'_ (Role, &'a str, &'a str, i8, u32, Series)| {
                (*role, *label, *unit, *exponent, *length, series.clone())
            };
        let series: Vec<_> = self.companions.iter().map(companion).collect();
        let companions: Vec<Companion<'_>> = series
            .iter()
            .map(|(role, label, unit, exponent, length, series)| Companion {
                role: *role,
                label,
                unit,
                exponent: *exponent,
                day: self.day(self.date, *length, series),
            })
            .collect();
        let date = |row: &[&str; 4]| row[2].parse::<Date>().expect("date");
        let holidays: Vec<Date> = self.all("holiday").map(date).collect();
        let degrees =
            |row: &[&str; 4]| DayTemperature { date: date(row), tenths_celsius: row[3].parse().expect("tenths") };
        let temperatures: Vec<DayTemperature> = self.all("temperature").map(degrees).collect();
        let (agreed, totals) = (self.agreed(), self.totals());
        let outages: Vec<TimeRange> = self.all("outage").map(|row| self.range(row[2], 60)).collect();
        let profile = self.profile.as_ref().map(|(exponent, length, series)| Profile {
            name: "H0",
            exponent: *exponent,
            day: self.day(self.date, *length, series),
        });
        let context = Context {
            history: &history,
            holidays: &holidays,
            totals: &totals,
            outages: &outages,
            companions: &companions,
            activity: if self.all("inactive").next().is_some() { Activity::Inactive } else { Activity::Active },
            sources: Sources {
                temperatures: &temperatures,
                profile,
                average_daily_load: self.all("daily load").next().map(|row| row[3].parse().expect("load")),
                agreed: &agreed,
                buckets: &[],
                without_calendar: None,
            },
            ..context(self.exponent)
        };
        let settings: Vec<(&str, &str)> = self.all("setting").map(|row| (row[2], row[3])).collect();
        run(&day, &context, &plan_of_method(id, &settings), stamp())
    }

    /// What came out that is not the answer.
    fn differences(&self, id: &str, case: &str) -> Vec<String> {
        let outcome = self.outcome(id);
        let day = self.day(self.date, self.slot_seconds, &self.target);
        let values = final_values(&day, &outcome);
        let values: Vec<String> = values.into_iter().map(|value| cell(value, self.exponent)).collect();
        let words: Vec<&str> = outcome.estimations.iter().map(|done| done.words.as_str()).collect();
        let status = |slot: &str| {
            let slot: u16 = slot.parse().expect("slot");
            let listed = outcome.final_day.values.iter().find(|listed| listed.slot == slot).expect("listed");
            format!("{} {}", listed.method, words_of(listed.status))
        };
        let answers = self.all("answer").filter_map(|row| {
            let found = match row[2] {
                "" => values.join(" "),
                "words" if words.iter().any(|words| words.contains(row[3])) => return None,
                "words" => words.join(" | "),
                slot => status(slot),
            };
            (found != row[3]).then(|| format!("{id}, {case}: {} expected `{}`, found `{found}`", row[2], row[3]))
        });
        answers.collect()
    }
}

fn words_of(status: Status) -> String {
    status.words().collect::<Vec<_>>().join(" + ")
}
