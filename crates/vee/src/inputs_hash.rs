//! The hash that says whether an estimate would come out the same again.

/// Hash of the inputs of a method: the first 64 bits of BLAKE3 over what was added, in order.
///
/// Numbers go in as 8 bytes little-endian and texts with their length before them, so that no two
/// lists of inputs read alike. The value is stable: it is stored with every estimate.
pub(crate) struct InputsHash(blake3::Hasher);

impl InputsHash {
    /// An empty list of inputs of a method.
    pub(crate) fn of(method: &str) -> Self {
        Self(blake3::Hasher::new()).text(method)
    }

    #[must_use]
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
        self
    }

    #[must_use]
    pub(crate) fn number(mut self, number: i64) -> Self {
        self.0.update(&number.to_le_bytes());
        self
    }

    pub(crate) fn finish(&self) -> u64 {
        let digest = self.0.finalize();
        let (first, _) = digest.as_bytes().split_first_chunk().expect("a digest has 32 bytes");
        u64::from_le_bytes(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_the_same_for_ever_and_differs_by_order() {
        // printf 'E04' with its length and 75, 100 as 8-byte little-endian numbers | b3sum
        let hash = |a, b| InputsHash::of("E04").number(a).number(b).finish();
        assert_eq!(hash(75, 100), EXPECTED);
        assert_ne!(hash(75, 100), hash(100, 75));
    }

    const EXPECTED: u64 = 0x6dcb_d0f8_db2f_115f;
}
