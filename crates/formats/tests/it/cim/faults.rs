//! What is wrong with wrong messages, and what is refused.

use formats::Options;
use formats::cim::CimReader;

use super::{CREATED, HOURLY, bare, block, interval, read, run, value, values};

#[test]
fn what_is_wrong_has_the_code_of_the_standard() {
    let one = interval("2026-03-01T06:00:00Z", "1");
    let message = |header: &str| {
        format!(
            "<EventMessage xmlns=\"http://iec.ch/TC57/2011/schema/message\">{header}<Payload>{}</Payload></EventMessage>",
            bare(&block(&one, HOURLY))
        )
    };
    check_code(&message(""), "1.5", 1);
    check_code(&message("<Header><Verb>created</Verb></Header>"), "1.5", 1);
    check_code(&message("<Header><Noun>MeterReadings</Noun></Header>"), "1.5", 1);
    check_code(&message("<Header><Verb>upsert</Verb><Noun>MeterReadings</Noun></Header>"), "2.9", 1);
    check_code(&message("<Header><Verb>created</Verb><Noun>MeterConfig</Noun></Header>"), "2.5", 1);
    check_code(&message("<Header><Verb>created</Verb><Noun>EndDeviceEvents</Noun></Header>"), "2.5", 1);
    check_code(&bare(&block(&one, "unheard of")), "2.6", 0);
    check_code(&bare(&format!("<IntervalBlocks>{one}</IntervalBlocks>")), "2.6", 0);
    let nobody = bare(&block(&one, HOURLY)).replace("<Meter><Names><name>M1</name></Names></Meter>", "");
    check_code(&nobody, "1.7", 0);
    let no_stamp = "<IntervalReadings><value>1</value></IntervalReadings>";
    check_code(&bare(&block(no_stamp, HOURLY)), "1.7", 0);
}

#[track_caller]
fn check_code(document: &str, code: &str, readings: usize) {
    let told = read(document);
    let codes: Vec<&str> = told.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, [code], "{document}");
    assert_eq!(values(&told).len(), readings, "{document}");
}

#[test]
fn a_canceled_verb_may_have_two_letters_l() {
    let document = "<EventMessage xmlns=\"http://iec.ch/TC57/2011/schema/message\"><Header><Verb>Cancelled</Verb>\
                    <Noun>MeterReadings</Noun></Header></EventMessage>";
    let told = read(document);
    assert_eq!(told.messages[0].verb, "canceled");
    assert_eq!(told.findings, []);
}

#[test]
fn errors_of_a_reply_are_findings_with_their_code() {
    let document = "<ResponseMessage xmlns=\"http://iec.ch/TC57/2011/schema/message\"><Header><Verb>reply</Verb>\
        <Noun>MeterReadings</Noun></Header>\n<Reply><Result>PARTIAL</Result><Error><code>0.1</code></Error>\n<Error>\
        <code>2.4</code><level>FATAL</level><reason>Meter not known</reason><ID kind=\"name\">M-404</ID></Error></Reply>\
        </ResponseMessage>";
    let told = read(document);
    assert_eq!(told.codes(), ["3 2.4"]);
    assert!(told.findings[0].message.contains("M-404") && told.findings[0].message.contains("Meter not known"));
}

#[test]
fn one_bad_reading_costs_only_itself() {
    check_bad("2026-03-01T06:00:00.5Z", "1", "cim.time");
    check_bad("2026-03-01T25:00:00Z", "1", "cim.time");
    check_bad("2026-02-30T06:00:00Z", "1", "cim.time");
    check_bad("1772323200", "1", "cim.time");
    check_bad("2026-03-01T06:00:00Z", "1,5", "cim.value");
    check_bad("2026-03-01T06:00:00Z", "NaN", "cim.value");
    check_bad("2026-03-01T06:00:00Z", "12345678901234567890123", "cim.value");
}

#[track_caller]
fn check_bad(stamp: &str, text: &str, code: &str) {
    let readings = format!("\n{}{}", interval(stamp, text), interval("2026-03-01T08:00:00Z", "2"));
    let told = read(&bare(&block(&readings, HOURLY)));
    assert_eq!(told.codes(), [format!("2 {code}")], "{stamp} {text}");
    assert_eq!(values(&told), [value("01T07:00", "01T08:00", "2", "")], "{stamp} {text}");
}

fn compressed(payload: &[u8]) -> String {
    use base64::Engine;
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(payload).expect("in memory");
    let text = base64::engine::general_purpose::STANDARD.encode(gzip.finish().expect("in memory"));
    format!(
        "<EventMessage xmlns=\"http://iec.ch/TC57/2011/schema/message\"><Header><Verb>created</Verb>\
         <Noun>MeterReadings</Noun></Header><Payload><Compressed>\n{text}\n</Compressed><Format>XML</Format></Payload>\
         </EventMessage>"
    )
}

#[test]
fn a_compressed_payload_is_read() {
    let readings = format!("{}{}", interval("2026-03-01T06:00:00Z", "1"), interval("2026-03-01T07:00:00Z", "2"));
    let told = read(&compressed(bare(&block(&readings, HOURLY)).as_bytes()));
    assert_eq!((told.refused, told.findings), (None, vec![]));
    assert_eq!(told.readings.len(), 1);
}

#[test]
fn a_compressed_payload_cannot_hide_a_bomb() {
    let mut bomb = b"<MeterReadings>".to_vec();
    bomb.resize(80 << 20, b' ');
    let told = run(CimReader::new(&Options::default()), compressed(&bomb).as_bytes(), 4096);
    let finding = told.refused.expect("refused").0;
    assert_eq!(finding.code, "xml.limit", "{finding}");
    let cut = compressed(b"<MeterReadings><MeterReading>");
    assert_eq!(read(&cut).refused.expect("refused").0.code, "xml.malformed");
    let wrong = compressed(b"<MeterReadings/>").replace("H4s", "A4s");
    assert_eq!(read(&wrong).refused.expect("refused").0.code, "cim.compressed");
}

#[test]
fn what_is_no_message_is_refused() {
    check_refused("<feed/>", "cim.root", 1);
    check_refused("", "xml.malformed", 1);
    check_refused("<MeterReadings>\n<MeterReading>\n</MeterReadings>", "xml.malformed", 3);
    check_refused("<MeterReadings/>\n\n<MeterReadings/>", "xml.malformed", 3);
    // Cut off inside the second reading, on the 17th line.
    let (cut, _) = CREATED.split_at(CREATED.find("<source>VEE").expect("there"));
    check_refused(cut, "xml.malformed", 17);
}

#[track_caller]
fn check_refused(document: &str, code: &str, line: u64) {
    let finding = read(document).refused.expect("refused").0;
    assert_eq!((finding.code.as_str(), finding.line), (code, line), "{finding}");
}
