//! A meter gives way to one with other transformers in the middle of a month, through the program.

use crate::program::Program;

const COUNTER: &str = "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

/// A definition with one price, billed by register reads.
const RATE: &str = r#"
[set]
name = "registers"
version = 1

[[set.determinants]]
id = "kwh"
unit = "kWh"
meter = "site"
measure = "register"
gate = { not_validated = 100, failed = 100 }

[[set.meters]]
name = "site"
unit = "kWh"
terms = [{ channel = "delivered", sign = "plus" }]

[[channels]]
name = "delivered"
suffixes = ["R1"]

[calendar]
name = "flat"
version = 1
zone = "UTC"
buckets = ["all"]

[[calendar.seasons]]
name = "year"
first = "01-01"
last = "12-31"
days = [{ on = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday"], bands = [{ from = "00:00", to = "24:00", bucket = "all" }] }]
"#;

fn add(program: &Program, more: &[&str]) -> crate::program::Ended {
    let options = ["--usage-point", "UP-1", "--suffix", "R1", "--reading-type", COUNTER, "--quantum", "0"];
    program.run(&[&["registry", "add"][..], &options, more].concat())
}

fn quantity(program: &Program) -> String {
    let told = program.json(&["usage", "show", "march", "--json"]);
    told["issue"]["determinants"][0]["quantity"].as_str().unwrap_or_default().to_owned()
}

/// By hand: 40 * (110 - 100) + 80 * (5 - 0) = 800 kWh in March; a meter that is told of its new transformers too late counts
/// 40 * 10 + 40 * 5 = 600 kWh until then.
#[test]
fn march_is_billed_by_both_multipliers() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    assert_eq!(add(&program, &["--meter", "OLD", "--dials", "5", "--multiplier", "40"]).code, 0);
    let rows =
        ["2026-03-01T00:00:00Z,100", "2026-03-15T11:50:00Z,110", "2026-03-15T12:10:00Z,0", "2026-04-01T00:00:00Z,5"];
    let rows = rows.map(|row| format!("UP-1,R1,{COUNTER},{row}\n")).concat();
    let file = program.file("reads.csv", format!("usage_point_id,channel,reading_type,end,value\n{rows}"));
    assert_eq!(program.run(&["ingest", &file]).code, 0);
    let exchanged = program.run(&["registry", "exchange", "UP-1", "OLD", "NEW", "--at", "2026-03-15T12:00"]);
    assert!(exchanged.code == 0 && exchanged.talk.contains("registry fact multiplier"), "{exchanged:?}");
    assert_eq!(program.run(&["vee", "run"]).code, 0);
    assert_eq!(program.run(&["usage", "definition", "put", &program.file("rate.toml", RATE)]).code, 0);
    let request = ["usage", "request", "--usage-point", "UP-1", "--from", "2026-03-01", "--to", "2026-04-01"];
    let asked = program.run(&[&request[..], &["--definition", "registers", "--id", "march"]].concat());
    assert_eq!((asked.code, quantity(&program).as_str()), (0, "600"), "{asked:?}");

    // A changed number without a day is refused, with the way to enter the day.
    let refused = add(&program, &["--multiplier", "80"]);
    assert!(refused.code == 2 && refused.talk.contains("`--multiplier-from`"), "{refused:?}");
    let undated = program.run(&["registry", "fact", "multiplier", "UP-1/R1", "80"]);
    assert!(undated.code == 2 && undated.talk.contains("`--from`"), "{undated:?}");
    // What a meter is said to have is told in reports, and nothing is multiplied by it.
    let of_meter = program.run(&["registry", "fact", "meter-multiplier", "NEW", "80"]);
    assert!(of_meter.code == 0 && of_meter.talk.contains("fact multiplier CHANNEL"), "{of_meter:?}");

    let wrong = program.run(&["registry", "fact", "multiplier", "UP-1/R1", "8", "--from", "2026-03-15T12:00"]);
    assert_eq!(wrong.code, 0, "{wrong:?}");
    let entered = add(&program, &["--multiplier", "80", "--multiplier-from", "2026-03-15T12:00"]);
    assert_eq!(entered.code, 0, "{entered:?}");
    let ran = program.run(&["vee", "run"]);
    assert_eq!((ran.code, quantity(&program).as_str()), (0, "800"), "{ran:?}");
    let shown = program.run(&["registry", "show", "UP-1"]).out;
    assert!(shown.contains("multiplier 80") && shown.contains("2026-03-15"), "{shown}");
}
