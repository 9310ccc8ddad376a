//! Items 5 to 8: the collection of the day, and the accuracy, precision and time of what came.

use store::registry::attempt::{Attempt, AttemptOutcome};
use store::registry::hand_over::Answered;

use super::super::report::{ChannelMiss, Verdict};
use super::signs::Signs;
use super::{Asked, Evidence, Item, ItemVerdict, Row};

/// A share that must agree, in per mille (Ontario 2.3.2: 99.9 %).
const ACCURATE_PER_MILLE: u64 = 999;

/// The collection against its deadline, every reading that did not count, and every attempt that failed.
pub(super) fn collected(asked: Asked<'_>, evidence: &Evidence) -> Item {
    let mut item = Item::new(5, "Collection and transmission, and attempts that failed");
    let report = asked.report;
    item.figure("readings expected", report.total.expected);
    item.figure("in time", report.total.in_time);
    item.figure("late", report.total.late);
    item.figure("estimated by their source", report.total.estimated);
    item.figure("missing", report.total.missing);
    for cause in &report.reasons {
        item.figure(cause.reason.words(), format!("{} of {} components", cause.readings, cause.components));
    }
    let failed: Vec<&Attempt> = failed(&evidence.attempts).collect();
    item.figure("attempts that failed", failed.iter().map(|attempt| attempt.attempts).sum::<u64>());
    for attempt in failed {
        item.row(of_attempt(asked, evidence, attempt));
    }
    handed_over(asked, evidence, &mut item);
    for ChannelMiss { component, channel, zone, miss, .. } in &report.misses {
        let words = format!("{channel}: {} readings, {}", miss.readings, miss.reason.words());
        item.row(Row::new(component.clone(), zone.clone(), words).since(miss.from).until(miss.to));
    }
    item.with(match report.verdict {
        _ if report.zones.is_empty() => ItemVerdict::Nothing,
        Verdict::Met => ItemVerdict::Met,
        Verdict::Open => ItemVerdict::Open,
        Verdict::NotMet => ItemVerdict::NotMet,
    })
}

/// Attempts that brought nothing because something went wrong, or because the head-end asked to wait.
fn failed(attempts: &[Attempt]) -> impl Iterator<Item = &Attempt> {
    attempts.iter().filter(|attempt| attempt.outcome != AttemptOutcome::Answered)
}

/// An attempt that failed, with what became of it.
fn of_attempt(asked: Asked<'_>, evidence: &Evidence, attempt: &Attempt) -> Row {
    let answered = |other: &&Attempt| {
        other.head_end == attempt.head_end
            && other.outcome == AttemptOutcome::Answered
            && attempt.last_at <= other.last_at
    };
    let answers = evidence.attempts.iter().chain(&evidence.last_attempts);
    let then = answers.filter(answered).map(|other| other.first_at.max(attempt.last_at)).min();
    let status = match then {
        Some(at) => format!("it answered again at {}", at.strftime("%F %R UTC")),
        None => "it did not answer since".to_owned(),
    };
    let outcome = match attempt.outcome {
        AttemptOutcome::Answered => "answered",
        AttemptOutcome::NotUsable => "gave what cannot be used, which waits in quarantine",
        AttemptOutcome::Waiting => "asked to wait",
        AttemptOutcome::Down => "could not be reached",
        AttemptOutcome::Refused => "refused",
        AttemptOutcome::NotStored => "gave what could not be stored",
    };
    let why = if attempt.why.is_empty() { String::new() } else { format!(" ({})", attempt.why) };
    let words = format!("{} attempts: {outcome}{why}; {status}", attempt.attempts);
    Row::new(attempt.head_end.as_str(), asked.zone, words).since(attempt.first_at).until(attempt.last_at)
}

/// What the repository was given of the day.
fn handed_over(asked: Asked<'_>, evidence: &Evidence, item: &mut Item) {
    let files = &evidence.reads_handed_over;
    if files.is_empty() {
        item.figure("handed over to the repository", "nothing yet");
        return;
    }
    item.figure("handed over to the repository", files.iter().map(|file| file.entries).sum::<u64>());
    for file in files {
        let words = match &file.answer {
            None => "handed over and not acknowledged".to_owned(),
            Some(answer) if answer.answered == Answered::Refused => {
                format!("refused by the repository: {}", answer.why)
            }
            Some(_) => continue,
        };
        item.row(Row::new(file.name.as_str(), asked.zone, words).since(file.made_at));
    }
}

/// Whether reads and intervals agree (decision O-04: what the receiving side alone can tell).
pub(super) fn accurate(signs: &Signs) -> Item {
    let mut item = Item::new(6, "Accuracy of the reads received");
    let (compared, rows) = &signs.accuracy;
    let agree = compared.saturating_sub(rows.len() as u64);
    item.figure("comparisons of registers and intervals", compared);
    item.figure("that agree", agree);
    rows.iter().for_each(|row| item.row(row.clone()));
    let verdict = match compared {
        0 => ItemVerdict::NoSource,
        _ if ACCURATE_PER_MILLE * compared <= 1000 * agree => ItemVerdict::Met,
        _ => ItemVerdict::NotMet,
    };
    item.with(verdict)
}

/// Whether every read of energy is told to 10 Wh at least.
pub(super) fn precise(signs: &Signs) -> Item {
    let mut item = Item::new(7, "Precision of the reads");
    let (channels, rows) = &signs.precision;
    item.figure("channels of energy with values", channels);
    item.figure("coarser than 0.01 kWh", rows.len());
    rows.iter().for_each(|row| item.row(row.clone()));
    let verdict = match (channels, rows.is_empty()) {
        (0, _) => ItemVerdict::NoSource,
        (_, true) => ItemVerdict::Met,
        (_, false) => ItemVerdict::NotMet,
    };
    item.with(verdict)
}

/// Whether clocks were right when readings were made.
pub(super) fn timely(asked: Asked<'_>, signs: &Signs) -> Item {
    let mut item = Item::new(8, "Time of the reads");
    let total = asked.report.total;
    item.figure("readings in time", total.in_time);
    item.figure("of a clock in doubt", total.time_in_doubt);
    item.figure("seconds that a stamp may be off", asked.report.rules.stamp_tolerance_seconds);
    signs.time.iter().for_each(|row| item.row(row.clone()));
    let verdict = match (total.expected, item.rows_count + total.time_in_doubt) {
        (0, 0) => ItemVerdict::Nothing,
        (_, 0) => ItemVerdict::Met,
        _ => ItemVerdict::NotMet,
    };
    item.with(verdict)
}
