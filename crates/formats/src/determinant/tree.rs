//! A small XML document as a whole, within limits.

use model::finding::{Finding, Severity};
use smol_str::SmolStr;

use crate::Refused;
use crate::xml::{Event, Limits, PIECE_BYTES, Parser};

/// An element with everything inside.
#[derive(Debug)]
pub(super) struct Element {
    /// Its local name.
    pub name: SmolStr,
    /// One-based line of its start.
    pub line: u64,
    /// Its own text, as it is; of an element with children this is the white space between them.
    pub text: String,
    /// The elements inside, in order.
    pub children: Vec<Element>,
}

/// The largest document that is read: a thousand answers with a hundred determinants each are smaller.
const BYTES_MAX: u64 = 32 << 20;
/// The most elements of a document.
const ELEMENTS_MAX: u64 = 400_000;
/// Open elements; the deepest that is known has nine.
const DEPTH_MAX: usize = 16;

/// Reads a document.
///
/// # Errors
/// [`Refused`] for what is not well formed, has a document type or entities of its own, or passes a limit.
pub(super) fn parse(bytes: &[u8]) -> Result<Element, Refused> {
    let limits = Limits { depth_max: DEPTH_MAX, elements_max: ELEMENTS_MAX, bytes_max: BYTES_MAX, ..Limits::default() };
    let mut parser = Parser::new(limits);
    let (mut open, mut root) = (Vec::new(), None);
    for piece in bytes.chunks(PIECE_BYTES) {
        parser.feed(piece);
        take(&mut parser, &mut open, &mut root)?;
    }
    parser.end();
    take(&mut parser, &mut open, &mut root)?;
    root.ok_or_else(|| Refused(Finding::new(0, "/", "1.8", "the document is empty").with_severity(Severity::Refused)))
}

fn take(parser: &mut Parser, open: &mut Vec<Element>, root: &mut Option<Element>) -> Result<(), Refused> {
    while let Some(event) = parser.next_event()? {
        match event {
            Event::Start(start) => {
                let (name, line) = (start.local().into(), start.line);
                open.push(Element { name, line, text: String::new(), children: Vec::new() });
            }
            Event::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::End => {
                let Some(ended) = open.pop() else { continue };
                match open.last_mut() {
                    Some(parent) => parent.children.push(ended),
                    None => *root = Some(ended),
                }
            }
        }
    }
    Ok(())
}
