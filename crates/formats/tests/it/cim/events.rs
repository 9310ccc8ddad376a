//! Events of devices.

use formats::cim::write_end_device_events;
use model::reading::MessageHeader;

use super::{bare, read};

/// The example event of the standard's EndDeviceEvents profile, in our own words.
const EVENT: &str = r#"<EventMessage xmlns="http://iec.ch/TC57/2011/schema/message">
  <Header><Verb>created</Verb><Noun>EndDeviceEvents</Noun><MessageID>3</MessageID></Header>
  <Payload>
    <EndDeviceEvents xmlns="http://iec.ch/TC57/2011/EndDeviceEvents#">
      <EndDeviceEvent>
        <mRID>6d0c1f7e-52f2-4a2b-8a51-0000000e0001</mRID>
        <createdDateTime>2026-03-01T11:59:58Z</createdDateTime>
        <issuerID>HES</issuerID><issuerTrackingID>84211</issuerTrackingID>
        <reason>Power lost</reason><severity>critical</severity>
        <Assets><mRID>6d0c1f7e-52f2-4a2b-8a51-000000000001</mRID><Names><name>M1001</name></Names></Assets>
        <EndDeviceEventDetails><name>sequenceNumber</name><value>691</value></EndDeviceEventDetails>
        <EndDeviceEventType ref="3.26.0.85"/>
        <status><dateTime>2026-03-01T11:59:58Z</dateTime><value>open</value></status>
        <UsagePoint><mRID>6d0c1f7e-52f2-4a2b-8a51-00000000aa01</mRID></UsagePoint>
      </EndDeviceEvent>
    </EndDeviceEvents>
  </Payload>
</EventMessage>"#;

#[test]
fn an_event_is_told_with_all_it_says() {
    let told = read(EVENT);
    assert_eq!((told.refused, told.findings), (None, vec![]));
    let event = &told.events[0];
    assert_eq!(event.event_type.to_string(), "3.26.0.85");
    assert_eq!(event.created.map(|created| created.to_string()).as_deref(), Some("2026-03-01T11:59:58Z"));
    let texts = [&event.mrid, &event.issuer, &event.issuer_tracking, &event.reason, &event.severity, &event.status];
    let expected = ["6d0c1f7e-52f2-4a2b-8a51-0000000e0001", "HES", "84211", "Power lost", "critical", "open"];
    assert_eq!(texts.map(|text| text.as_str()), expected);
    assert_eq!(event.details, [("sequenceNumber".into(), "691".into())]);
    assert_eq!(event.device.as_ref().map(|name| name.value.as_str()), Some("M1001"));
    assert_eq!(event.usage_point.as_ref().map(|name| name.kind.as_str()), Some("mRID"));
    assert_eq!(event.line, 5);
}

// covers: DVA-08
#[test]
fn events_are_written_and_read_back() {
    let told = read(EVENT);
    let header = MessageHeader { verb: "created".into(), noun: "EndDeviceEvents".into(), ..MessageHeader::default() };
    let mut events = told.events.clone();
    events[0].reason = "a < b & \"c\" \u{e9}".into();
    let mut out = Vec::new();
    write_end_device_events(&header, &events, &mut out);
    let mut again = read(&String::from_utf8(out).expect("UTF-8"));
    assert_eq!(again.findings, []);
    again.events[0].line = events[0].line;
    assert_eq!(again.events, events);
}

#[test]
fn unknown_event_types_are_kept() {
    let told = read(&EVENT.replace("3.26.0.85", "99.99.9999.9999"));
    assert_eq!(told.events[0].event_type.to_string(), "99.99.9999.9999");
    let told = read(&EVENT.replace("3.26.0.85", "POWER_LOST"));
    assert_eq!(told.codes(), ["12 cim.event_type"]);
    assert!(told.events[0].details.contains(&("EndDeviceEventType".into(), "POWER_LOST".into())));
    let told = read(&EVENT.replace("createdDateTime", "effectiveDateTime"));
    assert_eq!(told.codes(), ["5 1.7"]);
}

#[test]
fn an_event_with_a_time_that_is_none_is_left_out_and_the_others_stay() {
    let told = read(&EVENT.replace("<createdDateTime>2026-03-01T11:59:58Z", "<createdDateTime>noon"));
    assert_eq!((told.codes(), told.events.len()), (vec!["7 cim.time".to_owned()], 0));
    let bad = "<EndDeviceEvents><createdDateTime>noon</createdDateTime></EndDeviceEvents>";
    let good = bad.replace("noon", "2026-03-01T11:59:58Z");
    let reading = "<Readings><timeStamp>2026-03-01T12:00:00Z</timeStamp><value>7</value>\
                   <ReadingType ref=\"0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0\"/></Readings>";
    let told = read(&bare(&format!("{bad}{good}{reading}")));
    assert_eq!((told.events.len(), told.readings.len()), (1, 1), "{:?}", told.findings);
}

#[test]
fn events_inside_readings_take_the_meter_of_the_reading() {
    let event = "<EndDeviceEvents><createdDateTime>2026-03-01T11:59:58Z</createdDateTime>\
                 <EndDeviceEventType ref=\"3.26.0.85\"/></EndDeviceEvents>";
    let told = read(&bare(event));
    assert_eq!(told.events[0].device.as_ref().map(|name| name.value.as_str()), Some("M1"));
}
