//! A plan tried on a series: what it would make of every value, and why. Nothing is stored.
//!
//! - [`read_series`], [`read_series_in`]: the series from the text of a CSV file, or every fault in it.
//! - [`trial()`]: judges the register reads, then runs the plan over the days, as an installation does that received the
//!   series and knows nothing else: the same [`ChannelDays`](crate::channel::ChannelDays) and [`ReadSeries`](register::ReadSeries).
//! - [`explain_at`]: a formula at one interval of the series.

mod read;
mod reads;
mod sheet;

use jiff::Timestamp;
use jiff::civil::Date;
use model::finding::{Finding, Severity};
use model::id::ChannelNumber;
use model::quality::validation::ValidationStatus;
use model::quantity::Decimal;
use model::time::TimeRange;
use serde::Serialize;
use smol_str::SmolStr;

use crate::context::{Context, Measured, RegisterPair, Total};
use crate::day::Day;
use crate::formula::{CountScope, Explanation, Formula, explain};
use crate::outcome::{Exception, Outcome, Queue, Validation, Verdict};
use crate::plan::{CheckedPlan, ExceptionSeverity};
use crate::register::{self, SpanRead, SpanSum, pieces, spans};
use crate::rules::Direction;

use sheet::{Sheet, channel_days, sheets};

pub use read::{Series, read_series, read_series_in};
pub use reads::{TrialRead, TrialReadMethod, TrialReadRule};

/// The channel that a series is taken for.
const CHANNEL: ChannelNumber = ChannelNumber(0);

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

/// Runs a plan over a series in local days of its zone. What comes out is what an installation keeps of it once no register waits
/// any more; of a day on which it would run nothing, every value stands as received.
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
    if let Some(sheet) = sheets.first().filter(|sheet| 0 < sheet.slots().start) {
        let message = format!("{} begins within its local day; nothing is expected before", sheet.date());
        trial.notes.push(Finding::new(0, "time", "trial.part_of_day", message).with_severity(Severity::Note));
    }
    trial.notes.extend(plan.scales_by_buckets().then(without_buckets));
    let mut judged = reads::outcomes(plan, series, &[]);
    let days = channel_days(plan, series, &sheets, series.totals(&judged));
    let mut decided = Vec::with_capacity(sheets.len());
    for sheet in &sheets {
        let outcome = sheet.outcome(&days);
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
    decided.iter().flat_map(|sheet| pieces(&sheet.day(), &given, series.exponent.into())).collect()
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
        let day = sheet.day();
        sheet.slots().find(|slot| day.range(*slot, *slot + 1).contains(at))
    };
    let found = sheets.iter().find_map(|sheet| Some((sheet, place(sheet)?)));
    let Some((sheet, slot)) = found else {
        let message = format!("the series has no interval at {at}");
        return Err(vec![Finding::new(0, "time", "trial.no_interval", message)]);
    };
    let before = sheets.iter().filter(|other| other.date() < sheet.date());
    let history: Vec<Day<'_>> = before.map(Sheet::day).collect();
    let context = Context { history: &history, ..of_series(series) };
    Ok(explain(formula, &sheet.day(), &context, slot, scope))
}

/// What is known of every day of a series.
fn of_series(series: &Series) -> Context<'_> {
    Context::of(CHANNEL, &series.unit, series.exponent)
}

/// That a plan asks for what a series cannot hold.
fn without_buckets() -> Finding {
    let message = "the plan scales by time-of-use bucket, and a series has neither their registers nor a calendar: estimates are \
                   scaled by the column `register`, as where an installation has none; try the plan on stored days with \
                   `amity vee shadow`";
    Finding::new(0, "scaling", "trial.no_buckets", message).with_severity(Severity::Warning)
}

impl Trial {
    fn tell(&mut self, series: &Series, sheet: &Sheet, last: &Sheet, outcome: Outcome) {
        let day = sheet.day();
        self.values.extend(sheet.slots().map(|slot| value(series, &day, slot, last, &outcome)));
        let date = day.date;
        self.rules.extend(outcome.results.into_iter().map(|result| TrialRule {
            date,
            rule: result.rule,
            validation: result.validation,
            verdict: verdict(result.verdict),
            reason: result.reason.into(),
        }));
        self.methods.extend(outcome.estimations.into_iter().filter_map(|done| {
            let range = sheet.range(done.from, done.to)?;
            Some(TrialMethod { method: done.method, range, filled: done.slots_filled, words: done.words })
        }));
        self.exceptions.extend(outcome.exceptions.into_iter().filter_map(|fault| {
            let Exception { rule, validation, queue, severity, direction, evidence, .. } = fault;
            let range = sheet.range(fault.from, fault.to)?;
            Some(TrialException { rule, validation, range, queue, severity, direction, evidence })
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

fn value(series: &Series, day: &Day<'_>, slot: u16, last: &Sheet, outcome: &Outcome) -> TrialValue {
    let (last, written) = (last.day(), |value: i64| series.written(value));
    let listed = outcome.final_day.values.iter().find(|listed| listed.slot == slot && !listed.method.is_empty());
    let failed = outcome.exceptions.iter().filter(|fault| fault.from <= slot && slot < fault.to);
    let status = last.status(slot);
    TrialValue {
        time: day.range(slot, slot).start,
        raw: day.value(slot).map(written),
        last: last.value(slot).map(written),
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
