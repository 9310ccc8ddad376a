//! How the tests write registers. A moment is `2026-01-14` or `2026-01-14T00:05`, local; things of a
//! list are separated by `;`.
//!
//! - setups: `x40 5.1` (multiplier, dials and decimals, for ever), or `2026-01-14 x40 5.1 critical closing
//!   99.0 opening 0.0`;
//! - reads: `2026-01-14 100.0`, or `2026-01-01..2026-02-01 300` for a period; `e` after a value: estimated;
//! - sums: `2026-01-14..2026-01-15 24.0`, then `missing 2` or `estimated 3`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::id::ChannelNumber;
use model::quality::Status;
use model::quantity::Decimal;
use model::time::TimeRange;
use smol_str::SmolStr;
use vee::amount::Amount;
use vee::context::DayTemperature;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry};
use vee::register::{
    Change, CheckedRegisterPlan, Kind, Outcome, Read, RegisterPlan, Setup, SpanSum, Surroundings, TouRead, run,
};

use crate::golden::Row;
use crate::notation::stamp;

/// A read with everything around it.
#[derive(Clone, Debug)]
pub struct Situation {
    pub zone: TimeZone,
    pub kind: Kind,
    pub read: Read,
    pub setups: Vec<Setup>,
    pub reads: Vec<Read>,
    pub interval_sums: Vec<SpanSum>,
    pub profile_sums: Vec<SpanSum>,
    pub time_of_use: Vec<(String, Option<Decimal>, Option<Decimal>)>,
    pub stated_multiplier: Option<Decimal>,
    pub demand_resets: Option<(u32, u32)>,
    pub daily_trend: Option<Decimal>,
    pub temperatures: Vec<DayTemperature>,
}

impl Situation {
    /// Reads the columns of a row; a column that is not there is empty.
    pub fn of(row: &Row<'_>) -> Self {
        let text = |column| row.find(column).unwrap_or("");
        let zone = TimeZone::get(row.find("zone").unwrap_or("UTC")).expect("bundled zone");
        let kind = match text("kind") {
            "" | "counter" => Kind::Counter,
            "amount" => Kind::Amount,
            "demand" => Kind::Demand,
            other => panic!("kind `{other}`"),
        };
        let value = if text("value").is_empty() { "_" } else { text("value") };
        Self {
            kind,
            read: read(&format!("{} {value}", text("at")), &zone),
            setups: list(text("setups"), |part| setup(part, &zone)),
            reads: list(text("reads"), |part| read(part, &zone)),
            interval_sums: list(text("sums"), |part| sum(part, &zone)),
            profile_sums: list(text("profile"), |part| sum(part, &zone)),
            time_of_use: list(text("tou"), time_of_use),
            stated_multiplier: some(text("stated")).map(decimal),
            demand_resets: some(text("resets")).map(|text| {
                let (now, before) = text.split_once(" after ").expect("resets `6 after 5`");
                (now.parse().expect("count"), before.parse().expect("count"))
            }),
            daily_trend: some(text("trend")).map(decimal),
            temperatures: list(text("temperatures"), |part| {
                let (date, degrees) = part.split_once(' ').expect("`date degrees`");
                let tenths_celsius = i32::try_from(decimal(degrees).rescaled(-1).expect("tenths")).expect("small");
                DayTemperature { date: date.parse().expect("date"), tenths_celsius }
            }),
            zone,
        }
    }

    pub fn run(&self, plan: &CheckedRegisterPlan) -> Outcome {
        let time_of_use: Vec<TouRead<'_>> =
            self.time_of_use.iter().map(|(label, before, now)| TouRead { label, now: *now, before: *before }).collect();
        let around = Surroundings {
            kind: self.kind,
            setups: &self.setups,
            reads: &self.reads,
            interval_sums: &self.interval_sums,
            profile_sums: &self.profile_sums,
            time_of_use: &time_of_use,
            stated_multiplier: self.stated_multiplier,
            demand_resets: self.demand_resets,
            daily_trend: self.daily_trend,
            temperatures: &self.temperatures,
            ..Surroundings::of(ChannelNumber(7), "kWh", &self.zone)
        };
        run(&self.read, &around, plan, stamp())
    }
}

/// A plan of one rule.
pub fn plan_of_rule(rule: &str, on_failure: OnFailure, settings: &str) -> CheckedRegisterPlan {
    let entry = RuleEntry { settings: settings_of(settings), ..RuleEntry::new(rule, on_failure) };
    checked(RegisterPlan { validate: vec![entry], estimate: vec![] })
}

/// A plan of one method.
pub fn plan_of_method(method: &str, settings: &str) -> CheckedRegisterPlan {
    let settings = settings_of(settings);
    let entry = EstimatorEntry { settings, ..EstimatorEntry::new(method) };
    checked(RegisterPlan { validate: vec![], estimate: vec![entry] })
}

#[track_caller]
pub fn checked(plan: RegisterPlan) -> CheckedRegisterPlan {
    plan.check("register", 1).unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// `name=text; name=text`.
pub fn settings_of(text: &str) -> std::collections::BTreeMap<SmolStr, SmolStr> {
    let pair = |part: &str| part.split_once('=').map(|(name, text)| (name.into(), text.into()));
    list(text, |part| pair(part).expect("`name=text`")).into_iter().collect()
}

pub fn list<T>(text: &str, read: impl Fn(&str) -> T) -> Vec<T> {
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(read).collect()
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

/// A local moment.
pub fn moment(text: &str, zone: &TimeZone) -> Timestamp {
    let text = if text.contains('T') { text.to_string() } else { format!("{text}T00:00") };
    let civil: DateTime = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    civil.to_zoned(zone.clone()).expect("in range").timestamp()
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn range(text: &str, zone: &TimeZone) -> TimeRange {
    let (start, end) = text.split_once("..").unwrap_or_else(|| panic!("`{text}` is no span"));
    TimeRange { start: moment(start, zone), end: moment(end, zone) }
}

fn read(text: &str, zone: &TimeZone) -> Read {
    let (when, value) = text.split_once(' ').unwrap_or_else(|| panic!("`{text}` is no read"));
    let (value, status) = match value.strip_suffix('e') {
        Some(value) => (value, Status::ESTIMATED),
        None => (value, Status::NONE),
    };
    let value = Some(value).filter(|value| *value != "_").map(decimal);
    match when.contains("..") {
        true => {
            let TimeRange { start, end } = range(when, zone);
            Read { at: end, period_start: Some(start), value, status }
        }
        false => Read { at: moment(when, zone), period_start: None, value, status },
    }
}

fn setup(text: &str, zone: &TimeZone) -> Setup {
    let mut words = text.split(' ').peekable();
    let from = words.next_if(|word| !word.starts_with('x')).map_or(Timestamp::MIN, |from| moment(from, zone));
    let multiplier = decimal(words.next().and_then(|word| word.strip_prefix('x')).expect("`x40`"));
    let (dials, decimals) = words.next().and_then(|word| word.split_once('.')).expect("`5.1`");
    let mut setup = Setup {
        from,
        multiplier,
        dials: dials.parse().expect("dials"),
        decimals: decimals.parse().expect("decimals"),
        closing: None,
        opening: None,
        change: Change::Minor,
    };
    while let Some(word) = words.next() {
        match word {
            "critical" => setup.change = Change::Critical,
            "closing" => setup.closing = words.next().map(decimal),
            "opening" => setup.opening = words.next().map(decimal),
            other => panic!("setup word `{other}`"),
        }
    }
    setup
}

fn sum(text: &str, zone: &TimeZone) -> SpanSum {
    let words: Vec<&str> = text.split(' ').collect();
    let count = |name: &str| match words.iter().position(|word| *word == name) {
        Some(at) => words[at + 1].parse().expect("count"),
        None => 0,
    };
    SpanSum {
        range: range(words[0], zone),
        sum: Amount::from(decimal(words[1])),
        missing: count("missing"),
        estimated: count("estimated"),
    }
}

fn time_of_use(text: &str) -> (String, Option<Decimal>, Option<Decimal>) {
    let (label, reads) = text.split_once(' ').expect("`T1 10.0 to 12.0`");
    let (before, now) = reads.split_once(" to ").expect("`10.0 to 12.0`");
    let read = |text: &str| Some(text).filter(|text| *text != "_").map(decimal);
    (label.into(), read(before), read(now))
}
