//! NEM12 -> Amity -> IEC 61968-9 XML -> Amity -> NEM12 loses nothing.

use crate::program::Program;

/// Two streams, two days, substituted values with reasons, as a market participant sends them.
fn nem12() -> String {
    let values =
        |from: u32| (0..48).map(|slot| format!("{}.{:03}", from + slot, slot * 7)).collect::<Vec<_>>().join(",");
    [
        "100,NEM12,202404011200,MDPEX,RETEX".to_owned(),
        "200,2001985732,B1E1,E1,E1,N1,M12345,kWh,30,".to_owned(),
        format!("300,20240310,{},A,,,20240401090000,", values(1)),
        format!("300,20240311,{},V,,,20240401090000,", values(2)),
        "400,1,30,A,,".to_owned(),
        "400,31,48,S15,76,".to_owned(),
        "200,2001985732,B1E1,B1,B1,N1,M12345,kWh,30,".to_owned(),
        format!("300,20240310,{},F51,71,,20240402100000,", values(0)),
        "900".to_owned(),
        String::new(),
    ]
    .join("\n")
}

/// The data records, in order, without what a writer may choose (header time, next read date).
fn data(text: &str) -> Vec<String> {
    let record = |line: &str| line.trim_end_matches([',', '\r']).to_owned();
    let mut records: Vec<_> = text.lines().filter(|line| line.starts_with(['3', '4'])).map(record).collect();
    records.sort();
    records
}

/// Takes the file in, writes it as XML, takes that in elsewhere, and writes NEM12 again.
#[track_caller]
fn check(stage: &[&str]) {
    let first = Program::with_installation(&["--zone", "+10:00"]);
    let given = first.file("given.csv", nem12());
    assert_eq!(first.run(&["ingest", &given, "--register"]).code, 0);
    let straight = first.run(&[&["export", "--format", "nem12"], stage].concat());
    assert_eq!(data(&straight.out), data(&nem12()), "{straight:?}");
    let xml_path = first.path("out.xml").display().to_string();
    let exported = first.run(&[&["export", "--format", "cim", "--output", &xml_path], stage].concat());
    assert_eq!(exported.code, 0, "{exported:?}");

    let second = Program::with_installation(&["--zone", "+10:00"]);
    let ended = second.run(&["ingest", &xml_path, "--register", "--zone", "+10:00"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let nem12_path = second.path("out.csv").display().to_string();
    let exported = second.run(&[&["export", "--format", "nem12", "--output", &nem12_path], stage].concat());
    assert_eq!(exported.code, 0, "{exported:?}");
    let back = std::fs::read_to_string(&nem12_path).expect("export");
    assert_eq!(data(&back), data(&nem12()), "{back}");
}

#[test]
fn nem12_through_xml_and_back_is_exact() {
    check(&["--raw"]);
}

/// Validation passes all of it: its final values are those that came, under the flags that came.
#[test]
fn final_values_that_validation_let_stand_are_as_exact() {
    check(&[]);
}
