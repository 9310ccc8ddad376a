//! Web services.

use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use headend::rest::{Rest, Settings};
use headend::{HeadEnd, Request, RequestKind, Trouble};
use model::time::TimeRange;
use serde_json::{Value, json};
use std::collections::HashMap;

use crate::contract::{StandIn, holds};

/// What the service has and does.
#[derive(Default)]
struct Has {
    deliveries: Vec<(String, Vec<u8>)>,
    busy: Option<u32>,
    is_down: bool,
    answers: Option<StatusCode>,
    token: Option<String>,
    gives_no_position: bool,
    date: Option<&'static str>,
    requests: Vec<Value>,
}

/// A web service on a free port of loopback.
struct Service {
    has: Arc<Mutex<Has>>,
    address: String,
}

async fn deliveries(
    State(has): State<Arc<Mutex<Has>>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let has = has.lock().expect("no panic");
    let wanted = has.token.as_ref().map(|token| format!("Bearer {token}"));
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    match () {
        () if has.is_down => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        () if has.busy.is_some() => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", has.busy.unwrap_or(0).to_string())]).into_response()
        }
        () if wanted.is_some() && wanted.as_deref() != given => StatusCode::UNAUTHORIZED.into_response(),
        () => {
            let after: usize = query.get("after").map_or(0, |after| after.parse().expect("a position"));
            match (has.answers, has.deliveries.get(after)) {
                (Some(status), _) => status.into_response(),
                (None, None) => (StatusCode::NO_CONTENT, has.date.map(|date| [("date", date)]), ()).into_response(),
                (None, Some((_, bytes))) if has.gives_no_position => bytes.clone().into_response(),
                (None, Some((name, bytes))) => {
                    let headers = [("delivery-name", name.clone()), ("delivery-position", (after + 1).to_string())];
                    (headers, bytes.clone()).into_response()
                }
            }
        }
    }
}

/// Refuses `not here`, and what it refused stays so.
async fn requests(State(has): State<Arc<Mutex<Has>>>, Json(asked): Json<Value>) -> Response {
    let mut has = has.lock().expect("no panic");
    if has.is_down {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if let Some(seconds) = has.busy {
        return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", seconds.to_string())]).into_response();
    }
    if has.requests.iter().all(|before| before["id"] != asked["id"]) {
        has.requests.push(asked.clone());
    }
    let refuses = asked["devices"].as_array().expect("devices").contains(&json!("not here"));
    let refused = if refuses { json!([{ "device": "not here", "reason": "no such meter" }]) } else { json!([]) };
    (StatusCode::ACCEPTED, Json(json!({ "refused": refused }))).into_response()
}

impl Service {
    async fn start() -> Self {
        let has = Arc::new(Mutex::new(Has::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}/collect/", listener.local_addr().expect("an address"));
        let routes =
            Router::new().route("/collect/deliveries", get(deliveries)).route("/collect/requests", post(requests));
        let router = routes.with_state(Arc::clone(&has));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { has, address }
    }

    fn settings(&self) -> Settings {
        Settings { address: self.address.clone(), token_file: None, delivery_mib_max: 1 }
    }

    fn set(&self, change: impl FnOnce(&mut Has)) {
        change(&mut self.has.lock().expect("no panic"));
    }
}

impl StandIn for Service {
    type HeadEnd = Rest;

    fn is_down(trouble: &Trouble) -> bool {
        matches!(trouble, Trouble::Down(_))
    }

    fn head_end(&self) -> Rest {
        Rest::new(self.settings()).expect("settings")
    }

    fn publish(&mut self, name: &str, bytes: &[u8]) {
        self.set(|has| has.deliveries.push((name.to_owned(), bytes.to_vec())));
    }

    fn begin(&mut self, _name: &str, _bytes: &[u8]) -> bool {
        false
    }

    fn set_down(&mut self, is_down: bool) {
        self.set(|has| has.is_down = is_down);
    }

    fn set_busy(&mut self, seconds: Option<u32>) -> bool {
        self.set(|has| has.busy = seconds);
        true
    }

    fn requested(&self) -> Option<Vec<(String, Vec<String>)>> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let of = |asked: &Value| {
            let devices = asked["devices"].as_array().expect("devices").iter().map(text);
            (text(&asked["kind"]), devices.filter(|device| device != "not here").collect())
        };
        Some(self.has.lock().expect("no panic").requests.iter().map(of).collect())
    }
}

#[tokio::test]
async fn a_web_service_holds_the_contract() {
    holds(Service::start().await).await;
}

#[tokio::test]
async fn a_token_is_read_anew_for_each_request() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "old\n").expect("written");
    let mut service = Service::start().await;
    service.publish("one", b"1");
    service.set(|has| has.token = Some("new".into()));
    let mut rest =
        Rest::new(Settings { token_file: Some(token_file.clone()), ..service.settings() }).expect("settings");
    let refused = rest.pull(None).await.expect_err("an old token");
    assert!(matches!(&refused, Trouble::Refused(why) if why.contains("401")), "{refused:?}");
    std::fs::write(&token_file, "new\n").expect("written");
    assert!(rest.pull(None).await.expect("no trouble").is_some());
}

#[tokio::test]
async fn answers_that_break_the_contract_are_trouble_and_no_delivery() {
    let mut service = Service::start().await;
    service.publish("large", &vec![0; (1 << 20) + 1]);
    let mut rest = service.head_end();
    let trouble = rest.pull(None).await.expect_err("too large");
    assert!(matches!(&trouble, Trouble::Refused(why) if why.contains("delivery_mib_max")), "{trouble:?}");
    for status in [StatusCode::NOT_FOUND, StatusCode::FOUND] {
        service.set(|has| has.answers = Some(status));
        assert!(matches!(rest.pull(None).await, Err(Trouble::Refused(_))), "{status}");
    }
    service.set(|has| has.answers = Some(StatusCode::BAD_GATEWAY));
    assert!(matches!(rest.pull(None).await, Err(Trouble::Down(_))));
    service.set(|has| {
        (has.answers, has.gives_no_position) = (None, true);
        has.deliveries = vec![("one".into(), b"1".to_vec())];
    });
    assert!(matches!(rest.pull(None).await, Err(Trouble::Down(_))), "nothing would say where to go on");
}

// covers: MOD-TS
#[tokio::test]
async fn the_time_that_an_answer_tells_is_heard() {
    let service = Service::start().await;
    let mut rest = service.head_end();
    for (date, expected) in [
        ("Sun, 01 Mar 2026 12:00:07 GMT", Some("2026-03-01T12:00:07Z")),
        ("in a minute", None),
        ("Mon, 02 Mar 2026 12:00:07 +0100", Some("2026-03-02T11:00:07Z")),
    ] {
        service.set(|has| has.date = Some(date));
        assert_eq!(rest.pull(None).await, Ok(None));
        assert_eq!(rest.said(), expected.map(|at| at.parse().expect("an instant")), "{date}");
    }
}

#[tokio::test]
async fn a_request_says_everything_in_words_of_the_contract() {
    let service = Service::start().await;
    let at = |text: &str| text.parse().expect("an instant");
    let range = TimeRange { start: at("2026-02-03T05:00:00Z"), end: at("2026-02-04T05:00:00Z") };
    let request = Request { id: "r-1".into(), kind: RequestKind::Read { range }, devices: vec!["M-1".into()] };
    service.head_end().ask(&request).await.expect("accepted");
    let expected = json!({
        "id": "r-1", "kind": "read", "devices": ["M-1"],
        "from": "2026-02-03T05:00:00Z", "to": "2026-02-04T05:00:00Z",
    });
    assert_eq!(service.has.lock().expect("no panic").requests, [expected]);
}

#[test]
fn an_address_that_is_none_needs_other_settings() {
    for address in ["hes.example", "ftp://hes.example", "mailto:a@b"] {
        let settings = Settings { address: address.into(), token_file: None, delivery_mib_max: 1 };
        let trouble = Rest::new(settings).expect_err("refused");
        assert!(trouble.to_string().starts_with(&format!("address `{address}`")), "{trouble}");
    }
    let with_token = |address: &str| {
        let token_file = Some("token".into());
        Rest::new(Settings { address: address.into(), token_file, delivery_mib_max: 1 }).map(drop)
    };
    assert!(matches!(with_token("http://hes.example"), Err(Trouble::Refused(why)) if why.contains("in the clear")));
    assert_eq!(with_token("https://hes.example"), Ok(()));
    let told = with_token("https://anna:secret@hes.example").expect_err("refused").to_string();
    assert!(told.contains("token_file") && !told.contains("secret"), "{told}");
}
