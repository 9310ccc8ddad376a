//! The fields of one comma separated line.

use std::borrow::Cow;

use memchr::memchr;

/// Walks the fields of a line: separated by commas, blanks around them dropped, a field that begins
/// with `"` reaching to the closing one with `""` standing for `"` (RFC 4180 section 2).
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    line: &'a [u8],
    at: usize,
    ended: bool,
}

impl<'a> Fields<'a> {
    /// The fields of a line without its end. An empty line has one empty field.
    pub fn new(line: &'a [u8]) -> Self {
        Self { line, at: 0, ended: false }
    }

    /// The fields from a byte on, as if a comma were just before it.
    pub fn from(line: &'a [u8], at: usize) -> Self {
        Self { line, at: at.min(line.len()), ended: line.len() < at }
    }

    /// Where the next field begins; one past the end of the line where none follows.
    pub fn position(&self) -> usize {
        if self.ended { self.line.len() + 1 } else { self.at }
    }

    /// The next field, or an empty one where the line has ended.
    pub fn next_or_empty(&mut self) -> Cow<'a, [u8]> {
        self.next().unwrap_or_default()
    }

    fn quoted(&mut self, start: usize) -> Cow<'a, [u8]> {
        let mut unescaped: Option<Vec<u8>> = None;
        let mut from = start;
        loop {
            let Some(length) = memchr(b'"', &self.line[from..]) else {
                // Unclosed: the rest of the line is the field, and the reader sees an odd value.
                self.ended = true;
                return join(unescaped, &self.line[from..]);
            };
            let quote = from + length;
            if self.line.get(quote + 1) == Some(&b'"') {
                unescaped.get_or_insert_default().extend_from_slice(&self.line[from..=quote]);
                from = quote + 2;
                continue;
            }
            let field = join(unescaped, &self.line[from..quote]);
            match memchr(b',', &self.line[quote + 1..]) {
                Some(comma) => self.at = quote + 1 + comma + 1,
                None => self.ended = true,
            }
            return field;
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Cow<'a, [u8]>> {
        if self.ended {
            return None;
        }
        let rest = &self.line[self.at..];
        let blanks = rest.len() - rest.trim_ascii_start().len();
        if rest.get(blanks) == Some(&b'"') {
            return Some(self.quoted(self.at + blanks + 1));
        }
        let field = match memchr(b',', rest) {
            Some(comma) => {
                self.at += comma + 1;
                &rest[..comma]
            }
            None => {
                self.ended = true;
                rest
            }
        };
        Some(Cow::Borrowed(field.trim_ascii()))
    }
}

fn join(before: Option<Vec<u8>>, last: &[u8]) -> Cow<'_, [u8]> {
    match before {
        None => Cow::Borrowed(last),
        Some(mut all) => {
            all.extend_from_slice(last);
            Cow::Owned(all)
        }
    }
}

/// Writes a field, quoted when it holds a comma, a quotation mark, a line end or outer blanks.
pub fn write_field(out: &mut Vec<u8>, field: &str) {
    let plain = !field.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) && field.trim() == field;
    if plain {
        out.extend_from_slice(field.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(field.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_trimmed_and_unquoted() {
        check("", &[""]);
        check("a", &["a"]);
        check("a,,c,", &["a", "", "c", ""]);
        check(" a , b ,c", &["a", "b", "c"]);
        check(r#""a,b",c"#, &["a,b", "c"]);
        check(r#"x, " y "" z " ,""#, &["x", " y \" z ", ""]);
        check(r#""""",1"#, &["\"", "1"]);
        check(r#"a,"open,b"#, &["a", "open,b"]);
    }

    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let found: Vec<String> =
            Fields::new(line.as_bytes()).map(|field| String::from_utf8_lossy(&field).into_owned()).collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn a_written_field_reads_back() {
        for text in ["", "plain", "a,b", "say \"so\"", " outer ", "two\nlines"] {
            let mut line = Vec::new();
            write_field(&mut line, text);
            line.extend_from_slice(b",next");
            let found: Vec<_> = Fields::new(&line).collect();
            assert_eq!(found[0], text.as_bytes(), "{text}");
            assert_eq!(found.len(), 2, "{text}");
        }
    }
}
