//! A crate imports only from lower floors, and only what its row lists.
//!
//! `ARCHITECTURE.md` explains the rows; this table is what holds them. Dependencies of tests are free.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::none_found;
use crate::repository::{Repository, TextFile};
use crate::step::Failure;

/// One crate of the workspace: its floor and the crates of ours that it may import.
struct Row {
    name: &'static str,
    floor: u8,
    imports: &'static [&'static str],
}

const fn row(name: &'static str, floor: u8, imports: &'static [&'static str]) -> Row {
    Row { name, floor, imports }
}

/// Rows of crates that do not exist yet are here from the start: they are the plan.
const ROWS: [Row; 15] = [
    row("model", 0, &[]),
    row("formats", 1, &["model"]),
    row("vee", 1, &["model"]),
    row("events", 1, &["model"]),
    row("usage", 1, &["model"]),
    row("headend", 2, &["model", "formats"]),
    row("store", 2, &["model"]),
    row("simulator", 2, &["model", "formats"]),
    // Until head-end adapters exist, `ingest` opens files itself, hence `formats`.
    row("ingest", 3, &["model", "formats", "headend", "store", "vee", "events", "usage"]),
    row("orchestrator", 3, &["model", "headend", "store"]),
    row("interop", 3, &["model", "formats", "store"]),
    row("query", 3, &["model", "store"]),
    row("api", 4, &["model", "store", "vee", "usage", "ingest", "interop", "query", "orchestrator"]),
    row(
        "amity",
        5,
        &[
            "model",
            "formats",
            "vee",
            "events",
            "usage",
            "headend",
            "store",
            "simulator",
            "ingest",
            "orchestrator",
            "interop",
            "query",
            "api",
        ],
    ),
    row("xtask", 0, &[]),
];

/// Floors 0 and 1 are pure: nothing that opens a socket, a file or a database may be linked into them.
const DRIVERS: [&str; 9] = ["tokio", "async-std", "axum", "hyper", "reqwest", "sqlx", "rusqlite", "rustix", "rand"];

/// Names that say nothing about the domain.
const EMPTY_NAMES: [&str; 6] = ["common", "utils", "core", "types", "helpers", "shared"];

const ADVICE: &str = "move the code to a floor that may know both, or pass the value in as an argument; \
    a new arrow is a decision: write its reason into ARCHITECTURE.md and the row into crates/xtask/src/check/floors.rs";

#[derive(Default, Deserialize)]
struct Manifest {
    package: Package,
    #[serde(flatten)]
    tables: Dependencies,
    #[serde(default)]
    target: BTreeMap<String, Dependencies>,
}

#[derive(Default, Deserialize)]
struct Package {
    name: String,
}

#[derive(Default, Deserialize)]
struct Dependencies {
    #[serde(default)]
    dependencies: toml::Table,
    #[serde(default, rename = "build-dependencies")]
    build: toml::Table,
}

pub fn check(repository: &Repository) -> Result<(), Failure> {
    let manifests: Vec<TextFile> = repository.files("crates", &["Cargo.toml"])?;
    eprintln!("    {} crates of at most {}", manifests.len(), ROWS.len());
    none_found(findings(&manifests), "arrows or names outside the plan", ADVICE)
}

fn findings(manifests: &[TextFile]) -> Vec<String> {
    let mut findings = Vec::new();
    if manifests.len() > ROWS.len() {
        findings.push(format!("{} crates, and {} is the ceiling", manifests.len(), ROWS.len()));
    }
    for manifest in manifests {
        match toml::from_str::<Manifest>(&manifest.text) {
            Ok(parsed) => {
                let told = crate_findings(&parsed);
                findings.extend(told.into_iter().map(|finding| format!("{}: {finding}", manifest.path)));
            }
            Err(error) => findings.push(format!("{}: {error}", manifest.path)),
        }
    }
    findings
}

fn crate_findings(manifest: &Manifest) -> Vec<String> {
    let name = &manifest.package.name;
    if EMPTY_NAMES.contains(&name.as_str()) {
        return vec![format!("`{name}` is no name of the domain")];
    }
    let Some(row) = ROWS.iter().find(|row| row.name == name) else {
        return vec![format!("`{name}` has no row in the table of floors")];
    };
    let mut findings = Vec::new();
    for import in imports(manifest) {
        let pure = row.floor < 2 && row.name != "xtask";
        if pure && DRIVERS.contains(&import.as_str()) {
            findings.push(format!("`{name}` is pure and may not import the driver `{import}`"));
        }
        let Some(lower) = ROWS.iter().find(|row| row.name == import) else { continue };
        if row.floor <= lower.floor {
            findings.push(format!("`{name}` (floor {}) imports `{import}` (floor {})", row.floor, lower.floor));
        } else if !row.imports.contains(&import.as_str()) {
            findings.push(format!("`{name}` imports `{import}`, which its row does not list"));
        }
    }
    findings
}

/// The packages that a crate is built with, by their own name where they are renamed.
fn imports(manifest: &Manifest) -> Vec<String> {
    let tables = std::iter::once(&manifest.tables).chain(manifest.target.values());
    tables
        .flat_map(|tables| tables.dependencies.iter().chain(tables.build.iter()))
        .map(|(key, value)| value.get("package").and_then(toml::Value::as_str).unwrap_or(key).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_down_and_only_along_the_rows() {
        check("nothing imported", "model", "", &[]);
        check("one floor down", "vee", "model.workspace = true", &[]);
        check("beside", "vee", "formats.workspace = true", &["`vee` (floor 1) imports `formats` (floor 1)"]);
        check("up", "store", "ingest = { path = \"../ingest\" }", &["`store` (floor 2) imports `ingest` (floor 3)"]);
        check(
            "not listed",
            "interop",
            "vee.workspace = true",
            &["`interop` imports `vee`, which its row does not list"],
        );
        check("renamed", "store", "x = { package = \"api\" }", &["`store` (floor 2) imports `api` (floor 4)"]);
        check("only in tests", "model", "[dev-dependencies]\nstore.workspace = true", &[]);
        check(
            "for one target",
            "vee",
            "[target.'cfg(unix)'.dependencies]\nusage = \"1\"",
            &["`vee` (floor 1) imports `usage` (floor 1)"],
        );
        check(
            "when building",
            "vee",
            "[build-dependencies]\napi = \"1\"",
            &["`vee` (floor 1) imports `api` (floor 4)"],
        );
        check(
            "a driver below",
            "formats",
            "tokio = \"1\"",
            &["`formats` is pure and may not import the driver `tokio`"],
        );
        check("a driver above", "store", "tokio = \"1\"", &[]);
    }

    #[test]
    fn a_crate_needs_a_row_and_a_name_of_the_domain() {
        check("no row", "billing", "", &["`billing` has no row in the table of floors"]);
        check("no name", "common", "", &["`common` is no name of the domain"]);
    }

    #[test]
    fn the_rows_keep_their_own_law() {
        for row in &ROWS {
            for import in row.imports {
                let lower = ROWS.iter().find(|lower| lower.name == *import).expect("every import has a row");
                assert!(lower.floor < row.floor, "{} -> {import}", row.name);
            }
        }
    }

    #[track_caller]
    fn check(case: &str, name: &str, dependencies: &str, expected: &[&str]) {
        let text = format!("[package]\nname = \"{name}\"\n[dependencies]\n{dependencies}\n");
        let manifest: Manifest = toml::from_str(&text).expect("the case is TOML");
        assert_eq!(crate_findings(&manifest), expected, "{case}");
    }
}
