//! The shape of XML: elements and attributes by the local names on the way to them.

use std::collections::{HashMap, HashSet};

use super::{Kind, Shape};
use crate::xml::{Event, Limits, PIECE_BYTES, Parser};

/// An element that is open.
#[derive(Default)]
struct Open {
    path: String,
    held: HashSet<String>,
    text: String,
}

/// What was seen of whole elements.
#[derive(Default)]
struct Seen {
    /// How often an element was there, by path.
    elements: HashMap<String, u64>,
    /// In how many elements of its parent a field was, and the kinds of its values.
    fields: HashMap<String, (u64, HashSet<Kind>)>,
}

/// Text of an element that is looked at.
const TEXT_BYTES_MAX: usize = 64;

/// The shape of the elements that end within the bytes.
pub(super) fn shape(bytes: &[u8]) -> Shape {
    let mut parser = Parser::new(Limits::default());
    let (mut open, mut seen): (Vec<Open>, Seen) = Default::default();
    'pieces: for piece in bytes.chunks(PIECE_BYTES) {
        parser.feed(piece);
        loop {
            match parser.next_event() {
                Ok(Some(event)) => take(event, &mut open, &mut seen),
                Ok(None) => break,
                Err(_) => break 'pieces,
            }
        }
    }
    seen.into_shape()
}

fn take(event: Event<'_>, open: &mut Vec<Open>, seen: &mut Seen) {
    match event {
        Event::Start(start) => {
            let path = match open.last() {
                Some(outer) => format!("{}/{}", outer.path, start.local()),
                None => start.local().to_owned(),
            };
            let mut element = Open { path, ..Open::default() };
            for (name, value) in start.attributes() {
                let path = format!("{}/@{name}", element.path);
                seen.value(&path, &value);
                element.held.insert(path);
            }
            open.push(element);
        }
        Event::Text(text) => {
            let Some(element) = open.last_mut() else { return };
            let room = TEXT_BYTES_MAX.saturating_sub(element.text.len());
            element.text.extend(text.chars().take(room));
        }
        Event::End => {
            let Some(element) = open.pop() else { return };
            if let Some(outer) = open.last_mut() {
                outer.held.insert(element.path.clone());
            }
            seen.ended(element);
        }
    }
}

impl Seen {
    fn value(&mut self, path: &str, value: &str) {
        self.fields.entry(path.to_owned()).or_default().1.insert(Kind::of(value));
    }

    fn ended(&mut self, element: Open) {
        let has_elements = element.held.iter().any(|path| !path.contains('@'));
        if !has_elements {
            self.value(&element.path, &element.text);
        }
        for path in element.held {
            self.fields.entry(path).or_default().0 += 1;
        }
        *self.elements.entry(element.path).or_default() += 1;
    }

    fn into_shape(self) -> Shape {
        let mut shape = Shape::default();
        let mut fields: Vec<_> = self.fields.into_iter().collect();
        fields.sort_by(|left, right| left.0.cmp(&right.0));
        for (path, (times, kinds)) in fields {
            shape.note(&path, kinds);
            let held = self.elements.get(super::parent(&path));
            shape.note_always(&path, held.is_some_and(|elements| *elements == times));
        }
        shape.whole = self.elements.into_keys().map(Into::into).collect();
        shape
    }
}
