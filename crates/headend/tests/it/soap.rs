//! Services in SOAP.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use formats::soap;
use headend::soap::window::Windows;
use headend::soap::{Settings, Soap, SoapVersion};
use headend::{Body, Delivery, HeadEnd, Request, RequestKind, Trouble};
use jiff::{SignedDuration, Timestamp};
use model::time::TimeRange;

use crate::contract::{StandIn, holds};

thread_local! {
    /// Seconds since [`begin`]; each test has a thread of its own.
    static CLOCK: Cell<i64> = const { Cell::new(0) };
}

fn begin() -> Timestamp {
    "2026-02-03T00:00:00Z".parse().expect("an instant")
}

fn now() -> Timestamp {
    begin() + SignedDuration::from_secs(CLOCK.get())
}

fn minutes_pass(minutes: i64) {
    CLOCK.set(CLOCK.get() + 60 * minutes);
}

/// What the service has and does.
#[derive(Default)]
struct Has {
    /// When, the id of the message, and what it holds.
    messages: Vec<(Timestamp, String, String)>,
    busy: Option<u32>,
    is_down: bool,
    /// What it answers instead, whatever is asked.
    answers: Option<(StatusCode, String)>,
    /// Messages of one answer; more are left out, and the answer says that more would follow.
    messages_max: Option<usize>,
    /// Which spans it was asked for, in minutes since [`begin`].
    asked: Vec<(i64, i64)>,
    /// Ids, kinds and devices of the requests that had an effect.
    requests: Vec<(String, String, Vec<String>)>,
    authorization: Option<String>,
    action: Option<String>,
}

impl Has {
    /// Refuses `not here`, and what came before has no other effect; what it reads it tells at once.
    fn asked_of_devices(&mut self, question: &soap::Message) -> String {
        let kind = match (&*question.header.noun, question.request) {
            ("EndDeviceControls", _) => "ping",
            (_, Some(_)) => "read",
            (_, None) => "read_now",
        };
        let id = question.header.id.to_string();
        let (refused, done): (Vec<_>, Vec<_>) =
            question.devices.iter().map(ToString::to_string).partition(|device| device == "not here");
        if self.requests.iter().all(|(before, ..)| *before != id) {
            self.requests.push((id.clone(), kind.into(), done));
        }
        let errors: String = refused
            .iter()
            .map(|device| {
                format!(
                    "<m:Error><m:code>2.4</m:code><m:reason>no such meter</m:reason><m:ID>{device}</m:ID></m:Error>"
                )
            })
            .collect();
        let held = if kind == "ping" { "" } else { "<m:Payload><MeterReadings><e>7</e></MeterReadings></m:Payload>" };
        let result = if refused.is_empty() { "OK" } else { "PARTIAL" };
        reply("r", &id, &format!("<m:Result>{result}</m:Result>{errors}"), held)
    }
}

/// A service on a free port of loopback.
struct Service {
    has: Arc<Mutex<Has>>,
    address: String,
    /// A span has ended of which the answer is still to come.
    is_span_open: bool,
}

fn envelope(inside: &str) -> String {
    format!(
        "<?xml version='1.0'?><s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Header><Security \
         xmlns='urn:wsse'/></s:Header><s:Body>{inside}</s:Body></s:Envelope>"
    )
}

fn reply(id: &str, correlation: &str, reply: &str, payload: &str) -> String {
    envelope(&format!(
        "<m:ResponseMessage xmlns:m='http://iec.ch/TC57/2011/schema/message'><m:Header><m:Verb>reply</m:Verb>\
         <m:Noun>MeterReadings</m:Noun><m:MessageID>{id}</m:MessageID><m:CorrelationID>{correlation}</m:CorrelationID>\
         </m:Header><m:Reply>{reply}</m:Reply>{payload}</m:ResponseMessage>"
    ))
}

const OK: &str = "<m:Result>OK</m:Result><m:Error><m:code>0.0</m:code></m:Error>";

async fn answer(State(has): State<Arc<Mutex<Has>>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut has = has.lock().expect("no panic");
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    (has.authorization, has.action) = (text("authorization"), text("soapaction"));
    if has.is_down {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if let Some(seconds) = has.busy {
        return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", seconds.to_string())]).into_response();
    }
    let question = soap::read(&body).expect("a question");
    if !question.devices.is_empty() {
        return (StatusCode::OK, has.asked_of_devices(&question)).into_response();
    }
    let window = question.request.expect("a span");
    let minute = |at: Timestamp| (at.as_second() - begin().as_second()).div_euclid(60);
    has.asked.push((minute(window.start), minute(window.end)));
    if let Some((status, answer)) = &has.answers {
        return (*status, answer.replace("QUESTION", &question.header.id)).into_response();
    }
    let id = &question.header.id;
    let inside: Vec<_> = has.messages.iter().filter(|(at, ..)| window.contains(*at)).collect();
    let kept = &inside[..inside.len().min(has.messages_max.unwrap_or(usize::MAX))];
    let name = kept.first().map_or_else(String::new, |(_, name, _)| name.clone());
    let held: String = kept.iter().map(|(.., held)| format!("<e>{held}</e>")).collect();
    let payload = format!("<m:Payload><MeterReadings>{held}</MeterReadings></m:Payload>");
    let partial = "<m:Result>PARTIAL</m:Result><m:Error><m:code>0.1</m:code></m:Error>";
    match kept {
        [] => reply("nothing", id, OK, "").into_response(),
        kept if kept.len() < inside.len() => reply(&name, id, partial, &payload).into_response(),
        _ => reply(&name, id, OK, &payload).into_response(),
    }
}

impl Service {
    async fn start() -> Self {
        let has = Arc::new(Mutex::new(Has::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}/soap", listener.local_addr().expect("an address"));
        let router = Router::new().route("/soap", post(answer)).with_state(Arc::clone(&has));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { has, address, is_span_open: false }
    }

    /// One span is an hour, asked for at once.
    fn settings(&self) -> Settings {
        Settings {
            address: self.address.clone(),
            version: SoapVersion::V11,
            action: String::new(),
            token_file: None,
            user: None,
            password_file: None,
            events: false,
            windows: Windows { minutes: 60, minutes_max: 60, overlap_minutes: 0, settled_seconds: 0, history_hours: 0 },
            delivery_mib_max: 1,
        }
    }

    fn set(&self, change: impl FnOnce(&mut Has)) {
        change(&mut self.has.lock().expect("no panic"));
    }

    fn asked(&self) -> Vec<(i64, i64)> {
        std::mem::take(&mut self.has.lock().expect("no panic").asked)
    }

    /// A head-end as after the first start of the program, an hour ago.
    fn after_an_hour(&self) -> (Soap, String) {
        minutes_pass(60);
        (Soap::new(self.settings(), now).expect("settings"), format!("MeterReadings={}", begin()))
    }

    fn end_span(&mut self) {
        if !std::mem::replace(&mut self.is_span_open, true) {
            minutes_pass(60);
        }
    }
}

impl StandIn for Service {
    type HeadEnd = Soap;

    fn is_down(trouble: &Trouble) -> bool {
        matches!(trouble, Trouble::Down(_))
    }

    fn head_end(&self) -> Soap {
        // The first question begins where time began.
        let hours = u32::try_from(CLOCK.get() / 3600).expect("not before");
        let windows = Windows { history_hours: hours, ..self.settings().windows };
        Soap::new(Settings { windows, ..self.settings() }, now).expect("settings")
    }

    fn publish(&mut self, name: &str, bytes: &[u8]) {
        self.end_span();
        self.is_span_open = false;
        let held = String::from_utf8(bytes.to_vec()).expect("text");
        let at = now() - SignedDuration::from_mins(30);
        self.set(|has| has.messages.push((at, name.to_owned(), held)));
    }

    fn begin(&mut self, name: &str, bytes: &[u8]) -> bool {
        let held = String::from_utf8(bytes.to_vec()).expect("text");
        // Of the hour that has not ended yet.
        self.set(|has| has.messages.push((now() + SignedDuration::from_hours(1000), name.to_owned(), held)));
        true
    }

    fn set_down(&mut self, is_down: bool) {
        self.end_span();
        self.set(|has| has.is_down = is_down);
    }

    fn set_busy(&mut self, seconds: Option<u32>) -> bool {
        self.end_span();
        self.set(|has| has.busy = seconds);
        true
    }

    fn requested(&self) -> Option<Vec<(String, Vec<String>)>> {
        let has = self.has.lock().expect("no panic");
        Some(has.requests.iter().map(|(_, kind, devices)| (kind.clone(), devices.clone())).collect())
    }

    fn unwrapped(bytes: Vec<u8>) -> Vec<u8> {
        let text = String::from_utf8(bytes).expect("text");
        let (_, held) = text.split_once("<e>").expect("held");
        held.split_once("</e>").expect("held").0.as_bytes().to_vec()
    }
}

#[tokio::test]
async fn a_service_in_soap_holds_the_contract() {
    holds(Service::start().await).await;
}

fn held(delivery: &Delivery) -> String {
    let Body::Bytes(bytes) = &delivery.body else { panic!("bytes") };
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn what_devices_tell_at_once_is_a_delivery_until_it_is_stored() {
    let service = Service::start().await;
    let (mut soap, position) = service.after_an_hour();
    let request = |id: &str, kind| Request { id: id.into(), kind, devices: vec!["M-1".into(), "not here".into()] };
    let accepted = soap.ask(&request("r-1", RequestKind::ReadNow)).await.expect("accepted");
    assert_eq!(accepted.refused, [("not here".into(), "2.4 no such meter".to_owned())]);
    soap.ask(&request("r-2", RequestKind::Ping)).await.expect("accepted");
    let told = soap.pull(Some(&position)).await.expect("no trouble").expect("what came at once");
    assert_eq!((&*told.name, &told.position, held(&told).contains("<e>7</e>")), ("r-1", &position, true));
    assert_eq!(soap.pull(Some(&position)).await, Ok(Some(told.clone())), "it was not stored yet");
    soap.taken(&told).await.expect("no trouble");
    let next = soap.pull(Some(&position)).await.expect("no trouble").expect("the hour that ended");
    assert_ne!(next.position, position, "a control without a payload told nothing; time goes on");
    for number in 0..16 {
        soap.ask(&request(&number.to_string(), RequestKind::ReadNow)).await.expect("accepted");
    }
    let trouble = soap.ask(&request("one more", RequestKind::ReadNow)).await;
    assert_eq!(trouble, Err(Trouble::Busy(None)), "what came must be stored first");
}

#[tokio::test]
async fn what_is_too_much_is_asked_for_in_halves_and_nothing_is_skipped() {
    let service = Service::start().await;
    let (mut soap, begin_position) = service.after_an_hour();
    let at = |minute: i64| begin() + SignedDuration::from_mins(minute);
    for minute in [5, 20, 40] {
        service.set(|has| has.messages.push((at(minute), format!("m{minute}"), format!("value of {minute}"))));
    }
    service.set(|has| has.messages_max = Some(1));
    let (mut position, mut came) = (begin_position, String::new());
    while let Some(delivery) = soap.pull(Some(&position)).await.expect("no trouble") {
        came += &held(&delivery);
        position = delivery.position;
    }
    for minute in [5, 20, 40] {
        assert!(came.contains(&format!("value of {minute}")), "{minute}");
    }
    assert_eq!(position, format!("MeterReadings={}", at(60)));
    // Two of the hour and of its half are too many, one of a quarter is not; then the spans grow again.
    assert_eq!(service.asked(), [(0, 60), (0, 30), (0, 15), (15, 45), (15, 30), (30, 60)]);
}

/// The trouble in the end; before it each half is asked for at once.
async fn asked_in_halves(soap: &mut Soap, position: &str) -> Trouble {
    loop {
        match soap.pull(Some(position)).await.expect_err("never whole") {
            Trouble::Busy(Some(SignedDuration::ZERO)) => {}
            trouble => return trouble,
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_never_whole_is_trouble_and_skips_nothing() {
    let service = Service::start().await;
    let (mut soap, position) = service.after_an_hour();
    let too_many = "<m:Result>FAILED</m:Result><m:Error><m:code>3.1</m:code></m:Error>";
    service.set(|has| has.answers = Some((StatusCode::OK, reply("r", "QUESTION", too_many, ""))));
    let trouble = asked_in_halves(&mut soap, &position).await;
    assert!(matches!(&trouble, Trouble::Down(why) if why.contains("even for the minute from 2026-02-03T00:00:00Z")));
    assert_eq!(service.asked(), [(0, 60), (0, 30), (0, 15), (0, 7), (0, 3), (0, 1)]);
    service.set(|has| has.answers = None);
    assert!(soap.pull(Some(&position)).await.expect("no trouble").is_some(), "it goes on by itself");
}

/// What an answer leads to.
#[track_caller]
fn check(found: &Trouble, expected: &str) {
    let told = match found {
        Trouble::Busy(_) => "busy".to_owned(),
        Trouble::Down(why) => format!("down: {why}"),
        Trouble::Refused(why) => format!("refused: {why}"),
    };
    assert!(told.starts_with(expected), "{told}, expected {expected}");
}

#[tokio::test]
async fn answers_say_what_to_do() {
    let service = Service::start().await;
    let (mut soap, position) = service.after_an_hour();
    let failed = |code: &str| {
        let error = format!(
            "<m:Result>FAILED</m:Result><m:Error><m:code>{code}</m:code><m:level>FATAL</m:level>\
             <m:reason>no</m:reason><m:xpath>/RequestMessage/Header</m:xpath></m:Error>"
        );
        (StatusCode::OK, reply("r", "QUESTION", &error, ""))
    };
    let fault = |code: &str| {
        let inside = format!("<s:Fault><faultcode>s:{code}</faultcode><faultstring>why</faultstring></s:Fault>");
        (StatusCode::INTERNAL_SERVER_ERROR, envelope(&inside))
    };
    let fault_12 = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body><s:Fault><s:Code>\
                    <s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>why</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>";
    let ok = |text: &str| (StatusCode::OK, text.to_owned());
    let acknowledged = "<m:Result>OK</m:Result><m:Error><m:code>0.3</m:code></m:Error>";
    let dtd = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>";
    let whole = reply("r", "QUESTION", OK, "");
    for (answer, expected) in [
        (failed("1.5"), "refused: answers FAILED 1.5 at /RequestMessage/Header: no"),
        (failed("2.5"), "refused: answers FAILED 2.5"),
        (failed("3.2"), "busy"),
        (failed("4.1"), "down: answers FAILED 4.1"),
        (failed("5.1"), "busy"),
        (failed("5.3"), "down: answers FAILED 5.3"),
        (failed("7.1"), "down: answers FAILED 7.1"),
        (failed("7.4"), "refused: answers FAILED 7.4"),
        (fault("Client"), "refused: SOAP fault Client: why"),
        (fault("Server"), "down: SOAP fault Server: why"),
        ((StatusCode::BAD_REQUEST, fault_12.to_owned()), "refused: SOAP fault Sender: why"),
        ((StatusCode::UNAUTHORIZED, String::new()), "refused: answers 401"),
        ((StatusCode::FORBIDDEN, String::new()), "refused: answers 403"),
        ((StatusCode::TOO_MANY_REQUESTS, String::new()), "busy"),
        ((StatusCode::BAD_GATEWAY, String::new()), "down: answers 502"),
        (ok(&whole[..whole.len() - 20]), "down: its answer cannot be read"),
        (ok("<html><body>login</body></html>"), "down: answers with `html`, expected a ResponseMessage"),
        (ok(dtd), "down: its answer cannot be read"),
        (ok(&"<a>".repeat(1000)), "down: its answer cannot be read"),
        (ok(""), "down: its answer cannot be read"),
        (ok(&reply("r", "another", OK, "")), "down: answers the question `another` where"),
        (ok(&reply("r", "QUESTION", acknowledged, "")), "refused: acknowledges the question"),
    ] {
        service.set(|has| has.answers = Some(answer));
        let trouble = soap.pull(Some(&position)).await.expect_err(expected);
        check(&trouble, expected);
    }
}

#[tokio::test]
async fn an_answer_larger_than_what_is_taken_is_asked_for_in_halves() {
    let service = Service::start().await;
    let (mut soap, position) = service.after_an_hour();
    let large = format!("<m:Payload><MeterReadings>{}</MeterReadings></m:Payload>", " ".repeat(1 << 20));
    service.set(|has| has.answers = Some((StatusCode::OK, reply("r", "QUESTION", OK, &large))));
    check(&asked_in_halves(&mut soap, &position).await, "down: gives no whole answer");
    let (mut soap, position) = service.after_an_hour();
    service.set(|has| has.answers = Some((StatusCode::PAYLOAD_TOO_LARGE, String::new())));
    check(&asked_in_halves(&mut soap, &position).await, "down: gives no whole answer");
}

#[tokio::test]
async fn an_answer_without_readings_moves_on_and_is_kept() {
    let service = Service::start().await;
    let (mut soap, position) = service.after_an_hour();
    let delivery = soap.pull(Some(&position)).await.expect("no trouble").expect("an answer");
    assert_eq!(delivery.position, "MeterReadings=2026-02-03T01:00:00Z");
    assert!(held(&delivery).contains("<m:Result>OK</m:Result>"));
    assert_eq!(soap.pull(Some(&delivery.position)).await, Ok(None));
}

#[tokio::test]
async fn who_asks_says_who_it_is() {
    let service = Service::start().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let password_file = folder.path().join("password");
    std::fs::write(&password_file, "secret\n").expect("written");
    minutes_pass(60);
    let settings = Settings {
        user: Some("amity".into()),
        password_file: Some(password_file),
        action: "urn:get".into(),
        windows: Windows { history_hours: 1, ..service.settings().windows },
        ..service.settings()
    };
    Soap::new(settings, now).expect("settings").pull(None).await.expect("no trouble");
    let has = service.has.lock().expect("no panic");
    // base64 of `amity:secret`, by `printf amity:secret | base64`.
    assert_eq!(has.authorization.as_deref(), Some("Basic YW1pdHk6c2VjcmV0"));
    assert_eq!(has.action.as_deref(), Some("\"urn:get\""));
}

#[test]
fn settings_that_cannot_be_are_named() {
    let good = Settings {
        address: "https://hes.example/soap".into(),
        version: SoapVersion::V12,
        action: String::new(),
        token_file: None,
        user: None,
        password_file: None,
        events: true,
        windows: Windows::default(),
        delivery_mib_max: 1,
    };
    assert!(good.checked().is_ok());
    let windows = |minutes, minutes_max| Windows { minutes, minutes_max, ..Windows::default() };
    for (settings, expected) in [
        (Settings { address: "hes".into(), ..good.clone() }, "address `hes` is none"),
        (Settings { user: Some("a".into()), ..good.clone() }, "expected both of user and password_file"),
        (Settings { windows: windows(0, 1), ..good.clone() }, "windows.minutes is 0"),
        (Settings { windows: windows(9, 8), ..good.clone() }, "windows.minutes_max is 8: expected at least the 9"),
        (Settings { delivery_mib_max: 0, ..good.clone() }, "delivery_mib_max is 0"),
    ] {
        let Err(Trouble::Refused(why)) = settings.checked() else { panic!("{expected}") };
        assert!(why.starts_with(expected), "{why}");
    }
    let range = TimeRange { start: begin(), end: begin() };
    assert!(!range.contains(begin()), "an empty span holds nothing");
}
