//! Links between the pages of the repository lead to files that exist.

use std::path::Path;

use super::none_found;
use crate::repository::{Repository, TextFile};
use crate::step::Failure;

pub fn check(repository: &Repository) -> Result<(), Failure> {
    let pages = repository.files("", &[".md"])?;
    eprintln!("    {} pages", pages.len());
    let dead = pages.iter().flat_map(|page| dead_links(repository.root(), page)).collect();
    none_found(dead, "links lead nowhere", "correct the path; it is relative to the page it stands on")
}

fn dead_links(root: &Path, page: &TextFile) -> Vec<String> {
    let folder = root.join(&page.path);
    let folder = folder.parent().unwrap_or(root);
    let mut dead = Vec::new();
    for (line, target) in links(&page.text) {
        let path = target.split(['#', '?']).next().unwrap_or_default();
        let outside = target.contains("://") || target.starts_with("mailto:");
        if !outside && !path.is_empty() && !folder.join(path).exists() {
            dead.push(format!("{}:{line}: {target}", page.path));
        }
    }
    dead
}

/// The line and target of every link and picture outside code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        let line = without_code(line);
        let targets = after_each(&line, "](", ")")
            .chain(after_each(&line, "src=\"", "\""))
            .chain(after_each(&line, "href=\"", "\""));
        links.extend(targets.map(|target| (number + 1, target)));
    }
    links
}

/// What stands between each `open` and the next `close`, up to a blank (a title may follow).
fn after_each<'a>(line: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = String> + 'a {
    line.split(open).skip(1).filter_map(move |rest| {
        let target = rest.split(close).next()?.trim();
        let target = target.split_whitespace().next()?;
        Some(target.trim_matches(['<', '>']).to_owned())
    })
}

/// The line with `code` left out.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_code() {
        check("plain", "see [a](b.md) and [c](d/e.md#f)", &["b.md", "d/e.md#f"]);
        check("title and brackets", "[a](<b.md> \"title\")", &["b.md"]);
        check("picture", "![a](b.png) <img src=\"c.png\" width=\"3\">", &["b.png", "c.png"]);
        check("code", "`[a](b.md)` [c](d.md)", &["d.md"]);
        check("fence", "```\n[a](b.md)\n```\n[c](d.md)", &["d.md"]);
        check("empty", "[a]()", &[]);
    }

    #[test]
    fn only_links_inside_the_repository_are_followed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = "[a](https://example.org/x)\n[b](#there)\n[c](src/main.rs#L1)\n[d](src/no.rs)".into();
        let page = TextFile { path: "page.md".into(), text };
        assert_eq!(dead_links(root, &page), ["page.md:4: src/no.rs"]);
    }

    #[track_caller]
    fn check(case: &str, text: &str, expected: &[&str]) {
        let found: Vec<String> = links(text).into_iter().map(|(_, target)| target).collect();
        assert_eq!(found, expected, "{case}");
    }
}
