//! A change of format is seen, and nothing else is taken for one.

use formats::Format;
use formats::shape::{Kind, Shape};
use proptest::prelude::*;

const AGREED: &str = r#"<m:MeterReadings xmlns:m="http://iec.ch/TC57/2011/MeterReadings#">
  <m:MeterReading><m:Meter mRID="7"/><m:Readings><m:timeStamp>2026-03-01T01:00:00Z</m:timeStamp><m:value>1.5</m:value></m:Readings></m:MeterReading>
  <m:MeterReading><m:Meter mRID="8"/><m:Readings><m:timeStamp>2026-03-01T02:00:00Z</m:timeStamp><m:value>2</m:value><m:reason>none</m:reason></m:Readings></m:MeterReading>
</m:MeterReadings>"#;

fn cim(text: &str) -> Shape {
    Shape::of(Format::Cim, text.as_bytes())
}

fn told(agreed: &Shape, message: &Shape) -> Vec<String> {
    agreed.differences(message).iter().map(ToString::to_string).collect()
}

// covers: MOD-SCH
#[test]
fn each_change_of_a_field_is_told() {
    let agreed = cim(AGREED);
    let path = "MeterReadings/MeterReading/Readings";
    for (case, from, to, expected) in [
        ("the same", "", "", vec![]),
        ("other values", "1.5", "-20", vec![]),
        ("another prefix", "m:", "x:", vec![]),
        ("a field that was not always there", "<m:reason>none</m:reason>", "", vec![]),
        ("a new element", "<m:value>1.5", "<m:phase>A</m:phase><m:value>1.5", vec![format!("{path}/phase is new")]),
        ("a new attribute", "<m:Readings>", "<m:Readings ref=\"1\">", vec![format!("{path}/@ref is new")]),
        (
            "a number in words",
            "1.5",
            "one and a half",
            vec![format!("{path}/value holds text where number was agreed")],
        ),
        (
            "one value missing",
            "<m:value>2</m:value>",
            "",
            vec![format!("{path}/value was always there, and is missing")],
        ),
        (
            "another name",
            "m:timeStamp",
            "m:time",
            vec![format!("{path}/timeStamp was always there, and is missing"), format!("{path}/time is new")],
        ),
        (
            "nobody who could have it",
            "m:Readings",
            "m:Readings2",
            vec![
                format!("{path} was always there, and is missing"),
                format!("{path}2 is new"),
                format!("{path}2/reason is new"),
                format!("{path}2/timeStamp is new"),
                format!("{path}2/value is new"),
            ],
        ),
    ] {
        assert_eq!(told(&agreed, &cim(&AGREED.replace(from, to))), expected, "{case}");
    }
}

#[test]
fn several_messages_agree_on_what_all_have() {
    let without = AGREED.replace("<m:value>2</m:value>", "");
    let agreed = cim(AGREED).join(&cim(&without));
    assert_eq!(told(&agreed, &cim(&without)), Vec::<String>::new());
    assert_eq!(agreed, cim(&without).join(&cim(AGREED)), "in whatever order they came");
    // A message without readings says nothing of what readings have.
    let empty = cim("<MeterReadings><MeterReading><Meter mRID=\"9\"/></MeterReading></MeterReadings>");
    let joined = cim(AGREED).join(&empty);
    let value = joined.fields().find(|(path, _)| path.ends_with("/value")).map(|(_, field)| field.clone());
    assert!(value.is_some_and(|value| value.always && value.kinds == [Kind::Number].into()));
}

#[test]
fn what_is_cut_off_is_not_missing() {
    let agreed = cim(AGREED);
    for length in 0..AGREED.len() {
        assert_eq!(told(&agreed, &cim(&AGREED[..length])), Vec::<String>::new(), "{}", &AGREED[..length]);
    }
}

#[test]
fn records_and_columns_have_shapes_too() {
    let nem = |text: &str| Shape::of(Format::Nem12, text.as_bytes());
    let agreed = nem("100,NEM12,200405011135,MDA1,Ret1\n300,20040201,1.1,1.2\n900\n");
    assert_eq!(told(&agreed, &nem("300,20040202,x,1\n")), ["300/3 holds text where number was agreed"]);
    assert_eq!(told(&agreed, &nem("300,20040202,7,1\n")), Vec::<String>::new(), "no header: it was cut off");
    let csv = |text: &str| Shape::of(Format::Csv, text.as_bytes());
    let agreed = csv("start,value\n2026-03-01T00:00:00Z,1\n");
    assert_eq!(
        told(&agreed, &csv("start,values\n2026-03-01T00:00:00Z,\n")),
        ["value was always there, and is missing", "values is new"]
    );
}

// covers: MOD-SCH
#[test]
fn a_renamed_member_of_json_is_told() {
    let json = |text: &str| Shape::of(Format::EventsJson, text.as_bytes());
    let before = r#"{"headEnd":"H","events":[{"id":"1","code":"3.26.0.85","sequence":1},{"id":"2","code":"7","sequence":2,"x":null}]}"#;
    let agreed = json(before);
    assert_eq!(told(&agreed, &json(before)), Vec::<String>::new());
    assert_eq!(
        told(&agreed, &json(&before.replace("code", "eventCode").replace("\"sequence\":1", "\"sequence\":\"one\""))),
        [
            "events/code was always there, and is missing",
            "events/eventCode is new",
            "events/sequence holds text where number was agreed",
        ]
    );
    assert!(json(&before[..before.len() - 1]).is_empty(), "a document that is cut off has no shape");
}

proptest! {
    #[test]
    fn any_bytes_have_a_shape_that_differs_in_nothing_from_itself(bytes: Vec<u8>, text in "[<>/a-c=\" ,\n0-9]{0,200}") {
        for format in Format::ALL {
            for bytes in [&bytes[..], text.as_bytes()] {
                let shape = Shape::of(format, bytes);
                prop_assert_eq!(shape.differences(&shape), vec![]);
                prop_assert_eq!(shape.clone().join(&shape), shape);
            }
        }
    }
}
