//! One event: the members that are known, and every other one kept as it is.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::id::Name;
use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::Sink;

/// Where a type that is no 4-part code is kept, as in the other formats.
const TOLD_TYPE: &str = "EndDeviceEventType";

/// Tells the sink of an event.
pub(super) fn read(
    members: Map<String, Value>,
    line: u64,
    zone: Option<&TimeZone>,
    head_end: &SmolStr,
    sink: &mut dyn Sink,
) {
    let mut event = EndDeviceEvent { line, issuer: head_end.clone(), ..EndDeviceEvent::default() };
    let (mut told_type, mut told_code) = (SmolStr::default(), SmolStr::default());
    for (name, value) in members {
        let text = text(&value);
        match name.as_str() {
            "id" => event.mrid = text,
            "sequence" => event.issuer_tracking = text,
            "type" => told_type = text,
            "code" => told_code = text,
            "time" => match instant(&text, zone) {
                Ok(created) => event.created = Some(created),
                Err(why) => {
                    let message = format!("found `{text}`, {why}; the event is left out");
                    return sink.finding(Finding::new(line, "time", "events_json.time", message));
                }
            },
            "device" => event.device = device(&value, text),
            "usagePoint" => event.usage_point = Some(Name::new("UsagePoint", text)),
            "severity" => event.severity = text,
            "reason" => event.reason = text,
            "status" => event.status = text,
            _ => event.details.push((name.into(), text)),
        }
    }
    give_type(&mut event, told_type, told_code);
    event.details.sort();
    sink.event(&event);
}

/// The code says what happened where there is one, else the name; the other of them is kept.
fn give_type(event: &mut EndDeviceEvent, told_type: SmolStr, told_code: SmolStr) {
    let has_code = !told_code.is_empty();
    let told = if has_code { told_code } else { told_type.clone() };
    match told.parse() {
        Ok(event_type) => event.event_type = event_type,
        Err(_) if told.is_empty() => {}
        Err(_) => event.details.push((SmolStr::new_static(TOLD_TYPE), told)),
    }
    if has_code && !told_type.is_empty() {
        event.details.push((SmolStr::new_static("type"), told_type));
    }
}

/// A name, alone or with who gives it.
fn device(value: &Value, text: SmolStr) -> Option<Name> {
    let Value::Object(members) = value else {
        return Some(Name::new("EndDevice", text)).filter(|name| !name.value.is_empty());
    };
    let member = |name: &str| members.get(name).map(self::text).unwrap_or_default();
    let name = Name { authority: member("authority"), kind: member("kind"), value: member("name") };
    Some(name).filter(|name| !name.value.is_empty())
}

/// A text as it is, nothing for null, any other value as JSON.
fn text(value: &Value) -> SmolStr {
    match value {
        Value::String(text) => text.into(),
        Value::Null => SmolStr::default(),
        value => value.to_string().into(),
    }
}

fn instant(text: &str, zone: Option<&TimeZone>) -> Result<Timestamp, &'static str> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let local: DateTime = text.parse().map_err(|_| "expected a time such as 2026-03-01T12:00:00.250Z")?;
    let zone = zone.ok_or("expected an offset such as Z or -05:00, or say the zone of the source")?;
    let ambiguous = zone.to_ambiguous_zoned(local);
    ambiguous
        .unambiguous()
        .map(|zoned| zoned.timestamp())
        .map_err(|_| "which does not exist or exists twice in its zone")
}
