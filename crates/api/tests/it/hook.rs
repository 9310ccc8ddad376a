//! Signed messages of head-ends that push.

use axum::body::Body;
use axum::http::Request;
use interop::secret::{Secret, signatures};
use jiff::Timestamp;
use serde_json::json;

use crate::fixture::{Installation, Told};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The time of the fixture, and another one.
fn seconds(later: i64) -> i64 {
    "2024-11-10T12:00:00Z".parse::<Timestamp>().expect("an instant").as_second() + later
}

/// Pushes a body that was signed so many seconds later, with a secret.
async fn push(amity: &Installation, path: &str, (id, later, secret): (&str, i64, &str), body: &'static str) -> Told {
    let secret: Secret = secret.parse().expect("a secret");
    let signature = signatures(&[secret], id, seconds(later), body.as_bytes());
    let request = Request::post(path).header("host", "amity.example").header("content-type", "application/json");
    let request = request.header("webhook-id", id).header("webhook-timestamp", seconds(later));
    amity.send(request.header("webhook-signature", signature).body(Body::from(body)).expect("a request")).await
}

// covers: MOD-API, SEC-FCS-2
#[tokio::test]
async fn a_signed_message_goes_the_way_of_any_other() {
    for path in ["/hooks/HES-1", "/hooks/HES-1/events"] {
        let amity = Installation::empty().await;
        let told = push(&amity, path, ("m-1", 0, SECRET), "good").await;
        assert_eq!(told.status, 200, "{path}: {}", told.text);
        let again = push(&amity, path, ("m-1", 0, SECRET), "good").await;
        assert_eq!((again.status.as_u16(), &again.body["code"]), (409, &json!("conflict")), "{path}: a copy");
        let tried_again = push(&amity, path, ("m-1", 5, SECRET), "good").await;
        assert_eq!(tried_again.status, 200, "who tries again signs again: {}", tried_again.text);
        let refused = push(&amity, path, ("m-2", 0, SECRET), "bad").await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (422, &json!("refused")));
        amity.intake.0.lock().expect("not poisoned").uploads.clear();
    }
}

#[tokio::test]
async fn what_is_not_signed_as_agreed_is_refused_with_words_that_help() {
    let amity = Installation::empty().await;
    let other = Secret::generate().expect("random").reveal();
    for (what, signed, expected) in [
        ("another secret", ("m", 0, &*other), "HMAC-SHA256"),
        ("long ago", ("m", -301, SECRET), "301 seconds from the time here"),
        ("of the future", ("m", 301, SECRET), "set the clock"),
        ("no id", ("", 0, SECRET), "webhook-id"),
    ] {
        let told = push(&amity, "/hooks/HES-1", signed, "good").await;
        assert_eq!((told.status.as_u16(), &told.body["code"]), (401, &json!("not-signed")), "{what}");
        assert!(told.text.contains(expected) && !told.text.contains("whsec"), "{what}: {}", told.text);
    }
    let bare = amity.post("/hooks/HES-1", "application/json", "good").await;
    assert_eq!(bare.status, 401);
    assert!(bare.text.contains("the header `webhook-id` is missing"), "{}", bare.text);
    let unknown = push(&amity, "/hooks/HES-2", ("m", 0, SECRET), "good").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.text.contains("[head_end.hook]"), "{}", unknown.text);
}

// covers: MOD-DRP
#[tokio::test]
async fn what_could_not_be_stored_may_come_again_as_it_is() {
    let amity = Installation::empty().await;
    let busy = api::IntakeError::Busy("as many messages wait as there is room for".into());
    amity.intake.0.lock().expect("not poisoned").refusal = Some(busy);
    let told = push(&amity, "/hooks/HES-1/events", ("m", 0, SECRET), "good").await;
    assert_eq!((told.status.as_u16(), told.headers["retry-after"].to_str().expect("text")), (429, "1"));
    assert_eq!(push(&amity, "/hooks/HES-1/events", ("m", 0, SECRET), "good").await.status, 200);
}

// covers: MOD-DRP
#[tokio::test]
async fn who_hangs_up_before_the_answer_may_send_the_same_again() {
    for path in ["/hooks/HES-1", "/hooks/HES-1/events"] {
        let amity = Installation::empty().await;
        amity.intake.0.lock().expect("not poisoned").stalls = true;
        let is_under_way = async {
            while amity.intake.0.lock().expect("not poisoned").uploads.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            told = push(&amity, path, ("m", 0, SECRET), "good") => panic!("{path}: answered {}", told.text),
            () = is_under_way => {}
        }
        let again = push(&amity, path, ("m", 0, SECRET), "good").await;
        assert_eq!(again.status, 200, "{path}: {}", again.text);
        let copy = push(&amity, path, ("m", 0, SECRET), "good").await;
        assert_eq!(copy.status, 409, "{path}: {}", copy.text);
    }
}
