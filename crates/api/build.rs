//! Looks at the page again when it changes, so that a new `npm run build` reaches the binary, and warns where what would
//! be embedded is not the page of these sources.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What lies in `web` and is made of the sources.
const RESULTS: [&str; 3] = ["dist", "node_modules", ".svelte-kit"];
const ADVICE: &str =
    "`cargo xtask demo` and `cargo xtask test` build it, `npm ci && npm run build` in web/ does it by hand";

fn main() {
    let web = Path::new("../../web");
    println!("cargo:rerun-if-changed=../../web/dist");
    let sources: Vec<PathBuf> = entries(web).filter(|path| !RESULTS.iter().any(|name| path.ends_with(name))).collect();
    for source in &sources {
        println!("cargo:rerun-if-changed={}", source.display());
    }
    let changed = sources.iter().filter_map(|source| last_change(source)).max();
    match last_change(&web.join("dist/index.html")) {
        None => println!("cargo:warning=the page is not built, so the binary only says how to build it: {ADVICE}"),
        built if built < changed => {
            println!("cargo:warning=web/dist is older than its sources, so the binary shows an old page: {ADVICE}");
        }
        Some(_) => {}
    }
}

/// When a file, or the newest file of a folder, changed.
fn last_change(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        return entries(path).filter_map(|path| last_change(&path)).max();
    }
    path.metadata().ok()?.modified().ok()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path())
}
