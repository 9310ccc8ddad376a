//! Reader being laid out.

use crate::{Options, Reader, Refused, Sink};

/// Reader of the format.
pub struct CimReader;

impl CimReader {
    /// A reader at the start of the input.
    pub fn new(_options: &Options) -> Self {
        Self
    }
}

impl Reader for CimReader {
    fn push(&mut self, _bytes: &[u8], _sink: &mut dyn Sink) -> Result<(), Refused> {
        Ok(())
    }

    fn finish(&mut self, _sink: &mut dyn Sink) -> Result<(), Refused> {
        Ok(())
    }
}
