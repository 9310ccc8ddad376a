//! AEMO skeleton.

use crate::{Options, Reader, Refused, Sink};

/// Streaming reader.
pub struct NemReader;

impl NemReader {
    /// A reader.
    pub fn new(_options: &Options) -> Self {
        Self
    }
}

impl Reader for NemReader {
    fn push(&mut self, _bytes: &[u8], _sink: &mut dyn Sink) -> Result<(), Refused> {
        Ok(())
    }

    fn finish(&mut self, _sink: &mut dyn Sink) -> Result<(), Refused> {
        Ok(())
    }
}
