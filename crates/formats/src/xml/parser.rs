//! The push parser: bytes in, events out, every limit checked.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memrchr};
use model::finding::{Finding, Severity};
use quick_xml::escape::{EscapeError, unescape};
use quick_xml::events::attributes::Attributes;

use super::Limits;
use super::characters::{AMPERSAND, Fault, GREATER, checked, declared_encoding, is_forbidden, is_name, is_white_space};
use super::event::{Event, Start};
use super::namespaces::Namespaces;
use super::token::{Ahead, Kind, Search};
use crate::Refused;

/// How many bytes a driver should feed before it takes the events.
pub const PIECE_BYTES: usize = 64 << 10;

/// Longest `&...;` that is looked for.
const REFERENCE_BYTES_MAX: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing was looked at yet.
    Encoding,
    /// Before the root element.
    Prolog,
    /// Inside the root element.
    Root,
    /// After the root element.
    Epilog,
}

/// A parser that is fed pieces of a document and asked for events until it has none.
#[derive(Debug)]
pub struct Parser {
    limits: Limits,
    buffer: Vec<u8>,
    at: usize,
    search: Search,
    stage: Stage,
    ended: bool,
    empty_element: bool,
    ascii_only: bool,
    names: String,
    open: Vec<usize>,
    namespaces: Namespaces,
    elements: u64,
    text_bytes: u64,
    dropped: u64,
    /// Line of `buffer[counted]`.
    line: u64,
    counted: usize,
    /// Offset of the line that goes on into the buffer.
    line_start: u64,
}

impl Parser {
    /// A parser at the start of a document.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            buffer: Vec::new(),
            at: 0,
            search: Search::default(),
            stage: Stage::Encoding,
            ended: false,
            empty_element: false,
            ascii_only: false,
            names: String::new(),
            open: Vec::new(),
            namespaces: Namespaces::default(),
            elements: 0,
            text_bytes: 0,
            dropped: 0,
            line: 1,
            counted: 0,
            line_start: 0,
        }
    }

    /// Takes the next bytes; feed at most [`PIECE_BYTES`] before asking for events.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.line();
        if let Some(last) = memrchr(b'\n', &self.buffer[..self.at]) {
            self.line_start = self.dropped + last as u64 + 1;
        }
        self.dropped += self.at as u64;
        self.buffer.drain(..self.at);
        (self.at, self.counted) = (0, 0);
        self.buffer.extend_from_slice(bytes);
    }

    /// Says that the document has ended.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// The next event; `None` when more bytes are needed, or after the end of a whole document.
    ///
    /// # Errors
    /// [`Refused`] when the document is not well formed, passes a limit or ends too early.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Refused> {
        if self.empty_element {
            self.empty_element = false;
            self.leave();
            return Ok(Some(Event::End));
        }
        loop {
            let Some((kind, length)) = self.token()? else {
                return Ok(None);
            };
            let from = self.at;
            match kind {
                Kind::Comment => self.at += length,
                Kind::Instruction => self.instruction(length)?,
                Kind::End => {
                    self.end_tag(length)?;
                    return Ok(Some(Event::End));
                }
                Kind::Start | Kind::Empty => return self.start_tag(kind, length).map(Some),
                Kind::CData => {
                    self.text_allowed(from)?;
                    self.count_text(length)?;
                    self.at += length;
                    let piece = self.str_of(from + 9, from + length - 3)?;
                    return Ok(Some(Event::Text(Cow::Borrowed(piece))));
                }
                Kind::Text if self.stage != Stage::Root => self.white_space_only(length)?,
                Kind::Text => return self.text(length).map(Some),
            }
        }
    }

    /// The bytes not parsed yet, where a scanner may look for shapes it knows.
    ///
    /// Empty where a scanner must not look: while the end of an empty element is still to be told,
    /// inside a token that is not whole, and where `depth` more elements would pass the limit.
    pub(crate) fn ahead(&self, depth: usize) -> &[u8] {
        let deep = self.limits.depth_max < self.open.len() + depth;
        if self.empty_element || self.text_bytes != 0 || deep { &[] } else { &self.buffer[self.at..] }
    }

    /// Skips bytes ahead that a scanner understood: whole, balanced elements and white space.
    pub(crate) fn skip(&mut self, bytes: usize, elements: u64) -> Result<(), Refused> {
        self.elements += elements;
        self.search = Search::default();
        self.text_bytes = 0;
        self.at += bytes;
        self.within_limits(self.at)
    }

    /// The line where the bytes ahead begin.
    pub(crate) fn line(&mut self) -> u64 {
        self.line += lines_in(&self.buffer[self.counted..self.at]);
        self.counted = self.at;
        self.line
    }

    fn token(&mut self) -> Result<Option<(Kind, usize)>, Refused> {
        if self.stage == Stage::Encoding && !self.encoding()? {
            return Ok(None);
        }
        self.within_limits(self.at)?;
        let ahead = self.search.look(&self.buffer[self.at..]);
        let buffered = self.buffer.len() - self.at;
        match ahead {
            Ahead::Token(Kind::Text, length) => Ok(Some((Kind::Text, length))),
            Ahead::Token(kind, length) if length <= self.limits.token_bytes_max => Ok(Some((kind, length))),
            Ahead::Token(..) => Err(self.token_too_long()),
            Ahead::Declaration => Err(self.refused(
                self.at,
                "DOCTYPE",
                "xml.doctype",
                "found a document type or another declaration, expected none; send the document without it",
            )),
            Ahead::DoubleHyphen(at) => Err(self.malformed(self.at + at, "`--` inside a comment")),
            Ahead::OpenText => Ok(self.open_text(buffered)),
            Ahead::Unfinished if self.limits.token_bytes_max < buffered => Err(self.token_too_long()),
            Ahead::Unfinished if self.ended => self.ends_here(),
            Ahead::Unfinished => Ok(None),
        }
    }

    /// How much of text without an end yet may be told: what a reference or a character cannot straddle.
    fn open_text(&mut self, buffered: usize) -> Option<(Kind, usize)> {
        if self.ended {
            return Some((Kind::Text, buffered));
        }
        if buffered < PIECE_BYTES {
            return None;
        }
        let text = &self.buffer[self.at..];
        let tail = buffered - REFERENCE_BYTES_MAX;
        let mut safe = memrchr(b'&', &text[tail..]).map_or(buffered - 4, |at| tail + at);
        while text[safe] & 0xC0 == 0x80 || text[safe] == b'>' || text[safe] == b']' {
            safe -= 1;
            if safe == 0 {
                return Some((Kind::Text, buffered));
            }
        }
        self.search.forget_text();
        Some((Kind::Text, safe))
    }

    fn ends_here(&self) -> Result<Option<(Kind, usize)>, Refused> {
        if self.at < self.buffer.len() {
            return Err(self.malformed(self.at, "the document ends inside a tag, comment or section"));
        }
        match (self.stage, self.open_name()) {
            (Stage::Epilog, _) => Ok(None),
            (_, Some(name)) => {
                let fault = format!("the document ends before `</{name}>`; it was cut off, send it again");
                Err(self.malformed(self.at, &fault))
            }
            (_, None) => Err(self.malformed(self.at, "the document has no root element")),
        }
    }

    /// Reads the byte order mark; answers whether enough bytes were there.
    fn encoding(&mut self) -> Result<bool, Refused> {
        let ahead = &self.buffer[self.at..];
        if ahead.len() < 4 && !self.ended {
            return Ok(false);
        }
        if matches!(ahead, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, ..] | [_, 0, ..]) {
            return Err(self.encoding_refused("UTF-16 or UTF-32"));
        }
        if ahead.starts_with(&[0xEF, 0xBB, 0xBF]) {
            self.at += 3;
            self.line_start = 3;
        }
        self.stage = Stage::Prolog;
        Ok(true)
    }

    fn encoding_refused(&self, found: &str) -> Refused {
        let message = format!("the document is in {found}, expected UTF-8; convert it and send it again");
        self.refused(self.at, "encoding", "xml.encoding", &message)
    }

    fn instruction(&mut self, length: usize) -> Result<(), Refused> {
        let from = self.at;
        let content = self.str_of(from + 2, from + length - 2)?;
        let target = content.split([' ', '\t', '\r', '\n']).next().unwrap_or(content);
        if !is_name(target) {
            return Err(self.malformed(from, "a processing instruction without a name"));
        }
        if target.eq_ignore_ascii_case("xml") {
            let first = self.elements == 0 && self.dropped + from as u64 <= 3 && self.stage == Stage::Prolog;
            if !first {
                return Err(self.malformed(from, "an XML declaration that is not at the very beginning"));
            }
            let encoding = declared_encoding(content);
            match encoding.to_ascii_lowercase().as_str() {
                "" | "utf-8" | "utf8" => {}
                "us-ascii" | "ascii" | "iso-8859-1" | "latin1" | "windows-1252" | "iso-8859-15" => {
                    self.ascii_only = true;
                }
                _ => {
                    let encoding = encoding.to_owned();
                    return Err(self.encoding_refused(&encoding));
                }
            }
        }
        self.at += length;
        Ok(())
    }

    fn start_tag(&mut self, kind: Kind, length: usize) -> Result<Event<'_>, Refused> {
        let from = self.at;
        let to = from + length - if kind == Kind::Empty { 2 } else { 1 };
        let line = self.line();
        let content = match checked(&self.buffer[from + 1..to], self.ascii_only) {
            Ok((content, _)) => content,
            Err(fault) => return Err(self.faulty(from + 1, fault)),
        };
        let name_bytes = content.bytes().position(is_white_space).unwrap_or(content.len());
        let name = &content[..name_bytes];
        let prefix_bytes = name.bytes().position(|byte| byte == b':').map_or(0, |colon| colon + 1);
        if !is_name(name) || !is_name(&name[prefix_bytes..]) {
            return Err(self.malformed(from, "a tag without a proper name"));
        }
        if self.stage == Stage::Epilog {
            return Err(self.malformed(from, "content after the end of the root element"));
        }
        if self.limits.name_bytes_max < name_bytes {
            return Err(self.over(from, "element name", self.limits.name_bytes_max as u64, "bytes of a name"));
        }
        if self.limits.depth_max <= self.open.len() {
            return Err(self.over(from, "element", self.limits.depth_max as u64, "open elements"));
        }
        if name_bytes < content.len() {
            for (prefix, uri) in self.declarations(content, name_bytes)? {
                self.namespaces.declare(self.open.len() + 1, &prefix, &uri);
            }
        }
        self.open.push(self.names.len());
        self.names.push_str(name);
        self.elements += 1;
        self.stage = Stage::Root;
        self.empty_element = kind == Kind::Empty;
        self.text_bytes = 0;
        self.at += length;
        let offset = self.dropped + from as u64;
        let namespace = self.namespaces.uri(&content[..prefix_bytes.saturating_sub(1)]);
        Ok(Event::Start(Start { content, name_bytes, prefix_bytes, namespace, line, offset }))
    }

    /// Checks the attributes of the tag ahead; answers the namespaces it declares, by prefix.
    fn declarations(&self, content: &str, name_bytes: usize) -> Result<Vec<(String, String)>, Refused> {
        let from = self.at;
        let mut declared = Vec::new();
        for (at, attribute) in Attributes::new(content, name_bytes).enumerate() {
            if self.limits.attributes_max <= at {
                return Err(self.over(from, "attribute", self.limits.attributes_max as u64, "attributes"));
            }
            let attribute =
                attribute.map_err(|error| self.malformed(from, &format!("an attribute is wrong: {error}")))?;
            let key = attribute.key.0;
            if !is_name(key) || attribute.value.contains('<') {
                return Err(self.malformed(from, "an attribute without a proper name or with `<` in its value"));
            }
            let value = unescape(&attribute.value).map_err(|error| self.reference_refused(from, &error))?;
            if key == "xmlns" {
                declared.push((String::new(), value.into_owned()));
            } else if let Some(prefix) = key.strip_prefix("xmlns:") {
                declared.push((prefix.to_owned(), value.into_owned()));
            }
        }
        Ok(declared)
    }

    fn end_tag(&mut self, length: usize) -> Result<(), Refused> {
        let from = self.at;
        let name = self.buffer[from + 2..from + length - 1].trim_ascii_end();
        match self.open_name() {
            Some(open) if open.as_bytes() == name => {}
            open => {
                let found = String::from_utf8_lossy(name.get(..64).unwrap_or(name)).into_owned();
                let expected = open.map_or("no end tag".to_owned(), |open| format!("`</{open}>`"));
                return Err(self.malformed(from, &format!("found `</{found}>`, expected {expected}")));
            }
        }
        self.text_bytes = 0;
        self.at += length;
        self.leave();
        Ok(())
    }

    fn leave(&mut self) {
        self.namespaces.leave(self.open.len());
        if let Some(start) = self.open.pop() {
            self.names.truncate(start);
        }
        if self.open.is_empty() {
            self.stage = Stage::Epilog;
        }
    }

    fn open_name(&self) -> Option<&str> {
        self.open.last().map(|start| &self.names[*start..])
    }

    fn text_allowed(&self, from: usize) -> Result<(), Refused> {
        match self.stage {
            Stage::Root => Ok(()),
            _ => Err(self.malformed(from, "text outside the root element")),
        }
    }

    fn count_text(&mut self, length: usize) -> Result<(), Refused> {
        self.text_bytes += length as u64;
        if self.limits.text_bytes_max < self.text_bytes {
            return Err(self.over(self.at, "text", self.limits.text_bytes_max, "bytes of text between tags"));
        }
        Ok(())
    }

    fn white_space_only(&mut self, length: usize) -> Result<(), Refused> {
        let text = &self.buffer[self.at..self.at + length];
        if let Some(at) = text.iter().position(|byte| !is_white_space(*byte)) {
            self.text_allowed(self.at + at)?;
        }
        self.count_text(length)?;
        self.at += length;
        Ok(())
    }

    fn text(&mut self, length: usize) -> Result<Event<'_>, Refused> {
        let from = self.at;
        self.count_text(length)?;
        let (piece, marks) = match checked(&self.buffer[from..from + length], self.ascii_only) {
            Ok(checked) => checked,
            Err(fault) => return Err(self.faulty(from, fault)),
        };
        if marks & GREATER != 0 && piece.contains("]]>") {
            return Err(self.malformed(from, "`]]>` in text"));
        }
        let text = match marks & AMPERSAND {
            0 => Cow::Borrowed(piece),
            _ => Cow::Owned(self.unescaped(piece, from)?),
        };
        self.at += length;
        Ok(Event::Text(text))
    }

    /// The text with its references replaced; `from` is its place in the buffer.
    fn unescaped(&self, text: &str, from: usize) -> Result<String, Refused> {
        match unescape(text) {
            Ok(value) if !value.bytes().any(is_forbidden) => Ok(value.into_owned()),
            result => {
                let bad = |at: &usize| {
                    let end = memchr(b';', &text.as_bytes()[*at..]).map_or(text.len(), |end| at + end + 1);
                    unescape(&text[*at..end]).map_or(true, |value| value.bytes().any(is_forbidden))
                };
                let at = from + memchr_iter(b'&', text.as_bytes()).find(bad).unwrap_or(0);
                Err(match result {
                    Ok(_) => self.malformed(at, "a reference to a control character"),
                    Err(error) => self.reference_refused(at, &error),
                })
            }
        }
    }

    fn str_of(&self, from: usize, to: usize) -> Result<&str, Refused> {
        let bytes = self.buffer.get(from..to).ok_or_else(|| self.malformed(self.at, "a tag that is too short"))?;
        checked(bytes, self.ascii_only).map(|(text, _)| text).map_err(|fault| self.faulty(from, fault))
    }

    /// A refusal of bytes that begin at a place of the buffer.
    fn faulty(&self, from: usize, fault: Fault) -> Refused {
        match fault {
            Fault::Control(at) => self.malformed(from + at, "a control character"),
            Fault::NotUtf8(at) => self.malformed(from + at, "bytes that are not UTF-8"),
            Fault::NotAscii => self.encoding_refused("an 8-bit encoding with letters beyond ASCII"),
        }
    }

    fn within_limits(&self, at: usize) -> Result<(), Refused> {
        if self.limits.elements_max < self.elements {
            return Err(self.over(at, "element", self.limits.elements_max, "elements"));
        }
        if self.limits.bytes_max < self.dropped + at as u64 {
            return Err(self.over(at, "document", self.limits.bytes_max, "bytes"));
        }
        Ok(())
    }

    fn token_too_long(&self) -> Refused {
        let limit = self.limits.token_bytes_max as u64;
        self.over(self.at, "tag", limit, "bytes of one tag, comment or section")
    }

    fn over(&self, at: usize, field: &str, limit: u64, unit: &str) -> Refused {
        let message = format!("more than {limit} {unit}; that is the limit, split the document");
        self.refused(at, field, "xml.limit", &message)
    }

    fn reference_refused(&self, at: usize, error: &EscapeError) -> Refused {
        let message = format!(
            "found {error}, expected only &lt; &gt; &amp; &quot; &apos; and character references; entities are not read"
        );
        self.refused(at, "entity", "xml.entity", &message)
    }

    fn malformed(&self, at: usize, fault: &str) -> Refused {
        let message = format!("not well formed: {fault}");
        self.refused(at, self.open_name().unwrap_or("document"), "xml.malformed", &message)
    }

    /// A refusal at a place of the buffer not before the bytes ahead.
    fn refused(&self, at: usize, field: &str, code: &str, message: &str) -> Refused {
        let line = self.line + lines_in(self.buffer.get(self.counted..at).unwrap_or_default());
        let offset = self.dropped + at as u64;
        let line_start = match memrchr(b'\n', self.buffer.get(..at).unwrap_or_default()) {
            Some(last) => self.dropped + last as u64 + 1,
            None => self.line_start,
        };
        let column = offset.saturating_sub(line_start) + 1;
        let message = format!("{message} (line {line}, column {column})");
        Refused(Finding::new(line, field, code, message).with_severity(Severity::Refused).at_offset(offset))
    }
}

fn lines_in(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}
