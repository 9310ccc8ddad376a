//! The page under `web/`: built before the binary, which embeds it, and tested by its own tests.

use serde::Deserialize;

use crate::machine;
use crate::repository::Repository;
use crate::step::{self, Failure};

const FOLDER: &str = "web";
const ADVICE: &str = "look at the lines above; `npm ci && npm run build` in web/ does the same by hand";

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    scripts: serde_json::Map<String, serde_json::Value>,
}

/// Installs the packages of the page as its lock file lists them and builds it into `web/dist`.
pub fn build(repository: &Repository) -> Result<(), Failure> {
    machine::prepare_for_page(repository)?;
    npm(repository, &["ci", "--no-audit", "--no-fund", "--loglevel=error"])?;
    npm(repository, &["run", "build", "--silent"])
}

/// Runs the tests of the page, if it has any; says whether it did.
pub fn test(repository: &Repository) -> Result<bool, Failure> {
    let manifest = repository.read("web/package.json")?;
    let package: Package = serde_json::from_str(&manifest)
        .map_err(|error| Failure::new(format!("web/package.json: {error}"), "correct the place named"))?;
    if !package.scripts.contains_key("test") {
        return Ok(false);
    }
    npm(repository, &["test"])?;
    Ok(true)
}

/// Whether there is a page at all.
pub fn exists(repository: &Repository) -> bool {
    repository.path("web/package.json").is_file()
}

fn npm(repository: &Repository, arguments: &[&str]) -> Result<(), Failure> {
    let path = machine::path_with_node(repository)?;
    step::succeed(step::command(&repository.path(FOLDER), "npm", arguments).env("PATH", path), ADVICE)
}
