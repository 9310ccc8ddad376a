//! Guarded XML: a push parser that takes bytes in pieces of any size and never trusts them.
//!
//! Well-formed XML 1.0 in UTF-8, without document types and without entities other than the five
//! predefined ones and character references. Every dimension has a limit ([`Limits`]); whatever is
//! not well formed or passes a limit is [`Refused`](crate::Refused) with line, column and offset.
//! Memory is one unfinished token, never the document.
//!
//! - [`parser`]: from bytes to [`Event`]s ([`event`]); what `cim` and `green_button` read with.
//! - [`token`]: where the next token ends.
//! - [`characters`]: what may be text and names.
//! - [`namespaces`]: which URI a prefix stands for.
//! - [`leaf`]: the text of one element, kept within a limit.
//! - `write`: elements out.

mod characters;
mod event;
mod leaf;
mod namespaces;
mod parser;
mod token;
pub(crate) mod write;

pub use event::{Event, Start};
pub use leaf::Leaf;
pub use parser::{PIECE_BYTES, Parser};

/// How large a document and its parts may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open elements.
    pub depth_max: usize,
    /// Attributes of one element, namespace declarations included.
    pub attributes_max: usize,
    /// Bytes of an element name with its prefix.
    pub name_bytes_max: usize,
    /// Bytes of one tag, comment, instruction or CDATA section.
    pub token_bytes_max: usize,
    /// Bytes of text between two tags.
    pub text_bytes_max: u64,
    /// Elements of the document.
    pub elements_max: u64,
    /// Bytes of the document.
    pub bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth_max: 64,
            attributes_max: 64,
            name_bytes_max: 256,
            token_bytes_max: 1 << 20,
            text_bytes_max: 64 << 20,
            elements_max: 200_000_000,
            bytes_max: 4 << 30,
        }
    }
}
