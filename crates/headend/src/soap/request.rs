//! What is asked of devices, as messages of IEC 61968-9, and what their answers say of each device. Pure.
//!
//! | asked for | message |
//! |---|---|
//! | readings of a span | `get MeterReadings` of these devices with StartTime and EndTime |
//! | a read now | `get MeterReadings` of these devices without a time |
//! | a sign of life | `create EndDeviceControls` of the type 3.1.17.46 (communication, status, read) |
//!
//! The MessageID is that of the request, the same whenever the same is asked again, and the answer is correlated with it.

use formats::soap::{
    Control, Message, Question, Reply, ReplyError, ReplyResult, Version, write_control, write_question,
};
use jiff::Timestamp;
use smol_str::SmolStr;

use super::{check_correlation, of_fault, of_reply};
use crate::{Accepted, Request, RequestKind, Trouble};

/// The EndDeviceControlType of a ping: electric meter, communication, status, read.
pub const PING: &str = "3.1.17.46";

/// The message of a request.
pub(super) fn message(request: &Request, at: Timestamp, version: Version) -> Vec<u8> {
    let (id, devices) = (&*request.id, &request.devices[..]);
    let question = |window| write_question(&Question { noun: "MeterReadings", id, at, window, devices }, version);
    match request.kind {
        RequestKind::Read { range } => question(Some(range)),
        RequestKind::ReadNow => question(None),
        RequestKind::Ping => write_control(&Control { id, at, control_type: PING, devices }, version),
    }
}

/// Which devices nothing will be done for, by an answer; those that failed only this time are tried again like others.
///
/// # Errors
/// [`Trouble`] where the answer is about the request as a whole.
pub(super) fn accepted(request: &Request, answer: &Message) -> Result<Accepted, Trouble> {
    if let Some(fault) = &answer.fault {
        return Err(of_fault(fault));
    }
    check_correlation(answer, &request.id)?;
    let Some(reply) = &answer.reply else {
        let root = &answer.root;
        return if answer.has_payload {
            Ok(Accepted { refused: Vec::new() })
        } else {
            Err(Trouble::Down(format!("answers with `{root}`, expected a ResponseMessage with a Reply")))
        };
    };
    if reply.errors.iter().any(|error| error.code == "3.1" && device(request, error).is_none()) {
        let devices = request.devices.len();
        return Err(Trouble::Refused(format!(
            "finds {devices} devices too many at once: lower devices_max of [orders]"
        )));
    }
    let is_of_devices = reply.errors.iter().any(|error| device(request, error).is_some());
    if reply.result == ReplyResult::Failed && !is_of_devices {
        return Err(of_reply(reply));
    }
    Ok(Accepted { refused: refused(request, reply) })
}

/// The devices of a reply that no further try will help, each once with the first reason.
fn refused(request: &Request, reply: &Reply) -> Vec<(SmolStr, String)> {
    let mut refused: Vec<(SmolStr, String)> = Vec::new();
    for error in reply.errors.iter().filter(|error| is_lasting(&error.code)) {
        let Some(device) = device(request, error) else { continue };
        if refused.iter().all(|(known, _)| known != device) {
            let reason = if error.reason.is_empty() { "without a reason" } else { error.reason.as_str() };
            refused.push((device.clone(), format!("{} {reason}", error.code)));
        }
    }
    refused
}

/// The device of a request that an error is about.
fn device<'r>(request: &'r Request, error: &ReplyError) -> Option<&'r SmolStr> {
    request.devices.iter().find(|device| **device == error.id)
}

/// Whether a code says that the same will not be done later either: what is missing or invalid, forbidden, or cancelled
/// (IEC 61968-100, categories of codes).
fn is_lasting(code: &str) -> bool {
    matches!(code.split('.').next(), Some("1" | "2" | "6" | "7")) && !matches!(code, "6.2" | "6.3" | "6.4" | "7.1")
}

#[cfg(test)]
mod tests {
    use model::time::TimeRange;

    use super::*;

    fn request(kind: RequestKind) -> Request {
        Request { id: "r-1".into(), kind, devices: vec!["M-1".into(), "M<2>".into()] }
    }

    // covers: IS-007
    #[test]
    fn requests_are_messages_of_the_standard() {
        let at = |text: &str| text.parse().expect("an instant");
        let range = TimeRange { start: at("2026-02-03T05:00:00Z"), end: at("2026-02-04T05:00:00Z") };
        for (kind, verb, noun, window, control) in [
            (RequestKind::Read { range }, "get", "MeterReadings", Some(range), None),
            (RequestKind::ReadNow, "get", "MeterReadings", None, None),
            (RequestKind::Ping, "create", "EndDeviceControls", None, Some("3.1.17.46")),
        ] {
            let written = message(&request(kind), at("2026-02-04T12:00:00Z"), Version::V11);
            let message = formats::soap::read(&written).expect("read");
            assert_eq!((&*message.header.verb, &*message.header.noun), (verb, noun));
            assert_eq!((&*message.header.id, &*message.correlation), ("r-1", "r-1"));
            assert_eq!((message.request, message.control.as_deref()), (window, control));
            assert_eq!(message.devices, ["M-1", "M<2>"]);
        }
    }

    /// What an answer of this result and these errors (code and device) leads to.
    #[track_caller]
    fn check(result: ReplyResult, errors: &[(&str, &str)], expected: &str) {
        let error = |(code, id): &(&str, &str)| ReplyError {
            code: (*code).into(),
            id: (*id).into(),
            reason: "why".into(),
            ..ReplyError::code("")
        };
        let reply = Some(Reply { result, errors: errors.iter().map(error).collect() });
        let answer = Message { correlation: "r-1".into(), reply, ..Message::default() };
        let told = match accepted(&request(RequestKind::Ping), &answer) {
            Ok(Accepted { refused }) => {
                refused.iter().map(|(device, why)| format!("{device}: {why}")).collect::<Vec<_>>().join(", ")
            }
            Err(trouble) => format!("{trouble:?}"),
        };
        assert!(told.starts_with(expected) && (!expected.is_empty() || told.is_empty()), "{told}");
    }

    #[test]
    fn errors_about_devices_refuse_them_and_no_others() {
        use ReplyResult::{Failed, Ok, Partial};
        check(Ok, &[("0.0", "")], "");
        check(Ok, &[("0.3", "")], "");
        check(Partial, &[("2.4", "M-1"), ("0.2", "")], "M-1: 2.4 why");
        check(Partial, &[("2.4", "M<2>"), ("2.29", "M<2>"), ("7.5", "M-1")], "M<2>: 2.4 why, M-1: 7.5 why");
        check(Partial, &[("4.1", "M-1"), ("5.3", "M<2>")], "");
        check(Partial, &[("2.4", "M-404")], "");
        check(Failed, &[("2.4", "M-1"), ("2.4", "M<2>")], "M-1: 2.4 why, M<2>: 2.4 why");
        check(Failed, &[("2.5", "")], "Refused(\"answers FAILED 2.5: why");
        check(Failed, &[("5.1", "")], "Busy(None)");
        check(Failed, &[("5.3", "")], "Down(\"answers FAILED 5.3");
        check(Failed, &[("3.1", "")], "Refused(\"finds 2 devices too many at once");
    }

    #[test]
    fn the_answer_to_another_request_is_none() {
        let reply = Some(Reply { result: ReplyResult::Ok, errors: Vec::new() });
        let answer = Message { correlation: "r-2".into(), reply, ..Message::default() };
        let trouble = accepted(&request(RequestKind::Ping), &answer).expect_err("another");
        assert!(matches!(trouble, Trouble::Down(why) if why.contains("`r-2`")));
    }
}
