//! `cargo xtask bench`: the benchmarks of the binary, which must be built with optimisation to mean anything.

use crate::repository::Repository;
use crate::step::{self, Failure};

pub fn run(repository: &Repository, arguments: &[String]) -> Result<(), Failure> {
    let mut all = vec!["run", "--release", "--locked", "--package", "amity", "--", "bench"];
    all.extend(arguments.iter().map(String::as_str));
    step::succeed(
        &mut step::cargo(repository.root(), &all),
        "`cargo run --release -p amity -- bench --help` lists what can be measured",
    )
}
