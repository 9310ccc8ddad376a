//! No warning of the compiler or of clippy, in any target of any crate.

use crate::repository::Repository;
use crate::step::{self, Failure};

pub fn check(repository: &Repository) -> Result<(), Failure> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    let mut command = step::cargo(repository.root(), &arguments);
    step::succeed(
        &mut command,
        "correct what it names; a lint that is wrong here is silenced by `#[expect(.., reason = \"..\")]`\n\
         if clippy is missing: `rustup component add clippy`; if Cargo.lock is out of date: `cargo check` and commit it",
    )
}
