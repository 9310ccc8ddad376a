//! Writes questions, replies and faults: IEC 61968-100 edition 1, elements in their order, in SOAP or bare.

use model::reading::MessageHeader;

use super::{Control, Question, Reply, Version};
use crate::cim::begin_root;
use crate::determinant::reply;
use crate::xml::write::{close_tag, element, escape, open_tag, push, text_element};

/// Who Amity is in the header of its messages.
const SOURCE: &str = "Amity";

/// Writes a question: `get` of a noun and a time.
pub fn write_question(question: &Question<'_>, version: Version) -> Vec<u8> {
    let header = MessageHeader {
        verb: "get".into(),
        noun: question.noun.into(),
        id: question.id.into(),
        source: SOURCE.into(),
        timestamp: Some(question.at),
    };
    wrapped(Some(version), |out| {
        let root = begin_root(&header, question.noun, question.id, out);
        open_tag("Request", out);
        if let Some(window) = question.window {
            element("StartTime", window.start, out);
            element("EndTime", window.end, out);
        }
        if !question.devices.is_empty() {
            let get = format!("Get{}", question.noun);
            push(out, &format!("<{get} xmlns=\"http://iec.ch/TC57/2011/{get}#\">"));
            for device in question.devices {
                push(out, "<EndDevice><Names>");
                text_element("name", device, out);
                push(out, "</Names></EndDevice>");
            }
            close_tag(&get, out);
        }
        close_tag("Request", out);
        close_tag(root, out);
    })
}

/// Writes an order to devices: `create EndDeviceControls`.
pub fn write_control(control: &Control<'_>, version: Version) -> Vec<u8> {
    let header = MessageHeader {
        verb: "create".into(),
        noun: "EndDeviceControls".into(),
        id: control.id.into(),
        source: SOURCE.into(),
        timestamp: Some(control.at),
    };
    wrapped(Some(version), |out| {
        let root = begin_root(&header, "EndDeviceControls", control.id, out);
        open_tag("Payload", out);
        push(out, "<EndDeviceControls xmlns=\"http://iec.ch/TC57/2011/EndDeviceControls#\"><EndDeviceControl>");
        text_element("issuerID", SOURCE, out);
        text_element("issuerTrackingID", control.id, out);
        push(out, "<EndDeviceControlType ref=\"");
        escape(control.control_type, out);
        push(out, "\"/>");
        for device in control.devices {
            push(out, "<EndDevices><Names>");
            text_element("name", device, out);
            push(out, "</Names></EndDevices>");
        }
        push(out, "</EndDeviceControl></EndDeviceControls>");
        close_tag("Payload", out);
        close_tag(root, out);
    })
}

/// Writes what is said of a message that was pushed, in the envelope in which it came; the header is that of the reply.
pub fn write_reply(header: &MessageHeader, correlation: &str, reply: &Reply, version: Option<Version>) -> Vec<u8> {
    let header = MessageHeader { verb: "reply".into(), source: SOURCE.into(), ..header.clone() };
    wrapped(version, |out| {
        let root = begin_root(&header, &header.noun, correlation, out);
        reply::write(reply, out);
        close_tag(root, out);
    })
}

/// Writes a fault of SOAP: of the sender, or of the one who answers.
pub fn write_fault(is_of_sender: bool, reason: &str, version: Version) -> Vec<u8> {
    wrapped(Some(version), |out| match version {
        Version::V11 => {
            let code = if is_of_sender { "soap:Client" } else { "soap:Server" };
            push(out, "<soap:Fault>");
            text_element("faultcode", code, out);
            text_element("faultstring", reason, out);
            push(out, "</soap:Fault>");
        }
        Version::V12 => {
            let code = if is_of_sender { "soap:Sender" } else { "soap:Receiver" };
            push(out, "<soap:Fault><soap:Code><soap:Value>");
            push(out, code);
            push(out, "</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang=\"en\">");
            escape(reason, out);
            push(out, "</soap:Text></soap:Reason></soap:Fault>");
        }
    })
}

/// Puts an envelope around a message that was written without one.
pub fn wrap(message: &[u8], version: Version) -> Vec<u8> {
    let begin = message.windows(2).position(|pair| pair == b"?>").map_or(0, |at| at + 2);
    wrapped(Some(version), |out| out.extend_from_slice(message[begin..].trim_ascii()))
}

fn wrapped(version: Option<Version>, body: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec();
    if let Some(version) = version {
        push(&mut out, &format!("<soap:Envelope xmlns:soap=\"{}\"><soap:Body>", version.namespace()));
    }
    body(&mut out);
    if version.is_some() {
        push(&mut out, "</soap:Body></soap:Envelope>");
    }
    out.push(b'\n');
    out
}
