//! `cargo xtask trace`: which requirements of the catalogue are cited by a test, and by one that passed.
//!
//! - [`catalogue`]: the ids, from `requirements/*.csv`.
//! - [`citations`]: the places that cite them: comments of the form `covers: A, B` at a test.
//! - [`results`]: which tests passed, from the report of the last `cargo xtask test`.

mod catalogue;
mod citations;
mod results;

use std::collections::BTreeSet;
use std::io::Write as _;

use serde::Serialize;

use crate::repository::Repository;
use crate::step::Failure;

use catalogue::CatalogueFile;
use citations::Citation;
use results::Results;

/// What to do about an id that does not exist.
pub const UNKNOWN_ADVICE: &str = "cite the id as it stands in the first column of a file under requirements/";

/// In the target folder: exists while the last run of the page's tests passed.
pub const PAGE_PASSED: &str = "page-tests-passed";

/// In the target folder: what the test runner says of every test, as `.config/nextest.toml` asks for.
const REPORT: &str = "nextest/ci/junit.xml";

/// The answer of `trace`.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Report {
    /// Tests in the report of the last run; `None` if there is no report, and then nothing counts as passed.
    tests_run: Option<usize>,
    files: Vec<FileCount>,
    /// Ids cited that no file lists, each with its place.
    unknown: Vec<String>,
    /// Citations of known ids by a test that did not pass or did not run, each with its place.
    not_passed: Vec<String>,
}

/// One file of the catalogue.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct FileCount {
    file: String,
    ids: usize,
    cited: usize,
    passed: usize,
}

pub fn run(repository: &Repository, arguments: &[String]) -> Result<(), Failure> {
    let as_json = match arguments {
        [] => false,
        [flag] if flag == "--json" => true,
        _ => return Err(Failure::new("arguments not understood", "usage: cargo xtask trace [--json]")),
    };
    let target = repository.target()?;
    let junit = std::fs::read_to_string(target.join(REPORT)).ok();
    let results = junit.map(|xml| Results::new(&xml, target.join(PAGE_PASSED).is_file()));
    let report = report(&catalogue::files(repository)?, &citations::all(repository)?, results.as_ref());
    let text = if as_json { json(&report)? } else { table(&report) };
    // Whoever closes the pipe early has seen enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    if report.unknown.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("{} ids cited that no catalogue file lists", report.unknown.len()), UNKNOWN_ADVICE))
}

/// Ids cited that no file of the catalogue lists, as `path:line: id`.
pub fn unknown_citations(repository: &Repository) -> Result<Vec<String>, Failure> {
    Ok(report(&catalogue::files(repository)?, &citations::all(repository)?, None).unknown)
}

fn report(files: &[CatalogueFile], citations: &[Citation], results: Option<&Results>) -> Report {
    let mut cited = BTreeSet::new();
    let mut passed = BTreeSet::new();
    let (mut unknown, mut not_passed) = (Vec::new(), Vec::new());
    for citation in citations {
        let known = files.iter().any(|file| file.ids.contains(&citation.id));
        let place = format!("{}:{}: {}", citation.path, citation.line, citation.id);
        if !known {
            unknown.push(place);
            continue;
        }
        cited.insert(citation.id.as_str());
        match results {
            Some(results) if results.passed(citation) => {
                passed.insert(citation.id.as_str());
            }
            Some(_) => not_passed.push(place),
            None => {}
        }
    }
    let count =
        |ids: &BTreeSet<String>, among: &BTreeSet<&str>| ids.iter().filter(|id| among.contains(id.as_str())).count();
    let files = files.iter().map(|file| FileCount {
        file: file.name.clone(),
        ids: file.ids.len(),
        cited: count(&file.ids, &cited),
        passed: count(&file.ids, &passed),
    });
    Report { tests_run: results.map(Results::len), files: files.collect(), unknown, not_passed }
}

fn json(report: &Report) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(report);
    text.map(|text| text + "\n")
        .map_err(|error| Failure::new(format!("the report is no JSON: {error}"), "report this as a bug"))
}

fn table(report: &Report) -> String {
    let mut text = format!("{:<32} {:>6} {:>6} {:>6}\n", "catalogue file", "ids", "cited", "passed");
    let passed = |count: usize| if report.tests_run.is_some() { count.to_string() } else { "-".into() };
    let mut line = |name: &str, ids: usize, cited: usize, count: usize| {
        text += &format!("{name:<32} {ids:>6} {cited:>6} {:>6}\n", passed(count));
    };
    for file in &report.files {
        line(&file.file, file.ids, file.cited, file.passed);
    }
    let sum = |count: fn(&FileCount) -> usize| report.files.iter().map(count).sum::<usize>();
    line("all", sum(|file| file.ids), sum(|file| file.cited), sum(|file| file.passed));
    match report.tests_run {
        Some(tests) => {
            text += &format!("\npassed: by a test that passed in the last `cargo xtask test` ({tests} tests)\n")
        }
        None => text += "\nno report of a run: `cargo xtask test` writes one, then `passed` is known\n",
    }
    for (title, places) in
        [("cited, but no such id", &report.unknown), ("cited by a test that did not pass", &report.not_passed)]
    {
        if !places.is_empty() {
            text += &format!("\n{title}:\n  {}\n", places.join("\n  "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A catalogue of two files, tests that pass, fail and never ran, one id that does not exist.
    #[test]
    fn a_small_repository_is_counted() {
        let fixture = Repository::at(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/trace"));
        let files = catalogue::files(&fixture).expect("the fixture is there");
        let citations = citations::all(&fixture).expect("the fixture is there");
        let results = Results::new(&fixture.read("junit.xml").expect("the fixture is there"), true);
        let report = report(&files, &citations, Some(&results));
        assert_eq!(report.files, [count("orders.csv", 3, 2, 1), count("readings.csv", 5, 5, 4)]);
        assert_eq!(report.unknown, ["crates/store/tests/it/log.rs:6: RD-9"]);
        assert_eq!(
            report.not_passed,
            ["crates/store/tests/it/log.rs:12: RD-2", "crates/store/tests/it/log.rs:12: OR-1"]
        );
        assert_eq!(report.tests_run, Some(4));
    }

    #[test]
    fn without_a_report_nothing_is_passed() {
        let file = CatalogueFile { name: "a.csv".into(), ids: BTreeSet::from(["A-1".into()]) };
        let told = report(&[file], &[Citation::in_function("crates/a/src/b.rs", 3, "A-1", "c")], None);
        assert_eq!(told.files, [count("a.csv", 1, 1, 0)]);
        assert!(table(&told).contains("no report of a run"), "{}", table(&told));
    }

    fn count(file: &str, ids: usize, cited: usize, passed: usize) -> FileCount {
        FileCount { file: file.into(), ids, cited, passed }
    }
}
