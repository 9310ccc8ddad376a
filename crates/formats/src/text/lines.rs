//! Cuts pieces of bytes into lines.
//!
//! A line ends with CR LF, LF or CR. A byte order mark before the first line is dropped. A line that
//! lies within one piece is handed on without copying.

use memchr::{memchr, memchr2};
use model::finding::{Finding, Severity};
use smol_str::SmolStr;

use crate::Refused;

/// One line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// One-based number.
    pub number: u64,
    /// Offset of the first byte from the start of the input.
    pub offset: u64,
    /// The bytes.
    pub bytes: &'a [u8],
}

impl Line<'_> {
    /// A finding in this line; severity `Error` until the caller says otherwise.
    pub fn finding(&self, field: impl Into<SmolStr>, code: &'static str, message: impl Into<String>) -> Finding {
        Finding::new(self.number, field, code, message).at_offset(self.offset)
    }
}

/// The state between two pieces: the unfinished line and where it began.
#[derive(Debug)]
pub struct Lines {
    format: &'static str,
    bytes_max: usize,
    unfinished: Vec<u8>,
    number: u64,
    offset: u64,
    after_cr: bool,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl Lines {
    /// Lines of at most `bytes_max` bytes; `format` is the first part of the code of the finding when one is longer.
    pub fn new(format: &'static str, bytes_max: usize) -> Self {
        Self { format, bytes_max, unfinished: Vec::new(), number: 1, offset: 0, after_cr: false }
    }

    /// Hands every line that ends in `bytes` to `line`.
    ///
    /// # Errors
    /// What `line` returns, or a line longer than the limit.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        mut line: impl FnMut(Line<'_>) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        while !bytes.is_empty() {
            if self.after_cr && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                self.offset += 1;
                self.after_cr = false;
                continue;
            }
            self.after_cr = false;
            let Some(end) = memchr2(b'\n', b'\r', bytes) else {
                self.check_length(self.unfinished.len() + bytes.len())?;
                self.unfinished.extend_from_slice(bytes);
                return Ok(());
            };
            self.check_length(self.unfinished.len() + end)?;
            self.after_cr = bytes[end] == b'\r';
            if self.unfinished.is_empty() {
                self.emit(&bytes[..end], 1, &mut line)?;
            } else {
                let mut whole = std::mem::take(&mut self.unfinished);
                whole.extend_from_slice(&bytes[..end]);
                self.emit(&whole, 1, &mut line)?;
                whole.clear();
                self.unfinished = whole;
            }
            bytes = &bytes[end + 1..];
        }
        Ok(())
    }

    /// Hands the last line to `line` when the input did not end with a line end.
    ///
    /// # Errors
    /// What `line` returns.
    pub fn finish(&mut self, mut line: impl FnMut(Line<'_>) -> Result<(), Refused>) -> Result<(), Refused> {
        if self.unfinished.is_empty() {
            return Ok(());
        }
        let last = std::mem::take(&mut self.unfinished);
        self.emit(&last, 0, &mut line)
    }

    /// The number of the line that would come next.
    pub fn number(&self) -> u64 {
        self.number
    }

    fn emit(
        &mut self,
        bytes: &[u8],
        end_bytes: usize,
        line: &mut impl FnMut(Line<'_>) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let bytes_all = bytes.len() + end_bytes;
        let mut current = Line { number: self.number, offset: self.offset, bytes };
        if current.offset == 0
            && let Some(rest) = bytes.strip_prefix(BYTE_ORDER_MARK)
        {
            current.bytes = rest;
            current.offset = 3;
        }
        self.number += 1;
        self.offset += bytes_all as u64;
        line(current)
    }

    fn check_length(&self, length: usize) -> Result<(), Refused> {
        if length <= self.bytes_max {
            return Ok(());
        }
        let finding = Finding::new(
            self.number,
            "line",
            format!("{}.line_too_long", self.format),
            format!("the line is longer than {} bytes; send the file again with one record per line", self.bytes_max),
        );
        Err(Refused(finding.at_offset(self.offset).with_severity(Severity::Refused)))
    }
}

/// Whether nothing but blanks is in the line.
pub fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

/// Whether a quotation mark is left open at the end of the line.
pub fn leaves_quote_open(mut bytes: &[u8]) -> bool {
    let mut open = false;
    while let Some(at) = memchr(b'"', bytes) {
        open = !open;
        bytes = &bytes[at + 1..];
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_line_end_in_any_pieces_gives_the_same_lines() {
        let text = b"\xEF\xBB\xBFone\r\ntwo\n\nfour\rfive\r\n\r\nseven";
        let expected = [
            (1, 3, "one"),
            (2, 8, "two"),
            (3, 12, ""),
            (4, 13, "four"),
            (5, 18, "five"),
            (6, 24, ""),
            (7, 26, "seven"),
        ];
        for size in 1..=text.len() {
            let mut lines = Lines::new("test", 100);
            let mut found = Vec::new();
            let mut keep = |line: Line<'_>| {
                found.push((line.number, line.offset, String::from_utf8_lossy(line.bytes).into_owned()));
                Ok(())
            };
            for piece in text.chunks(size) {
                lines.push(piece, &mut keep).expect("short lines");
            }
            lines.finish(&mut keep).expect("short lines");
            let found: Vec<_> = found.iter().map(|(number, offset, text)| (*number, *offset, text.as_str())).collect();
            assert_eq!(found, expected, "pieces of {size}");
        }
    }

    #[test]
    fn a_line_over_the_limit_is_refused_before_it_is_kept() {
        let mut lines = Lines::new("test", 10);
        let mut ignore = |_: Line<'_>| Ok(());
        assert_eq!(lines.push(b"0123456789\n012345", &mut ignore), Ok(()));
        let refused = lines.push(b"67890", &mut ignore).expect_err("11 bytes");
        assert_eq!((refused.0.line, refused.0.offset), (2, 11));
        assert_eq!(refused.0.code, "test.line_too_long");
    }
}
