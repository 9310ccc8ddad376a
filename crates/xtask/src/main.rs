//! The repository's own commands: check, test, demo, trace, bench.
//!
//! It is the first crate built on a bare machine, so it stays small: serde, serde_json, toml and the standard
//! library. It knows nothing of Amity's crates; it starts programs and reads text.
//!
//! - [`check`]: format, lints, floors, budgets, links, licences, settings.
//! - [`test`]: what the tests need on this machine, then every test.
//! - [`demo`]: builds, loads made-up data, serves the page.
//! - [`trace`]: which requirements are cited by a passing test.
//! - [`bench`]: the benchmarks of the binary, built with optimisation.

mod bench;
mod check;
mod demo;
mod machine;
mod page;
mod repository;
mod source;
mod step;
mod test;
mod trace;

use std::process::ExitCode;

use repository::Repository;
use step::Failure;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  check [STEP..]       format, lints, floors, budgets, links, citations, licences, settings (or only the steps named)
  test [FILTER..]      installs what is missing, then runs every test (or only those nextest's filter selects)
  demo [--no-serve]    builds, loads made-up meter data, serves the page and prints its address
  trace [--json]       which requirements are cited by a passing test
  bench [ARGUMENT..]   the benchmarks, built with optimisation";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    match run(&command, &rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            failure.exit_code()
        }
    }
}

fn run(command: &str, arguments: &[String]) -> Result<(), Failure> {
    let repository = || Repository::locate();
    match command {
        "check" => check::run(&repository()?, arguments),
        "test" => test::run(&repository()?, arguments),
        "demo" => demo::run(&repository()?, arguments),
        "trace" => trace::run(&repository()?, arguments),
        "bench" => bench::run(&repository()?, arguments),
        "help" | "--help" | "-h" => {
            eprintln!("{USAGE}");
            Ok(())
        }
        "" => Err(Failure::new("no command given", USAGE)),
        unknown => Err(Failure::new(format!("there is no command `{unknown}`"), USAGE)),
    }
}
