//! `cargo xtask test`: from a bare machine to the closing line of the test runner.

use std::fs;

use crate::repository::Repository;
use crate::step::{self, Failure};
use crate::{machine, page, trace};

/// Prepares the machine and the page, then runs the tests of the page, of the documentation and of every crate.
///
/// With filters only `cargo nextest run` follows, with the filters as its arguments.
pub fn run(repository: &Repository, filters: &[String]) -> Result<(), Failure> {
    step::timed("machine", || machine::prepare_for_tests(repository))?;
    let nextest = step::timed("test runner", || machine::cargo_tool(repository, "cargo-nextest"))?;
    if page::exists(repository) {
        step::timed("page", || page::build(repository))?;
    }
    if filters.is_empty() {
        if page::exists(repository) {
            step::timed("tests of the page", || test_page(repository))?;
        }
        step::timed("examples in the documentation", || test_documentation(repository))?;
    }
    test_crates(repository, &nextest, filters)
}

/// The page's tests pass or fail as a whole; a mark for `trace` says that they passed.
fn test_page(repository: &Repository) -> Result<(), Failure> {
    let mark = repository.target()?.join(trace::PAGE_PASSED);
    // A mark of an earlier run must not speak for this one; that there was none is no error.
    let _ = fs::remove_file(&mark);
    if page::test(repository)? {
        fs::write(&mark, "")
            .map_err(|error| Failure::new(format!("{}: {error}", mark.display()), "free some space"))?;
    }
    Ok(())
}

fn test_documentation(repository: &Repository) -> Result<(), Failure> {
    let mut command = step::cargo(repository.root(), &["test", "--doc", "--workspace", "--locked", "--quiet"]);
    step::succeed(&mut command, "correct the example or the code it shows: `cargo test --doc -p CRATE`")
}

/// Last, so that the runner's own closing line is the last of the run.
fn test_crates(repository: &Repository, nextest: &str, filters: &[String]) -> Result<(), Failure> {
    let mut arguments = vec!["nextest", "run", "--workspace", "--locked", "--profile", "ci"];
    arguments.extend(filters.iter().map(String::as_str));
    // The test of the page runs a script.
    let path = machine::path_with_node(repository)?;
    step::succeed(
        step::command(repository.root(), nextest, &arguments).env("PATH", path),
        "one test again: `cargo nextest run -p CRATE NAME`; a test that needs the page or a server needs `cargo xtask test NAME`",
    )
}
