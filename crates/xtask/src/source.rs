//! Rust text seen as code, comments and literals, and the functions and tests in it.
//!
//! Enough of the language to count lines and find words without being misled by a brace in a string, a quote in a
//! comment or a lifetime: line and nested block comments, plain, byte, C and raw strings, characters and lifetimes.
//! It is no parser; macros are seen as the text they are.

use std::ops::Range;

/// The text of one Rust file in two copies of equal length and equal line breaks.
pub struct Source {
    /// Comments and the inside of literals are blank.
    pub code: String,
    /// Everything but comments is blank.
    pub comments: String,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// First and last line, counted from 1, attributes not included.
    pub first_line: usize,
    pub last_line: usize,
    /// Whether an attribute such as `#[test]` or `#[tokio::test]` marks it.
    pub is_test: bool,
    /// Byte range of the whole function in the text.
    pub span: Range<usize>,
}

impl Function {
    pub fn lines(&self) -> usize {
        self.last_line - self.first_line + 1
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

impl Source {
    pub fn new(text: &str) -> Self {
        let kinds = kinds(text.as_bytes());
        Self { code: only(text, &kinds, Kind::Code), comments: only(text, &kinds, Kind::Comment) }
    }

    /// Every function with a body, in order; a function inside another is listed as well.
    pub fn functions(&self) -> Vec<Function> {
        let code = &self.code;
        let mut functions = Vec::new();
        for start in words(code, "fn") {
            let rest = code[start + 2..].trim_start();
            let name: String = rest.chars().take_while(|&c| is_word(c) || c == '#').collect();
            // `fn(` without a name is the type of a function pointer.
            if name.is_empty() {
                continue;
            }
            let Some(body) = body(code, start) else { continue };
            functions.push(Function {
                name: name.trim_start_matches("r#").into(),
                first_line: line_of(code, start),
                last_line: line_of(code, body.end - 1),
                is_test: attributes_before(code, start).iter().any(|attribute| is_test_attribute(attribute)),
                span: start..body.end,
            });
        }
        functions
    }

    /// The byte ranges of items that only exist under `#[cfg(test)]`.
    pub fn test_items(&self) -> Vec<Range<usize>> {
        let code = &self.code;
        let mut items: Vec<Range<usize>> = Vec::new();
        for (start, _) in code.match_indices("#[cfg(") {
            let Some(end) = matching(code, start + 1) else { continue };
            let is_test = words(&code[start..end], "test").next().is_some() && !code[start..end].contains("not(");
            let inside = items.last().is_some_and(|item| item.contains(&start));
            if is_test && !inside {
                items.push(start..item_end(code, end));
            }
        }
        items
    }

    /// How many lines are not under `#[cfg(test)]`.
    pub fn production_lines(&self) -> usize {
        let tests: usize = self
            .test_items()
            .iter()
            .map(|item| line_of(&self.code, item.end) - line_of(&self.code, item.start) + 1)
            .sum();
        self.code.lines().count().saturating_sub(tests)
    }
}

/// The line, counted from 1, on which byte `at` lies.
pub fn line_of(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    1 + text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count()
}

/// Where `word` stands as a whole word.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_test_attribute(attribute: &str) -> bool {
    let name = attribute.trim_start_matches("#[").trim();
    let name = name.split(['(', ']', ' ', '=']).next().unwrap_or_default();
    name == "test" || name.ends_with("::test")
}

/// The body of the function, trait method or closure-free item that starts at `start`: from its `{` to behind its `}`.
/// `None` when a `;` ends it first.
fn body(code: &str, start: usize) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    for (offset, byte) in code.as_bytes()[start..].iter().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b';' if depth == 0 => return None,
            b'{' if depth == 0 => return matching(code, start + offset).map(|end| start + offset..end),
            _ => {}
        }
    }
    None
}

/// Behind the bracket that closes the one at `open`.
fn matching(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, byte) in code.as_bytes()[open..].iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(open + offset + 1);
        }
    }
    None
}

/// Behind the item whose attributes end at `from`: behind its block, its `;`, or the `,` of a field or variant.
fn item_end(code: &str, from: usize) -> usize {
    let mut at = from;
    let bytes = code.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'{' => return matching(code, at).unwrap_or(bytes.len()),
            b'(' | b'[' => at = matching(code, at).unwrap_or(bytes.len()),
            b';' | b',' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The attributes directly above the item at `start`, nearest first.
fn attributes_before(code: &str, start: usize) -> Vec<&str> {
    let mut attributes = Vec::new();
    // Visibility and qualifiers (`pub(crate) async fn`) stand between the attributes and the word `fn`.
    let mut head = code[..start].rfind(['}', ';', '{', ']']).map_or(0, |at| at + 1);
    while head > 0 && code[..head].ends_with(']') {
        let Some(open) = opening(code, head - 1) else { break };
        let Some(hash) = code[..open].trim_end().strip_suffix('#') else { break };
        attributes.push(&code[hash.len()..head]);
        head = hash.trim_end().len();
    }
    attributes
}

/// The bracket that opens what `close` closes.
fn opening(code: &str, close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in (0..=close).rev() {
        match code.as_bytes()[at] {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn only(text: &str, kinds: &[Kind], kept: Kind) -> String {
    let bytes = text.bytes().zip(kinds).map(|(byte, &kind)| if byte == b'\n' || kind == kept { byte } else { b' ' });
    // Kinds change only at ASCII bytes, so a character is kept or blanked as a whole.
    String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
}

/// What each byte is.
fn kinds(text: &[u8]) -> Vec<Kind> {
    let mut kinds = vec![Kind::Code; text.len()];
    let mut at = 0;
    while at < text.len() {
        let (end, kind) = token(text, at);
        kinds[at..end].fill(kind);
        at = end;
    }
    kinds
}

/// The end and kind of the token at `at`; code is taken a byte or a word at a time.
fn token(text: &[u8], at: usize) -> (usize, Kind) {
    let rest = &text[at..];
    if rest.starts_with(b"//") {
        let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        return (at + length, Kind::Comment);
    }
    if rest.starts_with(b"/*") {
        return (block_comment_end(text, at), Kind::Comment);
    }
    if let Some(end) = string_end(text, at) {
        return (end, Kind::Literal);
    }
    if let Some(end) = character_end(text, at) {
        return (end, Kind::Literal);
    }
    let word =
        rest.iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()).count();
    (at + word.max(1), Kind::Code)
}

fn block_comment_end(text: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (1_usize, start + 2);
    while at < text.len() && depth > 0 {
        match &text[at..(at + 2).min(text.len())] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

/// The end of the string literal at `at`, if there is one: `"`, `b"`, `c"`, `r"`, `r#"`, `br#"`, `cr#"`.
fn string_end(text: &[u8], at: usize) -> Option<usize> {
    let prefix = [&b"br"[..], b"cr", b"r", b"b", b"c", b""].into_iter().find(|prefix| {
        let after = at + prefix.len();
        text[at..].starts_with(prefix) && matches!(text.get(after), Some(b'"' | b'#'))
    })?;
    let raw = prefix.ends_with(b"r");
    let open = at + prefix.len();
    let hashes = text[open..].iter().take_while(|&&byte| byte == b'#').count();
    if text.get(open + hashes) != Some(&b'"') || (hashes > 0 && !raw) {
        return None;
    }
    let mut end = open + hashes + 1;
    while end < text.len() {
        match text[end] {
            b'\\' if !raw => end += 1,
            b'"' if text[end + 1..].iter().take(hashes).filter(|&&byte| byte == b'#').count() == hashes => {
                return Some((end + 1 + hashes).min(text.len()));
            }
            _ => {}
        }
        end += 1;
    }
    Some(text.len())
}

/// The end of the character or byte literal at `at`; `None` for a lifetime or anything else.
fn character_end(text: &[u8], at: usize) -> Option<usize> {
    let open = if text[at..].starts_with(b"b'") { at + 1 } else { at };
    if text.get(open) != Some(&b'\'') {
        return None;
    }
    let first = *text.get(open + 1)?;
    if first == b'\\' {
        let close = text.get(open + 3..)?.iter().position(|&byte| byte == b'\'')?;
        return Some(open + 3 + close + 1);
    }
    // One character of 1 to 4 bytes and a quote; otherwise it is a lifetime.
    let length = 1 + text[open + 2..].iter().take_while(|&&byte| byte & 0xC0 == 0x80).count();
    (text.get(open + 1 + length) == Some(&b'\'')).then_some(open + 2 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_comments_are_no_code() {
        check_code("plain", "let a = 1;", "let a = 1;");
        check_code("line comment", "a // { \" b\nc", "a         \nc");
        check_code("nested block comment", "a /* { /* } */ ' */ b", "a                   b");
        check_code("string with an escaped quote", r#"a("\"{", b)"#, "a(     , b)");
        check_code("raw string", r##"a(r#""{"#, b)"##, "a(       , b)");
        check_code("byte strings", r##"b"{" br#"}"# c"x""##, "                  ");
        check_code("two raw strings", r##"r"\" r#"a"#"##, "            ");
        check_code("brace as a character", "'{' b'}' '\\'' '\\u{7f}'", "                     ");
        check_code("lifetimes", "fn a<'a>(b: &'a str) {}", "fn a<'a>(b: &'a str) {}");
        check_code("raw identifier", "r#fn r#\"x\"#", "r#fn       ");
        check_code("letter before a string", "for\"{\"", "for   ");
        check_code("wide characters", "'é' é // é", "     é      ");
    }

    #[test]
    fn a_word_that_ends_in_a_string_prefix_is_code() {
        check_code("macro name", "fmtr!(\"x\")", "fmtr!(   )");
    }

    #[test]
    fn functions_end_where_their_body_ends() {
        let text = "\
            fn one() { \"}\"; }\n\
            #[test]\n\
            #[expect(x, reason = \"[\")]\n\
            pub(crate) async fn two<const N: usize>(f: fn(u8), a: [u8; { 3 }])\n\
            where A: B,\n\
            {\n\
                fn inner() {}\n\
            }\n\
            trait T { fn declared(&self); fn given(&self) -> u8 { 1 } }\n\
            #[tokio::test(flavor = \"x\")] fn three() {}\n";
        let found: Vec<String> = Source::new(text)
            .functions()
            .iter()
            .map(|function| {
                let test = if function.is_test { " test" } else { "" };
                format!("{} {}-{}{test}", function.name, function.first_line, function.last_line)
            })
            .collect();
        assert_eq!(found, ["one 1-1", "two 4-8 test", "inner 7-7", "given 9-9", "three 10-10 test"]);
    }

    #[test]
    fn production_lines_leave_out_what_only_tests_see() {
        check_lines("no tests", "a\nb\n", 2);
        check_lines("module of tests", "a\n#[cfg(test)]\nmod tests {\n  b\n}\n", 1);
        check_lines("one test function", "a\n#[cfg(test)]\nfn b() {}\nc\n", 2);
        check_lines("declaration", "#[cfg(test)]\nmod tests;\nc\n", 1);
        check_lines("with a feature", "#[cfg(all(test, unix))]\nmod tests { }\nc\n", 1);
        check_lines("not a test", "#[cfg(not(test))]\nmod a { }\nc\n", 3);
    }

    #[test]
    fn unfinished_text_is_read_to_its_end() {
        for text in ["\"abc", "r#\"abc\"", "/* /*", "'", "'\\", "b'", "fn a() {", "#[cfg(test)]", "#[cfg(", "b", "r#"] {
            let source = Source::new(text);
            assert_eq!(source.code.len(), text.len(), "{text}");
            source.functions();
            source.production_lines();
        }
    }

    #[track_caller]
    fn check_code(case: &str, text: &str, expected: &str) {
        let source = Source::new(text);
        let kept = source.code.trim_end();
        assert_eq!(kept, expected.trim_end(), "{case}");
        assert_eq!(source.code.len(), text.len(), "{case}");
    }

    #[track_caller]
    fn check_lines(case: &str, text: &str, expected: usize) {
        assert_eq!(Source::new(text).production_lines(), expected, "{case}");
    }
}
