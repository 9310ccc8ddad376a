//! The format by content.

use formats::{Format, detect};

#[test]
fn the_first_record_or_element_tells_the_format() {
    for (input, expected) in [
        ("100,NEM12,202404011200,A,B\r\n", Some(Format::Nem12)),
        ("100,NEM13,202404011200,A,B\r\n", Some(Format::Nem13)),
        ("\u{feff}\r\n\r\n100,NEM12,", Some(Format::Nem12)),
        ("\n200,VABD000163,E1Q1,1,E1,N1,METSER123,KWH,30,\n", Some(Format::Nem12)),
        ("250,NEM1311002,11,1,11,11,11002,E,38841", Some(Format::Nem13)),
        ("MEPMD01,19970819,U,,R,,", Some(Format::Cmep)),
        ("MEPEC01,19980618,U", Some(Format::Cmep)),
        ("start,value\r\n2015-11-22T00:00:00-06:00,725.1", Some(Format::Csv)),
        ("Date,Value\n", Some(Format::Csv)),
        ("\"value\",\"end\"\n", Some(Format::Csv)),
        (
            "<?xml version='1.0'?><!-- MeterReadings --><feed xmlns=\"http://www.w3.org/2005/Atom\">",
            Some(Format::GreenButton),
        ),
        ("<espi:UsagePoint xmlns:espi=\"http://naesb.org/espi\">", Some(Format::GreenButton)),
        ("<MeterReadings xmlns=\"http://iec.ch/TC57/2011/MeterReadings#\">", Some(Format::Cim)),
        (
            "\u{feff}<?xml version=\"1.0\"?>\n<ns0:EventMessage xmlns:ns0=\"http://iec.ch/TC57/2011/schema/message\">",
            Some(Format::Cim),
        ),
        ("<EndDeviceEvents/>", Some(Format::Cim)),
        ("\u{feff} {\"headEnd\"", Some(Format::EventsJson)),
        ("{\"events\": [", Some(Format::EventsJson)),
        ("{\n\"feeder\": \"ieee13x\", \"devices\": [{\"opened\": []}]}", None),
        ("[1]", None),
        ("<html><body>", None),
        ("PK\u{3}\u{4}", None),
        ("100 bottles", None),
        ("hello\nstart,value\n", None),
        ("", None),
        ("\n\n", None),
    ] {
        assert_eq!(detect(input.as_bytes()), expected, "{input}");
    }
}
