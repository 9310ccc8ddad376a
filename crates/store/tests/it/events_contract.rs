//! What the events book promises, whatever engine keeps it.

use jiff::Timestamp;
use model::event::report::Subject;
use model::id::{MeterId, Mrid};
use model::time::TimeRange;
use store::events::{Counts, Event, EventState, EventsBook, Filter, Resolved, Told, ToldEvent};
use uuid::Uuid;

use super::events_fixture::{OUTAGE, RESTORED, Rule, at, batch, event, told};
use super::registry_contract::contract;

contract! {
    EventsBook:
    two_paths_of_one_event_are_one_with_both_sources,
    the_same_bytes_get_the_first_answer,
    a_report_between_joins_events,
    an_earlier_report_gives_its_time,
    a_long_message_is_answered_with_its_last_part,
    a_device_that_becomes_known_joins_its_events,
    words_that_are_explained_later_join_their_events,
    events_are_found_by_time_device_type_and_source,
    doubtful_times_are_ordered_by_arrival,
    words_that_nobody_understands_are_listed,
}

fn counts(told: u64, fresh: u64, joined: u64, repeated: u64) -> Counts {
    Counts { told, fresh, joined, repeated }
}

async fn append(book: &EventsBook, messages: &[Told]) -> Vec<Counts> {
    let answers = book.append(&batch(messages), &Rule).await.expect("appended");
    answers.into_iter().map(|answer| answer.counts).collect()
}

async fn all(book: &EventsBook) -> Vec<Event> {
    book.since(0, 1000).await.expect("read")
}

fn sources(event: &Event) -> Vec<&str> {
    event.reports.iter().map(|report| report.source.as_str()).collect()
}

fn always() -> TimeRange {
    TimeRange { start: at(-1_000_000), end: at(1_000_000) }
}

// covers: MOD-DUP
async fn two_paths_of_one_event_are_one_with_both_sources(book: EventsBook, again: EventsBook) {
    let one = told("a", "HES-1", vec![event("M1", OUTAGE, 0, "HES-1", "11"), event("M2", OUTAGE, 0, "HES-1", "12")]);
    let other = told("b", "HES-2", vec![event("M1", OUTAGE, 1999, "HES-2", "900")]);
    assert_eq!(append(&book, &[one, other]).await, [counts(2, 2, 0, 0), counts(1, 0, 1, 0)]);
    let later = told("c", "HES-2", vec![event("M2", OUTAGE, 2001, "HES-2", "901")]);
    assert_eq!(append(&book, &[later]).await, [counts(1, 1, 0, 0)]);
    let events = all(&again).await;
    assert_eq!(events.iter().map(sources).collect::<Vec<_>>(), [vec!["HES-1", "HES-2"], vec!["HES-1"], vec!["HES-2"]]);
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    let first = &events[0];
    assert_eq!((first.occurred_at, first.reports[1].told_at), (Some(at(0)), Some(at(1999))));
    assert_eq!(first.reports[0].details, [("firmware".into(), "7.1".into())]);
    assert_eq!(again.last_sequence().await.expect("read"), 3);
}

// covers: MOD-DUP
async fn the_same_bytes_get_the_first_answer(book: EventsBook, again: EventsBook) {
    let message = Told { position: "7".into(), ..told("a", "HES-1", vec![event("M1", OUTAGE, 0, "HES-1", "")]) };
    let other = Told { hash: "b".into(), position: "8".into(), ..message.clone() };
    let answers = book.append(&batch(&[message.clone(), message.clone()]), &Rule).await.expect("appended");
    assert_eq!(answers.iter().map(|answer| answer.is_repeated).collect::<Vec<_>>(), [false, true]);
    assert_eq!((answers[1].counts, answers[1].note.as_str()), (counts(1, 1, 0, 0), "note of a"));
    assert_eq!(append(&again, &[message]).await, [counts(1, 1, 0, 0)]);
    assert_eq!(append(&again, &[other]).await, [counts(1, 0, 0, 1)]);
    let answer = again.answer("a").await.expect("read").expect("there");
    assert_eq!((answer.counts, answer.is_repeated), (counts(1, 1, 0, 0), true));
    assert_eq!(again.answer("c").await.expect("read"), None);
    assert_eq!(book.position("HES-1").await.expect("read").as_deref(), Some("8"));
    assert_eq!(book.position("HES-2").await.expect("read"), None);
    let events = all(&book).await;
    assert_eq!((events.len(), events[0].reports.len()), (1, 1));
}

// covers: MOD-DUP
async fn a_report_between_joins_events(book: EventsBook, again: EventsBook) {
    append(&book, &[told("a", "HES-1", vec![event("M1", OUTAGE, 3000, "HES-1", "2")])]).await;
    append(&book, &[told("b", "HES-1", vec![event("M1", OUTAGE, 0, "HES-1", "1")])]).await;
    assert_eq!(all(&book).await.len(), 2);
    append(&again, &[told("c", "HES-2", vec![event("M1", OUTAGE, 1500, "HES-2", "9")])]).await;
    let events = all(&book).await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].sequence, events[0].occurred_at, events[0].reports.len()), (1, Some(at(0)), 3));
    let gone = book.by_sequence(2).await.expect("read").expect("there");
    assert_eq!(gone.sequence, 1);
    append(&book, &[told("d", "HES-1", vec![event("M1", OUTAGE, 4500, "HES-1", "2")])]).await;
    assert_eq!(all(&book).await[0].reports.len(), 4, "a joined event is found by all of its reports");
}

async fn an_earlier_report_gives_its_time(book: EventsBook, _: EventsBook) {
    append(&book, &[told("a", "HES-1", vec![event("M1", OUTAGE, 1000, "HES-1", "")])]).await;
    append(&book, &[told("b", "HES-2", vec![event("M1", OUTAGE, 0, "HES-2", "")])]).await;
    let event = &all(&book).await[0];
    assert_eq!((event.sequence, event.occurred_at, event.ordered_at), (1, Some(at(0)), at(0)));
    assert_eq!(sources(event), ["HES-2", "HES-1"]);
}

async fn a_long_message_is_answered_with_its_last_part(book: EventsBook, _: EventsBook) {
    let part = |events: Vec<ToldEvent>| Told { note: None, ..told("a", "HES-1", events) };
    let first = book.append(&batch(&[part(vec![event("M1", OUTAGE, 0, "HES-1", "")])]), &Rule).await.expect("appended");
    assert_eq!(book.answer("a").await.expect("read"), None);
    let earlier = first[0].counts;
    let last = Told { earlier, ..told("a", "HES-1", vec![event("M2", OUTAGE, 0, "HES-1", "")]) };
    assert_eq!(append(&book, &[last]).await, [counts(2, 2, 0, 0)]);
    assert_eq!(book.answer("a").await.expect("read").expect("there").counts, counts(2, 2, 0, 0));
}

// covers: MOD-DUP
async fn a_device_that_becomes_known_joins_its_events(book: EventsBook, again: EventsBook) {
    let meter = MeterId(Mrid(Uuid::from_u128(7)));
    let mut known = event("SERIAL-1", OUTAGE, 0, "HES-1", "");
    (known.report.subject, known.meter) = (Subject::Meter(meter), Some(meter));
    append(&book, &[told("a", "HES-1", vec![known])]).await;
    append(&book, &[told("b", "HES-2", vec![event("badge-1", OUTAGE, 500, "HES-2", "")])]).await;
    let unresolved = book.unresolved(0, 10).await.expect("read");
    assert_eq!(
        unresolved.iter().map(|event| (event.sequence, event.state)).collect::<Vec<_>>(),
        [(2, EventState::UnknownDevice)]
    );
    let resolved = Resolved { sequence: 2, subject: Subject::Meter(meter), meter: Some(meter), usage_point: None };
    book.resolve(&[resolved], &Rule).await.expect("resolved");
    assert_eq!(again.unresolved(0, 10).await.expect("read"), []);
    let events = all(&again).await;
    assert_eq!(
        events.iter().map(|event| (event.sequence, sources(event))).collect::<Vec<_>>(),
        [(1, vec!["HES-1", "HES-2"])]
    );
    let found = again.of_device(&Subject::Meter(meter), always(), 10).await.expect("read");
    assert_eq!(found, events);
}

// covers: ONT-2.4.4a, ONT-2.4.4b
async fn events_are_found_by_time_device_type_and_source(book: EventsBook, _: EventsBook) {
    let restored = |milliseconds| event("M1", RESTORED, milliseconds, "HES-2", "");
    let lost = told("a", "HES-1", vec![event("M1", OUTAGE, 0, "HES-1", ""), event("M2", OUTAGE, 10_000, "HES-1", "")]);
    append(&book, &[lost, told("b", "HES-2", vec![restored(20_000), event("M1", OUTAGE, 1, "HES-2", "")])]).await;
    let check = async |filter: Filter, expected: &[(&str, Timestamp)]| {
        let found = book.between(always(), &filter, 10, None).await.expect("read");
        let found: Vec<_> =
            found.iter().map(|event| (event.event_type.expect("known").to_string(), event.ordered_at)).collect();
        let expected: Vec<_> = expected.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect();
        assert_eq!(found, expected, "{filter:?}");
    };
    let filter = Filter::default();
    check(filter.clone(), &[(OUTAGE, at(0)), (OUTAGE, at(10_000)), (RESTORED, at(20_000))]).await;
    check(Filter { types: vec![RESTORED.parse().expect("a code")], ..filter.clone() }, &[(RESTORED, at(20_000))]).await;
    check(Filter { sources: vec!["HES-2".into()], ..filter.clone() }, &[(OUTAGE, at(0)), (RESTORED, at(20_000))]).await;
    let second = event("M2", OUTAGE, 0, "HES-9", "").report.subject;
    check(Filter { devices: vec![second], ..filter.clone() }, &[(OUTAGE, at(10_000))]).await;
    let page = book.between(always(), &filter, 2, None).await.expect("read");
    let next = book.between(always(), &filter, 2, Some(page[1].place())).await.expect("read");
    assert_eq!(next.iter().map(|event| event.ordered_at).collect::<Vec<_>>(), [at(20_000)]);
    let short = TimeRange { start: at(0), end: at(10_000) };
    assert_eq!(book.between(short, &filter, 10, None).await.expect("read").len(), 1, "the end is outside");
    let hours = book.counts(always(), &filter).await.expect("counted");
    // 1,800,000,000 s after the epoch is the begin of an hour.
    let hours: Vec<_> =
        hours.iter().map(|hour| (hour.hour, hour.event_type.expect("known").to_string(), hour.count)).collect();
    assert_eq!(hours, [(at(0), RESTORED.to_owned(), 1), (at(0), OUTAGE.to_owned(), 2)]);
    assert_eq!(book.count().await.expect("counted"), 3);
}

async fn doubtful_times_are_ordered_by_arrival(book: EventsBook, _: EventsBook) {
    let doubtful = ToldEvent { is_doubtful: true, ..event("M1", OUTAGE, 900_000_000, "HES-1", "") };
    append(&book, &[told("a", "HES-1", vec![doubtful, event("M2", OUTAGE, 70_000, "HES-1", "")])]).await;
    let found = book.between(always(), &Filter::default(), 10, None).await.expect("read");
    assert_eq!(found.iter().map(|event| event.ordered_at).collect::<Vec<_>>(), [at(60_000), at(70_000)]);
    assert_eq!((found[0].occurred_at, found[0].reports[0].is_doubtful), (Some(at(900_000_000)), true));
}

// covers: MOD-SCH, MOD-DUP
async fn words_that_are_explained_later_join_their_events(book: EventsBook, again: EventsBook) {
    append(&book, &[told("a", "HES-1", vec![event("M1", "PWR_DN", 0, "HES-1", "")])]).await;
    append(&book, &[told("b", "HES-2", vec![event("M1", OUTAGE, 500, "HES-2", "")])]).await;
    let unexplained = again.unexplained(0, 10).await.expect("read");
    assert_eq!(unexplained.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1]);
    book.explain(&[(1, OUTAGE.parse().expect("a code"))], &Rule).await.expect("explained");
    let events = all(&again).await;
    assert_eq!(
        events.iter().map(|event| (event.sequence, sources(event))).collect::<Vec<_>>(),
        [(1, vec!["HES-1", "HES-2"])]
    );
    assert_eq!(events[0].reports[0].told_type, "PWR_DN");
    assert_eq!(again.unexplained(0, 10).await.expect("read"), []);
    assert_eq!(again.unmapped().await.expect("read"), []);
}

// covers: MOD-SCH
async fn words_that_nobody_understands_are_listed(book: EventsBook, _: EventsBook) {
    let events = vec![
        event("M1", "XYZ", 0, "HES-1", ""),
        event("M2", "XYZ", 0, "HES-1", ""),
        event("M1", OUTAGE, 0, "HES-1", ""),
    ];
    append(&book, &[told("a", "HES-1", events)]).await;
    let unmapped = book.unmapped().await.expect("read");
    let unmapped: Vec<_> =
        unmapped.iter().map(|words| (words.source.as_str(), words.told_type.as_str(), words.count)).collect();
    assert_eq!(unmapped, [("HES-1", "XYZ", 2)]);
    assert_eq!(all(&book).await.iter().filter(|event| event.event_type.is_none()).count(), 2);
}
