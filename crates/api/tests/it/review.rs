//! The queue and the editor over HTTP, with the real review behind.

use serde_json::{Value, json};

use crate::fixture::{Installation, Told};

/// The meter of the fixture with its spike of 9 kWh in hour 5 of 2024-11-03 in the queue.
async fn with_a_spike() -> Installation {
    let amity = Installation::with_a_meter().await;
    amity.follow().await;
    amity
}

async fn post(amity: &Installation, path: &str, body: &Value) -> Told {
    amity.post(&format!("/api/v1/review/{path}"), "application/json", body.to_string()).await
}

async fn get(amity: &Installation, path: &str) -> Value {
    let told = amity.get(&format!("/api/v1/{path}")).await;
    assert_eq!(told.status.as_u16(), 200, "{path}: {}", told.text);
    told.body
}

#[track_caller]
fn is_problem(told: &Told, status: u16, code: &str, words: &str) {
    let found = (told.status.as_u16(), told.body["code"].as_str());
    assert_eq!(found, (status, Some(code)), "{}", told.text);
    assert!(told.body["detail"].as_str().is_some_and(|detail| detail.contains(words)), "{}", told.text);
}

fn proposal(by: &str) -> Value {
    let start = "2024-11-03T09:00:00Z";
    let edits = json!([{ "channel": "UP-7/E1", "values": [{ "start": start, "value": "1.5" }] }]);
    json!({ "edits": edits, "method": "value", "reason": "meter-fault", "note": "read on site", "by": by })
}

#[tokio::test]
async fn the_queue_tells_what_failed_and_the_cheapest_next_step() {
    let amity = with_a_spike().await;
    let groups = get(&amity, "review/groups").await;
    assert_eq!((&groups["total"], &groups["groups"][0]["rule"]), (&json!(1), &json!("V31")));
    assert_eq!(groups["groups"][0]["date"], "2024-11-03");
    let page = get(&amity, "review/exceptions?state=open&rule=V31&date=2024-11-03&channel=UP-7%2FE1").await;
    let spike = &page["exceptions"][0];
    assert_eq!((&spike["label"], &spike["from"], &spike["to"]), (&json!("UP-7/E1"), &json!(5), &json!(6)));
    // Hour 5 of the long day: the hour from 01:00 came twice.
    assert_eq!(spike["start"], "2024-11-03T04:00:00-05:00");
    assert_eq!((&spike["effect"], &spike["routed"]), (&json!("blocked"), &json!(true)));
    assert!(spike["next_step"].as_str().is_some_and(|step| step.starts_with("Compare the day with the register")));
    assert_eq!(get(&amity, "review/exceptions?rule=V30").await["exceptions"], json!([]));
    assert_eq!(get(&amity, "review/groups?by=channel").await["groups"][0]["label"], "UP-7/E1");
}

#[tokio::test]
async fn an_exception_is_accepted_and_its_day_is_validated_in_the_same_request() {
    let amity = with_a_spike().await;
    let id = get(&amity, "review/exceptions").await["exceptions"][0]["id"].clone();
    let body = json!({ "exceptions": [id], "by": "Ada", "reason": "real-use" });
    let told = post(&amity, "accept", &body).await;
    assert_eq!((told.status.as_u16(), &told.body["state"]), (200, &json!("approved")), "{}", told.text);
    assert_eq!(told.body["accepted"], 1);
    let explained = get(&amity, "channels/0/explain?date=2024-11-03").await;
    let hour = &explained["values"][5];
    assert_eq!((&hour["raw"], &hour["final"]), (&json!("9.000"), &json!("9.000")));
    assert!(hour["statuses"].as_array().is_some_and(|words| words.contains(&json!("accepted"))), "{hour}");
    assert_eq!(explained["decisions"][0]["act"], told.body["act"]);
    assert_eq!(get(&amity, "review/exceptions").await["exceptions"][0]["state"], "accepted");
    is_problem(&post(&amity, "accept", &body).await, 409, "conflict", "is accepted by act");
}

#[tokio::test]
async fn a_proposal_needs_another_person() {
    let amity = with_a_spike().await;
    let proposed = post(&amity, "proposals", &proposal("Ada")).await;
    assert_eq!(proposed.body["state"], "proposed", "{}", proposed.text);
    let act = &proposed.body["act"];
    is_problem(&post(&amity, "proposals", &proposal("Ben")).await, 409, "conflict", "waits");
    let own = post(&amity, &format!("proposals/{act}/approve"), &json!({ "by": "Ada" })).await;
    is_problem(&own, 403, "not-allowed", "another person has to approve");
    let approved = post(&amity, &format!("proposals/{act}/approve"), &json!({ "by": "Ben", "note": "seen" })).await;
    assert_eq!(approved.body, json!({ "act": act, "state": "approved" }), "{}", approved.text);
    let listed = get(&amity, "review/proposals?state=approved").await;
    let day = &listed["proposals"][0]["days"][0];
    assert_eq!((&day["before"], &day["after"]), (&json!(["9.000"]), &json!(["1.500"])));
    assert_eq!(listed["proposals"][0]["decided_note"], "seen");
    assert_eq!(get(&amity, "channels/0/explain?date=2024-11-03").await["values"][5]["final"], "1.500");
    assert_eq!(get(&amity, "review/proposals?state=proposed").await["proposals"], json!([]));
    let late = post(&amity, &format!("proposals/{act}/reject"), &json!({ "by": "Cem" })).await;
    is_problem(&late, 409, "conflict", "it is approved already");
}

#[tokio::test]
async fn the_editor_previews_and_checks_without_storing() {
    let amity = with_a_spike().await;
    let span = "channel=0&from=2024-11-03T09:00:00Z&to=2024-11-03T10:00:00Z";
    let preview = get(&amity, &format!("review/preview?{span}")).await;
    assert_eq!((&preview["unit"], &preview["now"]), (&json!("kWh"), &json!(["9.000"])));
    let line = preview["methods"].as_array().and_then(|all| all.iter().find(|one| one["method"] == "E04"));
    assert_eq!(line.map(|line| (&line["values"], &line["total"])), Some((&json!(["1.000"]), &json!("1"))));
    // 33 kWh were stated for the day; with 1 kWh in place of 9 it is 25.
    assert_eq!(preview["register"]["measured"], "33");
    assert_eq!(preview["register"]["by_method"]["E04"], "25");
    let edits = proposal("Ada")["edits"].clone();
    let told = post(&amity, "check", &json!({ "edits": edits })).await;
    assert_eq!(told.body["days"][0]["sum"], "25.5", "{}", told.text);
    let verdict = |rule: &str| {
        let results = told.body["days"][0]["results"].as_array().expect("results");
        results.iter().find(|result| result["rule"] == rule).map(|result| result["verdict"].clone())
    };
    assert_eq!((verdict("V31"), verdict("V50")), (Some(json!("passed")), Some(json!("failed"))));
    assert_eq!(get(&amity, "review/proposals").await["proposals"], json!([]));
}

#[tokio::test]
async fn people_look_after_exceptions() {
    let amity = with_a_spike().await;
    let id = get(&amity, "review/exceptions").await["exceptions"][0]["id"].clone();
    let told = post(&amity, "assign", &json!({ "exceptions": [id], "to": "Ben", "by": "Ada" })).await;
    assert_eq!(told.body, json!({ "changed": 1 }), "{}", told.text);
    let remark = json!({ "exceptions": [id], "text": "crew is on its way", "by": "Ben" });
    assert_eq!(post(&amity, "comment", &remark).await.body, json!({ "changed": 1 }));
    let mine = get(&amity, "review/exceptions?assignee=Ben").await;
    assert_eq!(mine["exceptions"][0]["comment"], "crew is on its way");
    assert_eq!(get(&amity, "review/exceptions?assignee=Ada").await["exceptions"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_is_a_problem_with_its_place() {
    let amity = with_a_spike().await;
    let codes: Vec<_> = get(&amity, "review/reasons").await["reasons"]
        .as_array()
        .expect("reasons")
        .iter()
        .map(|reason| reason["code"].as_str().expect("a code").to_owned())
        .collect();
    assert!(["real-use", "vacant", "other"].iter().all(|code| codes.contains(&(*code).to_owned())), "{codes:?}");
    let unknown = json!({ "exceptions": [77], "by": "Ada", "reason": "vacant" });
    is_problem(&post(&amity, "accept", &unknown).await, 404, "not-found", "exception `77`");
    let reason = json!({ "exceptions": [1], "by": "Ada", "reason": "because" });
    let told = post(&amity, "accept", &reason).await;
    is_problem(&told, 400, "invalid-parameter", "expected one of real-use");
    assert_eq!(told.body["pointer"], "reason");
    is_problem(
        &post(&amity, "accept", &json!({ "ids": [1] })).await,
        400,
        "invalid-parameter",
        "there is no entry `ids`",
    );
    let text = amity.post("/api/v1/review/accept", "text/plain", "{}").await;
    assert_eq!(text.status.as_u16(), 415);
    for path in ["review/groups?by=colour", "review/exceptions?state=lost", "review/exceptions?limit=0"] {
        is_problem(&amity.get(&format!("/api/v1/{path}")).await, 400, "invalid-parameter", "expected");
    }
    let span = "channel=1&from=2024-11-03T09:00:00Z&to=2024-11-03T10:00:00Z";
    let registers = amity.get(&format!("/api/v1/review/preview?{span}")).await;
    is_problem(&registers, 400, "invalid-parameter", "register reads, not intervals");
    let empty = amity.get("/api/v1/channels/0/explain?date=2024-11-04").await;
    is_problem(&empty, 404, "not-found", "has no intervals on 2024-11-04");
}
