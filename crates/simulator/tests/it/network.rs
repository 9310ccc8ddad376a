//! Feeders that others drew, with answers from a solved power flow.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use simulator::network::{Lost, Network, NetworkError, UnknownElement};

const EDGES: &str = "element,bus_a,bus_b,node_pairs,normally_open\n\
                     line.main,source,1,1-1 2-2,0\n\
                     transformer.t1,1,home,2-1 2-2,0\n\
                     line.tie,source,home,1-1,1\n";
const CUSTOMERS: &str = "load,bus,nodes\nhome,home,1.2\nshop,1,1\n";

fn dark(open: &[&str]) -> String {
    let network = Network::read(EDGES, CUSTOMERS, "source").expect("a network");
    let dark = network.dark(&open.iter().copied().collect()).expect("known elements");
    dark.iter().map(|(load, lost)| format!("{load} {lost:?}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn what_lies_behind_an_open_device_is_dark() {
    assert_eq!(dark(&[]), "", "the tie is open and nobody needs it");
    assert_eq!(dark(&["transformer.t1"]), "home All");
    assert_eq!(dark(&["line.main"]), "home All, shop All");
}

#[test]
fn faults_of_tables_name_line_and_column() {
    let read = |edges: &str, customers: &str, source| Network::read(edges, customers, source).map(drop).unwrap_err();
    let cell = read(&EDGES.replace("2-1 2-2", "2:1"), CUSTOMERS, "source");
    assert_eq!(cell.to_string(), "edges, line 3, node_pairs: `2:1`, expected pairs of phases such as `1-1 2-2`");
    let column = NetworkError::Column { table: "customers", column: "nodes" };
    assert_eq!(read(EDGES, "load,bus\nhome,home\n", "source"), column);
    assert_eq!(read(EDGES, CUSTOMERS, "elsewhere"), NetworkError::Source("elsewhere".into()));
    let network = Network::read(EDGES, CUSTOMERS, "source").expect("a network");
    assert_eq!(network.dark(&BTreeSet::from(["line.none"])), Err(UnknownElement("line.none".into())));
}

/// The folder of real feeders; `None` with a word about it where there is none.
fn feeders() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("AMITY_REAL_DATA").map_or(beside, PathBuf::from).join("feeders");
    if !folder.is_dir() {
        println!("skipped: no folder of real files (set AMITY_REAL_DATA)");
        return None;
    }
    Some(folder)
}

#[test]
fn real_feeders_go_dark_as_the_power_flow_says() {
    let Some(folder) = feeders() else { return };
    for (name, devices) in [("ieee13x", 24), ("ieee123x", 168)] {
        let text = |ending: &str| std::fs::read_to_string(folder.join(format!("{name}.{ending}"))).expect("a table");
        let expected: Value = serde_json::from_str(&text("expected_outages.json")).expect("answers");
        let source = expected["source_bus"].as_str().expect("a bus");
        let network = Network::read(&text("edges.csv"), &text("customers.csv"), source).expect("a network");
        assert_eq!(network.loads().len() as u64, expected["loads"].as_u64().expect("a count"));
        let cases = expected["devices"].as_array().expect("devices");
        assert_eq!(cases.len(), devices, "{name}");
        for case in cases {
            let texts = |field: &str| -> BTreeSet<&str> {
                case[field].as_array().expect("a list").iter().map(|text| text.as_str().expect("text")).collect()
            };
            let dark = network.dark(&texts("opened")).expect("known elements");
            let out = dark.iter().filter(|(_, lost)| **lost == Lost::All).map(|(load, _)| *load);
            assert_eq!(out.collect::<BTreeSet<_>>(), texts("out"), "{name}: {}", case["opened"]);
            let partial = dark.values().filter(|lost| **lost == Lost::SomePhases).count() as u64;
            assert_eq!(Some(partial), case["n_partial"].as_u64(), "{name}: {}", case["opened"]);
        }
    }
}
