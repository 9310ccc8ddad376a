//! Events as each head-end tells them: IEC 61968-9 XML, or JSON in words of its own.

use formats::cim::write_end_device_events;
use model::event::EndDeviceEvent;
use serde_json::{Map, Value, json};

use crate::collection::usage_point_name;
use crate::dialect::{File, file_name, header};
use crate::happening::{Happening, Thing};
use crate::premises::HeadEnd;
use crate::script::{Firmware, Script};
use crate::utility::Day;

/// An event with its number among those of its head-end.
pub(crate) type Numbered = (u64, Happening);

/// The events of a day in one file.
pub(crate) fn events(head_end: HeadEnd, events: &[Numbered], script: &Script, day: &Day, part: u32) -> File {
    let bytes = match head_end {
        HeadEnd::Cloud => {
            let events: Vec<_> = events.iter().map(|numbered| in_xml(numbered, script)).collect();
            let mut bytes = Vec::new();
            write_end_device_events(&header("EndDeviceEvents", day, script, part), &events, &mut bytes);
            bytes
        }
        HeadEnd::Hourly | HeadEnd::Folder => {
            let events: Vec<_> = events.iter().map(|numbered| in_json(numbered, script)).collect();
            json!({ "headEnd": head_end.name(), "events": events }).to_string().into_bytes()
        }
    };
    let ending = if head_end == HeadEnd::Cloud { "xml" } else { "json" };
    File { head_end, name: file_name(day, "events", ending, part), bytes }
}

fn in_xml((number, happening): &Numbered, script: &Script) -> EndDeviceEvent {
    let firmware = script.firmware(happening.head_end, happening.at);
    let other = firmware.and_then(|firmware| code_of(firmware, happening)).and_then(|code| code.parse().ok());
    let usage_point = match happening.thing {
        Thing::Meter(meter) | Thing::Module(meter) => Some(usage_point_name(meter)),
        Thing::Collector(_) => None,
    };
    EndDeviceEvent {
        mrid: format!("{}-{}-{}", happening.thing.name().value, happening.kind.code, happening.at.as_second()).into(),
        created: Some(happening.stamp),
        event_type: other.unwrap_or(happening.kind.code),
        device: Some(happening.thing.name()),
        usage_point,
        issuer: happening.head_end.name().into(),
        issuer_tracking: number.to_string().into(),
        details: happening.detail.iter().map(|(name, value)| ((*name).into(), value.clone())).collect(),
        ..EndDeviceEvent::default()
    }
}

fn in_json((number, happening): &Numbered, script: &Script) -> Value {
    let firmware = script.firmware(happening.head_end, happening.at);
    let usual = if happening.head_end == HeadEnd::Hourly { happening.kind.hourly } else { happening.kind.folder };
    let code = firmware.and_then(|firmware| code_of(firmware, happening)).unwrap_or(usual);
    let mut members = vec![
        ("id", json!(format!("{}-{number}", happening.head_end.name()))),
        ("device", json!(happening.thing.name().value.as_str())),
        ("code", json!(code)),
        ("time", json!(happening.stamp.to_string())),
        ("sequence", json!(number)),
    ];
    members.extend(happening.detail.iter().map(|(name, value)| (*name, json!(value.as_str()))));
    let named = |(name, value): (&str, Value)| {
        let other = firmware.and_then(|firmware| firmware.renamed.get(name)).map(|other| other.to_string());
        (other.unwrap_or_else(|| name.to_owned()), value)
    };
    Value::Object(members.into_iter().map(named).collect::<Map<_, _>>())
}

fn code_of<'f>(firmware: &'f Firmware, happening: &Happening) -> Option<&'f str> {
    firmware.codes.get(happening.kind.code.to_string().as_str()).map(|code| code.as_str())
}
