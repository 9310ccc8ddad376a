//! Which tests passed in the last run, from the JUnit report of the test runner.
//!
//! Only the two elements that matter are read, from a file that our own runner wrote.

use super::citations::{By, Citation};

/// The tests of one run.
pub struct Results {
    tests: Vec<Test>,
    page_passed: bool,
}

struct Test {
    /// `store` for the unit tests of a crate, `store::it` for its integration tests.
    binary: String,
    /// Modules and function: `readings::log::tests::a_torn_tail_is_cut`.
    name: String,
    passed: bool,
}

impl Results {
    /// Reads a JUnit report; `page_passed` tells of the tests outside it.
    pub fn new(junit: &str, page_passed: bool) -> Self {
        let tests = junit.split("<testcase ").skip(1).filter_map(|element| {
            let (head, rest) = element.split_once('>')?;
            let body = if head.ends_with('/') { "" } else { rest.split("</testcase>").next()? };
            // A test that failed first and passed when run again holds `<flakyFailure`: it passed.
            let failed = ["<failure", "<error", "<skipped"].iter().any(|tag| body.contains(tag));
            let passed = !failed && !says_skipped(body);
            Some(Test { binary: attribute(head, "classname")?, name: attribute(head, "name")?, passed })
        });
        Self { tests: tests.collect(), page_passed }
    }

    /// How many tests ran.
    pub fn len(&self) -> usize {
        self.tests.len()
    }

    /// Whether at least one test that the citation speaks of ran, and all of them passed.
    pub fn passed(&self, citation: &Citation) -> bool {
        let mut ran = self.tests.iter().filter(|test| test.speaks_for(citation)).peekable();
        match citation.by {
            By::Page => self.page_passed,
            _ => ran.peek().is_some() && ran.all(|test| test.passed),
        }
    }
}

impl Test {
    fn speaks_for(&self, citation: &Citation) -> bool {
        let segments: Vec<&str> = self.name.split("::").collect();
        match &citation.by {
            By::Page => false,
            By::Scenario(folder) => segments.iter().any(|segment| segment.contains(folder.as_str())),
            By::Module(module) => segments.contains(&module.as_str()),
            By::File => self.lives_in(&citation.path),
            // A function of a contract suite is run under its own name from a module of each engine.
            By::Function(function) => {
                self.same_crate(&citation.path)
                    && segments.contains(&function.as_str())
                    && self.same_kind(&citation.path)
            }
        }
    }

    fn same_crate(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        parts.next() == Some("crates") && parts.next() == self.binary.split("::").next()
    }

    /// Unit tests come from `src`, integration tests from `tests`.
    fn same_kind(&self, path: &str) -> bool {
        let integration = self.binary.contains("::") && !self.binary.contains("::bin/");
        path.contains("/tests/") == integration
    }

    fn lives_in(&self, path: &str) -> bool {
        let inside = path.split_once("/src/").or_else(|| path.split_once("/tests/it/")).map_or(path, |(_, rest)| rest);
        let module = inside.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
        let whole_crate = matches!(module.as_str(), "lib" | "main");
        let below = self.name.strip_prefix(&module).is_some_and(|rest| rest.starts_with("::"));
        self.same_crate(path) && self.same_kind(path) && (whole_crate || below)
    }
}

/// Whether a test told that it could not do its work here, as the runner noted of what it printed: it proves nothing.
fn says_skipped(body: &str) -> bool {
    body.lines().map(str::trim_start).any(|line| {
        let tag = line.strip_prefix('<').and_then(|tag| tag.split_once('>'));
        tag.map_or(line, |(_, said)| said).starts_with("skipped: ")
    })
}

/// The value of an attribute; the runner escapes only what XML makes it escape.
fn attribute(head: &str, name: &str) -> Option<String> {
    let mark = format!("{name}=\"");
    let start = head.match_indices(&mark).map(|(at, _)| at).find(|&at| at == 0 || head[..at].ends_with(' '))?;
    let value = head[start + mark.len()..].split('"').next()?;
    Some(value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JUNIT: &str = r#"<testsuites><testsuite name="store">
        <testcase name="log::tests::good" classname="store" timestamp="x" time="0.1"/>
        <testcase name="log::tests::bad" classname="store"><failure type="t">no</failure></testcase>
        <testcase name="log::flaky" classname="store::it"><flakyFailure type="t">no</flakyFailure></testcase>
        <testcase name="sqlite::keeps_names" classname="store::it"></testcase>
        <testcase name="postgres::keeps_names" classname="store::it"><failure/></testcase>
        <testcase name="real::a_file" classname="store::it"><system-out>
running 1 test
skipped: no folder of real files
</system-out></testcase>
        <testcase name="real::another" classname="store::it"><system-err>skipped: no disk</system-err></testcase>
        <testcase name="real::third" classname="store::it"><system-out>3 lines were skipped: none</system-out></testcase>
        <testcase name="page::tests::meter_exchanged" classname="amity::bin/amity"/>
        </testsuite></testsuites>"#;

    #[test]
    fn a_citation_passes_when_its_tests_ran_and_passed() {
        let function = |name: &str| By::Function(name.into());
        check("crates/store/src/log.rs", function("good"), true);
        check("crates/store/src/log.rs", function("bad"), false);
        check("crates/store/src/log.rs", function("never_ran"), false);
        check("crates/api/src/log.rs", function("good"), false);
        check("crates/store/tests/it/log.rs", function("good"), false);
        check("crates/store/tests/it/log.rs", function("flaky"), true);
        check("crates/store/tests/it/contract.rs", function("keeps_names"), false);
        check("crates/store/tests/it/real.rs", function("a_file"), false);
        check("crates/store/tests/it/real.rs", function("another"), false);
        check("crates/store/tests/it/real.rs", function("third"), true);
        check("crates/store/tests/it/log.rs", By::File, true);
        check("crates/store/src/log.rs", By::File, false);
        check("crates/store/src/lo.rs", By::File, false);
        check("crates/amity/src/page/mod.rs", By::File, true);
        check("crates/amity/tests/scenarios/meter_exchanged/README.md", By::Scenario("meter_exchanged".into()), true);
        check("web/tests/page.mjs", By::Module("page".into()), true);
        check("web/src/a.test.ts", By::Page, true);
    }

    #[track_caller]
    fn check(path: &str, by: By, expected: bool) {
        let citation = Citation { path: path.into(), line: 1, id: "A".into(), by };
        assert_eq!(Results::new(JUNIT, true).passed(&citation), expected, "{citation:?}");
    }
}
