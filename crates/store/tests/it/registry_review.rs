//! What the review promises, whatever engine keeps it; [`super::registry_engines`] runs all of it on every engine.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::id::ChannelNumber;
use model::lineage::{Direction, ExceptionSeverity};
use store::readings::Cursor;
use store::registry::review::{
    Act, ActFilter, ActKind, ActState, DecidedDay, Effect, Exception, ExceptionFilter, ExceptionState, Found, Group,
    Grouping, NewAct, Step, Verdict,
};
use store::registry::{Registry, RegistryError};

use super::registry_contract::contract;

contract! {
    what_a_follower_finds_again_is_one_exception,
    a_follower_that_was_overtaken_keeps_nothing,
    exceptions_are_listed_in_pages,
    fifty_gaps_of_one_night_are_one_group,
    a_failure_that_goes_on_over_midnights_is_one_group,
    failures_that_do_not_meet_at_midnight_are_apart,
    groups_come_in_the_order_of_their_urgency,
    fifty_gaps_are_accepted_in_one_act,
    an_exception_is_accepted_once,
    a_request_sent_again_is_the_same_act,
    two_proposals_for_the_same_slots_do_not_wait_side_by_side,
    an_act_counts_from_approval_to_undo,
    decisions_come_in_the_order_of_their_approval,
    days_of_an_act_wait_until_they_are_validated,
    people_look_after_exceptions_and_leave_remarks,
}

const NIGHT: Date = date(2026, 3, 1);

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn morning() -> Timestamp {
    at("2026-03-02T06:00:00Z")
}

fn cursor(sequence: u64) -> Cursor {
    Cursor { sequence, seen: 1 }
}

/// An open gap of slots 4 to 8.
fn gap(channel: u32) -> Found {
    Found {
        channel: ChannelNumber(channel),
        date: NIGHT,
        rule: "V30".into(),
        first: 4,
        end: 8,
        reaches_end: false,
        effect: Effect::Blocked,
        severity: ExceptionSeverity::Medium,
        direction: Direction::TooLow,
        routed: true,
        evidence: "4 values missing".into(),
        run: 1,
        plan_version: 1,
        state: ExceptionState::Open,
        act: None,
    }
}

async fn follow(registry: &Registry, from: Option<u64>, to: u64, found: &[Found]) {
    let step = Step { follower: "review", from: from.map(cursor), to: cursor(to) };
    registry.review().follow(step, found, morning()).await.expect("kept");
}

async fn all(registry: &Registry) -> Vec<Exception> {
    let filter = ExceptionFilter { limit: 1000, ..ExceptionFilter::default() };
    registry.review().exceptions(&filter).await.expect("listed")
}

fn accept(exceptions: &[Exception], by: &str) -> NewAct {
    let decided = |exception: &Exception| DecidedDay {
        channel: exception.found.channel,
        date: exception.found.date,
        first: exception.found.first,
        end: exception.found.end,
        basis: vec![None, Some(-5), Some(i64::MAX), Some(0)],
        new_values: None,
    };
    NewAct {
        request: None,
        kind: ActKind::Accept,
        method: None,
        reason: "communication".into(),
        note: "collector 7 was replaced".into(),
        by: by.into(),
        approved: true,
        decisions: exceptions.iter().map(decided).collect(),
        exceptions: exceptions.iter().map(|exception| exception.id).collect(),
    }
}

fn edit(channel: u32, (first, end): (u16, u16), by: &str) -> NewAct {
    let slots = usize::from(end - first);
    let day = DecidedDay {
        channel: ChannelNumber(channel),
        date: NIGHT,
        first,
        end,
        basis: vec![None; slots],
        new_values: Some(vec![7; slots]),
    };
    NewAct { kind: ActKind::Set, method: Some("E04".into()), approved: false, decisions: vec![day], ..accept(&[], by) }
}

async fn begin(registry: &Registry, new: &NewAct) -> Act {
    registry.review().begin(new, morning()).await.expect("begun")
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, RegistryError>, words: &str) {
    let error = answer.expect_err("refused");
    assert!(matches!(error, RegistryError::Conflict { .. }), "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
}

async fn what_a_follower_finds_again_is_one_exception(registry: Registry, again: Registry) {
    assert_eq!(registry.review().position("review").await.expect("read"), None);
    follow(&registry, None, 1, &[gap(1), gap(2)]).await;
    let first = all(&registry).await;
    follow(&registry, Some(1), 2, &[Found { run: 2, evidence: "still missing".into(), ..gap(1) }]).await;
    let second = all(&again).await;
    assert_eq!(second.len(), 2);
    assert_eq!((second[0].id, second[0].first_seen), (first[0].id, first[0].first_seen));
    assert_eq!((second[0].found.run, second[0].found.evidence.as_str()), (2, "still missing"));
    assert_eq!(second[1], first[1]);
    assert_eq!(again.review().position("review").await.expect("read"), Some(cursor(2)));
    let of_days = registry.review().of_days(&[(ChannelNumber(2), NIGHT), (ChannelNumber(9), NIGHT)]).await;
    assert_eq!(of_days.expect("read"), first[1..]);
}

async fn a_follower_that_was_overtaken_keeps_nothing(registry: Registry, again: Registry) {
    follow(&registry, None, 5, &[]).await;
    for from in [None, Some(cursor(4))] {
        let step = Step { follower: "review", from, to: cursor(6) };
        refused(again.review().follow(step, &[gap(1)], morning()).await, "gone on meanwhile");
    }
    assert_eq!(all(&registry).await, []);
    assert_eq!(registry.review().position("review").await.expect("read"), Some(cursor(5)));
}

async fn exceptions_are_listed_in_pages(registry: Registry, _: Registry) {
    let found: Vec<Found> = (0..5).map(|channel| Found { routed: channel == 3, ..gap(channel) }).collect();
    follow(&registry, None, 1, &found).await;
    let list = async |filter: ExceptionFilter| registry.review().exceptions(&filter).await.expect("listed");
    let page = list(ExceptionFilter { limit: 3, ..ExceptionFilter::default() }).await;
    let rest = list(ExceptionFilter { after: page[2].id, ..ExceptionFilter::default() }).await;
    let channels = |page: &[Exception]| page.iter().map(|exception| exception.found.channel.0).collect::<Vec<_>>();
    assert_eq!((channels(&page), channels(&rest)), (vec![0, 1, 2], vec![3, 4]));
    let of_channel = ExceptionFilter { channel: Some(ChannelNumber(4)), ..ExceptionFilter::default() };
    assert_eq!(channels(&list(of_channel).await), [4]);
    assert_eq!(channels(&list(ExceptionFilter { routed: Some(true), ..ExceptionFilter::default() }).await), [3]);
    let none = ExceptionFilter { date: NIGHT.tomorrow().ok(), ..ExceptionFilter::default() };
    assert_eq!(list(none).await, []);
    let missing = registry.review().exceptions_by_id(&[page[1].id, 99]).await.expect_err("one is not there");
    assert!(matches!(missing, RegistryError::NotFound { .. }), "{missing:?}");
}

async fn fifty_gaps_of_one_night_are_one_group(registry: Registry, _: Registry) {
    let spike = Found { rule: "V31".into(), effect: Effect::Questionable, routed: false, ..gap(3) };
    let found: Vec<Found> = (0..50).map(gap).chain([Found { first: 20, end: 24, ..gap(3) }, spike]).collect();
    follow(&registry, None, 1, &found).await;
    let open = ExceptionFilter { state: Some(ExceptionState::Open), ..ExceptionFilter::default() };
    let groups = async |by| registry.review().groups(by, &open).await.expect("grouped");
    let night = groups(Grouping::RuleDate).await;
    assert_eq!(night.len(), 2);
    let gaps = &night[0];
    assert_eq!((gaps.rule.as_deref(), gaps.date, gaps.count, gaps.channels), (Some("V30"), Some(NIGHT), 51, 50));
    assert_eq!((gaps.first, gaps.end, gaps.effect, gaps.routed), (4, 24, Effect::Blocked, 51));
    assert_eq!((night[1].effect, night[1].routed, night[1].channel), (Effect::Questionable, 0, None));
    assert_eq!(groups(Grouping::Rule).await.len(), 2);
    assert_eq!(groups(Grouping::RuleDateSlots).await.len(), 3);
    let channels = groups(Grouping::Channel).await;
    assert_eq!((channels.len(), channels[0].channel, channels[0].count), (50, Some(ChannelNumber(3)), 3));
    let review = registry.review();
    let of_channel = ExceptionFilter { channel: Some(ChannelNumber(3)), ..open.clone() };
    let rules = review.groups(Grouping::RuleDate, &of_channel).await.expect("grouped");
    assert_eq!(rules.iter().map(|group| group.count).collect::<Vec<_>>(), [2, 1]);
    let count = async |filter: ExceptionFilter| review.count(&filter).await.expect("counted");
    assert_eq!(count(ExceptionFilter { rule: Some("V30".into()), limit: 1, ..open.clone() }).await, 51);
    assert_eq!(count(of_channel).await, 3);
    assert_eq!(count(ExceptionFilter { date: NIGHT.tomorrow().ok(), ..open.clone() }).await, 0);
    assert_eq!(count(ExceptionFilter { state: Some(ExceptionState::Accepted), ..open }).await, 0);
}

/// Hourly channels. Channels 1 and 2 are silent from 20:00 on 27 February to 06:00 on 2 March; channel 3 from noon to midnight
/// of the 28th, which is the year's last day of February; channel 4 on two nights that do not touch.
async fn a_failure_that_goes_on_over_midnights_is_one_group(registry: Registry, _: Registry) {
    let day = |channel, date, first, end| Found { date, first, end, reaches_end: end == 24, ..gap(channel) };
    let (friday, saturday, monday) = (date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 2));
    let silent = |channel| {
        [(friday, 20, 24), (saturday, 0, 24), (NIGHT, 0, 24), (monday, 0, 6)]
            .map(|(date, first, end)| day(channel, date, first, end))
    };
    let others = [day(3, saturday, 12, 24), day(4, saturday, 2, 4), day(4, NIGHT, 2, 4)];
    let spike = Found { rule: "V31".into(), ..day(1, NIGHT, 0, 1) };
    let found: Vec<Found> = silent(1).into_iter().chain(silent(2)).chain(others).chain([spike]).collect();
    follow(&registry, None, 1, &found).await;
    let open = ExceptionFilter { state: Some(ExceptionState::Open), ..ExceptionFilter::default() };
    let review = registry.review();
    let groups = async |by, filter: &ExceptionFilter| {
        let mut told: Vec<String> =
            review.groups(by, filter).await.expect("grouped").iter().map(days_and_counts).collect();
        told.sort();
        told
    };
    let expected = [
        "V30 2026-02-27..2026-03-02 8/2",
        "V30 2026-02-28..2026-02-28 2/2",
        "V30 2026-03-01..2026-03-01 1/1",
        "V31 2026-03-01..2026-03-01 1/1",
    ];
    assert_eq!(groups(Grouping::Cause, &open).await, expected);
    assert_eq!(groups(Grouping::RuleDate, &open).await.len(), 5, "four days of gaps and one of a spike");
    let of_day = ExceptionFilter { date: Some(saturday), ..open.clone() };
    assert_eq!(groups(Grouping::Cause, &of_day).await, ["V30 2026-02-28..2026-02-28 4/4"]);
    let list = async |date, last, after, limit| {
        let (rule, date) = (Some("V30".into()), Some(date));
        let filter = ExceptionFilter { rule, date, last: Some(last), after, limit, ..open.clone() };
        review.exceptions(&filter).await.expect("listed")
    };
    let whole = list(friday, monday, 0, 100).await;
    let first = list(friday, monday, 0, 3).await;
    let rest = list(friday, monday, first[2].id, 100).await;
    assert_eq!((whole.len(), &whole[..3], &whole[3..]), (8, &first[..], &rest[..]));
    assert_eq!(list(saturday, saturday, 0, 100).await.len(), 2, "what goes on is not of a group of one day");
    assert_eq!(list(friday, NIGHT, 0, 100).await, [], "nor of a part of its days");
    let leap = [
        day(7, date(2028, 2, 29), 23, 24),
        day(7, date(2028, 3, 1), 0, 1),
        day(7, date(2027, 12, 31), 23, 24),
        day(7, date(2028, 1, 1), 0, 2),
    ];
    follow(&registry, Some(1), 2, &leap).await;
    let of_channel = ExceptionFilter { channel: Some(ChannelNumber(7)), ..open.clone() };
    let expected = ["V30 2027-12-31..2028-01-01 2/1", "V30 2028-02-29..2028-03-01 2/1"];
    assert_eq!(groups(Grouping::Cause, &of_channel).await, expected);
}

/// Rule, days, exceptions and channels of a group.
fn days_and_counts(group: &Group) -> String {
    let (rule, since, until) = (group.rule.as_deref().unwrap_or_default(), group.date, group.last);
    let days = (since.expect("a day"), until.expect("a day"));
    format!("{rule} {}..{} {}/{}", days.0, days.1, group.count, group.channels)
}

/// 29 March 2026 has 23 hours in Berlin, 25 October has 25.
async fn failures_that_do_not_meet_at_midnight_are_apart(registry: Registry, _: Registry) {
    let [spring, autumn, may] = [date(2026, 3, 29), date(2026, 10, 25), date(2026, 5, 4)];
    let next = |date: Date| date.tomorrow().expect("a date");
    /// Day, first slot, one past the last, and whether that is the end of the day.
    type Failure = (Date, u16, u16, bool);
    let cases: [(&str, [Failure; 2], u64); 9] = [
        ("the first hour of two days", [(may, 0, 1, false), (next(may), 0, 1, false)], 2),
        ("not to the end", [(may, 20, 23, false), (next(may), 0, 1, false)], 2),
        ("not from the start", [(may, 20, 24, true), (next(may), 1, 2, false)], 2),
        ("a day between", [(may, 20, 24, true), (next(next(may)), 0, 2, false)], 2),
        ("to the end and from the start", [(may, 23, 24, true), (next(may), 0, 1, false)], 1),
        ("to the end of 23 hours", [(spring, 22, 23, true), (next(spring), 0, 1, false)], 1),
        ("to the end of 25 hours", [(autumn, 24, 25, true), (next(autumn), 0, 1, false)], 1),
        ("to an hour before the end of 25", [(autumn, 23, 24, false), (next(autumn), 0, 1, false)], 2),
        ("whole days stored before their ends were", [(may, 0, 24, false), (next(may), 0, 24, false)], 2),
    ];
    let found = (1..).zip(&cases).flat_map(|(channel, (_, days, _))| {
        days.map(|(date, first, end, reaches_end)| Found { date, first, end, reaches_end, ..gap(channel) })
    });
    follow(&registry, None, 1, &found.collect::<Vec<_>>()).await;
    let groups = async |channel| {
        let filter = ExceptionFilter { channel: Some(ChannelNumber(channel)), ..ExceptionFilter::default() };
        registry.review().groups(Grouping::Cause, &filter).await.expect("grouped")
    };
    for (channel, (case, _, expected)) in (1..).zip(&cases) {
        assert_eq!(groups(channel).await.len() as u64, *expected, "{case}");
    }

    let whole = |date| Found { date, first: 0, end: 24, reaches_end: true, ..gap(9) };
    follow(&registry, Some(1), 2, &[whole(may), whole(next(may))]).await;
    let told: Vec<String> = groups(9).await.iter().map(days_and_counts).collect();
    assert_eq!(told, ["V30 2026-05-04..2026-05-05 2/1"], "once the days ran again");

    let twice = [(may, 2, 4), (may, 23, 24), (next(may), 0, 2), (next(may), 0, 24), (next(next(may)), 0, 1)];
    let twice = twice.map(|(date, first, end)| Found { date, first, end, reaches_end: end == 24, ..gap(20) });
    follow(&registry, Some(2), 3, &twice).await;
    let mut told: Vec<String> = groups(20).await.iter().map(days_and_counts).collect();
    told.sort();
    assert_eq!(told, ["V30 2026-05-04..2026-05-04 1/1", "V30 2026-05-04..2026-05-06 4/1"], "found twice of one day");
}

async fn groups_come_in_the_order_of_their_urgency(registry: Registry, _: Registry) {
    let known = (0..9).map(|channel| Found { routed: false, effect: Effect::Estimated, ..gap(channel) });
    let rule = |rule: &str| Found { rule: rule.into(), ..gap(3) };
    let waiting = [
        Found { severity: ExceptionSeverity::Low, ..rule("V31") },
        Found { severity: ExceptionSeverity::High, effect: Effect::Questionable, ..rule("V36") },
        rule("V38"),
        Found { direction: Direction::TooHigh, ..rule("V50") },
        Found { channel: ChannelNumber(4), ..rule("V50") },
    ];
    follow(&registry, None, 1, &known.chain(waiting).collect::<Vec<_>>()).await;
    let groups = registry.review().groups(Grouping::Rule, &ExceptionFilter::default()).await.expect("grouped");
    let told = groups.iter().map(|group| (group.rule.as_deref().unwrap_or_default(), group.severity, group.routed));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("V36", ExceptionSeverity::High, 1),
            ("V50", ExceptionSeverity::Medium, 2),
            ("V38", ExceptionSeverity::Medium, 1),
            ("V31", ExceptionSeverity::Low, 1),
            ("V30", ExceptionSeverity::Medium, 0),
        ],
        "who waits, then how much it matters, then how many; nine gaps that nobody asked about come last"
    );
    assert_eq!((groups[1].direction, groups[2].direction), (Direction::Other, Direction::TooLow), "both, or neither");
    assert_eq!(groups[0].oldest, morning());
}

async fn fifty_gaps_are_accepted_in_one_act(registry: Registry, _: Registry) {
    let found: Vec<Found> = (0..50).map(gap).collect();
    follow(&registry, None, 1, &found).await;
    let act = begin(&registry, &accept(&all(&registry).await, "Ada")).await;
    assert_eq!((act.state, act.decided_by.as_deref()), (ActState::Approved, Some("Ada")));
    let settled = all(&registry).await;
    let is_settled = |exception: &Exception| {
        exception.found.state == ExceptionState::Accepted && exception.found.act == Some(act.id)
    };
    assert!(settled.iter().all(is_settled));
    let decisions = registry.review().decisions_of(act.id).await.expect("read");
    assert_eq!(decisions.len(), 50);
    assert_eq!(decisions[0].basis, [None, Some(-5), Some(i64::MAX), Some(0)], "exact to 64 bits");
}

async fn an_exception_is_accepted_once(registry: Registry, again: Registry) {
    follow(&registry, None, 1, &[gap(1), gap(2)]).await;
    let open = all(&registry).await;
    let act = begin(&registry, &accept(&open[..1], "Ada")).await;
    let words = format!("is accepted by act {} already", act.id);
    refused(again.review().begin(&accept(&open, "Ben"), morning()).await, &words);
    assert_eq!(all(&registry).await[1].found.state, ExceptionState::Open, "an act is done whole or not at all");
}

async fn a_request_sent_again_is_the_same_act(registry: Registry, again: Registry) {
    follow(&registry, None, 1, &[gap(1)]).await;
    let new = NewAct { request: Some("page-17".into()), ..accept(&all(&registry).await, "Ada") };
    let (here, there) = (registry.review(), again.review());
    let (first, second) = tokio::join!(here.begin(&new, morning()), there.begin(&new, morning()));
    assert_eq!(first.expect("begun"), second.expect("answered again"));
    let acts = registry.review().acts(ActFilter { state: None, before: None, limit: 10 }).await.expect("listed");
    assert_eq!(acts.len(), 1);
}

async fn two_proposals_for_the_same_slots_do_not_wait_side_by_side(registry: Registry, _: Registry) {
    let first = begin(&registry, &edit(1, (4, 8), "Ada")).await;
    refused(registry.review().begin(&edit(1, (7, 9), "Ben"), morning()).await, "proposes something");
    begin(&registry, &edit(1, (8, 9), "Ben")).await;
    begin(&registry, &edit(2, (4, 8), "Ben")).await;
    registry.review().decide(first.id, Verdict::Reject, "Ben", "", morning()).await.expect("rejected");
    begin(&registry, &edit(1, (4, 8), "Ada")).await;
}

async fn an_act_counts_from_approval_to_undo(registry: Registry, _: Registry) {
    let review = registry.review();
    let act = begin(&registry, &edit(1, (4, 8), "Ada")).await;
    assert_eq!((act.state, act.method.as_deref(), act.decided_by), (ActState::Proposed, Some("E04"), None));
    let counting =
        async || review.decisions_of_channels(&[ChannelNumber(1)].into(), NIGHT, NIGHT).await.expect("read").len();
    assert_eq!(counting().await, 0);
    refused(review.decide(act.id, Verdict::Undo, "Ben", "", morning()).await, "it is proposed already");
    let approved = review.decide(act.id, Verdict::Approve, "Ben", "as agreed", morning()).await.expect("approved");
    assert_eq!((approved.state, approved.decided_note.as_deref()), (ActState::Approved, Some("as agreed")));
    assert_eq!(counting().await, 1);
    let again = review.decide(act.id, Verdict::Approve, "Ben", "as agreed", at("2026-03-03T06:00:00Z")).await;
    assert_eq!(again.expect("the same word again"), approved);
    refused(review.decide(act.id, Verdict::Approve, "Cem", "", morning()).await, "it is approved already");
    refused(review.decide(act.id, Verdict::Reject, "Ben", "", morning()).await, "it is approved already");
    let undone = review.decide(act.id, Verdict::Undo, "Ada", "wrong meter", morning()).await.expect("undone");
    assert_eq!((undone.state, undone.undone_by.as_deref()), (ActState::Undone, Some("Ada")));
    assert_eq!(undone.decided_by.as_deref(), Some("Ben"), "what was decided before stays on record");
    assert_eq!(counting().await, 0);
    assert_eq!(review.act(act.id).await.expect("read"), undone);
    let missing = review.decide(99, Verdict::Approve, "Ben", "", morning()).await.expect_err("not there");
    assert!(matches!(missing, RegistryError::NotFound { .. }), "{missing:?}");
}

async fn decisions_come_in_the_order_of_their_approval(registry: Registry, _: Registry) {
    let review = registry.review();
    let (early, late) =
        (begin(&registry, &edit(1, (0, 2), "Ada")).await, begin(&registry, &edit(1, (2, 4), "Ada")).await);
    review.decide(late.id, Verdict::Approve, "Ben", "", morning()).await.expect("approved");
    review.decide(early.id, Verdict::Approve, "Ben", "", at("2026-03-02T07:00:00Z")).await.expect("approved");
    let on = review.decisions_of_channels(&[ChannelNumber(1)].into(), NIGHT, NIGHT).await.expect("read");
    assert_eq!(on.iter().map(|decision| decision.act).collect::<Vec<_>>(), [late.id, early.id]);
    assert!(on.iter().all(|decision| decision.method.as_deref() == Some("E04")), "{on:?}");
    assert_eq!(review.decisions_between(NIGHT, NIGHT).await.expect("read"), on);
    let before = NIGHT.yesterday().expect("a day");
    assert_eq!(review.decisions_between(before, before).await.expect("read"), []);
}

async fn days_of_an_act_wait_until_they_are_validated(registry: Registry, _: Registry) {
    let review = registry.review();
    let act = begin(&registry, &edit(1, (0, 2), "Ada")).await;
    assert_eq!(review.unsettled().await.expect("read"), [0; 0], "a proposal changes no day");
    review.decide(act.id, Verdict::Approve, "Ben", "", morning()).await.expect("approved");
    assert_eq!(review.unsettled().await.expect("read"), [act.id]);
    review.settled(&[act.id], morning()).await.expect("noted");
    assert_eq!(review.unsettled().await.expect("read"), [0; 0]);
    review.decide(act.id, Verdict::Undo, "Ben", "", morning()).await.expect("undone");
    assert_eq!(review.unsettled().await.expect("read"), [act.id]);
}

async fn people_look_after_exceptions_and_leave_remarks(registry: Registry, _: Registry) {
    let review = registry.review();
    follow(&registry, None, 1, &[gap(1), gap(2)]).await;
    let ids: Vec<u64> = all(&registry).await.iter().map(|exception| exception.id).collect();
    review.assign(&ids[..1], Some("Ada")).await.expect("assigned");
    review.comment(&ids, "field crew is on its way", "Ben").await.expect("kept");
    follow(&registry, Some(1), 2, &[gap(1)]).await;
    let mine = ExceptionFilter { assignee: Some("Ada".into()), ..ExceptionFilter::default() };
    let mine = review.exceptions(&mine).await.expect("listed");
    assert_eq!((mine.len(), mine[0].id), (1, ids[0]));
    let said = (mine[0].comment.as_deref(), mine[0].comment_by.as_deref());
    assert_eq!(said, (Some("field crew is on its way"), Some("Ben")), "what people said outlives a run");
    let missing = review.assign(&[ids[1], 99], Some("Ada")).await.expect_err("one is not there");
    assert!(matches!(missing, RegistryError::NotFound { .. }), "{missing:?}");
    assert_eq!(all(&registry).await[1].assignee, None, "all or nothing");
    review.assign(&ids, None).await.expect("given back");
    assert_eq!(all(&registry).await[0].assignee, None);
}
