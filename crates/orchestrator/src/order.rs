//! What to do about an order: plain functions of its state, the time and what is in the books.
//!
//! | state | then | becomes |
//! |---|---|---|
//! | open or asked | what it is for is there | answered |
//! | open or asked | its deadline is past | given up |
//! | open | due, and the head-end accepts it | asked |
//! | open | due, and the head-end refuses the device | refused |
//! | open | due, and the head-end refuses the request | open, a try less |
//! | asked | its next try is due | open |
//!
//! A head-end that is down or busy was not asked, and costs no try: the same request is made again.

use jiff::Timestamp;
use store::registry::order::{Note, Order, OrderState, Schedule};

/// How a head-end answered for one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// It will try.
    Accepted,
    /// Not for this device, and why.
    Device(&'a str),
    /// It takes no such request now, and why.
    Request(&'a str),
}

/// What time and evidence make of an order under way; `None` leaves it as it is. `evidence` says what is in the books, where
/// that answers it.
pub fn reviewed(order: &Order, evidence: Option<String>, now: Timestamp) -> Option<Note> {
    if let Some(evidence) = evidence {
        return Some(note(order, OrderState::Answered, evidence));
    }
    if order.entry.deadline <= now {
        return Some(note(order, OrderState::GivenUp, in_vain(order)));
    }
    let is_due = order.state == OrderState::Asked && order.entry.next_at <= now;
    is_due.then(|| note(order, OrderState::Open, order.outcome.clone()))
}

/// What an order becomes that a head-end was asked for.
pub fn answered(order: &Order, answer: Answer<'_>, schedule: &Schedule, now: Timestamp) -> Note {
    let tries = order.tries + 1;
    let next_at = schedule.next_try(now, tries).unwrap_or(order.entry.deadline).min(order.entry.deadline);
    let tried = |state, outcome: String| Note { tries, next_at, ..note(order, state, outcome) };
    match answer {
        Answer::Accepted => tried(OrderState::Asked, format!("asked {}", times(tries))),
        Answer::Device(why) => {
            note(order, OrderState::Refused, format!("{} refuses: {why}", order.entry.route.head_end))
        }
        Answer::Request(why) => tried(OrderState::Open, format!("{} {why}", order.entry.route.head_end)),
    }
}

fn note(order: &Order, state: OrderState, outcome: String) -> Note {
    Note { id: order.id, state, tries: order.tries, next_at: order.entry.next_at, outcome }
}

/// Why an order is given up, for people.
fn in_vain(order: &Order) -> String {
    let head_end = &order.entry.route.head_end;
    match (order.asked_at, order.tries) {
        (Some(since), tries) => {
            let since = since.strftime("%F %R UTC");
            format!("no answer: {head_end} was asked {} since {since}", times(tries))
        }
        (None, 0) => format!("never asked: {head_end} could not be reached in time"),
        (None, tries) => format!("no answer: tried {}; {}", times(tries), order.outcome),
    }
}

fn times(tries: u32) -> String {
    if tries == 1 { "once".into() } else { format!("{tries} times") }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use model::id::{Mrid, UsagePointId};
    use model::time::TimeRange;
    use store::registry::order::{OrderEntry, OrderKind, OrderReason, Route};

    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    fn order(schedule: &Schedule) -> Order {
        let range = TimeRange { start: at(-24), end: at(0) };
        let route = Route { range, meter: None, head_end: "HES".into(), device: "M".into(), refused: None };
        let usage_point = UsagePointId(Mrid(uuid::Uuid::nil()));
        let entry = OrderEntry {
            kind: OrderKind::Read,
            why: OrderReason::Gap,
            asked_by: "gaps".into(),
            usage_point,
            route,
            wanted: Vec::new(),
            gap: None,
            next_at: schedule.first_try(at(0)),
            deadline: schedule.deadline(at(0)),
        };
        let (state, outcome) = (OrderState::Open, String::new());
        Order {
            id: 1,
            entry,
            state,
            tries: 0,
            request: None,
            ordered_at: at(0),
            asked_at: None,
            closed_at: None,
            outcome,
        }
    }

    fn apply(order: &mut Order, note: Note, now: Timestamp) {
        order.asked_at = order.asked_at.or((note.state == OrderState::Asked).then_some(now));
        (order.state, order.tries, order.entry.next_at, order.outcome) =
            (note.state, note.tries, note.next_at, note.outcome);
    }

    /// Lets hours pass, asks whenever the order is due, and tells what happened.
    fn story(answer: Answer<'_>, evidence_at: i64, hours: i64) -> (Vec<i64>, Order) {
        let schedule = Schedule::of_gaps();
        let (mut order, mut asked) = (order(&schedule), Vec::new());
        for hour in 0..=hours {
            let evidence = (evidence_at <= hour).then(|| "24 readings came".to_owned());
            if let Some(note) = reviewed(&order, evidence, at(hour)) {
                apply(&mut order, note, at(hour));
            }
            if order.state.is_closed() {
                break;
            }
            if order.state == OrderState::Open && order.entry.next_at <= at(hour) {
                asked.push(hour);
                let note = answered(&order, answer, &schedule, at(hour));
                apply(&mut order, note, at(hour));
            }
        }
        (asked, order)
    }

    // covers: B1-S9.04, B1-S16.02, B1-S16.03
    #[test]
    fn a_silent_meter_is_asked_five_times_and_given_up() {
        let (asked, order) = story(Answer::Accepted, i64::MAX, 200);
        assert_eq!(asked, [1, 6, 24, 48, 120]);
        assert_eq!((order.state, order.tries), (OrderState::GivenUp, 5));
        assert_eq!(order.outcome, "no answer: HES was asked 5 times since 1970-01-01 01:00 UTC");
    }

    // covers: B1-S9.05
    #[test]
    fn what_came_answers_an_order_whenever_it_came() {
        let (asked, order) = story(Answer::Accepted, 30, 200);
        assert_eq!((asked, order.state), (vec![1, 6, 24], OrderState::Answered));
        let (asked, order) = story(Answer::Accepted, 0, 200);
        assert_eq!((asked, order.state), (vec![], OrderState::Answered), "it was only late");
        assert_eq!(order.outcome, "24 readings came");
    }

    #[test]
    fn a_device_that_is_refused_is_not_asked_for_again() {
        let (asked, order) = story(Answer::Device("not of this head-end"), i64::MAX, 200);
        assert_eq!((asked, order.state), (vec![1], OrderState::Refused));
        assert_eq!(order.outcome, "HES refuses: not of this head-end");
    }

    #[test]
    fn a_head_end_that_takes_no_requests_is_asked_until_tries_are_used_up() {
        let (asked, order) = story(Answer::Request("answers 404: it takes no requests"), i64::MAX, 200);
        assert_eq!((asked.len(), order.state), (5, OrderState::GivenUp));
        assert_eq!(order.outcome, "no answer: tried 5 times; HES answers 404: it takes no requests");
    }

    #[test]
    fn what_could_never_be_asked_is_given_up_at_its_deadline() {
        let schedule = Schedule::of_gaps();
        let order = order(&schedule);
        assert_eq!(reviewed(&order, None, at(125)), None, "due for long, and the head-end is down");
        let given_up = reviewed(&order, None, at(126)).expect("a note");
        assert_eq!(given_up.outcome, "never asked: HES could not be reached in time");
    }

    #[test]
    fn tries_that_were_held_up_keep_their_distance() {
        let schedule = Schedule::of_gaps();
        let late = answered(&order(&schedule), Answer::Accepted, &schedule, at(60));
        assert_eq!(late.next_at, at(65), "five hours lie between the first two");
    }
}
