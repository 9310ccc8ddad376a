//! A head-end of IEC 61968-9 as a service in SOAP, with its flaws: it tells of no more than so many readings in an answer and
//! says that more would follow, and it chooses readings by the end of their interval. Pure.

use std::collections::BTreeMap;

use formats::cim::{write_end_device_events, write_meter_readings};
use formats::soap::{self, Message, Version};
use formats::{Format, Options, Reader, Sink, reader};
use jiff::Timestamp;
use model::event::{EndDeviceEvent, EndDeviceEventType};
use model::finding::Finding;
use model::id::Name;
use model::reading::{ChannelReadings, IntervalRun, MessageHeader, QualitySpan, Values};
use model::time::TimeRange;
use smol_str::SmolStr;

use crate::premises::HeadEnd;

/// What the writer says of an answer that is whole, and what this service says of another.
const WHOLE: &[u8] = b"<Result>OK</Result><Error><code>0.0</code></Error>";
const IN_PART: &[u8] = b"<Result>PARTIAL</Result><Error><code>0.1</code></Error>";

/// What a head-end has, and how much of it it tells at once.
#[derive(Clone, Debug)]
pub struct SoapService {
    readings: Vec<ChannelReadings>,
    events: Vec<EndDeviceEvent>,
    readings_max: usize,
}

/// How a question is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The media type.
    pub media_type: &'static str,
    /// The message.
    pub body: Vec<u8>,
}

impl SoapService {
    /// A service that tells of so many readings in an answer.
    pub fn new(readings_max: usize) -> Self {
        Self { readings: Vec::new(), events: Vec::new(), readings_max }
    }

    /// Has what a message of IEC 61968-9 holds; nothing of what is none.
    pub fn add(&mut self, message: &[u8]) {
        let mut reader = reader(Format::Cim, &Options::default());
        let read = reader.push(message, self).and_then(|()| Reader::finish(&mut *reader, self));
        debug_assert!(read.is_ok(), "the head-end wrote it itself");
    }

    /// The answer to a question at an instant.
    pub fn answer(&self, question: &[u8], now: Timestamp) -> Answer {
        let asked = match soap::read(question) {
            Ok(asked) => asked,
            Err(refused) => return fault(Version::V11, &refused.to_string()),
        };
        let version = asked.soap.unwrap_or_default();
        let Some(window) = asked.request else { return fault(version, "expected StartTime and EndTime") };
        let mut message = Vec::new();
        match asked.header.noun.as_str() {
            "MeterReadings" => {
                let (readings, is_whole) = self.readings_of(window);
                write_meter_readings(&header(&asked, now), &readings, &mut message);
                if !is_whole {
                    say_in_part(&mut message);
                }
            }
            "EndDeviceEvents" => {
                let of_window = |event: &&EndDeviceEvent| event.created.is_some_and(|created| window.contains(created));
                write_end_device_events(&header(&asked, now), self.events.iter().filter(of_window), &mut message);
            }
            noun => return fault(version, &format!("the noun `{noun}` is not known here")),
        }
        Answer { status: 200, media_type: version.media_type(), body: soap::wrap(&message, version) }
    }

    /// The readings whose interval ends in a span, as many as are told at once, and whether these are all.
    fn readings_of(&self, window: TimeRange) -> (Vec<ChannelReadings>, bool) {
        let (mut told, mut count) = (Vec::new(), 0);
        for piece in self.readings.iter().filter_map(|piece| within(piece, window)) {
            count += match &piece.values {
                Values::Intervals(run) => run.values.len(),
                Values::Registers(reads) => reads.len(),
            };
            // One piece is always told, so that a short enough span is whole.
            if self.readings_max < count && !told.is_empty() {
                return (told, false);
            }
            told.push(piece);
        }
        (told, true)
    }
}

/// The answer to what is asked of devices: what it `fetched` of them, as the message of IEC 61968-9 that it would send, and
/// whom it refuses and why. A device that answers a ping is told of as an event of the type of the control.
pub fn answer_of_devices(asked: &Message, fetched: &[u8], refused: &[(SmolStr, &str)], now: Timestamp) -> Answer {
    let mut service = SoapService::new(usize::MAX);
    if !fetched.is_empty() {
        service.add(fetched);
    }
    let (header, mut message) = (header(asked, now), Vec::new());
    match asked.control.as_deref().map(str::parse) {
        None => write_meter_readings(&header, &service.readings, &mut message),
        Some(Ok(control)) => {
            let meters = service.readings.iter().filter_map(|piece| piece.channel.meter.clone());
            let meters: BTreeMap<_, _> = meters.map(|meter| (meter.value.clone(), meter)).collect();
            let events: Vec<_> = meters.into_values().map(|meter| answered(meter, control, asked, now)).collect();
            write_end_device_events(&header, &events, &mut message);
        }
        Some(Err(_)) => return fault(asked.soap.unwrap_or_default(), "expected a control type such as 3.1.17.46"),
    }
    say_refused(&mut message, refused);
    let version = asked.soap.unwrap_or_default();
    Answer { status: 200, media_type: version.media_type(), body: soap::wrap(&message, version) }
}

/// A meter answered a control.
fn answered(meter: Name, control: EndDeviceEventType, asked: &Message, now: Timestamp) -> EndDeviceEvent {
    EndDeviceEvent {
        mrid: format!("{}/{}", asked.header.id, meter.value).into(),
        created: Some(now),
        event_type: control,
        device: Some(meter),
        issuer_tracking: asked.header.id.clone(),
        ..EndDeviceEvent::default()
    }
}

/// Names those that are refused, with the code for an unknown meter.
fn say_refused(message: &mut Vec<u8>, refused: &[(SmolStr, &str)]) {
    let place = message.windows(WHOLE.len()).position(|part| part == WHOLE);
    let Some(at) = place.filter(|_| !refused.is_empty()) else { return };
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let error = |(device, why): &(SmolStr, &str)| {
        let (why, device) = (escaped(why), escaped(device));
        format!("<Error><code>2.4</code><level>FATAL</level><reason>{why}</reason><ID>{device}</ID></Error>")
    };
    let errors: String = refused.iter().map(error).collect();
    let said = format!("<Result>PARTIAL</Result>{errors}<Error><code>0.2</code></Error>");
    message.splice(at..at + WHOLE.len(), said.into_bytes());
}

impl Sink for SoapService {
    fn message(&mut self, _header: &MessageHeader) {}

    fn readings(&mut self, readings: &ChannelReadings) {
        self.readings.push(readings.clone());
    }

    fn event(&mut self, event: &EndDeviceEvent) {
        self.events.push(event.clone());
    }

    fn finding(&mut self, _finding: Finding) {}
}

fn fault(version: Version, why: &str) -> Answer {
    let status = if version == Version::V11 { 500 } else { 400 };
    Answer { status, media_type: version.media_type(), body: soap::write_fault(true, why, version) }
}

/// The header of an answer; the writer correlates with the id it has, which is that of the question.
fn header(asked: &Message, now: Timestamp) -> MessageHeader {
    MessageHeader {
        verb: "reply".into(),
        noun: asked.header.noun.clone(),
        id: asked.header.id.clone(),
        source: HeadEnd::Cloud.name().into(),
        timestamp: Some(now),
    }
}

fn say_in_part(message: &mut Vec<u8>) {
    if let Some(at) = message.windows(WHOLE.len()).position(|part| part == WHOLE) {
        message.splice(at..at + WHOLE.len(), IN_PART.iter().copied());
    }
}

/// What of a piece ends in a span.
fn within(piece: &ChannelReadings, window: TimeRange) -> Option<ChannelReadings> {
    let values = match &piece.values {
        Values::Intervals(run) => Values::Intervals(run_within(run, window)?),
        Values::Registers(reads) => {
            let reads: Vec<_> = reads.iter().filter(|read| window.contains(read.at)).cloned().collect();
            (!reads.is_empty()).then_some(Values::Registers(reads))?
        }
    };
    Some(ChannelReadings { values, ..piece.clone() })
}

fn run_within(run: &IntervalRun, window: TimeRange) -> Option<IntervalRun> {
    let (start, length) = (run.start.as_second(), i64::from(run.length_seconds));
    let ends_before = |at: Timestamp| {
        let whole = (at.as_second() - start - 1).div_euclid(length);
        usize::try_from(whole.max(0)).unwrap_or(usize::MAX).min(run.values.len())
    };
    let (from, to) = (ends_before(window.start), ends_before(window.end));
    let kept = run.values.get(from..to).filter(|kept| !kept.is_empty())?;
    let at = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    let span = |span: &QualitySpan| {
        let (first, last) = (span.from.max(at(from)), span.to.min(at(to)));
        let moved = || QualitySpan { from: first - at(from), to: last - at(from), quality: span.quality.clone() };
        (first < last).then(moved)
    };
    Some(IntervalRun {
        start: Timestamp::from_second(start + length * i64::try_from(from).ok()?).ok()?,
        length_seconds: run.length_seconds,
        values: kept.to_vec(),
        exponent: run.exponent,
        qualities: run.qualities.iter().filter_map(span).collect(),
    })
}

#[cfg(test)]
mod tests {
    use formats::soap::{Control, Question};
    use model::reading::ChannelKey;

    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_770_076_800 + hour * 3600).expect("an instant")
    }

    /// Hours that end from 1 to 6, of two meters.
    fn service(readings_max: usize) -> SoapService {
        let run = |first: i64| IntervalRun {
            start: at(0),
            length_seconds: 3600,
            values: (first..first + 6).collect(),
            exponent: 0,
            qualities: Vec::new(),
        };
        let piece = |meter: &str, first| ChannelReadings {
            channel: ChannelKey { meter: Some(Name::new("", meter)), ..ChannelKey::default() },
            unit: "kWh".into(),
            values: Values::Intervals(run(first)),
            revision: None,
            line: 1,
        };
        SoapService { readings: vec![piece("A", 10), piece("B", 20)], events: Vec::new(), readings_max }
    }

    /// What an answer holds, and whether it says that it is whole.
    #[track_caller]
    fn check(readings_max: usize, (from, to): (i64, i64), expected: (&str, bool)) {
        let window = TimeRange { start: at(from), end: at(to) };
        let (told, is_whole) = service(readings_max).readings_of(window);
        let values = |piece: &ChannelReadings| match &piece.values {
            Values::Intervals(run) => run.values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Values::Registers(_) => String::new(),
        };
        let told = told.iter().map(values).collect::<Vec<_>>().join(", ");
        assert_eq!((told.as_str(), is_whole), expected, "{from}-{to}");
    }

    #[test]
    fn readings_are_chosen_by_the_end_of_their_interval() {
        check(99, (0, 1), ("", true));
        check(99, (1, 2), ("10, 20", true));
        check(99, (2, 5), ("11 12 13, 21 22 23", true));
        check(99, (5, 99), ("14 15, 24 25", true));
        check(5, (0, 99), ("10 11 12 13 14 15", false));
        check(5, (1, 3), ("10 11, 20 21", true));
    }

    #[test]
    fn an_answer_says_whether_it_is_whole() {
        let question = |noun| {
            let window = TimeRange { start: at(0), end: at(9) };
            let question = Question { noun, id: "q", at: at(9), window: Some(window), devices: &[] };
            soap::write_question(&question, Version::V12)
        };
        for (readings_max, code) in [(99, "0.0"), (5, "0.1")] {
            let answer = service(readings_max).answer(&question("MeterReadings"), at(9));
            let message = soap::read(&answer.body).expect("read");
            assert_eq!((answer.status, message.correlation.as_str(), message.soap), (200, "q", Some(Version::V12)));
            assert_eq!(message.reply.expect("a reply").errors[0].code, code);
        }
        let answer = service(9).answer(&question("WorkOrders"), at(9));
        assert!(answer.status == 400 && soap::read(&answer.body).expect("read").fault.is_some());
    }

    #[test]
    fn a_ping_is_answered_by_an_event_of_each_meter_that_is_reached() {
        let devices = ["A".into(), "B".into(), "<C>".into()];
        let control = Control { id: "q", at: at(9), control_type: "3.1.17.46", devices: &devices };
        let asked = soap::read(&soap::write_control(&control, Version::V11)).expect("read");
        let mut fetched = Vec::new();
        let reached = &service(9).readings[..1];
        write_meter_readings(&header(&asked, at(9)), reached, &mut fetched);
        let answer = answer_of_devices(&asked, &fetched, &[("<C>".into(), "not a meter of this head-end")], at(9));
        let told = soap::read(&answer.body).expect("read");
        let errors = told.reply.expect("a reply").errors;
        let errors: Vec<_> = errors.iter().map(|error| (&*error.code, &*error.id)).collect();
        assert_eq!((&*told.correlation, errors), ("q", vec![("2.4", "<C>"), ("0.2", "")]));
        let mut held = SoapService::new(9);
        held.add(&answer.body);
        let events: Vec<_> = held.events.iter().map(|event| (event.device.clone(), event.created)).collect();
        assert_eq!(events, [(Some(Name::new("", "A")), Some(at(9)))]);
    }
}
