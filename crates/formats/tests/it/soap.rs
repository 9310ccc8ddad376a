//! What messages of IEC 61968-100 say of themselves, in SOAP and without it.

use formats::soap::{
    Fault, Question, Reply, ReplyError, ReplyResult, Version, read, write_fault, write_question, write_reply,
};
use formats::{Format, Options};
use jiff::Timestamp;
use model::reading::MessageHeader;
use model::time::TimeRange;

use crate::collect::read_in_pieces;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn day() -> TimeRange {
    TimeRange { start: at("2026-02-28T05:00:00Z"), end: at("2026-03-01T05:00:00Z") }
}

#[test]
fn a_question_is_read_as_it_was_written() {
    let devices = ["M<1>".into(), "M2".into()];
    for (version, devices) in [(Version::V11, &devices[..]), (Version::V12, &[])] {
        let question =
            Question { noun: "MeterReadings", id: "q-1", at: at("2026-03-01T12:00:00Z"), window: Some(day()), devices };
        let message = read(&write_question(&question, version)).expect("read");
        assert_eq!((message.soap, message.root.as_str()), (Some(version), "RequestMessage"));
        assert_eq!((message.header.verb.as_str(), message.header.noun.as_str()), ("get", "MeterReadings"));
        assert_eq!((message.header.id.as_str(), message.correlation.as_str()), ("q-1", "q-1"));
        assert_eq!((message.request, &message.devices[..], message.has_payload), (Some(day()), devices, false));
    }
}

// The partial answer of IEC 61968-100 as the facts of the standard show it, in the envelope of a toolkit.
#[test]
fn the_answer_of_another_system_is_understood() {
    let text = "<?xml version='1.0'?><soapenv:Envelope xmlns:soapenv='http://schemas.xmlsoap.org/soap/envelope/'>
      <soapenv:Header><wsse:Security xmlns:wsse='urn:w'><Verb>get</Verb></wsse:Security></soapenv:Header><soapenv:Body>
      <m:MeterReadingsResponseMessage xmlns:m='http://iec.ch/TC57/2011/MeterReadingsMessage'>
      <m:Header><m:Verb>REPLY</m:Verb><m:Noun>MeterReadings</m:Noun><m:MessageID>r-1</m:MessageID>
      <m:CorrelationID>q-1</m:CorrelationID></m:Header><m:Reply><m:Result>PARTIAL</m:Result><m:Error><m:code>2.4</m:code>
      <m:level>FATAL</m:level><m:reason>Meter not known</m:reason><m:ID kind='name' objectType='Meter'>M-404</m:ID></m:Error>
      <m:Error><m:code>0.2</m:code></m:Error></m:Reply><m:Payload><MeterReadings><Reply><Result>FAILED</Result></Reply>
      </MeterReadings></m:Payload></m:MeterReadingsResponseMessage></soapenv:Body></soapenv:Envelope>";
    let message = read(text.as_bytes()).expect("read");
    assert_eq!(message.header.verb, "reply", "of the message and not of SOAP");
    assert_eq!((message.header.id.as_str(), message.correlation.as_str(), message.has_payload), ("r-1", "q-1", true));
    let unknown = ReplyError { reason: "Meter not known".into(), id: "M-404".into(), ..ReplyError::code("2.4") };
    let errors = vec![unknown, ReplyError::code("0.2")];
    assert_eq!(message.reply, Some(Reply { result: ReplyResult::Partial, errors }));
}

#[test]
fn faults_of_both_versions_say_whose_they_are() {
    for version in [Version::V11, Version::V12] {
        for is_of_sender in [true, false] {
            let message = read(&write_fault(is_of_sender, "why & how", version)).expect("read");
            let fault = message.fault.expect("a fault");
            assert_eq!((fault.is_of_sender(), fault.reason.as_str()), (is_of_sender, "why & how"));
            assert_eq!((message.soap, message.root.as_str()), (Some(version), ""));
        }
    }
    assert!(Fault { code: "VersionMismatch".into(), reason: String::new() }.is_of_sender());
}

#[test]
fn a_reply_is_read_as_it_was_written_with_and_without_soap() {
    let header = MessageHeader { noun: "MeterReadings".into(), id: "a-1".into(), ..MessageHeader::default() };
    let error = ReplyError { reason: "no".into(), path: "//timeStamp".into(), ..ReplyError::code("1.7") };
    let reply = Reply { result: ReplyResult::Failed, errors: vec![error] };
    for version in [None, Some(Version::V11), Some(Version::V12)] {
        let bytes = write_reply(&header, "q-1", &reply, version);
        let message = read(&bytes).expect("read");
        assert_eq!((message.soap, message.root.as_str()), (version, "ResponseMessage"));
        assert_eq!((message.correlation.as_str(), message.reply.as_ref()), ("q-1", Some(&reply)));
        let found = read_in_pieces(Format::Cim, &Options::default(), &bytes, 64);
        assert_eq!(found.messages.len(), 1, "the reader of readings understands it, too: {found:?}");
    }
}

#[test]
fn what_cannot_be_trusted_is_refused() {
    for text in ["", "<a>", "text", "<!DOCTYPE a []><a/>", "<a>&b;</a>"] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
    assert!(read("<a>".repeat(100).as_bytes()).is_err(), "too deep");
}
