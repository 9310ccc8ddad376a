//! What becomes of requests for determinants is told to those who want it: in order, at least once, in both forms.

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use formats::determinant::read_told;
use hmac::{Hmac, KeyInit, Mac};
use interop::determinant::{Answered, answer};
use interop::message::{Filter, Noun};
use interop::subscribers::{self, Start};
use jiff::Timestamp;
use model::determinant::{AskDeterminants, Counts, Determinant, Issue, Item, RequestState, Told};
use model::id::{Name, UsagePointId};
use model::quantity::Decimal;
use model::review::Refusal;
use model::time::TimeRange;
use sha2::Sha256;
use store::registry::determinant::{Outcome, Request};
use store::registry::master::Class;
use store::registry::subscription::{PayloadFormat, Subscription};

use super::receiver::{Received, Receiver, Reply};
use super::world::{SECRET, World};

fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

fn january() -> TimeRange {
    TimeRange { start: at("2026-01-01T00:00:00Z"), end: at("2026-02-01T00:00:00Z") }
}

fn issue(number: u32) -> Issue {
    let determinant = Determinant {
        id: "kwh".into(),
        unit: "kWh".into(),
        quantity: Some(Decimal::new(12_500 + i64::from(number), -3)),
        period: january(),
        bucket: None,
        peak: None,
        channels: vec!["delivered".into()],
        counts: Counts { expected: 744, ..Counts::default() },
        exceptions: Vec::new(),
        notes: Vec::new(),
        inputs_hash: number.into(),
        set: "shop".into(),
        version: 1,
    };
    Issue {
        number,
        replaces: (1 < number).then(|| number - 1),
        at: at("2026-02-01T06:00:00Z"),
        plan_versions: vec![1],
        determinants: vec![determinant],
        changes: Vec::new(),
    }
}

/// A world in which requests are made and settled by hand.
struct Billing {
    world: World,
}

impl Billing {
    async fn new() -> Self {
        Self { world: World::new().await }
    }

    async fn ask(&self, id: &str) {
        let name = Name::new("UsagePoint", "SHOP-1");
        let point = self.world.registry.master().register(Class::UsagePoint, &[name], None).await.expect("registered");
        let request = Request {
            id: id.into(),
            usage_point: UsagePointId(point.id),
            account: None,
            period: january(),
            rate: "shop".into(),
            rate_version: 1,
            cut_off: january().end,
            requested_at: january().end,
            state: RequestState::Open,
            settled_at: None,
            items: None,
        };
        self.world.registry.determinants().add_request(&request).await.expect("asked");
    }

    /// `r 1`, `r 2`: issues; `r refused`, `r canceled`: how it ends.
    async fn settle(&self, what: &str) {
        let (id, what) = what.split_once(' ').expect("an id and what");
        let number: Option<u32> = what.parse().ok();
        let was = self.world.registry.determinants().request(id).await.expect("asked").state;
        let item = Item { field: "kwh".into(), code: "V73".into(), message: "12 of 744 are missing".into() };
        let outcome = Outcome {
            request: id.into(),
            was,
            state: if number.is_some() { RequestState::Created } else { what.parse().expect("a state") },
            items: (what == "refused").then(|| vec![item]),
            issue: number.map(issue),
            channels: Vec::new(),
        };
        self.world.registry.determinants().settle(&outcome, january().end).await.expect("settled");
    }

    async fn subscribe(&self, to: &Receiver, format: PayloadFormat, nouns: &[Noun]) -> Subscription {
        let described = self.world.described("cis", &to.url(), format);
        let filter = Filter { nouns: nouns.to_vec(), ..Filter::default() };
        self.world.subscribe_as(&subscribers::NewSubscription { filter, ..described }).await
    }
}

/// `created r 1` of a message in XML.
fn words(message: &Received) -> String {
    let (header, told) = read_told(&message.body).expect("a message about determinants");
    assert_eq!((header.id.as_str(), header.source.as_str()), (message.id.as_str(), "amity"));
    let [told] = &told[..] else { panic!("one answer, found {told:?}") };
    let issue = told.issue.as_ref().map_or_else(|| "-".into(), |issue| issue.number.to_string());
    format!("{} {} {issue}", header.verb, told.id)
}

// covers: IS-006, DR5.05
#[tokio::test]
async fn what_becomes_of_requests_is_told_in_order() {
    let billing = Billing::new().await;
    let receiver = Receiver::start(&[]).await;
    billing.subscribe(&receiver, PayloadFormat::Xml, &[Noun::BillingDeterminant]).await;
    billing.ask("r").await;
    billing.settle("r 1").await;
    billing.world.store(0, 0, &[250]);
    let delivery = billing.world.start();
    receiver.messages(1).await;
    billing.ask("s").await;
    for what in ["r 2", "s refused", "r canceled"] {
        billing.settle(what).await;
    }
    let messages = receiver.messages(4).await;
    delivery.stop().await;
    assert_eq!(
        messages.iter().map(words).collect::<Vec<_>>(),
        ["created r 1", "changed r 2", "reply s -", "canceled r 2"]
    );
    let text = |message: &Received| String::from_utf8(message.body.clone()).expect("UTF-8");
    assert!(text(&messages[1]).contains("<number>2</number><planVersion>1</planVersion><replaces>1</replaces>"));
    let refused = text(&messages[2]);
    let reply = "<Reply><Result>FAILED</Result><Error><code>5.7</code><level>FATAL</level>\
                 <reason>V73 kwh: 12 of 744 are missing</reason><ID>s</ID></Error></Reply>";
    assert!(refused.contains("<CorrelationID>s</CorrelationID>") && refused.contains(reply), "{refused}");
}

#[tokio::test]
async fn the_json_twin_is_signed() {
    let billing = Billing::new().await;
    let receiver = Receiver::start(&[]).await;
    billing.subscribe(&receiver, PayloadFormat::Json, &[Noun::MeterReading, Noun::BillingDeterminant]).await;
    billing.world.store(0, 0, &[250]);
    billing.ask("r").await;
    billing.settle("r 1").await;
    let delivery = billing.world.start();
    let messages = receiver.messages(2).await;
    delivery.stop().await;
    let types: Vec<_> = messages.iter().map(|message| message.json()["type"].clone()).collect();
    assert_eq!(types, ["billing-determinant.created", "meter-readings.created"]);
    let (message, json) = (&messages[0], messages[0].json());
    assert_eq!((&json["id"], &json["source"]), (&message.id.as_str().into(), &"amity".into()));
    let request = &json["request"];
    assert_eq!((&request["id"], &request["usage_point"]), (&"r".into(), &"SHOP-1".into()));
    assert_eq!(request["issue"]["determinants"][0]["quantity"], "12.501");
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(format!("{}.{}.", message.id, message.timestamp).as_bytes());
    mac.update(&message.body);
    assert_eq!(message.signatures, format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
}

#[tokio::test]
async fn who_did_not_choose_determinants_is_told_readings_alone() {
    let billing = Billing::new().await;
    let receiver = Receiver::start(&[]).await;
    let cis = billing.subscribe(&receiver, PayloadFormat::Xml, &[]).await;
    assert_eq!(cis.filter.get("nouns"), None, "what was registered before nouns could be chosen stays the same");
    billing.ask("r").await;
    billing.settle("r 1").await;
    billing.world.store(0, 0, &[250]);
    billing.world.store(0, 1, &[250]);
    let delivery = billing.world.start();
    let messages = receiver.messages(2).await;
    delivery.stop().await;
    assert!(messages.iter().all(|message| message.xml().header.noun == "MeterReadings"));
}

/// An installation that only collects tells of no determinants, also where its books hold some (decision X-01).
// covers: ONT-2.8.2
#[tokio::test]
async fn a_collection_only_installation_tells_of_no_determinants() {
    let mut billing = Billing::new().await;
    billing.world.config.nouns = vec![Noun::MeterReading];
    let (both, alone) = (Receiver::start(&[]).await, Receiver::start(&[]).await);
    billing.subscribe(&both, PayloadFormat::Xml, &[Noun::MeterReading, Noun::BillingDeterminant]).await;
    let filter = Filter { nouns: vec![Noun::BillingDeterminant], ..Filter::default() };
    let described = billing.world.described("alone", &alone.url(), PayloadFormat::Xml);
    billing.world.subscribe_as(&subscribers::NewSubscription { filter, ..described }).await;
    billing.ask("r").await;
    billing.settle("r 1").await;
    billing.world.store(0, 0, &[250]);
    billing.world.store(0, 1, &[250]);
    let delivery = billing.world.start();
    let messages = both.messages(2).await;
    delivery.stop().await;
    assert!(messages.iter().all(|message| message.xml().header.noun == "MeterReadings"));
    assert_eq!(alone.all(), []);
}

#[tokio::test]
async fn deliveries_of_determinants_go_on_after_a_restart() {
    let billing = Billing::new().await;
    let receiver = Receiver::start(&[Reply::Status(503), Reply::Status(204), Reply::Silence]).await;
    let cis = billing.subscribe(&receiver, PayloadFormat::Xml, &[Noun::BillingDeterminant]).await;
    billing.ask("r").await;
    billing.settle("r 1").await;
    billing.settle("r 2").await;
    let delivery = billing.world.start();
    receiver.messages(3).await;
    delivery.stop().await;
    billing.settle("r 3").await;
    let status = subscribers::status(&billing.world.registry, Some(&billing.world.book)).await.expect("known");
    assert_eq!((status[0].batches_behind, status[0].determinants_behind), (None, Some(2)));
    let delivery = billing.world.start();
    let messages = receiver.messages(5).await;
    billing.world.until(&cis, |state| state.determinants == Some(3)).await;
    delivery.stop().await;
    let told: Vec<_> = messages.iter().map(words).collect();
    assert_eq!(told, ["created r 1", "created r 1", "changed r 2", "changed r 2", "changed r 3"]);
    let id = |at: usize| messages[at].id.as_str();
    assert_eq!((id(0), id(2)), (id(1), id(3)), "what is repeated has its id");
    assert!(id(0) != id(2) && id(2) != id(4));
}

#[tokio::test]
async fn who_begins_now_is_told_what_comes() {
    let billing = Billing::new().await;
    billing.ask("r").await;
    billing.settle("r 1").await;
    let receiver = Receiver::start(&[]).await;
    let filter = Filter { nouns: vec![Noun::BillingDeterminant], ..Filter::default() };
    let described = billing.world.described("late", &receiver.url(), PayloadFormat::Xml);
    let described = subscribers::NewSubscription { filter, start: Start::Now, ..described };
    let late = billing.world.subscribe_as(&described).await;
    let delivery = billing.world.start();
    billing.world.until(&late, |state| state.determinants.is_some()).await;
    billing.settle("r 2").await;
    let messages = receiver.messages(1).await;
    delivery.stop().await;
    assert_eq!(words(&messages[0]), "changed r 2");
}

/// A message with a request for each name.
fn message(names: &[&str]) -> String {
    let request = |name: &&str| {
        format!(
            "<BillingDeterminantRequest><id>{name}</id><UsagePoint><Names><name>{name}</name></Names></UsagePoint>\
             <period><start>2026-01-01T00:00:00Z</start><end>2026-02-01T00:00:00Z</end></period>\
             </BillingDeterminantRequest>"
        )
    };
    format!(
        "<RequestMessage><Header><Verb>create</Verb><Noun>BillingDeterminantRequest</Noun><MessageID>m-1</MessageID>\
         </Header><Payload>{}</Payload></RequestMessage>",
        names.iter().map(request).collect::<String>()
    )
}

/// Answers by the name: `good` at once, `patient` waits, `poor` is refused for its data, any other is unknown.
fn answers(asked: &AskDeterminants) -> Result<Result<Vec<Told>, Refusal>, Infallible> {
    let name = asked.usage_point.clone().expect("a name");
    let (state, issue) = match name.as_str() {
        "good" => (RequestState::Created, Some(issue(1))),
        "patient" => (RequestState::Open, None),
        "poor" => (RequestState::Refused, None),
        _ => return Ok(Err(Refusal::Invalid { field: "usage_point", detail: format!("`{name}` is nobody") })),
    };
    let items = vec![Item { field: "kwh".into(), code: "V73".into(), message: "a gap".into() }];
    Ok(Ok(vec![Told {
        id: name.clone(),
        state,
        verb: None,
        noun: if issue.is_some() { Told::NOUN } else { Told::REQUEST_NOUN },
        usage_point: name,
        account: None,
        period: january(),
        definition: "shop".into(),
        definition_version: 1,
        cut_off: january().end,
        requested_at: january().end,
        items: if issue.is_some() { Vec::new() } else { items },
        issue,
    }]))
}

#[test]
fn answers_say_how_each_request_went() {
    let check = |names: &[&str], is_done: bool, codes: &[&str], told: &[&str]| {
        let Ok(Answered { is_done: found, code, body }) =
            answer(message(names).as_bytes(), "amity", january().end, answers);
        let text = String::from_utf8(body).expect("UTF-8");
        let found_codes: Vec<_> = text
            .split("<code>")
            .skip(1)
            .filter_map(|rest| rest.split('<').next())
            .filter(|code| *code != "V73")
            .collect();
        assert_eq!((found, found_codes.as_slice(), code.as_str()), (is_done, codes, codes[0]), "{text}");
        assert!(text.contains("<Verb>reply</Verb>") && text.contains("<CorrelationID>m-1</CorrelationID>"), "{text}");
        let (_, answers) = read_told(text.as_bytes()).expect("read");
        assert_eq!(answers.iter().map(|told| told.id.as_str()).collect::<Vec<_>>(), told);
    };
    check(&["good"], true, &["0.0"], &["good"]);
    check(&["good", "patient"], true, &["0.3"], &["good", "patient"]);
    check(&["good", "nobody"], true, &["0.2", "2.12"], &["good"]);
    check(&["good", "poor"], true, &["0.2", "5.7"], &["good", "poor"]);
    check(&["poor"], false, &["5.7"], &["poor"]);
    check(&["nobody", "nobody"], false, &["2.12", "2.12"], &[]);
}

#[test]
fn an_answer_names_the_place_of_what_is_wrong() {
    let text = |sent: &str| {
        let Ok(Answered { body, .. }) = answer(sent.as_bytes(), "amity", january().end, answers);
        String::from_utf8(body).expect("UTF-8")
    };
    let nobody = text(&message(&["good", "nobody"]));
    let expected = "<xpath>/RequestMessage/Payload/BillingDeterminantRequest[2]/UsagePoint</xpath><ID>nobody</ID>";
    assert!(nobody.contains("<Result>PARTIAL</Result>") && nobody.contains(expected), "{nobody}");
    let late = text(&message(&["good"]).replace("2026-02-01T00:00:00Z", "soon"));
    let expected = "<xpath>/RequestMessage/Payload/BillingDeterminantRequest/period/end</xpath><ID>good</ID>";
    assert!(late.contains("<Result>FAILED</Result>") && late.contains(expected), "{late}");
    let torn = text("<RequestMessage><Header>");
    assert!(torn.contains("<Result>FAILED</Result><Error><code>1.8</code>"), "{torn}");
}
