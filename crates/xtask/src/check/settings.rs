//! Every example under `config/` is TOML, and the binary accepts it.
//!
//! The second half is a test of the crate `amity`, run by its name, because only the binary knows its settings.

use std::process::Stdio;

use super::none_found;
use crate::repository::Repository;
use crate::step::{self, Failure};

const EXAMPLES: &str = "config";
/// The test in `crates/amity` that loads every file of `config/`.
const TEST: &str = "every_example_configuration_loads";

pub fn check(repository: &Repository) -> Result<(), Failure> {
    let examples = repository.files(EXAMPLES, &[".toml"])?;
    let broken = examples.iter().filter_map(|example| {
        let error = example.text.parse::<toml::Table>().err()?;
        Some(format!("{}: {error}", example.path))
    });
    none_found(broken.collect(), "example settings are no TOML", "correct the line named")?;
    eprintln!("    {} files under {EXAMPLES}/", examples.len());
    if examples.is_empty() {
        return Ok(());
    }
    loaded_by_the_binary(repository)
}

fn loaded_by_the_binary(repository: &Repository) -> Result<(), Failure> {
    let mut command = step::cargo(repository.root(), &["test", "--package", "amity", "--quiet", "--locked", TEST]);
    let output = command.stderr(Stdio::inherit()).output();
    let output =
        output.map_err(|error| Failure::new(format!("cargo could not be started: {error}"), "install cargo"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        eprintln!("{printed}");
        return Err(Failure::new(
            "the binary refuses an example of its settings",
            format!("make `{EXAMPLES}/` and `crates/amity` agree; alone: `cargo test -p amity {TEST}`"),
        ));
    }
    if !printed.contains("1 passed") {
        let to_do = format!("keep a test of that name in crates/amity that loads every file under {EXAMPLES}/");
        return Err(Failure::new(format!("no test `{TEST}` ran"), to_do));
    }
    Ok(())
}
