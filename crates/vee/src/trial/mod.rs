//! A plan tried on a series: what it would make of every value, and why. Nothing is stored.
//!
//! - [`read_series`], [`read_series_in`]: the series from the text of a CSV file, or every fault in it.
//! - [`trial()`]: judges the register reads, then runs the plan day by day; each day sees the days before it as they came out.
//! - [`explain_at`]: a formula at one interval of the series.

mod read;
mod reads;

use jiff::Timestamp;
use jiff::civil::Date;
use model::finding::{Finding, Severity};
use model::id::ChannelNumber;
use model::quality::Status;
use model::quality::validation::ValidationStatus;
use model::quantity::Decimal;
use model::time::{LocalDay, TimeRange};
use serde::Serialize;
use smol_str::SmolStr;

use crate::assumed_time::ends_assumed;
use crate::context::{
    Context, DaySummary, Device, Elsewhere, Measured, Neighbour, RegisterPair, Site, Sources, Total, overlap,
};
use crate::day::{ClockChange, Day, MISSING};
use crate::formula::{CountScope, Explanation, Formula, explain};
use crate::outcome::{Exception, Outcome, Queue, Validation, Verdict};
use crate::plan::{CheckedPlan, ExceptionSeverity};
use crate::register::{self, SpanRead, SpanSum, pieces, spans};
use crate::rules::Direction;
use crate::run::{Stamp, run};

pub use read::{Series, read_series, read_series_in};
pub use reads::{TrialRead, TrialReadMethod, TrialReadRule};

/// What a plan makes of a series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// The version of the plan.
    pub plan_version: u32,
    /// The unit of the values.
    pub unit: String,
    /// The length of an interval.
    pub interval_seconds: u32,
    /// What is worth knowing of the plan and the series.
    pub notes: Vec<Finding>,
    /// Every interval of the series in order of time.
    pub values: Vec<TrialValue>,
    /// Every register read of the series in order of time.
    pub reads: Vec<TrialRead>,
    /// What every rule said of every day.
    pub rules: Vec<TrialRule>,
    /// What every method did.
    pub methods: Vec<TrialMethod>,
    /// Every fault, in order of time.
    pub exceptions: Vec<TrialException>,
}

/// One interval and its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialValue {
    /// The begin of the interval.
    pub time: Timestamp,
    /// The value as given.
    pub raw: Option<String>,
    /// The value as it came out.
    #[serde(rename = "final")]
    pub last: Option<String>,
    /// The words of its statuses.
    pub statuses: Vec<&'static str>,
    /// Where it stands in validation.
    pub validation: ValidationStatus,
    /// The rules it failed.
    pub failed: Vec<FailedRule>,
    /// The method that made it; empty where it is as given.
    pub method: SmolStr,
    /// The hash of what the method used, in hexadecimal; empty where it is as given.
    pub inputs_hash: String,
}

/// A rule that a value failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedRule {
    /// The rule id.
    pub rule: SmolStr,
    /// On which data it ran.
    pub validation: Validation,
    /// What it says of the value.
    pub direction: Direction,
    /// One sentence with the numbers.
    pub evidence: String,
}

/// What a rule said of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialRule {
    /// The local date.
    pub date: Date,
    /// The rule id.
    pub rule: SmolStr,
    /// On which data it ran.
    pub validation: Validation,
    /// `passed`, `failed` or `not applicable`.
    pub verdict: &'static str,
    /// Why it does not apply; empty where it does.
    pub reason: String,
}

/// What a method did over a span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialMethod {
    /// The method id, or `scaling`.
    pub method: &'static str,
    /// The span.
    pub range: TimeRange,
    /// How many intervals got a value.
    pub filled: u16,
    /// What it used, or why it was not eligible.
    pub words: String,
}

/// An exception with its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialException {
    /// The rule id.
    pub rule: SmolStr,
    /// On which data it ran.
    pub validation: Validation,
    /// The span.
    pub range: TimeRange,
    /// Whether a person has to do something.
    pub queue: Queue,
    /// How much it matters.
    pub severity: ExceptionSeverity,
    /// What it says of the values.
    pub direction: Direction,
    /// One sentence with the numbers.
    pub evidence: String,
}

/// The values of a local day; the slots before `first` are not part of the series.
struct Sheet {
    local: LocalDay,
    clock_change: Option<ClockChange>,
    first: u16,
    values: Vec<i64>,
    statuses: Vec<Status>,
}

/// Runs a plan over a series, day by day in the zone of the series.
///
/// # Errors
/// Where the intervals do not fit the days of the zone.
pub fn trial(plan: &CheckedPlan, series: &Series) -> Result<Trial, Vec<Finding>> {
    let sheets = sheets(series)?;
    let mut trial = Trial {
        plan_version: plan.version,
        unit: series.unit.clone(),
        interval_seconds: series.interval_seconds,
        notes: [plan.notes(), &plan.apart_from(&series.unit)].concat(),
        values: Vec::new(),
        reads: Vec::new(),
        rules: Vec::new(),
        methods: Vec::new(),
        exceptions: Vec::new(),
    };
    if let Some(sheet) = sheets.first().filter(|sheet| 0 < sheet.first) {
        let message = format!("{} begins within its local day; what is before counts as missing", sheet.local.date);
        trial.notes.push(Finding::new(0, "time", "trial.part_of_day", message).with_severity(Severity::Note));
    }
    trial.notes.extend(plan.scales_by_buckets().then(without_buckets));
    // As where an installation has no calendar.
    let without_calendar = plan.scales_by_buckets().then_some(&[][..]);
    let sources = Sources { without_calendar, ..Sources::default() };
    let mut judged = reads::outcomes(plan, series, &[]);
    let totals: Vec<Total> = series.totals(&judged);
    let received: Vec<Day<'_>> = sheets.iter().map(|sheet| sheet.day(series)).collect();
    let summaries: Vec<DaySummary> = received.iter().map(DaySummary::of).collect();
    let mut decided: Vec<Sheet> = Vec::new();
    for (at, sheet) in sheets.iter().enumerate() {
        let history: Vec<Day<'_>> = decided.iter().map(|sheet| sheet.day(series)).collect();
        // What a series leaves out at its end is no fault of the day.
        let local_day = Some(sheet.local).filter(|local| local.range == received[at].whole());
        let site = Site { local_day, ..Site::default() };
        let device = Device { assumed_before: ends_assumed(history.iter().rev().copied()), ..Device::default() };
        let (summaries, history) = (&summaries[..at], history.as_slice());
        let day_before = at.checked_sub(1).map(|before| received[before]);
        let day_after = received.get(at + 1).copied();
        let known = Context { site, sources, device, summaries, history, day_before, day_after, ..of_series(series) };
        let outcome = outcome(plan, known, &received[at..], &totals);
        let last = sheet.decided(&outcome);
        trial.tell(series, sheet, &last, outcome);
        decided.push(last);
    }
    if judged.iter().any(|outcome| outcome.final_read.leans_on_others()) {
        judged = reads::outcomes(plan, series, &sums(series, &decided));
    }
    trial.reads = judged.iter().map(TrialRead::of).collect();
    trial.exceptions.extend(judged.iter().flat_map(reads::exceptions));
    trial.exceptions.sort_by_key(|exception| exception.range.start);
    Ok(trial)
}

/// The final intervals as methods for register reads see them.
fn sums(series: &Series, decided: &[Sheet]) -> Vec<SpanSum> {
    let given = reads::given(series);
    decided.iter().flat_map(|sheet| pieces(&sheet.day(series), &given, series.exponent.into())).collect()
}

/// Explains a formula at the interval of a series that holds an instant.
///
/// # Errors
/// Where the intervals do not fit the days of the zone, or no interval holds the instant.
pub fn explain_at(
    formula: &Formula,
    series: &Series,
    at: Timestamp,
    scope: CountScope,
) -> Result<Explanation, Vec<Finding>> {
    let sheets = sheets(series)?;
    let place = |sheet: &Sheet| {
        let day = sheet.day(series);
        (sheet.first..day.slots()).find(|slot| day.range(*slot, *slot + 1).contains(at))
    };
    let found = sheets.iter().find_map(|sheet| Some((sheet, place(sheet)?)));
    let Some((sheet, slot)) = found else {
        let message = format!("the series has no interval at {at}");
        return Err(vec![Finding::new(0, "time", "trial.no_interval", message)]);
    };
    let before = sheets.iter().filter(|other| other.local.date < sheet.local.date);
    let history: Vec<Day<'_>> = before.map(|sheet| sheet.day(series)).collect();
    let context = Context { history: &history, ..of_series(series) };
    Ok(explain(formula, &sheet.day(series), &context, slot, scope))
}

/// What is known of every day of a series.
fn of_series(series: &Series) -> Context<'_> {
    Context::of(ChannelNumber(0), &series.unit, series.exponent)
}

/// That a plan asks for what a series cannot hold.
fn without_buckets() -> Finding {
    let message = "the plan scales by time-of-use bucket, and a series has neither their registers nor a calendar: estimates are \
                   scaled by the column `register`, as where an installation has none; try the plan on stored days with \
                   `amity vee shadow`";
    Finding::new(0, "scaling", "trial.no_buckets", message).with_severity(Severity::Warning)
}

/// The outcome of the first of the `rest`, with what is `known` beside it; its history is that of the days as they came out.
fn outcome(plan: &CheckedPlan, known: Context<'_>, rest: &[Day<'_>], totals: &[Total]) -> Outcome {
    let (day, later, history) = (rest[0], &rest[1..], known.history);
    let whole = day.whole();
    // Totals follow each other in time.
    let first = totals.partition_point(|total| total.range.end <= whole.start);
    let touching = totals[first..].iter().take_while(|total| total.range.start < whole.end);
    let totals: Vec<Total> = touching.map(|total| of_day(total, whole, history, later)).collect();
    let context = Context {
        before: (!history.is_empty()).then(|| Neighbour::before(history.iter().rev())),
        after: (!later.is_empty()).then(|| Neighbour::after(later)),
        totals: &totals,
        ..known
    };
    // A trial shows what comes out once nothing waits any more.
    run(&day, &context, plan, Stamp { run: 1, now: Timestamp::MAX })
}

/// A total that touches the day, with what the other days hold of it.
fn of_day(total: &Total, whole: TimeRange, before: &[Day<'_>], after: &[Day<'_>]) -> Total {
    if whole.start <= total.range.start && total.range.end <= whole.end {
        return total.clone();
    }
    let mut elsewhere = Elsewhere::default();
    let touches = |other: &&Day<'_>| overlap(other.whole(), total.range).is_some();
    for other in before.iter().chain(after).filter(touches) {
        let inside = |slot: &u16| overlap(other.range(*slot, *slot + 1), total.range).is_some();
        for slot in (0..other.slots()).filter(inside) {
            elsewhere.estimated += u32::from(other.status(slot).contains(Status::ESTIMATED));
            match other.value(slot) {
                Some(value) => elsewhere.sum += i128::from(value),
                None => elsewhere.missing += 1,
            }
        }
    }
    Total { elsewhere: Some(elsewhere), ..total.clone() }
}

/// The series cut at local midnights.
fn sheets(series: &Series) -> Result<Vec<Sheet>, Vec<Finding>> {
    let mut sheets: Vec<Sheet> = Vec::new();
    let unfit = |time: Timestamp| {
        let message = format!("intervals of {} s do not fit the local day of {time}", series.interval_seconds);
        vec![Finding::new(0, "time", "trial.day", message)]
    };
    for (at, (value, status)) in series.values.iter().zip(&series.statuses).enumerate() {
        let time = series.time(at).ok_or_else(|| unfit(series.start))?;
        if sheets.last().is_none_or(|sheet| sheet.local.range.end <= time) {
            let local = LocalDay::containing(time, &series.zone).ok_or_else(|| unfit(time))?;
            let before = time.as_second() - local.range.start.as_second();
            let first = (before % i64::from(series.interval_seconds) == 0)
                .then(|| u16::try_from(before / i64::from(series.interval_seconds)).ok())
                .flatten()
                .filter(|_| local.slots(series.interval_seconds).is_some());
            let first = first.ok_or_else(|| unfit(time))?;
            let (values, statuses) = (vec![MISSING; first.into()], vec![Status::NONE; first.into()]);
            let clock_change = ClockChange::of(local, &series.zone, series.interval_seconds);
            sheets.push(Sheet { local, clock_change, first, values, statuses });
        }
        if let Some(sheet) = sheets.last_mut() {
            sheet.values.push(*value);
            sheet.statuses.push(*status);
        }
    }
    Ok(sheets)
}

impl Sheet {
    fn day<'s>(&'s self, series: &Series) -> Day<'s> {
        Day {
            date: self.local.date,
            start: self.local.range.start,
            slot_seconds: series.interval_seconds,
            clock_change: self.clock_change,
            values: &self.values,
            statuses: &self.statuses,
        }
    }

    /// The day as it came out.
    fn decided(&self, outcome: &Outcome) -> Self {
        let day = &outcome.final_day;
        let (mut values, mut statuses) = (self.values.clone(), self.statuses.clone());
        statuses.iter_mut().for_each(|status| *status |= day.status);
        for listed in &day.values {
            values[usize::from(listed.slot)] = listed.value.unwrap_or(MISSING);
            statuses[usize::from(listed.slot)] = listed.status;
        }
        Self { values, statuses, ..*self }
    }
}

impl Trial {
    fn tell(&mut self, series: &Series, sheet: &Sheet, last: &Sheet, outcome: Outcome) {
        let day = sheet.day(series);
        for at in usize::from(sheet.first)..sheet.values.len() {
            self.values.push(value(series, &day, at, last, &outcome));
        }
        let date = day.date;
        self.rules.extend(outcome.results.into_iter().map(|result| TrialRule {
            date,
            rule: result.rule,
            validation: result.validation,
            verdict: verdict(result.verdict),
            reason: result.reason.into(),
        }));
        self.methods.extend(outcome.estimations.into_iter().filter(|done| sheet.first < done.to).map(|done| {
            let range = day.range(done.from.max(sheet.first), done.to);
            TrialMethod { method: done.method, range, filled: done.slots_filled, words: done.words }
        }));
        self.exceptions.extend(outcome.exceptions.into_iter().filter(|fault| sheet.first < fault.to).map(|fault| {
            let Exception { rule, validation, queue, severity, direction, evidence, .. } = fault;
            let range = day.range(fault.from.max(sheet.first), fault.to);
            TrialException { rule, validation, range, queue, severity, direction, evidence }
        }));
    }
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::NotApplicable => "not applicable",
    }
}

fn value(series: &Series, day: &Day<'_>, at: usize, last: &Sheet, outcome: &Outcome) -> TrialValue {
    let written = |value: i64| (value != MISSING).then(|| series.written(value));
    let slot = u16::try_from(at).unwrap_or(u16::MAX);
    let listed = outcome.final_day.values.iter().find(|listed| listed.slot == slot && !listed.method.is_empty());
    let failed = outcome.exceptions.iter().filter(|fault| fault.from <= slot && slot < fault.to);
    let status = last.statuses[at];
    TrialValue {
        time: day.range(slot, slot).start,
        raw: written(day.values[at]),
        last: written(last.values[at]),
        statuses: status.words().collect(),
        validation: ValidationStatus::of(status),
        failed: failed
            .map(|fault| FailedRule {
                rule: fault.rule.clone(),
                validation: fault.validation,
                direction: fault.direction,
                evidence: fault.evidence.clone(),
            })
            .collect(),
        method: listed.map_or_else(SmolStr::default, |listed| listed.method.clone()),
        inputs_hash: listed.map_or_else(String::new, |listed| format!("{:016x}", listed.inputs_hash)),
    }
}

impl Series {
    /// A register pair for every span that the reads bound, as they were judged.
    fn totals(&self, judged: &[register::Outcome]) -> Vec<Total> {
        let read = |((_, value), outcome): (&(Timestamp, Decimal), &register::Outcome)| SpanRead {
            value: *value,
            counts: outcome.final_read.counts_as_received(),
            is_told: outcome.final_read.failed("V55"),
        };
        let reads: Vec<SpanRead> = self.registers.iter().zip(judged).map(read).collect();
        let total = |(from, to): (usize, usize)| Total {
            range: TimeRange { start: self.registers[from].0, end: self.registers[to].0 },
            measured: Measured::Register(RegisterPair {
                start: reads[from].value,
                end: reads[to].value,
                multiplier: self.multiplier,
                dials: self.dials,
                decimals: self.decimals(),
            }),
            elsewhere: None,
        };
        spans(&reads, self.dials).into_iter().map(total).collect()
    }
}

impl FailedRule {
    fn of(exception: TrialException) -> Self {
        let TrialException { rule, validation, direction, evidence, .. } = exception;
        Self { rule, validation, direction, evidence }
    }
}
