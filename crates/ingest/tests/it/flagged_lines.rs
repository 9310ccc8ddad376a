//! Flags of a source that a status map knows are told once, with the line on which they stand; of the reader nothing more.

use std::collections::BTreeMap;

use formats::Options;
use ingest::flags::Config;

use crate::taken_again::{Station, at};

/// Four hours, the flag `E7` from the third on, `E9`, which no map knows, on the fourth.
fn bytes() -> String {
    let mut text = String::from("usage_point_id,uom,start,end,value,quality\n");
    for (hour, flag) in [(0, ""), (1, ""), (2, "E7"), (3, "E7"), (4, "E9")] {
        text += &format!("UP-1,kWh,{},{},1,{flag}\n", at(hour), at(hour + 1));
    }
    text
}

fn told(maps: &Config) -> Vec<(u64, String)> {
    let mut station = Station::with(&["UP-1"]).with_flags(maps.build().expect("maps"));
    let receipt = station.send_bytes(&bytes(), Options::default());
    receipt.findings.iter().map(|told| (told.line, told.code.to_string())).collect()
}

// covers: AMT-BKG-06
#[test]
fn a_mapped_flag_is_told_on_its_line_and_is_not_called_unknown() {
    let pair = |left: &str, right: &str| BTreeMap::from([(left.to_owned(), right.to_owned())]);
    let maps =
        Config { maps: BTreeMap::from([("Vendor".to_owned(), pair("E7", "POWER"))]), sources: pair("HES", "Vendor") };
    let expected = [(4, "flag.mapped"), (6, "flag.unmapped")];
    assert_eq!(told(&maps), expected.map(|(line, code)| (line, code.to_owned())));
    let expected = [(4, "csv.quality"), (5, "csv.quality"), (6, "csv.quality")];
    assert_eq!(told(&Config::default()), expected.map(|(line, code)| (line, code.to_owned())), "without a map");
}
