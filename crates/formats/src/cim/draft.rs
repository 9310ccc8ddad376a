//! Elements that are being parsed by the pull parser, until their end tag.

use model::finding::Finding;
use smol_str::{SmolStr, ToSmolStr};

use super::block::TypeRef;
use super::reading::Part;
use super::schema::Field;
use crate::Sink;

/// An IntervalReadings or Readings element.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) line: u64,
    text: String,
    parts: Vec<KeptPart>,
    qualities: usize,
    /// The type of a Readings element.
    pub(super) type_ref: TypeRef,
}

/// A text of the draft.
#[derive(Debug)]
struct KeptPart {
    field: Field,
    quality: usize,
    from: usize,
    to: usize,
    line: u64,
}

impl Draft {
    /// Begins another reading in the memory of the one before.
    pub(super) fn begin(&mut self, line: u64) {
        self.line = line;
        self.text.clear();
        self.parts.clear();
        self.qualities = 0;
        self.type_ref = TypeRef::Missing;
    }

    /// Adds a text of the reading or of its open ReadingQualities.
    pub(super) fn add(&mut self, field: Field, text: &str, line: u64) {
        let from = self.text.len();
        self.text.push_str(text);
        self.parts.push(KeptPart { field, quality: self.qualities, from, to: self.text.len(), line });
    }

    /// Says that a ReadingQualities element has ended.
    pub(super) fn quality_ends(&mut self) {
        self.qualities += 1;
    }

    /// The texts in the order of the message.
    pub(super) fn parts(&self) -> Vec<Part<'_>> {
        let part = |kept: &KeptPart| {
            let text = &self.text.as_bytes()[kept.from..kept.to];
            Part { field: kept.field, quality: kept.quality, text, line: kept.line }
        };
        self.parts.iter().map(part).collect()
    }
}

/// A ReadingType element: a reference, a name, or the 18 parts.
#[derive(Debug, Default)]
pub(super) struct TypeDraft {
    pub(super) line: u64,
    /// The reference, the mRID or the first name.
    pub(super) name: SmolStr,
    parts: Vec<(usize, SmolStr)>,
}

impl TypeDraft {
    pub(super) fn begin(&mut self, name: SmolStr, line: u64) {
        *self = Self { line, name, parts: Vec::new() };
    }

    /// Adds a name or one of the 18 parts.
    pub(super) fn add(&mut self, field: Field, text: &str) {
        match field {
            Field::TypePart(part) if !text.is_empty() => self.parts.push((part, text.into())),
            Field::TypeMrid | Field::TypeName if self.name.is_empty() => self.name = text.into(),
            _ => {}
        }
    }

    /// The type by its parts; `None` where it has none.
    pub(super) fn by_parts(&self, sink: &mut dyn Sink) -> Option<TypeRef> {
        if self.parts.is_empty() {
            return None;
        }
        let mut numbers: [SmolStr; 18] = std::array::from_fn(|_| SmolStr::new_static("0"));
        for (part, text) in &self.parts {
            numbers[*part] = text.clone();
        }
        match numbers.join(".").parse() {
            Ok(reading_type) => Some(TypeRef::Known(reading_type)),
            Err(error) => {
                sink.finding(Finding::new(self.line, "ReadingType", "cim.reading_type", error.to_smolstr()));
                Some(TypeRef::Missing)
            }
        }
    }
}
