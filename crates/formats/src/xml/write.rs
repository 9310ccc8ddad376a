//! Elements out, appended to a buffer.

use std::fmt::Display;
use std::io::Write;

/// An element of a text, where there is one.
pub(crate) fn optional(name: &str, text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() {
        text_element(name, text, out);
    }
}

/// An element of a value whose text needs no escaping.
pub(crate) fn element(name: &str, value: impl Display, out: &mut Vec<u8>) {
    open_tag(name, out);
    display(value, out);
    close_tag(name, out);
}

/// An element of a text.
pub(crate) fn text_element(name: &str, text: &str, out: &mut Vec<u8>) {
    open_tag(name, out);
    escape(text, out);
    close_tag(name, out);
}

/// `<name>`.
pub(crate) fn open_tag(name: &str, out: &mut Vec<u8>) {
    push(out, "<");
    push(out, name);
    push(out, ">");
}

/// `</name>`.
pub(crate) fn close_tag(name: &str, out: &mut Vec<u8>) {
    push(out, "</");
    push(out, name);
    push(out, ">");
}

/// Text with markup as references; control characters that XML cannot hold become U+FFFD.
pub(crate) fn escape(text: &str, out: &mut Vec<u8>) {
    for character in text.chars() {
        match character {
            '<' => push(out, "&lt;"),
            '>' => push(out, "&gt;"),
            '&' => push(out, "&amp;"),
            '\r' => push(out, "&#13;"),
            '\t' | '\n' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'.. => {
                push(out, character.encode_utf8(&mut [0; 4]));
            }
            _ => push(out, "\u{FFFD}"),
        }
    }
}

/// A value whose text needs no escaping.
pub(crate) fn display(value: impl Display, out: &mut Vec<u8>) {
    write!(out, "{value}").expect("a Vec takes every byte");
}

/// Text as it is.
pub(crate) fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}
