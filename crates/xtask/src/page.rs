//! The page under `web/`: built before the binary, which embeds it, and tested by its own tests.

use std::path::Path;
use std::time::SystemTime;

use serde::Deserialize;

use crate::machine;
use crate::repository::Repository;
use crate::step::{self, Failure};

const FOLDER: &str = "web";
const RESULTS: [&str; 3] = ["dist", "node_modules", ".svelte-kit"];
const ADVICE: &str = "look at the lines above; `npm ci && npm run build` in web/ does the same by hand";

#[derive(Deserialize)]
struct Package {
    #[serde(default)]
    scripts: serde_json::Map<String, serde_json::Value>,
}

/// Installs the packages of the page as its lock file lists them and builds it into `web/dist`, unless that was done
/// since a file of the page last changed: the binary, which embeds the page, then need not be linked again either.
pub fn build(repository: &Repository) -> Result<(), Failure> {
    let folder = repository.path(FOLDER);
    let built = changed(&folder.join("dist/index.html")).min(changed(&folder.join("node_modules/.package-lock.json")));
    if built.is_some() && last_change(&folder) < built {
        eprintln!("    built since it last changed");
        return Ok(());
    }
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

/// When the newest file of the page's sources changed.
fn last_change(folder: &Path) -> Option<SystemTime> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let sources = entries.map(|entry| entry.path()).filter(|path| !RESULTS.iter().any(|name| path.ends_with(name)));
    sources.filter_map(|path| if path.is_dir() { last_change(&path) } else { changed(&path) }).max()
}

fn changed(file: &Path) -> Option<SystemTime> {
    file.metadata().ok()?.modified().ok()
}

fn npm(repository: &Repository, arguments: &[&str]) -> Result<(), Failure> {
    let path = machine::path_with_node(repository)?;
    step::succeed(step::command(&repository.path(FOLDER), "npm", arguments).env("PATH", path), ADVICE)
}
