//! The cheapest next step for an exception of each rule, in one sentence: what answers the question with the least work.

/// What to do for a rule that nobody wrote a step for.
const UNKNOWN: &str = "Read the evidence, then accept the values or edit them.";

/// Rule and step, in the order of the catalogue.
const STEPS: &[(&str, &str)] = &[
    ("V01", "Register the usage point, then replay the quarantined message."),
    ("V02", "Ask the sender whether the point changed hands; correct the owner in the registry or drop the message."),
    ("V03", "Compare the connection state in the billing system; correct it and replay, or drop the message."),
    ("V04", "Check whether the meter was removed on that day; close its link or replay."),
    ("V05", "Compare the type of the point with its contract and correct the one that is wrong."),
    ("V06", "Compare the unit in the head-end with the registered one; correct the channel and replay."),
    (
        "V07",
        "Register the channel that goes on with the new interval length, then replay; or drop the quarantined item.",
    ),
    ("V08", "Look for a wrong date in the file name or export job and ask the sender to send it again."),
    ("V09", "Ask the sender to send the message again with every interval once and in order."),
    ("V10", "Ask the sender for the number with fewer digits, or register a coarser quantum."),
    ("V11", "Add the code to the quality map of the source, then replay."),
    ("V12", "Nothing: the message was taken before; tell the sender if it keeps coming."),
    ("V13", "Ask the head-end for the missing sibling channel of the same meter."),
    ("V14", "Look for a meter exchange on that day and register it, then replay."),
    ("V15", "Ask the head-end for the missing channels."),
    ("V16", "Ask the head-end to read the day once more."),
    ("V17", "Check the clock of the meter and of the system that read it."),
    ("V18", "Look into the log of intake: the message has had no final answer."),
    ("V20", "Correct the clock of the system that read the meter, then read once more."),
    ("V21", "Set the clock of the meter and read once more; accept the values if the shift is below one interval."),
    ("V22", "Compare the sum with the register; edit the interval that overflowed."),
    ("V23", "Ask the field crew when the test ended; replace the test values with an estimate."),
    ("V24", "Compare with the outage list; accept the values if the outage is known."),
    ("V25", "Open a work order for the meter; accept the values if the sum check passes."),
    ("V26", "Compare with the clock events of the meter; edit the short or long interval to fit its neighbours."),
    ("V27", "Choose zeros or shifted stamps for the span of assumed time, as the billing of the point needs."),
    ("V28", "Ask the head-end to read the missing quantity once more."),
    ("V29", "Read the alarm of the meter first; it usually explains the values."),
    ("V30", "Ask the head-end to read the gap once more; if the meter has nothing, accept the estimate or edit it."),
    ("V31", "Compare the day with the register: if the sum fits, the spike is real and can be accepted."),
    ("V32", "Compare with the rating of the service; accept if the load is known, else open a work order."),
    ("V33", "Compare with the neighbouring intervals and the register; accept if the sum fits."),
    ("V34", "Ask whether new equipment was connected; accept if it was."),
    ("V35", "Compare with the same days of last year; accept if occupancy or weather explains it."),
    ("V36", "Ask the customer system whether the premises are vacant; accept with the reason `vacant` if they are."),
    ("V37", "Ask the head-end to read once more: a value that never moves is mostly a stuck module."),
    ("V38", "Check direction and wiring of the channel; keep the estimate unless the point feeds in."),
    ("V39", "Compare with the register of the span; accept if the sum fits."),
    ("V40", "Compare with the days the rule used; accept if a holiday or the weather explains it."),
    ("V41", "Check the wiring of the active channel: reactive energy without active points to a lost phase."),
    ("V42", "Compare with the day before; report a lasting change to the field crew."),
    ("V43", "Compare the peak with its neighbours: one false peak spoils the load factor of the day."),
    ("V44", "Correct the outage record, or accept the use if supply was back."),
    ("V45", "Check the phase in the field: a missing voltage means lost energy."),
    ("V46", "Check the sign of the channel: generation at night is mostly a swapped direction."),
    ("V47", "Spread the double interval over the stuck ones, so that the sum stays."),
    ("V48", "Compare the stamps of the day with the clock change and ask for the day once more."),
    ("V50", "Look for a missing or failed interval of the span first; then for a wrong multiplier."),
    ("V51", "Compare the tariff calendar of the meter with the one registered."),
    ("V52", "Read the register once more; accept if the intervals of the span agree."),
    ("V53", "Read the register once more; accept if the intervals of the span agree."),
    ("V54", "Compare both registers of the meter in the field or on the next read."),
    ("V55", "Look for a meter exchange or a roll-over and register it."),
    ("V56", "Compare the multiplier with the transformer plates; correct it in the registry and run the days again."),
    ("V57", "Correct dials or decimals in the registry as the meter type says, and run the days again."),
    ("V58", "Compare the demand read with the highest interval; accept the higher one only with a reason."),
    ("V59", "Ask the head-end for the missing register read."),
    ("V60", "See which of the two meters agrees with the register and use its values."),
    ("V61", "Check the connection list of the transformer before any meter."),
    ("V70", "Open a work order: a point that is estimated for long needs a visit."),
    ("V71", "Compare the late values with the estimate and tell billing if the difference matters."),
    ("V72", "Release the final estimate if the measured values are to count."),
    ("V73", "Mend the values that still fail; billing waits for this day."),
    ("V74", "Compare the usage with the same period of last year before it is billed."),
    ("V75", "Choose another method in the editor: the estimate fails the rules itself."),
    ("V76", "Ask the customer for the working times and accept if they explain it."),
    ("V77", "Ask the head-end why the read is late; nothing needs to be edited."),
];

/// The step for a rule.
pub fn next_step(rule: &str) -> &'static str {
    STEPS.iter().find(|(id, _)| *id == rule).map_or(UNKNOWN, |(_, step)| step)
}

#[cfg(test)]
mod tests {
    use vee::catalogue::CATALOGUE;

    use super::*;

    #[test]
    fn every_rule_of_the_catalogue_has_a_step() {
        let rules: Vec<&str> = CATALOGUE.iter().map(|entry| entry.id).filter(|id| id.starts_with('V')).collect();
        let steps: Vec<&str> = STEPS.iter().map(|(rule, _)| *rule).collect();
        assert_eq!(steps, rules);
    }

    #[test]
    fn a_step_is_one_sentence() {
        for (rule, step) in STEPS {
            assert!(step.ends_with('.') && !step.contains(". ") && step.len() < 120, "{rule}: {step}");
        }
    }
}
