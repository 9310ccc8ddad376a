//! Readings that are pushed as messages of IEC 61968-100.

use api::IntakeError;

use crate::fixture::{Installation, Told};

/// A message in SOAP 1.1 of a verb, with a payload or without.
fn message(verb: &str, payload: &str) -> String {
    format!(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><m:CreatedMeterReadings \
         xmlns:m='http://iec.ch/TC57/2011/MeterReadingsMessage'><m:Header><m:Verb>{verb}</m:Verb>\
         <m:Noun>MeterReadings</m:Noun><m:Source>HES-1</m:Source><m:MessageID>m-1</m:MessageID></m:Header>{payload}\
         </m:CreatedMeterReadings></s:Body></s:Envelope>"
    )
}

const PAYLOAD: &str = "<m:Payload><MeterReadings/></m:Payload>";

#[track_caller]
fn check(told: &Told, status: u16, parts: &[&str]) {
    assert_eq!(told.status.as_u16(), status, "{}", told.text);
    assert!(told.headers["content-type"].to_str().expect("text").starts_with("text/xml"), "{:?}", told.headers);
    for part in parts {
        assert!(told.text.contains(part), "{part}: {}", told.text);
    }
}

// covers: MOD-API
#[tokio::test]
async fn a_message_is_answered_in_its_envelope() {
    let amity = Installation::empty().await;
    let text = "text/xml; charset=utf-8";
    // The double takes what begins with `good`; this is not, so nothing of it can be used.
    let told = amity.post("/soap", text, message("created", PAYLOAD)).await;
    check(&told, 200, &["<soap:Envelope", "<Result>FAILED</Result>", "<CorrelationID>m-1</CorrelationID>"]);
    let upload = amity.intake.0.lock().expect("no panic").uploads.remove(0);
    assert_eq!((upload.source.as_str(), upload.name.as_str()), ("HES-1", "m-1"));
    assert_eq!(upload.format.as_deref(), Some("cim"));
    assert_eq!(upload.bytes, message("created", PAYLOAD), "as it was received");

    amity.post("/soap?source=other", text, message("created", PAYLOAD)).await;
    assert_eq!(amity.intake.0.lock().expect("no panic").uploads.remove(0).source, "other");

    let told = amity.post("/soap", text, message("get", PAYLOAD)).await;
    check(&told, 200, &["<Result>FAILED</Result>", "<code>2.9</code>", "/CreatedMeterReadings/Header/Verb"]);
    assert!(amity.intake.0.lock().expect("no panic").uploads.is_empty(), "nothing of it is taken in");
}

#[tokio::test]
async fn what_cannot_be_stored_now_is_a_fault_of_the_server_and_may_come_again() {
    let amity = Installation::empty().await;
    amity.intake.0.lock().expect("no panic").refusal = Some(IntakeError::StorageFull);
    let told = amity.post("/soap", "text/xml", message("created", PAYLOAD)).await;
    check(&told, 507, &["<faultcode>soap:Server</faultcode>", "the disk is full"]);
    assert_eq!(told.headers["retry-after"], "5");
}

#[tokio::test]
async fn what_is_no_message_is_told_so() {
    let amity = Installation::empty().await;
    let told = amity.post("/soap", "application/xml", "<a>").await;
    assert_eq!(told.status.as_u16(), 400);
    assert!(told.text.contains("<code>1.8</code>"), "{}", told.text);
    let told = amity.post("/soap", "application/json", "{}").await;
    assert_eq!((told.status.as_u16(), told.body["code"].as_str()), (415, Some("unsupported-media-type")));
}
