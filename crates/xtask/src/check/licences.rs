//! What is linked is licensed, wanted and from the registry: `cargo deny` with `deny.toml`.
//!
//! Known vulnerabilities need a database from the network; where it cannot be reached, that half is left out and said so.

use crate::machine;
use crate::repository::Repository;
use crate::step::{self, Failure};

pub fn check(repository: &Repository) -> Result<(), Failure> {
    let deny = machine::cargo_tool(repository, "cargo-deny")?;
    let run = |arguments: &[&str], to_do: &str| {
        let arguments = [&["--log-level", "warn"], arguments].concat();
        step::succeed(&mut step::command(repository.root(), &deny, &arguments), to_do)
    };
    run(
        &["check", "--hide-inclusion-graph", "bans", "licenses", "sources"],
        "use another crate, or add the licence to deny.toml if it asks nothing of those who build on Amity",
    )?;
    if step::printed(&mut step::command(repository.root(), &deny, &["fetch", "db"])).is_none() {
        eprintln!("    advisories left out: the database of known vulnerabilities cannot be reached from here");
        return Ok(());
    }
    run(
        &["check", "--disable-fetch", "--hide-inclusion-graph", "advisories"],
        "`cargo update -p CRATE`; if there is no cure yet, list the advisory under [advisories] in deny.toml with its reason",
    )
}
