//! The hash that says whether a determinant would come out the same again.

/// The first 64 bits of BLAKE3 over numbers, 8 bytes little-endian each, in the order added.
///
/// The value is stable: it is stored with every determinant.
#[derive(Clone, Default)]
pub(crate) struct InputsHash(blake3::Hasher);

/// Numbers that are handed to the hasher at once.
const BATCH: usize = 64;

impl InputsHash {
    pub(crate) fn number(&mut self, number: i64) {
        self.0.update(&number.to_le_bytes());
    }

    pub(crate) fn numbers(&mut self, numbers: &[i64]) {
        let mut bytes = [0; BATCH * 8];
        for batch in numbers.chunks(BATCH) {
            for (place, number) in bytes.chunks_exact_mut(8).zip(batch) {
                place.copy_from_slice(&number.to_le_bytes());
            }
            self.0.update(&bytes[..batch.len() * 8]);
        }
    }

    pub(crate) fn finish(&self) -> u64 {
        let digest = self.0.finalize();
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
    fn batches_do_not_show() {
        let numbers: Vec<i64> = (0..200).collect();
        let (mut at_once, mut one_by_one) = (InputsHash::default(), InputsHash::default());
        at_once.numbers(&numbers);
        numbers.iter().for_each(|number| one_by_one.number(*number));
        assert_eq!(at_once.finish(), one_by_one.finish());
        assert_ne!(at_once.finish(), InputsHash::default().finish());
    }
}
