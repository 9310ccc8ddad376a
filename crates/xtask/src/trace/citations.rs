//! The places that cite a requirement: comments of the form `covers: A, B`.
//!
//! - In Rust, above a function or inside it: that function. In the module doc of a test file: every test in it.
//! - In the `README.md` of a scenario folder below a `tests` folder: the tests whose name holds the folder's name.
//! - In a script that drives the page in a browser, `NAME.mjs`: the tests in the module `NAME` that run it.
//! - In the page's own tests, `*.test.ts`: their run as a whole.

use crate::repository::{Repository, TextFile};
use crate::source::Source;
use crate::step::Failure;

const MARK: &str = "covers:";

/// One id cited at one place.
#[derive(Debug, PartialEq, Eq)]
pub struct Citation {
    pub path: String,
    pub line: usize,
    pub id: String,
    pub by: By,
}

/// Who claims to prove it.
#[derive(Debug, PartialEq, Eq)]
pub enum By {
    /// The function of this name in the file.
    Function(String),
    /// Every test of the file.
    File,
    /// Every test whose name holds the name of this folder.
    Scenario(String),
    /// Every test in a module of this name.
    Module(String),
    /// The page's own tests.
    Page,
}

impl Citation {
    #[cfg(test)]
    pub fn in_function(path: &str, line: usize, id: &str, function: &str) -> Self {
        Self { path: path.into(), line, id: id.into(), by: By::Function(function.into()) }
    }
}

/// All citations, by path and line.
pub fn all(repository: &Repository) -> Result<Vec<Citation>, Failure> {
    let mut citations = Vec::new();
    for file in repository.files("", &[".rs", "README.md", ".mjs", ".ts"])? {
        // A repository inside a test folder of ours belongs to that test.
        if file.path.contains("/fixtures/") {
            continue;
        }
        citations.extend(if file.path.ends_with(".rs") { in_rust(&file) } else { in_text(&file) });
    }
    Ok(citations)
}

fn in_rust(file: &TextFile) -> Vec<Citation> {
    let source = Source::new(&file.text);
    let functions = source.functions();
    let mut citations = Vec::new();
    let mut line_start = 0;
    for (number, line) in source.comments.split('\n').enumerate() {
        let comment = line.trim_start();
        if let Some(ids) = ids(comment.trim_start_matches(['/', '!', '*'])) {
            let around = functions.iter().rfind(|function| function.span.contains(&line_start));
            let below = functions.iter().find(|function| function.span.start > line_start);
            let file_wide = comment.starts_with("//!");
            for id in ids {
                let by = match around.or(below) {
                    Some(function) if !file_wide => By::Function(function.name.clone()),
                    _ => By::File,
                };
                citations.push(Citation { path: file.path.clone(), line: number + 1, id, by });
            }
        }
        line_start += line.len() + 1;
    }
    citations
}

/// Scenario pages, browser scripts and the page's own tests.
fn in_text(file: &TextFile) -> Vec<Citation> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or_default();
    let by = || match name.rsplit_once('.') {
        Some((_, "md")) => By::Scenario(folder.rsplit('/').next().unwrap_or_default().into()),
        Some((module, "mjs")) => By::Module(module.into()),
        _ => By::Page,
    };
    if name.ends_with(".md") && !file.path.contains("/tests/") {
        return Vec::new();
    }
    let mut citations = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for id in ids(line.trim_start_matches(['/', '*', '-', ' '])).unwrap_or_default() {
            citations.push(Citation { path: file.path.clone(), line: number + 1, id, by: by() });
        }
    }
    citations
}

/// The ids behind `covers:` if the text starts with it.
fn ids(text: &str) -> Option<Vec<String>> {
    let text = text.trim().trim_start_matches(['*', '`']);
    let start = text.get(..MARK.len())?;
    let list = start.eq_ignore_ascii_case(MARK).then(|| &text[MARK.len()..])?;
    let words = list.split([',', ';']).map(|id| id.trim_matches(|c: char| c.is_whitespace() || "*`.".contains(c)));
    Some(words.filter(|id| !id.is_empty()).map(String::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citation_belongs_to_the_function_around_or_below_it() {
        let text = "\
            //! covers: F-1\n\
            // covers: A-1, A-2\n\
            #[test]\n\
            fn a() {}\n\
            #[test]\n\
            fn b() {\n\
                // covers: B-1\n\
                let text = \"// covers: no\";\n\
            }\n";
        check(
            "crates/x/tests/it/y.rs",
            text,
            &["1 F-1 File", "2 A-1 Function(\"a\")", "2 A-2 Function(\"a\")", "7 B-1 Function(\"b\")"],
        );
    }

    #[test]
    fn scenario_pages_and_scripts_cite_as_well() {
        let page = "# Meter exchanged\n\n**Covers:** `B4-S1`, IS-001.\n";
        let scenario = "Scenario(\"meter_exchanged_mid_day\")";
        let path = "crates/amity/tests/scenarios/meter_exchanged_mid_day/README.md";
        check(path, page, &[&format!("3 B4-S1 {scenario}"), &format!("3 IS-001 {scenario}")]);
        check("requirements/README.md", "covers: IS-001", &[]);
        check("web/tests/fleet.mjs", "// covers: SCP-01\n", &["1 SCP-01 Module(\"fleet\")"]);
        check("web/src/time.test.ts", "// covers: SCP-01\n", &["1 SCP-01 Page"]);
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        let file = TextFile { path: path.into(), text: text.into() };
        let found = if path.ends_with(".rs") { in_rust(&file) } else { in_text(&file) };
        let found: Vec<String> =
            found.iter().map(|citation| format!("{} {} {:?}", citation.line, citation.id, citation.by)).collect();
        assert_eq!(found, expected, "{path}");
    }
}
