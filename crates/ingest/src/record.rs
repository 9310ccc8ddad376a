//! The line of a message that a quarantined item means, read again from the kept bytes for people to look at.

use std::io::{self, Read};

use serde::Serialize;
use store::raw::{Error, RawBook, RawId};

/// Bytes of a line that are shown; the rest is counted.
const SHOWN_BYTES: usize = 400;
const CHUNK_BYTES: usize = 64 << 10;

/// A line of a message, safe to print.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Record {
    /// One-based line.
    pub line: u64,
    /// Its beginning; what is no printable character is written as `\u{..}`.
    pub text: String,
    /// How many bytes it has in all.
    pub bytes: u64,
    /// Whether there is more of it than its beginning.
    pub is_cut: bool,
}

/// Why a line could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The kept bytes could not be opened.
    #[error("could not open the kept bytes")]
    Raw(#[from] Error),
    /// They could not be read.
    #[error("could not read the kept bytes")]
    Read(#[from] io::Error),
}

/// A line of a kept message; `None` where the message has no such line.
///
/// Only the lines before it are read, and nothing but its beginning is held in memory.
///
/// # Errors
/// [`RecordError`].
pub fn line(raw: &RawBook, id: RawId, number: u64) -> Result<Option<Record>, RecordError> {
    Ok(line_of(&mut raw.read(id)?, number)?)
}

/// Lines end with CR LF, LF or CR, as readers count them.
fn line_of(bytes: &mut dyn Read, number: u64) -> io::Result<Option<Record>> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let (mut at, mut after_cr, mut beginning, mut length) = (1, false, Vec::new(), 0_u64);
    loop {
        let count = bytes.read(&mut chunk)?;
        if count == 0 {
            let is_there = at == number && 0 < length;
            return Ok(is_there.then(|| shown(number, &beginning, length)));
        }
        for byte in &chunk[..count] {
            let ends = *byte == b'\n' && std::mem::take(&mut after_cr);
            if ends {
                continue;
            }
            after_cr = *byte == b'\r';
            if !matches!(byte, b'\n' | b'\r') {
                if at == number {
                    length += 1;
                    beginning.extend((beginning.len() < SHOWN_BYTES).then_some(*byte));
                }
                continue;
            }
            if at == number {
                return Ok(Some(shown(number, &beginning, length)));
            }
            at += 1;
        }
    }
}

fn shown(line: u64, beginning: &[u8], bytes: u64) -> Record {
    let text = String::from_utf8_lossy(beginning);
    // A character that the limit cuts is not shown in part.
    let is_cut = (beginning.len() as u64) < bytes;
    let text = if is_cut { text.trim_end_matches('\u{fffd}') } else { &text };
    Record { line, text: text.chars().map(printable).collect(), bytes, is_cut }
}

/// A character as it is, or escaped where it would move the cursor, turn the direction of text or not be seen.
fn printable(character: char) -> String {
    // Marks of direction and other invisible ones (Unicode 15, general category Cf).
    let is_hidden = matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if character.is_control() || is_hidden { character.escape_unicode().to_string() } else { character.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], number: u64, expected: Option<(&str, u64)>) {
        let found = line_of(&mut &*bytes, number).expect("read");
        assert_eq!(found.as_ref().map(|record| (record.text.as_str(), record.bytes)), expected);
    }

    #[test]
    fn lines_are_counted_as_readers_count_them() {
        check(b"a\nbc\r\nd\re", 1, Some(("a", 1)));
        check(b"a\nbc\r\nd\re", 2, Some(("bc", 2)));
        check(b"a\nbc\r\nd\re", 3, Some(("d", 1)));
        check(b"a\nbc\r\nd\re", 4, Some(("e", 1)));
        check(b"a\n\nb\n", 2, Some(("", 0)));
        check(b"a\n", 2, None);
        check(b"", 1, None);
    }

    #[test]
    fn a_line_is_cut_where_bytes_of_it_are_not_shown() {
        let is_cut = |bytes: &[u8]| line_of(&mut &*bytes, 1).expect("read").expect("there").is_cut;
        assert!(!is_cut("é".repeat(200).as_bytes()), "400 bytes, 200 characters");
        assert!(!is_cut(&b"\xe9".repeat(400)), "not UTF-8");
        assert!(is_cut(&b"\x1b".repeat(401)), "shown as 2400 characters");
    }

    #[test]
    fn a_line_is_shortened_and_safe_to_print() {
        check(b"\x1b[2Jcleared\xff", 1, Some(("\\u{1b}[2Jcleared\u{fffd}", 12)));
        check("a\u{202e}b".as_bytes(), 1, Some(("a\\u{202e}b", 5)));
        let long = "x".repeat(1_000_000);
        check(long.as_bytes(), 1, Some((&"x".repeat(400), 1_000_000)));
        // The character that the 400th byte cuts is left out: 399 bytes, then three of `€`.
        let cut = "x".repeat(399) + "€";
        check(cut.as_bytes(), 1, Some((&"x".repeat(399), 402)));
    }
}
