//! Calls that cannot be: exit status 2, and words that say what to do.

use crate::program::Program;

/// Sets without a name or a version, and plans of them.
const NAMELESS: &str = r#"
[[validation_set]]
name = ""
version = 1
validate = [{ rule = "V30", on_failure = "warn" }]

[[estimation_set]]
name = "none"
version = 0
scaling = "none"

[[plan]]
name = "watching"
version = 1
validation = { set = "", version = 1 }
estimation = { set = "none", version = 0 }
"#;

#[test]
fn a_set_of_a_plan_book_has_a_name_and_a_version() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let book = program.file("book.toml", NAMELESS);
    let check = program.run(&["vee", "plan", "check", &book]);
    let put = program.run(&["vee", "plan", "put", &book, "--as", "ana"]);
    assert_eq!((check.code, put.code), (1, 2), "{check:?} {put:?}");
    for part in [
        "book.toml:3: error: validation_set[0].name: found an empty name",
        "estimation_set[0].version: found version 0",
    ] {
        assert!(check.out.contains(part) && put.talk.contains(part), "{part}: {check:?} {put:?}");
    }
    assert!(program.run(&["vee", "plan", "history"]).out.contains("nothing was put yet"));
}

#[test]
fn what_was_never_there_is_a_wrong_call() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    for (call, words) in [
        (&["schema", "approve", "HES-1", "7", "--by", "ana"][..], "HES-1"),
        (&["vee", "approve", "7", "--as", "ana"], "`amity vee proposals --state any` lists acts"),
        (&["vee", "accept", "7", "--as", "ana", "--reason", "real-use"], "`amity vee queue --list` lists exceptions"),
        (&["vee", "explain", "nowhere", "2026-01-01"], "`amity registry list` lists channels"),
        (&["vee", "plan", "show", "nowhere"], "nowhere"),
        (&["bench", "vea"], "determinants"),
    ] {
        let ended = program.run(call);
        assert!(ended.code == 2 && ended.talk.contains(words), "{call:?}: {ended:?}");
    }
}

#[test]
fn detaching_says_what_holds_afterwards() {
    let program = Program::with_installation(&["--zone", "UTC"]);
    let book = NAMELESS.replace("\"\"", "\"watch\"").replace("version = 0", "version = 1");
    assert_eq!(program.run(&["vee", "plan", "put", &program.file("book.toml", book), "--as", "ana"]).code, 0);
    let said = |call: &[&str], expected: &str| {
        let ended = program.run(&[&["vee", "plan"], call, &["--as", "ana"]].concat());
        assert!(ended.code == 0 && ended.out.starts_with(expected), "{call:?}: {ended:?}");
    };
    said(&["detach", "--to", "everywhere"], "nothing was attached to everywhere; nothing is changed");
    said(&["attach", "watching", "--to", "everywhere"], "plan `watching` version 1 holds at everywhere");
    said(&["detach", "--to", "everywhere"], "plan `default` version 1 of the settings holds at everywhere again");
    said(&["attach", "watching", "--to", "programme:solar"], "plan `watching` version 1 holds at programme:solar");
    said(
        &["detach", "--to", "programme:solar", "--from", "2026-03-01"],
        "nothing is attached to programme:solar from 2026-03-01 any more; the next less specific place decides",
    );
}
