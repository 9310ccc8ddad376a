//! Billing determinants in XML: what is asked, what is told, and what is wrong with either, by its XPath.

use formats::determinant::{
    NAMESPACE, REQUESTS_MAX, Reply, ReplyError, ReplyResult, ToldMessage, read_requests, read_told, write_told,
};
use jiff::Timestamp;
use model::determinant::{
    AskDeterminants, Counts, Determinant, Exception, Issue, Item, RequestState, Telling, Told, ToldChange,
};
use model::quantity::Decimal;
use model::reading::MessageHeader;
use model::time::TimeRange;
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

const PERIOD: &str = "<period><end>2026-01-17T00:00:00-05:00</end><start>2026-01-15T05:00:00Z</start></period>";
const SHOP: &str = "<UsagePoint><Names><name>SHOP-1</name></Names></UsagePoint>";
const HEADER: &str = "<Header><Verb>create</Verb><Noun>BillingDeterminantRequest</Noun><Source>CIS</Source>\
                      <MessageID>m-1</MessageID><CorrelationID>c-1</CorrelationID></Header>";

/// A message of that header and those requests.
fn message(header: &str, requests: &[&str]) -> String {
    let requests = requests
        .iter()
        .map(|inside| format!("<BillingDeterminantRequest xmlns='{NAMESPACE}'>{inside}</BillingDeterminantRequest>"));
    format!(
        "<RequestMessage xmlns='http://iec.ch/TC57/2011/schema/message'>{header}<Payload>{}</Payload></RequestMessage>",
        requests.collect::<String>()
    )
}

fn january(id: &str) -> AskDeterminants {
    AskDeterminants {
        id: Some(id.into()),
        usage_point: Some("SHOP-1".into()),
        from: at("2026-01-15T05:00:00Z"),
        to: at("2026-01-17T05:00:00Z"),
        ..AskDeterminants::default()
    }
}

// covers: IS-005
#[test]
fn requests_are_read_in_any_order_of_their_elements() {
    let full = format!(
        "\n {PERIOD}{SHOP}<definition> shop </definition><id>january</id><cutOff>2026-02-01T00:00:00Z</cutOff>"
    );
    let asked = read_requests(message(HEADER, &[&full]).as_bytes()).expect("read");
    assert_eq!(asked.faults, []);
    assert_eq!(
        (asked.header.id.as_str(), asked.header.source.as_str(), asked.correlation.as_str()),
        ("m-1", "CIS", "c-1")
    );
    let expected = AskDeterminants {
        definition: Some("shop".into()),
        cut_off: Some(at("2026-02-01T00:00:00Z")),
        ..january("january")
    };
    assert_eq!(asked.requests[0].asked, Ok(expected));
}

#[test]
fn a_request_without_an_id_has_that_of_its_message() {
    let inside = format!("{SHOP}{PERIOD}");
    let account =
        format!("<CustomerAccount><mRID>6d0c1f7e-52f2-4a2b-8a51-000000000001</mRID></CustomerAccount>{PERIOD}");
    let ids = |requests: &[&str]| -> Vec<String> {
        let asked = read_requests(message(&HEADER.replace("create", "Create"), requests).as_bytes()).expect("read");
        asked.requests.into_iter().map(|one| one.asked.expect("right").id.expect("an id")).collect()
    };
    assert_eq!(ids(&[&inside]), ["m-1"]);
    assert_eq!(ids(&[&inside, &account]), ["m-1-1", "m-1-2"]);
    let without = HEADER.replace("<CorrelationID>c-1</CorrelationID>", "");
    let asked = read_requests(message(&without, &[&inside]).as_bytes()).expect("read");
    assert_eq!(asked.correlation, "m-1");
}

#[test]
fn what_is_wrong_is_named_by_its_path() {
    let check = |inside: &str, expected: &[(&str, &str)]| {
        let asked = read_requests(message(HEADER, &[&format!("{SHOP}{PERIOD}"), inside]).as_bytes()).expect("read");
        assert!(asked.faults.is_empty() && asked.requests[0].asked.is_ok(), "the neighbour is read: {asked:?}");
        let faults = asked.requests[1].asked.as_ref().expect_err("wrong");
        let found: Vec<_> = faults.iter().map(|fault| (fault.code.as_str(), fault.field.as_str())).collect();
        let path = |below: &str| format!("/RequestMessage/Payload/BillingDeterminantRequest[2]{below}");
        let expected: Vec<_> = expected.iter().map(|(code, below)| (*code, path(below))).collect();
        assert_eq!(found, expected.iter().map(|(code, path)| (*code, path.as_str())).collect::<Vec<_>>(), "{inside}");
    };
    check(SHOP, &[("1.7", "")]);
    check(PERIOD, &[("1.7", "")]);
    check(&format!("{SHOP}<period><start>yesterday</start></period>"), &[("1.8", "/period/start"), ("1.7", "/period")]);
    check(&format!("{SHOP}{PERIOD}{PERIOD}"), &[("1.8", "/period[2]")]);
    check(&format!("{SHOP}{PERIOD}<cutoff>2026-02-01T00:00:00Z</cutoff>"), &[("1.8", "/cutoff")]);
    check(&format!("{SHOP}{PERIOD}<cutOff>2026-02-01T00:00:00</cutOff>"), &[("1.8", "/cutOff")]);
    check(&format!("{SHOP}{PERIOD}<id> </id>"), &[("1.8", "/id")]);
    check(&format!("<UsagePoint/>{PERIOD}"), &[("1.7", "/UsagePoint")]);
    let account = SHOP.replace("UsagePoint", "CustomerAccount");
    check(&format!("{SHOP}{account}{PERIOD}"), &[("1.8", "/CustomerAccount")]);
}

#[test]
fn a_message_that_is_wrong_as_a_whole_asks_nothing() {
    let inside = format!("{SHOP}{PERIOD}");
    let check = |text: String, code: &str, path: &str| {
        let asked = read_requests(text.as_bytes()).expect("XML");
        let found: Vec<_> = asked.faults.iter().map(|fault| (fault.code.as_str(), fault.field.as_str())).collect();
        assert_eq!((found.first(), asked.requests.len()), (Some(&(code, path)), 0), "{text}: {found:?}");
    };
    let header = "/RequestMessage/Header";
    check(message(&HEADER.replace("create", "get"), &[&inside]), "2.9", header);
    check(
        message(&HEADER.replace("<Noun>BillingDeterminantRequest", "<Noun>MeterReadings"), &[&inside]),
        "2.5",
        header,
    );
    check(message(&HEADER.replace("<MessageID>m-1</MessageID>", ""), &[&inside]), "1.5", header);
    check(message("", &[&inside]), "1.5", "/RequestMessage");
    check(message(HEADER, &[]), "1.7", "/RequestMessage/Payload");
    check(message(HEADER, &vec![inside.as_str(); REQUESTS_MAX + 1]), "3.1", "/RequestMessage/Payload");
    check(message(HEADER, &[&inside]).replace("RequestMessage", "EventMessage"), "1.8", "/EventMessage");
    let other = message(HEADER, &[&inside]).replace("</Payload>", "<MeterReadings/></Payload>");
    check(other, "1.8", "/RequestMessage/Payload/MeterReadings");
}

#[test]
fn what_is_no_xml_that_can_be_trusted_is_refused() {
    let check = |text: &str, code: &str| {
        let refused = read_requests(text.as_bytes()).expect_err("refused").0;
        assert_eq!(refused.code, code, "{text}: {refused}");
        assert_eq!(read_told(text.as_bytes()).expect_err("refused").0.code, code);
    };
    check("", "xml.malformed");
    check("<RequestMessage>", "xml.malformed");
    check("{\"id\": 1}", "xml.malformed");
    check("<!DOCTYPE r [<!ENTITY a \"b\">]><RequestMessage/>", "xml.doctype");
    check("<RequestMessage>&lol;</RequestMessage>", "xml.entity");
    check(&"<a>".repeat(17), "xml.limit");
    check(&format!("<a>{}</a>", "<b/>".repeat(400_000)), "xml.limit");
}

/// Any character that XML can hold as it is: line ends of other systems are read as `\n`.
fn text() -> impl Strategy<Value = String> {
    "[ -~\t\n\r\u{e9}\u{1F600}]{0,20}"
}

fn word() -> impl Strategy<Value = String> {
    "[!-~]{1,12}"
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000).prop_map(|second| Timestamp::from_second(second).expect("an instant"))
}

fn range() -> impl Strategy<Value = TimeRange> {
    (instant(), instant()).prop_map(|(start, end)| TimeRange { start, end })
}

fn quantity() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), -6_i8..=0).prop_map(|(digits, exponent)| Decimal::new(digits, exponent))
}

fn determinant() -> impl Strategy<Value = Determinant> {
    let named = (word(), text(), prop::option::of(word()), prop::collection::vec(text(), 0..3), text());
    let valued = (
        prop::option::of(quantity()),
        range(),
        prop::option::of(range()),
        any::<[u32; 9]>(),
        any::<u64>(),
        any::<u32>(),
    );
    let doubts = prop::collection::vec((word(), text()), 0..3);
    let notes = prop::collection::vec(text(), 0..3);
    (named, valued, doubts, notes).prop_map(|(named, valued, doubts, notes)| {
        let (id, unit, bucket, channels, set) = named;
        let (quantity, period, peak, numbers, inputs_hash, version) = valued;
        let mut counts = Counts::default();
        counts.each_mut().into_iter().zip(numbers).for_each(|(count, number)| *count = number);
        let exceptions = doubts.into_iter().map(|(rule, evidence)| Exception { rule: rule.into(), evidence }).collect();
        Determinant {
            id: id.into(),
            unit: unit.into(),
            quantity,
            period,
            bucket: bucket.map(Into::into),
            peak,
            channels: channels.into_iter().map(Into::into).collect(),
            counts,
            exceptions,
            notes,
            inputs_hash,
            set: set.into(),
            version,
        }
    })
}

fn issue() -> impl Strategy<Value = Issue> {
    let change = (word(), prop::option::of(quantity()), prop::option::of(quantity()));
    let changes = prop::collection::vec(change, 0..3);
    let parts = (1_u32..4, instant(), prop::collection::vec(any::<u32>(), 0..3));
    (parts, prop::collection::vec(determinant(), 0..3), changes).prop_map(
        |((number, at, plan_versions), determinants, changes)| Issue {
            number,
            replaces: (1 < number).then(|| number - 1),
            at,
            plan_versions,
            determinants,
            changes: changes.into_iter().map(|(id, old, new)| ToldChange { id: id.into(), old, new }).collect(),
        },
    )
}

fn told() -> impl Strategy<Value = Told> {
    let names = (text(), text(), prop::option::of(text()), text());
    let times = (range(), instant(), instant(), any::<u32>());
    let items = prop::collection::vec((text(), text(), text()), 0..3);
    (names, times, prop::sample::select(&RequestState::ALL), issue(), items).prop_map(
        |((id, usage_point, account, definition), times, state, issue, items)| {
            let (period, cut_off, requested_at, definition_version) = times;
            let issue = matches!(state, RequestState::Created | RequestState::Canceled).then_some(issue);
            let telling = Telling::last(state, issue.as_ref().map(|issue| issue.number));
            let (verb, noun) = telling.map(Telling::verb_and_noun).unzip();
            let item = |(field, code, message): (String, String, String)| Item {
                field: field.into(),
                code: code.into(),
                message,
            };
            Told {
                id,
                state,
                verb,
                noun: noun.unwrap_or("BillingDeterminantRequest"),
                usage_point,
                account,
                period,
                definition,
                definition_version,
                cut_off,
                requested_at,
                issue,
                items: items.into_iter().map(item).collect(),
            }
        },
    )
}

fn written(told: &[Told]) -> (MessageHeader, Vec<u8>) {
    let (verb, noun) =
        told.first().and_then(Told::telling).map_or(("reply", "BillingDeterminantRequest"), Telling::verb_and_noun);
    let header = MessageHeader {
        verb: verb.into(),
        noun: noun.into(),
        id: "m-2".into(),
        source: "amity".into(),
        timestamp: Some(at("2026-02-01T00:00:00Z")),
    };
    let reply = Reply { result: ReplyResult::Partial, errors: vec![ReplyError::code("0.2")] };
    let mut out = Vec::new();
    write_told(&ToldMessage { header: header.clone(), correlation: "c-1", reply, told }, &mut out);
    (header, out)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    // covers: IS-006
    #[test]
    fn what_is_told_is_read_back_exactly(told in told()) {
        let (header, bytes) = written(std::slice::from_ref(&told));
        prop_assert_eq!(read_told(&bytes), Ok((header, vec![told])));
    }

    #[test]
    fn damaged_messages_are_read_calmly(told in told(), damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..6)) {
        let request = message(HEADER, &[&format!("{SHOP}{PERIOD}")]).into_bytes();
        for mut bytes in [written(&[told]).1, request] {
            for (at, byte, kind) in &damages {
                let at = at.index(bytes.len());
                match kind {
                    0 => bytes[at] = *byte,
                    1 => bytes.insert(at, *byte),
                    _ => drop(bytes.remove(at)),
                }
            }
            // Whatever it says, nothing panics, and what was understood is asked with an id.
            let _ = read_told(&bytes);
            if let Ok(asked) = read_requests(&bytes) {
                prop_assert!(asked.requests.iter().flat_map(|one| &one.asked).all(|asked| asked.id.is_some()));
            }
        }
    }
}

/// The message of `docs/usage/messages.md`, letter for letter.
#[test]
fn the_elements_are_in_the_documented_order() {
    let documented = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/usage/example/changed.xml"),
    )
    .expect("the example");
    let (header, told) = read_told(documented.as_bytes()).expect("read");
    assert_eq!((header.verb.as_str(), header.noun.as_str()), ("changed", "BillingDeterminant"));
    let issue = told[0].issue.as_ref().expect("an issue");
    assert_eq!((issue.number, issue.replaces), (2, Some(1)));
    let reply = Reply { result: ReplyResult::Ok, errors: Vec::new() };
    let mut again = Vec::new();
    write_told(&ToldMessage { header, correlation: &told[0].id, reply, told: &told }, &mut again);
    let without_blanks = |text: &str| text.split('\n').map(str::trim).collect::<String>();
    assert_eq!(without_blanks(&String::from_utf8(again).expect("UTF-8")), without_blanks(&documented));
}
