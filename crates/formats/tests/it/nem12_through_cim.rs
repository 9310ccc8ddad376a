//! NEM12 to CIM XML and back: nothing is lost on the way.

use formats::Format;
use formats::cim::write_meter_readings;
use formats::nem12::Writer;
use model::reading::{ChannelReadings, IntervalRun, MessageHeader, Values};

use crate::collect::read;

/// Two channels of a meter: actual and substituted values with reasons and remarks, a day of null data,
/// and an unusual spelling of the unit.
fn nem12() -> String {
    let day = |value: &str| vec![value; 48].join(",");
    format!(
        "100,NEM12,202404011200,MDP,RETAIL\r\n\
         200,NEM1201002,E1B1,E1,E1,N1,METER1,KWH,30,\r\n\
         300,20240310,{},A,,,20240401090000,20240401093000\r\n\
         300,20240311,{},V,,,20240401090000,20240401093000\r\n\
         400,1,30,A,,\r\n\
         400,31,47,S14,76,\"modem <lost>, twice\"\r\n\
         400,48,48,F16,0,typed & checked\r\n\
         300,20240312,{},N,85,,20240402090000,\r\n\
         200,NEM1201002,E1B1,B1,B1,N1,METER1,kWh,30,\r\n\
         300,20240310,{},E52,,,20240401090000,\r\n\
         900\r\n",
        day("1.250"),
        day("0.125"),
        day("0"),
        day("0.001")
    )
}

/// One value with all that is said of it, so that runs may be cut anywhere.
fn statements(pieces: &[ChannelReadings]) -> Vec<String> {
    let mut statements = Vec::new();
    for piece in pieces {
        let said = format!("{:?} {} {:?}", piece.channel, piece.unit, piece.revision);
        match &piece.values {
            Values::Intervals(run) => statements.extend(intervals(run).map(|interval| format!("{said} {interval}"))),
            Values::Registers(reads) => statements.extend(reads.iter().map(|read| format!("{said} {read:?}"))),
        }
    }
    statements
}

fn intervals(run: &IntervalRun) -> impl Iterator<Item = String> + '_ {
    run.values.iter().enumerate().map(|(at, digits)| {
        let start = run.start.as_second() + i64::from(run.length_seconds) * i64::try_from(at).expect("small");
        let span = run.qualities.iter().find(|span| span.from as usize <= at && at < span.to as usize);
        format!(
            "{start} {} {digits}e{} {span:?}",
            run.length_seconds,
            run.exponent,
            span = span.map(|span| &span.quality)
        )
    })
}

fn written(pieces: &[ChannelReadings]) -> Vec<u8> {
    let created = "2024-04-01T02:00:00Z".parse().expect("a time");
    let mut writer = Writer::new("MDP", "RETAIL", created);
    for piece in pieces {
        writer.write(piece).expect("NEM12 can hold it");
    }
    writer.finish();
    writer.take()
}

#[test]
fn nem12_through_cim_and_back_is_exact() {
    let before = read(Format::Nem12, &nem12());
    assert_eq!(before.findings, []);
    let header = MessageHeader { verb: "created".into(), id: "1".into(), ..MessageHeader::default() };
    let mut xml = Vec::new();
    write_meter_readings(&header, &before.readings, &mut xml);
    let after = read(Format::Cim, &String::from_utf8(xml).expect("UTF-8"));
    assert_eq!(after.findings, []);
    assert_eq!(statements(&after.readings), statements(&before.readings));
    let (first, second) = (written(&before.readings), written(&after.readings));
    assert_eq!(String::from_utf8_lossy(&second), String::from_utf8_lossy(&first));
}
