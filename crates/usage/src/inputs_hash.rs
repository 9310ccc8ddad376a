//! The hash that says whether a determinant would come out the same again.

/// The first 64 bits of BLAKE3 over numbers, 8 bytes little-endian each, in the order added.
///
/// The value is stable: it is stored with every determinant. The numbers are kept until the end, for BLAKE3 takes
/// many at once several times faster than a few at a time.
#[derive(Clone, Default)]
pub(crate) struct InputsHash(Vec<u8>);

impl InputsHash {
    /// Room for so many numbers.
    pub(crate) fn with_room(numbers: usize) -> Self {
        Self(Vec::with_capacity(numbers.saturating_mul(8)))
    }

    pub(crate) fn number(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(crate) fn numbers(&mut self, numbers: &[i64]) {
        let start = self.0.len();
        self.0.resize(start + numbers.len() * 8, 0);
        for (place, number) in self.0[start..].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
    }

    pub(crate) fn finish(&self) -> u64 {
        let digest = blake3::hash(&self.0);
        let (first, _) = digest.as_bytes().split_first_chunk().expect("a digest has 32 bytes");
        u64::from_le_bytes(*first)
    }

    /// One hash of several.
    pub(crate) fn of_all(hashes: impl IntoIterator<Item = u64>) -> u64 {
        let mut all = Self::default();
        for hash in hashes {
            all.number(hash.cast_signed());
        }
        all.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_order_shows() {
        let numbers: Vec<i64> = (0..200).collect();
        let (mut at_once, mut one_by_one) = (InputsHash::default(), InputsHash::default());
        at_once.numbers(&numbers);
        numbers.iter().for_each(|number| one_by_one.number(*number));
        assert_eq!(at_once.finish(), one_by_one.finish());
        assert_ne!(InputsHash::of_all([1, 2]), InputsHash::of_all([2, 1]));
    }
}
