//! Where the next token of an XML document ends. No meaning, only boundaries.

use memchr::{memchr, memchr3, memmem};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Start,
    Empty,
    End,
    Comment,
    CData,
    Instruction,
}

/// What the bytes ahead are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ahead {
    /// A whole token of so many bytes.
    Token(Kind, usize),
    /// Text that goes on beyond the bytes ahead.
    OpenText,
    /// A token that is not whole yet.
    Unfinished,
    /// `<!DOCTYPE` or another declaration.
    Declaration,
    /// `--` inside a comment, at this place.
    DoubleHyphen(usize),
}

/// A search for the end of a token that goes on where it stopped when more bytes have come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Search {
    searched: usize,
    quote: u8,
}

impl Search {
    /// Looks at the bytes ahead; they begin with the same token until [`Ahead::Token`] is told.
    pub(super) fn look(&mut self, ahead: &[u8]) -> Ahead {
        let found = match ahead {
            [] => Ahead::Unfinished,
            [b'<'] => Ahead::Unfinished,
            [b'<', b'!', ..] => self.markup(ahead),
            [b'<', b'?', ..] => self.until(ahead, 2, b"?>", Kind::Instruction),
            [b'<', ..] => self.tag(ahead),
            _ => self.text(ahead),
        };
        if matches!(found, Ahead::Token(..)) {
            *self = Self::default();
        }
        found
    }

    fn text(&mut self, ahead: &[u8]) -> Ahead {
        let Some(end) = memchr(b'<', &ahead[self.searched..]) else {
            self.searched = ahead.len();
            return Ahead::OpenText;
        };
        Ahead::Token(Kind::Text, self.searched + end)
    }

    /// Text before the search was told and is gone.
    pub(super) fn forget_text(&mut self) {
        *self = Self::default();
    }

    fn markup(&mut self, ahead: &[u8]) -> Ahead {
        const COMMENT: &[u8] = b"<!--";
        const CDATA: &[u8] = b"<![CDATA[";
        if ahead.starts_with(COMMENT) {
            return self.comment(ahead);
        }
        if ahead.starts_with(CDATA) {
            return self.until(ahead, CDATA.len(), b"]]>", Kind::CData);
        }
        if COMMENT.starts_with(ahead) || CDATA.starts_with(ahead) {
            return Ahead::Unfinished;
        }
        Ahead::Declaration
    }

    fn comment(&mut self, ahead: &[u8]) -> Ahead {
        let from = self.searched.max(4);
        let Some(hyphens) = memmem::find(&ahead[from..], b"--").map(|at| from + at) else {
            self.searched = from.max(ahead.len() - 1);
            return Ahead::Unfinished;
        };
        match ahead.get(hyphens + 2) {
            Some(b'>') => Ahead::Token(Kind::Comment, hyphens + 3),
            Some(_) => Ahead::DoubleHyphen(hyphens),
            None => {
                self.searched = hyphens;
                Ahead::Unfinished
            }
        }
    }

    fn until(&mut self, ahead: &[u8], opening: usize, closing: &[u8], kind: Kind) -> Ahead {
        let from = self.searched.max(opening);
        if let Some(end) = ahead.get(from..).and_then(|rest| memmem::find(rest, closing)) {
            return Ahead::Token(kind, from + end + closing.len());
        }
        self.searched = opening.max((ahead.len() + 1).saturating_sub(closing.len()));
        Ahead::Unfinished
    }

    fn tag(&mut self, ahead: &[u8]) -> Ahead {
        let mut from = self.searched.max(1);
        let simple = (from == 1).then(|| memchr(b'>', &ahead[1..])).flatten();
        if let Some(end) = simple.filter(|end| !ahead[1..=*end].iter().any(|byte| matches!(byte, b'"' | b'\''))) {
            return Ahead::Token(tag_kind(ahead, end + 2), end + 2);
        }
        loop {
            let found = match self.quote {
                0 => memchr3(b'>', b'"', b'\'', &ahead[from..]),
                quote => memchr(quote, &ahead[from..]),
            };
            let Some(at) = found.map(|at| from + at) else {
                self.searched = ahead.len();
                return Ahead::Unfinished;
            };
            from = at + 1;
            match ahead[at] {
                b'>' if self.quote == 0 => break,
                _ if self.quote != 0 => self.quote = 0,
                quote => self.quote = quote,
            }
        }
        Ahead::Token(tag_kind(ahead, from), from)
    }
}

fn tag_kind(ahead: &[u8], length: usize) -> Kind {
    match (ahead[1], ahead[length - 2]) {
        (b'/', _) => Kind::End,
        (_, b'/') => Kind::Empty,
        _ => Kind::Start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_end_where_xml_says() {
        check("text<", Ahead::Token(Kind::Text, 4));
        check("<a>x", Ahead::Token(Kind::Start, 3));
        check("<a/>x", Ahead::Token(Kind::Empty, 4));
        check("</a>x", Ahead::Token(Kind::End, 4));
        check("<a b='>' c=\"/>'\">x", Ahead::Token(Kind::Start, 17));
        check("<?xml version='1.0'?>x", Ahead::Token(Kind::Instruction, 21));
        check("<!-- a > b -->x", Ahead::Token(Kind::Comment, 14));
        check("<!---->x", Ahead::Token(Kind::Comment, 7));
        check("<![CDATA[a]]]>x", Ahead::Token(Kind::CData, 14));
        check("<!DOCTYPE a>", Ahead::Declaration);
        check("<!-- a -- b -->", Ahead::DoubleHyphen(7));
        check("<a b='>", Ahead::Unfinished);
        check("text", Ahead::OpenText);
    }

    #[track_caller]
    fn check(bytes: &str, expected: Ahead) {
        assert_eq!(Search::default().look(bytes.as_bytes()), expected, "{bytes}");
        let mut search = Search::default();
        let last = (1..=bytes.len())
            .map(|length| search.look(&bytes.as_bytes()[..length]))
            .find(|ahead| !matches!(ahead, Ahead::Unfinished | Ahead::OpenText));
        let steady = matches!(expected, Ahead::Unfinished | Ahead::OpenText);
        assert_eq!(last, (!steady).then_some(expected), "byte by byte: {bytes}");
    }
}
