//! Every Rust file is as rustfmt leaves it.

use crate::repository::Repository;
use crate::step::{self, Failure};

pub fn check(repository: &Repository) -> Result<(), Failure> {
    let mut command = step::cargo(repository.root(), &["fmt", "--all", "--", "--check", "-l"]);
    step::succeed(&mut command, "run `cargo fmt --all`; if rustfmt is missing, `rustup component add rustfmt`")
}
