//! What the parser tells of a document.

use std::borrow::Cow;

use quick_xml::escape::unescape;
use quick_xml::events::attributes::{Attribute, Attributes};

/// What the document says next.
#[derive(Debug)]
pub enum Event<'a> {
    /// An element begins; an empty element yields its end next.
    Start(Start<'a>),
    /// Text of the open element, unescaped; long text comes in several pieces.
    Text(Cow<'a, str>),
    /// The open element ends.
    End,
}

/// The beginning of an element. All its attributes were checked.
#[derive(Debug)]
pub struct Start<'a> {
    /// What is between `<` and `>`, without a closing `/`.
    pub(super) content: &'a str,
    pub(super) name_bytes: usize,
    pub(super) prefix_bytes: usize,
    /// The namespace of the element; `None` where it has none.
    pub namespace: Option<&'a str>,
    /// One-based line of `<`.
    pub line: u64,
    /// Byte offset of `<`.
    pub offset: u64,
}

impl<'a> Start<'a> {
    /// Name with the prefix as written.
    pub fn name(&self) -> &'a str {
        &self.content[..self.name_bytes]
    }

    /// Name without the prefix.
    pub fn local(&self) -> &'a str {
        &self.content[self.prefix_bytes..self.name_bytes]
    }

    /// The value of the attribute of that local name.
    pub fn attribute(&self, local: &str) -> Option<Cow<'a, str>> {
        self.raw_attributes().find(|attribute| local_of(attribute.key.0) == local).and_then(value_of)
    }

    /// Local names and values of the attributes, without namespace declarations.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        let is_name = |attribute: &Attribute<'a>| {
            let name = attribute.key.0;
            name != "xmlns" && !name.starts_with("xmlns:")
        };
        self.raw_attributes()
            .filter(is_name)
            .filter_map(|attribute| Some((local_of(attribute.key.0), value_of(attribute)?)))
    }

    fn raw_attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        let mut attributes = Attributes::new(self.content, self.name_bytes);
        attributes.with_checks(false);
        attributes.flatten()
    }
}

fn value_of(attribute: Attribute<'_>) -> Option<Cow<'_, str>> {
    match attribute.value {
        Cow::Borrowed(value) => unescape(value).ok(),
        Cow::Owned(value) => unescape(&value).ok().map(|value| Cow::Owned(value.into_owned())),
    }
}

fn local_of(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}
