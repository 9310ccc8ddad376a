//! Budgets and words: what a reader of the code may rely on and no compiler checks.
//!
//! Files and functions stay short, nothing is left unfinished, no path of one machine is written down, and the pure
//! crates name no file, socket, process or clock. Calls that clippy can find by itself are in `clippy.toml`.

use super::none_found;
use crate::repository::{Repository, TextFile};
use crate::source::{self, Source};
use crate::step::Failure;

const FILE_LINES_USUAL: usize = 500;
const FILE_LINES_MAX: usize = 1000;
const FUNCTION_LINES_MAX: usize = 70;

/// What may not stand in Rust code, and what to do instead.
const BANNED_CODE: [(&str, &str); 6] = [
    ("todo!", "finish it or leave it out"),
    ("unimplemented!", "finish it or leave it out"),
    ("dbg!", "remove it"),
    ("#[ignore", "a test runs or is deleted"),
    ("#[should_panic", "return the error and assert on it"),
    ("#[allow(", "use #[expect(.., reason = \"..\")]"),
];

/// What may not stand in a comment: work belongs into an issue.
const BANNED_COMMENTS: [&str; 3] = ["TODO", "FIXME", "XXX"];

/// Crates without input, output, clock and threads, and the modules they therefore never name.
const PURE_CRATES: [&str; 5] = ["model", "formats", "vee", "events", "usage"];
const IMPURE: [&str; 6] = ["std::fs", "std::net", "std::env", "std::process", "std::thread", "Instant::now"];

const TEXT_FILES: [&str; 16] = [
    ".rs", ".toml", ".md", ".json", ".yaml", ".yml", ".ts", ".mjs", ".js", ".svelte", ".css", ".html", ".sql", ".sh",
    ".ci/run", ".txt",
];
const SCRIPTS: [&str; 4] = [".ts", ".mjs", ".js", ".svelte"];

pub fn check(repository: &Repository) -> Result<(), Failure> {
    let files = repository.files("", &TEXT_FILES)?;
    let mut report = Report::default();
    for file in &files {
        report.machine_paths(file);
        if file.path.ends_with(".rs") {
            report.rust(file);
        } else if SCRIPTS.iter().any(|ending| file.path.ends_with(ending)) {
            report.banned_comments(&file.path, &file.text);
        }
    }
    for warning in &report.warnings {
        eprintln!("    warning: {warning}");
    }
    eprintln!("    {}", report.summary());
    none_found(report.errors, "untidy places", "each line says what is wrong; CONTRIBUTING.md says why")
}

/// What was seen in all files.
#[derive(Default)]
struct Report {
    errors: Vec<String>,
    warnings: Vec<String>,
    rust_files: usize,
    production_lines: usize,
    function_lines: Vec<usize>,
}

impl Report {
    fn rust(&mut self, file: &TextFile) {
        let source = Source::new(&file.text);
        self.rust_files += 1;
        self.banned_code(&file.path, &source);
        self.banned_comments(&file.path, &source.comments);
        self.function_budget(file, &source);
        if !is_test_file(&file.path) {
            self.file_budget(&file.path, &source);
            self.purity(&file.path, &source);
        }
    }

    fn file_budget(&mut self, path: &str, source: &Source) {
        let lines = source.production_lines();
        self.production_lines += lines;
        if lines > FILE_LINES_MAX {
            self.errors
                .push(format!("{path}: {lines} lines without tests, {FILE_LINES_MAX} at most: split it by notion"));
        } else if lines > FILE_LINES_USUAL {
            self.warnings.push(format!("{path}: {lines} lines without tests, more than {FILE_LINES_USUAL}"));
        }
    }

    fn function_budget(&mut self, file: &TextFile, source: &Source) {
        let tests = source.test_items();
        for function in source.functions() {
            let in_test = is_test_file(&file.path) || tests.iter().any(|item| item.contains(&function.span.start));
            let lines = function.lines();
            if !in_test {
                self.function_lines.push(lines);
            }
            if lines <= FUNCTION_LINES_MAX {
                continue;
            }
            let place = format!("{}:{}: `{}`", file.path, function.first_line, function.name);
            let told = format!("{place} has {lines} lines, {FUNCTION_LINES_MAX} at most: name its parts");
            if in_test { self.warnings.push(told) } else { self.errors.push(told) }
        }
    }

    fn banned_code(&mut self, path: &str, source: &Source) {
        for (banned, instead) in BANNED_CODE {
            for (at, _) in source.code.match_indices(banned) {
                let before = source.code[..at].chars().next_back();
                if !before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    let line = source::line_of(&source.code, at);
                    self.errors.push(format!("{path}:{line}: `{banned}`: {instead}"));
                }
            }
        }
    }

    fn banned_comments(&mut self, path: &str, text: &str) {
        for banned in BANNED_COMMENTS {
            for at in source::words(text, banned) {
                let line = source::line_of(text, at);
                self.errors
                    .push(format!("{path}:{line}: `{banned}`: do it, or open an issue and leave the code clean"));
            }
        }
    }

    fn purity(&mut self, path: &str, source: &Source) {
        let Some(name) = path.strip_prefix("crates/").and_then(|rest| rest.split('/').next()) else { return };
        if !PURE_CRATES.contains(&name) {
            return;
        }
        let tests = source.test_items();
        for word in IMPURE {
            for at in source::words(&source.code, word).filter(|at| !tests.iter().any(|item| item.contains(at))) {
                let line = source::line_of(&source.code, at);
                self.errors
                    .push(format!("{path}:{line}: `{word}` in the pure crate `{name}`: take the value as an argument"));
            }
        }
    }

    fn machine_paths(&mut self, file: &TextFile) {
        // Put together here so that this file holds none of them.
        for folder in ["home", "root", "work", "tmp", "Users"].map(|name| format!("/{name}/")) {
            for (at, _) in file.text.match_indices(&folder) {
                let before = file.text[..at].chars().next_back();
                let starts_a_path = !before.is_some_and(|c| c.is_alphanumeric() || "._-~/*}>)$".contains(c));
                if starts_a_path {
                    let line = source::line_of(&file.text, at);
                    let place = format!("{}:{line}", file.path);
                    self.errors
                        .push(format!("{place}: `{folder}` is a path of one machine: use a relative or temporary one"));
                }
            }
        }
    }

    fn summary(&mut self) -> String {
        self.function_lines.sort_unstable();
        let median = self.function_lines.get(self.function_lines.len() / 2).copied().unwrap_or(0);
        format!(
            "{} Rust files, {} lines without tests, {} functions with a median of {median} lines",
            self.rust_files,
            self.production_lines,
            self.function_lines.len()
        )
    }
}

fn is_test_file(path: &str) -> bool {
    let mut folders = path.split('/');
    folders.any(|part| matches!(part, "tests" | "benches" | "fuzz" | "tests.rs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_code_is_found_and_text_about_it_is_not() {
        check("macro", "src/a.rs", "fn a() { todo!() }", &["src/a.rs:1: `todo!`: finish it or leave it out"]);
        check("longer word", "src/a.rs", "fn a() { not_todo!() }", &[]);
        check("in a string", "src/a.rs", "const A: &str = \"todo! #[ignore]\";", &[]);
        check(
            "attribute",
            "tests/it/a.rs",
            "\n#[ignore = \"slow\"]\nfn a() {}",
            &["tests/it/a.rs:2: `#[ignore`: a test runs or is deleted"],
        );
        let note = "TO".to_owned() + "DO";
        let told = format!("src/a.rs:1: `{note}`: do it, or open an issue and leave the code clean");
        check("comment", "src/a.rs", &format!("// {note}: later"), &[&told]);
        check("string", "src/a.rs", &format!("const A: &str = \"{note}\";"), &[]);
    }

    #[test]
    fn long_functions_and_files_are_found() {
        let function = |lines: usize| format!("fn a() {{\n{}}}\n", "    b();\n".repeat(lines - 2));
        check("at the limit", "src/a.rs", &function(70), &[]);
        check("above", "src/a.rs", &function(71), &["src/a.rs:1: `a` has 71 lines, 70 at most: name its parts"]);
        check("above in a test", "tests/it/a.rs", &function(71), &[]);
        check("file at the limit", "src/a.rs", &"a();\n".repeat(1000), &[]);
        let tests = "#[cfg(test)]\nmod tests {\n".to_owned() + &"a();\n".repeat(1000) + "}\n";
        check("file with long tests", "src/a.rs", &tests, &[]);
        check(
            "file above",
            "src/a.rs",
            &"a();\n".repeat(1001),
            &["src/a.rs: 1001 lines without tests, 1000 at most: split it by notion"],
        );
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        let path = |folder: &str| format!("a = \"/{folder}/x\"");
        let told =
            |folder: &str| format!("a.toml:1: `/{folder}/` is a path of one machine: use a relative or temporary one");
        for folder in ["home", "root", "work", "tmp", "Users"] {
            check(folder, "a.toml", &path(folder), &[&told(folder)]);
        }
        check("part of an address", "a.md", "https://example.org/work/a and ../work/b", &[]);
    }

    #[test]
    fn pure_crates_name_no_outside_world() {
        let text = "use std::fs;\n#[cfg(test)]\nmod tests { use std::env; }";
        let told = "crates/vee/src/a.rs:1: `std::fs` in the pure crate `vee`: take the value as an argument";
        check("pure", "crates/vee/src/a.rs", text, &[told]);
        check("driver", "crates/store/src/a.rs", text, &[]);
    }

    #[track_caller]
    fn check(case: &str, path: &str, text: &str, expected: &[&str]) {
        let file = TextFile { path: path.into(), text: text.into() };
        let mut report = Report::default();
        report.machine_paths(&file);
        if path.ends_with(".rs") {
            report.rust(&file);
        }
        assert_eq!(report.errors, expected, "{case}");
    }
}
