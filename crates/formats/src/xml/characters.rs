//! Which bytes may stand where: text, white space, names, encodings.

/// What is wrong with bytes that should be text, and where.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Control(usize),
    NotUtf8(usize),
    NotAscii,
}

/// Marks of a text: what of it needs a closer look.
pub(super) const AMPERSAND: u8 = 1;
pub(super) const GREATER: u8 = 2;
const CONTROL: u8 = 4;

/// The bytes as text, with its marks.
pub(super) fn checked(bytes: &[u8], ascii_only: bool) -> Result<(&str, u8), Fault> {
    let marks = bytes.iter().fold(0, |marks, byte| {
        marks
            | (u8::from(*byte == b'&') * AMPERSAND)
            | (u8::from(*byte == b'>') * GREATER)
            | (u8::from(is_forbidden(*byte)) * CONTROL)
    });
    if marks & CONTROL != 0 {
        return Err(Fault::Control(bytes.iter().position(|byte| is_forbidden(*byte)).unwrap_or_default()));
    }
    if ascii_only && !bytes.is_ascii() {
        return Err(Fault::NotAscii);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Fault::NotUtf8(error.valid_up_to()))?;
    Ok((text, marks))
}

pub(super) fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Control characters that XML 1.0 does not allow.
pub(super) fn is_forbidden(byte: u8) -> bool {
    (byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')
}

/// Whether the text can be the name of an element or attribute, prefix included.
pub(super) fn is_name(text: &str) -> bool {
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || 0x80 <= byte;
    let later = |byte: u8| first(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b':');
    text.bytes().next().is_some_and(first) && text.bytes().all(later)
}

/// The encoding that an XML declaration names; empty where it names none.
pub(super) fn declared_encoding(content: &str) -> &str {
    let Some(at) = content.find("encoding") else {
        return "";
    };
    let value = content[at + 8..].trim_start().trim_start_matches('=').trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
    quote.and_then(|quote| value[1..].split(quote).next()).unwrap_or("unreadable")
}
