//! A payload compressed with gzip and written in base64 (IEC 61968-100, Payload/Compressed).
//!
//! Text comes and bytes go in pieces; what it inflates to has a limit.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::write::GzDecoder;

/// Bytes that a compressed payload may inflate to.
pub const INFLATED_BYTES_MAX: u64 = 512 << 20;

/// Text that is decoded at a time: gzip makes at most about a thousand bytes of one.
const STEP_CHARACTERS: usize = 1 << 10;

/// Why a compressed payload cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CompressedError {
    #[error("expected base64 of gzip")]
    Base64,
    #[error("expected gzip behind the base64")]
    Gzip,
    #[error("it inflates to more than {INFLATED_BYTES_MAX} bytes; that is the limit, split the message")]
    TooLarge,
}

/// Decodes and inflates text.
#[derive(Debug)]
pub(super) struct Inflation {
    characters: Vec<u8>,
    decoder: GzDecoder<Vec<u8>>,
    inflated: u64,
}

impl Inflation {
    pub(super) fn new() -> Self {
        Self { characters: Vec::new(), decoder: GzDecoder::new(Vec::new()), inflated: 0 }
    }

    /// Takes text and hands on what it inflates to, piece by piece.
    pub(super) fn push<E: From<CompressedError>>(
        &mut self,
        text: &str,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for step in text.as_bytes().chunks(STEP_CHARACTERS) {
            self.characters.extend(step.iter().filter(|byte| !byte.is_ascii_whitespace()));
            let whole = self.characters.len() / 4 * 4;
            let bytes = STANDARD.decode(&self.characters[..whole]).map_err(|_| CompressedError::Base64)?;
            self.characters.drain(..whole);
            self.decoder.write_all(&bytes).map_err(|_| CompressedError::Gzip)?;
            self.hand_on(&mut take)?;
        }
        Ok(())
    }

    /// Says that the text has ended.
    pub(super) fn finish<E: From<CompressedError>>(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.characters.is_empty() {
            return Err(CompressedError::Base64.into());
        }
        self.decoder.try_finish().map_err(|_| CompressedError::Gzip)?;
        self.hand_on(&mut take)
    }

    fn hand_on<E: From<CompressedError>>(&mut self, take: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let inflated = std::mem::take(self.decoder.get_mut());
        self.inflated += inflated.len() as u64;
        if INFLATED_BYTES_MAX < self.inflated {
            return Err(CompressedError::TooLarge.into());
        }
        take(&inflated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_pieces_becomes_the_bytes_it_was() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(b"<MeterReadings/>").expect("in memory");
        let text = STANDARD.encode(gzip.finish().expect("in memory"));
        for piece_bytes in [1, 3, 1000] {
            let mut inflation = Inflation::new();
            let mut bytes = Vec::new();
            let mut take = |piece: &[u8]| {
                bytes.extend_from_slice(piece);
                Ok::<(), CompressedError>(())
            };
            for piece in text.as_bytes().chunks(piece_bytes) {
                inflation.push(std::str::from_utf8(piece).expect("ASCII"), &mut take).expect("decoded");
            }
            inflation.finish(&mut take).expect("whole");
            assert_eq!(bytes, b"<MeterReadings/>", "{piece_bytes}");
        }
    }

    #[test]
    fn what_is_no_gzip_in_base64_is_an_error() {
        assert_eq!(error("!!!!"), CompressedError::Base64);
        assert_eq!(error("AAA"), CompressedError::Base64);
        assert_eq!(error("AAAAAAAAAAAAAAAAAAAAAAAAAAAA"), CompressedError::Gzip);
    }

    fn error(text: &str) -> CompressedError {
        let mut inflation = Inflation::new();
        let mut take = |_: &[u8]| Ok::<(), CompressedError>(());
        inflation.push(text, &mut take).and_then(|()| inflation.finish(&mut take)).expect_err("an error")
    }
}
