//! The text of an element that holds nothing else.

/// Text gathered from the pieces the parser tells, up to [`Leaf::BYTES_MAX`].
#[derive(Clone, Debug, Default)]
pub struct Leaf {
    text: String,
    overflowed: bool,
}

impl Leaf {
    /// No element that Amity reads is longer.
    pub const BYTES_MAX: usize = 64 << 10;

    /// Forgets the text of the element before.
    pub fn clear(&mut self) {
        self.text.clear();
        self.overflowed = false;
    }

    /// Adds a piece; what goes over the limit is dropped and remembered as an overflow.
    pub fn push(&mut self, piece: &str) {
        if self.overflowed || Self::BYTES_MAX < self.text.len() + piece.len() {
            self.overflowed = true;
            return;
        }
        self.text.push_str(piece);
    }

    /// The text as it is; `None` when it was too long to keep.
    pub fn whole(&self) -> Option<&str> {
        (!self.overflowed).then_some(&self.text)
    }

    /// The text without surrounding white space; `None` when it was too long to keep.
    pub fn trimmed(&self) -> Option<&str> {
        (!self.overflowed).then(|| self.text.trim_matches([' ', '\t', '\r', '\n']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_pieces_within_the_limit() {
        let mut leaf = Leaf::default();
        leaf.push("\n 1");
        leaf.push("2 ");
        assert_eq!(leaf.trimmed(), Some("12"));
        leaf.push(&"x".repeat(Leaf::BYTES_MAX));
        leaf.push("y");
        assert_eq!(leaf.trimmed(), None);
        leaf.clear();
        assert_eq!(leaf.trimmed(), Some(""));
    }
}
