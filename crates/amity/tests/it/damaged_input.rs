//! Bombs, nonsense and wrong calls: refused in bounded time and memory, with words that help.

use std::io::Write;

use crate::program::Program;

#[track_caller]
fn refused(program: &Program, name: &str, content: &[u8], expected: &str) {
    let file = program.file(name, content);
    let ended = program.run(&["inspect", "--json", &file]);
    assert_eq!(ended.code, 2, "{name}: {ended:?}");
    assert!(ended.out.contains(expected), "{name}: expected `{expected}` in {}", ended.out);
}

#[test]
fn entity_bombs_and_deep_nesting_are_refused() {
    let program = Program::without_installation();
    let laughs = br#"<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>
<MeterReadings xmlns="http://iec.ch/TC57/2011/MeterReadings#"><MeterReading>&lol2;</MeterReading></MeterReadings>"#;
    refused(&program, "laughs.xml", laughs, "refused");
    let outside = br#"<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/hostname">]><MeterReadings xmlns="http://iec.ch/TC57/2011/MeterReadings#">&file;</MeterReadings>"#;
    refused(&program, "outside.xml", outside, "refused");
    let mut deep = b"<MeterReadings xmlns=\"http://iec.ch/TC57/2011/MeterReadings#\">".to_vec();
    (0..10_000).for_each(|_| deep.extend_from_slice(b"<a>"));
    refused(&program, "deep.xml", &deep, "refused");
}

#[test]
fn a_zip_bomb_stops_early() {
    let program = Program::without_installation();
    let path = program.path("bomb.zip");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).expect("file"));
    archive.start_file("bomb.csv", zip::write::SimpleFileOptions::default()).expect("member");
    let zeros = vec![b'0'; 1 << 20];
    (0..300).for_each(|_| archive.write_all(&zeros).expect("bytes"));
    archive.finish().expect("finish");
    let ended = program.run(&["inspect", "--json", path.to_str().expect("UTF-8 path")]);
    assert_eq!(ended.code, 2, "{ended:?}");
}

/// A gigabyte without an end of line, most of it a hole in the file, so that it costs nothing to make.
#[test]
fn one_endless_line_is_refused() {
    let program = Program::without_installation();
    let endless = |name: &str, begin: &str, code: &str| {
        let path = program.file(name, begin);
        let file = std::fs::File::options().append(true).open(&path).expect("open");
        file.set_len(1 << 30).expect("a hole");
        let ended = program.run(&["inspect", "--json", &path]);
        assert_eq!(ended.code, 2, "{name}: {ended:?}");
        assert!(ended.out.contains(code) && ended.out.len() < 10_000, "{name}: {}", ended.out);
    };
    endless("nem12", "100,NEM12,202404011200,A,B\n300,", "nem12.line_too_long");
    endless("csv", "usage_point_id,uom,start,end,value\nUP1,kWh,", "csv.line_too_long");
    endless("cmep", "MEPMD01,19970819,CMEP,", "cmep.line_too_long");
    endless("xml", "<MeterReadings xmlns=\"http://iec.ch/TC57/2011/MeterReadings#\"><MeterReading a=\"", "xml.limit");
    endless("feed", "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry><title>1", "xml.malformed");
}

#[test]
fn wrong_calls_say_what_was_expected() {
    let program = Program::without_installation();
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let ended = program.run(arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
        assert!(ended.talk.contains(expected), "{arguments:?}: {}", ended.talk);
    };
    check(&["status"], 2, "is not an installation");
    check(&["inspect"], 2, "required");
    check(&["inspect", "x", "--zone", "Mars/Olympus"], 2, "America/Toronto");
    check(&["inspect", "x", "--format", "pdf"], 2, "nem12");
    check(&["ingset"], 2, "ingest");
    let unknown = program.file("unknown.bin", [0_u8, 159, 146, 150]);
    let ended = program.run(&["inspect", &unknown]);
    assert_eq!(ended.code, 2);
    assert!(ended.out.contains("expected one of cim, nem12"), "{ended:?}");
}

#[test]
fn one_bad_file_does_not_stop_the_batch() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let good = program.file("b-good.csv", "usage_point_id,uom,start,end,value\nUP1,kWh,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,1.5\nUP1,kWh,2026-01-01T01:00:00Z,2026-01-01T02:00:00Z,2.5\n");
    let bad =
        program.file("a-bad.xml", "<MeterReadings xmlns=\"http://iec.ch/TC57/2011/MeterReadings#\"><MeterReading>");
    let ended = program.run(&["ingest", &bad, &good, "--register"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    let status = program.json(&["status", "--json"]);
    assert_eq!(status["readings_stored"], 2, "{status}");
    let waiting = program.json(&["quarantine", "list", "--json"]);
    assert_eq!(waiting.as_array().map(Vec::len), Some(1), "{waiting}");
}

#[test]
fn a_gzip_stream_that_was_cut_off_is_never_replayed() {
    let program = Program::with_installation(&["--zone", "UTC", "--register"]);
    let row = |hour: u8| format!("UP1,kWh,2026-01-01T{hour:02}:00:00Z,2026-01-01T{:02}:00:00Z,{hour}00.5\n", hour + 1);
    let text = "usage_point_id,uom,start,end,value\n".to_owned() + &(0..20).map(row).collect::<String>();
    let length = u16::try_from(text.len()).expect("short");
    // RFC 1952: a head without a name; RFC 1951: one stored block; of both only what came before the cut.
    let mut bytes = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01".to_vec();
    bytes.extend(length.to_le_bytes().into_iter().chain((!length).to_le_bytes()));
    bytes.extend(&text.as_bytes()[..text.len() - 4]);
    let ended = program.run(&["ingest", &program.file("cut.csv.gz", bytes)]);
    assert!(ended.code == 2 && ended.out.contains("file.unreadable"), "{ended:?}");
    let ended = program.run(&["quarantine", "replay"]);
    assert!(ended.code == 1 && ended.out.contains("0 readings stored, 1 items refused again"), "{ended:?}");
    let whole = program.file("whole.csv", &text[..text.len() - 4]);
    assert_eq!(program.run(&["ingest", &whole]).code, 0, "the same bytes, whole");
    assert_eq!(program.json(&["status", "--json"])["readings_stored"], 20);
}
