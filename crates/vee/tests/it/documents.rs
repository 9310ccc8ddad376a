//! The catalogue in `docs/vee/rules.md` is made from the tables of the crate.

use std::fmt::Write;

use vee::catalogue::{CATALOGUE, Entry, State};
use vee::estimators::ESTIMATORS;
use vee::rules::{RULES, Stage};
use vee::settings::SettingForm;
use vee::{process, register};

use crate::notation::{check_document, repository};

#[test]
fn rules_md_is_up_to_date() {
    check_document("docs/vee/rules.md", &rules_md());
}

/// Of the rule books themselves: 67 ids that validate, 22 that estimate intervals, 10 that estimate reads.
#[test]
fn everything_of_the_rule_books_is_built_once() {
    let mut ids: Vec<&str> = CATALOGUE.iter().map(|entry| entry.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CATALOGUE.len(), "an id appears twice");
    let of = |letter: char| ids.iter().filter(|id| id.starts_with(letter)).count();
    assert_eq!((of('V'), of('E'), of('R')), (67, 22, 10));
}

/// A published vector for every id: the files of V01 to V18 are run by `ingest`, those of V73 and V74 by `usage`.
#[test]
fn everything_in_the_catalogue_has_its_vectors() {
    let folder = repository().join("docs/vee/golden");
    let files = std::fs::read_dir(folder).expect("the vectors").map(|file| file.expect("a file").file_name());
    let names: Vec<String> = files.map(|name| name.into_string().expect("UTF-8")).collect();
    for Entry { id, .. } in CATALOGUE.iter() {
        let id = id.to_lowercase();
        let is_about = |name: &String| name.split(['_', '.']).any(|part| part == id);
        assert!(names.iter().any(is_about), "{id} has no vectors");
    }
}

/// A row of any table of the crate.
pub struct Built {
    pub id: &'static str,
    purpose: &'static str,
    pub settings: &'static [SettingForm],
}

pub fn built() -> Vec<Built> {
    macro_rules! rows {
        ($table:expr) => {
            $table.iter().map(|row| Built { id: row.id, purpose: row.purpose, settings: row.settings })
        };
    }
    let mut built: Vec<Built> = rows!(RULES).collect();
    built.extend(rows!(register::rules::RULES));
    built.extend(rows!(process::RULES));
    built.extend(rows!(ESTIMATORS));
    built.extend(rows!(register::estimators::ESTIMATORS));
    built.sort_by_key(|row| CATALOGUE.iter().position(|entry| entry.id == row.id));
    built
}

const HEAD: &str = "\
# Rules and methods

Made from the tables of the crate `vee` by its test `documents::rules_md_is_up_to_date`; do not edit by hand. Ids are those of
the rule catalogue and are used in code, plans, results and tests. **built**: works now, **without** what it says no
installation knows yet. **library**: built and tested, but an installation has nothing to feed it with: a plan may ask for it, and
it answers that it is not applicable. **admission**: an envelope check made
when a batch is admitted (crate `ingest`). **determinants**: a check of billing determinants (crate `usage`). **plan**: a switch
of a plan.

";

const TAIL: &str = "
## How to add a rule

1. Write `crates/vee/src/rules/v32_demand_limits.rs` like its neighbours: module doc with the exact test and its source, a
   `RULE` with id, name, purpose and settings (each with unit and default), and `judge`, a function of the view and the settings
   that answers passed, not applicable with a reason, or failed with one sentence of evidence for each fault.
2. Add its `mod` line and its line in `RULES` in `rules/mod.rs`, in catalogue order. If it compares totals, give it
   `Stage::Totals`, and `Stage::Final` if it looks at what is left at the end. If it needs an input that `Context` does not have, add the field there; callers fill it.
3. Write `docs/vee/golden/v32_demand_limits.csv` (inputs and hand-calculated answers) and its test in `tests/it/golden.rs`; add a
   scenario folder where the business situation is more than one number.
4. Put it into `Plan::standard` and `config/plans/default.toml` if it should hold by default.
5. Run the tests of the crate with `AMITY_WRITE_DOCUMENTS=1` once: this file is written anew.

An estimation method is added in the same way under `estimators/`: its `estimate` is offered a gap and answers with values and a
sentence. Its place in `ESTIMATORS` is its place in the default pipeline.

Rules and methods for register reads live the same way under `register/rules/` and `register/estimators/`, rules about many
values under `process/`; their vectors are tested in `tests/it/golden_registers.rs` and `tests/it/golden_process.rs`.
";

fn rules_md() -> String {
    let built = built();
    let mut text = HEAD.to_string();
    text.push_str("| id | name | state | purpose |\n| --- | --- | --- | --- |\n");
    for entry in CATALOGUE.iter() {
        let state = match entry.state {
            State::Built => "built",
            State::Library => "library",
            State::Admission => "admission",
            State::Determinants => "determinants",
            State::Plan => "plan",
        };
        let purpose = built.iter().find(|row| row.id == entry.id).map_or("", |row| row.purpose);
        let lacks = entry.lacks.map_or(String::new(), |lacks| format!(", without {lacks}"));
        writeln!(text, "| {} | {} | {state}{lacks} | {purpose} |", entry.id, entry.name).expect("memory");
    }
    text.push_str("\n## Settings of what is built\n\n| id | setting | written as | default | meaning |\n| --- | --- | --- | --- | --- |\n");
    for row in &built {
        settings(&mut text, row.id, row.settings);
    }
    let totals: Vec<&str> = RULES.iter().filter(|rule| rule.stage != Stage::Values).map(|rule| rule.id).collect();
    writeln!(
        text,
        "\nRules run on the values as received, before estimation; {} on the final values. {} judge one read of a \
         register (part `register` of a plan); {} are functions of many values; a plan asks for V70, V71, V72 and V77 as \
         `[[process]]`, and `amity quality` answers V77.",
        totals.join(", "),
        ids(register::rules::RULES.iter().map(|rule| rule.id)),
        ids(process::RULES.iter().map(|rule| rule.id)),
    )
    .expect("memory");
    text.push_str(TAIL);
    text
}

fn ids(ids: impl Iterator<Item = &'static str>) -> String {
    ids.collect::<Vec<_>>().join(", ")
}

fn settings(text: &mut String, id: &str, forms: &[SettingForm]) {
    for form in forms {
        let written = form.kind.example();
        writeln!(text, "| {id} | {} | {written} | {} | {} |", form.name, form.default, form.meaning).expect("memory");
    }
}
