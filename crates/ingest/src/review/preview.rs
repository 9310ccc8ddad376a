//! The preview of the editor: what every method would write over a span, with its total and the register under it.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use model::lineage::{FinalDay, RuleFailure};
use model::master::Channel;
use model::quality::Status;
use model::review::{AskPreview, MethodPreview, Preview, RegisterPreview};
use model::time::LocalDay;
use store::readings::NO_VALUE;
use vee::estimators::{ESTIMATORS, Estimator};
use vee::plan::needs::Outlook;
use vee::plan::{EstimatorEntry, OnFailure, RuleEntry};
use vee::sum_check::measured_quantity;
use vee::{CheckedPlan, Plan, Stamp, Total};

use super::check::{shortest, under};
use super::words::{Clock, local, sum, value};
use super::{Refusal, Review, ReviewError};
use crate::validation::full_day::FullDay;
use crate::validation::surroundings::{Asked, Surroundings};

const DAY_SECONDS: i64 = 86_400;
/// Methods whose values somebody stated; no register changes them.
const STATED: [&str; 4] = ["E15", "E16", "E18", "E22"];

impl Review {
    /// What every method would write over `[from, to)` of a channel.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where the span is empty, too long, or does not begin and end with an interval.
    pub fn preview(&self, asked: &AskPreview, now: Timestamp) -> Result<Preview, ReviewError> {
        let directory = self.directory()?;
        let channel = self.channel(&directory, &asked.channel)?;
        let (clock, pieces) = pieces(&channel, asked, self.policy.manual_span_days_max)?;
        let mut spans = Vec::new();
        let plans = self.plans()?;
        let of_channel = plans.of_channel(&directory, &channel);
        let looks = any_method(pieces.iter().filter_map(|(day, ..)| of_channel.on(day.date).ok()));
        let asked_of = Asked::AnyMethod(&looks);
        let far = jiff::Span::new().days(looks.outcome_days());
        let within = |date: Date| [date.saturating_sub(far), date.saturating_add(far)];
        let dates = pieces.iter().flat_map(|(day, ..)| within(day.date)).map(|date| (channel.number, date)).collect();
        let decisions = self.decisions(&dates)?;
        for (day, from, to) in pieces {
            let plan = of_channel.on(day.date).map_err(|none| Refusal::Conflict(none.to_string()))?;
            let found = Surroundings::of(&self.readings, &directory, &channel, day.date, &plans, &decisions, asked_of)?;
            let Some(surroundings) = found else {
                let detail = format!("nothing arrived of `{}` on {}", channel.label, day.date);
                return Err(Refusal::Invalid { field: "from", detail }.into());
            };
            let final_day = self.readings.final_day(channel.number, day.date, store::readings::AsOf::Now)?;
            let mut now = surroundings.day().clone();
            if let Some(final_day) = &final_day {
                now.lay_over(final_day);
                judge_day_again(&mut now, final_day, &surroundings.day().statuses);
            }
            let to = to.min(u16::try_from(now.values.len()).unwrap_or(u16::MAX));
            spans.push(Span { surroundings, plan, now, from, to });
        }
        let stamp = Stamp { run: 0, now };
        let methods = spans.first().map(|first| in_order(first.plan)).unwrap_or_default().into_iter();
        let tried: Vec<Tried> = methods.map(|method| tried(method, &spans, stamp)).collect();
        let shift = self.shift(&channel, &clock, asked)?;
        Ok(Preview { shift, ..answer(&channel, &clock, asked, &spans, &tried) })
    }
}

/// Slots of one day of the span.
struct Span<'s> {
    surroundings: Surroundings<'s>,
    /// The plan of the day.
    plan: &'s CheckedPlan,
    /// The day as it counts now.
    now: FullDay,
    from: u16,
    to: u16,
}

impl Span<'_> {
    fn slots(&self) -> std::ops::Range<usize> {
        usize::from(self.from)..usize::from(self.to)
    }

    /// The day with these values in the span; what the meter said of its clock stays, for methods that look for it.
    fn with(&self, values: &[i64]) -> FullDay {
        let mut day = self.now.clone();
        for (at, value) in self.slots().zip(values) {
            (day.values[at], day.statuses[at]) = (*value, Status(day.statuses[at].0 & Status::ASSUMED_TIME.0));
        }
        day
    }
}

/// What one method gives.
struct Tried {
    method: &'static Estimator,
    words: String,
    /// One list for each day of the span.
    values: Vec<Vec<i64>>,
}

impl Tried {
    fn is_eligible(&self) -> bool {
        !self.values.iter().flatten().any(|value| *value == NO_VALUE)
    }
}

type Pieces = Vec<(LocalDay, u16, u16)>;

/// The local days of the span with their slots.
fn pieces(channel: &Channel, asked: &AskPreview, days_max: NonZeroU16) -> Result<(Clock, Pieces), Refusal> {
    let invalid = |field, detail: String| Refusal::Invalid { field, detail };
    let clock = Clock::of(channel)
        .ok_or_else(|| invalid("channel", format!("`{}` has register reads, not intervals", channel.label)))?;
    let seconds = asked.to.as_second() - asked.from.as_second();
    if seconds <= 0 || i64::from(days_max.get()) * DAY_SECONDS < seconds {
        return Err(invalid(
            "to",
            format!(
                "expected an instant up to {days_max} days after `from` (review.manual_span_days_max), found {}",
                asked.to
            ),
        ));
    }
    let edge = |field, at: Timestamp| {
        clock.slot(at).ok_or_else(|| invalid(field, format!("no interval of `{}` begins at {at}", channel.label)))
    };
    edge("to", asked.to)?;
    let mut pieces = Vec::new();
    let mut at = asked.from;
    while at < asked.to {
        let (day, from) = edge("from", at)?;
        let end = day.range.end.min(asked.to);
        // The last slot that begins before the end of the piece, and one more.
        let before = end.checked_sub(SignedDuration::from_secs(1)).unwrap_or(end);
        let seconds = i64::from(channel.interval_seconds.unwrap_or(1));
        let last = (before.as_second() - day.range.start.as_second()) / seconds;
        pieces.push((day, from, u16::try_from(last + 1).unwrap_or(u16::MAX)));
        at = day.range.end;
    }
    Ok((clock, pieces))
}

/// Takes away what rules said of the whole day, such as a sum that misses the register: new values answer to it anew.
/// What a rule said of single slots, or the source of a value, stays.
fn judge_day_again(day: &mut FullDay, final_day: &FinalDay, received: &[Status]) {
    let length = day.statuses.len();
    let of_slots = |failure: &&RuleFailure| 0 < failure.from || usize::from(failure.to) < length;
    let of_slots: Vec<_> = final_day.failures.iter().filter(of_slots).collect();
    for ((slot, status), received) in (0..).zip(&mut day.statuses).zip(received) {
        let still = of_slots.iter().any(|failure| failure.from <= slot && slot < failure.to);
        if !still && !received.contains(Status::FAILED) {
            *status = status.without(Status::FAILED);
        }
    }
}

/// The methods as people are shown them: those of the plan in its order, then the others by id.
fn in_order(plan: &CheckedPlan) -> Vec<&'static Estimator> {
    let planned = plan.methods();
    let place = |id: &str| planned.iter().position(|entry| entry.method == id).unwrap_or(planned.len());
    let mut methods = ESTIMATORS.to_vec();
    methods.sort_by_key(|method| (place(method.id), method.id));
    methods
}

fn tried(method: &'static Estimator, spans: &[Span<'_>], stamp: Stamp) -> Tried {
    let mut words: Vec<String> = Vec::new();
    let mut values = Vec::new();
    for span in spans {
        let gap = span.with(&vec![NO_VALUE; span.slots().len()]);
        let Ok(alone) = only(method, span.plan) else { continue };
        let Some(outcome) = span.surroundings.outcome_over(gap.clone(), &alone, stamp) else { continue };
        let mut filled = gap;
        filled.lay_over(&outcome.final_day);
        values.push(filled.values[span.slots()].to_vec());
        let touches = |from: u16, to: u16| from < span.to && span.from < to;
        for told in outcome.estimations.into_iter().filter(|told| touches(told.from, told.to)) {
            if !words.contains(&told.words) {
                words.push(told.words);
            }
        }
    }
    Tried { method, words: words.join("; "), values }
}

/// How far the methods look that are tried, each as these plans set it.
fn any_method<'p>(plans: impl Iterator<Item = &'p CheckedPlan>) -> Outlook {
    let alone = plans.flat_map(|plan| ESTIMATORS.iter().filter_map(|method| only(method, plan).ok()));
    Outlook::of(&alone.collect::<Vec<_>>())
}

/// A plan that fills gaps of any length with one method, as `plan` sets it, meets registers as that does, and judges
/// nothing.
fn only(method: &Estimator, plan: &CheckedPlan) -> Result<CheckedPlan, Vec<model::finding::Finding>> {
    let gaps = RuleEntry {
        settings: BTreeMap::from([("auto_fill_longest".into(), "400 days".into())]),
        ..RuleEntry::new("V30", OnFailure::Estimate)
    };
    let planned = plan.methods().iter().find(|entry| entry.method == method.id).cloned();
    let mut entry = planned.unwrap_or_else(|| EstimatorEntry::new(method.id));
    entry.exclude_from_scaling |= STATED.contains(&method.id);
    let alone = Plan {
        name: "preview".into(),
        version: 1,
        scaling: plan.scaling(),
        scaling_limits: plan.scaling_limits().clone(),
        validate: vec![gaps],
        estimate: vec![entry],
        ..Plan::standard()
    };
    alone.check()
}

fn answer(channel: &Channel, clock: &Clock, asked: &AskPreview, spans: &[Span<'_>], tried: &[Tried]) -> Preview {
    let quantum = channel.quantum;
    let slots = || spans.iter().flat_map(|span| (span.from..span.to).map(move |slot| (span, slot)));
    Preview {
        channel: channel.number.0,
        label: channel.label.to_string(),
        unit: channel.unit.to_string(),
        from: local(asked.from, clock.zone()),
        to: local(asked.to, clock.zone()),
        starts: slots().filter_map(|(span, slot)| clock.words(span.now.date, slot)).collect(),
        now: slots().map(|(span, slot)| value(span.now.values[usize::from(slot)], quantum)).collect(),
        methods: tried.iter().map(|tried| method_preview(tried, quantum)).collect(),
        shift: None,
        register: match spans {
            [span] => {
                shortest(span.surroundings.totals()).and_then(|total| register(total, span, tried, clock, quantum))
            }
            // Registers under several edited days would need all of them summed together.
            _ => None,
        },
    }
}

fn method_preview(tried: &Tried, quantum: i8) -> MethodPreview {
    let values = || tried.values.iter().flatten().copied();
    MethodPreview {
        method: tried.method.id,
        name: tried.method.name,
        eligible: tried.is_eligible(),
        words: tried.words.clone(),
        values: values().map(|quanta| value(quanta, quantum)).collect(),
        total: sum(values().filter(|value| *value != NO_VALUE).map(i128::from).sum(), quantum),
    }
}

fn register(total: &Total, span: &Span<'_>, tried: &[Tried], clock: &Clock, quantum: i8) -> Option<RegisterPreview> {
    let measured = measured_quantity(&total.measured).ok()?;
    let words = |day: &FullDay| under(total, day, quantum).map(|sum| sum.to_string());
    let eligible = tried.iter().filter(|tried| tried.is_eligible());
    Some(RegisterPreview {
        start: local(total.range.start, clock.zone()),
        end: local(total.range.end, clock.zone()),
        measured: measured.to_string(),
        sum_now: words(&span.now),
        by_method: eligible.map(|tried| (tried.method.id, words(&span.with(&tried.values[0])))).collect(),
    })
}
