//! One command over three head-ends at once, one of them in SOAP, with one outcome for each meter.

use crate::disk_full::Served;
use crate::orders::{self, DEAD, Simulation};
use crate::program::Program;

// covers: MOD-ORC, MOD-HES, B1-S2.02, B1-S16.03
#[test]
fn three_head_ends_are_asked_by_one_command_and_each_meter_has_one_outcome() {
    let program = Program::with_installation(&["--zone", "America/Toronto", "--register"]);
    let simulation = Simulation::start(&program);
    orders::set_up(&program, &simulation);
    in_soap(&program);
    let _served = Served::start(&program);
    orders::everything_is_handed_over(&program);
    orders::own_everything(&program);
    let of_cloud: Vec<_> = orders::sent_by(&program, "hes-cloud").collect();
    let of_hourly = orders::sent_by(&program, "hes-hourly");
    let of_folder = orders::sent_by(&program, "hes-folder");
    let alive: Vec<_> = of_cloud.iter().cloned().chain(of_hourly).filter(|meter| !DEAD.contains(&&**meter)).collect();
    let no_register: Vec<_> = of_folder.collect();
    assert!(of_cloud.iter().any(|meter| meter == DEAD[1]) && !no_register.is_empty() && 2 < alive.len());

    let names = [&alive[..], &no_register, &[DEAD[1].to_owned(), "M-404".to_owned()]].concat();
    let file = program.file("meters.txt", format!("# a street\n{}\n", names.join("\n")));
    let ended = program.run(&["meter", "ping", "--group", &file, "--wait", "--json", "--as", "anna"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    let told: serde_json::Value = serde_json::from_str(&ended.out).expect("a document");
    let outcome = |device: &str| {
        let outcomes = told["outcomes"].as_array().expect("outcomes");
        let of: Vec<_> = outcomes.iter().filter(|one| one["device"] == device).collect();
        assert_eq!(of.len(), 1, "one for {device}: {told}");
        (of[0]["state"].as_str().unwrap_or("unknown").to_owned(), of[0]["outcome"].as_str().expect("words").to_owned())
    };
    assert_eq!(told["outcomes"].as_array().expect("outcomes").len(), names.len(), "{told}");
    for meter in &alive {
        assert_eq!(outcome(meter).0, "answered", "{meter}: {told}");
    }
    for meter in &no_register {
        let (state, why) = outcome(meter);
        assert!(state == "refused" && why.contains("its meters have no register"), "{state} {why}");
    }
    assert_eq!(outcome(DEAD[1]).0, "given_up");
    assert_eq!(outcome("M-404").0, "unknown");
    assert!(ended.talk.contains("answered"), "progress is told: {}", ended.talk);

    let id = told["group"]["id"].as_u64().expect("a number").to_string();
    let csv = program.run(&["orders", "group", &id, "--csv"]);
    assert!(csv.out.starts_with("device,head_end,outcome,tries,closed_at,why\n"), "{}", csv.out);
    assert_eq!(csv.out.lines().count(), names.len() + 1);
    let read = program.run(&["meter", "read", "--head-end", "hes-cloud", "--wait"]);
    assert!(read.code == 1 && read.out.contains("answered") && read.out.contains("given up"), "{read:?}");
    assert_eq!(program.run(&["meter", "ping", "--head-end", "hes-nobody"]).code, 2);
}

/// Lets `hes-cloud` be asked in SOAP, in spans of a minute.
fn in_soap(program: &Program) {
    let path = program.data().join("amity.toml");
    let settings = std::fs::read_to_string(&path).expect("settings");
    let (before, after) = settings.split_once("[[head_end]]\nname = \"hes-cloud\"").expect("the head-end");
    let (own, others) = match after.split_once("[[head_end]]") {
        Some((own, others)) => (own, format!("[[head_end]]{others}")),
        None => (after, String::new()),
    };
    let address = own.split("address = \"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address");
    let soap = format!(
        "\n[head_end.contract]\nevery_seconds = 1\n[head_end.soap]\naddress = \"{address}/soap\"\n\
         [head_end.soap.windows]\nminutes = 1\nminutes_max = 44640\nhistory_hours = 8760\nsettled_seconds = 1\n"
    );
    let settings = format!("{before}[[head_end]]\nname = \"hes-cloud\"{soap}{others}");
    std::fs::write(path, settings).expect("written");
}
