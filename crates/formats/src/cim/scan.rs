//! Fast path for the bulk of MeterReadings: readings that look like the one before.
//!
//! A sender writes thousands of readings of the same shape: the same tags and white space around
//! changing texts. [`Scanner`] learns the shape of one element with the table of the pull parser
//! ([`super::schema`]) and then compares whole stretches of bytes. Whatever is not exactly such an
//! element is left to the pull parser: attributes, references, comments, CDATA, letters beyond ASCII,
//! elements that are not whole yet. Nothing is consumed unless all of an element was understood.

use memchr::{memchr, memchr_iter};

use super::reading::Part;
use super::schema::{Field, Place, child};

/// Shapes in use at a time: with and without quality, with and without value.
const SHAPES_MAX: usize = 4;

/// Elements inside each other in what is scanned.
pub(super) const DEPTH: usize = 4;

/// Longest text of a field.
const TEXT_BYTES_MAX: usize = 1024;

/// An element that was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scanned {
    /// Bytes from the white space before it to its end.
    pub(super) bytes: usize,
    /// Elements, itself included.
    pub(super) elements: u64,
    /// Line breaks before its start tag.
    pub(super) lines_before: u64,
    /// Line breaks up to its end.
    pub(super) lines: u64,
}

#[derive(Debug)]
struct Shape {
    /// The element around it.
    parent: Place,
    /// The bytes before a text, and what the text is; `None` where it is not read.
    segments: Vec<Segment>,
    /// The bytes after the last text.
    last: Vec<u8>,
    elements: u64,
    lines_before: u64,
    lines: u64,
}

#[derive(Debug)]
struct Segment {
    literal: Vec<u8>,
    field: Option<Field>,
    quality: usize,
    /// Line breaks from the beginning to the tag of the text.
    lines: u64,
    /// The byte after the text.
    closing: u8,
    /// Length of the text seen last.
    text_bytes: usize,
}

/// Reads elements of known shapes.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    prefix: Vec<u8>,
    shapes: Vec<Shape>,
}

impl Scanner {
    /// Forgets the shapes when the elements carry another prefix than before.
    pub(super) fn prefix(&mut self, prefix: &[u8]) {
        if self.prefix != prefix {
            self.prefix = prefix.to_vec();
            self.shapes.clear();
        }
    }

    /// Reads the element ahead of a place, when all of it is there and known.
    ///
    /// `line` is the line where the bytes ahead begin; the texts are put into `parts`.
    pub(super) fn element<'a>(
        &mut self,
        place: Place,
        ahead: &'a [u8],
        line: u64,
        parts: &mut Vec<Part<'a>>,
    ) -> Option<Scanned> {
        for at in 0..self.shapes.len() {
            let shape = &mut self.shapes[at];
            if shape.parent != place {
                continue;
            }
            if let Some(scanned) = shape.scanned(ahead, line, parts) {
                // The shape in use comes first.
                if 0 < at {
                    self.shapes[..=at].rotate_right(1);
                }
                return Some(scanned);
            }
        }
        let mut shape = Learner::new(ahead, &self.prefix).learn(place)?;
        let scanned = shape.scanned(ahead, line, parts)?;
        self.shapes.truncate(SHAPES_MAX - 1);
        self.shapes.insert(0, shape);
        Some(scanned)
    }
}

impl Shape {
    /// Reads an element of this shape.
    fn scanned<'a>(&mut self, ahead: &'a [u8], line: u64, parts: &mut Vec<Part<'a>>) -> Option<Scanned> {
        parts.clear();
        let mut rest = ahead;
        for segment in &mut self.segments {
            let text;
            (text, rest) = segment.split(rest)?;
            if let Some(field) = segment.field {
                parts.push(Part { field, quality: segment.quality, text, line: line + segment.lines });
            }
        }
        rest = rest.strip_prefix(self.last.as_slice())?;
        let Self { elements, lines_before, lines, .. } = *self;
        Some(Scanned { bytes: ahead.len() - rest.len(), elements, lines_before, lines })
    }
}

impl Segment {
    /// The text behind the literal, and what comes after it.
    fn split<'a>(&mut self, bytes: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let rest = bytes.strip_prefix(self.literal.as_slice())?;
        if has_own_grammar(self.field) {
            // Whatever stands before the closing byte must pass the grammar, so a guess is as good as a search.
            if rest.get(self.text_bytes) != Some(&self.closing) {
                self.text_bytes = memchr(self.closing, rest.get(..TEXT_BYTES_MAX).unwrap_or(rest))?;
            }
            return Some(rest.split_at(self.text_bytes));
        }
        let length = memchr(self.closing, rest.get(..TEXT_BYTES_MAX).unwrap_or(rest))?;
        let (text, rest) = rest.split_at(length);
        is_plain(text).then_some((text, rest))
    }
}

/// Whether whoever takes the text accepts nothing but plain characters anyway.
fn has_own_grammar(field: Option<Field>) -> bool {
    use Field::{PeriodEnd, PeriodStart, Reported, Stamp, Value};
    matches!(field, Some(Stamp | Value | Reported | PeriodStart | PeriodEnd))
}

/// Whether a text means itself, from end to end, and nothing of it could be markup.
fn is_plain(text: &[u8]) -> bool {
    let trimmed = !matches!(text, [b' ', ..] | [.., b' ']);
    trimmed
        && text.iter().fold(true, |plain, byte| {
            plain & (b' '..=b'~').contains(byte) & (*byte != b'&') & (*byte != b'<') & (*byte != b'>')
        })
}

/// Takes an element apart that has no shape yet.
struct Learner<'a> {
    bytes: &'a [u8],
    prefix: &'a [u8],
    at: usize,
    literal_from: usize,
    segments: Vec<Segment>,
    elements: u64,
    qualities: usize,
}

impl<'a> Learner<'a> {
    fn new(bytes: &'a [u8], prefix: &'a [u8]) -> Self {
        Self { bytes, prefix, at: 0, literal_from: 0, segments: Vec::new(), elements: 0, qualities: 0 }
    }

    fn learn(mut self, parent: Place) -> Option<Shape> {
        self.white_space();
        let lines_before = self.lines(self.at);
        let place = self.open(parent)?;
        if !matches!(place, Place::IntervalReading | Place::Reading) {
            return None;
        }
        self.content(place)?;
        Some(Shape {
            parent,
            lines: self.lines(self.at),
            last: self.bytes[self.literal_from..self.at].to_vec(),
            segments: self.segments,
            elements: self.elements,
            lines_before,
        })
    }

    /// Children up to and with the end tag of an open element.
    fn content(&mut self, place: Place) -> Option<()> {
        let name_to = self.at - 1;
        let name_from = 1 + memchr::memrchr(b'<', &self.bytes[..name_to])?;
        loop {
            self.white_space();
            if self.bytes.get(self.at..)?.starts_with(b"</") {
                return self.close(&self.bytes[name_from..name_to]);
            }
            let tag_at = self.at;
            match self.name(place)? {
                inner @ (Place::ReadingQuality | Place::Period) => {
                    self.plain_tag_ends()?;
                    self.content(inner)?;
                    self.qualities += usize::from(inner == Place::ReadingQuality);
                }
                Place::QualityType => self.reference(tag_at, Some(Field::QualityRef))?,
                Place::ReadingType => self.reference(tag_at, Some(Field::TypeMrid))?,
                Place::Leaf(field) => self.text(tag_at, Some(field))?,
                Place::Skipped => self.text(tag_at, None)?,
                _ => return None,
            }
        }
    }

    fn open(&mut self, parent: Place) -> Option<Place> {
        let place = self.name(parent)?;
        self.plain_tag_ends()?;
        Some(place)
    }

    /// `<prefix:name`.
    fn name(&mut self, parent: Place) -> Option<Place> {
        let name = self.bytes.get(self.at..)?.strip_prefix(b"<")?.strip_prefix(self.prefix)?;
        let length = name.iter().position(|byte| !byte.is_ascii_alphanumeric())?;
        self.at += 1 + self.prefix.len() + length;
        self.elements += 1;
        let local = std::str::from_utf8(&name[..length]).ok().filter(|local| !local.is_empty())?;
        Some(child(parent, local))
    }

    /// `>` of a tag without attributes.
    fn plain_tag_ends(&mut self) -> Option<()> {
        (*self.bytes.get(self.at)? == b'>').then(|| self.at += 1)
    }

    /// `>text</name>`
    fn text(&mut self, tag_at: usize, field: Option<Field>) -> Option<()> {
        let name = &self.bytes[tag_at + 1..self.at];
        self.plain_tag_ends()?;
        self.segment(tag_at, field, b'<')?;
        self.close(name)
    }

    /// ` ref="text"/>`
    fn reference(&mut self, tag_at: usize, field: Option<Field>) -> Option<()> {
        let [b' ', b'r', b'e', b'f', b'=', quote @ (b'"' | b'\'')] = *self.bytes.get(self.at..self.at + 6)? else {
            return None;
        };
        self.at += 6;
        self.segment(tag_at, field, quote)?;
        self.at += 1;
        self.white_space();
        if !self.bytes.get(self.at..)?.starts_with(b"/>") {
            return None;
        }
        self.at += 2;
        Some(())
    }

    fn segment(&mut self, tag_at: usize, field: Option<Field>, closing: u8) -> Option<()> {
        let literal = self.bytes[self.literal_from..self.at].to_vec();
        let length = memchr(closing, self.bytes.get(self.at..)?)?;
        if !is_plain(&self.bytes[self.at..self.at + length]) {
            return None;
        }
        let lines = self.lines(tag_at);
        self.segments.push(Segment { literal, field, quality: self.qualities, lines, closing, text_bytes: length });
        self.at += length;
        self.literal_from = self.at;
        Some(())
    }

    /// `</name>`
    fn close(&mut self, name: &[u8]) -> Option<()> {
        let rest = self.bytes.get(self.at..)?.strip_prefix(b"</")?.strip_prefix(name)?;
        if rest.first() != Some(&b'>') {
            return None;
        }
        self.at += name.len() + 3;
        Some(())
    }

    fn white_space(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).unwrap_or(rest.len());
    }

    fn lines(&self, to: usize) -> u64 {
        memchr_iter(b'\n', &self.bytes[..to]).count() as u64
    }
}
