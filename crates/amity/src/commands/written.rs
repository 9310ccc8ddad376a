//! A document that a person wrote to a file, in TOML, or in JSON where the name ends so.

use model::document::{in_words, toml_field};
use model::finding::Finding;
use serde::de::DeserializeOwned;

/// What a document says; a finding with its line, its field and what was expected where it does not say that.
pub fn read<T: DeserializeOwned>(text: &str, is_json: bool, code: &'static str) -> Result<T, Finding> {
    let fault = |line: usize, field: String, message: String| {
        let field = if field.is_empty() { "file".to_owned() } else { field };
        Finding::new(u64::try_from(line).unwrap_or_default(), field, code, message)
    };
    if is_json {
        return serde_json::from_str(text)
            .map_err(|error| fault(error.line(), json_key(text, error.line()), in_words(&error.to_string())));
    }
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let line = text.get(..span.start).unwrap_or_default().matches('\n').count() + 1;
        let found = text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
        let message = match error.message() {
            // What the reader of dates says of a text that is none.
            message if message.starts_with("failed to parse") || message.starts_with("parsed ") => {
                let example = if found.contains(':') { "time such as 05:00:00" } else { "date such as 2026-01-31" };
                format!("expected a {example}, found `{found}`")
            }
            message => in_words(message),
        };
        fault(line, toml_field(text, span.start), message)
    })
}

/// The first key of a line of JSON; empty where it has none.
fn json_key(text: &str, line: usize) -> String {
    let written = line.checked_sub(1).and_then(|at| text.lines().nth(at)).unwrap_or_default();
    let key = written.split_once(':').map(|(key, _)| key.trim().trim_start_matches(['{', '[', ' ']).trim_matches('"'));
    key.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Book {
        attach: Vec<Attach>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Attach {
        from: jiff::civil::Date,
    }

    #[track_caller]
    fn check(text: &str, is_json: bool, expected: &str) {
        let finding = read::<Book>(text, is_json, "plan.syntax").map(|book| book.attach[0].from).expect_err("is wrong");
        assert_eq!(finding.to_string(), expected);
    }

    #[test]
    fn a_wrong_entry_is_told_with_its_field_and_what_was_expected() {
        let date = "line 2, attach[0].from: expected a date such as 2026-01-31, found `2026-02-30` [plan.syntax]";
        check("[[attach]]\nfrom = \"2026-02-30\"\n", false, date);
        let other = "line 2, attach[0].form: there is no entry `form`; expected `from` [plan.syntax]";
        check("[[attach]]\nform = \"2026-02-28\"\n", false, other);
        let json = read::<Book>("{\n\"attach\": 3\n}", true, "plan.syntax").expect_err("is wrong").to_string();
        assert!(json.starts_with("line 2, attach: expected a list, found integer `3`"), "{json}");
    }
}
