//! The register of thresholds by the command line.

use crate::head_ends::with_settings;
use crate::program::Program;

const EXAMPLE: &str = include_str!("../../../../config/thresholds/example.toml");

// covers: MOD-ANL, MOD-THR
#[test]
fn a_register_is_checked_and_another_limit_is_told() {
    let program = Program::with_installation(&[]);
    assert!(program.run(&["thresholds", "list"]).talk.contains("no register is set"));
    std::fs::write(program.data().join("thresholds.toml"), EXAMPLE).expect("written");
    let text = std::fs::read_to_string(program.data().join("amity.toml")).expect("settings");
    // Before the first table, and a head-end after the last one.
    std::fs::write(program.data().join("amity.toml"), format!("thresholds = \"thresholds.toml\"\n{text}"))
        .expect("written");
    with_settings(
        &program,
        "[[head_end]]\nname = \"HES-1\"\nthresholds = \"hes-1.json\"\n[head_end.folder]\nfolder = \"in\"\n",
    );
    let stated = r#"{"head_end": "HES-1", "condition": [
        {"name": "voltage-high", "limit": {"when": "above", "value": "0.253", "unit": "kV", "for_seconds": 60}}]}"#;
    std::fs::write(program.data().join("hes-1.json"), stated).expect("written");

    let checked = program.run(&["thresholds", "check"]);
    assert_eq!((checked.code, checked.out.trim()), (0, "version 1: 2 conditions, each with one owner"));
    let listed = program.run(&["thresholds", "list"]).out;
    assert!(listed.contains("voltage-high: above 252 V for 60 s, amity decides"), "{listed}");
    let compared = program.run(&["thresholds", "compare"]);
    let drift = "HES-1 voltage-high: limit: ours above 252 V for 60 s, theirs above 0.253 kV for 60 s";
    assert_eq!((compared.code, compared.out.trim()), (1, drift));

    let double =
        format!("{EXAMPLE}\n[[condition]]\nname = \"over-voltage\"\nowner = \"HES-1\"\nbegins = [\"3.26.38.93\"]\n");
    let double = program.file("double.toml", double);
    let checked = program.run(&["thresholds", "check", &double]);
    assert!(checked.code == 1 && checked.out.contains("`amity` and `HES-1` decide by it"), "{checked:?}");
    std::fs::copy(&double, program.data().join("thresholds.toml")).expect("copied");
    let served = program.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(served.code == 2 && served.talk.contains("decide by it: expected one"), "{served:?}");
}
